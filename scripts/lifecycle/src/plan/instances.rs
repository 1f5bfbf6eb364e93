//! Instances before and after: what each holds, what changed in its storage, what it emitted.

use super::PlanRequest;
use super::change::{Change, UndecodableValue, UnexplainedWrite};
use super::layouts::{Layouts, RereadSlots};
use super::slots::{self, SlotNames};
use crate::assess::Finding;
use crate::client::ChainError;
use crate::deployed;
use crate::model::{DefinitionState, Instance, InstanceState, definition_id};
use crate::registry::stored;
use crate::simulation::{Simulation, now};
use crate::text::{count, grouped};
use alloy::primitives::{Address, B256, Log, U256};
use alloy::sol_types::SolEvent;
use serde::Serialize;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{BlockId, SlotChange, StatePart};
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots::IMPLEMENTATION;

/// Fields of a version that are read ahead, at most.
const FIELDS_AHEAD: usize = 8;

/// The effects on an instance.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InstancePlan {
    /// The proxy.
    pub proxy: Address,
    /// The version it is at.
    pub from: String,
    /// The version it would be at.
    pub to: String,
    /// True if it would stay in a complex migration, which was not tried to its end.
    pub migrating: bool,
    /// The batches that were tried of a complex migration that it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batches: Option<Batches>,
    /// Every storage word that would change, or that would be read as something else.
    pub changes: Vec<Change>,
    /// Values that cannot be values of their type, as the new version declares it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecodable: Vec<UndecodableValue>,
    /// Written words that neither the new layout nor the framework explains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unexplained: Vec<UnexplainedWrite>,
    /// True if a limit left values out of these lists.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_cut: bool,
    /// Its wei before and after, where they differ.
    pub balance: Option<(U256, U256)>,
    /// Everything that it would emit.
    pub events: Vec<Event>,
}

/// The values that an upgrade writes to an instance, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrittenValues {
    /// Those of the contract: fields in the order of their slots, then entries of mappings in the order of their keys.
    pub contract: Vec<String>,
    /// Those of the framework: marks of migrations, the implementation.
    pub framework: Vec<String>,
}

impl InstancePlan {
    /// Returns the values that would be written.
    pub fn written_values(&self) -> WrittenValues {
        let written = self.changes.iter().filter(|change| !change.is_misread());
        let values = written.flat_map(Change::values);
        let changed = values.filter(|value| value.before != value.after);
        let words = changed.map(|value| value.words());
        let (framework, mut contract): (Vec<String>, Vec<String>) =
            words.partition(|value| is_of_framework(value));
        contract.sort_by_cached_key(|value| entry_of_mapping(value));
        WrittenValues {
            contract,
            framework,
        }
    }
}

/// Returns true if the framework keeps a value in its own slots.
fn is_of_framework(value: &str) -> bool {
    value.starts_with("migrated[") || value.starts_with("implementation (")
}

/// The words of a value by which entries of mappings are ordered; `None` for a field, which keeps its place before them.
fn entry_of_mapping(value: &str) -> Option<String> {
    let (field, _) = value.split_once(": ").unwrap_or((value, ""));
    field.contains('[').then(|| value.to_owned())
}

/// Notes that `number` instances were not tried.
pub fn not_tried(number: u32) -> String {
    let was = if number == 1 { "was" } else { "were" };
    format!("{} {was} not tried", count(number, "instance"))
}

/// The trial of a complex migration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Batches {
    /// Batches that were.
    pub tried: u64,
    /// Items that were not; absent where it came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
}

/// A number of batches.
pub fn batches(number: u64) -> String {
    match number {
        1 => "1 batch".into(),
        more => format!("{} batches", grouped(more)),
    }
}

/// Notes that only the start of a complex migration, or some of its batches, were tried, where some of these instances stay
/// in one.
pub fn only_started(instances: &[InstancePlan]) -> Option<String> {
    let stay = instances.iter().filter(|instance| instance.migrating);
    let all: Vec<Batches> = stay
        .map(|instance| instance.batches.unwrap_or_default())
        .collect();
    let tried: u64 = all.iter().map(|batches| batches.tried).sum();
    let left: u64 = all.iter().filter_map(|batches| batches.left).sum();
    (!all.is_empty()).then(|| {
        let on = count(all.len(), "instance");
        let were = if tried == 1 { "was" } else { "were" };
        let what = match tried {
            0 => "only the start of the complex migration was tried".into(),
            tried => format!("of the complex migration {} {were} tried", batches(tried)),
        };
        let left = match left {
            0 => "its batches and its end were not".into(),
            left => format!("{} and its end were not", count(left, "item")),
        };
        format!("{what}, on {on}: {left}, and what they change and call is not known")
    })
}

