//! The governed calls: which definition and role they are about, and what can be refused
//! before anybody approves. The same checks run again when the call is executed.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    action::Subject,
    authority::{self, Stored, role},
    chain::{RevertData, Reverts, code_hash, has_code},
    create2, errors,
    instances::Instance,
    label,
    runnable::{self, same_code},
    state::{Code, Definition, Step, Version},
};
use stylus_upgrades_interface::{
    complex::IComplexMigration,
    ids::{CodeHash, StepKind as Kind},
    limits::STEP_DATA_MAX,
    parts::IParts::checkCallCall,
    reasons::{invalid_step as reason, proxy_kind},
    registry::IRegistry,
};

use crate::execute::hand_on;

/// A governed call with its arguments.
pub(crate) enum Call<'a> {
    /// `createDefinition`, with the policies of the roles `migrate`, `policy` and `create`
    CreateDefinition {
        name: &'a [u8],
        policies: [&'a [u8]; 3],
    },
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
    /// `setPolicy`
    SetPolicy {
        name: &'a [u8],
        role: &'a [u8],
        expression: &'a [u8],
    },
    /// `setHandler`, `abortMigration` or `handOver`: another part knows whether and how
    OfInstance {
        name: &'a [u8],
        proxy: Address,
        calldata: &'a [u8],
    },
    /// `adopt`: the same
    Adopt {
        name: &'a [u8],
        version: &'a [u8],
        calldata: &'a [u8],
    },
    /// `pause`, or `resume`
    Pause { name: &'a [u8], resume: bool },
    /// `createProxy`
    CreateProxy {
        name: &'a [u8],
        version: &'a [u8],
        kind: u8,
        salt: B256,
    },
}

impl<'a> Call<'a> {
    /// Decodes the calldata of a governed call; any other reverts without data.
    pub(crate) fn decode(calldata: &'a [u8]) -> Reverts<Self> {
        let selector = calldata.first_chunk().ok_or_else(errors::nothing)?;
        let arguments = Reader::arguments(calldata);
        let name = arguments.bytes(0)?;
        let text = |n| arguments.bytes(n);
        Ok(match *selector {
            IRegistry::createDefinitionCall::SELECTOR => Self::CreateDefinition {
                name,
                policies: [text(1)?, text(2)?, text(3)?],
            },
            IRegistry::addVersionCall::SELECTOR | IRegistry::migrateCall::SELECTOR => {
                Self::AddVersion {
                    name,
                    version: text(1)?,
                    code: Code::read(&arguments, 2)?,
                    step: Step::read(&arguments, 6)?,
                    migrate: *selector == IRegistry::migrateCall::SELECTOR,
                }
            }
            IRegistry::addStepCall::SELECTOR => Self::AddStep {
                name,
                version: text(1)?,
                step: Step::read(&arguments, 2)?,
            },
            IRegistry::setPolicyCall::SELECTOR => Self::SetPolicy {
                name,
                role: text(1)?,
                expression: text(2)?,
            },
            IRegistry::setHandlerCall::SELECTOR
            | IRegistry::abortMigrationCall::SELECTOR
            | IRegistry::handOverCall::SELECTOR => Self::OfInstance {
                name,
                proxy: arguments.address(1)?,
                calldata,
            },
            IRegistry::adoptCall::SELECTOR => Self::Adopt {
                name,
                version: text(3)?,
                calldata,
            },
            IRegistry::pauseCall::SELECTOR | IRegistry::resumeCall::SELECTOR => {
                let resume = *selector == IRegistry::resumeCall::SELECTOR;
                Self::Pause { name, resume }
            }
            IRegistry::createProxyCall::SELECTOR => Self::CreateProxy {
                name,
                version: text(1)?,
                kind: arguments.u8(2)?,
                salt: arguments.word(3)?,
            },
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
            | Self::Adopt { name, .. }
            | Self::Pause { name, .. }
            | Self::CreateProxy { name, .. } => {
                label::check(name)?;
                Definition::of(name)
            }
        }
    }

    /// The role that it asks for, with its policy. Unless `pause` is set, any one address of `migrate`
    /// pauses, and the whole policy of `migrate` resumes.
    pub(crate) fn authority(&self, definition: &Definition) -> Reverts<(&'static [u8], Stored)> {
        let role = match self {
            Self::CreateDefinition { .. } => role::DEFINE,
            Self::AddVersion { .. }
            | Self::AddStep { .. }
            | Self::OfInstance { .. }
            | Self::Adopt { .. } => role::MIGRATE,
            Self::SetPolicy { .. } => role::POLICY,
            Self::CreateProxy { .. } => role::CREATE,
            Self::Pause { resume, .. } => match Stored::of(definition, role::PAUSE) {
                Ok(stored) => return Ok((role::PAUSE, stored)),
                Err(_) if *resume => role::MIGRATE,
                Err(_) => {
                    let stored = Stored::of(definition, role::MIGRATE)?;
                    return Ok((role::MIGRATE, stored.any_one()));
                }
            },
        };
        Ok((role, Stored::of(definition, role)?))
    }

    /// Whether a paused definition refuses it.
    pub(crate) fn needs_live(&self) -> bool {
        matches!(
            self,
            Self::AddVersion { migrate: true, .. } | Self::CreateProxy { .. } | Self::Adopt { .. }
        )
    }

    /// Refuses what could not be executed now.
    pub(crate) fn check(&self, definition: &Definition) -> Reverts<()> {
        if self.needs_live() && definition.is_paused() {
            return Err(errors::definition_paused(&definition.name));
        }
        match self {
            Self::CreateDefinition { name, policies } => create_definition(name, policies),
            Self::AddVersion {
                version,
                code,
                step,
                migrate,
                ..
            } => {
                label::check(version)?;
                if *migrate {
                    becomes_current(definition, version, code, step)?;
                } else if definition.index_of(version).is_none() {
                    first_way(definition, version, step)?;
                } else {
                    return Err(errors::version_exists(&definition.name, version));
                }
                runs(code.implementation, code.codehash)?;
                script(step)
            }
            Self::AddStep { version, step, .. } => {
                another_way(definition, &definition.version(version)?, step)?;
                script(step)
            }
            Self::SetPolicy {
                role, expression, ..
            } => {
                label::check(role)?;
                authority::check_change(definition, role, expression).map(|_| ())
            }
            Self::OfInstance { calldata, .. } | Self::Adopt { calldata, .. } => {
                let check = encode(&checkCallCall::SELECTOR, &[(*calldata).into()]);
                hand_on::<checkCallCall>(&check)
            }
            Self::Pause { resume, .. } => match (resume, definition.is_paused()) {
                (false, true) => Err(errors::definition_paused(&definition.name)),
                (true, false) => Err(errors::definition_not_paused(&definition.name)),
                _ => Ok(()),
            },
            Self::CreateProxy {
                name,
                version,
                kind,
                salt,
            } => {
                let index = definition.version(version)?.index;
                if *kind == proxy_kind::BEACON && index != definition.current {
                    return Err(errors::not_supported(b"a beacon proxy not at current"));
                }
                create_proxy(name, *kind, *salt)
            }
        }
    }

    /// The instance that it is about, with its nonce: approvals of it hold for no other.
    pub(crate) fn about(&self) -> Subject {
        let Self::OfInstance { proxy, .. } = self else {
            return Subject::default();
        };
        let nonce = Instance::of(*proxy).map_or(B256::ZERO, |instance| instance.nonce());
        [(*proxy, nonce), Default::default()]
    }

    /// The code and the script that it is about, or the instance.
    pub(crate) fn subject(&self, definition: &Definition) -> Reverts<Subject> {
        let (code, step) = match self {
            Self::CreateDefinition { .. }
            | Self::SetPolicy { .. }
            | Self::OfInstance { .. }
            | Self::Pause { .. } => return Ok(self.about()),
            Self::AddVersion { code, step, .. } => (*code, Some(step)),
            Self::AddStep { version, step, .. } => (definition.version(version)?.code, Some(step)),
            Self::CreateProxy { version, .. } | Self::Adopt { version, .. } => {
                (definition.version(version)?.code, None)
            }
        };
        let script = step.map(|step| (step.script, step.script_codehash.0));
        Ok([
            (code.implementation, code.codehash.0),
            script.unwrap_or_default(),
        ])
    }
}

fn create_definition(name: &[u8], policies: &[&[u8]]) -> Reverts<()> {
    label::check(name)?;
    if Definition::exists(name) {
        return Err(errors::definition_exists(name));
    }
    for expression in policies {
        authority::check(expression)?;
    }
    Ok(())
}

/// `migrate` adds a version with a step from the current one, or takes one that is there with
/// that very code and step.
fn becomes_current(definition: &Definition, label: &[u8], code: &Code, step: &Step) -> Reverts<()> {
    let index = definition.index_of(label);
    if index.is_none() {
        first_way(definition, label, step)?;
    } else {
        let version = Version::load(definition.id, index);
        let identical = version.code == *code && version.steps().contains(step);
        if !identical || index < definition.current {
            return Err(errors::version_exists(&definition.name, label));
        }
    }
    if definition.beacon && step.kind != Kind::NONE {
        return Err(invalid(step, label, reason::BEACON));
    }
    if index != definition.current && step.from != definition.label_of(definition.current) {
        return Err(invalid(step, label, reason::NOT_FROM_CURRENT));
    }
    Ok(())
}

fn create_proxy(name: &[u8], kind: u8, salt: B256) -> Reverts<()> {
    let proxy = create2::address(name, kind, salt)?;
    if has_code(code_hash(proxy)) {
        return Err(errors::proxy_exists(proxy));
    }
    Ok(())
}

/// The step of a version that is being added.
fn first_way(definition: &Definition, version: &[u8], step: &Step) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, version, reason));
    if step.from.is_empty() || definition.versions == 0 {
        return if *step == Step::default() {
            Ok(())
        } else {
            refuse(reason::INITIAL_WITH_MIGRATION)
        };
    }
    if step.from == version {
        return refuse(reason::NOT_OLDER);
    }
    if definition.index_of(&step.from).is_none() {
        return refuse(reason::UNKNOWN_FROM);
    }
    shape(step, version)
}

