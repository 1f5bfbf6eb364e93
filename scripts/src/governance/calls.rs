//! Every governed call, declared once: what it is for, in the words of devices, of commands and of the history. Its
//! parameters stand in `interface/src/signed.rs`, and how each parameter is shown stands here. The text in the
//! terminal, the descriptors for wallets, names of transactions and lines of the history are made of it.

use super::arguments::{arguments, function};
use super::display::Call;
use super::names::Names;
use crate::model::{ProxyKind, StepKind};
use crate::output::shortened;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use serde_json::{Map, Value};
use stylus_upgrades_interface::ids;
use stylus_upgrades_interface::limits::LABEL_MAX;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A governed call. Its texts have the names of arguments in braces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Governed {
    pub(super) selector: [u8; 4],
    /// What it is for, in 30 characters at most: devices cut what is longer.
    pub(super) intent: &'static str,
    /// The same with the values of arguments, in as many characters.
    pub(super) sentence: &'static str,
    /// The order that it gives, in a few words.
    order: &'static str,
    /// What is proposed, approved and executed by it, in the words of the history.
    subject: &'static str,
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) label: &'static str,
    /// The argument; empty for words that are always the same.
    pub(super) path: &'static str,
    pub(super) format: Format,
    pub(super) when: When,
    /// What it is where the step's kind runs no script: that of a check. Empty for every other field.
    pub(super) of_check: &'static str,
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// As it is.
    Text,
    /// A word of 32 bytes.
    Hash,
    /// An account, by its name where it has one.
    Account,
    /// The same where it is a contract.
    Contract,
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

/// When a field is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Always.
    Always,
    /// Unless it is empty, as [`Format::is_empty`] tells.
    NotEmpty,
    /// Where it is empty, this label and these words instead; they end the fields where all that follow
    /// are empty.
    LastWhereEmpty(&'static str, &'static str),
}

const fn always(label: &'static str, path: &'static str, format: Format) -> Field {
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
const NAME: Field = always("name", "name", Format::Text);

/// How each other parameter is shown, whatever call it is of.
const FIELDS: [Field; 23] = [
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
    always("of role", "role", Format::Text),
    always("expression", "expression", Format::Policy),
    always("salt", "salt", Format::Hash),
    always("initializer", "initData", Format::Calldata),
];

/// Every governed call.
pub(super) const GOVERNED: [Governed; 14] = [
    Governed {
        selector: abi::createDefinitionCall::SELECTOR,
        intent: "Create a definition",
        sentence: "Create the definition {name}",
        order: "define {name}",
        subject: "definition {name}",
    },
    Governed {
        selector: abi::addVersionCall::SELECTOR,
        intent: "Add a version",
        sentence: "Add {name} version {version}",
        order: "register {name} {version}",
        subject: "version {version}",
    },
    Governed {
        selector: abi::addStepCall::SELECTOR,
        intent: "Add another way into a version",
        sentence: "Add a way to {name} {version}",
        order: "step into {name} {version}",
        subject: "step {step.from} → {version}",
    },
    Governed {
        selector: abi::migrateCall::SELECTOR,
        intent: "Upgrade all instances",
        sentence: "Upgrade {name} to {version}",
        order: "migrate {name} to {version}",
        subject: "migration to {version}",
    },
    Governed {
        selector: abi::setHandlerCall::SELECTOR,
        intent: "Name a migration's handler",
        sentence: "Name a handler for {name}",
        order: "set the handler of {proxy}",
        subject: "handler {handler}",
    },
    Governed {
        selector: abi::abortMigrationCall::SELECTOR,
        intent: "Turn a migration back",
        sentence: "Turn back one of {name}",
        order: "abort the migration of {proxy}",
        subject: "the abort of {proxy}'s migration",
    },
    Governed {
        selector: abi::adoptCall::SELECTOR,
        intent: "Make a proxy an instance",
        sentence: "Adopt for {name} at {version}",
        order: "adopt {proxy} in {name}",
        subject: "the adoption of {proxy} at {version}",
    },
    Governed {
        selector: abi::acceptTransferCall::SELECTOR,
        intent: "Accept a proxy from a registry",
        sentence: "Accept for {name} at {version}",
        order: "accept the transfer of {proxy}",
        subject: "the acceptance of {proxy}",
    },
    Governed {
        selector: abi::transferProxyCall::SELECTOR,
        intent: "Give an instance away",
        sentence: "Give away one of {name}",
        order: "transfer {proxy}",
        subject: "the transfer of {proxy}",
    },
    Governed {
        selector: abi::removeInstanceCall::SELECTOR,
        intent: "Remove an instance",
        sentence: "Remove one of {name}",
        order: "remove {proxy}",
        subject: "the removal of {proxy}",
    },
    Governed {
        selector: abi::pauseCall::SELECTOR,
        intent: "Pause all instances",
        sentence: "Pause all instances of {name}",
        order: "pause {name}",
        subject: "a pause",
    },
    Governed {
        selector: abi::resumeCall::SELECTOR,
        intent: "Resume all instances",
        sentence: "Resume all instances of {name}",
        order: "resume {name}",
        subject: "the end of the pause",
    },
    Governed {
        selector: abi::setPolicyCall::SELECTOR,
        intent: "Change who decides",
        sentence: "Set policy {role} of {name}",
        order: "set the policy of {name} {role}",
        subject: "policy of {role}",
    },
    Governed {
        selector: abi::createProxyCall::SELECTOR,
        intent: "Create an instance",
        sentence: "Create {name} at {version}",
        order: "create a proxy of {name} {version}",
        subject: "an instance at {version}",
    },
];

impl Field {
    /// The same, of a check where the step's kind runs no script.
    const fn or_check(mut self, label: &'static str) -> Self {
        self.of_check = label;
        self
    }

    /// Whether it shows an argument of that name, or a member of it.
    fn is_of(&self, argument: &str) -> bool {
        self.path.split('.').next() == Some(argument)
    }

    /// Its label in a call with these arguments.
    fn label_in(&self, arguments: &Map<String, Value>) -> &'static str {
        let kind = at(arguments, "step.kind").parse().unwrap_or_default();
        match self.of_check.is_empty() || ids::StepKind(kind).runs_script() {
            true => self.label,
            false => self.of_check,
        }
    }
}

