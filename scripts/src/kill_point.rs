//! A test aid: the environment variable `STYLUS_UPGRADES_KILL_AT=PHASE:COUNT` makes this process
//! kill itself with SIGKILL when it comes to a phase for the COUNTth time. What is tested is the
//! next run, so nothing else knows of it, and nothing is cleaned up.
//!
//! | phase | is |
//! |---|---|
//! | `before-sending` | a transaction is signed and in the journal, and nobody has it yet |
//! | `sent` | the chain has taken it |
//! | `mined` | its nonce is used up, and its receipt was not read |
//! | `gathered` | a page of events is in the store, and the next one was not asked for |
//! | `reported` | the command has reported what came of it, and its journal is not closed |
//! | `journal` | half a line of the journal is written |

use rustix::process::{Signal, getpid, kill_process};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable.
pub const VARIABLE: &str = "STYLUS_UPGRADES_KILL_AT";

/// Where a run can be killed.
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
    /// What came of it was reported.
    Reported,
    /// A line of the journal is half written.
    Journal,
}

impl Phase {
    /// As the variable names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeSending => "before-sending",
            Self::Sent => "sent",
            Self::Mined => "mined",
            Self::Gathered => "gathered",
            Self::Reported => "reported",
            Self::Journal => "journal",
        }
    }
}

/// Whether this is the time to be killed.
pub fn is_due(phase: Phase) -> bool {
    static AT: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let at = AT.get_or_init(|| {
        let text = std::env::var(VARIABLE).ok()?;
        let (phase, count) = text.split_once(':')?;
        Some((phase.to_owned(), count.parse().ok()?))
    });
    at.as_ref().is_some_and(|(name, count)| {
        name == phase.name() && SEEN.fetch_add(1, Ordering::Relaxed) + 1 == *count
    })
}

/// Ends this process as `kill -9` does, if it is time.
pub fn at(phase: Phase) {
    if is_due(phase) {
        kill();
    }
}

/// Ends this process as `kill -9` does.
pub fn kill() {
    // A process that may not signal itself goes on, and the test says so.
    let _ = kill_process(getpid(), Signal::KILL);
}
