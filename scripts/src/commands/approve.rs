//! `approve`: the very bytes that were proposed, by the action's id.

mod executed;

use super::approver::{check_as_approver, require_current, require_part};
use super::args::ApproveArgs;
use super::context::Context;
use super::facts::Place;
use super::pause;
use super::pending::named;
use super::propose::Sending;
use super::storage;
use crate::app_error::Error;
use crate::governance::signed::calldata_digest;
use crate::governance::{Call, Reviewed, proposed};
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::primitives::{Address, B256};
use executed::already_executed;
use serde::Serialize;

/// Sends the very bytes that were proposed. With `reviewed`, only if they and what they say are
/// what stands in that file.
pub(super) async fn approve(context: &Context, args: &ApproveArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("approve").await?;
    let names = context.names();
    let action = named(&client, registry, &args.action).await?;
    let event = proposed(&client, registry, action).await?;
    let decoded = Call::decode(&event.call)?;
    require_current(&client, registry, &decoded).await?;
    if let Some(file) = &args.reviewed {
        Reviewed::read(file, action)?.require(&event.call, &names)?;
        context
            .output
            .note(&format!("{} says the same", file.display()));
    }
    if client.registry(registry).action_of(&event.call).await? != action {
        return already_executed(context, &client, (registry, action), &decoded, args).await;
    }
    require_part(&client, registry, &event.call).await?;
    let said = (&args.review, client.caller("approve").ok());
    let place = Place::of(context, &client, registry);
    let checks = check_as_approver(place, (&decoded, &event.call), said).await?;
    let digest = calldata_digest(&event.call);
    context.output.note(&format!("calldata digest  {digest}"));
    let mut outcome = Outcome::default();
    outcome.fields(&Approval {
        proposer: event.proposer,
        calldata_digest: digest,
    });
    storage::report(&mut outcome, &checks);
    let overrides = args.review.storage.clone();
    let sending = Sending::of(&event.call).approving(action);
    let sending = sending.rolling(&overrides, checks);
    let mut outcome = sending.propose(place, outcome).await?;
    if outcome.exit.is_none() && !context.is_export() {
        pause::finish(place, &decoded, &mut outcome).await?;
    }
    Ok(outcome)
}

/// What is approved.
#[derive(Serialize)]
struct Approval {
    proposer: Address,
    calldata_digest: B256,
}
