//! Values of a call or a refusal, in words.

use crate::output::shortened;
use alloy::dyn_abi::DynSolValue;
use alloy::hex;

/// Characters of an argument that are printed, at most: more than a label may have.
const ARGUMENT_MAX: usize = 200;

/// A value as it stands among others: a text in quotes.
pub(super) fn quoted(value: &DynSolValue) -> String {
    shortened(&show(value), ARGUMENT_MAX).into_owned()
}

/// A value as it stands in a sentence: a text without quotes.
pub(super) fn plain(value: &DynSolValue) -> String {
    let text = match value {
        DynSolValue::String(text) => text.clone(),
        other => show(other),
    };
    shortened(&text, ARGUMENT_MAX).into_owned()
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
