//! Calls of the view functions that two versions share: without arguments, and with one argument whose value is known.

use crate::plan::control::ContractAbi;
use alloy::dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, Param};
use alloy::primitives::{Address, B256, Bytes, I256, U256};
use alloy::sol_types::SolCall;
use std::collections::BTreeMap;
use stylus_chain::CallRequest;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    implementationCall, implementationVersionCall, registryCall,
};

/// Functions without arguments that an instance is asked, at most.
const FUNCTIONS_MAX: usize = 64;
/// Keys that a function is asked with, at most.
const KEYS_MAX: usize = 8;
/// The functions that proxies answer themselves: what they say changes with every upgrade.
const OF_PROXIES: [[u8; 4]; 3] = [
    implementationCall::SELECTOR,
    implementationVersionCall::SELECTOR,
    registryCall::SELECTOR,
];

/// A call of a view function.
pub(super) struct ViewCall<'f> {
    pub(super) function: &'f Function,
    /// Its argument; none of a function that takes nothing.
    pub(super) argument: Option<DynSolValue>,
    /// Its calldata.
    pub(super) input: Bytes,
}

impl<'f> ViewCall<'f> {
    fn new(function: &'f Function, argument: Option<DynSolValue>) -> Option<Self> {
        let input = function.abi_encode_input(argument.as_slice()).ok()?;
        Some(Self {
            function,
            argument,
            input: input.into(),
        })
    }

    /// The call of an account.
    pub(super) fn request(&self, account: Address) -> CallRequest {
        CallRequest {
            to: Some(account),
            input: self.input.clone(),
            ..CallRequest::default()
        }
    }
}

/// Lists the view functions of a version that the version before has with the same signature and the same output types.
pub(super) fn shared_views(before: &ContractAbi<'_>, after: &ContractAbi<'_>) -> Vec<Function> {
    let earlier: BTreeMap<String, Function> = before
        .views()
        .map(|function| (function.signature(), function))
        .collect();
    let is_shared = |function: &Function| {
        let was = earlier.get(&function.signature());
        was.is_some_and(|was| types(&was.outputs) == types(&function.outputs))
            && !function.outputs.is_empty()
            && !OF_PROXIES.contains(&function.selector().0)
    };
    after.views().filter(is_shared).collect()
}

fn types(parameters: &[Param]) -> Vec<String> {
    let types = parameters.iter().map(|parameter| parameter.selector_type());
    types.map(|name| name.into_owned()).collect()
}

/// The calls of functions that take nothing, and the signatures of those that are too many.
pub(super) fn plain_calls(views: &[Function]) -> (Vec<ViewCall<'_>>, Vec<String>) {
    let plain: Vec<&Function> = views.iter().filter(|view| view.inputs.is_empty()).collect();
    let (asked, left_out) = plain.split_at(plain.len().min(FUNCTIONS_MAX));
    let calls = asked
        .iter()
        .filter_map(|function| ViewCall::new(function, None));
    let left_out = left_out.iter().map(|function| function.signature());
    (calls.collect(), left_out.collect())
}

/// The calls of functions that take one word, with keys among `words`, and the signatures of those for which there is no
/// `room`.
pub(super) fn keyed_calls<'f>(
    views: &'f [Function],
    words: &[B256],
    room: usize,
) -> (Vec<ViewCall<'f>>, Vec<String>) {
    let (mut calls, mut left_out) = (Vec::new(), Vec::new());
    for function in views {
        let [input] = function.inputs.as_slice() else {
            continue;
        };
        let Ok(ty) = input.resolve() else {
            continue;
        };
        let keys = keys_of_type(&ty, words).into_iter();
        let keyed: Vec<ViewCall<'_>> = keys
            .filter_map(|key| ViewCall::new(function, Some(key)))
            .collect();
        if calls.len() + keyed.len() > room {
            left_out.push(function.signature());
        } else {
            calls.extend(keyed);
        }
    }
    (calls, left_out)
}

/// The accounts and the words of 32 bytes in answers: an instance may keep values under them.
pub(super) fn words_in<'a>(
    answers: impl Iterator<Item = (&'a ViewCall<'a>, &'a Option<Bytes>)>,
) -> Vec<B256> {
    let mut words = Vec::new();
    for (call, answer) in answers {
        let values = answer
            .as_ref()
            .map(|answer| call.function.abi_decode_output(answer));
        for value in values.and_then(Result::ok).unwrap_or_default() {
            words.extend(match value {
                DynSolValue::Address(account) => Some(account.into_word()),
                DynSolValue::FixedBytes(word, 32) => Some(word),
                _ => None,
            });
        }
    }
    words
}

