//! Refusals of geth of a parameter, by the type that it is read into, in its words.

use std::any::TypeId;
use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes};
use alloy_rpc_types::state::StateOverride;
use alloy_rpc_types::{Filter, TransactionRequest};
use serde_json::value::RawValue;

use super::call_parameter::CallParameter;
use super::filter_words;
use super::hexadecimal::{HexKind, NO_PREFIX, digits, misread, quoted};
use super::tracer_options::TracerOptions;

/// The type that geth reads a text into.
struct GethType {
    name: &'static str,
    kind: HexKind,
}

const HASH: GethType = GethType {
    name: "common.Hash",
    kind: HexKind::Digits(64),
};
const ADDRESS: GethType = GethType {
    name: "common.Address",
    kind: HexKind::Digits(40),
};
const BYTES: GethType = GethType {
    name: "hexutil.Bytes",
    kind: HexKind::Bytes,
};
const U64: GethType = GethType {
    name: "hexutil.Uint64",
    kind: HexKind::Number(64),
};
const BIG: GethType = GethType {
    name: "*hexutil.Big",
    kind: HexKind::Number(256),
};

/// The fields of a call or transaction that are hexadecimal.
const CALL: [(&str, GethType); 11] = [
    ("from", ADDRESS),
    ("to", ADDRESS),
    ("gas", U64),
    ("gasPrice", BIG),
    ("maxFeePerGas", BIG),
    ("maxPriorityFeePerGas", BIG),
    ("value", BIG),
    ("nonce", U64),
    ("data", BYTES),
    ("input", BYTES),
    ("chainId", BIG),
];

/// Returns geth's refusal of a parameter that is read into a `T`.
pub(super) fn fault<T: 'static>(json: &str) -> Option<String> {
    let wanted = TypeId::of::<T>();
    let words = [
        (TypeId::of::<B256>(), HASH),
        (TypeId::of::<Address>(), ADDRESS),
        (TypeId::of::<Bytes>(), BYTES),
    ];
    if let Some((_, word)) = words.into_iter().find(|(word, _)| *word == wanted) {
        return word.fault(json, "value");
    }
    let calls = [
        TypeId::of::<TransactionRequest>(),
        TypeId::of::<CallParameter>(),
    ];
    if calls.contains(&wanted) {
        let fields = object(json)?;
        return CALL.into_iter().find_map(|(name, field)| {
            let value = fields.get(name)?.get();
            let place = format!("struct field TransactionArgs.{name}");
            (value != "null").then(|| field.fault(value, &place))?
        });
    }
    if wanted == TypeId::of::<Filter>() {
        return filter_words::fault(json);
    }
    if wanted == TypeId::of::<StateOverride>() {
        return overrides(json);
    }
    if wanted == TypeId::of::<TracerOptions>() {
        return overrides(object(json)?.get("stateOverrides")?.get());
    }
    let is_bare =
        |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    quoted(json)
        .is_some_and(is_bare)
        .then(|| NO_PREFIX.to_owned())
}

fn object(json: &str) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(json).ok()
}

/// Returns geth's refusal of the accounts and slots that are overridden.
fn overrides(json: &str) -> Option<String> {
    let text = |key: &str| format!("\"{key}\"");
    object(json)?.into_iter().find_map(|(address, account)| {
        ADDRESS.fault(&text(&address), "value").or_else(|| {
            let fields = object(account.get())?;
            ["state", "stateDiff"].into_iter().find_map(|name| {
                let place = format!("struct field OverrideAccount.{name}");
                let mut slots = object(fields.get(name)?.get())?.into_iter();
                slots.find_map(|(slot, value)| {
                    HASH.fault(&text(&slot), &place)
                        .or_else(|| HASH.fault(value.get(), &place))
                })
            })
        })
    })
}

impl GethType {
    /// Returns the fault of a value; `place` is where Go has it.
    fn fault(&self, json: &str, place: &str) -> Option<String> {
        let name = self.name;
        let unread = |words: String| {
            format!("json: cannot unmarshal {words} into Go {place} of type {name}")
        };
        let Some(text) = quoted(json) else {
            return Some(unread("non-string".to_owned()));
        };
        if let (HexKind::Digits(expected), Some(found)) = (self.kind, digits(text))
            && found.len() != expected
            && found.len().is_multiple_of(2)
        {
            let found = found.len();
            return Some(format!(
                "hex string has length {found}, want {expected} for {name}"
            ));
        }
        if text.is_empty() {
            None
        } else {
            misread(text, self.kind).map(unread)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_refused_with_its_type_and_its_field() {
        let unread = |words: &str, place: &str| {
            Some(format!("json: cannot unmarshal {words} into Go {place}"))
        };
        assert_eq!(
            fault::<B256>("\"0x12\""),
            Some("hex string has length 2, want 64 for common.Hash".into())
        );
        assert_eq!(
            fault::<B256>("5"),
            unread("non-string", "value of type common.Hash")
        );
        assert_eq!(
            fault::<Address>("\"\""),
            Some("hex string has length 0, want 40 for common.Address".into())
        );
        assert_eq!(
            fault::<Address>("\"0x123\""),
            unread("hex string of odd length", "value of type common.Address")
        );
        assert_eq!(fault::<Bytes>("\"\""), None);
        let call = |fields: &str| fault::<TransactionRequest>(fields);
        assert_eq!(call("{\"to\":null,\"gas\":\"0x5\",\"data\":\"0x\"}"), None);
        assert_eq!(
            call("{\"gas\":\"0x05\"}"),
            unread(
                "hex number with leading zero digits",
                "struct field TransactionArgs.gas of type hexutil.Uint64"
            )
        );
        assert_eq!(
            call("{\"value\":1}"),
            unread(
                "non-string",
                "struct field TransactionArgs.value of type *hexutil.Big"
            )
        );
        assert_eq!(fault::<u64>("\"16\"").as_deref(), Some(NO_PREFIX));
        let account = "0x1111111111111111111111111111111111111111";
        let slots = |slots: &str| {
            fault::<StateOverride>(&format!("{{\"{account}\":{{\"stateDiff\":{slots}}}}}"))
        };
        let word = format!("\"0x{}\"", "11".repeat(32));
        assert_eq!(slots(&format!("{{{word}:{word}}}")), None);
        for wrong in [format!("{{\"0x0\":{word}}}"), format!("{{{word}:\"0x1\"}}")] {
            let place = "struct field OverrideAccount.stateDiff of type common.Hash";
            assert_eq!(slots(&wrong), unread("hex string of odd length", place));
        }
        let short = Some("hex string has length 2, want 40 for common.Address".into());
        assert_eq!(fault::<StateOverride>("{\"0x12\":{}}"), short);
        assert_eq!(
            fault::<TracerOptions>("{\"stateOverrides\":{\"0x12\":{}}}"),
            short
        );
        assert_eq!(fault::<u64>("16"), None);
    }
}
