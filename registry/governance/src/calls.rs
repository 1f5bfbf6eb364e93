//! The governed calls: which definition and role they are about, and what can be refused
//! before anybody approves. The same checks run again when the call is executed.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    authority::{self, role},
    birth,
    chain::{Fault, Reverts, arguments, code_hash, has_code},
    label,
    runnable::{self, same_code},
    state::{Definition, Version},
};
use stylus_upgrades_interface::{
    limits::STEP_DATA_MAX,
    reasons::{invalid_step as reason, proxy_kind, step as kind},
    registry::{
        Code,
        IRegistry::{
            self, DefinitionExists, InvalidStep, NotSupported, ProxyExists, VersionExists,
        },
        Step,
    },
};

/// A governed call with its arguments.
pub(crate) enum Call {
    CreateDefinition(IRegistry::createDefinitionCall),
    AddVersion(IRegistry::addVersionCall),
    AddStep(IRegistry::addStepCall),
    Migrate(IRegistry::migrateCall),
    SetPolicy(IRegistry::setPolicyCall),
    CreateProxy(IRegistry::createProxyCall),
}

/// Code and script that an action is about; empty accounts where it is about none.
pub(crate) type Subject = [(Address, B256); 2];

impl Call {
    /// Decodes the calldata of a governed call; any other reverts without data.
    pub(crate) fn decode(calldata: &[u8]) -> Reverts<Self> {
        let selector = calldata.first_chunk().ok_or_else(|| Fault(Vec::new()))?;
        Ok(match *selector {
            IRegistry::createDefinitionCall::SELECTOR => {
                Self::CreateDefinition(arguments(calldata)?)
            }
            IRegistry::addVersionCall::SELECTOR => Self::AddVersion(arguments(calldata)?),
            IRegistry::addStepCall::SELECTOR => Self::AddStep(arguments(calldata)?),
            IRegistry::migrateCall::SELECTOR => Self::Migrate(arguments(calldata)?),
            IRegistry::setPolicyCall::SELECTOR => Self::SetPolicy(arguments(calldata)?),
            IRegistry::createProxyCall::SELECTOR => Self::CreateProxy(arguments(calldata)?),
            _ => return Err(Fault(Vec::new())),
        })
    }

    /// The definition whose role it asks for.
    pub(crate) fn definition(&self) -> Reverts<Definition> {
        let name = match self {
            Self::CreateDefinition(_) => return Ok(Definition::of("")?),
            Self::SetPolicy(call) => return Ok(Definition::of(&call.name)?),
            Self::AddVersion(call) => &call.name,
            Self::AddStep(call) => &call.name,
            Self::Migrate(call) => &call.name,
            Self::CreateProxy(call) => &call.name,
        };
        label::check(name)?; // the registry itself has no versions
        Ok(Definition::of(name)?)
    }

    /// The role that it asks for.
    pub(crate) fn role(&self) -> &'static str {
        match self {
            Self::CreateDefinition(_) => role::DEFINE,
            Self::AddVersion(_) | Self::AddStep(_) | Self::Migrate(_) => role::MIGRATE,
            Self::SetPolicy(_) => role::POLICY,
            Self::CreateProxy(_) => role::CREATE,
        }
    }

    /// Whether value may come with it.
    pub(crate) fn is_payable(&self) -> bool {
        matches!(self, Self::CreateProxy(_))
    }

    /// Refuses what could not be executed now.
    pub(crate) fn check(&self, definition: &Definition) -> Reverts<()> {
        match self {
            Self::CreateDefinition(call) => create_definition(call),
            Self::AddVersion(call) => {
                label::check(&call.version)?;
                is_new(definition, &call.version)?;
                first_way(definition, &call.version, &call.step)?;
                code(&call.code)?;
                script(&call.step)
            }
            Self::AddStep(call) => {
                let version = definition.version(&call.version)?;
                another_way(definition, &version, &call.step)?;
                script(&call.step)
            }
            Self::Migrate(call) => migrate(definition, call),
            Self::SetPolicy(call) => {
                label::check(&call.role)?;
                authority::check_change(definition, &call.role, &call.expression)?;
                Ok(())
            }
            Self::CreateProxy(call) => create_proxy(definition, call),
        }
    }

    /// The code and the script that it is about.
    pub(crate) fn subject(&self, definition: &Definition) -> Reverts<Subject> {
        let pair = |code: &Code, step: &Step| {
            [
                (code.implementation, code.codehash),
                (step.script, step.scriptCodehash),
            ]
        };
        Ok(match self {
            Self::CreateDefinition(_) | Self::SetPolicy(_) => Subject::default(),
            Self::AddVersion(call) => pair(&call.code, &call.step),
            Self::Migrate(call) => pair(&call.code, &call.step),
            Self::AddStep(call) => pair(&definition.version(&call.version)?.code, &call.step),
            Self::CreateProxy(call) => {
                pair(&definition.version(&call.version)?.code, &birth::step())
            }
        })
    }
}

