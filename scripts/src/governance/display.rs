//! A governed call as its approvers read it. Everything shown is decoded from the very bytes that
//! are sent, and decoding is strict: bytes that would not be written again in exactly this way are
//! shown to nobody.

use super::arguments::{arguments, function};
use super::calls::Governed;
use super::error::GovernanceError;
use super::names::Names;
use crate::ids::{CalldataHash, CodeHash};
use crate::registry::named;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use serde::{Deserialize, Serialize};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// A governed call, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Role `define` of the registry itself.
    CreateDefinition(abi::createDefinitionCall),
    /// Role `migrate`.
    AddVersion(abi::addVersionCall),
    /// Role `migrate`.
    AddStep(abi::addStepCall),
    /// Role `migrate`.
    Migrate(abi::migrateCall),
    /// Role `migrate`.
    SetHandler(abi::setHandlerCall),
    /// Role `migrate`.
    AbortMigration(abi::abortMigrationCall),
    /// Role `migrate`.
    Adopt(abi::adoptCall),
    /// Role `migrate`.
    AcceptTransfer(abi::acceptTransferCall),
    /// Role `migrate`.
    TransferProxy(abi::transferProxyCall),
    /// Role `migrate`.
    RemoveInstance(abi::removeInstanceCall),
    /// Role `pause`, see [`authority`](super::authority::role_of).
    Pause(abi::pauseCall),
    /// The same.
    Resume(abi::resumeCall),
    /// Role `policy`.
    SetPolicy(abi::setPolicyCall),
    /// Role `create`.
    CreateProxy(abi::createProxyCall),
}

/// What an approver reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// The function of the registry.
    pub function: String,
    /// The definition whose role is asked for; empty for the registry itself.
    pub definition: String,
    /// The role.
    pub role: String,
    /// keccak256 of the bytes.
    pub payload: CalldataHash,
    /// Name and value of each argument, in order.
    pub fields: Vec<Field>,
}

/// An argument as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Call {
    /// Decodes calldata.
    ///
    /// # Errors
    /// [`GovernanceError::NotGoverned`] for another function,
    /// [`GovernanceError::Ambiguous`] for bytes that decoding and encoding would change.
    pub fn decode(calldata: &[u8]) -> Result<Self, GovernanceError> {
        let selector = calldata.first_chunk::<4>().copied().unwrap_or_default();
        match selector {
            abi::createDefinitionCall::SELECTOR => strict(calldata).map(Self::CreateDefinition),
            abi::addVersionCall::SELECTOR => strict(calldata).map(Self::AddVersion),
            abi::addStepCall::SELECTOR => strict(calldata).map(Self::AddStep),
            abi::migrateCall::SELECTOR => strict(calldata).map(Self::Migrate),
            abi::setHandlerCall::SELECTOR => strict(calldata).map(Self::SetHandler),
            abi::abortMigrationCall::SELECTOR => strict(calldata).map(Self::AbortMigration),
            abi::adoptCall::SELECTOR => strict(calldata).map(Self::Adopt),
            abi::acceptTransferCall::SELECTOR => strict(calldata).map(Self::AcceptTransfer),
            abi::transferProxyCall::SELECTOR => strict(calldata).map(Self::TransferProxy),
            abi::removeInstanceCall::SELECTOR => strict(calldata).map(Self::RemoveInstance),
            abi::pauseCall::SELECTOR => strict(calldata).map(Self::Pause),
            abi::resumeCall::SELECTOR => strict(calldata).map(Self::Resume),
            abi::setPolicyCall::SELECTOR => strict(calldata).map(Self::SetPolicy),
            abi::createProxyCall::SELECTOR => strict(calldata).map(Self::CreateProxy),
            _ => Err(not_governed(calldata)),
        }
    }

    /// The definition whose role is asked for.
    pub fn definition(&self) -> &str {
        match self {
            Self::CreateDefinition(_) => "",
            Self::AddVersion(call) => &call.name,
            Self::AddStep(call) => &call.name,
            Self::Migrate(call) => &call.name,
            Self::SetHandler(call) => &call.name,
            Self::AbortMigration(call) => &call.name,
            Self::Adopt(call) => &call.name,
            Self::AcceptTransfer(call) => &call.name,
            Self::TransferProxy(call) => &call.name,
            Self::RemoveInstance(call) => &call.name,
            Self::Pause(call) => &call.name,
            Self::Resume(call) => &call.name,
            Self::SetPolicy(call) => &call.name,
            Self::CreateProxy(call) => &call.name,
        }
    }

    /// The role that is asked for; where `pause` is not set, `migrate` decides instead.
    pub fn role(&self) -> &'static str {
        match self {
            Self::CreateDefinition(_) => "define",
            Self::SetPolicy(_) => "policy",
            Self::CreateProxy(_) => "create",
            Self::Pause(_) | Self::Resume(_) => "pause",
            _ => "migrate",
        }
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

