//! `cancel`: ends an action. And why nothing is left of one that is not open any more.

use super::context::Context;
use super::export;
use super::facts::Place;
use super::pending::named;
use crate::app_error::Error;
use crate::client::Transactions;
use crate::governance::{Display, executed_already, instead, not_cancelled, proposed, readiness};
use crate::ids::ActionId;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Ends an action: its proposer, or who alone satisfies its role.
pub(super) async fn cancel(context: &Context, action: &str) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("cancel").await?;
    let (place, names) = (Place::of(context, &client, registry), context.names());
    let action = named(&client, registry, action).await?;
    if readiness(&client, registry, action).await?.is_none() {
        return Err(why_ended(place, action, "nothing is left to cancel").await);
    }
    let event = proposed(&client, registry, action).await?;
    for line in Display::of(&event.call, &names)?.lines() {
        context.output.note(&line);
    }
    let call = abi::cancelCall { action: action.0 };
    if context.is_export() {
        return export::order(place, "cancel", action, call.abi_encode().into()).await;
    }
    let sent = client.send("cancel", registry, &call, U256::ZERO).await;
    let refused = |error| not_cancelled(action, event.proposer, error);
    let cancelled = Cancelled {
        transactions: Transactions::of(std::slice::from_ref(&sent.map_err(refused)?)),
        action,
        executed: false,
    };
    Ok(Outcome::of(&cancelled, &names))
}

/// What `cancel` reports.
#[derive(Serialize)]
struct Cancelled {
    #[serde(flatten)]
    transactions: Transactions,
    action: ActionId,
    executed: bool,
}

impl CommandReport for Cancelled {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = self.transactions.lines();
        lines.push(format!("cancelled {}", self.action));
        lines
    }
}

/// Why `found` of an action that is not open any more: nothing is left to revoke, to cancel or to sign.
pub(super) async fn why_ended(place: Place<'_>, action: ActionId, found: &str) -> Error {
    match instead(place.client, place.registry, action).await {
        Ok(executed) => {
            let by = executed.by(&place.context.names());
            executed_already(action, &by, found).into()
        }
        Err(error) => error.into(),
    }
}