/// The first of these words that may be keys of a type.
fn keys_of_type(ty: &DynSolType, words: &[B256]) -> Vec<DynSolValue> {
    let number = |word: &B256| U256::from_be_bytes(word.0);
    let is_account = |word: &B256| {
        let bits = number(word).bit_len();
        (65..=160).contains(&bits)
    };
    let fits = |word: &B256, bits: usize| !is_account(word) && number(word).bit_len() <= bits;
    let words = words.iter();
    let keys: Vec<DynSolValue> = match *ty {
        DynSolType::Bool => vec![false.into(), true.into()],
        DynSolType::Address => words
            .filter(|word| is_account(word))
            .map(|word| Address::from_word(*word).into())
            .collect(),
        DynSolType::Uint(bits) => words
            .filter(|word| fits(word, bits))
            .map(|word| DynSolValue::Uint(number(word), bits))
            .collect(),
        DynSolType::Int(bits) => words
            .filter(|word| fits(word, bits.saturating_sub(1)))
            .map(|word| DynSolValue::Int(I256::from_raw(number(word)), bits))
            .collect(),
        // A role, whose default is zero.
        DynSolType::FixedBytes(32) => std::iter::once(&B256::ZERO)
            .chain(words.filter(|word| number(word).bit_len() > 160))
            .map(|word| DynSolValue::FixedBytes(*word, 32))
            .collect(),
        _ => Vec::new(),
    };
    let mut first: Vec<DynSolValue> = Vec::new();
    for key in keys {
        if first.len() < KEYS_MAX && !first.contains(&key) {
            first.push(key);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_the_type_of_the_argument() {
        let account = Address::repeat_byte(7);
        let role = B256::repeat_byte(9);
        let words = [
            B256::with_last_byte(3),
            account.into_word(),
            role,
            account.into_word(),
            B256::with_last_byte(255),
        ];
        let uint = |number: u64, bits| DynSolValue::Uint(U256::from(number), bits);
        let role_number = DynSolValue::Uint(U256::from_be_bytes(role.0), 256);
        for (ty, expected) in [
            ("address", vec![account.into()]),
            ("uint256", vec![uint(3, 256), role_number, uint(255, 256)]),
            ("uint8", vec![uint(3, 8), uint(255, 8)]),
            (
                "int8",
                vec![DynSolValue::Int(I256::try_from(3).expect("small"), 8)],
            ),
            ("bytes32", vec![B256::ZERO.into(), role.into()]),
            ("bool", vec![false.into(), true.into()]),
            ("bytes4", vec![]),
            ("string", vec![]),
            ("address[]", vec![]),
        ] {
            let keys = keys_of_type(&ty.parse().expect("a type"), &words);
            assert_eq!(keys, expected, "{ty}");
        }
    }

    #[test]
    fn functions_without_room_are_named_and_others_are_asked() {
        let views = [
            "function byNumber(uint8) view returns (uint256)",
            "function byFlag(bool) view returns (uint256)",
            "function two(bool,bool) view returns (uint256)",
        ];
        let views = views.map(|entry| Function::parse(entry).expect("a function"));
        let words: Vec<B256> = (1..=20).map(B256::with_last_byte).collect();
        let (calls, left_out) = keyed_calls(&views, &words, 200);
        assert_eq!((calls.len(), left_out.len()), (KEYS_MAX + 2, 0));
        let (calls, left_out) = keyed_calls(&views, &words, 7);
        assert_eq!(calls.len(), 2);
        assert_eq!(left_out, ["byNumber(uint8)"]);
        let views: Vec<Function> = (0..=FUNCTIONS_MAX)
            .map(|number| format!("function get{number}() view returns (uint256)"))
            .map(|entry| Function::parse(&entry).expect("a function"))
            .collect();
        let (calls, left_out) = plain_calls(&views);
        assert_eq!(calls.len(), FUNCTIONS_MAX);
        assert_eq!(left_out, ["get64()"]);
    }
}
