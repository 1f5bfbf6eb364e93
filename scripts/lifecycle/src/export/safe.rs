//! The file that Safe's Transaction Builder loads. Its `data` stays null: with calldata there the
//! app shows that alone, and not the method and its arguments.

use super::Exported;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::governance::{argument_text, named_arguments};
use alloy::dyn_abi::DynSolValue;
use alloy::json_abi::{Function, StateMutability};
use alloy::primitives::{B256, hex, keccak256};
use serde_json::{Value, json};

/// The format's version.
const VERSION: &str = "1.0";
/// The app's version whose files are alike.
const BUILDER: &str = "1.18.0";

/// The file's content.
pub(super) fn batch(call: &Exported, title: &str, created_at: u64) -> Result<Value, ChainError> {
    let unknown = |_| {
        let selector: [u8; 4] = call.data.first_chunk().copied().unwrap_or_default();
        let selector = hex::encode_prefixed(selector);
        let message = format!("the arguments of {selector} have no names here");
        ChainError::from(Refusal::new("ExportUnknown", message).with(
            "a call that approvers send to a registry",
            selector,
            "report it: this program has a fault; --export-format json needs no names",
        ))
    };
    let (function, values) = named_arguments(&call.data).map_err(unknown)?;
    let inputs = arguments(&function, &values).map_err(unknown)?;
    let mut batch = json!({
        "version": VERSION,
        "chainId": call.chain_id.to_string(),
        "createdAt": created_at,
        "meta": {
            "name": title,
            "description": "",
            "txBuilderVersion": BUILDER,
            "createdFromSafeAddress": call.from.to_checksum(None),
            "createdFromOwnerAddress": "",
        },
        "transactions": [{
            "to": call.to.to_checksum(None),
            "value": call.value.to_string(),
            "data": null,
            "contractMethod": {
                "inputs": function.inputs,
                "name": function.name,
                "payable": function.state_mutability == StateMutability::Payable,
            },
            "contractInputsValues": inputs,
        }],
    });
    let checksum = checksum(&batch);
    if let Some(meta) = batch.get_mut("meta").and_then(Value::as_object_mut) {
        meta.insert("checksum".into(), checksum.to_string().into());
    }
    Ok(batch)
}

/// Each argument by its name, as it is typed into the form: structs and lists as JSON lists.
fn arguments(function: &Function, values: &[DynSolValue]) -> Result<Value, String> {
    fn element(value: &DynSolValue) -> Result<Value, String> {
        match value.as_fixed_seq().or_else(|| value.as_array()) {
            Some(members) => members.iter().map(element).collect(),
            None => Ok(argument_text(value)?.into()),
        }
    }
    let named = function.inputs.iter().zip(values).map(|(input, value)| {
        let typed = match element(value)? {
            Value::String(text) => text,
            members => members.to_string(),
        };
        Ok((input.name.clone(), Value::from(typed)))
    });
    Ok(Value::Object(named.collect::<Result<_, String>>()?))
}

/// The checksum of a file: over everything but its name and the checksum itself.
pub(super) fn checksum(batch: &Value) -> B256 {
    let mut batch = batch.clone();
    if let Some(meta) = batch.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("checksum");
        meta.insert("name".into(), Value::Null);
    }
    keccak256(serialized(&batch))
}

/// Safe's own form: an object is `{`, the sorted list of its keys, and each value with a comma
/// after it, `}`.
fn serialized(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(serialized).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut keys: Vec<_> = members.keys().map(String::as_str).collect();
            keys.sort_unstable();
            let values: String = keys
                .iter()
                .filter_map(|key| members.get(*key))
                .map(|value| serialized(value) + ",")
                .collect();
            format!("{{{}{values}}}", json!(keys))
        }
        other => other.to_string(),
    }
}
