//! What decides over an account that may be a proxy, and what says that it was given to somebody.

use crate::client::ChainError;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, keccak256};
use stylus_chain::{BlockId, Receipt};
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::slots;

/// Events that say that power was given, or that an initializer ran.
const OF_POWER: [&str; 9] = [
    "Initialized(uint8)",
    "Initialized(uint64)",
    "Upgraded(address)",
    "AdminChanged(address,address)",
    "BeaconUpgraded(address)",
    "OwnershipTransferred(address,address)",
    "OwnershipTransferStarted(address,address)",
    "RoleGranted(bytes32,address,address)",
    "RoleAdminChanged(bytes32,bytes32,bytes32)",
];

/// What decides over an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Power {
    slots: Vec<(&'static str, B256)>,
    owner: Option<Address>,
    has_code: bool,
}

/// What a call gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// It in words.
    pub(super) what: String,
    /// What its event is about, such as the role.
    about: Vec<B256>,
}

impl Given {
    /// Whether it is a role of the contract's own, which everybody may have: what decides over the account itself is for
    /// nobody.
    pub(super) fn is_role(&self) -> bool {
        self.what.starts_with("event Role")
    }
}

impl Power {
    pub(super) fn over(simulation: &Simulation, account: Address) -> Result<Self, ChainError> {
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
        Ok(Self {
            slots: held,
            owner: simulation.ask(account, &IOwnable::ownerCall {}).ok(),
            has_code: !simulation.code(account)?.is_empty(),
        })
    }

    /// Who owns it, if it says so.
    pub(super) const fn owner(&self) -> Option<Address> {
        self.owner
    }

    /// What of it is another one after a call, and what the call's events say.
    pub(super) fn given(&self, after: &Self, receipt: &Receipt, account: Address) -> Vec<Given> {
        let slots = self.slots.iter().zip(&after.slots);
        let slots = slots.filter(|(before, after)| before != after);
        let mut changed: Vec<&str> = slots.map(|((what, _), _)| *what).collect();
        if self.owner != after.owner {
            changed.push("the owner");
        }
        if self.has_code != after.has_code {
            changed.push("whether there is code");
        }
        let changed = changed.into_iter().map(|what| Given {
            what: what.to_owned(),
            about: Vec::new(),
        });
        changed.chain(events_of(receipt, account)).collect()
    }
}

/// The events of a receipt by which an account says that power was given.
fn events_of(receipt: &Receipt, account: Address) -> impl Iterator<Item = Given> {
    let logs = receipt.logs.iter();
    logs.filter(move |log| log.address == account)
        .filter_map(|log| {
            let (first, about) = log.topics().split_first()?;
            let event = OF_POWER.iter().find(|event| keccak256(event) == *first)?;
            Some(Given {
                what: format!("event {event}"),
                about: about.to_vec(),
            })
        })
}
