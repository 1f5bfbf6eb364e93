//! Definitions, their versions, instances and open actions.

use crate::ids::{ActionId, CodeHash, DefinitionId, LayoutHash, SourceHash};
use crate::model::kinds::{BlockedBy, DefinitionState, InstanceState, ProxyKind};
use crate::model::step;
use alloy::primitives::{Address, Bytes, keccak256};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use stylus_upgrades_interface::registry::{Code, InstanceEntry, Step};

/// keccak256 of a definition's name, as its events carry it.
pub fn definition_id(name: &str) -> DefinitionId {
    DefinitionId(keccak256(name))
}

/// Returns how people call the definition of that name. The empty one is the registry's own.
pub fn of_whom(definition: &str) -> &str {
    match definition {
        "" => "the registry itself",
        name => name,
    }
}

/// The code of a version as the registry records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RecordedCode {
    /// The account that holds it.
    pub implementation: Address,
    /// keccak256 of it.
    pub codehash: CodeHash,
    /// Hash of its storage layout, or zero.
    pub layout: LayoutHash,
    /// Hash of its source, or zero.
    pub source: SourceHash,
}

impl From<&Code> for RecordedCode {
    fn from(code: &Code) -> Self {
        Self {
            implementation: code.implementation,
            codehash: code.codehash.into(),
            layout: code.layoutHash.into(),
            source: code.sourceHash.into(),
        }
    }
}

impl From<Code> for RecordedCode {
    fn from(code: Code) -> Self {
        Self::from(&code)
    }
}

impl From<RecordedCode> for Code {
    fn from(code: RecordedCode) -> Self {
        Self {
            implementation: code.implementation,
            codehash: code.codehash.into(),
            layoutHash: code.layout.into(),
            sourceHash: code.source.into(),
        }
    }
}

/// The answers of one question about a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The version that is current; empty before the first one.
    pub current: String,
    /// Rises with every version added and policy changed.
    pub sequence: u64,
    /// The number of versions.
    pub versions: u32,
    /// The number of instances.
    pub instances: u32,
    /// The state: live, paused or frozen.
    pub state: DefinitionState,
}

/// A definition; the one with the empty name is the registry itself.
#[derive(Debug, Clone, Default)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// The version that is current; empty before the first one.
    pub current: String,
    /// Rises with every version added and policy changed.
    pub sequence: u64,
    /// The state: live, paused or frozen.
    pub state: DefinitionState,
    /// Policies by role.
    pub policies: BTreeMap<String, String>,
    /// Versions in order of registration.
    pub versions: Vec<Version>,
    /// Instances in order of creation.
    pub instances: Vec<Instance>,
    /// Actions that were neither executed nor cancelled. Events alone tell what they are.
    pub open: BTreeMap<ActionId, Action>,
    /// Proxies that it has accepted from another registry, and that have not arrived.
    pub accepted: BTreeMap<Address, Acceptance>,
    /// Instances that were adopted or came from another registry. Events alone tell of them.
    pub arrived: BTreeSet<Address>,
    /// Instances whose complex migration was rolled back since the last `migrate`: no rollout touches them. Events
    /// alone tell of them.
    pub held: BTreeSet<Address>,
    /// Instances whose complex migration goes back, as approvers decided since the last `migrate`.
    pub(crate) aborted: BTreeSet<Address>,
    /// Complex migrations that began and did not end, by instance. Events alone tell of them.
    pub begun: BTreeMap<Address, Begun>,
    /// The reasons why the registry left instances as they were that have not moved since: what they reverted with.
    /// Events alone tell of it.
    pub skipped: BTreeMap<Address, Bytes>,
    /// Policies still to come that belong to the creation.
    pub(crate) initial: u32,
    /// Changes of each role's policy since.
    pub(crate) changes: BTreeMap<String, u64>,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its label.
    pub version: String,
    /// Its code.
    #[serde(flatten)]
    pub code: RecordedCode,
    /// The definition's sequence when it was added.
    pub sequence: u64,
    /// Incoming steps. From views one of a version that instances are only created at has an empty `from`.
    #[serde(serialize_with = "step::serialize")]
    pub steps: Vec<Step>,
}

impl Version {
    /// The steps that lead from another version to it.
    pub fn incoming(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.from.is_empty())
    }
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// The proxy's address.
    pub proxy: Address,
    /// The definition that it belongs to.
    pub definition: String,
    /// The version that it is at, as the registry knows it.
    pub version: String,
    /// The kind of proxy.
    pub kind: ProxyKind,
    /// The state of what it runs.
    pub state: InstanceState,
}

