//! Findings that are told together.

/// The common part of findings of one check when they refuse something: they are told together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    /// The name of the error.
    pub name: &'static str,
    /// Their sum, in words.
    pub message: String,
    /// The expected state.
    pub expected: String,
    /// The state that was found, where that is one thing for all of them.
    pub found: Option<String>,
    /// The next step; the flag that accepts them is added.
    pub next: String,
}