/// An event that would be emitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Name and values where the event is known, else its first topic.
    pub what: String,
    /// The first topic.
    pub topic: B256,
}

/// An instance before anything happened.
pub(super) struct Before {
    /// The instance by the registry. No rollout reaches one in a complex migration before that has ended.
    pub(super) instance: Instance,
    /// The word of its implementation slot.
    runs: Address,
    /// The code that the registry recorded for its version; the pause stub while it is paused.
    pub(super) recorded: Address,
}

impl Before {
    /// A finding if it runs other code than the registry recorded.
    pub(super) fn other_code(&self) -> Option<Finding> {
        deployed::other_code(&self.instance, (self.runs, self.recorded))
    }
}

/// The first `count` instances of the definition.
pub(super) fn read(
    simulation: &Simulation,
    request: &PlanRequest,
    count: u32,
) -> Result<Vec<Before>, ChainError> {
    let range = 0..usize::try_from(count).unwrap_or(usize::MAX);
    let registry = simulation.registry(request.registry);
    let proxies = now(registry.proxies_in(&request.call.name, range))?;
    simulation.chain.read_alike(proxies.iter().copied());
    read_fixed(simulation, request, proxies.first());
    let before = |proxy| at(simulation, BlockId::latest(), request.registry, proxy);
    proxies.into_iter().map(before).collect()
}

/// Reads together what a plan reads of the first instance, and so of all that are used alike: the slots of the framework,
/// and the first fields of the versions.
fn read_fixed(simulation: &Simulation, request: &PlanRequest, proxy: Option<&Address>) {
    if !simulation.chain.is_far() {
        return;
    }
    let call = &request.call;
    let labels: Vec<String> = request.documents.keys().cloned().collect();
    let labels = [labels, vec![call.version.clone()]].concat();
    let framework = SlotNames::framework(&labels);
    let layouts = labels.iter().map(|label| request.layout_of(label));
    let mut slots: BTreeSet<U256> = BTreeSet::new();
    for layout in layouts.chain([request.layout.as_ref()]) {
        let names = framework.clone().with_layout(layout);
        let count = framework.fixed().count() + FIELDS_AHEAD;
        slots.extend(names.fixed().take(count).map(|field| field.place.slot));
    }
    let of_proxy = |proxy: &Address| {
        let slots = slots.iter().map(|slot| StatePart::Slot(*proxy, *slot));
        slots.collect::<Vec<_>>()
    };
    simulation
        .chain
        .ahead(proxy.map(of_proxy).unwrap_or_default());
}

/// The instances of the definition that are not among these.
pub(super) fn others(
    simulation: &Simulation,
    request: &PlanRequest,
    these: &[InstancePlan],
) -> Result<Vec<Address>, ChainError> {
    let these: BTreeSet<Address> = these.iter().map(|instance| instance.proxy).collect();
    let mut all = read_proxies(simulation, request)?;
    all.retain(|proxy| !these.contains(proxy));
    Ok(all)
}

/// The proxies of the definition. The words that hold them are asked for together: a copy reads each by itself.
fn read_proxies(
    simulation: &Simulation,
    request: &PlanRequest,
) -> Result<Vec<Address>, ChainError> {
    let registry = simulation.registry(request.registry);
    let name = &request.call.name;
    let number = now(registry.head(name))?.instances;
    let slots = stored::proxy_slots(definition_id(name), number);
    let words = slots.map(|slot| StatePart::Slot(request.registry, slot.into()));
    simulation.chain.ahead(words);
    now(registry.proxies(name))
}

/// Reads the earlier state of instances that the registry has handled meanwhile and that were not read yet: as they were
/// before anything happened.
pub(super) fn late(
    simulation: &Simulation,
    request: &PlanRequest,
    read: &[Before],
    handled: &[Address],
) -> Result<Vec<Before>, ChainError> {
    let is_read = |proxy: &&Address| read.iter().any(|before| before.instance.proxy == **proxy);
    let late = handled.iter().filter(|proxy| !is_read(proxy));
    let begun = simulation.beginning();
    late.map(|proxy| at(simulation, begun, request.registry, *proxy))
        .collect()
}

