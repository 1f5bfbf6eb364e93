//! The state that follows from the events of a definition, fed one by one, in their order.

use crate::ids::ActionId;
use crate::model::definition::{Acceptance, Action, Begun, Definition, Instance, Version};
use crate::model::kinds::{DefinitionState, InstanceState, ProxyKind};
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use stylus_registry_core::policy::{Facts, Policy, parse};
use stylus_upgrades_interface::limits::ACTION_LIFETIME;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;
use stylus_upgrades_interface::signed::SOURCES;

/// Policies that the registry itself is constructed with: `define` and `policy`.
const INITIAL_POLICIES: u32 = 2;
/// Policies that a definition is created with: `migrate`, `policy` and `create`.
const CREATED_WITH: u32 = 3;

/// Returns true if what follows from an event depends on the time of its block.
pub fn is_timed(event: &Event) -> bool {
    matches!(
        event,
        Event::Proposed(_) | Event::Approved(_) | Event::Revoked(_) | Event::MigrationStarted(_)
    )
}

/// The roles of a definition that governed calls ask for.
pub const ROLES: [&str; 4] = ["migrate", "policy", "create", "pause"];

/// The role that a governed call asks for; nothing of other calls. Where `pause` is not set, `migrate` decides
/// instead. `migrate` stands for `resume`, which `pause` decides too, and `create` for `createProxy`, which `migrate`
/// decides at versions with other code than the current one.
pub fn role_asked_for(calldata: &[u8]) -> Option<&'static str> {
    match *calldata.first_chunk::<4>()? {
        abi::createDefinitionCall::SELECTOR => Some("define"),
        abi::setPolicyCall::SELECTOR => Some("policy"),
        abi::createProxyCall::SELECTOR => Some("create"),
        abi::pauseCall::SELECTOR => Some("pause"),
        other if SOURCES.iter().any(|(selector, ..)| *selector == other) => Some("migrate"),
        _ => None,
    }
}

/// The role whose policy decides a call that asks for `role`, by what is set. Instead of `pause` that is `migrate`: any
/// one address of it pauses, and its whole policy resumes.
pub fn role_of(role: &str, is_set: impl Fn(&str) -> bool) -> &str {
    if role == "pause" && !is_set(role) {
        "migrate"
    } else {
        role
    }
}

/// Returns true if approvals of a role count for one sequence of the definition: a change of any policy raises it and
/// ends them. Those of other roles end with a change of their own policy.
pub fn is_of_sequence(role: &str) -> bool {
    role == "migrate"
}

impl Definition {
    /// The one called `name` before its first event.
    pub fn before_events(name: &str) -> Self {
        Self {
            initial: if name.is_empty() { INITIAL_POLICIES } else { 0 },
            ..Self::named(name)
        }
    }

