//! The state of a definition as its events give it: fed one by one, in their order.

use crate::client::Revert;
use crate::governance::{Call, role_of};
use crate::ids::ActionId;
use crate::registry::RecordedCode;
use alloy::primitives::{Address, Bytes};
use serde::Serialize;
use std::collections::BTreeMap;
use stylus_registry_core::policy::{Facts, Policy, parse};
use stylus_upgrades_interface::adopted::is_adopted;
use stylus_upgrades_interface::limits::ACTION_LIFETIME;
use stylus_upgrades_interface::reasons::definition_state;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;
use stylus_upgrades_interface::registry::Step;

/// Policies that the registry itself is constructed with: `define` and `policy`.
const INITIAL_VERSION: u32 = 2;
/// Policies that a definition is created with: `migrate`, `policy` and `create`.
const CREATED_WITH: u32 = 3;

/// A definition, rebuilt from its events.
#[derive(Debug, Clone, Default)]
pub struct Rebuilt {
    /// The version that is current.
    pub current: String,
    /// Rises with every version added and every policy changed.
    pub sequence: u64,
    /// Versions in order of registration.
    pub versions: Vec<RebuiltVersion>,
    /// Instances in order of creation.
    pub instances: Vec<RebuiltInstance>,
    /// Policies by role.
    pub policies: BTreeMap<String, String>,
    /// Actions that were neither executed nor cancelled.
    pub open: BTreeMap<ActionId, OpenAction>,
    /// Whether it was paused and not resumed.
    pub paused: bool,
    /// Proxies that it has accepted from another registry, and that have not arrived.
    pub accepted: BTreeMap<Address, AcceptedTransfer>,
    /// To which registry orders are relayed, of EVM proxies that were transferred; zero where they are no more.
    pub relayed: BTreeMap<Address, Address>,
    /// Policies still to come that belong to the creation.
    initial: u32,
    /// Changes of each role's policy since.
    changes: BTreeMap<String, u64>,
}

/// A version, rebuilt.
#[derive(Debug, Clone, Serialize)]
pub struct RebuiltVersion {
    /// Its label.
    pub version: String,
    /// Its code.
    pub code: RecordedCode,
    /// The definition's sequence when it was added.
    pub sequence: u64,
    /// Incoming steps; empty for one that instances are only created at.
    #[serde(skip)]
    pub steps: Vec<Step>,
}

/// An instance, rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuiltInstance {
    /// The proxy.
    pub proxy: Address,
    /// The version it is at.
    pub version: String,
    /// Its kind.
    pub kind: u8,
    /// Whether it is in a complex migration: it runs the migration's program then.
    pub migrating: bool,
    /// Whether it is paused: it runs the pause stub then.
    pub paused: bool,
    /// Why the registry left it as it was, if it has not moved since.
    #[serde(skip)]
    pub skipped: Option<Revert>,
}

/// An acceptance of a transfer, rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AcceptedTransfer {
    /// The registry that the proxy comes from.
    pub registry: Address,
    /// Its kind.
    pub kind: u8,
    /// The version that it is at when it has arrived.
    pub version: String,
}

/// An action that waits, rebuilt.
#[derive(Debug, Clone, Default)]
pub struct OpenAction {
    /// Who proposed it.
    pub proposer: Address,
    /// What it does.
    pub call: Bytes,
    /// The role that it asks for.
    pub role: String,
    /// What its approvals are bound to.
    pub epoch: u64,
    /// Unix seconds at which it was proposed.
    pub opened: u64,
    /// Unix seconds up to which it can be executed.
    pub expires: u64,
    /// Who approves it.
    pub approved: Vec<Address>,
    timelocks: Vec<u64>,
}

/// An instance that is not what its definition is: a rollout has not reached it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlike {
    /// The proxy.
    pub proxy: Address,
    /// What it is: `live` or `paused`.
    pub state: &'static str,
    /// What its definition is.
    pub wanted: &'static str,
}

impl Rebuilt {
    /// Instances that are live in a paused definition, or paused in a live one. Those in a complex
    /// migration are neither.
    pub fn unlike(&self) -> Vec<Unlike> {
        let word = |paused| if paused { "paused" } else { "live" };
        let own = self.instances.iter().filter(|one| !one.migrating);
        own.filter(|one| one.paused != self.paused)
            .map(|one| Unlike {
                proxy: one.proxy,
                state: word(one.paused),
                wanted: word(self.paused),
            })
            .collect()
    }

