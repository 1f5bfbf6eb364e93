//! Which words of a command line may be a private key that was typed in the wrong place. The type of an argument
//! decides: what is read as an id, a name, an address, a policy or a path may be one. Calls and numbers are repeated in
//! full, because an approver has to see all of them.

use crate::client::Endpoint;
use crate::output::TypedAs;
use crate::registry::Salt;
use crate::secret::redacted;
use crate::text::shell_word;
use alloy::primitives::{B256, Bytes, U256};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::any::TypeId;
use std::ops::Deref;

/// A word of a call: the function, an argument of it, or calldata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallWord(String);

impl From<String> for CallWord {
    fn from(word: String) -> Self {
        Self(word)
    }
}

impl From<&str> for CallWord {
    fn from(word: &str) -> Self {
        Self(word.into())
    }
}

impl Deref for CallWord {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// What is typed there.
fn typed_as(argument: &Arg) -> TypedAs {
    let found = argument.get_value_parser().type_id();
    let kinds = [
        TypeId::of::<CallWord>(),
        TypeId::of::<B256>(),
        TypeId::of::<Bytes>(),
        TypeId::of::<U256>(),
        TypeId::of::<Salt>(),
    ];
    match kinds.iter().any(|kind| found == *kind) {
        true => TypedAs::Value,
        false => TypedAs::Name,
    }
}

/// The flags that lead to the chain and the registry.
const PLACE: [&str; 6] = [
    "rpc_url",
    "network",
    "registry",
    "trust_registry",
    "manifest",
    "framework_from",
];

/// Those of the flags that lead to the chain and the registry that were typed, as a shell takes them. Variables and the
/// manifest lead there again by themselves. A URL that may hold a key is left to the reader.
pub(crate) fn place(matches: &ArgMatches) -> Vec<String> {
    let is_typed = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let all = PLACE.iter().filter(is_typed).flat_map(|id| {
        let values = matches.get_raw(id).into_iter().flatten();
        values.map(move |value| {
            let value = value.to_string_lossy();
            let shown = match *id {
                "rpc_url" => {
                    Endpoint::parse(&value).map_or_else(|_| String::new(), |url| url.to_string())
                }
                _ => redacted(&value),
            };
            let value = match shown == value.trim_end_matches('/') {
                true => shell_word(&value),
                false => id.replace("rpc_", "").to_uppercase(),
            };
            format!("--{} {value}", id.replace('_', "-"))
        })
    });
    all.collect()
}

/// The flag that takes one.
const PRIVATE_KEY: &str = "private_key";

/// The words, of flags and of variables too, that may hold a private key in the wrong place.
pub(crate) fn typed(command: &Command, matches: &ArgMatches) -> Vec<(TypedAs, String)> {
    let arguments = command.get_arguments();
    let arguments = arguments.filter(|argument| argument.get_id() != PRIVATE_KEY);
    let words = arguments.flat_map(|argument| {
        let raw = matches.try_get_raw(argument.get_id().as_str());
        let words = raw.ok().flatten().into_iter().flatten();
        words.map(|word| (typed_as(argument), word.to_string_lossy().into_owned()))
    });
    let mut words: Vec<_> = words.collect();
    if let Some((name, below)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        words.extend(typed(command, below));
    }
    words
}
