//! The meaning of calls: the name and the arguments of a function, by the interface of the code that is
//! called. A selector alone says nothing: any contract may have a function under it.

mod decoded;
mod framework;

pub use decoded::{DecodedArgument, DecodedCall};
pub use framework::of_the_chain;
pub use framework::{Interfaces, interfaces};

use crate::client::{Revert, show};
use crate::output::shortened;
use alloy::dyn_abi::{DynSolValue, ErrorExt, EventExt, FunctionExt, JsonAbiExt};
use alloy::json_abi::{Error as AbiError, Event, Function, JsonAbi, Param, StateMutability};
use alloy::primitives::{B256, Log};
use std::collections::BTreeMap;

/// Characters of an argument that are printed, at most.
const ARGUMENT_MAX: usize = 80;

/// The functions, events and errors of some code.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    functions: BTreeMap<[u8; 4], Function>,
    errors: BTreeMap<[u8; 4], AbiError>,
    events: BTreeMap<B256, Event>,
}

impl Functions {
    /// Takes the functions of an interface as compilers write it. A reader of one, of a file or of sources, takes no
    /// name that Solidity does not allow: names are printed beside what this program says.
    pub fn of_abi(abi: &JsonAbi) -> Self {
        let functions = abi
            .functions()
            .map(|function| (function.selector().0, function.clone()));
        let errors = abi
            .errors()
            .map(|error| (error.selector().0, error.clone()));
        let events = abi.events().map(|event| (event.selector(), event.clone()));
        Self {
            functions: functions.collect(),
            errors: errors.collect(),
            events: events.collect(),
        }
    }

    /// These without the names of their arguments, which no selector proves.
    pub fn unnamed(mut self) -> Self {
        for function in self.functions.values_mut() {
            without_names(&mut function.inputs);
        }
        self
    }

    /// Takes the functions of signatures such as `migrate(uint256)`, which name no arguments. A text that is none is
    /// left out.
    pub fn of_signatures<'a>(signatures: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for signature in signatures {
            if let Ok(function) = Function::parse(signature) {
                all.functions.insert(function.selector().0, function);
            }
        }
        all.unnamed()
    }

    /// These, and what `other` knows besides.
    pub fn with(mut self, other: &Self) -> Self {
        take_over(&mut self.functions, &other.functions);
        take_over(&mut self.errors, &other.errors);
        take_over(&mut self.events, &other.events);
        self
    }

    /// All of them, by their selectors.
    pub fn all(&self) -> impl Iterator<Item = &Function> {
        self.functions.values()
    }

    /// All events.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.values()
    }

    /// The name of an event.
    pub fn event_name(&self, log: &Log) -> Option<&str> {
        let event = self.events.get(log.topics().first()?)?;
        Some(&event.name)
    }

    /// Lists the functions that read, take no arguments, and answer something.
    pub fn getters(&self) -> impl Iterator<Item = &Function> {
        let is_getter = |one: &&Function| {
            let reads = matches!(
                one.state_mutability,
                StateMutability::View | StateMutability::Pure
            );
            reads && one.inputs.is_empty() && !one.outputs.is_empty()
        };
        self.functions.values().filter(is_getter)
    }

    /// Returns true if that function is among them: another one with its selector is not it.
    pub fn has(&self, signature: &str) -> bool {
        let mut all = self.functions.values();
        all.any(|function| function.signature() == signature)
    }

    /// Returns true if nothing is known.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }

    /// The signature of the function that calldata call.
    pub fn signature(&self, input: &[u8]) -> Option<String> {
        Some(self.function(input)?.signature())
    }

    /// The call with its arguments: `migrate(5)`.
    pub fn call(&self, input: &[u8]) -> Option<String> {
        let function = self.function(input)?;
        let arguments = match function.abi_decode_input(input.get(4..)?) {
            Ok(values) => listed(&values),
            Err(_) => format!("arguments that it does not have: {} bytes", input.len() - 4),
        };
        Some(format!("{}({arguments})", function.name))
    }

    /// Returns, in words, what the function that `input` calls returned; `None` where that is not known, or nothing.
    pub fn returned(&self, input: &[u8], output: &[u8]) -> Option<String> {
        let function = self.function(input)?;
        if function.outputs.is_empty() {
            return None;
        }
        let values = function.abi_decode_output(output).ok()?;
        Some(listed(&values))
    }

    /// Says why a call reverted, by the code's own errors, else by the framework's.
    pub fn revert(&self, output: &[u8]) -> String {
        let own = output
            .first_chunk::<4>()
            .and_then(|selector| self.errors.get(selector));
        let own = own.and_then(|error| {
            let values = error.decode_error(output).ok()?.body;
            Some(format!("{}({})", error.name, listed(&values)))
        });
        own.unwrap_or_else(|| Revert::decode(output).to_string())
    }

    /// An event with its values, those that are indexed first: `Transfer(0x…, 0x…, 5)`.
    pub fn event(&self, log: &Log) -> Option<String> {
        let event = self.events.get(log.topics().first()?)?;
        let decoded = event.decode_log(&log.data).ok()?;
        let values = [decoded.indexed, decoded.body].concat();
        Some(format!("{}({})", event.name, listed(&values)))
    }

    /// The functions of that name; several where it is overloaded.
    pub fn named(&self, name: &str) -> Vec<&Function> {
        let all = self.functions.values();
        all.filter(|function| function.name == name).collect()
    }

    /// The function that calldata call.
    pub fn function(&self, input: &[u8]) -> Option<&Function> {
        self.functions.get(input.first_chunk::<4>()?)
    }
}

