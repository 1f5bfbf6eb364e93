//! For every refusal that people meet: what was expected, what was found, what to do next.
//!
//! One file for each interface; each matches all of its errors, so that a new one has to be explained
//! before this program compiles.

mod arb_wasm;
mod migrations;
mod proxy;
mod reasons;
mod registry;
mod solidity;

pub use reasons::not_runnable_reason;
pub use reasons::policy_reason;

/// What a refusal means for the one who meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// What to do next.
    pub next: String,
}

impl Advice {
    pub(super) fn new(
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
            next: next.into(),
        }
    }
}

/// The errors of an interface, each with its advice.
pub(super) trait Advise {
    /// What it means for the one who meets it.
    fn advice(&self) -> Advice;
}
