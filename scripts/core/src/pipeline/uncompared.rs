//! Instances that a transaction upgraded by a step that was not checked before sending: others changed the
//! definition meanwhile, or the endpoint did not show everything.

use super::effects::Effects;
use crate::assess::{Evidence, Origin, Part};
use crate::checks::Assessment;
use crate::client::Sent;
use crate::context::prelude::*;
use crate::registry::begun_by;
use crate::text;

/// Returns true if a transaction upgraded an instance by a step that `checks` does not cover.
pub(crate) fn is_there(sent: &Sent, registry: Address, checks: &Assessment) -> bool {
    let moved = moved_by(sent, registry);
    moved.iter().any(|(_, from, to)| !checks.leads(from, to))
}

/// Reports the upgrades that `checks` does not cover.
pub(crate) fn report(
    context: &Context,
    (sent, registry): (&[Sent], Address),
    checks: &Assessment,
    effects: &mut Effects,
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
    let mut covered = checks.clone();
    for part in [
        Part::Layout,
        Part::Steps,
        Part::LiveInstances,
        Part::Interface,
    ] {
        let evidence = Evidence::whole(part, Origin::NotKnown, &why);
        // The warning, or the error, says so.
        covered.coverage.add(evidence.expected());
    }
    effects.add_not_compared(uncompared, &covered);
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
    effects.stop(context, &error, Exit::Refused);
}

/// The instances that a transaction upgraded, each with both versions.
fn moved_by(sent: &Sent, registry: Address) -> Vec<(Address, String, String)> {
    let upgraded = sent.events_of::<abi::InstanceUpgraded>(registry);
    let upgraded = upgraded.map(|one| (one.proxy, one.from, one.to));
    upgraded.chain(begun_by(sent, registry)).collect()
}
