//! An action as somebody reviewed it: what `pending --json` printed, compared with what was proposed.

use super::display::Display;
use super::error::GovernanceError;
use crate::ids::ActionId;
use crate::names::Names;
use alloy::primitives::Bytes;
use serde::Deserialize;
use std::path::Path;

/// An action as `pending --json` printed it.
#[derive(Debug, Deserialize)]
pub struct Reviewed {
    action: ActionId,
    call: Bytes,
    display: Display,
}

/// What `pending --json` prints, or one action of it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ReviewedFile {
    All { actions: Vec<Reviewed> },
    One(Reviewed),
}

impl Reviewed {
    /// Reads the action from a file that `pending --json` wrote.
    ///
    /// # Errors
    /// [`GovernanceError::Reviewed`].
    pub fn read(file: &Path, action: ActionId) -> Result<Self, GovernanceError> {
        let refused = |reason: String| GovernanceError::Reviewed {
            file: file.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
        let read: ReviewedFile =
            serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        let all = match read {
            ReviewedFile::All { actions } => actions,
            ReviewedFile::One(one) => vec![one],
        };
        let found = all.into_iter().find(|reviewed| reviewed.action == action);
        found.ok_or_else(|| refused(format!("it does not tell of {action}")))
    }

    /// Refuses an action that is not what was reviewed: other bytes, or bytes that say something else.
    ///
    /// # Errors
    /// [`GovernanceError::PayloadDiffers`], [`GovernanceError::DisplayDiffers`].
    pub fn require(self, proposed: &Bytes, names: &Names) -> Result<(), GovernanceError> {
        if self.call != *proposed {
            return Err(GovernanceError::PayloadDiffers {
                reviewed: self.call,
                proposed: proposed.clone(),
            });
        }
        self.display.require(proposed, names)
    }
}
