//! Every account whose code the registry and its instances need, and what for.

use super::policies::PolicyMembers;
use super::required_versions::RequiredVersions;
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
pub(super) trait InventoryExt {
    /// Adds the approvers and lambdas of policies.
    async fn add_members(
        &mut self,
        client: &Client,
        members: &[PolicyMembers],
    ) -> Result<(), ChainError>;
    /// Adds implementations, scripts and programs that were registered, or wait to be, as of `now`, Unix seconds.
    fn add_definition(&mut self, definition: &Definition, now: u64);
    /// Adds the proxies of a definition, and what they hold now.
    async fn add_proxies(
        &mut self,
        subject: Subject<'_>,
        definition: &Definition,
    ) -> Result<(), ChainError>;
}

impl InventoryExt for Inventory {
    async fn add_members(
        &mut self,
        client: &Client,
        members: &[PolicyMembers],
    ) -> Result<(), ChainError> {
        for members in members {
            let title = members.title.as_str();
            for (address, recorded) in &members.lambdas {
                self.add(*address, Some(*recorded), Role::Lambda, title, true);
            }
            for address in &members.approvers {
                if !client.code(*address).await?.is_empty() {
                    self.add(*address, None, Role::Approver, title, true);
                }
            }
        }
        Ok(())
    }

    fn add_definition(&mut self, definition: &Definition, now: u64) {
        let required = RequiredVersions::new(definition, now);
        let name = definition.title();
        for version in &definition.versions {
            let label = version.version.as_str();
            let (code, is_needed) = (&version.code, required.has_version(label));
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
                    role_of_script(step),
                    &format!("{name} {} → {label}", step.from),
                    required.has_step(&step.from, label),
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
                    ("script" | "check", Some((_, _, step))) => role_of_script(step),
                    _ => Role::Implementation,
                };
                let user = format!("an open action of {name}");
                self.add(address, Some(hash), role, &user, true);
            }
        }
    }

    async fn add_proxies(
        &mut self,
        subject: Subject<'_>,
        definition: &Definition,
    ) -> Result<(), ChainError> {
        let (client, framework) = (subject.registry.client, subject.framework);
        let instances = &definition.instances;
        let implementations = read_implementations(subject, definition).await?;
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
            let (proxy, title) = (instance.proxy, definition.title());
            let known = framework.proxy_codehash(instance.kind);
            let is_known = known.is_some() && hash == known;
            if hash.is_some() && !is_known && !instance.kind.is_adopted() {
                self.unknown_proxies.insert(proxy);
            }
            let recorded = known.filter(|_| self.is_known || is_known);
            self.add(proxy, recorded, Role::Proxy, title, true);
            if is_known {
                self.admin_path(framework, title);
            }
            if is_known && instance.kind == ProxyKind::Evm {
                let orders = &framework.orders;
                self.add(
                    orders.address,
                    Some(orders.codehash()),
                    Role::Orders,
                    title,
                    true,
                );
            }
            let role = if definition.begun.contains_key(&proxy) {
                Role::ComplexProgram
            } else if instance.state == InstanceState::Paused {
                Role::PauseStub
            } else {
                Role::Implementation
            };
            if !held.is_zero() {
                let user = format!("{title} instance {proxy}");
                self.add(held, None, role, &user, true);
            }
        }
        Ok(())
    }
}

/// Reads the implementations that the instances of a definition report; none where the registry does not run.
async fn read_implementations(
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

/// The role of the contract that a step names.
fn role_of_script(step: &Step) -> Role {
    match named(step) {
        Named::Check(_) => Role::Check,
        _ if runs(step) == StepKind::Complex => Role::ComplexProgram,
        _ => Role::Script,
    }
}
