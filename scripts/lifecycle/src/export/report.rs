//! The report of a call that went to a file.

use super::{Exported, Format};
use crate::governance::{ShownCall, SimulatedCall, SimulationReport};
use crate::ids::ActionId;
use crate::names::Names;
use crate::report::CommandReport;
use serde::Serialize;
use std::path::PathBuf;

/// The file that was written instead of a transaction.
#[derive(Debug, Serialize)]
pub struct ExportedFile {
    /// The written call.
    pub exported: Written,
    /// Never: the call was not sent. What it needs on the chain before it, as code, may have been.
    pub executed: bool,
    /// The action that it is about, where it is no governed call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
}

/// A call in a file.
#[derive(Debug, Serialize)]
pub struct Written {
    /// The file.
    pub file: PathBuf,
    /// Its form.
    pub format: Format,
    /// The call.
    pub call: Exported,
}

impl CommandReport for ExportedFile {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Written { file, call, .. } = &self.exported;
        vec![
            format!("exported   {}: this call was not sent", file.display()),
            format!("from       {}", call.from),
            format!("to         {}", call.to),
            format!("value      {}", call.value),
            format!("calldata   {} bytes", call.data.len()),
        ]
    }
}

/// A governed call that was written, and what it would do.
#[derive(Debug, Serialize)]
pub struct ExportedCall {
    /// The effects of the call.
    #[serde(flatten)]
    pub shown: ShownCall,
    /// The file.
    #[serde(flatten)]
    pub file: ExportedFile,
    /// The result that it would have now.
    #[serde(flatten)]
    pub simulated: SimulatedCall,
    /// Its result after the approvals, as far as it is known.
    #[serde(flatten)]
    pub report: SimulationReport,
    /// The command that has to follow it, and why.
    #[serde(flatten)]
    pub follows: Option<Follows>,
}

/// The command that has to follow a call whose transaction does not reach all instances.
#[derive(Debug, Serialize)]
pub struct Follows {
    /// The command.
    pub next: String,
    /// The reason.
    #[serde(skip)]
    pub why: String,
}

impl CommandReport for ExportedCall {
    fn lines(&self, names: &Names) -> Vec<String> {
        let (call, approved) = (&self.simulated, &self.simulated.approved);
        let mut lines = self.file.lines(names);
        lines.push(format!("action     {}", call.action));
        lines.push(if call.executes {
            format!("sent now   it completes the policy ({approved}) and executes")
        } else {
            format!("sent now   it approves ({approved})")
        });
        if !call.executes {
            lines.push(format!(
                "next: once it is sent, stylus-upgrades pending {} names what it still waits for",
                call.action
            ));
        }
        let follows = self.follows.iter();
        lines.extend(follows.map(|follows| {
            format!(
                "next: {}, once it is executed: {}",
                follows.next, follows.why
            )
        }));
        lines
    }
}
