//! Revert data decoded by name: every error of the framework's interfaces, Solidity's own two, and
//! for anything else its selector.

use super::advice::Advice;
use alloy::dyn_abi::{DynSolType, DynSolValue};
use alloy::primitives::Bytes;
use std::fmt;
use stylus_upgrades_interface::chain::IArbWasm::IArbWasmErrors;
use stylus_upgrades_interface::complex::IComplexMigration::IComplexMigrationErrors;
use stylus_upgrades_interface::full::IInclusion::IInclusionErrors;
use stylus_upgrades_interface::lazy::ILazy::ILazyErrors;
use stylus_upgrades_interface::migratable::IMigratable::IMigratableErrors;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::IUpgradeabilityProxyErrors;
use stylus_upgrades_interface::registry::IRegistry::IRegistryErrors;

/// Why a contract refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Revert {
    /// The error's name; `Revert` for one without data, `Unknown` for a foreign one.
    pub name: String,
    /// Its arguments in order.
    pub arguments: Vec<DynSolValue>,
    /// The data as it came.
    pub data: Bytes,
}

impl Revert {
    /// Finds the name and arguments of revert data.
    pub fn decode(data: &[u8]) -> Self {
        let raw = Bytes::copy_from_slice(data);
        let Some((selector, body)) = data.split_first_chunk::<4>() else {
            let name = if data.is_empty() { "Revert" } else { "Unknown" };
            return Self {
                name: name.into(),
                arguments: Vec::new(),
                data: raw,
            };
        };
        let known = signature(*selector).and_then(|signature| {
            let (name, types) = signature.split_at(signature.find('(')?);
            Some((name.to_owned(), arguments(types, body)?))
        });
        match known {
            Some((name, arguments)) => Self {
                name,
                arguments,
                data: raw,
            },
            None => Self {
                name: "Unknown".into(),
                arguments: Vec::new(),
                data: raw,
            },
        }
    }

    /// What was expected, what was found, what to do next.
    pub fn advice(&self) -> Advice {
        Advice::on(self)
    }

    /// An argument as text, empty if there is none.
    pub fn text(&self, index: usize) -> String {
        match self.arguments.get(index) {
            Some(DynSolValue::String(text)) => text.clone(),
            Some(value) => show(value),
            None => String::new(),
        }
    }

    /// An argument as a small number, 0 if there is none.
    pub fn number(&self, index: usize) -> u64 {
        self.arguments
            .get(index)
            .and_then(|value| value.as_uint())
            .and_then(|(number, _)| u64::try_from(number).ok())
            .unwrap_or_default()
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "Revert" => f.write_str("it reverted without data"),
            "Unknown" => write!(f, "it reverted with {}", self.data),
            name => {
                let arguments: Vec<String> = self.arguments.iter().map(show).collect();
                write!(f, "{name}({})", arguments.join(", "))
            }
        }
    }
}

/// The signature of an error that the framework or the language declares.
fn signature(selector: [u8; 4]) -> Option<&'static str> {
    IUpgradeabilityProxyErrors::signature_by_selector(selector)
        .or_else(|| IRegistryErrors::signature_by_selector(selector))
        .or_else(|| IMigratableErrors::signature_by_selector(selector))
        .or_else(|| IComplexMigrationErrors::signature_by_selector(selector))
        .or_else(|| IInclusionErrors::signature_by_selector(selector))
        .or_else(|| ILazyErrors::signature_by_selector(selector))
        .or_else(|| IArbWasmErrors::signature_by_selector(selector))
        .or(match selector {
            [0x08, 0xc3, 0x79, 0xa0] => Some("Error(string)"),
            [0x4e, 0x48, 0x7b, 0x71] => Some("Panic(uint256)"),
            _ => None,
        })
}

fn arguments(types: &str, body: &[u8]) -> Option<Vec<DynSolValue>> {
    match DynSolType::parse(types)
        .ok()?
        .abi_decode_params(body)
        .ok()?
    {
        DynSolValue::Tuple(values) => Some(values),
        value => Some(vec![value]),
    }
}

/// A value as people write it.
pub fn show(value: &DynSolValue) -> String {
    let list = |values: &[DynSolValue]| values.iter().map(show).collect::<Vec<_>>().join(", ");
    match value {
        DynSolValue::Bool(value) => value.to_string(),
        DynSolValue::Int(value, _) => value.to_string(),
        DynSolValue::Uint(value, _) => value.to_string(),
        DynSolValue::FixedBytes(word, size) => {
            format!("0x{}", hex::encode(word.get(..*size).unwrap_or_default()))
        }
        DynSolValue::Address(address) => address.to_checksum(None),
        DynSolValue::Bytes(bytes) => format!("0x{}", hex::encode(bytes)),
        DynSolValue::String(text) => format!("{text:?}"),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => {
            format!("[{}]", list(values))
        }
        DynSolValue::Tuple(values) => format!("({})", list(values)),
        other => format!("{other:?}"),
    }
}