impl Governed {
    /// That of a call.
    pub(super) fn of(call: &[u8]) -> Option<&'static Self> {
        let mut all = GOVERNED.iter();
        all.find(|one| call.starts_with(&one.selector))
    }

    /// Its fields, in the order of its parameters. The definition that decides is none of them.
    pub(super) fn fields(&self) -> Vec<Field> {
        let function = function(&self.selector);
        let parameters = function.iter().flat_map(|function| &function.inputs);
        let mut all = Vec::new();
        for parameter in parameters {
            all.extend(FIELDS.iter().filter(|field| field.is_of(&parameter.name)));
        }
        if self.selector == abi::createDefinitionCall::SELECTOR {
            all.insert(0, NAME);
        }
        let users = match self.selector {
            abi::pauseCall::SELECTOR => "every call of an instance is refused",
            abi::resumeCall::SELECTOR => "instances run their code again",
            _ => return all,
        };
        all.push(always("users", "", Format::Words(users)));
        all
    }

    /// Labels and values of a call with these arguments.
    pub(super) fn values(
        &self,
        arguments: &Map<String, Value>,
        names: &Names,
    ) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let fields = self.fields();
        let is_empty = |field: &Field| field.format.is_empty(at(arguments, field.path));
        for (place, field) in fields.iter().enumerate() {
            match field.when {
                When::NotEmpty if is_empty(field) => {}
                When::LastWhereEmpty(label, words) if is_empty(field) => {
                    all.push((label, words.to_owned()));
                    if fields.iter().skip(place + 1).all(is_empty) {
                        break;
                    }
                }
                _ => {
                    let value = field.format.text(at(arguments, field.path), names);
                    all.push((field.label_in(arguments), value));
                }
            }
        }
        all
    }
}

/// The order that these bytes of a governed call give, in a few words. Names that are too long for the registry are
/// cut.
pub(super) fn order(call: &[u8]) -> String {
    let of = Governed::of(call).zip(arguments(call).ok());
    let words = of.map(|(governed, arguments)| {
        filled(governed.order, |path| {
            shortened(at(&arguments, path), 2 * LABEL_MAX).into_owned()
        })
    });
    words.unwrap_or_else(|| "a governed call".into())
}

/// What these bytes are about, in the words of the history; `None` for bytes that nobody should approve.
pub fn subject(call: &[u8], names: &Names) -> Option<String> {
    Call::decode(call).ok()?;
    let (governed, arguments) = Governed::of(call).zip(arguments(call).ok())?;
    Some(filled(governed.subject, |path| {
        let value = at(&arguments, path);
        match (path, value.parse()) {
            ("handler", Ok(handler)) => names.short(handler),
            _ => value.to_owned(),
        }
    }))
}

