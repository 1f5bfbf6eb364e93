//! What follows once a migration was executed.

use super::{Rollout, report_waiting};
use crate::app_error::Error;
use crate::checks::Assessment;
use crate::client::Sent;
use crate::commands::args::StorageArgs;
use crate::commands::facts::Place;
use crate::commands::propose::{go_on_in_batches, require, stop};
use crate::commands::storage::uncompared;
use crate::error::Exit;
use crate::governance::after_upgrade;
use crate::output::Outcome;
use crate::registry::{Waiting, arrived_by, begun_by, skipped_by};
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// After a migration was executed, by a transaction of one's own or by another one: the checks of each instance that
/// went along, or the rollout. What goes wrong with them is told: the version is activated all the same.
pub(in crate::commands) async fn activated(
    place: Place<'_>,
    migrate: &abi::migrateCall,
    (sent, is_own): (&Sent, bool),
    outcome: &mut Outcome,
    rollout: (&StorageArgs, Assessment),
) {
    if let Err(error) = go_on(place, migrate, (sent, is_own), outcome, rollout).await {
        stop(place.context, outcome, &error, Exit::Partial);
    }
}

async fn go_on(
    place: Place<'_>,
    migrate: &abi::migrateCall,
    (sent, is_own): (&Sent, bool),
    outcome: &mut Outcome,
    (said, mut checks): (&StorageArgs, Assessment),
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let (name, version) = (&migrate.name, &migrate.version);
    let (arrived, begun) = (arrived_by(sent, registry), begun_by(sent, registry));
    if arrived.is_empty() && begun.is_empty() {
        let instances = place.reader().head(name).await?.instances;
        if instances > INSTANCES_AT_ONCE {
            outcome.line(format!("activated, rollout 0/{instances}"));
            let mut rollout = Rollout::of(place, name, said, checks);
            rollout.only = Some(version);
            return rollout.run(outcome).await;
        }
    }
    go_on_in_batches(outcome, &begun);
    if is_own {
        // Few went along. That of many instances not all were looked at excuses none of them.
        checks.is_sampled = false;
        let sent = (std::slice::from_ref(sent), registry);
        uncompared::report(context, sent, &checks, outcome);
    }
    let code = migrate.code.clone().into();
    let mut found = Vec::new();
    for proxy in arrived {
        let logs = sent.receipt.logs();
        let checks = after_upgrade(client, registry, proxy, version, &code, logs).await?;
        outcome.line(format!("instance {}", context.names().long(proxy)));
        let lines = checks.iter().map(|check| format!("  {}", check.line()));
        outcome.lines.extend(lines);
        found.extend(checks);
    }
    outcome.field("checks", &found);
    let skipped = skipped_by(sent, registry);
    let waits = skipped.iter();
    let waits = waits.map(|(proxy, reason)| Waiting::new(*proxy, Some(reason)));
    report_waiting(outcome, &waits.collect::<Vec<_>>(), name);
    require(context, &found, outcome)
}
