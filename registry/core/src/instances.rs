//! Instances: the record of each, and how it changes.

use alloy_primitives::Address;
use stylus_upgrades_interface::{
    adopted::is_adopted,
    ids::{DefinitionId, InstanceState, VersionIndex},
    reasons::proxy_kind,
    registry_storage::{
        Word,
        instance::{self, Head},
        member,
    },
};

use crate::{
    build,
    chain::{Reverts, this},
    definition::{Definition, PauseState},
    errors,
    store::StorageSlot,
};

/// A proxy that a definition decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its account.
    pub proxy: Address,
    /// Its place among the definition's instances, from 1 on.
    pub index: u32,
    /// One of [`proxy_kind`].
    pub kind: u8,
    /// The state that tells if it is in a complex step, or paused.
    pub state: InstanceState,
    /// keccak256 of the definition's name.
    pub definition: DefinitionId,
    /// Index of its version, none before it is created.
    pub version: VersionIndex,
    /// Index of the version that its complex step reaches, none outside of one.
    pub reaches: VersionIndex,
    /// The number of changes of the code that it runs, or of who may change that.
    nonce: u32,
    /// The definition's `activations` when its complex step was rolled back, 0 where it was not.
    held: u32,
    /// The definition's `activations` when it was paused, 0 where it has to be upgraded to leave the stub.
    paused: u32,
    /// True if this registry created it.
    created: bool,
    /// True if it was adopted, or came from another registry.
    arrived: bool,
}

/// The origin of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyOrigin {
    /// This registry creates it.
    Here,
    /// It was adopted, or came from another registry.
    Elsewhere,
}

/// The record that a registry keeps of every account that is or was an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceDetails {
    /// See [`Instance::nonce`].
    pub nonce: u64,
    /// True if this registry created it.
    pub created: bool,
    /// True if it was adopted, or came from another registry.
    pub arrived: bool,
    /// See [`Instance::is_held`].
    pub held: bool,
}

fn slot(proxy: Address) -> StorageSlot {
    instance::find::<StorageSlot>(proxy)
}

/// The account of the instance with that index.
pub fn proxy_at(definition: DefinitionId, index: u32) -> Address {
    member::find::<StorageSlot>(definition, index).read(member::PROXY)
}

impl Instance {
    /// Returns true if that account is an instance of any definition.
    pub fn is(proxy: Address) -> bool {
        Head::index().get(&slot(proxy).load()) != 0
    }

    /// Returns true if that account is an instance that was adopted.
    pub fn is_adopted_at(proxy: Address) -> bool {
        let head = slot(proxy).load();
        Head::index().get(&head) != 0 && is_adopted(Head::kind().get(&head))
    }

    /// Returns true if this registry created a proxy at that account, whose code may call for anybody.
    pub fn is_created_here(account: Address) -> bool {
        Head::created().get(&slot(account).load())
    }

    /// The instance at that account.
    pub fn of(proxy: Address) -> Reverts<Self> {
        let slot = slot(proxy);
        let head = slot.read(instance::HEAD);
        if head.index == 0 {
            return Err(errors::not_an_instance(proxy));
        }
        Ok(Self {
            proxy,
            index: head.index,
            kind: head.kind,
            state: head.state,
            definition: slot.read(instance::DEFINITION),
            version: head.version,
            reaches: head.reaches,
            nonce: head.nonce,
            held: head.held,
            paused: head.paused,
            created: head.created,
            arrived: head.arrived,
        })
    }

    /// The instance of that definition at that account.
    pub fn within(definition: &Definition, proxy: Address) -> Reverts<Self> {
        let instance = Self::of(proxy)?;
        if instance.definition == definition.id {
            Ok(instance)
        } else {
            Err(errors::not_an_instance(proxy))
        }
    }

