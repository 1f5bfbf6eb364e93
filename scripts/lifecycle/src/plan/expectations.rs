//! Getters in the simulation, as expectations that do not depend on other transactions before the execution.
use super::change::Change;
use super::instances::InstancePlan;
use super::{Getters, Plan};
use crate::client::{ChainError, show};
use crate::expect::{Expectation, Getter, Holds, Suggested};
use crate::simulation::Simulation;
use alloy::dyn_abi::DynSolType;
use alloy::eips::eip2930::AccessListItem;
use alloy::primitives::{Address, B256, Bytes, I256, U256};
use std::collections::BTreeSet;
use stylus_chain::{BlockId, CallRequest, Overrides};
use stylus_upgrades_interface::slots;

/// The time after which a getter is asked again: its answer may change with time alone.
const SECONDS: u64 = 86_400;
/// Somebody without a part in anything, and the gas of that call. The check that an upgrade runs is a third one.
const STRANGER: Address = Address::repeat_byte(0x5a);
const OTHER_GAS: u64 = 11_000_000;
/// The slots that an upgrade writes and that every getter of a proxy reads.
const OF_PROXIES: [B256; 3] = [slots::IMPLEMENTATION, slots::ADMIN, slots::BEACON];

/// The answers of a getter of one instance, before and after; nothing where it answers no word.
struct Answers {
    proxy: Address,
    before: Option<Bytes>,
    after: Option<Bytes>,
    later: Option<Bytes>,
    /// The answer to somebody else, who has other gas.
    other: Option<Bytes>,
}

/// Suggests expectations of these getters. Nothing where no instance was upgraded.
pub(super) fn suggested(
    simulation: &mut Simulation,
    getters: &Getters,
    plan: &Plan,
) -> Result<Option<Suggested>, ChainError> {
    let upgraded = |instance: &&InstancePlan| instance.from != instance.to && !instance.migrating;
    let upgraded: Vec<&InstancePlan> = plan.instances.iter().filter(upgraded).collect();
    let proxies: Vec<Address> = upgraded.iter().map(|instance| instance.proxy).collect();
    if proxies.is_empty() {
        return Ok(None);
    }
    let written = written(&upgraded, plan);
    let mut found = Suggested::default();
    for (getter, kind) in getters {
        let answers = answers(simulation, getter, &proxies)?;
        let why = if answers.iter().any(|answer| answer.before.is_none()) {
            "it did not answer before the upgrade"
        } else if answers.iter().any(|answer| answer.after != answer.later) {
            "its answer changes with time alone"
        } else if answers.iter().any(|answer| answer.after != answer.other) {
            "its answer depends on who asks, or with how much gas"
        } else {
            add(simulation, getter, kind, &answers, &written, &mut found)?;
            continue;
        };
        found.left_out.push((getter.clone(), why));
    }
    Ok(Some(found))
}

/// The slots that the step itself wrote. Those that every call of a proxy reads are not among them.
pub(super) fn written(upgraded: &[&InstancePlan], plan: &Plan) -> BTreeSet<(Address, B256)> {
    let of = |account: Address, changes: &[Change]| -> Vec<(Address, B256)> {
        let changes = changes
            .iter()
            .filter(|change| change.before != change.after);
        let slots = changes.map(|change| change.slot);
        let own = slots.filter(|slot| !OF_PROXIES.contains(slot));
        own.map(|slot| (account, slot)).collect()
    };
    let of_instances = upgraded
        .iter()
        .flat_map(|instance| of(instance.proxy, &instance.changes));
    let others = plan.others.iter();
    let of_others = others.flat_map(|other| of(other.account, &other.changes));
    of_instances.chain(of_others).collect()
}

fn answers(
    simulation: &mut Simulation,
    getter: &Getter,
    proxies: &[Address],
) -> Result<Vec<Answers>, ChainError> {
    let (begun, latest) = (simulation.beginning(), BlockId::latest());
    let answers = proxies.iter().map(|proxy| {
        let ask = |copy: &Simulation, block| answer(copy, block, *proxy, getter);
        Ok(Answers {
            proxy: *proxy,
            before: ask(simulation, begun)?,
            after: ask(simulation, latest)?,
            later: simulation.discarded(|copy| {
                copy.wait(SECONDS)?;
                ask(copy, latest)
            })?,
            other: answer_with(
                simulation,
                latest,
                CallRequest {
                    from: Some(STRANGER),
                    gas: Some(OTHER_GAS),
                    ..request(*proxy, getter)
                },
            )?,
        })
    });
    answers.collect()
}

