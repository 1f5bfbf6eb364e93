//! An action that was executed already: there is nothing left to approve.

use super::super::args::{ApproveArgs, ReviewArgs, StorageArgs};
use super::super::context::Context;
use super::super::facts::Place;
use super::super::kept;
use crate::app_error::Error;
use crate::client::Client;
use crate::governance::{Call, GovernanceError, Submitted, instead, is_approver};
use crate::ids::ActionId;
use crate::names::Names;
use crate::output::Outcome;
use crate::report::CommandReport;
use alloy::primitives::Address;
use serde::Serialize;

/// What came of an action that is not open any more, where it was executed: there is nothing left to
/// approve.
///
/// # Errors
/// `ExecutedAlready` where a comparison was asked for that is not made any more, or by a key
/// that had nothing to approve.
pub(super) async fn already_executed(
    context: &Context,
    client: &Client,
    (registry, action): (Address, ActionId),
    call: &Call,
    args: &ApproveArgs,
) -> Result<Outcome, Error> {
    let executed = instead(client, registry, action).await?;
    let by = executed.by(&context.names());
    let unanswered = match requested(&args.review) {
        Some(flag) => Some(format!("{flag} was not compared with it")),
        None if context.is_export() => {
            Some("there is nothing to export: no file was written".into())
        }
        None if is_approver(client, registry, call).await? => None,
        None => Some("this key is none of its approvers, and nothing was compared".into()),
    };
    if let Some(found) = unanswered {
        return Err(GovernanceError::executed(action, &by, &found).into());
    }
    // An execution in a browser or on another machine leaves no folder here.
    let kept = match call.version() {
        Some((version, ..)) => {
            kept::keep(
                Place::of(context, client, registry),
                call.definition(),
                version,
            )
            .await
        }
        None => None,
    };
    let report = AlreadyExecuted {
        submitted: executed,
        compared: args.reviewed.is_some(),
        kept,
        by,
    };
    Ok(Outcome::of(&report, &context.names()))
}

/// What `approve` reports of an action that was executed already.
#[derive(Serialize)]
struct AlreadyExecuted {
    #[serde(flatten)]
    submitted: Submitted,
    /// Whether its call was compared with the one that was reviewed.
    compared: bool,
    /// The folder in which its version is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<String>,
    /// Who executed it, in which transaction.
    #[serde(skip)]
    by: String,
}

impl CommandReport for AlreadyExecuted {
    fn lines(&self, _: &Names) -> Vec<String> {
        let (action, by) = (self.submitted.action, &self.by);
        let compared = match self.compared {
            true => "its call is the one that was reviewed; nothing was sent",
            false => "nothing was compared, and nothing was sent",
        };
        vec![
            format!("{action} was executed already, {by}"),
            compared.into(),
        ]
    }
}

/// The first flag that says what is compared, or how.
fn requested(args: &ReviewArgs) -> Option<&'static str> {
    // All of them, so that one that is added is thought of here.
    let ReviewArgs {
        source,
        script_source,
        storage: StorageArgs {
            layout,
            rename,
            retype,
        },
    } = args;
    let flags = [
        ("--source", source.is_some()),
        ("--script-source", script_source.is_some()),
        ("--layout", layout.is_some()),
        ("--rename", !rename.is_empty()),
        ("--retype", !retype.is_empty()),
    ];
    let given = flags.iter().find(|(_, is_given)| *is_given);
    given.map(|(flag, _)| *flag)
}
