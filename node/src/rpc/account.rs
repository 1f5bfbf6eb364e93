//! `eth_getBalance` and similar methods: one account at one block.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U64, U256};

use alloy_rpc_types::serde_helpers::JsonStorageKey;

use stylus_chain::AccountView;

use serde_json::value::RawValue;

use super::answer::ok;
use super::args::RpcArgs;
use super::hexadecimal::quoted;
use super::method::RpcMethod::{Lookup, Read};
use super::method::{MethodTable, RpcResult};
use super::request::named_block;
use crate::limits::SLOTS;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_getBalance", Lookup(balance)),
    ("eth_getCode", Read(code)),
    ("eth_getStorageAt", Lookup(storage)),
    ("eth_getTransactionCount", Lookup(nonce)),
    ("eth_getAccount", Read(account)),
    ("eth_getAccountInfo", Read(account_info)),
    ("eth_getProof", Read(proof)),
    ("eth_getStorageValues", Read(storage_values)),
];

/// The account that is named first, after the block that is named second.
pub(super) fn account_of(view: &NodeView, args: &RpcArgs) -> Result<AccountView, RpcError> {
    let address = args.get(0, "address")?;
    Ok(view.chain.account(address, named_block(args, 1)?)?)
}

fn balance(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(account_of(view, args)?.balance)
}

fn code(view: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(account_of(view, args)?.code)
}

/// The slot may be a padded word or a bare quantity.
fn storage(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let address = args.get(0, "address")?;
    let slot: U256 = match strict_text(args, 1, args.json(1))? {
        Some(text) => storage_key(text)
            .map_err(|words| RpcError::Refused(format!("unable to decode storage key: {words}")))?,
        None => args.get(1, "slot")?,
    };
    ok(view.chain.storage(address, slot, named_block(args, 2)?)?)
}

/// A storage key as geth reads it (`decodeHash`): 0x is optional, and short texts are padded.
///
/// # Errors
/// geth's words.
fn storage_key(text: &str) -> Result<U256, &'static str> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    if digits.len() > 64 {
        return Err("hex string too long, want at most 32 bytes");
    }
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hexadecimal {
        return Err("hex string invalid");
    }
    U256::from_str_radix(digits, 16)
        .or(if digits.is_empty() {
            Ok(U256::ZERO)
        } else {
            Err("hex string invalid")
        })
        .map_err(|_| "hex string invalid")
}

/// The text of a parameter's storage key, unless the node is lenient: then numbers are taken, too.
///
/// # Errors
/// [`RpcError::Params`] for a number, in geth's words.
fn strict_text<'a>(
    args: &RpcArgs,
    index: usize,
    json: Option<&'a str>,
) -> Result<Option<&'a str>, RpcError> {
    let Some(json) = json.filter(|_| !args.admission().is_lenient()) else {
        return Ok(None);
    };
    match quoted(json) {
        Some(text) => Ok(Some(text)),
        None if json == "null" => Ok(None),
        None => Err(RpcError::Params(format!(
            "invalid argument {index}: json: cannot unmarshal number into Go value of type string"
        ))),
    }
}

/// Slots of several accounts, in the order of each list.
fn storage_values(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let wanted: BTreeMap<Address, Vec<JsonStorageKey>> = args.get(0, "slots by account")?;
    let slots: usize = wanted.values().map(Vec::len).sum();
    if !(1..=SLOTS).contains(&slots) {
        return Err(RpcError::Params(format!(
            "parameter 0 (slots by account): expected 1 to {SLOTS} slots, found {slots}"
        )));
    }
    let block = named_block(args, 1)?;
    let mut values = BTreeMap::new();
    for (account, slots) in wanted {
        let slots = slots.iter().map(|slot| slot.as_b256().into());
        let read = slots.map(|slot| chain.storage(account, slot, block));
        values.insert(account, read.collect::<Result<Vec<B256>, _>>()?);
    }
    ok(values)
}

fn nonce(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let address = args.get(0, "address")?;
    match named_block(args, 1)? {
        block if block.is_pending() => ok(U64::from(view.chain.pending_nonce(address))),
        block => ok(U64::from(view.chain.account(address, block)?.nonce)),
    }
}

fn account(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let block = named_block(args, 1)?;
    let address = args.get(0, "address")?;
    let account = chain.account(address, block)?;
    ok(serde_json::json!({
        "balance": account.balance,
        "nonce": U64::from(account.nonce),
        "codeHash": account.code_hash,
        "storageRoot": chain.storage_root(address, block)?,
    }))
}

/// Balance, nonce and code at once, as anvil gives them.
fn account_info(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let account = chain.account(args.get(0, "address")?, named_block(args, 1)?)?;
    ok(serde_json::json!({
        "balance": account.balance,
        "nonce": U64::from(account.nonce),
        "code": account.code,
    }))
}

/// The storage keys of a proof; `null` is none.
fn proof_keys(args: &RpcArgs) -> Result<Vec<JsonStorageKey>, RpcError> {
    if args.admission().is_lenient() {
        return args.get(1, "storage keys");
    }
    let keys: Vec<Box<RawValue>> = args.opt(1, "storage keys")?.unwrap_or_default();
    let keys = keys.iter().map(|key| {
        let text = strict_text(args, 1, Some(key.get()))?.unwrap_or_default();
        let number = storage_key(text).map_err(|words| RpcError::Refused(words.to_owned()))?;
        // A whole word is shown as it is, a short one as a number.
        Ok(match text.len() {
            66 => JsonStorageKey::Hash(number.into()),
            _ => JsonStorageKey::Number(number),
        })
    });
    keys.collect()
}

/// EIP-1186: an account and slots of it, with proofs against the block's state root.
fn proof(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let address = args.get(0, "address")?;
    let keys = proof_keys(args)?;
    RpcError::at_most("parameter 1 (storage keys)", SLOTS, keys.len())?;
    ok(chain.proof(address, keys, named_block(args, 2)?)?)
}
