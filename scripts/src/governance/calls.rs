//! What each governed call says, field by field: the one declaration of which the text in the terminal
//! and the descriptors for wallets are made.

use super::names::Names;
use crate::model::ProxyKind;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use serde_json::{Map, Value};
use stylus_upgrades_interface::ids::StepKind;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A governed call as it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) selector: [u8; 4],
    /// The function.
    pub(super) function: &'static str,
    /// What it is for, in 30 characters at most: devices cut what is longer.
    pub(super) intent: &'static str,
    /// The same with the values of arguments, by their names in braces, in as many characters.
    pub(super) sentence: &'static str,
    /// Its fields, in groups that several calls share.
    fields: &'static [&'static [Field]],
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
    let when = When::Always;
    Field {
        label,
        path,
        format,
        when,
        of_check: "",
    }
}

const fn not_empty(label: &'static str, path: &'static str, format: Format) -> Field {
    let when = When::NotEmpty;
    Field {
        label,
        path,
        format,
        when,
        of_check: "",
    }
}

const VERSION: &[Field] = &[always("version", "version", Format::Text)];
const PROXY: &[Field] = &[always("proxy", "proxy", Format::Contract)];
const KIND: &[Field] = &[always("kind", "kind", Format::ProxyKind)];
const CODE: &[Field] = &[
    always("code", "code.implementation", Format::Contract),
    always("code hash", "code.codehash", Format::Hash),
    not_empty("source hash", "code.sourceHash", Format::Hash),
    not_empty("layout hash", "code.layoutHash", Format::Hash),
];
const STEP: &[Field] = &[
    Field {
        when: When::LastWhereEmpty("reached", "only by creation"),
        ..always("from", "step.from", Format::Text)
    },
    always("migration", "step.kind", Format::StepKind),
    not_empty("script", "step.script", Format::Contract).or_check("check"),
    not_empty("script hash", "step.scriptCodehash", Format::Hash).or_check("check hash"),
    not_empty("calldata", "step.data", Format::Calldata),
];

/// Every governed call.
pub(super) const SHOWN: [Shown; 14] = [
    Shown {
        selector: abi::createDefinitionCall::SELECTOR,
        function: "createDefinition",
        intent: "Create a definition",
        sentence: "Create the definition {name}",
        fields: &[&[
            always("name", "name", Format::Text),
            always("migrate", "migratePolicy", Format::Policy),
            always("policy", "policyPolicy", Format::Policy),
            always("create", "createPolicy", Format::Policy),
        ]],
    },
    Shown {
        selector: abi::addVersionCall::SELECTOR,
        function: "addVersion",
        intent: "Add a version",
        sentence: "Add {name} version {version}",
        fields: &[VERSION, CODE, STEP],
    },
    Shown {
        selector: abi::addStepCall::SELECTOR,
        function: "addStep",
        intent: "Add another way into a version",
        sentence: "Add a way to {name} {version}",
        fields: &[VERSION, STEP],
    },
    Shown {
        selector: abi::migrateCall::SELECTOR,
        function: "migrate",
        intent: "Upgrade all instances",
        sentence: "Upgrade {name} to {version}",
        fields: &[VERSION, CODE, STEP],
    },
    Shown {
        selector: abi::setHandlerCall::SELECTOR,
        function: "setHandler",
        intent: "Name a migration's handler",
        sentence: "Name a handler for {name}",
        fields: &[PROXY, &[always("handler", "handler", Format::Account)]],
    },
    Shown {
        selector: abi::abortMigrationCall::SELECTOR,
        function: "abortMigration",
        intent: "Turn a migration back",
        sentence: "Turn back one of {name}",
        fields: &[PROXY],
    },
    Shown {
        selector: abi::adoptCall::SELECTOR,
        function: "adopt",
        intent: "Make a proxy an instance",
        sentence: "Adopt for {name} at {version}",
        fields: &[PROXY, KIND, VERSION],
    },
    Shown {
        selector: abi::acceptTransferCall::SELECTOR,
        function: "acceptTransfer",
        intent: "Accept a proxy from a registry",
        sentence: "Accept for {name} at {version}",
        fields: &[
            PROXY,
            KIND,
            VERSION,
            &[always("registry", "registry", Format::Account)],
        ],
    },
    Shown {
        selector: abi::transferProxyCall::SELECTOR,
        function: "transferProxy",
        intent: "Give an instance away",
        sentence: "Give away one of {name}",
        fields: &[
            PROXY,
            &[
                always("to", "to", Format::Account),
                always("there", "definition", Format::Text),
            ],
        ],
    },
    Shown {
        selector: abi::removeInstanceCall::SELECTOR,
        function: "removeInstance",
        intent: "Remove an instance",
        sentence: "Remove one of {name}",
        fields: &[PROXY],
    },
    Shown {
        selector: abi::pauseCall::SELECTOR,
        function: "pause",
        intent: "Pause all instances",
        sentence: "Pause all instances of {name}",
        fields: &[&[always(
            "users",
            "",
            Format::Words("every call of an instance is refused"),
        )]],
    },
    Shown {
        selector: abi::resumeCall::SELECTOR,
        function: "resume",
        intent: "Resume all instances",
        sentence: "Resume all instances of {name}",
        fields: &[&[always(
            "users",
            "",
            Format::Words("instances run their code again"),
        )]],
    },
    Shown {
        selector: abi::setPolicyCall::SELECTOR,
        function: "setPolicy",
        intent: "Change who decides",
        sentence: "Set policy {role} of {name}",
        fields: &[&[
            always("of role", "role", Format::Text),
            always("expression", "expression", Format::Policy),
        ]],
    },
    Shown {
        selector: abi::createProxyCall::SELECTOR,
        function: "createProxy",
        intent: "Create an instance",
        sentence: "Create {name} at {version}",
        fields: &[
            VERSION,
            KIND,
            &[
                always("salt", "salt", Format::Hash),
                always("initializer", "initData", Format::Calldata),
            ],
        ],
    },
];

