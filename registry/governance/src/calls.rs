//! The governed calls: their arguments, and the definition and role that each asks for.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::Reader,
    authority::{Stored, role},
    chain::Reverts,
    definition::Definition,
    errors,
    instances::Instance,
    label,
    version::{Code, Step},
};
use stylus_upgrades_interface::registry::IRegistry;

/// A governed call with its arguments.
pub(crate) enum Call<'a> {
    /// `createDefinition`. Another part checks and executes it.
    CreateDefinition { calldata: &'a [u8] },
    /// `addVersion`, or `migrate` where it becomes current as well
    AddVersion {
        name: &'a [u8],
        version: &'a [u8],
        code: Code,
        step: Step,
        migrate: bool,
    },
    /// `addStep`
    AddStep {
        name: &'a [u8],
        version: &'a [u8],
        step: Step,
    },
    /// `setPolicy`. The same part does.
    SetPolicy { name: &'a [u8], calldata: &'a [u8] },
    /// `setHandler`, `abortMigration`, `removeInstance`, or `transferProxy`: about an instance. The same part
    /// does.
    OfInstance {
        name: &'a [u8],
        proxy: Address,
        calldata: &'a [u8],
    },
    /// `adopt`, or `acceptTransfer`: about a proxy that is to become an instance. The same part does.
    Arrival {
        name: &'a [u8],
        is_adoption: bool,
        calldata: &'a [u8],
    },
    /// `pause`
    Pause { name: &'a [u8], first: Vec<Address> },
    /// `resume`
    Resume { name: &'a [u8], version: &'a [u8] },
    /// `createProxy`. The same part does.
    CreateProxy { name: &'a [u8], calldata: &'a [u8] },
}

impl<'a> Call<'a> {
    /// Decodes the calldata of a governed call; any other reverts without data.
    pub(crate) fn decode(calldata: &'a [u8]) -> Reverts<Self> {
        let selector = *calldata.first_chunk().ok_or_else(errors::nothing)?;
        let arguments = Reader::arguments(calldata);
        let name = arguments.bytes(0)?;
        let text = |n| arguments.bytes(n);
        Ok(match selector {
            IRegistry::createDefinitionCall::SELECTOR => Self::CreateDefinition { calldata },
            IRegistry::addVersionCall::SELECTOR | IRegistry::migrateCall::SELECTOR => {
                Self::AddVersion {
                    name,
                    version: text(1)?,
                    code: Code::read(&arguments, 2)?,
                    step: Step::read(&arguments, 6)?,
                    migrate: selector == IRegistry::migrateCall::SELECTOR,
                }
            }
            IRegistry::addStepCall::SELECTOR => Self::AddStep {
                name,
                version: text(1)?,
                step: Step::read(&arguments, 2)?,
            },
            IRegistry::setPolicyCall::SELECTOR => Self::SetPolicy { name, calldata },
            IRegistry::setHandlerCall::SELECTOR
            | IRegistry::abortMigrationCall::SELECTOR
            | IRegistry::transferProxyCall::SELECTOR
            | IRegistry::removeInstanceCall::SELECTOR => Self::OfInstance {
                name,
                proxy: arguments.address(1)?,
                calldata,
            },
            IRegistry::adoptCall::SELECTOR | IRegistry::acceptTransferCall::SELECTOR => {
                Self::Arrival {
                    name,
                    is_adoption: selector == IRegistry::adoptCall::SELECTOR,
                    calldata,
                }
            }
            IRegistry::pauseCall::SELECTOR => Self::Pause {
                name,
                first: arguments.addresses(1)?,
            },
            IRegistry::resumeCall::SELECTOR => Self::Resume {
                name,
                version: text(1)?,
            },
            IRegistry::createProxyCall::SELECTOR => Self::CreateProxy { name, calldata },
            _ => return Err(errors::nothing()),
        })
    }

    /// The definition whose role it asks for. The registry itself has roles but no versions.
    pub(crate) fn definition(&self) -> Reverts<Definition> {
        match self {
            Self::CreateDefinition { .. } => Definition::of(b""),
            Self::SetPolicy { name, .. } => Definition::of(name),
            Self::AddVersion { name, .. }
            | Self::AddStep { name, .. }
            | Self::OfInstance { name, .. }
            | Self::Arrival { name, .. }
            | Self::Pause { name, .. }
            | Self::Resume { name, .. }
            | Self::CreateProxy { name, .. } => {
                label::check(name)?;
                Definition::of(name)
            }
        }
    }

    /// The role that it asks for, with its policy. Unless `pause` is set, any one address of `migrate`
    /// pauses, and the whole policy of `migrate` resumes. To resume, delays count as passed: the version that starts
    /// again went through them.
    pub(crate) fn authority(&self, definition: &Definition) -> Reverts<(&'static [u8], Stored)> {
        let role = match self {
            Self::CreateDefinition { .. } => role::DEFINE,
            Self::AddVersion { .. }
            | Self::AddStep { .. }
            | Self::OfInstance { .. }
            | Self::Arrival { .. } => role::MIGRATE,
            Self::SetPolicy { .. } => role::POLICY,
            Self::CreateProxy { .. } => role::CREATE,
            Self::Pause { .. } | Self::Resume { .. } => match Stored::of(definition, role::PAUSE) {
                Ok(_) => role::PAUSE,
                Err(_) => role::MIGRATE,
            },
        };
        let stored = Stored::of(definition, role)?;
        let stored = match self {
            Self::Pause { .. } if role == role::MIGRATE => stored.any_one(),
            Self::Resume { .. } => stored.without_delays(),
            _ => stored,
        };
        Ok((role, stored))
    }

    /// Whether a paused definition refuses it.
    pub(crate) fn needs_live(&self) -> bool {
        match self {
            Self::Arrival { is_adoption, .. } => *is_adoption,
            Self::CreateProxy { .. } => true,
            _ => false,
        }
    }

    /// Whether it orders an adopted proxy, so that it executes only where an account without code sends it
    /// directly.
    pub(crate) fn needs_direct(&self) -> bool {
        match self {
            Self::Arrival { is_adoption, .. } => *is_adoption,
            Self::OfInstance { proxy, .. } => {
                Instance::of(*proxy).is_ok_and(|instance| instance.is_adopted())
            }
            _ => false,
        }
    }
}
