//! Requests: every governed call, generated at random and resolved against the existing versions and instances.

use alloy::primitives::{Address, B256, Bytes};
use proptest::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration::startMigrationCall;
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};
use stylus_upgrades_tests::abi::IHostile;

use super::contract::{Contract, Does, FAILURE, NAME, Outcome};
use super::policy::Policy;
use crate::registry::fixture::{account, initial_step, step};
use crate::review::fixture::data;

/// Roles whose policies are changed, each with its definition.
const ROLES: [(&str, &str); 6] = [
    (NAME, "migrate"),
    (NAME, "policy"),
    (NAME, "create"),
    (NAME, "audit"),
    (NAME, "pause"),
    ("", "define"),
];
/// Labels that versions may have, and instances that may be created.
const LABELS: u8 = 14;
pub(super) const SALTS: u8 = 9;

/// A governed call.
#[derive(Clone, Debug)]
pub(super) enum Request {
    Define(u8),
    Set(&'static str, &'static str, Policy),
    /// A version: its label, the one that its step leaves, what that does, whether it becomes
    /// current.
    Add(String, String, Does, bool),
    Step(String, String, Does),
    SetHandler(u8, usize),
    Abort(u8),
    /// Pauses, or resumes.
    Pause(bool),
    Create(String, u8),
}

/// A request before it is resolved against the existing versions and instances.
#[derive(Clone, Debug)]
pub(super) enum Draft {
    Define(u8),
    Set(usize, Policy),
    Add(Which, Which, Does, bool),
    Step(Which, Which, Does),
    SetHandler(u8, usize),
    Abort(u8),
    /// What the definition is not, or what it is.
    Pause(bool),
    Create(Which, u8),
}

/// Which version is meant.
#[derive(Clone, Debug)]
pub(super) enum Which {
    None,
    Current,
    Youngest,
    /// The one behind the current one, in order of registration.
    Next,
    /// One that is not there yet.
    New,
    /// One that is there.
    There(u8),
    Any(u8),
}

pub(super) fn draft() -> impl Strategy<Value = Draft> {
    let does = || {
        prop_oneof![
            3 => Just(Does::Nothing),
            3 => Just(Does::Works),
            1 => Just(Does::Fails),
            4 => Just(Does::Complex),
        ]
    };
    let from = || {
        prop_oneof![
            8 => Just(Which::Current),
            2 => Just(Which::Youngest),
            1 => Just(Which::None),
            1 => (0..LABELS).prop_map(Which::There),
            1 => (0..LABELS).prop_map(Which::Any),
        ]
    };
    let older = || (0..LABELS).prop_map(Which::There);
    let to = || {
        prop_oneof![
            6 => Just(Which::New),
            3 => Just(Which::Next),
            1 => (0..LABELS).prop_map(Which::Any),
        ]
    };
    let there = || {
        prop_oneof![
            4 => Just(Which::Current),
            2 => Just(Which::Youngest),
            3 => (0..LABELS).prop_map(Which::There),
            1 => (0..LABELS).prop_map(Which::Any),
        ]
    };
    let policy = crate::registry::model::policy::policy;
    prop_oneof![
        1 => (0u8..4).prop_map(Draft::Define),
        5 => (0..ROLES.len(), policy()).prop_map(|(role, policy)| Draft::Set(role, policy)),
        6 => (to(), from(), does(), any::<bool>())
            .prop_map(|(to, from, does, current)| Draft::Add(to, from, does, current)),
        6 => (there(), older(), does()).prop_map(|(to, from, does)| Draft::Step(to, from, does)),
        4 => (0..SALTS, 0usize..5).prop_map(|(which, handler)| Draft::SetHandler(which, handler)),
        4 => (0..SALTS).prop_map(Draft::Abort),
        1 => prop::bool::weighted(0.9).prop_map(Draft::Pause),
        5 => (there(), 0..SALTS).prop_map(|(version, salt)| Draft::Create(version, salt)),
    ]
}

