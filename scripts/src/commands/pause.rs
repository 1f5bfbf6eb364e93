//! `pause` and `resume`: the decision, then the instances that its transaction left, a batch per
//! transaction. The same command continues where it ended.

use crate::context::earlier;
use crate::context::prelude::*;
use crate::governance::GovernedCall;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::check_and_send;
use crate::pipeline::rollout::{decided, pause_remaining_instances};
use clap::Args;

/// A definition to pause or to resume.
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// The definition
    pub name: String,
}

/// Pauses a definition and its instances.
pub(crate) async fn pause(context: &Context, name: String) -> Result<Outcome> {
    run(context, abi::pauseCall { name }.abi_encode().into()).await
}

/// Resumes a definition and its instances.
pub(crate) async fn resume(context: &Context, name: String) -> Result<Outcome> {
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
pub(crate) struct PausedDefinition {
    /// The definition.
    name: String,
}

impl CommandReport for PausedDefinition {}