/// A text with what stands for the names in braces.
fn filled(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut words = String::new();
    for part in text.split_inclusive('}') {
        match part.trim_end_matches('}').split_once('{') {
            Some((before, name)) => words.extend([before, &value(name)]),
            None => words.push_str(part),
        }
    }
    words
}

impl Format {
    fn text(self, value: &str, names: &Names) -> String {
        match self {
            Self::Text | Self::Hash => value.to_owned(),
            Self::Account | Self::Contract => match value.parse::<Address>() {
                Ok(account) => names.long(account),
                Err(_) => value.to_owned(),
            },
            Self::Policy => names.policy(value),
            Self::ProxyKind => kind_in_words(value.parse().unwrap_or(u8::MAX)),
            Self::StepKind => step_in_words(value.parse().unwrap_or(u8::MAX)),
            Self::Calldata if self.is_empty(value) => "none".into(),
            Self::Calldata => format!("{value} ({} bytes)", value.len().saturating_sub(2) / 2),
            Self::Words(words) => words.into(),
        }
    }

    /// Whether such a value says nothing: no text, no bytes, or the zero address, hash or kind. Text
    /// such as `0x0` and calldata of zeros say something.
    fn is_empty(self, value: &str) -> bool {
        match self {
            Self::Text | Self::Policy | Self::Words(_) => value.is_empty(),
            Self::Calldata => value == "0x",
            Self::Account | Self::Contract => value.parse() == Ok(Address::ZERO),
            Self::Hash => value.parse() == Ok(B256::ZERO),
            Self::StepKind | Self::ProxyKind => value == "0",
        }
    }
}

/// The argument at a path such as `code.codehash`; empty where there is none.
fn at<'a>(arguments: &'a Map<String, Value>, path: &str) -> &'a str {
    let mut steps = path.split('.');
    let first = steps.next().and_then(|name| arguments.get(name));
    let found = steps.try_fold(first, |value, name| Some(value?.get(name)));
    found.flatten().and_then(Value::as_str).unwrap_or_default()
}

/// The kind of a proxy.
pub fn kind_in_words(kind: impl Into<ProxyKind>) -> String {
    match kind.into() {
        ProxyKind::Wasm => "WASM proxy".into(),
        ProxyKind::Evm => "EVM proxy".into(),
        ProxyKind::Transparent4 => "transparent proxy 4.x of OpenZeppelin".into(),
        ProxyKind::Transparent5 => "transparent proxy 5.x of OpenZeppelin".into(),
        ProxyKind::Uups => "UUPS proxy of OpenZeppelin".into(),
        ProxyKind::Unknown(other) => format!("{other}, which is unknown"),
    }
}

/// The kind of a proxy in 20 characters at most: devices cut what is longer.
pub fn kind_on_device(kind: impl Into<ProxyKind>) -> String {
    match kind.into() {
        ProxyKind::Transparent4 => "OZ transparent 4.x".into(),
        ProxyKind::Transparent5 => "OZ transparent 5.x".into(),
        ProxyKind::Uups => "OZ UUPS proxy".into(),
        other => kind_in_words(other),
    }
}

/// The kind of a step in 20 characters at most.
pub fn step_on_device(kind: u8) -> String {
    let of = ids::StepKind(kind);
    let (always, may_skip) = match StepKind::from(of.base().0) {
        StepKind::None => ("none, data unchanged", "none, may skip"),
        StepKind::Call => ("call of the new code", "call, may skip"),
        StepKind::Script => ("a script", "script, may skip"),
        StepKind::Complex => ("complex, paused", "complex, may skip"),
        StepKind::ForeignCall => ("call, code w/o mixin", "w/o mixin, may skip"),
        StepKind::Unknown(_) => return step_in_words(kind),
    };
    match of.skips_failing() {
        true => may_skip.into(),
        false => always.into(),
    }
}

/// The kind of a step.
pub fn step_in_words(kind: u8) -> String {
    let of = ids::StepKind(kind);
    let runs = match StepKind::from(of.base().0) {
        StepKind::None => "none: the data stays as it is",
        StepKind::Call => "a function of the new code",
        StepKind::Script => "a script",
        StepKind::Complex => "complex: many transactions, paused meanwhile",
        StepKind::ForeignCall => "a function of the new code, which has no mixin",
        StepKind::Unknown(other) => &format!("kind {other}, which is unknown"),
    };
    match of.skips_failing() {
        true => format!("{runs}; an instance that fails waits for the rollout"),
        false => runs.into(),
    }
}
