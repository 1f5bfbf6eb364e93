//! Every account whose code the registry and its instances need, and what for.

use super::AT_ONCE;
use super::needed::Needed;
use super::policies::Voices;
use super::subject::Subject;
use crate::build::Framework;
use crate::client::{ChainError, Client};
use crate::governance::Call;
use crate::ids::CodeHash;
use crate::model::{Definition, Role};
use crate::model::{InstanceState, ProxyKind, StepKind};
use crate::registry::{Named, named, runs};
use alloy::primitives::Address;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::parts::PARTS;
use stylus_upgrades_interface::registry::Step;
use stylus_upgrades_interface::slots;

/// One purpose of an account's code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Use {
    /// What it is needed for.
    pub role: Role,
    /// Of whom.
    pub of: String,
    /// Whether an instance, the registry or an open action needs it now. What only a way back or a new
    /// instance of an old version would need is not.
    pub needed: bool,
}

/// An account whose code is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Where it is.
    pub address: Address,
    /// The code hash that was recorded for it.
    pub recorded: Option<CodeHash>,
    /// What for.
    pub uses: Vec<Use>,
}

/// What was recorded of accounts, and proxies whose code is not known.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    accounts: BTreeMap<Address, Account>,
    /// Proxies with other code than this program would give them.
    pub(super) unknown_proxies: BTreeSet<Address>,
    /// Whether the registry is the framework's that is known here.
    pub(super) is_known: bool,
}

impl Inventory {
    /// Who approves, and what is asked.
    pub(super) async fn voices(
        &mut self,
        client: &Client,
        voices: &[Voices],
    ) -> Result<(), ChainError> {
        for voices in voices {
            for (address, recorded) in &voices.lambdas {
                self.add(*address, Some(*recorded), Role::Lambda, &voices.of, true);
            }
            for address in &voices.approvers {
                if !client.code(*address).await?.is_empty() {
                    self.add(*address, None, Role::Approver, &voices.of, true);
                }
            }
        }
        Ok(())
    }

    /// The accounts, those that users depend on first.
    pub(super) fn into_accounts(self) -> Vec<Account> {
        let mut all: Vec<_> = self.accounts.into_values().collect();
        for account in &mut all {
            account.uses.sort();
            account.uses.dedup();
        }
        all.sort_by_key(|account| account.uses.first().map(|one| one.role));
        all
    }

    /// One more purpose of an account's code.
    pub(super) fn add(
        &mut self,
        address: Address,
        recorded: Option<CodeHash>,
        role: Role,
        of: &str,
        needed: bool,
    ) {
        let account = self.accounts.entry(address).or_insert(Account {
            address,
            recorded: None,
            uses: Vec::new(),
        });
        account.recorded = account.recorded.or(recorded);
        account.uses.push(Use {
            role,
            of: of.into(),
            needed,
        });
    }

    /// The registry itself, and its parts.
    pub(super) async fn front(
        &mut self,
        subject: Subject<'_>,
        parts: &[Address],
    ) -> Result<(), ChainError> {
        let (client, framework) = (subject.registry.client, subject.framework);
        let known: Vec<Address> = framework.parts.iter().map(|part| part.address).collect();
        self.is_known = known == parts;
        let pinned = self.is_known.then(|| framework.registry.codehash());
        self.add(
            subject.registry.address,
            pinned,
            Role::Registry,
            "the registry",
            true,
        );
        for ((address, part), own) in parts.iter().zip(PARTS).zip(&framework.parts) {
            let pinned = self.is_known.then(|| own.artifact.codehash());
            self.add(*address, pinned, Role::RegistryPart, part.package, true);
        }
        // New proxies need the copy that is only there to be activated.
        let copy = framework.proxy.address;
        if self.is_known && !client.code(copy).await?.is_empty() {
            let hash = framework.proxy.artifact.codehash();
            self.add(copy, Some(hash), Role::Proxy, "new instances", true);
            self.admin_path(framework, "new instances");
        }
        Ok(())
    }

