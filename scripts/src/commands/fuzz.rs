//! `fuzz`: calls that nobody has made yet, with the code of today and with the planned upgrade.

use super::args::{FuzzArgs, INSTANCES};
use super::checked::require_not_refused;
use super::context::{Context, key};
use super::plan::{self, SimulatedUpgrade, SimulationOptions};
use super::replay::both;
use crate::app_error::Error;
use crate::assess::Role;
use crate::fuzz::{FuzzReport, FuzzRequest, Fuzzed, Settings, fuzz};
use crate::manifest::Declared;
use crate::output::Outcome;
use crate::plan::{Abis, fails};
use crate::progress::Progress;
use alloy::primitives::Address;

/// Searches for calls that the upgrade changes.
pub(super) async fn run(context: &Context, args: &FuzzArgs) -> Result<Outcome, Error> {
    let settings = Settings {
        seed: args.seed,
        runs: args.runs,
        time: args.time(),
        declared: declared(context, &args.upgrade.name, &args.differs, &args.holds),
        blind: args.blind,
        corpus: args.corpus.clone(),
    };
    let (reviewed, of_manifest) = context.as_reviewed()?;
    let context = reviewed.as_ref().unwrap_or(context);
    if let Some(one) = of_manifest {
        context.warn(&one);
    }
    let proxy = args.proxy.as_deref();
    let proxy = proxy
        .map(|proxy| context.manifest.address(proxy))
        .transpose()?;
    let options = SimulationOptions {
        instances: INSTANCES,
        write_expect: None,
    };
    let simulated = plan::simulate(context, &args.upgrade, options, Role::Proposer).await?;
    if let Some(problem) = simulated.plan.problems.first() {
        return Err(fails(problem).into());
    }
    require_not_refused(&simulated.checks)?;
    let report = of_simulated(&simulated, proxy, settings).await?;
    Ok(context.outcome(&report))
}

/// The author's declarations: in the manifest of the change, and as arguments.
pub(super) fn declared(
    context: &Context,
    name: &str,
    differs: &[String],
    holds: &[String],
) -> Declared {
    let mut declared = context.manifest.fuzz.get(name).cloned().unwrap_or_default();
    declared.differs.extend_from_slice(differs);
    declared.holds.extend_from_slice(holds);
    declared
}

/// Fuzzes an upgrade that succeeds on the copy.
pub(super) async fn of_simulated(
    simulated: &SimulatedUpgrade<'_>,
    proxy: Option<Address>,
    settings: Settings,
) -> Result<FuzzReport, Error> {
    let is_remembered = !settings.blind && !simulated.session.context.global.dry_run;
    let (client, planned) = (simulated.session.registry.client, &simulated.plan);
    let output = &simulated.session.context.output;
    let [before, after] = both(simulated).await?;
    let instances: Vec<Address> = planned.instances.iter().map(|one| one.proxy).collect();
    let request = FuzzRequest {
        layouts: [before.layout, after.layout],
        abis: Abis {
            before: before.functions,
            after: after.functions,
        },
        steps: before.steps.with(&after.steps),
        plan: simulated.request.clone(),
        proxy,
        settings,
    };
    let what = format!("fuzzing {} {}", planned.name, planned.to);
    output.begin(&what);
    let report = fuzz(client, request, &instances).await;
    output.end(&what);
    let (report, call) = (report?, &simulated.request.call);
    let key = key(client.registry(simulated.request.registry)).await;
    if let Some(registry) = key.filter(|_| is_remembered) {
        Fuzzed::remember(&report, registry, &call.code, &call.step);
    }
    Ok(report)
}
