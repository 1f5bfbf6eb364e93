//! `pause` and `resume`: the decision, then the instances that its transaction left, a batch per
//! transaction. The same command continues where it ended.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::governance::{Call, GovernedCall, pending};
use crate::model::InstanceState;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::check_and_send;
use crate::pipeline::rollout::pause_remaining_instances;
use clap::Args;
use futures::try_join;

/// Instances that a pause stops in its own transaction, if the command names none. The registry sets 2,000,000 gas aside
/// for each, and so many fit a transaction whatever they do with it.
const FIRST: usize = 12;

/// `resume`.
pub(crate) static RESUME: Spec<ResumeArgs> = Spec {
    name: "resume",
    about: "Resume a paused definition: instances run their code again, or are upgraded where another version became current meanwhile",
    group: Group::Upgrade,
    examples: &[
        "resume Counter --account ana",
        "resume Counter --as safe --export resume.json",
        "resume Counter --json --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<PausedDefinition>>()],
    run: |context, args| Box::pin(resume(context, args)),
};

/// `pause`.
pub(crate) static PAUSE: Spec<PauseArgs> = Spec {
    name: "pause",
    about: "Pause a definition: calls of its instances revert, and none is created or upgraded",
    group: Group::Upgrade,
    examples: &[
        "pause Counter --account ana",
        "pause Counter vault --account ana",
        "pause Counter --as safe --export pause.json",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<PausedDefinition>>()],
    run: |context, args| Box::pin(pause(context, args)),
};

/// A definition to pause.
#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    /// The definition
    pub name: String,
    /// The instances that stop in the transaction of the pause itself, addresses or aliases; all others stop right
    /// after it [default: the first 12]
    #[arg(value_name = "PROXY")]
    pub first: Vec<String>,
}

/// A definition to resume.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// The definition
    pub name: String,
}

/// Pauses a definition and its instances.
pub(crate) async fn pause(context: &Context, args: &PauseArgs) -> Result<Outcome> {
    let session = Session::sending(context, "pausing").await?;
    let call = abi::pauseCall {
        name: args.name.clone(),
        first: first(session, args).await?,
    };
    run(session, call.abi_encode().into()).await
}

/// The instances that the pause names: those of the command; else those of an open pause, which the other approvers
/// repeat; else the first that are live.
async fn first(session: Session<'_>, args: &PauseArgs) -> Result<Vec<Address>> {
    let manifest = &session.context.manifest;
    if !args.first.is_empty() {
        let named = args.first.iter().map(|one| manifest.address(one));
        return Ok(named.collect::<std::result::Result<_, _>>()?);
    }
    let (open, first) = try_join!(
        pending(session.registry, &args.name),
        session.registry.instances_in(&args.name, 0..FIRST)
    )?;
    let proposed = open.into_iter().find_map(|one| match one.says {
        Some(Call::Pause(call)) => Some(call.first),
        _ => None,
    });
    if let Some(proposed) = proposed {
        return Ok(proposed);
    }
    let live = first
        .iter()
        .filter(|instance| instance.state == InstanceState::Live);
    Ok(live.map(|instance| instance.proxy).collect())
}

/// Resumes a definition and its instances, at the version that is current.
pub(crate) async fn resume(context: &Context, args: &ResumeArgs) -> Result<Outcome> {
    let session = Session::sending(context, "resuming").await?;
    let call = abi::resumeCall {
        name: args.name.clone(),
        version: session.registry.head(&args.name).await?.current,
    };
    run(session, call.abi_encode().into()).await
}

async fn run(session: Session<'_>, bytes: Bytes) -> Result<Outcome> {
    let context = session.context;
    let governed = GovernedCall::decode(session.registry.address, bytes, U256::ZERO)?;
    let name: String = governed.call.definition().into();
    let mut effects = Effects::default();
    if !pause_remaining_instances(session, &governed.call, &mut effects).await? {
        effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
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
