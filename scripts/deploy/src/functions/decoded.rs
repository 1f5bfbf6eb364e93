//! Calldata in words: the function that they call, and its arguments by name. What is not known is not
//! guessed: the bytes stay bytes, with the reason.

use super::Functions;
use crate::client::show;
use alloy::dyn_abi::{DynSolValue, JsonAbiExt};
use alloy::json_abi::Function;
use alloy::primitives::{Address, Bytes};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Characters of an argument that are printed, at most. Programs get all of them.
const ARGUMENT_MAX: usize = 400;
/// Elements of a list that everybody counts.
const ELEMENTS_MAX: usize = 4;

/// Calldata that an action carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedCall {
    /// The purpose of the bytes: `initializer` or `migration`.
    pub what: Cow<'static, str>,
    /// The bytes.
    pub calldata: Bytes,
    /// The function's signature; `None` where the bytes could not be decoded.
    pub function: Option<String>,
    /// Its arguments, in order.
    pub arguments: Vec<DecodedArgument>,
    /// The reason why they are not decoded.
    pub undecoded: Option<String>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedArgument {
    /// Its name; empty where nobody knows it.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its value. Accounts have their names beside them.
    pub value: String,
}

impl DecodedCall {
    /// Calldata that nobody here can read.
    pub fn undecoded(what: &'static str, calldata: &Bytes, why: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            calldata: calldata.clone(),
            function: None,
            arguments: Vec::new(),
            undecoded: Some(why.into()),
        }
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let what = &self.what;
        let Some(function) = &self.function else {
            let why = self.undecoded.as_deref().unwrap_or_default();
            let bytes = self.calldata.len();
            return vec![format!(
                "{what:<13} NOT DECODED: {bytes} bytes as above; {why}"
            )];
        };
        let mut lines = vec![format!("{what:<13} calls {function}")];
        for (number, one) in self.arguments.iter().enumerate() {
            let DecodedArgument { name, kind, value } = one;
            let name = match name.as_str() {
                "" => format!("argument {}", number + 1),
                name => name.to_owned(),
            };
            let value = without_middle(value);
            lines.push(format!("  {name:<11} {value} ({kind})"));
        }
        lines
    }
}

impl Functions {
    /// Returns true if the function that `input` calls is known.
    pub fn knows(&self, input: &[u8]) -> bool {
        self.function(input).is_some()
    }

    /// Calldata in words; `named` is how an account is written.
    pub fn decoded(
        &self,
        what: &'static str,
        input: &Bytes,
        named: &dyn Fn(Address) -> String,
    ) -> DecodedCall {
        match self.function(input) {
            Some(function) => DecodedCall::of(function, what, input, named),
            None => {
                let why = "no interface that is known here has such a function";
                DecodedCall::undecoded(what, input, why)
            }
        }
    }
}

impl DecodedCall {
    /// Calldata in the words of that function.
    pub fn of(
        function: &Function,
        what: &'static str,
        input: &Bytes,
        named: &dyn Fn(Address) -> String,
    ) -> Self {
        let refused = |why: &str| Self::undecoded(what, input, why);
        let signature = function.signature();
        let arguments = input.get(4..).unwrap_or_default();
        let Ok(values) = function.abi_decode_input(arguments) else {
            return refused(&format!("they are not the arguments of {signature}"));
        };
        // Bytes that encoding would not give again may be read as something else by the contract.
        match function.abi_encode_input(&values) {
            Ok(encoded) if encoded == *input && values.iter().all(fits) => {}
            _ => {
                return refused(&format!(
                    "{signature} takes no such arguments, or has other bytes for them"
                ));
            }
        }
        let arguments = function.inputs.iter().zip(&values);
        Self {
            what: what.into(),
            calldata: input.clone(),
            arguments: arguments
                .map(|(input, value)| DecodedArgument {
                    name: input.name.clone(),
                    kind: input.selector_type().into_owned(),
                    value: written(value, named),
                })
                .collect(),
            function: Some(signature),
            undecoded: None,
        }
    }
}

/// Returns true if a value is one of its type: decoding does not look at bits that a shorter type has not.
fn fits(value: &DynSolValue) -> bool {
    match value {
        DynSolValue::Uint(number, bits) => number.bit_len() <= *bits,
        DynSolValue::Int(number, bits) => number.bits() as usize <= *bits,
        DynSolValue::FixedBytes(word, size) => word.iter().skip(*size).all(|byte| *byte == 0),
        DynSolValue::Array(values)
        | DynSolValue::FixedArray(values)
        | DynSolValue::Tuple(values) => values.iter().all(fits),
        _ => true,
    }
}

/// A value with the names of the accounts in it. A long list says how many elements it has.
fn written(value: &DynSolValue, named: &dyn Fn(Address) -> String) -> String {
    let list = |values: &[DynSolValue]| -> String {
        let values = values.iter().map(|value| written(value, named));
        values.collect::<Vec<_>>().join(", ")
    };
    match value {
        DynSolValue::Address(account) => named(*account),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => match values.len() {
            count if count > ELEMENTS_MAX => format!("[{}] of {count} elements", list(values)),
            _ => format!("[{}]", list(values)),
        },
        DynSolValue::Tuple(values) => format!("({})", list(values)),
        plain => show(plain),
    }
}

