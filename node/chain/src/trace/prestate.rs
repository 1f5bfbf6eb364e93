//! geth's prestateTracer: the accounts and slots that an execution read, or those it changed, before
//! and after.

use crate::{
    arbos::{L1_FUNDS, STATE, history},
    types::PrestateOptions,
    view::StateView,
};
use alloy_primitives::{Address, B256, Bytes, address};
use revm::state::{Account, AccountInfo, EvmState};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Accounts that Nitro's tracer shows of every message: the hashes of EIP-2935, ArbOS' state, what was paid for L1, and
/// two precompiles.
const ALWAYS_READ: [Address; 5] = [history::ADDRESS, STATE, L1_FUNDS, ARB_WASM, ARB_WASM_CACHE];
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// `changes` are all accounts and slots that were read or written on `view`. Accounts that were empty are left out, unless
/// they are asked for. The slots of ArbOS' own state are left out: every transaction reads them, and no opcode.
pub(crate) fn prestate(
    view: &StateView<'_>,
    changes: &EvmState,
    coinbase: Address,
    options: PrestateOptions,
) -> Value {
    let accounts: BTreeMap<_, _> = changes.iter().filter(|(at, _)| **at != STATE).collect();
    if !options.diff {
        let read = ALWAYS_READ.into_iter().chain([coinbase]);
        let read = read.filter(|at| !accounts.contains_key(at));
        let mut all: BTreeMap<Address, BTreeMap<B256, B256>> =
            read.map(|at| (at, BTreeMap::new())).collect();
        for (at, account) in &accounts {
            let slots = account.storage.iter();
            let slots = slots.map(|(slot, value)| ((*slot).into(), value.original_value.into()));
            all.insert(**at, slots.collect());
        }
        let shown = all.into_iter().filter_map(|(at, slots)| {
            let before = view.info(at).unwrap_or_default();
            let is_shown = options.include_empty || !before.is_empty();
            is_shown.then(|| (at, shown(view, &before, slots, options)))
        });
        return json!(shown.collect::<BTreeMap<Address, Value>>());
    }
    let (mut pre, mut post) = (BTreeMap::new(), BTreeMap::new());
    for (at, account) in accounts {
        if let Some((before, after)) = difference(view, *at, account, options) {
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
    options: PrestateOptions,
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
        if !options.disable_code {
            after.insert("code".into(), json!(code));
        }
        after.insert("codeHash".into(), json!(new.code_hash));
    }
    if !slots_after.is_empty() && !options.disable_storage {
        after.insert("storage".into(), json!(slots_after));
    }
    let destroyed = account.is_selfdestructed();
    let cleared = account.changed_storage_slots().next().is_some();
    if after.is_empty() && !destroyed && !cleared {
        return None;
    }
    let pre = before.map(|before| shown(view, &before, slots_before, options));
    // An account whose slots were only cleared is there, without a field, as in geth.
    Some((pre, (!destroyed).then_some(Value::Object(after))))
}

fn shown(
    view: &StateView<'_>,
    info: &AccountInfo,
    slots: BTreeMap<B256, B256>,
    options: PrestateOptions,
) -> Value {
    let mut fields = Map::new();
    fields.insert("balance".into(), json!(info.balance));
    if info.nonce > 0 {
        fields.insert("nonce".into(), json!(info.nonce));
    }
    let code: Bytes = view.code(info.code_hash).original_bytes();
    if !info.is_empty_code_hash() && !code.is_empty() {
        if !options.disable_code {
            fields.insert("code".into(), json!(code));
        }
        fields.insert("codeHash".into(), json!(info.code_hash));
    }
    if !slots.is_empty() && !options.disable_storage {
        fields.insert("storage".into(), json!(slots));
    }
    Value::Object(fields)
}
