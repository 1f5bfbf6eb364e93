//! What happened, from chain data alone: the registry's events in their order, the state that
//! follows from them, and whether the chain still holds what was recorded.
//!
//! | module | holds |
//! |---|---|
//! | [`read`](read()) | one definition's events with who, when and the policy in force |
//! | [`replay`](Rebuilt) | the state that follows from the events |
//! | [`compare`](differences) | whether the registry's views say the same |
//! | [`live`](live_checks) | whether live code is what was recorded |

mod compare;
mod live;
mod read;
mod replay;

pub use compare::{Difference, differences};
pub use live::{LiveCheck, live_checks};
pub use read::{Entry, History, of_instance, read};
pub use replay::{OpenAction, Rebuilt, RebuiltInstance, RebuiltVersion, Unlike};

pub use crate::registry::definition_id;