    /// Instances that are older than what is current and that the registry has left as they were, and why.
    pub fn left_behind(&self) -> Vec<(Address, &Revert)> {
        let position = |label: &str| self.versions.iter().position(|one| one.version == label);
        let current = position(&self.current);
        let older = self
            .instances
            .iter()
            .filter(|one| position(&one.version) < current);
        older
            .filter_map(|one| Some((one.proxy, one.skipped.as_ref()?)))
            .collect()
    }

    /// Whether it is live, paused or frozen, as the registry's views number it.
    pub fn state(&self) -> u8 {
        match self.policies.get("migrate").map(String::as_str) {
            _ if self.paused => definition_state::PAUSED,
            Some("NONE") => definition_state::FROZEN,
            _ => definition_state::LIVE,
        }
    }

    /// Before the first event of the definition called `name`.
    pub fn of(name: &str) -> Self {
        Self {
            initial: if name.is_empty() { INITIAL_VERSION } else { 0 },
            ..Self::default()
        }
    }

    /// What follows from one more event, in a block of that time.
    pub fn feed(&mut self, event: &Event, time: u64) {
        match event {
            Event::DefinitionCreated(_) => self.initial = CREATED_WITH,
            Event::PolicyChanged(event) => {
                let before = self
                    .policies
                    .insert(event.role.clone(), event.expression.clone());
                if self.initial > 0 {
                    self.initial -= 1;
                } else {
                    self.sequence += 1;
                    let changes = self.changes.entry(event.role.clone()).or_default();
                    *changes = match before {
                        Some(_) => *changes + 1,
                        None => self.sequence,
                    };
                }
            }
            Event::VersionAdded(event) => {
                self.sequence = event.sequence;
                self.versions.push(RebuiltVersion {
                    version: event.version.clone(),
                    code: RecordedCode {
                        implementation: event.implementation,
                        codehash: event.codehash.into(),
                        layout: event.layoutHash.into(),
                        source: event.sourceHash.into(),
                    },
                    sequence: event.sequence,
                    steps: Vec::new(),
                });
            }
            Event::StepAdded(event) => {
                let version = self.versions.iter_mut().find(|v| v.version == event.to);
                if let Some(version) = version.filter(|_| !event.step.from.is_empty()) {
                    version.steps.push(event.step.clone());
                }
            }
            Event::CurrentChanged(event) => {
                self.current = event.version.clone();
            }
            Event::ProxyCreated(event) => self.instances.push(RebuiltInstance {
                proxy: event.proxy,
                version: event.version.clone(),
                kind: event.kind,
                migrating: false,
                paused: false,
                skipped: None,
            }),
            Event::InstanceAdopted(event) => {
                if !is_adopted(event.kind) {
                    self.accepted.remove(&event.proxy);
                }
                // at which version follows
                self.instances.push(RebuiltInstance {
                    proxy: event.proxy,
                    version: String::new(),
                    kind: event.kind,
                    migrating: false,
                    paused: false,
                    skipped: None,
                });
            }
            Event::TransferAccepted(event) if event.registry.is_zero() => {
                self.accepted.remove(&event.proxy);
            }
            Event::TransferAccepted(event) => {
                let accepted = AcceptedTransfer {
                    registry: event.registry,
                    kind: event.kind,
                    version: event.version.clone(),
                };
                self.accepted.insert(event.proxy, accepted);
            }
            Event::RelayChanged(event) => {
                self.relayed.insert(event.proxy, event.registry);
            }
            Event::InstanceSkipped(event) => {
                if let Some(instance) = self.instance(event.proxy) {
                    instance.skipped = Some(Revert::decode(&event.reason));
                }
            }
            Event::InstanceTransferred(event) => self.leaves(event.proxy),
            Event::InstanceRemoved(event) => self.leaves(event.proxy),
            Event::InstanceUpgraded(event) => {
                if let Some(instance) = self.instance(event.proxy) {
                    instance.version = event.to.clone();
                    instance.skipped = None;
                }
            }
            Event::MigrationStarted(event) => self.migrates(event.proxy, true),
            Event::MigrationEnded(event) => self.migrates(event.proxy, false),
            Event::MigrationAborted(event) => self.migrates(event.proxy, false),
            Event::InstancePaused(event) => self.pauses(event.proxy, true),
            Event::InstanceResumed(event) => self.pauses(event.proxy, false),
            Event::Paused(_) => self.paused = true,
            Event::Resumed(_) => self.paused = false,
            Event::Proposed(event) => {
                let call = Call::decode(&event.call);
                let role = call.map(|call| self.role_of(&call).to_owned());
                let action = OpenAction {
                    proposer: event.proposer,
                    call: event.call.clone(),
                    role: role.unwrap_or_default(),
                    epoch: event.epoch,
                    opened: time,
                    expires: event.expires,
                    approved: Vec::new(),
                    timelocks: Vec::new(),
                };
                self.open.insert(event.action.into(), action);
                self.refresh_timelocks(event.action.into(), time);
            }
            Event::Approved(event) => {
                if let Some(action) = self.open.get_mut(&event.action.into()) {
                    if action.approved.contains(&event.approver) {
                        action.timelocks.clear(); // a delay begins because a lambda consents by now
                    } else {
                        action.approved.push(event.approver);
                    }
                }
                self.refresh_timelocks(event.action.into(), time);
            }
            Event::Revoked(event) => {
                if let Some(action) = self.open.get_mut(&event.action.into()) {
                    action.approved.retain(|who| *who != event.approver);
                }
                self.refresh_timelocks(event.action.into(), time);
            }
            Event::Cancelled(event) => {
                self.open.remove(&event.action.into());
            }
            Event::Executed(event) => {
                self.open.remove(&event.action.into());
            }
            _ => {}
        }
    }

