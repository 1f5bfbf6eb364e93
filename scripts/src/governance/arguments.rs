//! The arguments of a governed call by their names, as the EIP-712 types in `interface/src/signed.rs`
//! name them and as wallets write their values.

use alloy::dyn_abi::{DynSolValue, JsonAbiExt};
use alloy::json_abi::Function;
use serde_json::{Map, Value};
use stylus_upgrades_interface::parts::PARTS;
use stylus_upgrades_interface::signed::{CODE_TYPE, SOURCES, STEP_TYPE};

/// The arguments, in their order; why there are none, for calldata of another function.
pub(super) fn arguments(call: &[u8]) -> Result<Map<String, Value>, String> {
    let selector = call.get(..4).unwrap_or_default();
    let source = SOURCES.into_iter().find(|(known, ..)| known == selector);
    let (_, _, parameters) = source.ok_or("it is no governed call")?;
    let mut answers = PARTS.iter().flat_map(|part| part.answers);
    let answer = answers.find(|answer| answer.selector == selector);
    let signature = answer.map(|answer| answer.signature).unwrap_or_default();
    let function = Function::parse(signature).map_err(|error| error.to_string())?;
    let values = function.abi_decode_input(call.get(4..).unwrap_or_default());
    let values = values.map_err(|error| error.to_string())?;
    let mut arguments = Map::new();
    for ((kind, name), value) in listed(parameters).into_iter().zip(values) {
        arguments.insert(name.into(), json_of(kind, &value)?);
    }
    Ok(arguments)
}

/// The name of a type such as `Step(string from,uint8 kind)`, and its fields as type and name.
pub(super) fn fields(encoded: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let (name, inner) = encoded.split_once('(')?;
    Some((name, listed(inner.trim_end_matches(')'))))
}

/// Types and names in a text such as `string name,Step step`.
pub(super) fn listed(parameters: &str) -> Vec<(&str, &str)> {
    let parameters = parameters.split(',');
    parameters
        .filter_map(|field| field.split_once(' '))
        .collect()
}

/// The struct of that name, in the form of EIP-712.
pub(super) fn struct_type(kind: &str) -> &'static str {
    match kind {
        "Code" => CODE_TYPE,
        "Step" => STEP_TYPE,
        _ => "",
    }
}

/// A value of that type, as wallets write it. Numbers are decimal text: they may be too large for
/// JSON's.
fn json_of(kind: &str, value: &DynSolValue) -> Result<Value, String> {
    Ok(match value {
        DynSolValue::Tuple(values) => {
            let (_, fields) = fields(struct_type(kind)).unwrap_or_default();
            let mut members = Map::new();
            for ((kind, name), value) in fields.iter().zip(values) {
                members.insert((*name).into(), json_of(kind, value)?);
            }
            members.into()
        }
        DynSolValue::String(text) => text.clone().into(),
        DynSolValue::Bytes(bytes) => alloy::hex::encode_prefixed(bytes).into(),
        DynSolValue::FixedBytes(word, size) => {
            alloy::hex::encode_prefixed(word.get(..*size).unwrap_or_default()).into()
        }
        DynSolValue::Address(address) => address.to_string().into(),
        DynSolValue::Uint(number, _) => number.to_string().into(),
        _ => return Err(format!("no governed call has a parameter of type {kind}")),
    })
}
