//! One hash of what an upgrade changes, which is the same on every machine and at every block where the changes are.

use super::{Plan, PlanRequest};
use alloy::primitives::{Address, B256, U256, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::SlotChange;

/// The writes of a simulation, by account and slot.
pub(super) type Written = BTreeMap<(Address, B256), B256>;

/// By account and slot.
pub(super) fn written(changes: &[SlotChange]) -> Written {
    let entry = |change: &SlotChange| ((change.address, change.slot.into()), change.after);
    changes.iter().map(entry).collect()
}

/// The hash of what runs, and of a line for each word and balance that changes: whose, its slot, the word before and
/// after. What runs is the new code, the step's kind and calldata, and its script or check, each by its hash.
///
/// Addresses of the registry, instances, code and script are replaced by placeholders. A slot stands there by its
/// number: which name it has depends on what a machine knows. What another block or time changes is masked. Of slots
/// that only one of the two simulations writes, here or `elsewhen`, an account has a count: their numbers depend on the
/// block.
pub(super) fn state_difference(
    plan: &Plan,
    request: &PlanRequest,
    here: &Written,
    elsewhen: &Written,
) -> B256 {
    let step = &request.call.step;
    let mut lines = vec![
        format!("code {}\n", request.call.code.codehash),
        format!("step {} {}\n", step.kind, keccak256(&step.data)),
        format!("runs {}\n", step.scriptCodehash),
    ];
    let roles = roles(plan, request);
    let named = |account: Address| {
        let role = roles.get(&account).cloned();
        role.unwrap_or_else(|| account.to_string())
    };
    let word = |word: B256| match roles.get(&Address::from_word(word)) {
        Some(role) if word.starts_with(&[0; 12]) => role.clone(),
        _ => word.to_string(),
    };
    let instances = plan.instances.iter();
    let instances = instances.map(|instance| (instance.proxy, &instance.changes, instance.balance));
    let others = plan.others.iter();
    let others = others.map(|other| (other.account, &other.changes, other.balance));
    let shown = instances.clone().map(|(account, ..)| account);
    let shown = shown.chain(others.clone().map(|(account, ..)| account));
    for (account, [here, there]) in of_one_block(&shown.collect(), here, elsewhen) {
        lines.push(format!("{} of its block: {here} {there}\n", named(account)));
    }
    for (account, changes, balance) in instances.chain(others) {
        for change in changes {
            let Some(other) = elsewhen.get(&(account, change.slot)) else {
                continue;
            };
            let after = if *other == change.after {
                word(change.after)
            } else {
                "of its block".into()
            };
            let (slot, before) = (change.slot, word(change.before));
            lines.push(format!("{} {slot} {before} {after}\n", named(account)));
        }
        if let Some((before, after)) = balance {
            let more: U256 = after.wrapping_sub(before);
            lines.push(format!("{} wei {more}\n", named(account)));
        }
    }
    lines.sort();
    keccak256(lines.concat())
}

/// Counts the slots that only the one of two simulations writes, and those that only the other writes, by account: of those
/// that are `shown`, and of those that only the other simulation touches.
fn of_one_block(
    shown: &BTreeSet<Address>,
    here: &Written,
    elsewhen: &Written,
) -> BTreeMap<Address, [usize; 2]> {
    let touched: BTreeSet<Address> = here.keys().map(|(account, _)| *account).collect();
    let alone = |side, written: &Written, other: &Written| -> Vec<(Address, usize)> {
        let alone = written.keys().filter(|place| !other.contains_key(*place));
        alone.map(|(account, _)| (*account, side)).collect()
    };
    let mut counts: BTreeMap<Address, [usize; 2]> = BTreeMap::new();
    let alone = [alone(0, here, elsewhen), alone(1, elsewhen, here)].concat();
    for (account, side) in alone {
        if shown.contains(&account) || !touched.contains(&account) {
            counts.entry(account).or_default()[side] += 1;
        }
    }
    counts
}

/// Names the roles of accounts.
fn roles(plan: &Plan, request: &PlanRequest) -> BTreeMap<Address, String> {
    let call = &request.call;
    let mut roles = BTreeMap::from([
        (call.code.implementation, "code".to_owned()),
        (call.step.script, "script".to_owned()),
        (request.registry, "registry".to_owned()),
    ]);
    let instances = plan.instances.iter().enumerate();
    roles
        .extend(instances.map(|(number, instance)| (instance.proxy, format!("instance {number}"))));
    roles.remove(&Address::ZERO);
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_that_one_trial_alone_writes_counts() {
        let [instance, fees, other] = [1, 2, 3].map(Address::with_last_byte);
        let slot = B256::with_last_byte;
        let of = |all: &[(Address, u8)]| -> Written {
            let word = B256::repeat_byte(1);
            all.iter()
                .map(|(account, at)| ((*account, slot(*at)), word))
                .collect()
        };
        let shown = BTreeSet::from([instance]);
        let both = of(&[(instance, 1), (fees, 1)]);
        assert!(of_one_block(&shown, &both, &both).is_empty());
        // What only a block that comes writes, in an instance and in an account that nobody saw.
        let later = of(&[(instance, 1), (instance, 9), (fees, 2), (other, 1)]);
        let counts = of_one_block(&shown, &both, &later);
        assert_eq!(
            counts,
            BTreeMap::from([(instance, [0, 1]), (other, [0, 1])])
        );
        let counts = of_one_block(&shown, &later, &both);
        assert_eq!(counts, BTreeMap::from([(instance, [1, 0])]));
    }
}
