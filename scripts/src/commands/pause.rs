//! `pause` and `resume`: the decision, then the instances that its transaction left, a batch per
//! transaction. The same command continues where it ended.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::earlier;
use crate::context::prelude::*;
use crate::governance::GovernedCall;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::check_and_send;
use crate::pipeline::rollout::{decided, pause_remaining_instances};
use clap::Args;

/// `resume`.
pub(crate) static RESUME: Spec<PauseArgs> = Spec {
    name: "resume",
    about: "Resume a paused definition with unchanged code and data",
    group: Group::Upgrade,
    examples: &[
        "resume Counter --account ana",
        "resume Counter --as safe --export resume.json",
        "resume Counter --json --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<PausedDefinition>>()],
    run: |context, args| Box::pin(resume(context, &args.name)),
};

/// `pause`.
pub(crate) static PAUSE: Spec<PauseArgs> = Spec {
    name: "pause",
    about: "Pause a definition: calls of its instances revert, and none is created or upgraded",
    group: Group::Upgrade,
    examples: &[
        "pause Counter --account ana",
        "pause Counter --as safe --export pause.json",
        "pause Counter --json --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<PausedDefinition>>()],
    run: |context, args| Box::pin(pause(context, &args.name)),
};

/// A definition to pause or to resume.
#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    /// The definition
    pub name: String,
}

/// Pauses a definition and its instances.
pub(crate) async fn pause(context: &Context, name: &str) -> Result<Outcome> {
    let name = name.to_owned();
    run(context, abi::pauseCall { name }.abi_encode().into()).await
}

/// Resumes a definition and its instances.
pub(crate) async fn resume(context: &Context, name: &str) -> Result<Outcome> {
    let name = name.to_owned();
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