impl Draft {
    /// The request, resolved against the existing versions and instances.
    pub(super) fn resolve(self, contract: &Contract, targets: &Targets) -> Request {
        let label = |which| label(contract, &which);
        let migrating = |which| targets.pick(contract, which, true);
        // a pause that lasted would leave little to compare
        let ends_pause = !matches!(self, Self::Pause(_) | Self::Define(_) | Self::Create(..));
        if contract.is_paused() && ends_pause {
            return Request::Pause(false);
        }
        match self {
            Self::Define(n) => Request::Define(n),
            Self::Set(role, policy) => {
                let (name, role) = ROLES[role];
                Request::Set(name, role, policy)
            }
            Self::Add(to, from, does, current) => {
                let (to, from) = (label(to), label(from));
                // one that is there is meant as it was added
                let known = contract.index_of(&to).checked_sub(1);
                let way = known.and_then(|known| contract.versions[known].incoming.first());
                match way {
                    Some((leaves, does)) => {
                        let from = contract.label_of(*leaves).to_owned();
                        Request::Add(to, from, *does, current)
                    }
                    None if from.is_empty() => Request::Add(to, from, Does::Nothing, current),
                    None => Request::Add(to, from, does, current),
                }
            }
            Self::Step(to, from, does) => Request::Step(label(to), label(from), does),
            Self::SetHandler(which, handler) => Request::SetHandler(migrating(which), handler),
            Self::Abort(which) => Request::Abort(migrating(which)),
            Self::Pause(right) => Request::Pause(contract.is_paused() != right),
            Self::Create(version, salt) => Request::Create(label(version), salt),
        }
    }
}

/// The label of a version.
pub(super) fn label(contract: &Contract, which: &Which) -> String {
    let all = contract.versions.len();
    let unused = || {
        let mut labels = (0..LABELS).map(|n| n.to_string());
        let unused = labels.find(|label| contract.index_of(label) == 0);
        unused.unwrap_or_else(|| "0".into())
    };
    match which {
        Which::None => String::new(),
        Which::Current => contract.label_of(contract.current).into(),
        Which::Youngest => contract.label_of(all).into(),
        Which::Next if contract.current < all => contract.label_of(contract.current + 1).into(),
        Which::Next | Which::New => unused(),
        Which::There(n) => contract.label_of(usize::from(*n) % (all + 1)).into(),
        Which::Any(n) => n.to_string(),
    }
}

/// The accounts that the calls concern.
#[derive(Clone, Debug)]
pub(super) struct Targets {
    /// The code of all versions.
    pub(super) code: Code,
    /// The program of all complex steps.
    pub(super) program: Code,
    /// Where the instances will be, by salt.
    pub(super) proxies: Vec<Address>,
}

impl Targets {
    fn step(&self, from: &str, does: Does) -> Step {
        let work = |call: Bytes| step(from, 4, call);
        match does {
            Does::Nothing if from.is_empty() => initial_step(),
            Does::Nothing => step(from, 0, Bytes::new()),
            Does::Works => work(data(&IHostile::actCall { actions: vec![] })),
            Does::Fails => {
                let failure = vec![FAILURE].into();
                work(data(&IHostile::revertWithCall { data: failure }))
            }
            Does::Complex => Step {
                script: self.program.implementation,
                scriptCodehash: self.program.codehash,
                ..step(
                    from,
                    3,
                    data(&startMigrationCall {
                        handler: account(0),
                    }),
                )
            },
        }
    }

    /// The salt of an instance that is in a complex step, or in none, if there is one; now and then
    /// any salt.
    pub(super) fn pick(&self, contract: &Contract, which: u8, migrating: bool) -> u8 {
        let fits = |proxy: &Address| {
            let found = contract.instance(*proxy).ok();
            found.is_some_and(|at| contract.instances[at].complex.is_some() == migrating)
        };
        let salts = (0..SALTS).filter(|salt| fits(&self.proxy(*salt)));
        let salts: Vec<u8> = salts.collect();
        if salts.is_empty() || which == 0 {
            return which;
        }
        salts[usize::from(which) % salts.len()]
    }

    /// The instance that was or will be created with that salt.
    pub(super) fn proxy(&self, salt: u8) -> Address {
        self.proxies[usize::from(salt)]
    }
}

impl Request {
    /// The definition and the role that it asks for.
    pub(super) fn role(&self) -> (&'static str, &'static str) {
        match self {
            Self::Define(_) => ("", "define"),
            Self::Set(name, ..) => (name, "policy"),
            Self::Add(..) | Self::Step(..) | Self::SetHandler(..) | Self::Abort(_) => {
                (NAME, "migrate")
            }
            Self::Pause(_) => (NAME, "pause"),
            Self::Create(..) => (NAME, "create"),
        }
    }

