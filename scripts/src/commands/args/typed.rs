//! Which words of a command line may be a private key that was typed in the wrong place. The type of an argument decides:
//! what is read as an id, a name, an address, a policy or a path may be one. Calls and numbers are repeated in full,
//! because whoever approves has to see all of them.

use crate::registry::Salt;
use crate::secret::Secret;
use alloy::primitives::{B256, Bytes, U256};
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

/// Whether nobody types a private key there, or the value is hidden as a whole.
fn is_no_key(argument: &Arg) -> bool {
    let found = argument.get_value_parser().type_id();
    let kinds = [
        TypeId::of::<CallWord>(),
        TypeId::of::<B256>(),
        TypeId::of::<Bytes>(),
        TypeId::of::<U256>(),
        TypeId::of::<Salt>(),
        TypeId::of::<Secret>(),
    ];
    kinds.iter().any(|kind| found == *kind)
}

/// The words, of flags and of variables too, that may be a key.
pub(in crate::commands) fn may_be_keys(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let arguments = command.get_arguments().filter(|one| !is_no_key(one));
    let values = arguments.filter_map(|one| matches.try_get_raw(one.get_id().as_str()).ok()?);
    let words = values
        .flatten()
        .map(|word| word.to_string_lossy().into_owned());
    let mut words: Vec<String> = words.collect();
    if let Some((name, below)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        words.extend(may_be_keys(command, below));
    }
    words
}
