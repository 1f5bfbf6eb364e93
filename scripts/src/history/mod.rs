//! What happened, from chain data alone: the registry's events in their order, the state that
//! follows from them ([`Definition`](crate::model::Definition)), and whether the chain still holds what was recorded.
//!
//! | module | holds |
//! |---|---|
//! | [`read`](read()) | one definition's events with who, when and the policy in force |
//! | [`compare`](differences) | whether the registry's views say the same |
//! | [`live`](live_checks) | whether live code is what was recorded |
//! | `proxies` | whether proxies have the code that their registry gives them |

mod compare;
mod event_words;
mod live;
mod proxies;
mod read;

pub use compare::differences;
pub use live::{LiveCheck, live_checks};
pub(crate) use read::Facts;
pub use read::{Entry, History, Wanted, of_instance, read, read_part};
