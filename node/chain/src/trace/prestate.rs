//! geth's prestateTracer: the accounts and slots that an execution read, or those it changed, before
//! and after.

use crate::{arbos::STATE, view::StateView};
use alloy_primitives::{Address, B256, Bytes};
use revm::state::{Account, AccountInfo, EvmState};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// `changes` are all accounts and slots that were read or written on `view`; the coinbase is shown, too, as in geth.
/// ArbOS' own state is left
/// out: it is read by every transaction, and by no opcode.
pub(crate) fn prestate(
    view: &StateView<'_>,
    changes: &EvmState,
    coinbase: Address,
    diff: bool,
) -> Value {
    let accounts: BTreeMap<_, _> = changes.iter().filter(|(at, _)| **at != STATE).collect();
    if !diff {
        let coinbase = (!accounts.contains_key(&coinbase)).then(|| {
            let before = view.info(coinbase).unwrap_or_default();
            (coinbase, shown(view, &before, BTreeMap::new()))
        });
        let shown = accounts.into_iter().map(|(at, account)| {
            let before = view.info(*at).unwrap_or_default();
            let slots = account.storage.iter();
            let slots = slots.map(|(slot, value)| ((*slot).into(), value.original_value.into()));
            (*at, shown(view, &before, slots.collect()))
        });
        return json!(shown.chain(coinbase).collect::<BTreeMap<Address, Value>>());
    }
    let (mut pre, mut post) = (BTreeMap::new(), BTreeMap::new());
    for (at, account) in accounts {
        if let Some((before, after)) = difference(view, *at, account) {
            pre.extend(before.map(|before| (*at, before)));
            post.extend(after.map(|after| (*at, after)));
        }
    }
    json!({ "pre": pre, "post": post })
}

/// Before and after; `None` where nothing changed. What did not exist has no before, and what was
/// destroyed no after.
fn difference(
    view: &StateView<'_>,
    at: Address,
    account: &Account,
) -> Option<(Option<Value>, Option<Value>)> {
    if !account.is_touched() {
        return None;
    }
    let before = view.info(at);
    let old = before.clone().unwrap_or_default();
    let mut slots_before = BTreeMap::new();
    let mut slots_after: BTreeMap<B256, B256> = BTreeMap::new();
    for (slot, value) in account.changed_storage_slots() {
        let key = B256::from(*slot);
        if !value.original_value.is_zero() {
            slots_before.insert(key, value.original_value.into());
        }
        if !value.present_value.is_zero() {
            slots_after.insert(key, value.present_value.into());
        }
    }
    let new = &account.info;
    let mut after = Map::new();
    if new.balance != old.balance {
        after.insert("balance".into(), json!(new.balance));
    }
    if new.nonce != old.nonce {
        after.insert("nonce".into(), json!(new.nonce));
    }
    if new.code_hash != old.code_hash && !new.is_empty_code_hash() {
        let code = new.code.clone().map(|code| code.original_bytes());
        let code = code.unwrap_or_else(|| view.code(new.code_hash).original_bytes());
        after.insert("code".into(), json!(code));
    }
    if !slots_after.is_empty() {
        after.insert("storage".into(), json!(slots_after));
    }
    let destroyed = account.is_selfdestructed();
    let cleared = account.changed_storage_slots().next().is_some();
    if after.is_empty() && !destroyed && !cleared {
        return None;
    }
    let pre = before.map(|before| shown(view, &before, slots_before));
    // An account whose slots were only cleared is there, without a field, as in geth.
    Some((pre, (!destroyed).then_some(Value::Object(after))))
}

fn shown(view: &StateView<'_>, info: &AccountInfo, slots: BTreeMap<B256, B256>) -> Value {
    let mut fields = Map::new();
    fields.insert("balance".into(), json!(info.balance));
    if info.nonce > 0 {
        fields.insert("nonce".into(), json!(info.nonce));
    }
    let code: Bytes = view.code(info.code_hash).original_bytes();
    if !info.is_empty_code_hash() && !code.is_empty() {
        fields.insert("code".into(), json!(code));
    }
    if !slots.is_empty() {
        fields.insert("storage".into(), json!(slots));
    }
    Value::Object(fields)
}
