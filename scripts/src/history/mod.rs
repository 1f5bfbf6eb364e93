//! What happened, from chain data alone: the registry's events in their order, the state that
//! follows from them, and whether the chain still holds what was recorded.
//!
//! | module | holds |
//! |---|---|
//! | [`read`](read()) | one definition's events with who, when and the policy in force |
//! | [`replay`](Rebuilt) | the state that follows from the events |
//! | [`compare`](differences) | whether the registry's views say the same |
//! | [`live`](live_checks) | whether live code is what was recorded |
//! | `proxies` | whether proxies have the code that their registry gives them |
//! | [`part`](Part) | some of the versions and instances, where there are many |

mod compare;
mod event_words;
mod live;
mod part;
mod proxies;
mod read;
mod replay;

pub use compare::{Difference, counts, differences, differences_in};
pub use live::{LiveCheck, live_checks, live_checks_in};
pub use part::Part;
pub use read::{Entry, History, Wanted, of_instance, read, read_part};
pub use replay::{AcceptedTransfer, OpenAction, Rebuilt, RebuiltInstance, RebuiltVersion, Unlike};

pub use crate::registry::definition_id;
