//! One hash of what an upgrade changes, which is the same on every machine and at every block where the changes are.

use super::{Plan, PlanRequest};
use alloy::primitives::{Address, B256, U256, keccak256};
use std::collections::BTreeMap;
use stylus_chain::SlotChange;

/// What a trial at another block and time writes, by account and slot.
pub(super) type Elsewhen = BTreeMap<(Address, B256), B256>;

/// By account and slot.
pub(super) fn elsewhen(changes: &[SlotChange]) -> Elsewhen {
    let entry = |one: &SlotChange| ((one.address, one.slot.into()), one.after);
    changes.iter().map(entry).collect()
}

/// The hash of a line for each word and balance that changes: whose, its slot, the word before and after.
///
/// The registry, its instances, the code and the script stand there by what they are, as accounts and as words. A slot
/// stands there by its number: which name it has depends on what a machine knows. What another block or time changes
/// is masked, and a slot that only one of the two trials writes is left out: its number depends on the block.
pub(super) fn state_difference(plan: &Plan, request: &PlanRequest, elsewhen: &Elsewhen) -> B256 {
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
    let instances = instances.map(|one| (one.proxy, &one.changes, one.balance));
    let others = plan.others.iter();
    let others = others.map(|one| (one.account, &one.changes, one.balance));
    let mut lines = Vec::new();
    for (account, changes, balance) in instances.chain(others) {
        for change in changes {
            let Some(other) = elsewhen.get(&(account, change.slot)) else {
                continue;
            };
            let after = match *other == change.after {
                true => word(change.after),
                false => "of its block".into(),
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

/// What accounts are.
fn roles(plan: &Plan, request: &PlanRequest) -> BTreeMap<Address, String> {
    let call = &request.call;
    let mut roles = BTreeMap::from([
        (call.code.implementation, "code".to_owned()),
        (call.step.script, "script".to_owned()),
        (request.registry, "registry".to_owned()),
    ]);
    let instances = plan.instances.iter().enumerate();
    roles.extend(instances.map(|(number, one)| (one.proxy, format!("instance {number}"))));
    roles.remove(&Address::ZERO);
    roles
}
