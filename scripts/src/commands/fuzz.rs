//! `fuzz`: calls that nobody has made yet, with the code of today and with the planned upgrade.

use super::args::FuzzArgs;
use super::context::Context;
use super::plan;
use super::replay::both;
use crate::app_error::Error;
use crate::assess::Role;
use crate::fuzz::{FuzzRequest, Settings, fuzz};
use crate::output::Outcome;
use crate::plan::{Abis, PlanError};
use crate::progress::Progress;
use alloy::primitives::Address;

/// Looks for calls that the upgrade makes do something else.
pub(super) async fn run(context: &Context, args: &FuzzArgs) -> Result<Outcome, Error> {
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let context = reviewed.as_ref().unwrap_or(context);
    if let Some(one) = of_manifest {
        context.output.note(&format!("warning: {}", one.says()));
    }
    let proxy = args.proxy.as_deref();
    let proxy = proxy
        .map(|proxy| context.manifest.address(proxy))
        .transpose()?;
    let tried = plan::tried(context, &args.plan(), Role::Proposer).await?;
    if let Some(problem) = tried.plan.problems.first() {
        return Err(PlanError::Fails(problem.clone().into()).into());
    }
    let (client, planned) = (&tried.client, &tried.plan);
    let [before, after] = both(context, client, &tried.request, planned).await?;
    let instances: Vec<Address> = planned.instances.iter().map(|one| one.proxy).collect();
    let request = FuzzRequest {
        layouts: [before.layout, after.layout],
        abis: Abis {
            before: before.functions,
            after: after.functions,
        },
        steps: before.steps.with(&after.steps),
        plan: tried.request,
        proxy,
        settings: Settings {
            seed: args.seed,
            runs: args.runs,
            time: args.time(),
            declared: args.differs.clone(),
            corpus: args.corpus.clone(),
        },
    };
    let what = format!("fuzzing {} {}", args.name, args.version);
    context.output.begin(&what);
    let report = fuzz(client, request, &instances).await;
    context.output.end(&what);
    Ok(Outcome::of(&report?, &context.names()))
}