/// Text with its middle left out where it is long: what comes last is seen.
fn without_middle(text: &str) -> String {
    let count = text.chars().count();
    let half = ARGUMENT_MAX / 2;
    if count <= ARGUMENT_MAX {
        return text.to_owned();
    }
    let first: String = text.chars().take(half).collect();
    let last: String = text.chars().skip(count - half).collect();
    format!("{first}… ({} more characters) …{last}", count - 2 * half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::json_abi::JsonAbi;

    const ABI: &str = r#"[{"type":"function","name":"initialize","outputs":[],"stateMutability":"nonpayable",
        "inputs":[{"name":"owner","type":"address"},{"name":"label","type":"string"},{"name":"shares","type":"uint256[]"}]}]"#;

    fn named(account: Address) -> String {
        if account == Address::repeat_byte(7) {
            format!("Admin ({account})")
        } else {
            account.to_string()
        }
    }

    fn calldata(label: &str) -> Bytes {
        let abi: JsonAbi = serde_json::from_str(ABI).expect("an interface");
        let function = abi.functions().next().expect("one");
        let values = [
            DynSolValue::Address(Address::repeat_byte(7)),
            DynSolValue::String(label.into()),
            DynSolValue::Array(vec![DynSolValue::Uint(
                alloy::primitives::U256::from(5),
                256,
            )]),
        ];
        function.abi_encode_input(&values).expect("encoded").into()
    }

    #[test]
    fn a_call_is_shown_by_function_and_arguments_with_names_of_accounts_and_escapes() {
        let abi: JsonAbi = serde_json::from_str(ABI).expect("an interface");
        let known = Functions::of_abi(&abi);
        let decoded = known.decoded("initializer", &calldata("a\n✓ done"), &named);
        let lines = decoded.lines();
        assert_eq!(
            lines,
            [
                "initializer   calls initialize(address,string,uint256[])".to_owned(),
                format!(
                    "  owner       Admin ({}) (address)",
                    Address::repeat_byte(7)
                ),
                "  label       \"a\\n✓ done\" (string)".to_owned(),
                "  shares      [5] (uint256[])".to_owned(),
            ]
        );
        assert!(known.knows(&calldata("")));
        // The chain has the signature alone: arguments are numbered.
        let bare = Functions::of_signatures(["initialize(address,string,uint256[])"]);
        let lines = bare.decoded("initializer", &calldata("x"), &named).lines();
        assert_eq!(lines[2], "  argument 2  \"x\" (string)");
    }

    #[test]
    fn a_long_list_shows_its_length_and_its_last_element() {
        let known = Functions::of_signatures(["own((address[],uint256))", "say(string)"]);
        let line = |name: &str, value: DynSolValue| {
            let function = alloy::json_abi::Function::parse(name).expect("a signature");
            let bytes = function.abi_encode_input(&[value]).expect("encoded").into();
            let decoded = known.decoded("initializer", &bytes, &named);
            (
                decoded.lines()[1].clone(),
                decoded.arguments[0].value.clone(),
            )
        };
        let owners = |count: u8| {
            let all = (1..=count).map(|one| DynSolValue::Address(Address::repeat_byte(one)));
            let fee = DynSolValue::Uint(alloy::primitives::U256::from(2), 256);
            DynSolValue::Tuple(vec![DynSolValue::Array(all.collect()), fee])
        };
        let last = Address::repeat_byte(13).to_string();
        let (long, whole) = line("own((address[],uint256))", owners(13));
        let end = format!("{last}] of 13 elements, 2) ((address[],uint256))");
        assert!(long.ends_with(&end), "{long}");
        assert_eq!(whole.matches("0x").count(), 13, "{whole}");
        let (short, whole) = line("own((address[],uint256))", owners(6));
        assert!(short.contains(&whole), "{short}");
        let (text, _) = line(
            "say(string)",
            DynSolValue::String("a".repeat(500) + "the end"),
        );
        assert!(text.ends_with("the end\" (string)"), "{text}");
    }

    #[test]
    fn bytes_that_are_no_such_call_stay_bytes_and_say_so() {
        let known = Functions::of_signatures(["set(uint8)"]);
        let selector = alloy::primitives::keccak256("set(uint8)")[..4].to_vec();
        let word = |last: u8, first: u8| {
            let mut word = [0; 32];
            (word[0], word[31]) = (first, last);
            Bytes::from([&selector[..], &word].concat())
        };
        assert_eq!(
            known.decoded("migration", &word(5, 0), &named).lines(),
            ["migration     calls set(uint8)", "  argument 1  5 (uint8)"]
        );
        let longer = Bytes::from([&word(5, 0)[..], &[0]].concat());
        let other = Bytes::from_static(&[1, 2, 3, 4]);
        let short = Bytes::from(selector.clone());
        for bytes in [longer, word(5, 1), other, short] {
            let decoded = known.decoded("migration", &bytes, &named);
            assert_eq!((&decoded.function, decoded.arguments.len()), (&None, 0));
            let lines = decoded.lines();
            assert!(lines[0].contains("NOT DECODED"), "{lines:?}");
            assert_eq!(decoded.calldata, bytes);
        }
    }
}
