//! How a failure is told: a name, a message, what was expected, what was found, what to do next.

use serde::Serialize;

/// Exit codes of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for is done.
    Done = 0,
    /// The chain refused, or a check failed.
    Refused = 1,
    /// The command was used wrongly.
    Usage = 2,
    /// Approvals or a delay are missing.
    NotReady = 3,
    /// The chain or its RPC is in trouble; trying again may help.
    Chain = 4,
    /// Partly done; the same command again continues.
    Partial = 5,
}

/// What every error of this crate can tell about itself.
pub trait Explain: std::error::Error {
    /// The error's name, stable, for programs.
    fn name(&self) -> String;
    /// What was expected, if that says more than the message.
    fn expected(&self) -> Option<String> {
        None
    }
    /// What was found instead.
    fn found(&self) -> Option<String> {
        None
    }
    /// What the reader can do now.
    fn next(&self) -> Option<String> {
        None
    }
    /// The exit code it leads to.
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}
