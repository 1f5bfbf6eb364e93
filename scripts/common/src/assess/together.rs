//! Findings that are told together.

/// What findings of one check have in common when they refuse something: they are told together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    /// The name of the error.
    pub name: &'static str,
    /// What they come to.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// What was found, where that is one thing for all of them.
    pub found: Option<String>,
    /// What to do; the flag that accepts them is added.
    pub next: String,
}