    /// Applies one more event, in a block of that time.
    pub fn feed(&mut self, event: &Event, time: u64) {
        match event {
            Event::DefinitionCreated(_) => self.initial = CREATED_WITH,
            // an account beside the definition: nothing of it changes
            Event::AdminCreated(_) => {}
            Event::PolicyChanged(event) => self.policy_changes(&event.role, &event.expression),
            Event::VersionAdded(event) => {
                self.sequence = event.sequence;
                self.versions.push(Version {
                    version: event.version.clone(),
                    code: crate::model::RecordedCode {
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
                self.current.clone_from(&event.version);
                self.held.clear();
                self.aborted.clear();
                self.accepted.clear();
            }
            Event::ProxyCreated(event) => {
                self.arrives(event.proxy, &event.version, event.kind.into())
            }
            Event::InstanceAdopted(event) => {
                let kind = ProxyKind::from(event.kind);
                if !kind.is_adopted() {
                    self.accepted.remove(&event.proxy);
                }
                self.arrived.insert(event.proxy);
                self.arrives(event.proxy, "", kind); // at which version follows
            }
            Event::TransferAccepted(event) if event.registry.is_zero() => {
                self.accepted.remove(&event.proxy);
            }
            Event::TransferAccepted(event) => {
                let accepted = Acceptance {
                    registry: event.registry,
                    version: event.version.clone(),
                    nonce: event.nonce,
                };
                self.accepted.insert(event.proxy, accepted);
            }
            Event::InstanceSkipped(event) => {
                self.skipped.insert(event.proxy, event.reason.clone());
            }
            Event::InstanceTransferred(event) => self.leaves(event.proxy),
            Event::InstanceRemoved(event) => self.leaves(event.proxy),
            Event::InstanceUpgraded(event) => {
                if let Some(instance) = self.instance(event.proxy) {
                    instance.version.clone_from(&event.to);
                }
                self.skipped.remove(&event.proxy);
                self.held.remove(&event.proxy);
            }
            Event::MigrationStarted(event) => {
                self.held.remove(&event.proxy);
                self.turns(event.proxy, InstanceState::Migrating);
                let begun = Begun {
                    from: event.from.clone(),
                    to: event.to.clone(),
                    handler: event.handler,
                    time,
                };
                self.begun.insert(event.proxy, begun);
            }
            Event::HandlerChanged(event) => {
                if let Some(begun) = self.begun.get_mut(&event.proxy) {
                    begun.handler = event.handler;
                }
            }
            Event::MigrationEnded(event) => self.migration_ends(event.proxy),
            Event::MigrationAborted(event) => {
                self.migration_ends(event.proxy);
                if self.aborted.remove(&event.proxy) {
                    self.held.insert(event.proxy);
                }
            }
            Event::InstancePaused(event) => {
                self.turns(event.proxy, InstanceState::Paused);
                self.skipped.remove(&event.proxy);
            }
            Event::InstanceResumed(event) => {
                self.turns(event.proxy, InstanceState::Live);
                self.skipped.remove(&event.proxy);
            }
            Event::Paused(_) => self.state = DefinitionState::Paused,
            Event::Resumed(_) => self.state = self.state_unless_paused(),
            Event::Proposed(event) => {
                let role = self.role_of_call(&event.call);
                let action = Action {
                    proposer: event.proposer,
                    call: event.call.clone(),
                    role: role.unwrap_or_default().into(),
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
                // No event of its own tells that a migration goes back.
                let action = self.open.remove(&event.action.into());
                let call = action.map(|action| abi::abortMigrationCall::abi_decode(&action.call));
                if let Some(Ok(call)) = call {
                    self.turns(call.proxy, InstanceState::TurningBack);
                    self.aborted.insert(call.proxy);
                }
            }
        }
    }

    fn policy_changes(&mut self, role: &str, expression: &str) {
        let before = self.policies.insert(role.into(), expression.into());
        if self.initial > 0 {
            self.initial -= 1;
        } else {
            self.sequence += 1;
            let changes = self.changes.entry(role.into()).or_default();
            *changes = match before {
                Some(_) => *changes + 1,
                None => self.sequence,
            };
        }
        if role == "migrate" {
            self.accepted.clear();
        }
        if !self.is_paused() {
            self.state = self.state_unless_paused();
        }
    }

    fn state_unless_paused(&self) -> DefinitionState {
        match self.policies.get("migrate").map(String::as_str) {
            Some("NONE") => DefinitionState::Frozen,
            _ => DefinitionState::Live,
        }
    }

    fn arrives(&mut self, proxy: Address, version: &str, kind: ProxyKind) {
        self.instances.push(Instance {
            proxy,
            definition: self.name.clone(),
            version: version.into(),
            kind,
            state: InstanceState::Live,
        });
    }

    /// The last instance takes the place of one that leaves.
    fn leaves(&mut self, proxy: Address) {
        let mut instances = self.instances.iter();
        if let Some(at) = instances.position(|instance| instance.proxy == proxy) {
            self.instances.swap_remove(at);
        }
        self.skipped.remove(&proxy);
        self.arrived.remove(&proxy);
        self.held.remove(&proxy);
    }

    fn instance(&mut self, proxy: Address) -> Option<&mut Instance> {
        // What was created last is upgraded next.
        let mut newest_first = self.instances.iter_mut().rev();
        newest_first.find(|instance| instance.proxy == proxy)
    }

    fn turns(&mut self, proxy: Address, state: InstanceState) {
        if let Some(instance) = self.instance(proxy) {
            instance.state = state;
        }
    }

    fn migration_ends(&mut self, proxy: Address) {
        self.turns(proxy, InstanceState::Live);
        self.begun.remove(&proxy);
    }

    /// The role whose approvals a governed call gathers now; nothing of other calls.
    pub fn role_of_call(&self, calldata: &[u8]) -> Option<&'static str> {
        let role = role_asked_for(calldata)?;
        match abi::createProxyCall::abi_decode(calldata) {
            Ok(call) if !self.creates_as_usual(&call.version) => Some("migrate"),
            _ => Some(self.deciding_role(role)),
        }
    }

    /// Returns true if role `create` decides about a creation at that version: it has the code of the current one, is
    /// not there, or nobody creates.
    fn creates_as_usual(&self, label: &str) -> bool {
        let code = |label: &str| {
            let mut versions = self.versions.iter();
            let version = versions.find(|version| version.version == label)?;
            Some((version.code.implementation, version.code.codehash))
        };
        let named = code(label);
        let is_nobody = |text: &String| parse(text.as_bytes()).is_ok_and(|policy| policy.is_none());
        named.is_none()
            || named == code(&self.current)
            || self.policies.get("create").is_some_and(is_nobody)
    }

    /// The role whose policy decides a call that asks for `role`: that of `migrate` where `pause` is not set.
    pub fn deciding_role<'a>(&self, role: &'a str) -> &'a str {
        role_of(role, |role| self.policies.contains_key(role))
    }

    /// Returns what approvals of a role are bound to now.
    pub fn epoch(&self, role: &str) -> u64 {
        if is_of_sequence(role) {
            self.sequence
        } else {
            self.changes.get(role).copied().unwrap_or_default()
        }
    }

    /// Actions that can still be approved or executed at `now`, Unix seconds.
    pub fn pending(&self, now: u64) -> impl Iterator<Item = (ActionId, &Action)> {
        let open = self.open.iter().map(|(id, action)| (*id, action));
        open.filter(move |(_, action)| {
            let is_asked = self.role_of_call(&action.call) == Some(&action.role);
            now <= action.expires && is_asked && action.epoch == self.epoch(&action.role)
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
        let begins = action.opened.max(not_before);
        action.expires = begins.saturating_add(ACTION_LIFETIME);
        action.timelocks = timelocks;
    }
}

#[cfg(test)]
mod tests;
