//! An approver that is a contract: its call goes to a file.

use crate::client::ChainError;
use crate::error::{Exit, Refusal};
use crate::export::Format;
use clap::Args;
use std::path::{Path, PathBuf};

/// An approver that signs nothing itself.
#[derive(Debug, Clone, Default, Args)]
pub struct ExportArgs {
    /// The approver contract that is to send the call: an address, an alias, or with its chain
    /// (arb1:0x…). The call is written to --export and not sent
    #[arg(
        id = "sender",
        long = "as",
        value_name = "ADDRESS",
        global = true,
        help_heading = "Approvers that are contracts"
    )]
    pub sender: Option<String>,
    /// The file that the call is written to
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Approvers that are contracts"
    )]
    pub export: Option<PathBuf>,
    /// What the file holds
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        global = true,
        help_heading = "Approvers that are contracts"
    )]
    pub export_format: Format,
}

impl ExportArgs {
    /// Returns the sender of the call, and the file for it; `None` if this command sends it.
    ///
    /// # Errors
    /// `ExportIncomplete` if only one of the two flags was given.
    pub(crate) fn wanted(&self) -> Result<Option<(&str, &Path)>, ChainError> {
        let incomplete = |given: &str, missing: &str| {
            let message = format!("{given} was given without {missing}");
            let refusal = Refusal::new("ExportIncomplete", message).with(
                "--as ADDRESS and --export FILE together",
                format!("{given} alone"),
                format!("add {missing}"),
            );
            Err(refusal.exiting(Exit::Usage).into())
        };
        match (&self.sender, &self.export) {
            (None, None) => Ok(None),
            (Some(sender), Some(file)) => Ok(Some((sender, file))),
            (Some(_), None) => incomplete("--as", "--export FILE"),
            (None, Some(_)) => incomplete("--export", "--as ADDRESS"),
        }
    }
}