impl Display {
    /// What `calldata` does, in words.
    ///
    /// # Errors
    /// As [`Call::decode`].
    pub fn of(calldata: &[u8], names: &Names) -> Result<Self, GovernanceError> {
        let call = Call::decode(calldata)?;
        let of = Governed::of(calldata).zip(function(calldata));
        let (governed, function) = of.ok_or_else(|| not_governed(calldata))?;
        let arguments = arguments(calldata).map_err(|reason| GovernanceError::Ambiguous {
            function: governed.intent,
            reason,
        })?;
        let fields = governed.values(&arguments, names).into_iter();
        let fields = fields.map(|(name, value)| Field {
            name: name.into(),
            value,
        });
        Ok(Self {
            function: function.name,
            definition: call.definition().into(),
            role: call.role().into(),
            payload: CalldataHash::of(calldata),
            fields: fields.collect(),
        })
    }

    /// Refuses a display that is not what these bytes say.
    ///
    /// # Errors
    /// [`GovernanceError::DisplayDiffers`], with the first difference.
    pub fn require(&self, calldata: &[u8], names: &Names) -> Result<(), GovernanceError> {
        let actual = Self::of(calldata, names)?;
        if *self == actual {
            return Ok(());
        }
        let (shown, real) = (self.lines(), actual.lines());
        let at = shown
            .iter()
            .zip(&real)
            .position(|(one, other)| one != other);
        let at = at.unwrap_or_else(|| shown.len().min(real.len()));
        let line = |lines: &[String]| {
            lines
                .get(at)
                .map_or("nothing", |line| line.trim())
                .to_owned()
        };
        Err(GovernanceError::DisplayDiffers {
            shown: line(&shown),
            actual: line(&real),
        })
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let of = of_whom(&self.definition);
        let instead = match self.role.as_str() {
            "pause" => "; where that is not set, migrate",
            _ => "",
        };
        let Self { function, role, .. } = self;
        let mut lines = vec![format!("{function} of {of} (role {role}{instead})")];
        let fields = self.fields.iter();
        lines.extend(fields.map(|field| format!("  {:<13} {}", field.name, field.value)));
        lines.push(format!("  {:<13} {}", "payload", self.payload));
        lines
    }
}

/// Whose role is asked for, in words: a definition's, or the registry's own.
pub fn of_whom(definition: &str) -> &str {
    match definition {
        "" => "the registry itself",
        name => name,
    }
}

fn not_governed(calldata: &[u8]) -> GovernanceError {
    let selector = calldata.first_chunk::<4>().copied().unwrap_or_default();
    GovernanceError::NotGoverned {
        selector: selector.into(),
    }
}

fn strict<C: SolCall>(calldata: &[u8]) -> Result<C, GovernanceError> {
    let ambiguous = |reason: String| GovernanceError::Ambiguous {
        function: C::SIGNATURE,
        reason,
    };
    let call = C::abi_decode_validate(calldata).map_err(|error| ambiguous(error.to_string()))?;
    if call.abi_encode() != calldata {
        return Err(ambiguous("other bytes say the same".into()));
    }
    Ok(call)
}

#[cfg(test)]
mod tests;
