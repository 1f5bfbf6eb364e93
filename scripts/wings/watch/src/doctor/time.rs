//! The things that are under way, and those that end soon: complex migrations and open actions.

use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::client::{ChainError, Client};
use crate::expiry::{ChainFacts, DAY, Migration};
use crate::governance::named_function;
use crate::ids::ActionId;
use crate::migration::active::Standing;
use crate::model::{Action, Definition};
use crate::text::{count, utc};
use stylus_upgrades_interface::slots;

/// Days that a complex migration may take before it is reported as too long: the contract is paused meanwhile.
const MIGRATION_DAYS: u64 = 7;
/// Days before its end at which it is reported.
const ACTION_DAYS: u64 = 7;

/// Collects what is under way, and adds what is worth telling to the findings.
pub(super) async fn examine(
    client: &Client,
    chain: &ChainFacts,
    definitions: &[Definition],
    findings: &mut Vec<Finding>,
) -> Result<Vec<Migration>, ChainError> {
    let mut migrations = Vec::new();
    for definition in definitions {
        for (proxy, begun) in &definition.begun {
            let word = client.storage(*proxy, slots::COMPLEX).await?;
            let standing = Standing::decode(word);
            let migration = Migration {
                proxy: *proxy,
                definition: definition.name.clone(),
                from: begun.from.clone(),
                to: begun.to.clone(),
                handler: standing.map_or(begun.handler, |at| at.handler),
                since: begun.time,
                back: standing.is_some_and(|at| at.back),
                done: standing.map(|at| at.done),
                total: standing.map(|at| at.total),
            };
            findings.push(migrating(chain, &migration));
            migrations.push(migration);
        }
        let open = definition.pending(chain.time);
        findings.extend(open.filter_map(|(id, open)| expiring(chain, id, open)));
    }
    Ok(migrations)
}

fn migrating(chain: &ChainFacts, migration: &Migration) -> Finding {
    let days = chain.time.saturating_sub(migration.since) / DAY;
    let severity = if days < MIGRATION_DAYS {
        Severity::Note
    } else {
        Severity::Warning
    };
    let progress = match (migration.done, migration.total) {
        (Some(done), Some(total)) => format!("{done} of {total} items"),
        _ => "an unknown number of items".into(),
    };
    let way = if migration.back { "back " } else { "" };
    let (proxy, handler) = (migration.proxy, migration.handler);
    let (from, to) = (&migration.from, &migration.to);
    let days = count(days, "day");
    let says = format!("{proxy} is paused, on its way {way}{from} → {to} for {days}");
    Finding::named(
        Part::Instances,
        severity,
        FindingKind::MigrationUnderWay,
        says,
    )
    .with(
        format!("an end within {MIGRATION_DAYS} days"),
        progress,
        format!("stylus-upgrades run-migration {proxy}, by the handler {handler}"),
    )
}

fn expiring(chain: &ChainFacts, action: ActionId, open: &Action) -> Option<Finding> {
    if open.expires.saturating_sub(chain.time) >= ACTION_DAYS * DAY {
        return None;
    }
    let approvals = count(open.approved.len(), "approval");
    let call = named_function(&open.call).map_or_else(|| "unknown".into(), |call| call.name);
    let says = format!("the action {action} ({call}) ends soon");
    let finding = Finding::named(
        Part::Instances,
        Severity::Warning,
        FindingKind::ActionExpires,
        says,
    );
    Some(finding.with(
        "a decision before its end",
        format!("{approvals}, open until {}", utc(open.expires)),
        format!("stylus-upgrades pending {action} shows what it waits for; it ends by itself"),
    ))
}