/// An instance as a page of its definition shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInstance {
    /// The instance.
    pub instance: Instance,
    /// The implementation that the proxy answers; `None` where the registry cannot ask it, or got no answer.
    pub implementation: Option<Address>,
}

impl ListedInstance {
    /// An entry of a page of the definition `name`.
    pub fn new(name: &str, entry: InstanceEntry) -> Self {
        let implementation = entry.implementation;
        Self {
            instance: Instance {
                proxy: entry.proxy,
                definition: name.into(),
                version: entry.version,
                kind: entry.kind.into(),
                state: entry.state.into(),
            },
            implementation: (!implementation.is_zero()).then_some(implementation),
        }
    }
}

impl From<Instance> for ListedInstance {
    fn from(instance: Instance) -> Self {
        Self {
            instance,
            implementation: None,
        }
    }
}

/// An action that is open.
#[derive(Debug, Clone, Default)]
pub struct Action {
    /// The account that proposed it.
    pub proposer: Address,
    /// The call that it makes.
    pub call: Bytes,
    /// The role that it asks for.
    pub role: String,
    /// The epoch that its approvals are bound to.
    pub epoch: u64,
    /// Unix seconds at which it was proposed.
    pub opened: u64,
    /// Unix seconds up to which it can be executed.
    pub expires: u64,
    /// The accounts that approve it.
    pub approved: Vec<Address>,
    pub(crate) timelocks: Vec<u64>,
}

/// The progress of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Approvals that count so far.
    pub approvals: u16,
    /// These and the fewest that are missing.
    pub required: u16,
    /// The accounts that approved.
    pub approved: Vec<Address>,
    /// The accounts that may approve and have not.
    pub missing: Vec<Address>,
    /// Unix seconds from which it can be executed; 0 if no delay is involved or none runs yet.
    pub not_before: u64,
    /// Unix seconds up to which it can be approved and executed.
    pub expires: u64,
    /// The obstacle that keeps it from being executed.
    pub blocked_by: BlockedBy,
}

impl Readiness {
    /// Approvals that are still needed.
    pub fn more(&self) -> u16 {
        self.required.saturating_sub(self.approvals)
    }

    /// The same at that time, in Unix seconds: a delay may be over by then.
    pub fn at(self, time: u64) -> Self {
        let is_over = self.blocked_by == BlockedBy::Delay && self.not_before <= time;
        let blocked_by = if !is_over {
            self.blocked_by
        } else if time > self.expires {
            BlockedBy::Expired
        } else {
            BlockedBy::Nothing
        };
        Self { blocked_by, ..self }
    }

    /// Unix seconds until which a delay keeps it from being executed; `None` where none runs, or where it is over.
    pub fn delayed_until(&self) -> Option<u64> {
        let is_over = self.not_before == 0 || self.blocked_by == BlockedBy::Nothing;
        (!is_over).then_some(self.not_before)
    }

    /// Returns the accounts whose approvals would still count; none where all that are needed are there, and a delay
    /// runs or anybody may execute it.
    pub fn needed(&self) -> &[Address] {
        match self.more() {
            0 => &[],
            _ => &self.missing,
        }
    }
}

/// An acceptance of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The registry that the proxy comes from; zero where nothing is accepted.
    pub registry: Address,
    /// The version that it is at when it has arrived.
    pub version: String,
    /// Its nonce at that registry.
    pub nonce: u64,
}

/// The state that approvals about a proxy are bound to, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Details {
    /// The number of times that what it runs, or who may change that, has changed.
    pub nonce: u64,
    /// True if the registry created it.
    pub created: bool,
    /// True if it was adopted, or came from another registry.
    pub arrived: bool,
    /// True if its complex migration was rolled back since the last `migrate`: no rollout touches it.
    pub held: bool,
}

/// A complex migration that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The version that it leaves.
    pub from: String,
    /// The version that it reaches.
    pub to: String,
    /// The account whose batches count.
    pub handler: Address,
    /// Unix seconds.
    pub time: u64,
}

/// An instance that is not what its definition is: a rollout has not reached it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unlike {
    /// The proxy.
    pub proxy: Address,
    /// Its state.
    pub state: InstanceState,
    /// The state of its definition.
    pub wanted: InstanceState,
}

impl Definition {
    /// The one of that name, without anything in it.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// keccak256 of its name.
    pub fn id(&self) -> DefinitionId {
        definition_id(&self.name)
    }

    /// Returns how people call it.
    pub fn title(&self) -> &str {
        of_whom(&self.name)
    }

    /// Returns true if it is paused.
    pub fn is_paused(&self) -> bool {
        self.state == DefinitionState::Paused
    }