    /// Its name, for the counts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Define(_) => "createDefinition",
            Self::Set(..) => "setPolicy",
            Self::Add(.., false) => "addVersion",
            Self::Add(.., true) => "migrate",
            Self::Step(..) => "addStep",
            Self::SetHandler(..) => "setHandler",
            Self::Abort(_) => "abortMigration",
            Self::Pause(true) => "pause",
            Self::Pause(false) => "resume",
            Self::Create(..) => "createProxy",
        }
    }

    pub(super) fn calldata(&self, targets: &Targets) -> Bytes {
        let name = || NAME.to_owned();
        match self.clone() {
            Self::Define(n) => {
                let everything = crate::registry::fixture::is(account(0));
                data(&IRegistry::createDefinitionCall {
                    name: format!("B{n}"),
                    migratePolicy: everything.clone(),
                    policyPolicy: everything.clone(),
                    createPolicy: everything,
                })
            }
            Self::Set(name, role, policy) => data(&IRegistry::setPolicyCall {
                name: name.into(),
                role: role.into(),
                expression: policy.text(),
            }),
            Self::Add(version, from, does, current) => {
                let (code, step) = (targets.code.clone(), targets.step(&from, does));
                let add = IRegistry::addVersionCall {
                    name: name(),
                    version,
                    code,
                    step,
                };
                if current {
                    data(&IRegistry::migrateCall {
                        name: add.name,
                        version: add.version,
                        code: add.code,
                        step: add.step,
                    })
                } else {
                    data(&add)
                }
            }
            Self::Step(version, from, does) => data(&IRegistry::addStepCall {
                name: name(),
                version,
                step: targets.step(&from, does),
            }),
            Self::SetHandler(which, handler) => data(&IRegistry::setHandlerCall {
                name: name(),
                proxy: targets.proxy(which),
                handler: account(handler),
            }),
            Self::Abort(which) => data(&IRegistry::abortMigrationCall {
                name: name(),
                proxy: targets.proxy(which),
            }),
            Self::Pause(true) => data(&IRegistry::pauseCall { name: name() }),
            Self::Pause(false) => data(&IRegistry::resumeCall { name: name() }),
            Self::Create(version, salt) => data(&IRegistry::createProxyCall {
                name: name(),
                version,
                kind: 0,
                salt: B256::repeat_byte(salt + 1),
                initData: Bytes::new(),
            }),
        }
    }

    /// The complex step that it is about, by instance and number.
    pub(super) fn about(&self, contract: &Contract, targets: &Targets) -> Option<(Address, usize)> {
        match self {
            Self::SetHandler(which, _) | Self::Abort(which) => {
                let proxy = targets.proxy(*which);
                Some((proxy, contract.complex_step(proxy)))
            }
            _ => None,
        }
    }

    /// What the registry refuses before anybody's approval counts.
    pub(super) fn refused(
        &self,
        contract: &Contract,
        defined: &[u8],
        targets: &Targets,
    ) -> Outcome {
        use alloy::sol_types::SolError;
        if matches!(self, Self::Add(.., true) | Self::Create(..)) {
            contract.require_live()?;
        }
        match self {
            Self::Pause(pause) => match (pause, contract.is_paused()) {
                (true, true) if contract.lagging() == 0 => contract.require_live(),
                (false, false) => {
                    let name = NAME.into();
                    Err(IRegistry::DefinitionNotPaused { name }.abi_encode().into())
                }
                _ => Ok(()),
            },
            Self::Define(n) if defined.contains(n) => {
                let name = format!("B{n}");
                Err(IRegistry::DefinitionExists { name }.abi_encode().into())
            }
            Self::Define(_) | Self::Set(..) => Ok(()),
            Self::Add(label, ..) if label.is_empty() => unreachable!("every draft has one"),
            Self::Add(label, from, does, true) => contract.becomes_current(label, from, *does),
            Self::Add(label, from, does, false) => {
                if contract.index_of(label) == 0 {
                    contract.first_way(label, from, *does)
                } else {
                    Err(contract.exists(label))
                }
            }
            Self::Step(label, from, _) => contract.another_way(label, from),
            Self::SetHandler(which, _) => contract.migrating(targets.proxy(*which), true).map(drop),
            Self::Abort(which) => contract.migrating(targets.proxy(*which), false).map(drop),
            Self::Create(label, salt) => {
                contract.version(label)?;
                let proxy = targets.proxy(*salt);
                if contract.instance(proxy).is_ok() {
                    return Err(IRegistry::ProxyExists { proxy }.abi_encode().into());
                }
                Ok(())
            }
        }
    }

    /// What it does to the contract once it is approved.
    pub(super) fn execute(&self, contract: &mut Contract, targets: &Targets) -> Outcome {
        match self {
            Self::Define(_) | Self::SetHandler(..) => {}
            Self::Set(name, ..) => contract.sequence += u64::from(*name == NAME),
            Self::Add(label, from, does, current) => {
                if contract.index_of(label) == 0 {
                    contract.add(label, from, *does);
                }
                if *current {
                    contract.activate(label)?;
                }
            }
            Self::Step(label, from, does) => contract.add_way(label, from, *does),
            Self::Abort(which) => {
                let position = contract.migrating(targets.proxy(*which), false)?;
                contract.turn_back(position);
            }
            Self::Pause(pause) => contract.pause_or_resume(*pause),
            Self::Create(label, salt) => contract.create(targets.proxy(*salt), label),
        }
        Ok(())
    }
}
