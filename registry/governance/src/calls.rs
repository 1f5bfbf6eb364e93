//! The governed calls: their arguments, and the definition and authority that each asks for.

use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::Reader,
    authority::{self, RolePolicy, role},
    chain::{RevertData, Reverts, sender},
    definition::Definition,
    encoding, errors,
    instances::Instance,
    label,
    version::{MigrationStep, VersionCode},
};
use stylus_upgrades_interface::{
    ids::{Authority, VersionIndex},
    registry::IRegistry::{
        adoptCall, createDefinitionCall, createProxyCall, pauseCall, removeInstanceCall,
        resumeCall, setPolicyCall, transferProxyCall,
    },
};

/// A governed call, in canonical encoding.
#[derive(Clone, Copy)]
pub(crate) struct GovernedCall<'a> {
    /// All of it.
    pub(crate) calldata: &'a [u8],
    /// Its first four bytes.
    pub(crate) selector: [u8; 4],
    /// The arguments that follow them.
    pub(crate) arguments: Reader<'a>,
}

/// The authority that decides about a call, and its policy.
pub(crate) struct CallDecider {
    pub(crate) authority: Authority,
    pub(crate) policy: RolePolicy,
    /// Of `createProxy`, the version that it names.
    pub(crate) creates_at: VersionIndex,
}

/// The version that `addVersion` and `migrate` name, and the step into it.
pub(crate) struct VersionArguments<'a> {
    pub(crate) label: &'a [u8],
    pub(crate) code: VersionCode,
    pub(crate) step: MigrationStep,
}

impl<'a> GovernedCall<'a> {
    /// Decodes the calldata of a governed call; any other reverts without data.
    pub(crate) fn decode(calldata: &'a [u8]) -> Reverts<Self> {
        encoding::require_canonical(calldata)?;
        Ok(Self {
            calldata,
            selector: *calldata.first_chunk().ok_or_else(errors::nothing)?,
            arguments: Reader::arguments(calldata),
        })
    }

    /// The label of the version that it names.
    pub(crate) fn label(&self) -> Reverts<&'a [u8]> {
        Ok(self.arguments.bytes(1)?)
    }

    /// The arguments of `addVersion` and `migrate`.
    pub(crate) fn version(&self) -> Reverts<VersionArguments<'a>> {
        Ok(VersionArguments {
            label: self.label()?,
            code: VersionCode::read(&self.arguments, 2)?,
            step: MigrationStep::read(&self.arguments, 6)?,
        })
    }

    /// The definition whose role it asks for. The registry itself has roles but no versions.
    pub(crate) fn definition(&self) -> Reverts<Definition> {
        let name = self.arguments.bytes(0)?;
        match self.selector {
            createDefinitionCall::SELECTOR => Definition::of(b""),
            setPolicyCall::SELECTOR => Definition::of(name),
            _ => {
                label::check(name)?;
                Definition::of(name)
            }
        }
    }

    /// Returns the authority that decides about it.
    pub(crate) fn decider(&self, definition: &Definition) -> Reverts<CallDecider> {
        let mut creates_at = VersionIndex::NONE;
        let authority = match self.selector {
            createDefinitionCall::SELECTOR => Authority::DEFINE,
            setPolicyCall::SELECTOR => Authority::POLICY,
            createProxyCall::SELECTOR => {
                creates_at = definition.index_of(self.label()?);
                authority::of_creation(definition, creates_at)
            }
            pauseCall::SELECTOR if RolePolicy::of(definition, role::PAUSE).is_err() => {
                Authority::ANY_ONE
            }
            pauseCall::SELECTOR => Authority::PAUSE,
            resumeCall::SELECTOR => Authority::RESUME,
            _ => Authority::MIGRATE,
        };
        Ok(CallDecider {
            authority,
            policy: RolePolicy::of_authority(definition, authority)?,
            creates_at,
        })
    }

    /// Returns the revert data for a sender who is no approver of it.
    pub(crate) fn refusal(&self, definition: &Definition, decider: &CallDecider) -> RevertData {
        match self.label() {
            Ok(label)
                if decider.authority == Authority::MIGRATE && !decider.creates_at.is_none() =>
            {
                let current = definition.label_of(definition.current);
                errors::version_not_current(label, &current)
            }
            _ => errors::not_an_approver(sender()),
        }
    }

    /// Returns true if a paused definition refuses it.
    pub(crate) fn needs_live(&self) -> bool {
        matches!(
            self.selector,
            adoptCall::SELECTOR | createProxyCall::SELECTOR
        )
    }

    /// Returns true if it orders an adopted proxy, so that it executes only where an account without code sends it
    /// directly.
    pub(crate) fn needs_direct(&self) -> bool {
        match self.selector {
            adoptCall::SELECTOR => true,
            transferProxyCall::SELECTOR | removeInstanceCall::SELECTOR => {
                Instance::is_adopted_at(self.arguments.address(1).unwrap_or_default())
            }
            _ => false,
        }
    }
}