/// Asks a getter there, and returns the answer if it is a word or more.
fn answer(
    simulation: &Simulation,
    block: BlockId,
    proxy: Address,
    getter: &Getter,
) -> Result<Option<Bytes>, ChainError> {
    answer_with(simulation, block, request(proxy, getter))
}

/// The same of a call.
fn answer_with(
    simulation: &Simulation,
    block: BlockId,
    request: CallRequest,
) -> Result<Option<Bytes>, ChainError> {
    let (success, output) = simulation.probe_with(block, request)?;
    Ok((success && output.len() >= B256::len_bytes()).then_some(output))
}

/// The call of a getter.
fn request(proxy: Address, getter: &Getter) -> CallRequest {
    CallRequest {
        to: Some(proxy),
        input: getter.calldata.clone(),
        ..CallRequest::default()
    }
}

/// Adds the expectation of a getter. Values that the step did not write must not change, whatever the simulation has shown.
fn add(
    simulation: &Simulation,
    getter: &Getter,
    kind: &DynSolType,
    answers: &[Answers],
    written: &BTreeSet<(Address, B256)>,
    found: &mut Suggested,
) -> Result<(), ChainError> {
    let of = |holds| Expectation {
        getter: getter.clone(),
        holds,
    };
    let mut is_meant = true;
    let changed = |answers: &&Answers| answers.before != answers.after;
    let changed: Vec<&Answers> = answers.iter().filter(changed).collect();
    for answers in &changed {
        let request = request(answers.proxy, getter);
        let read = read_slots(simulation, request, &Overrides::default())?;
        is_meant &= !read.is_disjoint(written);
    }
    if changed.is_empty() || !is_meant {
        found.all.push(of(Holds::Unchanged));
        return Ok(());
    }
    let is_above_zero =
        |answers: &Answers| answers.words().is_some_and(|(before, _)| !before.is_zero());
    if answers.iter().all(is_above_zero) {
        found.all.push(of(Holds::Nonzero));
    } else {
        let why = "the upgrade writes it, and it was not one word above zero";
        found.left_out.push((getter.clone(), why));
    }
    let equal = answers.iter().map(|answer| answer.after.as_ref());
    let is_word = |answer: &&Bytes| answer.len() == B256::len_bytes();
    let equal = same(equal).flatten().filter(is_word).and_then(|answer| {
        let value = kind.abi_decode(answer).ok()?;
        Some(Holds::Equal(show(&value).parse().ok()?))
    });
    let is_number = matches!(kind, DynSolType::Uint(_) | DynSolType::Int(_));
    let differences = answers.iter().map(|answer| {
        let (before, after) = answer.words()?;
        Some(I256::from_raw(after.wrapping_sub(before)))
    });
    let delta = same(differences).flatten().filter(|_| is_number);
    found.to_confirm.extend(equal.map(of));
    found.to_confirm.extend(delta.map(Holds::Delta).map(of));
    Ok(())
}

impl Answers {
    /// The words before and after, where both answers are one.
    fn words(&self) -> Option<(U256, U256)> {
        let word = |answer: &Option<Bytes>| U256::try_from_be_slice(answer.as_ref()?);
        word(&self.before).zip(word(&self.after))
    }
}

/// The one value that all of these are.
fn same<T: PartialEq>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The slots that a call reads, without those that every call of a proxy reads.
pub(super) fn read_slots(
    copy: &Simulation,
    request: CallRequest,
    overrides: &Overrides,
) -> Result<BTreeSet<(Address, B256)>, ChainError> {
    let listed = copy
        .chain
        .access_list(request, BlockId::latest(), overrides)?;
    let of_account = |item: AccessListItem| {
        let slots = item.storage_keys.into_iter();
        let slots = slots.filter(|slot| !OF_PROXIES.contains(slot));
        slots.map(move |slot| (item.address, slot))
    };
    Ok(listed
        .access_list
        .0
        .into_iter()
        .flat_map(of_account)
        .collect())
}
