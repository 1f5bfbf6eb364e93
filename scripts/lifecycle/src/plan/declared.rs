//! Fields that a migration is declared to move, or a new name for, and that do not keep their values when it is tried.

use super::PlanRequest;
use super::instances::InstancePlan;
use super::slots::SlotNames;
use crate::assess::{Finding, Part, Together};
use crate::client::ChainError;
use crate::layout::{finding_id, incomparable};
use crate::simulation::Simulation;
use alloy::primitives::{B256, U256};
use std::collections::BTreeMap;
use std::sync::Arc;
use stylus_chain::BlockId;
use stylus_layout::{
    FieldChange, FieldPlace, Location, Storage, TypeKind, ValuePlace, Verdict, compare,
};

/// A finding for each declared move or new name after which a field of an instance has another value. A field that
/// changes its type may change its encoding, so it is not compared; neither is one that was empty.
pub(super) fn lost(
    simulation: &Simulation,
    request: &PlanRequest,
    instances: &[InstancePlan],
    framework: &SlotNames,
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
    let ended = instances.iter().filter(|instance| {
        instance.from != instance.to && instance.to == *version && !instance.migrating
    });
    let mut found: Vec<Finding> = Vec::new();
    for instance in ended {
        let Some(old) = request.layout_of(&instance.from) else {
            continue;
        };
        let report = compare(old, &new.layout).map_err(incomparable)?;
        let storages = [Storage::from(old), Storage::from(&new.layout)];
        let has_entries = has_written_entries(instance, framework, &storages);
        for change in &report.findings {
            let id = finding_id(change);
            let is_declared = new.migrates.iter().any(|migrate| id == **migrate);
            if !is_declared || found.iter().any(|finding| finding.id == id) {
                continue;
            }
            for pair in kept(&storages, change) {
                let instance = (instance, has_entries);
                let Some(says) = loss((simulation, request), instance, &pair, &storages)? else {
                    continue;
                };
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

/// Describes the loss of an instance in a part of a field that keeps its type; nothing where it keeps all that is known.
/// With it whether the upgrade wrote anything that is no field's own slot.
fn loss(
    (simulation, request): (&Simulation, &PlanRequest),
    (instance, has_written_entries): (&InstancePlan, bool),
    [before, after]: &[FieldPlace; 2],
    [old, new]: &[Storage; 2],
) -> Result<Option<String>, ChainError> {
    let (Some(was), Some(is)) = (before.in_one_word(), after.in_one_word()) else {
        return Ok(None);
    };
    let read = |slot: U256, block| simulation.chain.storage(instance.proxy, slot, block);
    let then = read(was.slot, simulation.beginning())?;
    let now = read(is.slot, BlockId::latest())?;
    let (name, proxy) = (&after.name, request.names.long(instance.proxy));
    let value = was.bytes_of(&then);
    if value != is.bytes_of(&now) && value.iter().any(|byte| *byte != 0) {
        let [then, now] = [(was, old, then), (is, new, now)]
            .map(|(place, storage, word)| storage.decode(place, word, &BTreeMap::new()));
        return Ok(Some(format!(
            "{name} is declared to be kept, and its value in {proxy} changes: {then} → {now}"
        )));
    }
    let has_moved = was.slot != is.slot && has_entries(old, was, then);
    Ok((has_moved && !has_written_entries).then(|| {
        format!(
            "{name} is declared to be kept: it has another place in {proxy}, and nothing of its contents was written there"
        )
    }))
}

/// Returns true if a field has contents beside its own slot: a mapping, an array that is not empty, a text of more than 31
/// bytes.
fn has_entries(storage: &Storage, place: &ValuePlace, word: B256) -> bool {
    match storage.kind(place.ty) {
        TypeKind::Mapping(_) => true,
        TypeKind::Vector(_) => !word.is_zero(),
        TypeKind::Bytes | TypeKind::String => word.0[31] & 1 == 1,
        _ => false,
    }
}

/// Returns true if the upgrade wrote to a place of an instance that is no field's own slot, and none of the framework's.
fn has_written_entries(
    instance: &InstancePlan,
    framework: &SlotNames,
    storages: &[Storage; 2],
) -> bool {
    let mut written = instance
        .changes
        .iter()
        .filter(|change| change.before != change.after)
        .filter(|change| framework.get(change.slot).is_none());
    written.any(|change| {
        let slot = change.slot.into();
        !storages.iter().any(|storage| is_of_field(storage, slot))
    })
}

/// Returns true if a slot is a field's own, or one of those that it has in a row.
fn is_of_field(storage: &Storage, slot: U256) -> bool {
    storage.areas().iter().any(|area| {
        area.fields.iter().any(|field| {
            let begin = area.root.zip(field.slot);
            let place = begin
                .map(|(root, slot)| storage.place(field.ty, root.wrapping_add(slot), field.offset));
            place.is_some_and(|place| {
                slot.wrapping_sub(place.slot) < U256::from(place.slots_taken())
            })
        })
    })
}

/// Lists the parts of a field that a change keeps: each part of it of the same type, where it was and where it is.
fn kept([old, new]: &[Storage; 2], change: &FieldChange) -> Vec<[FieldPlace; 2]> {
    let keeps = [Verdict::Rename, Verdict::Shift, Verdict::Reorder];
    if !keeps.contains(&change.verdict) {
        return Vec::new();
    }
    let after = parts(new, change, change.new.as_ref());
    let before = parts(old, change, change.old.as_ref()).into_iter();
    let pairs = before.filter(|was| !was.is_gap).filter_map(|was| {
        let mut after = after.iter();
        let is = after.find(|now| now.name == was.name && now.label == was.label)?;
        Some([was, is.clone()])
    });
    pairs.collect()
}

/// The field at that place, or the members of it, under the name of the change.
fn parts(storage: &Storage, change: &FieldChange, place: Option<&Location>) -> Vec<FieldPlace> {
    let found = place.and_then(|place| {
        let field = storage.field_at(&change.area, place)?;
        let root = storage.area(&change.area)?.root?;
        let slot = root.wrapping_add(field.slot?);
        Some(storage.walk_value(field.ty, slot, field.offset, change.field.clone()))
    });
    found.unwrap_or_default()
}
