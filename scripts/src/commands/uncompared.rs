//! Instances that a transaction upgraded by a step that was not checked before sending: others changed the
//! definition meanwhile, or the endpoint did not show everything.

use super::prelude::*;
use super::propose::stop;
use crate::assess::{Coverage, Evidence, Origin, Part};
use crate::checks::Assessment;
use crate::client::Sent;
use crate::registry::begun_by;
use crate::text;

/// Whether a transaction upgraded an instance by a step that `checks` does not cover.
pub(super) fn is_there(sent: &Sent, registry: Address, checks: &Assessment) -> bool {
    let moved = moved_by(sent, registry);
    !checks.is_sampled && moved.iter().any(|(_, from, to)| !checks.leads(from, to))
}

/// Reports the upgrades that `checks` does not cover. If only a sample of the instances was checked, that is known
/// before, and counts as checked in part.
pub(super) fn report(
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
    let why = format!(
        "upgraded by a step that was not checked: {}, {proxy} from {from} to {to}",
        text::count(count, "instance")
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
    let each = uncompared.into_iter();
    let report = NotCompared {
        not_compared: each
            .map(|(proxy, from, to)| Moved { proxy, from, to })
            .collect(),
        coverage,
        why: checks.is_sampled.then_some(why),
    };
    outcome.add(&report, &Names::default());
    if checks.is_sampled {
        return;
    }
    let error = Refusal::new(
        "NotCompared",
        format!(
            "{proxy} was upgraded from {from} to {to}, a step that was not checked before sending"
        ),
    );
    let error = error.with(
        "a step that was checked; others may have registered or activated something in the meantime",
        format!("{} upgraded by another step", text::count(count, "instance")),
        format!(
            "check it now with `stylus-upgrades verify` and `status {proxy}`; to undo it, use `rollback`"
        ),
    );
    stop(context, outcome, &error, Exit::Refused);
}

/// Instances that were upgraded by a step that was not checked.
#[derive(Serialize)]
struct NotCompared {
    /// These instances.
    not_compared: Vec<Moved>,
    /// How much of each part was checked.
    coverage: Coverage,
    /// The warning, if the checks were a sample.
    #[serde(skip)]
    why: Option<String>,
}

/// An instance and both versions.
#[derive(Serialize)]
struct Moved {
    /// The instance.
    proxy: Address,
    /// The version before.
    from: String,
    /// The new version.
    to: String,
}

impl CommandReport for NotCompared {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.why.iter().map(|why| format!("! {why}")).collect()
    }
}

/// The instances that a transaction upgraded, each with both versions.
fn moved_by(sent: &Sent, registry: Address) -> Vec<(Address, String, String)> {
    let upgraded = sent.events_of::<abi::InstanceUpgraded>(registry);
    let upgraded = upgraded.map(|one| (one.proxy, one.from, one.to));
    upgraded.chain(begun_by(sent, registry)).collect()
}
