//! The guards of proxy, registry and migratable and the rules of layout, and the proof that a test fails when one of
//! them is disabled. `tests/tools/guards/guards.toml` lists them.
//!
//! ```text
//! copy of the sources → named tests pass → per guard: its text replaced → its test fails → restored
//! ```
//!
//! Everything happens in a copy below `target/guards`, with target folders of its own; the
//! checkout is only read. Contracts are built when a test runs, so that a test binary that is
//! built already runs against the copy (`STYLUS_UPGRADES_HOME`), and only contracts that the
//! disabled guard is part of are built again.

mod choice;
mod output;
mod page;
mod record;
mod refusals;
mod run;
mod runner;
mod table;
mod working_copy;

pub use choice::{chosen, commit};
pub use page::page;
pub use record::Record;
pub use refusals::{Refusal, refusals};
pub use run::{Report, Row, Verdict, prove};
pub use runner::build_it;
pub use table::{Excuse, Guard, Table, Test, Unreachable};
pub use working_copy::WorkingCopy;

use stylus_upgrades_harness::HarnessError;

/// What keeps the guards from being tried. A guard whose test does not fail is a verdict, not an error.
fn wrong(message: impl Into<String>) -> HarnessError {
    HarnessError::Library {
        name: "Guards".into(),
        message: message.into(),
    }
}
