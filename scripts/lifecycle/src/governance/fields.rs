//! Formats in which each parameter of the governed calls is shown, whatever call it is of.

use super::kinds::{kind_in_words, step_in_words};
use crate::names::Names;
use alloy::primitives::{Address, B256};
use serde_json::{Map, Value};
use std::borrow::Cow;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::ids;

/// A field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) label: &'static str,
    /// The argument; empty for words that are always the same.
    pub(super) path: &'static str,
    pub(super) format: Format,
    pub(super) when: When,
    /// The label where the step's kind runs no script: that of a check. Empty for every other field.
    pub(super) of_check: &'static str,
}

/// The format of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The text without a change.
    Text,
    /// A word of 32 bytes.
    Hash,
    /// An account, by its name where it has one.
    Account,
    /// The same where it is a contract.
    Contract,
    /// Several contracts.
    Contracts,
    /// A policy, its accounts by their names.
    Policy,
    /// The kind of a proxy, in words.
    ProxyKind,
    /// The kind of a step, in words.
    StepKind,
    /// Calldata, with their length.
    Calldata,
    /// These words.
    Words(&'static str),
}

/// The condition under which a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Always.
    Always,
    /// Unless it is empty, as [`Format::is_empty`] tells.
    NotEmpty,
    /// If it is empty, shows this label and text instead, and ends the fields if all later ones are empty too.
    LastWhereEmpty(&'static str, &'static str),
}

pub(super) const fn always(label: &'static str, path: &'static str, format: Format) -> Field {
    Field {
        label,
        path,
        format,
        when: When::Always,
        of_check: "",
    }
}

const fn not_empty(label: &'static str, path: &'static str, format: Format) -> Field {
    let when = When::NotEmpty;
    Field {
        when,
        ..always(label, path, format)
    }
}

/// The definition, where that is not shown as the one that decides.
pub(super) const NAME: Field = always("name", "name", Format::Text);

/// The fields for all other parameters, whatever call it is of.
pub(super) const FIELDS: [Field; 25] = [
    always("migrate", "migratePolicy", Format::Policy),
    always("policy", "policyPolicy", Format::Policy),
    always("create", "createPolicy", Format::Policy),
    always("version", "version", Format::Text),
    always("proxy", "proxy", Format::Contract),
    always("kind", "kind", Format::ProxyKind),
    always("code", "code.implementation", Format::Contract),
    always("code hash", "code.codehash", Format::Hash),
    not_empty("source hash", "code.sourceHash", Format::Hash),
    not_empty("layout hash", "code.layoutHash", Format::Hash),
    Field {
        when: When::LastWhereEmpty("reached", "only by creation"),
        ..always("from", "step.from", Format::Text)
    },
    always("migration", "step.kind", Format::StepKind),
    not_empty("script", "step.script", Format::Contract).or_check("check"),
    not_empty("script hash", "step.scriptCodehash", Format::Hash).or_check("check hash"),
    not_empty("calldata", "step.data", Format::Calldata),
    always("handler", "handler", Format::Account),
    always("registry", "registry", Format::Account),
    always("to", "to", Format::Account),
    always("there", "definition", Format::Text),
    always("nonce", "nonce", Format::Text),
    always("stops first", "first", Format::Contracts),
    always("of role", "role", Format::Text),
    always("expression", "expression", Format::Policy),
    always("salt", "salt", Format::Hash),
    always("initializer", "initData", Format::Calldata),
];

impl Field {
    /// The same, of a check where the step's kind runs no script.
    const fn or_check(mut self, label: &'static str) -> Self {
        self.of_check = label;
        self
    }

    /// Returns true if it shows an argument of that name, or a member of it.
    pub(super) fn is_of(&self, argument: &str) -> bool {
        self.path.split('.').next() == Some(argument)
    }

    /// Its label in a call with these arguments.
    pub(super) fn label_in(&self, arguments: &Map<String, Value>) -> &'static str {
        let kind = at(arguments, "step.kind").parse().unwrap_or_default();
        if self.of_check.is_empty() || ids::StepKind(kind).runs_script() {
            self.label
        } else {
            self.of_check
        }
    }
}

impl Format {
    pub(super) fn text(self, value: &str, names: &Names) -> String {
        match self {
            Self::Text | Self::Hash => value.to_owned(),
            Self::Account | Self::Contract => match value.parse::<Address>() {
                Ok(account) => names.long(account),
                Err(_) => value.to_owned(),
            },
            Self::Contracts if value.is_empty() => "none".into(),
            Self::Contracts => {
                let all = value
                    .split(LIST)
                    .map(|account| Self::Contract.text(account, names));
                all.collect::<Vec<_>>().join(LIST)
            }
            Self::Policy => names.policy(value),
            Self::ProxyKind => kind_in_words(value.parse().unwrap_or(u8::MAX)),
            Self::StepKind => step_in_words(value.parse().unwrap_or(u8::MAX)),
            Self::Calldata if self.is_empty(value) => "none".into(),
            Self::Calldata => format!("{value} ({} bytes)", value.len().saturating_sub(2) / 2),
            Self::Words(words) => words.into(),
        }
    }

    /// The accounts in such a value.
    pub(super) fn accounts(self, value: &str) -> Vec<Address> {
        match self {
            Self::Account | Self::Contract => value.parse().into_iter().collect(),
            Self::Contracts => {
                let all = value.split(LIST);
                all.filter_map(|account| account.parse().ok()).collect()
            }
            Self::Policy => {
                let policy = parse(value.as_bytes()).ok();
                let leaves = policy
                    .iter()
                    .flat_map(|policy| policy.approvers.iter().chain(&policy.lambdas));
                leaves.map(|leaf| leaf.address).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns true if such a value says nothing: no text, no bytes, or the zero address, hash or kind. Text such as `0x0`
    /// and calldata of zeros say something.
    pub(super) fn is_empty(self, value: &str) -> bool {
        match self {
            Self::Text | Self::Policy | Self::Contracts | Self::Words(_) => value.is_empty(),
            Self::Calldata => value == "0x",
            Self::Account | Self::Contract => value.parse() == Ok(Address::ZERO),
            Self::Hash => value.parse() == Ok(B256::ZERO),
            Self::StepKind | Self::ProxyKind => value == "0",
        }
    }
}

/// The separator between the entries of a list.
const LIST: &str = ", ";

/// The argument at a path such as `code.codehash`, the entries of a list after each other; empty where there is none.
pub(super) fn at<'a>(arguments: &'a Map<String, Value>, path: &str) -> Cow<'a, str> {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|name| arguments.get(name));
    let found = steps.try_fold(first, |value, name| Some(value?.get(name)));
    match found.flatten() {
        Some(Value::String(text)) => text.into(),
        Some(Value::Array(all)) => {
            let all = all.iter().filter_map(Value::as_str);
            all.collect::<Vec<_>>().join(LIST).into()
        }
        _ => Cow::default(),
    }
}