    /// The version of that label.
    pub fn version(&self, label: &str) -> Option<&Version> {
        self.versions
            .iter()
            .find(|version| version.version == label)
    }

    /// The position of a version in the order of registration.
    pub fn position(&self, label: &str) -> Option<usize> {
        self.versions
            .iter()
            .position(|version| version.version == label)
    }

    /// Returns what its instances are, once a rollout has reached them.
    fn wanted(&self) -> InstanceState {
        if self.is_paused() {
            InstanceState::Paused
        } else {
            InstanceState::Live
        }
    }

    /// Its instances but those in a complex migration: these are between two versions, and neither live nor paused.
    fn settled(&self) -> impl Iterator<Item = &Instance> {
        let instances = self.instances.iter();
        instances.filter(|instance| !instance.state.is_migrating())
    }

    /// Instances that are live in a paused definition, or paused in a live one.
    pub fn unlike(&self) -> Vec<Unlike> {
        let wanted = self.wanted();
        let unlike = self.settled().filter(|instance| instance.state != wanted);
        let unlike = unlike.map(|instance| Unlike {
            proxy: instance.proxy,
            state: instance.state,
            wanted,
        });
        unlike.collect()
    }

    /// Instances that are at an older version than what is current.
    pub fn older(&self) -> impl Iterator<Item = &Instance> {
        let current = self.position(&self.current);
        let instances = self.instances.iter();
        instances.filter(move |instance| self.position(&instance.version) < current)
    }

    /// Instances that a rollout would handle: those that are not what the definition is, and, unless it is paused,
    /// older ones that were not rolled back.
    pub fn waiting(&self) -> Vec<Address> {
        let (wanted, current) = (self.wanted(), self.position(&self.current));
        let is_older = |instance: &Instance| {
            self.position(&instance.version) < current && !self.held.contains(&instance.proxy)
        };
        let waits = |instance: &&Instance| {
            instance.state != wanted || (!self.is_paused() && is_older(instance))
        };
        let waiting = self.settled().filter(waits);
        waiting.map(|instance| instance.proxy).collect()
    }
}

/// Positions of some versions and instances, in the order of registration and of creation: of thousands, those that
/// a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Of versions.
    pub versions: Range<usize>,
    /// Of instances.
    pub instances: Range<usize>,
}

impl Slice {
    /// All of them.
    pub fn whole(definition: &Definition) -> Self {
        Self {
            versions: 0..definition.versions.len(),
            instances: 0..definition.instances.len(),
        }
    }

    /// The newest of each, `most` of them.
    pub fn newest(definition: &Definition, most: usize) -> Self {
        let newest = |total: usize| total.saturating_sub(most)..total;
        Self {
            versions: newest(definition.versions.len()),
            instances: newest(definition.instances.len()),
        }
    }

    /// None of them.
    pub fn nothing() -> Self {
        Self {
            versions: 0..0,
            instances: 0..0,
        }
    }

    /// The versions.
    pub fn versions_of<'a>(&self, definition: &'a Definition) -> &'a [Version] {
        within(&definition.versions, &self.versions)
    }

    /// The instances.
    pub fn instances_of<'a>(&self, definition: &'a Definition) -> &'a [Instance] {
        within(&definition.instances, &self.instances)
    }
}

fn within<'a, T>(all: &'a [T], range: &Range<usize>) -> &'a [T] {
    let end = range.end.min(all.len());
    all.get(range.start.min(end)..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_missing_where_the_approvals_that_are_needed_are_there() {
        let [ana, ben] = [1, 2].map(Address::with_last_byte);
        let mut open = Readiness {
            approvals: 0,
            required: 1,
            approved: Vec::new(),
            missing: vec![ana, ben],
            not_before: 0,
            expires: 9,
            blocked_by: BlockedBy::Approvals,
        };
        assert_eq!(open.needed(), [ana, ben]);
        open.approvals = 1;
        (open.approved, open.missing) = (vec![ana], vec![ben]);
        open.blocked_by = BlockedBy::Delay;
        assert_eq!(open.needed(), [] as [Address; 0]);
    }

    #[test]
    fn a_delay_that_is_over_delays_nothing() {
        let open = Readiness {
            approvals: 1,
            required: 1,
            approved: Vec::new(),
            missing: Vec::new(),
            not_before: 5,
            expires: 9,
            blocked_by: BlockedBy::Delay,
        };
        assert_eq!(open.delayed_until(), Some(5));
        assert_eq!(open.clone().at(4).delayed_until(), Some(5));
        assert_eq!(open.at(5).delayed_until(), None);
    }
}
