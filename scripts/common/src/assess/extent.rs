//! The extent to which a part was seen.

use serde::Serialize;

/// The extent to which a part was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// All there is.
    Complete,
    /// Some of it, or all of it by somebody's word.
    Partial,
    /// None of it.
    Absent,
}

impl Extent {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Absent => "absent",
        }
    }
}
