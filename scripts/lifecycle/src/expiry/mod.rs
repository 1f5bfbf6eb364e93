//! Programs that run, for how long, and what would help. Every command that needs programs warns of those that end soon.
//!
//! | module | holds |
//! |---|---|
//! | `chain` | the chain's versions and terms |
//! | `inventory` | accounts whose code is used, and what for |
//! | [`programs`] | whether code runs, and what would help |
//! | [`next_version`] | whether it would run under the chain's next version |
//! | `warnings` | what ends soon, or does not run now |
//! | `diagnosis`, `lines` | a whole examination, and that for people |

mod chain;
mod diagnosis;
mod inventory;
mod lines;
pub mod next_version;
pub mod programs;
mod subject;
mod warnings;

pub use chain::{ChainFacts, DAY, Scheduled, expiry_days};
pub use diagnosis::{Diagnosis, INCOMPLETE, Migration, PAUSED};
pub use inventory::{Account, Inventory, Use};
pub use programs::{Cure, Program, State};
pub use subject::Subject;
pub use warnings::{of_programs, warnings};

/// The warning period before an end, in days.
pub const AHEAD_DAYS: u64 = 60;
