//! History from chain data alone: the registry's events in their order, the state that follows from them
//! ([`Definition`](crate::model::Definition)), and a comparison of the chain with the records.
//!
//! | module | holds |
//! |---|---|
//! | [`read`](read()) | one definition's events with who, when and the policy in force |
//! | [`compared`](read_compared) | whether the registry's views say the same |
//! | [`due`](due()) | the instances that a rollout moves |
//! | [`live`](LiveCheck) | whether live code is what was recorded |
//! | [`report`](HistoryReport) | what is told of it |

mod compared;
mod due;
mod event_words;
mod live;
mod read;
mod report;

pub use compared::{
    ComparedHistory, Verification, VerifiedHistory, differences, read_compared, read_existing,
    read_verified,
};
pub use due::{due, is_one_held, read_events_at_hand};
pub use live::LiveCheck;
pub use read::Facts;
pub use read::{EndedBy, Entry, History, Wanted, of_instance, read};
pub use report::{HistoryReport, Section, TRANSACTIONS_MAX, VerifyReport};
