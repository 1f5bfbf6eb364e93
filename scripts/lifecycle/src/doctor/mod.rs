//! Whether everything that a registry and its instances need still runs, for how long, and what would
//! help. No view of the registry is needed: when it has expired it has none. What is known comes from
//! its events, its storage, and the chain's own precompiles; views are asked, as long as there are any,
//! whether the events are all there.
//!
//! | module | holds |
//! |---|---|
//! | `chain` | the chain's versions and terms |
//! | `recorded` | what the registry's events say |
//! | `complete` | whether the events are all there, by the views or by what is stored |
//! | `needed`, `inventory` | every account whose code is needed, and what for |
//! | `programs` | whether code runs, and what would help |
//! | `next_version` | whether it would run under the chain's next version |
//! | `paused` | definitions that are paused, and instances that are not what their definition is |
//! | `policies` | who decides, and whether that is still possible |
//! | `time` | what is under way, and what ends soon |
//! | [`cure`](fix()) | keepalive and activation |
//! | `lines` | an examination for people |

mod chain;
mod complete;
mod cure;
mod examine;
mod inventory;
mod lines;
mod needed;
mod next_version;
mod paused;
mod policies;
mod programs;
mod recorded;
mod stale;
mod subject;
mod time;

pub use crate::model::Role;
pub use chain::{ChainFacts, DAY, Scheduled};
pub use complete::INCOMPLETE;
pub use cure::{Cured, fees, fix};
pub use examine::{Diagnosis, examine, warnings};
pub use inventory::{Account, Use};
pub use paused::PAUSED;
pub use programs::{Cure, Program, State};
pub use subject::Subject;
pub use time::Migration;

/// Accounts that are asked for at once: an endpoint with limits tells when it is too many.
const AT_ONCE: usize = 16;
/// What ends sooner is warned of, in days.
pub const AHEAD_DAYS: u64 = 60;
