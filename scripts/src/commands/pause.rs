//! `pause` and `resume`: the decision, then the instances that its transaction left, a few per
//! transaction. Typed again, it goes on where it ended.

use super::args::StorageArgs;
use super::context::Context;
use super::facts::Place;
use super::propose::{propose, stop};
use super::rollout::{Rollout, report_waiting};
use crate::app_error::Error;
use crate::assess::Role;
use crate::client::ChainError;
use crate::error::Exit;
use crate::governance::Call;
use crate::model::{DefinitionState, InstanceState};
use crate::output::Outcome;
use crate::registry;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Pauses a definition and its instances.
pub(super) async fn pause(context: &Context, name: String) -> Result<Outcome, Error> {
    run(context, abi::pauseCall { name }.abi_encode().into()).await
}

/// Resumes a definition and its instances.
pub(super) async fn resume(context: &Context, name: String) -> Result<Outcome, Error> {
    run(context, abi::resumeCall { name }.abi_encode().into()).await
}

async fn run(context: &Context, bytes: Bytes) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("pausing and resuming").await?;
    let place = Place::of(context, &client, registry);
    let call = Call::decode(&bytes)?;
    let mut outcome = Outcome::default();
    outcome.field("name", call.definition());
    if !is_decided(place, &call).await? || waits(place, &call).await?.is_empty() {
        outcome = propose(place, &bytes, Vec::new(), outcome).await?;
        if outcome.exit.is_some() || context.is_export() {
            return Ok(outcome);
        }
    }
    finish(place, &call, &mut outcome).await?;
    Ok(outcome)
}

/// Whether the definition is what the call decides.
async fn is_decided(place: Place<'_>, call: &Call) -> Result<bool, ChainError> {
    let wanted = match call {
        Call::Pause(_) => true,
        Call::Resume(_) => false,
        _ => return Ok(false),
    };
    let state = place.reader().head(call.definition()).await?.state;
    Ok((state == DefinitionState::Paused) == wanted)
}

/// The instances that are not what the call decides.
async fn waits(place: Place<'_>, call: &Call) -> Result<Vec<Address>, ChainError> {
    let before = match call {
        Call::Pause(_) => InstanceState::Live,
        _ => InstanceState::Paused,
    };
    let instances = place.reader().instances(call.definition()).await?;
    let waits = instances.iter().filter(|one| one.state == before);
    Ok(waits.map(|one| one.proxy).collect())
}

/// Pauses or resumes the instances that the transaction of the decision left, where that was executed.
pub(super) async fn finish(
    place: Place<'_>,
    call: &Call,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let name = call.definition();
    if !is_decided(place, call).await? {
        return Ok(());
    }
    let left = waits(place, call).await?;
    if left.is_empty() {
        return Ok(());
    }
    let said = StorageArgs::default();
    let mut rollout = Rollout::of(place, name, &said, place.assessment(Role::Reader));
    rollout.turns = Some(left.len().try_into().unwrap_or(u16::MAX));
    if let Err(error) = rollout.run(outcome).await {
        // The decision holds all the same.
        stop(context, outcome, &error, Exit::Partial);
    }
    let stayed = waits(place, call).await?;
    let stayed = registry::waiting(client, registry, name, &stayed).await?;
    report_waiting(outcome, &stayed, name);
    Ok(())
}
