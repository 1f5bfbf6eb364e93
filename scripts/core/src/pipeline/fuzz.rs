//! An upgrade that is fuzzed, by the command `fuzz` and by `check --fuzz`: what is asked of the fuzzer, and its run, which
//! this machine remembers.

use super::simulated_upgrade::SimulatedUpgrade;
use super::version_interface::both;
use crate::client::{ChainError, Client};
use crate::context::key;
use crate::context::prelude::*;
use crate::manifest::Declared;
use crate::plan::{Abis, FuzzRequest, FuzzSettings, Fuzzed};
use crate::progress::Progress;

/// The seed where none is given.
pub const SEED: u64 = 1;

/// The author's declarations in the manifest of the change.
pub fn declared(context: &Context, name: &str) -> Declared {
    context.manifest.fuzz.get(name).cloned().unwrap_or_default()
}

/// Fuzzes an upgrade that succeeds on the copy, by `fuzz`, and remembers the run.
///
/// # Errors
/// Errors of the chain.
pub async fn fuzzed<R>(
    simulated: &SimulatedUpgrade<'_>,
    proxy: Option<Address>,
    settings: FuzzSettings,
    fuzz: impl AsyncFnOnce(&Client, FuzzRequest, &[Address]) -> Result<R, ChainError>,
    record: impl FnOnce(&R) -> Fuzzed,
) -> Result<R> {
    let is_remembered = !settings.blind && !simulated.session.context.global.dry_run;
    let (client, planned) = (simulated.session.registry.client, &simulated.plan);
    let output = &simulated.session.context.output;
    let [before, after] = both(simulated).await?;
    let instances: Vec<Address> = planned
        .instances
        .iter()
        .map(|instance| instance.proxy)
        .collect();
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
    let run = fuzz(client, request, &instances).await;
    output.end(&what);
    let (run, call) = (run?, &simulated.request.call);
    let key = key(client.registry(simulated.request.registry)).await;
    if let Some(registry) = key.filter(|_| is_remembered) {
        record(&run).remember(registry, &planned.name, &call.code, &call.step);
    }
    Ok(run)
}