/// Describes a call of code whose functions are not known: the selector, and how much follows.
pub fn unknown_call(input: &[u8]) -> String {
    match input.first_chunk::<4>() {
        Some(selector) => format!(
            "0x{} ({} bytes of arguments)",
            hex::encode(selector),
            input.len() - 4
        ),
        None if input.is_empty() => "no calldata".into(),
        None => format!("0x{}", hex::encode(input)),
    }
}

/// Takes over functions; what is known already stays.
fn take_over<K: Ord + Copy, V: Clone>(known: &mut BTreeMap<K, V>, other: &BTreeMap<K, V>) {
    for (key, value) in other {
        known.entry(*key).or_insert_with(|| value.clone());
    }
}

fn listed(values: &[DynSolValue]) -> String {
    let values = values.iter().map(show);
    let values = values.map(|value| shortened(&value, ARGUMENT_MAX).into_owned());
    values.collect::<Vec<_>>().join(", ")
}

fn without_names(parameters: &mut [Param]) {
    for parameter in parameters {
        parameter.name.clear();
        without_names(&mut parameter.components);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: [u8; 4] = [0x60, 0xfe, 0x47, 0xb1];

    fn call(argument: u8) -> Vec<u8> {
        let mut input = SET.to_vec();
        input.extend([0; 31]);
        input.push(argument);
        input
    }

    #[test]
    fn a_call_is_shown_by_its_interface_alone() {
        let mut known = Functions::of_signatures(["set(uint256)", "no signature"]);
        let overflow = AbiError::parse("Overflow(uint256)").unwrap();
        known.errors.insert(overflow.selector().0, overflow);
        let mut overflow = alloy::primitives::keccak256("Overflow(uint256)")[..4].to_vec();
        overflow.extend(&call(7)[4..]);
        assert_eq!(known.revert(&overflow), "Overflow(7)");
        assert_eq!(known.call(&call(5)).as_deref(), Some("set(5)"));
        assert_eq!(known.signature(&call(5)).as_deref(), Some("set(uint256)"));
        assert_eq!(Functions::default().call(&call(5)), None);
        assert_eq!(unknown_call(&call(5)), "0x60fe47b1 (32 bytes of arguments)");
        assert_eq!(unknown_call(&[]), "no calldata");
        let cut = known.call(&SET);
        assert_eq!(
            cut.as_deref(),
            Some("set(arguments that it does not have: 0 bytes)")
        );
    }

    #[test]
    fn an_interface_with_names_that_could_be_read_as_something_else_is_refused() {
        let text = r#"[
            {"type":"function","name":"set","inputs":[{"name":"x","type":"uint256"}],"outputs":[],"stateMutability":"nonpayable"},
            {"type":"error","name":"TooHigh","inputs":[{"name":"most","type":"uint256"}]}
        ]"#;
        let abi: JsonAbi = serde_json::from_str(text).expect("an interface");
        let known = Functions::of_abi(&abi);
        assert_eq!(known.functions.len(), 1);
        for name in ["\"set\"", "\"x\"", "\"TooHigh\"", "\"most\""] {
            for hostile in [
                r#""a\n✓ registry.migrate""#,
                r#""a b""#,
                "\"1a\"",
                "\"mіgrate\"",
            ] {
                let hostile = text.replace(name, hostile);
                assert!(
                    serde_json::from_str::<JsonAbi>(&hostile).is_err(),
                    "{hostile}"
                );
            }
        }
        let mut output = alloy::primitives::keccak256("TooHigh(uint256)")[..4].to_vec();
        output.extend([0; 31]);
        output.push(9);
        assert_eq!(known.revert(&output), "TooHigh(9)");
        assert_eq!(known.revert(&[]), "it reverted without data");
    }
}