fn create_definition(call: &IRegistry::createDefinitionCall) -> Reverts<()> {
    label::check(&call.name)?;
    if Definition::exists(&call.name) {
        return Err(DefinitionExists {
            name: call.name.clone(),
        }
        .into());
    }
    for expression in [&call.migratePolicy, &call.policyPolicy, &call.createPolicy] {
        authority::check(expression)?;
    }
    Ok(())
}

/// `migrate` adds a version with a step from the current one, or takes one that is there with
/// that very code and step.
fn migrate(definition: &Definition, call: &IRegistry::migrateCall) -> Reverts<()> {
    label::check(&call.version)?;
    let index = definition.index_of(&call.version);
    if index == 0 {
        first_way(definition, &call.version, &call.step)?;
    } else if !is_identical(definition, index, call) || index < definition.current {
        return Err(exists(definition, &call.version));
    }
    let current = definition.label_of(definition.current);
    if index != definition.current && call.step.from != current {
        return Err(invalid(&call.step, &call.version, reason::NOT_FROM_CURRENT));
    }
    code(&call.code)?;
    script(&call.step)
}

/// Whether the version is there with the code and one of the steps of the call.
fn is_identical(definition: &Definition, index: u32, call: &IRegistry::migrateCall) -> bool {
    let version = Version::load(definition.id, index);
    version.code == call.code && version.steps().contains(&call.step)
}

fn create_proxy(definition: &Definition, call: &IRegistry::createProxyCall) -> Reverts<()> {
    definition.version(&call.version)?;
    if call.kind != proxy_kind::WASM {
        return Err(NotSupported {
            what: "proxy kind".into(),
        }
        .into());
    }
    let proxy = birth::address(&call.name, call.kind, call.salt);
    if has_code(code_hash(proxy)) {
        return Err(ProxyExists { proxy }.into());
    }
    Ok(())
}

fn is_new(definition: &Definition, version: &str) -> Reverts<()> {
    if definition.index_of(version) == 0 {
        Ok(())
    } else {
        Err(exists(definition, version))
    }
}

/// The step of a version that is being added.
fn first_way(definition: &Definition, version: &str, step: &Step) -> Reverts<()> {
    if step.from.is_empty() || definition.versions == 0 {
        let empty = step.kind == kind::NONE
            && step.from.is_empty()
            && step.script.is_zero()
            && step.scriptCodehash.is_zero()
            && step.data.is_empty();
        return if empty {
            Ok(())
        } else {
            Err(invalid(step, version, reason::BORN_WITH_MIGRATION))
        };
    }
    if step.from == version {
        return Err(invalid(step, version, reason::NOT_OLDER));
    }
    if definition.index_of(&step.from) == 0 {
        return Err(invalid(step, version, reason::UNKNOWN_FROM));
    }
    shape(step, version)
}

/// A step into a version that is there.
fn another_way(definition: &Definition, version: &Version, step: &Step) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, &version.label, reason));
    let from = definition.index_of(&step.from);
    if from == 0 {
        return refuse(reason::UNKNOWN_FROM);
    }
    if from >= version.index {
        return refuse(reason::NOT_OLDER);
    }
    if version.is_full() || version.ways.contains(&from) {
        return refuse(reason::TOO_MANY_WAYS);
    }
    shape(step, &version.label)
}

/// Kind, script and data fit together.
fn shape(step: &Step, version: &str) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, version, reason));
    match step.kind {
        kind::NONE | kind::CALL | kind::SCRIPT | kind::FOREIGN_CALL => {}
        kind::COMPLEX => {
            return Err(NotSupported {
                what: "complex migrations".into(),
            }
            .into());
        }
        _ => return refuse(reason::UNKNOWN_KIND),
    }
    let scripted = step.kind == kind::SCRIPT;
    if scripted == step.script.is_zero() || (!scripted && !step.scriptCodehash.is_zero()) {
        return refuse(reason::SCRIPT_MISMATCH);
    }
    if (scripted && step.data.is_empty()) || (step.kind == kind::NONE && !step.data.is_empty()) {
        return refuse(reason::DATA_MISMATCH);
    }
    if step.data.len() > STEP_DATA_MAX {
        return refuse(reason::DATA_TOO_LONG);
    }
    Ok(())
}

fn code(code: &Code) -> Reverts<()> {
    runnable::check(code.implementation)?;
    same_code(code.implementation, code.codehash)
}

fn script(step: &Step) -> Reverts<()> {
    if step.kind != kind::SCRIPT {
        return Ok(());
    }
    runnable::check(step.script)?;
    same_code(step.script, step.scriptCodehash)
}

fn invalid(step: &Step, to: &str, reason: u8) -> Fault {
    InvalidStep {
        from: step.from.clone(),
        to: to.into(),
        reason,
    }
    .into()
}

fn exists(definition: &Definition, version: &str) -> Fault {
    VersionExists {
        name: definition.name.clone(),
        version: version.into(),
    }
    .into()
}