/// A step into a version that is there.
fn another_way(definition: &Definition, version: &Version, step: &Step) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, &version.label, reason));
    let from = definition.index_of(&step.from);
    if from.is_none() {
        return refuse(reason::UNKNOWN_FROM);
    }
    if from >= version.index {
        return refuse(reason::NOT_OLDER);
    }
    if version.is_full() || version.incoming.contains(&from) {
        return refuse(reason::TOO_MANY_INCOMING_STEPS);
    }
    shape(step, &version.label)
}

/// Kind, script and data fit together.
fn shape(step: &Step, version: &[u8]) -> Reverts<()> {
    let refuse = |reason| Err(invalid(step, version, reason));
    match step.kind {
        Kind::NONE | Kind::CALL | Kind::SCRIPT | Kind::COMPLEX | Kind::FOREIGN_CALL => {}
        _ => return refuse(reason::UNKNOWN_KIND),
    }
    let scripted = matches!(step.kind, Kind::SCRIPT | Kind::COMPLEX);
    if scripted == step.script.is_zero() || (!scripted && step.script_codehash != CodeHash::ZERO) {
        return refuse(reason::SCRIPT_MISMATCH);
    }
    let may_lack_data = matches!(step.kind, Kind::NONE | Kind::CALL);
    if (!may_lack_data && step.data.is_empty())
        || (step.kind == Kind::COMPLEX && !starts_migration(&step.data))
        || (step.kind == Kind::NONE && !step.data.is_empty())
    {
        return refuse(reason::DATA_MISMATCH);
    }
    if step.data.len() > STEP_DATA_MAX {
        return refuse(reason::DATA_TOO_LONG);
    }
    Ok(())
}

/// Whether it is the calldata of `startMigration` with a handler.
fn starts_migration(data: &[u8]) -> bool {
    data.len() == 36
        && data.starts_with(&IComplexMigration::startMigrationCall::SELECTOR)
        && Reader::arguments(data)
            .address(0)
            .is_ok_and(|handler| !handler.is_zero())
}

fn script(step: &Step) -> Reverts<()> {
    if step.script.is_zero() {
        return Ok(());
    }
    runs(step.script, step.script_codehash)
}

/// It can run, and it is what the caller says that it is.
fn runs(account: Address, codehash: CodeHash) -> Reverts<()> {
    runnable::check(account)?;
    same_code(account, codehash)
}

fn invalid(step: &Step, to: &[u8], reason: u8) -> RevertData {
    errors::invalid_step(&step.from, to, reason)
}
