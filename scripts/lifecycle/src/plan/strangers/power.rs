//! Powers over an account that may be a proxy, and the signs that they were given to somebody.

use super::calls::{AddressField, answered};
use super::takes::Moves;
use crate::client::ChainError;
use crate::plan::fresh_accounts::{PROBE, STRANGER};
use crate::simulation::Simulation;
use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Log, keccak256};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use stylus_chain::{BlockId, Receipt};
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::slots;

/// Events that say that power was given, or that an initializer ran.
const OF_POWER: [&str; 10] = [
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

/// The names of the events, by their topic.
static EVENTS: LazyLock<BTreeMap<B256, &str>> = LazyLock::new(|| {
    OF_POWER
        .iter()
        .map(|event| (keccak256(event), *event))
        .collect()
});

/// The words and accounts that decide over an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Power {
    slots: Vec<(&'static str, B256)>,
    owner: Option<Address>,
    has_code: bool,
    /// Addresses that it keeps or answers, by name.
    fields: Vec<(String, Address)>,
}

/// A power that a call gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// It in words.
    pub(super) what: String,
    /// The topics of its event, such as the role.
    about: Vec<B256>,
    /// True if a contract may be made to give it to everybody. The power over the account itself is for nobody.
    pub(super) may_be_meant: bool,
    /// True if it is reported and need not be accepted.
    pub(super) is_harmless: bool,
}

impl Given {
    /// Creates the sign that a function could be called once, as an initializer; `takes_nothing` says that whoever calls it
    /// chooses nothing.
    pub(super) fn once(takes_nothing: bool) -> Self {
        Self {
            is_harmless: takes_nothing,
            ..Self::meant("one call goes through and then none, as of an initializer")
        }
    }

    /// Creates a power that may be meant for everybody.
    pub(super) fn meant(what: impl Into<String>) -> Self {
        Self {
            may_be_meant: true,
            ..Self::power(what)
        }
    }

    /// Creates a power that is for nobody.
    fn power(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            about: Vec::new(),
            may_be_meant: false,
            is_harmless: false,
        }
    }
}

impl Power {
    pub(super) fn over(
        simulation: &Simulation,
        account: Address,
        fields: &[AddressField],
        getters: &[Function],
    ) -> Result<Self, ChainError> {
        let initializable = slots::erc7201(b"openzeppelin.storage.Initializable");
        let all = [
            ("the implementation", slots::IMPLEMENTATION),
            ("the admin", slots::ADMIN),
            ("the beacon", slots::BEACON),
            ("whether it is initialized", initializable),
        ];
        let mut held = Vec::new();
        for (what, slot) in all {
            let latest = BlockId::latest();
            held.push((
                what,
                simulation.chain.storage(account, slot.into(), latest)?,
            ));
        }
        let fields = fields.iter().map(|field| {
            let held = field.of(simulation, account)?;
            Ok((field.name.clone(), held))
        });
        let getters = getters.iter().map(|getter| {
            let held = answered(simulation, account, getter)?;
            Ok((getter.signature(), held.unwrap_or_default()))
        });
        let fields = fields.chain(getters);
        Ok(Self {
            fields: fields.collect::<Result<_, ChainError>>()?,
            slots: held,
            owner: simulation.ask(account, &IOwnable::ownerCall {}).ok(),
            has_code: !simulation.code(account)?.is_empty(),
        })
    }

    /// Returns its owner, if it names one.
    pub(super) const fn owner(&self) -> Option<Address> {
        self.owner
    }

    /// Lists the powers that differ after a call, and those that the call's events name. Who makes an account may own it,
    /// and who pays may have bought a place.
    pub(super) fn given(
        &self,
        after: &Self,
        receipt: &Receipt,
        account: Address,
        moves: &Moves,
    ) -> Vec<Given> {
        let slots = self.slots.iter().zip(&after.slots);
        let slots = slots.filter(|(before, after)| before != after);
        let mut changed: Vec<&str> = slots.map(|((what, _), _)| *what).collect();
        if self.owner != after.owner {
            changed.push("the owner");
        }
        if self.has_code != after.has_code {
            changed.push("whether there is code");
        }
        let changed = changed.into_iter().map(Given::power);
        let unpaid = self.fields.iter().filter(|_| !moves.has_paid());
        let fields = unpaid.zip(&after.fields);
        let fields =
            fields.filter(|((_, was), (_, now))| was != now && [*STRANGER, *PROBE].contains(now));
        let fields = fields.map(|((name, _), _)| Given::meant(format!("it makes him its {name}")));
        let logs = receipt.logs.iter();
        let events = logs.filter_map(|log| of_power(log, account, moves.created()));
        changed.chain(fields).chain(events).collect()
    }
}

/// Reads the power that an event names: one of the account, or one of another contract that gives it to the stranger.
fn of_power(log: &Log, account: Address, created: &[Address]) -> Option<Given> {
    let (first, about) = log.topics().split_first()?;
    let event = EVENTS.get(first)?;
    let is_his = about.contains(&STRANGER.into_word()) || about.contains(&PROBE.into_word());
    let at = if log.address == account {
        String::new()
    } else if is_his && !created.contains(&log.address) {
        format!(" at {}", log.address)
    } else {
        return None;
    };
    Some(Given {
        about: about.to_vec(),
        may_be_meant: event.starts_with("Role"),
        ..Given::power(format!("event {event}{at}"))
    })
}
