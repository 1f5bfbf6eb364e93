//! `pause` and `resume`: the decision, then the instances that its transaction left, a few per
//! transaction. The same command continues where it ended.

use super::asker::Asker;
use super::effects::{Effects, Governed};
use super::judge::check_and_send;
use super::prelude::*;
use super::rollout::{is_left, pause_remaining_instances};
use crate::governance::GovernedCall;

/// Pauses a definition and its instances.
pub(super) async fn pause(context: &Context, name: String) -> Result<Outcome> {
    run(context, abi::pauseCall { name }.abi_encode().into()).await
}

/// Resumes a definition and its instances.
pub(super) async fn resume(context: &Context, name: String) -> Result<Outcome> {
    run(context, abi::resumeCall { name }.abi_encode().into()).await
}

async fn run(context: &Context, bytes: Bytes) -> Result<Outcome> {
    let place = Place::working(context, "pausing and resuming").await?;
    let governed = GovernedCall::decode(place.registry.address, bytes, U256::ZERO)?;
    let name = governed.call.definition().into();
    let subject = PausedDefinition { name };
    let effects = if is_left(place, &governed.call).await? {
        let mut effects = Effects::default();
        pause_remaining_instances(place, &governed.call, &mut effects).await?;
        effects
    } else {
        check_and_send(place, governed, Asker::proposer(place)).await?
    };
    Ok(Outcome::of(
        &Governed { subject, effects },
        &context.names(),
    ))
}

/// The paused or resumed definition.
#[derive(Serialize)]
pub(super) struct PausedDefinition {
    /// The definition.
    name: String,
}

impl CommandReport for PausedDefinition {}
