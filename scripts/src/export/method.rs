//! The calls that approvers send, with the names of their arguments: encoded calls have none, and
//! who decides reads them in another program. A test compares the names with the interface.

use super::error::ExportError;
use alloy::dyn_abi::{DynSolValue, JsonAbiExt};
use alloy::hex;
use alloy::json_abi::{Function, Param, StateMutability};
use alloy::primitives::{Address, Bytes, FixedBytes};
use serde::Serialize;
use std::collections::BTreeMap;

/// A name and its type, where a type is one of Solidity's or of [`STRUCTS`].
type Named = (&'static str, &'static str);

/// The structs of the interface.
pub(super) const STRUCTS: [(&str, &[Named]); 2] = [
    (
        "Code",
        &[
            ("implementation", "address"),
            ("codehash", "bytes32"),
            ("layoutHash", "bytes32"),
            ("sourceHash", "bytes32"),
        ],
    ),
    (
        "Step",
        &[
            ("from", "string"),
            ("kind", "uint8"),
            ("script", "address"),
            ("scriptCodehash", "bytes32"),
            ("data", "bytes"),
        ],
    ),
];

const VERSION: [Named; 4] = [
    ("name", "string"),
    ("version", "string"),
    ("code", "Code"),
    ("step", "Step"),
];

/// The functions, and whether they take value.
pub(super) const FUNCTIONS: [(&str, &[Named], bool); 12] = [
    (
        "createDefinition",
        &[
            ("name", "string"),
            ("migratePolicy", "string"),
            ("policyPolicy", "string"),
            ("createPolicy", "string"),
        ],
        false,
    ),
    ("addVersion", &VERSION, false),
    (
        "addStep",
        &[("name", "string"), ("version", "string"), ("step", "Step")],
        false,
    ),
    ("migrate", &VERSION, false),
    (
        "setHandler",
        &[
            ("name", "string"),
            ("proxy", "address"),
            ("handler", "address"),
        ],
        false,
    ),
    (
        "abortMigration",
        &[("name", "string"), ("proxy", "address")],
        false,
    ),
    ("pause", &[("name", "string")], false),
    ("resume", &[("name", "string")], false),
    (
        "setPolicy",
        &[
            ("name", "string"),
            ("role", "string"),
            ("expression", "string"),
        ],
        false,
    ),
    (
        "createProxy",
        &[
            ("name", "string"),
            ("version", "string"),
            ("kind", "uint8"),
            ("salt", "bytes32"),
            ("initData", "bytes"),
        ],
        true,
    ),
    ("revoke", &[("action", "bytes32")], false),
    ("cancel", &[("action", "bytes32")], false),
];

/// A function and the values of its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    /// The function's name.
    pub name: &'static str,
    /// Its arguments.
    pub inputs: Vec<Input>,
    /// Whether it takes value.
    pub payable: bool,
    /// Each argument by its name, as Safe's Transaction Builder reads it.
    pub values: BTreeMap<&'static str, String>,
}

/// An argument, in the words of a JSON ABI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Input {
    /// Its type in the source.
    #[serde(rename = "internalType")]
    pub internal_type: String,
    /// Its name.
    pub name: &'static str,
    /// Its type in the ABI.
    #[serde(rename = "type")]
    pub ty: &'static str,
    /// The members of a struct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Input>,
}

impl Method {
    /// The method that `calldata` calls.
    ///
    /// # Errors
    /// [`ExportError::Unknown`], also for calldata that is not encoded as the function says.
    pub fn of(calldata: &Bytes) -> Result<Self, ExportError> {
        let selector = calldata.first_chunk::<4>().copied().unwrap_or_default();
        let unknown = || ExportError::Unknown {
            selector: FixedBytes(selector),
        };
        let mut all = FUNCTIONS.iter().map(|(name, inputs, payable)| {
            let inputs: Vec<_> = inputs.iter().map(|named| Input::of(*named)).collect();
            (*name, inputs, *payable)
        });
        let (name, inputs, payable) = all
            .find(|(name, inputs, _)| function(name, inputs).selector() == selector)
            .ok_or_else(unknown)?;
        let decoded = function(name, &inputs)
            .abi_decode_input(calldata.get(4..).unwrap_or_default())
            .map_err(|_| unknown())?;
        let values = inputs.iter().zip(&decoded);
        Ok(Self {
            name,
            values: values
                .map(|(input, value)| (input.name, text(value)))
                .collect(),
            inputs,
            payable,
        })
    }
}

impl Input {
    fn of((name, ty): Named) -> Self {
        let members = STRUCTS.iter().find(|(known, _)| *known == ty);
        let components = members.map(|(_, members)| *members).unwrap_or_default();
        Self {
            name,
            internal_type: match components.is_empty() {
                true => ty.into(),
                false => format!("struct {ty}"),
            },
            ty: if components.is_empty() { ty } else { "tuple" },
            components: components.iter().map(|named| Self::of(*named)).collect(),
        }
    }

    fn param(&self) -> Param {
        Param {
            ty: self.ty.into(),
            name: self.name.into(),
            components: self.components.iter().map(Self::param).collect(),
            internal_type: None,
        }
    }
}

fn function(name: &str, inputs: &[Input]) -> Function {
    Function {
        name: name.into(),
        inputs: inputs.iter().map(Input::param).collect(),
        outputs: Vec::new(),
        state_mutability: StateMutability::NonPayable,
    }
}

/// A value as it is typed into a form: structs as JSON lists, numbers in decimal, bytes in
/// hexadecimal.
fn text(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Tuple(_) => json(value).to_string(),
        DynSolValue::String(text) => text.clone(),
        DynSolValue::Address(address) => checksummed(*address),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::FixedBytes(word, size) => {
            hex::encode_prefixed(word.get(..*size).unwrap_or_default())
        }
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        other => format!("{other:?}"),
    }
}

fn json(value: &DynSolValue) -> serde_json::Value {
    match value {
        DynSolValue::Tuple(members) => members.iter().map(json).collect(),
        other => text(other).into(),
    }
}

fn checksummed(address: Address) -> String {
    address.to_checksum(None)
}
