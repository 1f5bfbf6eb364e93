//! A test aid, compiled in with the feature `kill-points`, which no installed program has: the environment
//! variable `STYLUS_UPGRADES_KILL_AT=PHASE:COUNT` makes this process kill itself with SIGKILL when it
//! comes to a phase for the COUNTth time. What is tested is the next run, so nothing else knows of it,
//! and nothing is cleaned up. Without the feature no phase is ever due.
//!
//! | phase | is |
//! |---|---|
//! | `before-sending` | a transaction is signed and in the journal, and nobody has it yet |
//! | `sent` | the chain has taken it |
//! | `mined` | its nonce is used up, and its receipt was not read |
//! | `gathered` | a page of events is in the store, and the next one was not asked for |
//! | `reported` | the command has reported what came of it, and its journal is not closed |
//! | `journal` | half a line of the journal is written |

#[cfg(feature = "kill-points")]
mod armed;

#[cfg(feature = "kill-points")]
pub use armed::{VARIABLE, is_due, kill};

/// The moment at which a run can be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A transaction is signed and noted, and was not sent.
    BeforeSending,
    /// It was sent.
    Sent,
    /// It was mined, and its receipt not read.
    Mined,
    /// A page of events was gathered.
    Gathered,
    /// The result was reported.
    Reported,
    /// A line of the journal is half written.
    Journal,
}

/// Ends this process as `kill -9` does, if it is time.
pub fn at(phase: Phase) {
    if is_due(phase) {
        kill();
    }
}

/// Returns true if this is the time to be killed.
#[cfg(not(feature = "kill-points"))]
pub const fn is_due(_: Phase) -> bool {
    false
}

/// Nothing is ever killed.
#[cfg(not(feature = "kill-points"))]
pub const fn kill() {}