    fn instance(&mut self, proxy: Address) -> Option<&mut RebuiltInstance> {
        // What was created last is upgraded next.
        let mut newest_first = self.instances.iter_mut().rev();
        newest_first.find(|one| one.proxy == proxy)
    }

    fn pauses(&mut self, proxy: Address, paused: bool) {
        if let Some(instance) = self.instance(proxy) {
            instance.paused = paused;
            instance.skipped = None;
        }
    }

    /// The role that decides a call now.
    pub fn role_of(&self, call: &Call) -> &'static str {
        role_of(call.role(), |role| self.policies.contains_key(role))
    }

    /// The last instance takes the place of one that leaves.
    fn leaves(&mut self, proxy: Address) {
        let mut instances = self.instances.iter();
        if let Some(at) = instances.position(|one| one.proxy == proxy) {
            self.instances.swap_remove(at);
        }
    }

    fn migrates(&mut self, proxy: Address, migrating: bool) {
        if let Some(instance) = self.instance(proxy) {
            instance.migrating = migrating;
        }
    }

    /// What approvals of a role are bound to now.
    pub fn epoch(&self, role: &str) -> u64 {
        if role == "migrate" {
            self.sequence
        } else {
            self.changes.get(role).copied().unwrap_or_default()
        }
    }

    /// Actions that can still be approved or executed at `now`, Unix seconds.
    pub fn pending(&self, now: u64) -> impl Iterator<Item = (ActionId, &OpenAction)> {
        let open = self.open.iter().map(|(id, action)| (*id, action));
        open.filter(move |(_, action)| {
            now <= action.expires && action.epoch == self.epoch(&action.role)
        })
    }

    fn policy(&self, role: &str) -> Option<Policy> {
        parse(self.policies.get(role)?.as_bytes()).ok()
    }

    /// Delays begin and end with the approvals beneath them. A lambda is taken as consenting.
    fn refresh_timelocks(&mut self, id: ActionId, now: u64) {
        let role = self.open.get(&id).map(|action| action.role.clone());
        let Some(policy) = role.and_then(|role| self.policy(&role)) else {
            return;
        };
        let Some(action) = self.open.get_mut(&id).filter(|_| !policy.delays.is_empty()) else {
            return;
        };
        let approvals = action
            .approved
            .iter()
            .fold(0, |all, who| all | policy.bit(*who));
        let mut timelocks = std::mem::take(&mut action.timelocks);
        timelocks.resize(policy.delays.len(), 0);
        let before = timelocks.clone();
        let facts = Facts {
            approvals,
            lambdas: u8::MAX,
            timelocks: &before,
            now,
        };
        policy.update_timelocks(&facts, &mut timelocks);
        let not_before = policy.not_before(approvals, &timelocks).unwrap_or_default();
        action.expires = action.opened.max(not_before) + ACTION_LIFETIME;
        action.timelocks = timelocks;
    }
}

#[cfg(test)]
mod tests;
