//! Several refusals of one command, as one error.

use super::Error;
use crate::error::{Explain, Report};
use crate::layout::LayoutError;

impl Error {
    /// Whether a check of what is about to be sent failed: nothing was sent since.
    pub fn is_failed_check(&self) -> bool {
        match self {
            Self::Several { first, .. } => first.is_failed_check(),
            Self::Layout(_) | Self::Steps(_) | Self::NotChecked(_) | Self::InterfaceLost { .. } => {
                true
            }
            _ => false,
        }
    }

    /// What refuses a command, as one error: nothing where nothing does.
    pub fn all_of(refused: Vec<Self>) -> Option<Self> {
        let mut refused = refused.into_iter();
        let first = refused.next()?;
        let others: Vec<Self> = refused.collect();
        Some(match others.is_empty() {
            true => first,
            false => Self::Several {
                first: first.into(),
                others,
            },
        })
    }

    /// Whether a new field would begin with what lies there.
    pub fn is_dirty(&self) -> bool {
        match self {
            Self::Several { first, .. } => first.is_dirty(),
            Self::Layout(refusal) => matches!(**refusal, LayoutError::Dirty { .. }),
            _ => false,
        }
    }
}

/// What to do about each of several refusals.
pub(super) fn every_next(first: &Error, others: &[Error]) -> Option<String> {
    let mut all: Vec<String> = first.next().into_iter().collect();
    all.extend(others.iter().map(|other| {
        let report = Report::of(other);
        let next = report.next.as_deref().unwrap_or_default();
        let what = report.headline().trim_end_matches(':');
        format!("{} refuses it too ({what}): {next}", report.name)
    }));
    Some(all.join("; "))
}
