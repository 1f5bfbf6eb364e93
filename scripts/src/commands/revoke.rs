//! `revoke`: withdraws one's own approval, or refuses an action before one has approved it, and before anybody has
//! proposed it. No signature of one's own counts for it then.

use super::cancel::why_ended;
use super::context::Context;
use super::export;
use super::facts::Place;
use super::pending::named;
use super::sign::{Subject, read};
use crate::app_error::Error;
use crate::client::Transactions;
use crate::governance::signed::require_here;
use crate::governance::{Approved, Display, is_unknown_action, proposed, readiness};
use crate::ids::ActionId;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::path::Path;
use stylus_upgrades_interface::registry::IRegistry as abi;

pub(super) async fn run(context: &Context, text: &str) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("revoke").await?;
    let (place, names) = (Place::of(context, &client, registry), context.names());
    let (action, proposal) = subject(place, text).await?;
    let before = readiness(&client, registry, action).await?;
    if before.is_none() && proposed(&client, registry, action).await.is_ok() {
        return Err(why_ended(place, action, "nothing is left to revoke").await);
    }
    let lines = match &proposal {
        Some(call) => Display::of(call, &names)?.lines(),
        None => vec![format!(
            "nobody has proposed {action}: what it does is not known; the file of its payload shows it"
        )],
    };
    for line in lines {
        context.output.note(&line);
    }
    let call = abi::revokeCall { action: action.0 };
    if context.is_export() {
        return export::order(place, "revoke", action, call.abi_encode().into()).await;
    }
    let approver = client.caller("revoke")?;
    let sent = client.send("revoke", registry, &call, U256::ZERO).await?;
    let left = readiness(&client, registry, action).await?;
    let revoked = Revoked {
        transactions: Transactions::of(std::slice::from_ref(&sent)),
        action,
        approver,
        withdrawn: before.is_some_and(|before| before.approved.contains(&approver)),
        executed: false,
        left: left.as_ref().map(Approved::from),
    };
    Ok(Outcome::of(&revoked, &names))
}

/// What `revoke` reports.
#[derive(Serialize)]
struct Revoked {
    #[serde(flatten)]
    transactions: Transactions,
    action: ActionId,
    approver: Address,
    /// Whether an approval was there, and counts no more.
    withdrawn: bool,
    executed: bool,
    /// How many approved it by now; `None` where nobody has proposed it.
    #[serde(flatten)]
    left: Option<Approved>,
}

impl CommandReport for Revoked {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.transactions.lines();
        lines.push(match self.left {
            Some(left) if self.withdrawn => format!("revoked, now {left}"),
            Some(left) => format!("refused, still {left}"),
            None => "refused before anybody proposed it".into(),
        });
        lines.push(format!(
            "no signature of {} counts for it any more; stylus-upgrades approve by that account itself still does",
            names.short(self.approver)
        ));
        lines
    }
}

/// The action that was named by its id, or by a file with what was or is to be signed; and its call, where that is known.
async fn subject(place: Place<'_>, text: &str) -> Result<(ActionId, Option<Bytes>), Error> {
    let (_, client, registry) = place.parts();
    let path = Path::new(text);
    if !path.is_file() {
        let action = named(client, registry, text).await?;
        return match proposed(client, registry, action).await {
            Ok(event) => Ok((action, Some(event.call))),
            Err(error) if is_unknown_action(&error) => Ok((action, None)),
            Err(error) => Err(error.into()),
        };
    }
    match read(path, (client.chain_id(), registry))? {
        Subject::Approval(file) => {
            require_here(client, registry, &file).await?;
            Ok((file.approval.action(), Some(file.approval.call)))
        }
        Subject::Call(call) | Subject::Action(_, call) => {
            let action = client.registry(registry).action_of(&call).await?;
            Ok((action, Some(call)))
        }
    }
}
