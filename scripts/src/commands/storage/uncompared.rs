//! Instances that a transaction moved by a way that was not compared before it was sent: others decided
//! meanwhile, or the endpoint did not say what is there.

use super::super::context::Context;
use super::super::propose::stop;
use crate::assess::{Evidence, Origin, Part};
use crate::checks::Assessment;
use crate::client::Sent;
use crate::error::{Exit, Explain};
use crate::output::Outcome;
use crate::text;
use alloy::primitives::Address;
use serde_json::json;
use stylus_upgrades_interface::registry::IRegistry as abi;
use thiserror::Error;

/// It is done, and nobody compared it.
#[derive(Debug, Error, Explain)]
#[error("{proxy} went from {from} to {to}, and that was not compared before it was sent")]
#[explain(
    name = "NotCompared",
    expected = "a way that was compared: others may have registered or activated something meanwhile",
    found = format!("{} that went another way", text::count(*count, "instance")),
    next = "compare it now, `stylus-upgrades verify` and `inspect {proxy}`; `rollback` goes back"
)]
pub(in crate::commands) struct NotCompared {
    proxy: Address,
    from: String,
    to: String,
    count: usize,
}

/// Another version is current than the one that was to be rolled out.
#[derive(Debug, Error, Explain)]
#[error("{current} is the current version of {name} by now, and not {wanted}")]
#[explain(
    expected = "{wanted}, which was compared",
    found = "{current}, which others have activated meanwhile",
    next = "stylus-upgrades upgrade {name} compares the instances with {current} and goes on"
)]
pub(in crate::commands) struct OtherCurrent {
    pub(in crate::commands) name: String,
    pub(in crate::commands) wanted: String,
    pub(in crate::commands) current: String,
}

/// Whether a transaction moved an instance by a way that `checks` had not compared.
pub(in crate::commands) fn is_there(sent: &Sent, registry: Address, checks: &Assessment) -> bool {
    let moved = moved_by(sent, registry);
    !checks.is_sampled && moved.iter().any(|(_, from, to)| !checks.leads(from, to))
}

/// Says of what transactions did whatever `checks` had not compared. Where there are more instances than were
/// looked at, that is known before, and counts as checked in part.
pub(in crate::commands) fn report(
    context: &Context,
    (sent, registry): (&[Sent], Address),
    checks: &Assessment,
    outcome: &mut Outcome,
) {
    let moved = sent.iter().flat_map(|sent| moved_by(sent, registry));
    let mut uncompared: Vec<_> = moved.collect();
    uncompared.retain(|(_, from, to)| !checks.leads(from, to));
    let Some((proxy, from, to)) = uncompared.first().cloned() else {
        return;
    };
    let count = uncompared.len();
    let each = uncompared.iter();
    let each = each.map(|(proxy, from, to)| json!({ "proxy": proxy, "from": from, "to": to }));
    outcome.field("not_compared", each.collect::<Vec<_>>());
    let why = format!(
        "upgraded by a way that was not compared: {}, {proxy} from {from} to {to}",
        crate::text::count(count, "instance")
    );
    let mut coverage = checks.coverage.clone();
    for part in [
        Part::Layout,
        Part::Steps,
        Part::LiveInstances,
        Part::Interface,
    ] {
        coverage.add(match checks.is_sampled {
            true => Evidence::some(part, Origin::NotKnown, &why),
            false => Evidence::whole(part, Origin::NotKnown, &why),
        });
    }
    outcome.field("coverage", coverage);
    if checks.is_sampled {
        outcome.line(format!("! {why}"));
        return;
    }
    let error = NotCompared {
        proxy,
        from,
        to,
        count,
    };
    stop(context, outcome, &error, Exit::Refused);
}

/// Which instances a transaction moved, from where and to where.
fn moved_by(sent: &Sent, registry: Address) -> Vec<(Address, String, String)> {
    let logs = sent.receipt.logs().iter();
    let logs = logs.filter(|log| log.address() == registry);
    logs.filter_map(|log| {
        let upgraded = log.log_decode::<abi::InstanceUpgraded>();
        let upgraded = upgraded.map(|log| log.inner.data);
        let started = || log.log_decode::<abi::MigrationStarted>();
        match upgraded {
            Ok(event) => Some((event.proxy, event.from, event.to)),
            Err(_) => {
                let event = started().ok()?.inner.data;
                Some((event.proxy, event.from, event.to))
            }
        }
    })
    .collect()
}