fn at(
    simulation: &Simulation,
    block: BlockId,
    registry: Address,
    proxy: Address,
) -> Result<Before, ChainError> {
    let registry = simulation.registry_at(block, registry);
    let instance = now(registry.instance(proxy))?;
    let slot = IMPLEMENTATION.into();
    let word = simulation.chain.storage(proxy, slot, block)?;
    let code = now(registry.code(&instance.definition, &instance.version))?;
    Ok(Before {
        runs: Address::from_word(word),
        recorded: deployed::recorded(registry.address, &instance, code.implementation),
        instance,
    })
}

/// Selects those of these instances that are still to be brought to the version, or to be resumed. One in a complex
/// migration is neither, and one at a younger version stays there.
pub(super) fn outdated(
    simulation: &Simulation,
    request: &PlanRequest,
    instances: &[Before],
) -> Result<BTreeSet<Address>, ChainError> {
    let due = Due::of(simulation, request)?;
    let mut outdated = BTreeSet::new();
    for before in instances {
        let proxy = before.instance.proxy;
        if due.has(simulation, request, proxy)? {
            outdated.insert(proxy);
        }
    }
    Ok(outdated)
}

/// Instances that a rollout moves now, as many as the plan goes, in the order of creation.
pub(super) fn waiting(
    simulation: &Simulation,
    request: &PlanRequest,
) -> Result<Vec<Address>, ChainError> {
    let registry = simulation.registry(request.registry);
    let due = Due::of(simulation, request)?;
    let most = usize::try_from(request.instances).unwrap_or(usize::MAX);
    let mut waiting = Vec::new();
    for proxy in read_proxies(simulation, request)? {
        if waiting.len() >= most {
            break;
        }
        if due.has(simulation, request, proxy)? && !now(registry.details(proxy))?.held {
            waiting.push(proxy);
        }
    }
    Ok(waiting)
}

/// The facts that tell if an instance is still to be brought to the version, or to be resumed.
struct Due {
    is_paused: bool,
    /// The oldest first.
    labels: Vec<String>,
}

impl Due {
    fn of(simulation: &Simulation, request: &PlanRequest) -> Result<Self, ChainError> {
        let registry = simulation.registry(request.registry);
        let name = &request.call.name;
        Ok(Self {
            is_paused: now(registry.head(name))?.state == DefinitionState::Paused,
            labels: now(registry.labels(name))?,
        })
    }

    fn has(
        &self,
        simulation: &Simulation,
        request: &PlanRequest,
        proxy: Address,
    ) -> Result<bool, ChainError> {
        let at = now(simulation.registry(request.registry).instance(proxy))?;
        let place = |label: &str| self.labels.iter().position(|known| known == label);
        let version = &request.call.version;
        let is_older = at.version != *version && place(&at.version) <= place(version);
        let is_to_resume = at.state == InstanceState::Paused && !self.is_paused;
        Ok((is_older || is_to_resume) && !at.state.is_migrating())
    }
}

/// The instances that the registry has done something with since the beginning, in that order.
pub(super) fn handled(
    simulation: &Simulation,
    registry: Address,
) -> Result<Vec<Address>, ChainError> {
    let mut all = Vec::new();
    for log in simulation.logs(registry)? {
        let proxy = upgraded(&log)
            .or_else(|| Some(abi::InstanceSkipped::decode_log(&log).ok()?.proxy))
            .or_else(|| Some(abi::InstancePaused::decode_log(&log).ok()?.proxy))
            .or_else(|| Some(abi::InstanceResumed::decode_log(&log).ok()?.proxy));
        all.extend(proxy.filter(|proxy| !all.contains(proxy)));
    }
    Ok(all)
}

/// Whom a log of the registry says to be upgraded, if only by the start of a complex migration.
pub(super) fn upgraded(log: &Log) -> Option<Address> {
    let started = || Some(abi::MigrationStarted::decode_log(log).ok()?.proxy);
    let upgraded = abi::InstanceUpgraded::decode_log(log).ok();
    upgraded.map(|event| event.proxy).or_else(started)
}

