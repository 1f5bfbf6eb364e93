//! The kill points of a program that is tested.

use super::Phase;
use rustix::process::{Signal, getpid, kill_process};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable.
pub const VARIABLE: &str = "STYLUS_UPGRADES_KILL_AT";

impl Phase {
    /// Returns its name in the variable.
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

/// Returns true if this is the time to be killed.
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

/// Ends this process as `kill -9` does.
pub fn kill() {
    // A process that may not signal itself continues, and the test says so.
    let _ = kill_process(getpid(), Signal::KILL);
}
