//! The functions of governed calls with the names of their parameters, as the EIP-712 types in
//! `interface/src/signed.rs` name them, and the arguments of a call as wallets write their values. Encoded calls have
//! no names, and who decides reads them in another program.

use alloy::dyn_abi::{DynSolValue, JsonAbiExt};
use alloy::json_abi::{Function, InternalType, Param, StateMutability};
use alloy::sol_types::SolCall;
use serde_json::{Map, Value};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::signed::{CODE_TYPE, SOURCES, STEP_TYPE};

/// Calls that approvers send about an action beside the call that it is, in the form in which [`SOURCES`] has governed
/// calls.
const ABOUT_ACTIONS: [([u8; 4], &str, &str); 2] = [
    (abi::revokeCall::SELECTOR, "Revoke", "bytes32 action"),
    (abi::cancelCall::SELECTOR, "Cancel", "bytes32 action"),
];

/// The function that approvers call with these calldata; `None` for calldata of another one.
pub fn named_function(calldata: &[u8]) -> Option<Function> {
    let selector = calldata.first_chunk::<4>()?;
    let mut all = SOURCES.into_iter().chain(ABOUT_ACTIONS);
    let (_, name, parameters) = all.find(|(known, ..)| known == selector)?;
    let (first, rest) = name.split_at_checked(1)?;
    Some(Function {
        name: first.to_lowercase() + rest,
        inputs: listed(parameters).into_iter().map(parameter).collect(),
        outputs: Vec::new(),
        state_mutability: if *selector == abi::createProxyCall::SELECTOR {
            StateMutability::Payable
        } else {
            StateMutability::NonPayable
        },
    })
}

/// Returns that function, and the values of its arguments.
///
/// # Errors
/// Why there are none.
pub fn named_arguments(calldata: &[u8]) -> Result<(Function, Vec<DynSolValue>), String> {
    let function = named_function(calldata).ok_or("it is no governed call")?;
    let values = function.abi_decode_input(calldata.get(4..).unwrap_or_default());
    let values = values.map_err(|error| error.to_string())?;
    Ok((function, values))
}

/// The arguments by their names.
pub(super) fn arguments(calldata: &[u8]) -> Result<Map<String, Value>, String> {
    let (function, values) = named_arguments(calldata)?;
    by_name(&function.inputs, &values)
}

/// The name of a type such as `Step(string from,uint8 kind)`, and its fields as type and name.
pub(super) fn fields(encoded: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let (name, inner) = encoded.split_once('(')?;
    Some((name, listed(inner.trim_end_matches(')'))))
}

/// Types and names in a text such as `string name,Step step`.
fn listed(parameters: &str) -> Vec<(&str, &str)> {
    let parameters = parameters.split(',');
    parameters
        .filter_map(|field| field.split_once(' '))
        .collect()
}

fn parameter((kind, name): (&str, &str)) -> Param {
    let encoded = match kind {
        "Code" => CODE_TYPE,
        "Step" => STEP_TYPE,
        _ => "",
    };
    let (_, members) = fields(encoded).unwrap_or_default();
    let (contract, ty) = (None, kind.to_owned());
    let internal = if members.is_empty() {
        InternalType::Other { contract, ty }
    } else {
        InternalType::Struct { contract, ty }
    };
    Param {
        ty: if members.is_empty() { kind } else { "tuple" }.into(),
        name: name.into(),
        components: members.into_iter().map(parameter).collect(),
        internal_type: Some(internal),
    }
}

fn by_name(parameters: &[Param], values: &[DynSolValue]) -> Result<Map<String, Value>, String> {
    let named = parameters.iter().zip(values).map(|(parameter, value)| {
        let value = match (value.as_fixed_seq(), value) {
            (Some(members), _) => by_name(&parameter.components, members)?.into(),
            (_, DynSolValue::Array(entries)) => {
                let entries = entries.iter().map(argument_text);
                entries.collect::<Result<Vec<_>, _>>()?.into()
            }
            _ => argument_text(value)?.into(),
        };
        Ok((parameter.name.clone(), value))
    });
    named.collect()
}

/// A value as it is typed into a form: numbers in decimal, as they may be too large for JSON's; bytes in hexadecimal.
///
/// # Errors
/// That no governed call has such a parameter.
pub fn argument_text(value: &DynSolValue) -> Result<String, String> {
    Ok(match value {
        DynSolValue::String(text) => text.clone(),
        DynSolValue::Bytes(bytes) => alloy::hex::encode_prefixed(bytes),
        DynSolValue::FixedBytes(word, size) => {
            alloy::hex::encode_prefixed(word.get(..*size).unwrap_or_default())
        }
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        other => {
            return Err(format!(
                "no governed call has a parameter such as {other:?}"
            ));
        }
    })
}
