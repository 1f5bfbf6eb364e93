//! Every governed call, declared once: what it is for, in the words of devices, of commands and of the history. Its
//! parameters stand in `interface/src/signed.rs`, and how each parameter is shown in `fields`. The text in the
//! terminal, the descriptors for wallets, names of transactions and lines of the history are made of it.

use super::arguments::{arguments, named_function};
use super::fields::{FIELDS, Field, Format, NAME, When, always, at};
use crate::client::ChainError;
use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::model::{of_whom, role_asked_for};
use crate::names::Names;
use crate::output::shortened;
use crate::registry::named;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use serde_json::{Map, Value};
use stylus_upgrades_interface::limits::LABEL_MAX;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// A governed call. Its texts have the names of arguments in braces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Governed {
    pub(super) selector: [u8; 4],
    /// Its purpose, in 30 characters at most: devices cut what is longer.
    pub(super) intent: &'static str,
    /// The same with the values of arguments, in as many characters.
    pub(super) sentence: &'static str,
    /// The order that it gives, in a few words.
    title: &'static str,
    /// The subject that is proposed, approved and executed by it, in the words of the history.
    subject: &'static str,
}

/// Declares the governed calls: the enum of what they decode to, and the table of their words.
macro_rules! governed {
    ($($variant:ident($call:ident) {
        intent: $intent:literal,
        sentence: $sentence:literal,
        title: $title:literal,
        subject: $subject:literal,
    })+) => {
        /// A governed call, decoded.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Call {
            $(#[doc = $intent] $variant(abi::$call),)+
        }

        /// Every governed call.
        pub(super) const GOVERNED: &[Governed] = &[
            $(Governed {
                selector: abi::$call::SELECTOR,
                intent: $intent,
                sentence: $sentence,
                title: $title,
                subject: $subject,
            },)+
        ];

        impl Call {
            /// Decodes calldata.
            ///
            /// # Errors
            /// `NotGoverned` for another function,
            /// `Ambiguous` for bytes that decoding and encoding would change.
            pub fn decode(calldata: &[u8]) -> Result<Self, ChainError> {
                match calldata.first_chunk::<4>().copied().unwrap_or_default() {
                    $(abi::$call::SELECTOR => strict(calldata).map(Self::$variant),)+
                    _ => Err(not_governed(calldata)),
                }
            }

            /// Its calldata.
            fn encoded(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(call) => call.abi_encode(),)+
                }
            }

            /// The definition that it is about: of `createDefinition`, the one that it creates.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant(call) => &call.name,)+
                }
            }
        }
    };
}

governed! {
    CreateDefinition(createDefinitionCall) {
        intent: "Create a definition",
        sentence: "Create the definition {name}",
        title: "define {name}",
        subject: "definition {name}",
    }
    AddVersion(addVersionCall) {
        intent: "Add a version",
        sentence: "Add {name} version {version}",
        title: "register {name} {version}",
        subject: "version {version}",
    }
    AddStep(addStepCall) {
        intent: "Add an upgrade step",
        sentence: "Add a step to {name} {version}",
        title: "step into {name} {version}",
        subject: "step {step.from} → {version}",
    }
    Migrate(migrateCall) {
        intent: "Upgrade all instances",
        sentence: "Upgrade {name} to {version}",
        title: "migrate {name} to {version}",
        subject: "migration to {version}",
    }
    SetHandler(setHandlerCall) {
        intent: "Name a migration's handler",
        sentence: "Name a handler for {name}",
        title: "set the handler of {proxy}",
        subject: "handler {handler}",
    }
    AbortMigration(abortMigrationCall) {
        intent: "Revert a migration",
        sentence: "Revert a migration of {name}",
        title: "abort the migration of {proxy}",
        subject: "the abort of {proxy}'s migration",
    }
    Adopt(adoptCall) {
        intent: "Make a proxy an instance",
        sentence: "Adopt for {name} at {version}",
        title: "adopt {proxy} in {name}",
        subject: "the adoption of {proxy} at {version}",
    }
    AcceptTransfer(acceptTransferCall) {
        intent: "Accept a proxy from a registry",
        sentence: "Accept for {name} at {version}",
        title: "accept the transfer of {proxy}",
        subject: "the acceptance of {proxy}",
    }
    TransferProxy(transferProxyCall) {
        intent: "Give an instance away",
        sentence: "Give away one of {name}",
        title: "transfer {proxy}",
        subject: "the transfer of {proxy}",
    }
    RemoveInstance(removeInstanceCall) {
        intent: "Remove an instance",
        sentence: "Remove one of {name}",
        title: "remove {proxy}",
        subject: "the removal of {proxy}",
    }
    Pause(pauseCall) {
        intent: "Pause all instances",
        sentence: "Pause all instances of {name}",
        title: "pause {name}",
        subject: "a pause",
    }
    Resume(resumeCall) {
        intent: "Resume all instances",
        sentence: "Resume all instances of {name}",
        title: "resume {name}",
        subject: "the end of the pause",
    }
    SetPolicy(setPolicyCall) {
        intent: "Change who decides",
        sentence: "Set policy {role} of {name}",
        title: "set policy {role} of {name}",
        subject: "policy of {role}",
    }
    CreateProxy(createProxyCall) {
        intent: "Create an instance",
        sentence: "Create {name} at {version}",
        title: "create a proxy of {name} {version}",
        subject: "an instance at {version}",
    }
}