    /// Returns the known details of an account, whether it is an instance or not.
    pub fn details(proxy: Address) -> InstanceDetails {
        let head = slot(proxy).read(instance::HEAD);
        let held = Self::of(proxy).is_ok_and(|instance| {
            let definition = instance.definition();
            definition.is_ok_and(|definition| instance.is_held(&definition))
        });
        InstanceDetails {
            nonce: head.nonce.into(),
            created: head.created,
            arrived: head.arrived,
            held,
        }
    }

    /// Records a new instance, which is at no version yet. A proxy that comes back keeps its nonce, and that this
    /// registry created it.
    pub fn create(
        definition: &mut Definition,
        proxy: Address,
        kind: u8,
        origin: ProxyOrigin,
    ) -> Reverts<Self> {
        definition.instances += 1;
        let slot = slot(proxy);
        let mut head = slot.load();
        Head::index().set(&mut head, definition.instances);
        Head::kind().set(&mut head, kind);
        match origin {
            ProxyOrigin::Here => Head::created().set(&mut head, true),
            ProxyOrigin::Elsewhere => Head::arrived().set(&mut head, true),
        }
        slot.at(instance::HEAD).store(head);
        slot.write(instance::DEFINITION, &definition.id);
        member::find::<StorageSlot>(definition.id, definition.instances)
            .write(member::PROXY, &proxy);
        definition.save();
        Self::of(proxy)
    }

    /// Forgets it, but for who created it, and its nonce, which rises. The last instance of the definition takes its
    /// place.
    pub fn remove(&self, definition: &mut Definition) -> Reverts<()> {
        let id = definition.id;
        if self.state != InstanceState::LIVE {
            Definition::count_stopped(id, false);
        }
        if definition.instances != self.index {
            let mut moved = Self::of(proxy_at(id, definition.instances))?;
            moved.index = self.index;
            moved.save();
            member::find::<StorageSlot>(id, moved.index).write(member::PROXY, &moved.proxy);
        }
        member::find::<StorageSlot>(id, definition.instances).store(Word::default());
        let slot = slot(self.proxy);
        let head = Head {
            nonce: self.nonce.saturating_add(1),
            created: self.created,
            ..Head::default()
        };
        slot.write(instance::HEAD, &head);
        slot.at(instance::DEFINITION).store(Word::default());
        definition.instances -= 1;
        definition.save();
        Ok(())
    }

    /// The definition that it belongs to.
    pub fn definition(&self) -> Reverts<Definition> {
        Definition::load(self.definition).ok_or_else(errors::nothing)
    }

    /// Returns true if it is a proxy of OpenZeppelin.
    pub const fn is_adopted(&self) -> bool {
        is_adopted(self.kind)
    }

    /// Returns true if it is in a complex step, forward or back.
    pub fn is_migrating(&self) -> bool {
        !self.reaches.is_none()
    }

    /// Returns true if its complex step was rolled back since the last `migrate`: `rollout` leaves it where it is.
    pub fn is_held(&self, definition: &Definition) -> bool {
        self.held == definition.activations && !self.is_migrating()
    }

    /// Returns true if it is older than the current version, to which it must be upgraded once it may leave the stub,
    /// as `migrate` was executed since it was paused.
    pub fn resumes_with_upgrade(&self, definition: &Definition) -> bool {
        self.paused != definition.activations && self.version < definition.current
    }

    /// Returns the number of changes of the code that it runs, or of who may change that: approvals about it name it.
    pub fn nonce(&self) -> u64 {
        self.nonce.into()
    }

    /// Refuses a call that was approved for another state of it.
    pub fn require_nonce(&self, expected: u64) -> Reverts<()> {
        if self.nonce() == expected {
            Ok(())
        } else {
            Err(errors::stale_instance(expected, self.nonce()))
        }
    }

    /// Returns the caller of the framework's proxies for this registry: the orders contract or the registry itself.
    pub fn caller(&self) -> Address {
        match self.kind {
            proxy_kind::EVM => build::ORDERS,
            _ => this(),
        }
    }

