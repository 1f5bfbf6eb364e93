//! The accounts whose code is in use, and what for.

use crate::model::definition::{Definition, Instance};
use crate::model::kinds::ProxyKind;
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::BTreeSet;

/// The role that code is needed for. The order is that in which it is cured: what users call comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Users call it.
    Proxy,
    /// A proxy runs it.
    Implementation,
    /// A proxy runs it while it is paused.
    ComplexProgram,
    /// Every proxy's admin path runs it.
    UpgradeabilityStorage,
    /// A proxy holds it while a migration runs.
    PauseStub,
    /// The registry's front.
    Registry,
    /// A part of the registry.
    RegistryPart,
    /// It passes the registry's orders on to EVM proxies.
    Orders,
    /// A migration runs it.
    Script,
    /// The registry asks it before and after each instance takes a step.
    Check,
    /// A policy asks it.
    Lambda,
    /// It approves.
    Approver,
}

impl Role {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Implementation => "implementation",
            Self::ComplexProgram => "program of a complex migration",
            Self::UpgradeabilityStorage => "UpgradeabilityStorage",
            Self::PauseStub => "pause stub",
            Self::Registry => "registry",
            Self::RegistryPart => "part of the registry",
            Self::Orders => "orders contract",
            Self::Script => "migration script",
            Self::Check => "check of a step",
            Self::Lambda => "lambda",
            Self::Approver => "approver",
        }
    }
}

/// An account whose code users run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The account.
    pub account: Address,
    /// The purpose.
    pub role: Role,
    /// Of which definition, or of which version of it.
    pub of: String,
}

impl Used {
    /// Returns what users of an instance run: the proxy, and the implementation at that account.
    pub fn by(instance: &Instance, implementation: Address) -> [Self; 2] {
        let (name, version) = (&instance.definition, &instance.version);
        [
            Self {
                account: instance.proxy,
                role: Role::Proxy,
                of: name.clone(),
            },
            Self {
                account: implementation,
                role: Role::Implementation,
                of: format!("{name} {version}"),
            },
        ]
    }
}

/// The definition, kind, version and implementation of a proxy that was examined.
type ProxyKey = (String, ProxyKind, String, Option<Address>);

/// Chooses the instances whose code is examined: of the framework's proxies, which share their code, the first of each
/// definition, kind, version and implementation; of adopted proxies, and of those that do not answer, each.
#[derive(Debug, Default)]
pub struct ProxySamples(BTreeSet<ProxyKey>);

impl ProxySamples {
    /// Returns true if the code of this proxy, which runs `implementation`, was not examined with another one.
    pub fn needs(&mut self, instance: &Instance, implementation: Option<Address>) -> bool {
        let (definition, version) = (instance.definition.clone(), instance.version.clone());
        let answers = implementation.is_some_and(|code| !code.is_zero());
        let shares_code = answers && !instance.kind.is_adopted();
        let key = (definition, instance.kind, version, implementation);
        self.0.insert(key) || !shares_code
    }
}

impl Definition {
    /// Lists what users of its instances run, as it was recorded.
    pub fn used(&self) -> Vec<Used> {
        self.used_by(self.instances.iter())
    }

    /// The same, of the proxies of one kind and version the first.
    pub fn used_once(&self) -> Vec<Used> {
        let mut known = BTreeSet::new();
        let first = |instance: &&Instance| known.insert((instance.kind, instance.version.clone()));
        self.used_by(self.instances.iter().filter(first))
    }

    fn used_by<'a>(&self, instances: impl Iterator<Item = &'a Instance>) -> Vec<Used> {
        let used = instances.flat_map(|instance| {
            let code = self
                .version(&instance.version)
                .map(|version| version.code.implementation);
            let used = Used::by(instance, code.unwrap_or_default());
            used.into_iter().take(1 + usize::from(code.is_some()))
        });
        used.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kinds::InstanceState;

    #[test]
    fn proxies_that_share_their_code_are_examined_once_and_all_others_each() {
        let code = |byte| Some(Address::repeat_byte(byte));
        let mut samples = ProxySamples::default();
        for (proxy, version, kind, implementation, expected) in [
            (1, "1.0", ProxyKind::Wasm, code(9), true),
            (2, "1.0", ProxyKind::Wasm, code(9), false),
            (3, "1.0", ProxyKind::Evm, code(9), true),
            (4, "2.0", ProxyKind::Wasm, code(9), true),
            // it runs the pause stub
            (5, "1.0", ProxyKind::Wasm, code(8), true),
            // proxies that do not answer, such as one without code
            (6, "1.0", ProxyKind::Wasm, None, true),
            (7, "1.0", ProxyKind::Wasm, None, true),
            (8, "1.0", ProxyKind::Wasm, Some(Address::ZERO), true),
            (9, "1.0", ProxyKind::Wasm, Some(Address::ZERO), true),
            // others chose the code of each
            (10, "1.0", ProxyKind::Uups, code(9), true),
            (11, "1.0", ProxyKind::Uups, code(9), true),
        ] {
            let instance = Instance {
                proxy: Address::with_last_byte(proxy),
                definition: "A".into(),
                version: version.into(),
                kind,
                state: InstanceState::Live,
            };
            assert_eq!(
                samples.needs(&instance, implementation),
                expected,
                "{proxy}"
            );
        }
    }
}