/// Lists the changes of each instance; `balance` is its wei before and after, where they differ. Slots have the names of the
/// version's own variables, where its layout is known.
pub(super) fn compare(
    simulation: &Simulation,
    request: &PlanRequest,
    before: Vec<Before>,
    framework: &SlotNames,
    balance: impl Fn(Address) -> Option<(U256, U256)>,
) -> Result<Vec<InstancePlan>, ChainError> {
    let call = &request.call;
    let proxies: Vec<Address> = before.iter().map(|before| before.instance.proxy).collect();
    let keys = slots::keys(simulation, &call.step.data, &request.names, &proxies)?;
    let framework = framework.clone().with_keys(keys);
    let framework = framework.with_lookups(simulation)?;
    let new = request.layout.as_ref();
    let new = new.or_else(|| request.layout_of(&call.version));
    let new = framework.clone().with_layout(new);
    let versions = before.iter().map(|before| before.instance.version.clone());
    let names = |version: String| {
        let layout = request.layout_of(&version);
        (version, framework.clone().with_layout(layout))
    };
    let earlier: BTreeMap<String, SlotNames> = versions.map(names).collect();
    let changes = simulation.changes()?;
    let instances = before.into_iter().map(|Before { instance, .. }| {
        let Instance { proxy, version, .. } = instance;
        let after = now(simulation.registry(request.registry).instance(proxy))?;
        let migrating = after.state.is_migrating();
        let of_version = |version: &String| {
            let earlier = earlier.get(version).filter(|_| *version != call.version);
            earlier.unwrap_or(&new)
        };
        let layouts = Layouts {
            before: of_version(&version),
            after: if migrating {
                &new
            } else {
                of_version(&after.version)
            },
        };
        let StorageChanges {
            list,
            undecodable,
            unexplained,
            is_cut,
        } = changes_of(simulation, &changes, proxy, layouts)?;
        Ok::<_, ChainError>(InstancePlan {
            proxy,
            from: version,
            to: after.version,
            migrating,
            batches: None,
            changes: list,
            // During a migration, batches still convert values.
            undecodable: if migrating { Vec::new() } else { undecodable },
            unexplained,
            is_cut,
            balance: balance(proxy),
            events: simulation.logs(proxy)?.iter().map(event).collect(),
        })
    });
    instances.collect()
}

/// The changes in an account's storage.
pub(super) struct StorageChanges {
    pub list: Vec<Change>,
    /// Values that cannot be values of their type.
    pub undecodable: Vec<UndecodableValue>,
    /// Written words that neither the new layout nor the framework explains.
    pub unexplained: Vec<UnexplainedWrite>,
    /// True if a limit left something out.
    pub is_cut: bool,
}

/// Lists the changes in an account's storage, and the values that are read as something else.
pub(super) fn changes_of(
    simulation: &Simulation,
    all: &[SlotChange],
    account: Address,
    layouts: Layouts<'_>,
) -> Result<StorageChanges, ChainError> {
    let before = |slot: U256| -> Result<B256, ChainError> {
        let begun = simulation.beginning();
        Ok(simulation.chain.storage(account, slot, begun)?)
    };
    let own = all.iter().filter(|change| change.address == account);
    let mut words: BTreeMap<U256, SlotChange> = own.map(|change| (change.slot, *change)).collect();
    let RereadSlots { slots, is_cut } = layouts.find_reread_slots();
    for slot in slots {
        if let Entry::Vacant(entry) = words.entry(slot) {
            let word = before(slot)?;
            entry.insert(SlotChange {
                address: account,
                slot,
                before: word,
                after: word,
            });
        }
    }
    let (mut list, mut undecodable, mut unexplained) = (Vec::new(), Vec::new(), Vec::new());
    for word in words.values() {
        unexplained.extend(layouts.find_unexplained(word));
        undecodable.extend(layouts.find_undecodable(word, before)?);
        list.push(layouts.change(word, before)?);
    }
    list.retain(|change| !change.is_same());
    Ok(StorageChanges {
        list,
        undecodable,
        unexplained,
        is_cut,
    })
}

/// Decodes a log.
pub(super) fn event(log: &Log) -> Event {
    let topic = log.topics().first().copied().unwrap_or_default();
    let what = if let Ok(event) = Migrated::decode_log(log) {
        format!("Migrated({:?}, {:?})", event.from, event.to)
    } else if let Ok(event) = proxy_abi::Upgraded::decode_log(log) {
        format!("Upgraded({})", event.implementation)
    } else {
        topic.to_string()
    };
    Event { what, topic }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_mappings_follow_the_fields_in_the_order_of_their_keys() {
        let mut values = [
            "points[0x03]: 4 → 40",
            "total: 8 → 80",
            "points[0x01]: 4 → 40",
            "fee: 1 → 2",
        ];
        values.sort_by_cached_key(|value| entry_of_mapping(value));
        let sorted = [
            "total: 8 → 80",
            "fee: 1 → 2",
            "points[0x01]: 4 → 40",
            "points[0x03]: 4 → 40",
        ];
        assert_eq!(values, sorted);
        assert!(is_of_framework("migrated[\"2.0\"]: 0 → 1"));
        assert!(!is_of_framework("total: 8 → 80"));
    }
}