    /// Notes that it runs the stub now. It resumes its version only where the definition is paused and that version
    /// was not replaced since: what `migrate` has replaced does not run again, nor what arrives older than current.
    pub fn pause(&mut self, definition: &Definition) {
        self.state = InstanceState::PAUSED;
        self.paused = match definition.pause {
            PauseState::On => definition.activations,
            PauseState::Off | PauseState::Migrated => 0,
        };
        self.save();
    }

    /// Notes that it runs its version again.
    pub fn resume(&mut self) {
        self.state = InstanceState::LIVE;
        self.paused = 0;
        self.save();
    }

    /// Notes that it was created at that version, or arrived at it.
    pub fn begin_at(&mut self, version: VersionIndex) {
        self.version = version;
        self.change(u32::from(self.arrived));
    }

    /// Notes that it was upgraded to that version, which it runs.
    pub fn upgrade(&mut self, version: VersionIndex) {
        self.version = version;
        self.state = InstanceState::LIVE;
        self.held = 0;
        self.paused = 0;
        self.change(1);
    }

    /// Notes that it is at `version` now, where a complex step begins that reaches `reaches`.
    pub fn begin_step(&mut self, version: VersionIndex, reaches: VersionIndex) {
        let is_upgraded = self.version != version;
        self.version = version;
        self.state = InstanceState::MIGRATING;
        self.reaches = reaches;
        self.held = 0;
        self.paused = 0;
        self.change(1 + u32::from(is_upgraded));
    }

    /// Notes that its complex step goes back.
    pub fn turn_back(&mut self, definition: &Definition) {
        self.state = InstanceState::TURNING_BACK;
        self.held = definition.activations;
        self.change(1);
    }

    /// Notes that another account supplies the batches of its complex step.
    pub fn change_handler(&mut self) {
        self.change(1);
    }

    /// The version that it is at once its complex step ends.
    pub fn after_step(&self) -> VersionIndex {
        if self.state == InstanceState::TURNING_BACK {
            self.version
        } else {
            self.reaches
        }
    }

    /// Returns true if it runs that version once its complex step ends. If not, the stub: the definition is paused,
    /// or that version was replaced. A version that it goes back to runs if no `migrate` was executed since that was
    /// decided.
    pub fn runs_after_step(&self, definition: &Definition) -> bool {
        let may_run = match self.state {
            InstanceState::TURNING_BACK => self.held == definition.activations,
            _ => self.reaches == definition.current,
        };
        may_run && !definition.is_paused()
    }

    /// Notes that its complex step has ended.
    pub fn end_step(&mut self, definition: &Definition) {
        let runs = self.runs_after_step(definition);
        let is_upgraded = self.version != self.after_step();
        self.version = self.after_step();
        self.paused = self.held; // it resumes where it went back to, and is upgraded from where it went forward to
        self.reaches = VersionIndex::NONE;
        self.state = InstanceState::PAUSED;
        if runs {
            self.state = InstanceState::LIVE;
            self.paused = 0;
        }
        self.change(1 + u32::from(is_upgraded));
    }

    /// Saves a change that ends every approval about it. The nonce counts the events of its changes: an upgrade, a
    /// step begun or ended, each is one.
    fn change(&mut self, events: u32) {
        self.nonce = self.nonce.saturating_add(events);
        self.save();
    }

    fn save(&self) {
        let slot = slot(self.proxy);
        let was_live = Head::state().get(&slot.load()) == InstanceState::LIVE;
        let is_live = self.state == InstanceState::LIVE;
        if was_live != is_live {
            Definition::count_stopped(self.definition, !is_live);
        }
        let head = Head {
            index: self.index,
            kind: self.kind,
            state: self.state,
            version: self.version,
            reaches: self.reaches,
            nonce: self.nonce,
            held: self.held,
            paused: self.paused,
            created: self.created,
            arrived: self.arrived,
        };
        slot.write(instance::HEAD, &head);
    }
}
