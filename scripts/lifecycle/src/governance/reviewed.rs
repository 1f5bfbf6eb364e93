//! An action as somebody reviewed it: what `pending --json` printed, compared with what was proposed.

use super::display::Display;
use crate::client::ChainError;
use crate::error::Refusal;
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

/// The output of `pending --json`, or one action of it.
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
    /// `Reviewed`.
    pub fn read(file: &Path, action: ActionId) -> Result<Self, ChainError> {
        let refused = |reason: String| {
            let message = format!(
                "{} does not contain a reviewed action: {reason}",
                file.display()
            );
            let refusal = Refusal::new("Reviewed", message).with(
                "an action as `pending --json` tells it",
                reason,
                "stylus-upgrades pending --json > FILE",
            );
            ChainError::from(refusal.usage())
        };
        let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
        let read: ReviewedFile =
            serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        let all = match read {
            ReviewedFile::All { actions } => actions,
            ReviewedFile::One(one) => vec![one],
        };
        let found = all.into_iter().find(|reviewed| reviewed.action == action);
        found.ok_or_else(|| refused(format!("it does not contain action {action}")))
    }

    /// Refuses an action that is not what was reviewed: other bytes, or bytes that say something else.
    ///
    /// # Errors
    /// `PayloadDiffers`, `DisplayDiffers`.
    pub fn require_same_call(self, proposed: &Bytes, names: &Names) -> Result<(), ChainError> {
        if self.call != *proposed {
            let message = "the payload that was reviewed is not the one that was proposed";
            let refusal = Refusal::new("PayloadDiffers", message).with(
                proposed.to_string(),
                self.call.to_string(),
                "do not approve it: find out who changed it",
            );
            return Err(refusal.into());
        }
        self.display.require_same_text(proposed, names)
    }
}