impl Field {
    /// The same, of a check where the step's kind runs no script.
    const fn or_check(mut self, label: &'static str) -> Self {
        self.of_check = label;
        self
    }
}

impl Shown {
    /// That of a call.
    pub(super) fn of(call: &[u8]) -> Option<&'static Self> {
        SHOWN.iter().find(|one| call.starts_with(&one.selector))
    }

    /// Its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field> + Clone {
        self.fields.iter().copied().flatten()
    }

    /// Labels and values of a call with these arguments.
    pub(super) fn values(
        &self,
        arguments: &Map<String, Value>,
        names: &Names,
    ) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        let mut fields = self.fields();
        while let Some(field) = fields.next() {
            let value = at(arguments, field.path);
            match field.when {
                When::NotEmpty if field.format.is_empty(value) => continue,
                When::LastWhereEmpty(label, words) if field.format.is_empty(value) => {
                    all.push((label, words.to_owned()));
                    let mut rest = fields.clone();
                    if rest.all(|field| field.format.is_empty(at(arguments, field.path))) {
                        break;
                    }
                }
                _ => {
                    let kind = at(arguments, "step.kind").parse().unwrap_or_default();
                    let label = match field.of_check.is_empty() || StepKind(kind).runs_script() {
                        true => field.label,
                        false => field.of_check,
                    };
                    all.push((label, field.format.text(value, names)));
                }
            }
        }
        all
    }
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
    match kind {
        step::NONE => "none, data unchanged".into(),
        step::CALL => "call of the new code".into(),
        step::COMPLEX => "complex, paused".into(),
        step::FOREIGN_CALL => "call, code w/o mixin".into(),
        step::SCRIPT => "a script".into(),
        other if StepKind(other).skips_failing() => match StepKind(other).base().0 {
            step::NONE => "none, may skip".into(),
            step::CALL => "call, may skip".into(),
            step::SCRIPT => "script, may skip".into(),
            step::COMPLEX => "complex, may skip".into(),
            step::FOREIGN_CALL => "w/o mixin, may skip".into(),
            _ => step_in_words(other),
        },
        other => step_in_words(other),
    }
}

/// The kind of a step.
pub fn step_in_words(kind: u8) -> String {
    match kind {
        step::NONE => "none: the data stays as it is".into(),
        step::CALL => "a function of the new code".into(),
        step::SCRIPT => "a script".into(),
        step::COMPLEX => "complex: many transactions, paused meanwhile".into(),
        step::FOREIGN_CALL => "a function of the new code, which has no mixin".into(),
        other if StepKind(other).skips_failing() => {
            let runs = step_in_words(StepKind(other).base().0);
            format!("{runs}; an instance that fails waits for the rollout")
        }
        other => format!("kind {other}, which is unknown"),
    }
}
