//! The control over an account at one time, and the changes of it that a call makes.

use super::contract_abi::{AddressField, ContractAbi, ask_address};
use crate::client::ChainError;
use crate::plan::fresh_accounts::{PROBE, STRANGER};
use crate::simulation::Simulation;
use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Log, keccak256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use stylus_chain::BlockId;
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::slots;

/// Signatures of events that report a change of control, or an initializer that ran.
const CONTROL_EVENTS: [&str; 10] = [
    "Initialized(uint8)",
    "Initialized(uint64)",
    "Upgraded(address)",
    "AdminChanged(address,address)",
    "BeaconUpgraded(address)",
    "OwnershipTransferred(address,address)",
    "OwnershipTransferStarted(address,address)",
    "RoleGranted(bytes32,address,address)",
    "RoleAdminChanged(bytes32,bytes32,bytes32)",
    "RolesUpdated(address,uint256)",
];

/// The signatures of the events, by their topic.
static EVENTS_BY_TOPIC: LazyLock<BTreeMap<B256, &str>> = LazyLock::new(|| {
    let events = CONTROL_EVENTS.iter();
    events.map(|event| (keccak256(event), *event)).collect()
});

/// The variables and functions of an account that may name who controls it, and the contracts that it keeps.
#[derive(Debug, Clone)]
pub(super) struct ControlSources {
    account: Address,
    fields: Vec<AddressField>,
    getters: Vec<Function>,
    kept: BTreeSet<Address>,
}

/// The control over an account: the words that decide what it runs, its owner, and the addresses that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ControlSnapshot {
    /// The ERC-1967 words: implementation, admin and beacon.
    pub(super) proxy_words: [B256; 3],
    /// The version that OpenZeppelin's initializers leave.
    initialized: B256,
    owner: Option<Address>,
    has_code: bool,
    addresses: Vec<(String, Address)>,
}

/// A privilege that a call gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct PrivilegeChange {
    /// The change in words.
    pub(super) message: String,
    /// The topics of its event, such as the role.
    topics: Vec<B256>,
    /// True if a contract may be made to give it to everybody. Control over the account itself is for nobody.
    pub(super) may_be_meant: bool,
    /// True if it is reported and need not be accepted.
    pub(super) is_harmless: bool,
}

impl ControlSources {
    /// Collects what may name who controls an account. `kept` are the addresses that it names now.
    pub(super) fn of(account: Address, abi: &ContractAbi<'_>, kept: &[Address]) -> Self {
        Self {
            account,
            fields: abi.address_fields(),
            getters: abi.address_getters(),
            kept: kept.iter().copied().collect(),
        }
    }
}

impl ControlSnapshot {
    /// Reads the control over an account on a copy.
    pub(super) fn read(copy: &Simulation, sources: &ControlSources) -> Result<Self, ChainError> {
        let account = sources.account;
        let initializable = slots::erc7201(b"openzeppelin.storage.Initializable");
        let read = |slot: B256| {
            let latest = BlockId::latest();
            copy.chain.storage(account, slot.into(), latest)
        };
        let mut addresses = Vec::new();
        for field in &sources.fields {
            addresses.push((field.name.clone(), field.of(copy, account)?));
        }
        for getter in &sources.getters {
            let answer = ask_address(copy, account, getter)?;
            addresses.push((getter.signature(), answer.unwrap_or_default()));
        }
        Ok(Self {
            proxy_words: [
                read(slots::IMPLEMENTATION)?,
                read(slots::ADMIN)?,
                read(slots::BEACON)?,
            ],
            initialized: read(initializable)?,
            owner: copy.ask(account, &IOwnable::ownerCall {}).ok(),
            has_code: !copy.code(account)?.is_empty(),
            addresses,
        })
    }

    /// Its owner, if it names one.
    pub(super) const fn owner(&self) -> Option<Address> {
        self.owner
    }

    /// Lists the privileges that a call of an account without rights changes: `after` is the control after it, `logs` are
    /// its events.
    pub(super) fn changes(
        &self,
        after: &Self,
        logs: &[Log],
        sources: &ControlSources,
    ) -> Vec<PrivilegeChange> {
        let names = ["the implementation", "the admin", "the beacon"];
        let words = self.proxy_words.iter().zip(&after.proxy_words);
        let words = names.into_iter().zip(words);
        let mut changed: Vec<&str> = words
            .filter(|(_, (before, after))| before != after)
            .map(|(name, _)| name)
            .collect();
        if self.initialized != after.initialized {
            changed.push("whether it is initialized");
        }
        if self.owner != after.owner {
            changed.push("the owner");
        }
        if self.has_code != after.has_code {
            changed.push("whether there is code");
        }
        let changed = changed.into_iter().map(PrivilegeChange::of_control);
        let addresses = self.addresses.iter().zip(&after.addresses);
        let addresses = addresses.filter(|((_, before), (_, after))| {
            before != after && [*STRANGER, *PROBE].contains(after)
        });
        let addresses = addresses
            .map(|((name, _), _)| PrivilegeChange::meant(format!("the caller becomes its {name}")));
        let events = logs
            .iter()
            .filter_map(|log| PrivilegeChange::of_event(log, sources));
        changed.chain(addresses).chain(events).collect()
    }
}

impl PrivilegeChange {
    /// Creates the sign that a function could be called once, as an initializer; `takes_nothing` says that whoever calls it
    /// chooses nothing.
    pub(super) fn once(takes_nothing: bool) -> Self {
        Self {
            is_harmless: takes_nothing,
            ..Self::meant("one call goes through and then none, as of an initializer")
        }
    }

    /// Creates a privilege that may be meant for everybody.
    fn meant(message: impl Into<String>) -> Self {
        Self {
            may_be_meant: true,
            ..Self::of_control(message)
        }
    }

    /// Creates the privilege of control over the account itself.
    fn of_control(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            topics: Vec::new(),
            may_be_meant: false,
            is_harmless: false,
        }
    }

    /// Reads the privilege that an event reports: one of the account, or one of a contract that the account keeps and that
    /// gives it to the caller.
    fn of_event(log: &Log, sources: &ControlSources) -> Option<Self> {
        let (first, topics) = log.topics().split_first()?;
        let event = EVENTS_BY_TOPIC.get(first)?;
        let is_for_caller =
            topics.contains(&STRANGER.into_word()) || topics.contains(&PROBE.into_word());
        let place = if log.address == sources.account {
            String::new()
        } else if is_for_caller && sources.kept.contains(&log.address) {
            format!(" at {}", log.address)
        } else {
            return None;
        };
        Some(Self {
            topics: topics.to_vec(),
            may_be_meant: event.starts_with("Role"),
            ..Self::of_control(format!("event {event}{place}"))
        })
    }
}
