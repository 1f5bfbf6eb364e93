//! Fields that a migration is declared to move, or a new name for, and that do not keep their values when it is tried.

use super::PlanRequest;
use super::instances::InstancePlan;
use crate::assess::{Finding, Part, Together};
use crate::client::ChainError;
use crate::layout::{Field, Fields, areas, finding_id, incomparable};
use crate::simulation::Simulation;
use alloy::primitives::U256;
use std::collections::BTreeMap;
use std::sync::Arc;
use stylus_chain::BlockId;
use stylus_layout::{FieldChange, Layout, Location, Verdict, compare};

/// A finding for each declared move or new name after which a field of an instance has another value. A field that
/// changes its type may change its encoding, so it is not compared; neither is one that was empty.
pub(super) fn lost(
    simulation: &Simulation,
    request: &PlanRequest,
    instances: &[InstancePlan],
) -> Result<Vec<Finding>, ChainError> {
    let (Some(new), version) = (&request.document, &request.call.version) else {
        return Ok(Vec::new());
    };
    let together = Arc::new(Together {
        name: "FieldLost",
        message: format!(
            "fields that the migration to {version} is declared to keep do not keep their values"
        ),
        expected: "the same value in the old and in the new place".into(),
        found: None,
        next: "move them in the migration (stylus-upgrades layout migration writes its code)"
            .into(),
    });
    let ended = instances
        .iter()
        .filter(|one| one.from != one.to && one.to == *version && !one.migrating);
    let mut found: Vec<Finding> = Vec::new();
    for instance in ended {
        let Some(old) = request.layouts.get(&instance.from) else {
            continue;
        };
        let report = compare(old, &new.layout).map_err(incomparable)?;
        for change in &report.findings {
            let id = finding_id(change);
            let is_declared = new.migrates.iter().any(|one| id == **one);
            if !is_declared || found.iter().any(|one| one.id == id) {
                continue;
            }
            let read = |slot: U256, block| simulation.chain.storage(instance.proxy, slot, block);
            for (before, after) in kept((old, &new.layout), change) {
                let (Some(was), Some(is)) = (before.known(), after.known()) else {
                    continue;
                };
                let then = read(was.slot, simulation.beginning())?;
                let now = read(is.slot, BlockId::latest())?;
                let value = was.bytes(&then);
                if value == is.bytes(&now) || value.iter().all(|byte| *byte == 0) {
                    continue;
                }
                let proxy = request.names.long(instance.proxy);
                let [then, now] = [(was, old, then), (is, &new.layout, now)]
                    .map(|(held, layout, word)| held.words(layout, word, &BTreeMap::new()));
                let says = format!(
                    "{} is declared to be kept, and its value in {proxy} changes: {then} → {now}",
                    after.name
                );
                let about = (id, change.field.as_str());
                found.push(Finding::of_several(
                    Part::Simulation,
                    about,
                    says,
                    &together,
                ));
                break;
            }
        }
    }
    Ok(found)
}

/// What a change of a field keeps: each part of it of the same type, where it was and where it is.
fn kept<'a>(
    (old, new): (&'a Layout, &'a Layout),
    change: &FieldChange,
) -> Vec<(Field<'a>, Field<'a>)> {
    let keeps = [Verdict::Rename, Verdict::Shift, Verdict::Reorder];
    if !keeps.contains(&change.verdict) {
        return Vec::new();
    }
    let after = parts(new, change, change.new.as_ref());
    let pairs = parts(old, change, change.old.as_ref()).into_iter();
    let pairs = pairs.filter_map(|was| {
        let kind = |one: &Field<'_>| one.held.kind.map(|kind| kind.label.clone());
        let mut after = after.iter();
        let is = after.find(|is| is.name == was.name && kind(is) == kind(&was))?;
        (!was.is_gap()).then(|| (was, is.clone()))
    });
    pairs.collect()
}

/// The field at that place, or the members of it, under the name of the change.
fn parts<'a>(layout: &'a Layout, change: &FieldChange, place: Option<&Location>) -> Vec<Field<'a>> {
    let found = place.and_then(|place| {
        let (_, items, root) = areas(layout).find(|(name, ..)| *name == change.area)?;
        let is_there = |slot: &str, offset| slot == place.slot && offset == place.offset;
        let item = items.iter().find(|one| is_there(&one.slot, one.offset))?;
        let slot = root?.wrapping_add(item.slot.parse().ok()?);
        Some(Fields::at(
            layout,
            &item.type_id,
            (slot, item.offset),
            change.field.clone(),
        ))
    });
    found.unwrap_or_default()
}
