//! `pause` and `resume`: the decision, then the instances that its transaction left, a batch per
//! transaction. The same command continues where it ended.

use super::check_options::CheckOptions;
use super::context::earlier;
use super::effects::{Effects, Governed};
use super::judge::check_and_send;
use super::prelude::*;
use super::rollout::{decided, pause_remaining_instances};
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
    let session = Session::sending(context, "pausing and resuming").await?;
    let governed = GovernedCall::decode(session.registry.address, bytes, U256::ZERO)?;
    let name: String = governed.call.definition().into();
    let mut effects = Effects::default();
    if !pause_remaining_instances(session, &governed.call, &mut effects).await? {
        let client = session.registry.client;
        effects = match decided(session, &governed.call).await? {
            Some(state) if earlier(context, client, &governed).await?.is_none() => {
                Effects::nothing_to_send(context, format!("{name} is {state} already"))?
            }
            _ => check_and_send(session, governed, CheckOptions::proposer(session)).await?,
        };
    }
    let subject = PausedDefinition { name };
    Ok(context.outcome(&Governed { subject, effects }))
}

/// The paused or resumed definition.
#[derive(Serialize)]
pub(super) struct PausedDefinition {
    /// The definition.
    name: String,
}

impl CommandReport for PausedDefinition {}
