//! Every account whose code the registry and its instances need, and what for.

use super::needed::Needed;
use super::policies::Voices;
use crate::client::{ChainError, Client};
use crate::expiry::{Inventory, Subject};
use crate::governance::Call;
use crate::model::{Definition, Role};
use crate::model::{INSTANCE_PAGE, InstanceState, ListedInstance, ProxyKind, StepKind};
use crate::questions::ask_all;
use crate::registry::{Named, implementation_of, named, runs};
use alloy::primitives::Address;
use futures::try_join;
use std::collections::BTreeMap;
use stylus_upgrades_interface::registry::Step;

/// Adds what a registry and its instances need.
pub(super) trait Needs {
    /// Adds who approves, and what is asked.
    async fn voices(&mut self, client: &Client, voices: &[Voices]) -> Result<(), ChainError>;
    /// Implementations, scripts and programs that were registered, or wait to be, as of `now`, Unix seconds.
    fn definition(&mut self, definition: &Definition, now: u64);
    /// The proxies of a definition, and what they hold now.
    async fn proxies(
        &mut self,
        subject: Subject<'_>,
        definition: &Definition,
    ) -> Result<(), ChainError>;
}

impl Needs for Inventory {
    async fn voices(&mut self, client: &Client, voices: &[Voices]) -> Result<(), ChainError> {
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

    fn definition(&mut self, definition: &Definition, now: u64) {
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

    async fn proxies(
        &mut self,
        subject: Subject<'_>,
        definition: &Definition,
    ) -> Result<(), ChainError> {
        let (client, framework) = (subject.registry.client, subject.framework);
        let instances = &definition.instances;
        let implementations = shown_implementations(subject, definition).await?;
        let queries = instances.iter().map(async |instance| {
            let implementation = implementations.get(&instance.proxy).copied();
            let listed = ListedInstance {
                instance: instance.clone(),
                implementation: implementation.flatten(),
            };
            try_join!(
                client.codehash(instance.proxy),
                implementation_of(client, &listed)
            )
        });
        let answers = ask_all(queries).await?;
        for (instance, (hash, held)) in instances.iter().zip(answers) {
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

/// Asks what the instances of a definition answer that they run; none where the registry does not run.
async fn shown_implementations(
    subject: Subject<'_>,
    definition: &Definition,
) -> Result<BTreeMap<Address, Option<Address>>, ChainError> {
    let name = &definition.name;
    let page =
        subject
            .registry
            .listed_instances(name, 0..definition.instances.len(), INSTANCE_PAGE);
    let listed = match page.await {
        Err(error) if error.is_no_answer() => Vec::new(),
        listed => listed?,
    };
    let shown = listed
        .into_iter()
        .map(|listed| (listed.instance.proxy, listed.implementation));
    Ok(shown.collect())
}

/// Returns what the contract is that a step names.
fn script(step: &Step) -> Role {
    match named(step) {
        Named::Check(_) => Role::Check,
        _ if runs(step) == StepKind::Complex => Role::ComplexProgram,
        _ => Role::Script,
    }
}
