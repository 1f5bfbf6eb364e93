//! What follows once a migration was executed.

use super::roll;
use crate::app_error::Error;
use crate::checks::Assessment;
use crate::client::Sent;
use crate::commands::args::StorageArgs;
use crate::commands::facts::Place;
use crate::commands::propose::{go_on_in_batches, require, stop};
use crate::commands::storage::uncompared;
use crate::commands::waiting;
use crate::error::Exit;
use crate::governance::{Check, after_upgrade};
use crate::names::Names;
use crate::output::Outcome;
use crate::registry::{arrived_by, begun_by};
use crate::report::CommandReport;
use alloy::primitives::Address;
use serde::Serialize;
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// After a migration was executed, by a transaction of one's own or by another one: the checks of each instance that
/// went along, or the rollout.
pub(in crate::commands) async fn activated(
    place: Place<'_>,
    migrate: &abi::migrateCall,
    (sent, is_own): (&Sent, bool),
    outcome: &mut Outcome,
    rollout: (&StorageArgs, Assessment),
) -> Result<(), Error> {
    let (context, client, registry) = place.parts();
    let (arrived, begun) = (arrived_by(sent, registry), begun_by(sent, registry));
    let instances = match arrived.is_empty() && begun.is_empty() {
        true => place
            .reader()
            .head(&migrate.name)
            .await
            .map(|one| one.instances),
        false => Ok(0), // some went along with it
    };
    let instances = match instances {
        Ok(instances) => instances,
        Err(error) => {
            stop(context, outcome, &error, Exit::Partial);
            return Ok(());
        }
    };
    if instances > INSTANCES_AT_ONCE {
        outcome.line(format!("activated, rollout 0/{instances}"));
        let way = (migrate.name.as_str(), Some(migrate.version.as_str()));
        if let Err(error) = roll(place, way, None, rollout, outcome).await {
            // The version is activated all the same.
            outcome.add(&NotRolledOut { left: instances }, &context.names());
            stop(context, outcome, &error, Exit::Partial);
        }
        return Ok(());
    }
    go_on_in_batches(outcome, &begun);
    let mut upgraded = UpgradedAtOnce {
        checks: Vec::new(),
        proxies: arrived,
    };
    let code = migrate.code.clone().into();
    for proxy in &upgraded.proxies {
        let logs = sent.receipt.logs();
        let version = &migrate.version;
        match after_upgrade(client, registry, *proxy, version, &code, logs).await {
            Ok(checks) => upgraded.checks.extend(checks),
            // It is done all the same.
            Err(error) => stop(context, outcome, &error, Exit::Partial),
        }
    }
    outcome.add(&upgraded, &context.names());
    if let Err(error) = waiting::after_migration(place, migrate, sent, outcome).await {
        stop(context, outcome, &error, Exit::Partial);
    }
    if is_own {
        let sent = (std::slice::from_ref(sent), registry);
        // Few went along. That of many instances not all were looked at excuses none of them.
        let mut checks = rollout.1;
        checks.is_sampled = false;
        uncompared::report(context, sent, &checks, outcome);
    }
    require(context, &upgraded.checks, outcome)
}

/// That the rollout behind an activation did not begin.
#[derive(Serialize)]
struct NotRolledOut {
    left: u32,
}

impl CommandReport for NotRolledOut {}

/// The instances that went along with an activation, and what was found of each.
#[derive(Serialize)]
struct UpgradedAtOnce {
    checks: Vec<Check>,
    #[serde(skip)]
    proxies: Vec<Address>,
}

impl CommandReport for UpgradedAtOnce {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        for proxy in &self.proxies {
            lines.push(format!("instance {}", names.long(*proxy)));
            let checks = self.checks.iter().filter(|check| check.proxy == *proxy);
            lines.extend(checks.map(|check| format!("  {}", check.line())));
        }
        lines
    }
}