    /// What every proxy of the framework delegates to beside its implementation.
    fn admin_path(&mut self, framework: &Framework, of: &str) {
        let storage = &framework.storage;
        let hash = Some(storage.artifact.codehash());
        self.add(storage.address, hash, Role::UpgradeabilityStorage, of, true);
        let hash = Some(CodeHash::of(&framework.stub.code));
        self.add(framework.stub.address, hash, Role::PauseStub, of, true);
    }

    /// Implementations, scripts and programs that were registered, or wait to be, as of `now`, Unix seconds.
    pub(super) fn definition(&mut self, definition: &Definition, now: u64) {
        let needed = Needed::of(definition, now);
        let name = definition.title();
        for version in &definition.versions {
            let label = version.version.as_str();
            let (code, is_needed) = (&version.code, needed.has_version(label));
            self.add(
                code.implementation,
                Some(code.codehash),
                Role::Implementation,
                &format!("{name} {label}"),
                is_needed,
            );
            for step in version.steps.iter().filter(|step| !step.script.is_zero()) {
                self.add(
                    step.script,
                    Some(step.scriptCodehash.into()),
                    script(step),
                    &format!("{name} {} → {label}", step.from),
                    needed.has_step(&step.from, label),
                );
            }
        }
        for (_, action) in definition.pending(now) {
            let Ok(call) = Call::decode(&action.call) else {
                continue;
            };
            let version = call.version();
            let is_superseded = version.is_some_and(|(label, code, _)| {
                let mut versions = definition.versions.iter();
                let known = versions.find(|known| known.version == label);
                known.zip(code).is_some_and(|(known, code)| {
                    let key = (known.code.implementation, known.code.codehash);
                    key != (code.implementation, code.codehash.into())
                })
            });
            if is_superseded {
                continue; // nothing ever runs it
            }
            for (what, address, hash) in call.subjects() {
                let role = match (what, version) {
                    ("script" | "check", Some((_, _, step))) => script(step),
                    _ => Role::Implementation,
                };
                let of = format!("an open action of {name}");
                self.add(address, Some(hash), role, &of, true);
            }
        }
    }

    /// The proxies of a definition, and what they hold now.
    pub(super) async fn proxies(
        &mut self,
        subject: Subject<'_>,
        definition: &Definition,
    ) -> Result<(), ChainError> {
        let (client, framework) = (subject.registry.client, subject.framework);
        let instances = &definition.instances;
        let queries = instances.iter().map(async |instance| {
            let proxy = instance.proxy;
            let word = client.storage(proxy, slots::IMPLEMENTATION).await?;
            Ok::<_, ChainError>((client.codehash(proxy).await?, word))
        });
        let answers = stream::iter(queries).buffered(AT_ONCE);
        let answers: Vec<_> = answers.try_collect().await?;
        for (instance, (hash, word)) in instances.iter().zip(answers) {
            let (proxy, of) = (instance.proxy, definition.title());
            let known = framework.proxy_codehash(instance.kind);
            let is_known = known.is_some() && hash == known;
            if hash.is_some() && !is_known && !instance.kind.is_adopted() {
                self.unknown_proxies.insert(proxy);
            }
            let recorded = known.filter(|_| self.is_known || is_known);
            self.add(proxy, recorded, Role::Proxy, of, true);
            if is_known {
                self.admin_path(framework, of);
            }
            if is_known && instance.kind == ProxyKind::Evm {
                let orders = &framework.orders;
                self.add(
                    orders.address,
                    Some(orders.codehash()),
                    Role::Orders,
                    of,
                    true,
                );
            }
            let held = Address::from_word(word);
            let role = match definition.begun.contains_key(&proxy) {
                true => Role::ComplexProgram,
                false if instance.state == InstanceState::Paused => Role::PauseStub,
                false => Role::Implementation,
            };
            if !held.is_zero() {
                self.add(held, None, role, &format!("{of} instance {proxy}"), true);
            }
        }
        Ok(())
    }
}

/// What the contract is that a step names.
fn script(step: &Step) -> Role {
    match named(step) {
        Named::Check(_) => Role::Check,
        _ if runs(step) == StepKind::Complex => Role::ComplexProgram,
        _ => Role::Script,
    }
}