impl Call {
    /// The definition whose role is asked for.
    pub fn definition(&self) -> &str {
        match self {
            Self::CreateDefinition(_) => "",
            call => call.name(),
        }
    }

    /// The role that is asked for; where `pause` is not set, another one decides instead.
    pub fn role(&self) -> &'static str {
        role_asked_for(&self.encoded()).unwrap_or_default()
    }

    /// The policies that it sets, by their roles.
    pub fn policies(&self) -> Vec<(&str, &str)> {
        match self {
            Self::SetPolicy(call) => vec![(&call.role, &call.expression)],
            Self::CreateDefinition(call) => vec![
                ("migrate", &call.migratePolicy),
                ("policy", &call.policyPolicy),
                ("create", &call.createPolicy),
            ],
            _ => Vec::new(),
        }
    }

    /// Every account that it names, those in its policies among them.
    pub fn accounts(&self) -> Vec<Address> {
        let known = Governed::with_arguments(&self.encoded());
        let accounts = known.iter().flat_map(|(governed, arguments)| {
            let fields = governed.fields().into_iter();
            fields.flat_map(move |field| field.format.accounts(&at(arguments, field.path)))
        });
        accounts.collect()
    }

    /// The version that it is about, with its code and step.
    pub fn version(&self) -> Option<(&str, Option<&Code>, &Step)> {
        match self {
            Self::AddVersion(call) => Some((&call.version, Some(&call.code), &call.step)),
            Self::Migrate(call) => Some((&call.version, Some(&call.code), &call.step)),
            Self::AddStep(call) => Some((&call.version, None, &call.step)),
            _ => None,
        }
    }

    /// Every account whose code it is about, with the hash that is approved.
    pub fn subjects(&self) -> Vec<(&'static str, Address, CodeHash)> {
        let mut all = Vec::new();
        if let Some((_, code, step)) = self.version() {
            all.extend(code.map(|code| ("code", code.implementation, code.codehash.into())));
            if !step.script.is_zero() {
                let what = named(step).word();
                all.push((what, step.script, step.scriptCodehash.into()));
            }
        }
        all
    }
}

impl Governed {
    /// Returns the declaration of a call.
    pub(super) fn of(call: &[u8]) -> Option<&'static Self> {
        let mut all = GOVERNED.iter();
        all.find(|governed| call.starts_with(&governed.selector))
    }

    /// Returns the declaration of a call, and the call's arguments by their names.
    fn with_arguments(call: &[u8]) -> Option<(&'static Self, Map<String, Value>)> {
        Self::of(call).zip(arguments(call).ok())
    }

    /// Its fields, in the order of its parameters. The definition that decides is none of them.
    pub(super) fn fields(&self) -> Vec<Field> {
        let function = named_function(&self.selector);
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
        let is_empty = |field: &Field| field.format.is_empty(&at(arguments, field.path));
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
                    let value = field.format.text(&at(arguments, field.path), names);
                    all.push((field.label_in(arguments), value));
                }
            }
        }
        all
    }
}

/// The functions of all of them, in words.
fn functions() -> String {
    let functions = GOVERNED
        .iter()
        .filter_map(|governed| named_function(&governed.selector));
    let names: Vec<String> = functions.map(|function| function.name).collect();
    format!("one of {}", names.join(", "))
}

/// The order that these bytes of a governed call give, in a few words. Names that are too long for the registry are
/// cut.
pub fn title(call: &[u8]) -> String {
    let words = Governed::with_arguments(call).map(|(governed, arguments)| {
        filled(governed.title, |path| {
            let value = at(&arguments, path);
            let value = match path {
                "name" => of_whom(&value),
                _ => &value,
            };
            shortened(value, 2 * LABEL_MAX).into_owned()
        })
    });
    words.unwrap_or_else(|| "a governed call".into())
}

/// Describes the subject of these bytes in the words of the history; `None` for bytes that nobody should approve.
pub fn subject(call: &[u8], names: &Names) -> Option<String> {
    Call::decode(call).ok()?;
    let (governed, arguments) = Governed::with_arguments(call)?;
    Some(filled(governed.subject, |path| {
        let value = at(&arguments, path);
        match (path, value.parse()) {
            ("handler", Ok(handler)) => names.short(handler),
            _ => value.into_owned(),
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

/// The advice about bytes that nobody should approve.
const ASK: &str = "do not approve it; ask the proposer which command created it";

/// Refuses bytes that are no governed call.
pub(super) fn not_governed(calldata: &[u8]) -> ChainError {
    let selector = calldata.first_chunk::<4>().copied().unwrap_or_default();
    let selector = alloy::hex::encode_prefixed(selector);
    let message = format!("{selector} is no governed call of a registry");
    let refusal = Refusal::new("NotGoverned", message.clone()).with(functions(), message, ASK);
    refusal.usage().into()
}

fn strict<C: SolCall>(calldata: &[u8]) -> Result<C, ChainError> {
    let call = C::abi_decode_validate(calldata)
        .map_err(|error| ambiguous(C::SIGNATURE, &error.to_string()))?;
    if call.abi_encode() != calldata {
        return Err(ambiguous(
            C::SIGNATURE,
            "another encoding of the same arguments exists",
        ));
    }
    Ok(call)
}

/// Refuses bytes that could be read in more than one way.
pub(super) fn ambiguous(function: &str, reason: &str) -> ChainError {
    let message =
        format!("the calldata of {function} could be read in more than one way: {reason}");
    let refusal = Refusal::new("Ambiguous", message.clone());
    refusal.with("canonical ABI encoding", message, ASK).into()
}
