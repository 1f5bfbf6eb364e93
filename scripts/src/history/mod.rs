//! What happened, from chain data alone: the registry's events in their order, the state that
//! follows from them, and whether the chain still holds what was recorded.
//!
//! | module | holds |
//! |---|---|
//! | [`logs`](logs()) | logs of any range, in pieces where the endpoint wants that |
//! | [`read`](read()) | one definition's events with who, when and the policy in force |
//! | [`replay`](Rebuilt) | the state that follows from the events |
//! | [`compare`](differences) | whether the registry's views say the same |
//! | [`live`](live_checks) | whether live code is what was recorded |

mod compare;
mod live;
mod logs;
mod read;
mod replay;

pub use compare::{Difference, differences};
pub use live::{LiveCheck, live_checks};
pub use logs::{Topics, all_logs, logs, logs_since};
pub use read::{Entry, History, read};
pub use replay::{OpenAction, Rebuilt, RebuiltInstance, RebuiltVersion};

use alloy::primitives::{B256, keccak256};

/// keccak256 of a definition's name, as its events carry it.
pub fn definition_id(name: &str) -> B256 {
    keccak256(name)
}
