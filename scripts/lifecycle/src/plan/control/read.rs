//! Facts on a copy about accounts that may decide over an instance.

use super::accounts::{AccountEvents, ControlFacts};
use super::contract_abi::ContractAbi;
use crate::client::ChainError;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Log};
use alloy::sol;
use alloy::sol_types::SolEvent;
use std::collections::BTreeSet;
use stylus_chain::BlockId;
use stylus_upgrades_interface::adopted::IOwnable;
use stylus_upgrades_interface::slots;

sol! {
    /// The account that is offered the ownership of a contract, in two steps.
    interface IOwnableInTwoSteps {
        function pendingOwner() external view returns (address);
    }

    /// Events of OpenZeppelin's Ownable and AccessControl.
    interface IControlEvents {
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
    }

    /// The same of its AccessManager.
    interface IManagerEvents {
        event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember);
        event RoleRevoked(uint64 indexed roleId, address indexed account);
    }
}

/// Contracts whose roles count for an instance, at most.
pub(super) const MANAGERS_MAX: usize = 4;
/// Roles that are looked for, at most.
const ROLES_MAX: usize = 8;

/// Topics of events that give or take rights.
pub(super) const TOPICS: [B256; 5] = [
    IControlEvents::OwnershipTransferred::SIGNATURE_HASH,
    IControlEvents::RoleGranted::SIGNATURE_HASH,
    IControlEvents::RoleRevoked::SIGNATURE_HASH,
    IManagerEvents::RoleGranted::SIGNATURE_HASH,
    IManagerEvents::RoleRevoked::SIGNATURE_HASH,
];

/// Adds to `events` what a log gives or takes. Logs come in their order.
pub(super) fn note_log(events: &mut AccountEvents, log: &Log) {
    let topics = log.topics();
    let Some(first) = topics.first() else {
        return;
    };
    let [owned, granted, revoked, managed, unmanaged] = TOPICS;
    let holder = topics.get(2).copied().map(Address::from_word);
    let Some(holder) = holder else {
        return;
    };
    if *first == revoked || *first == unmanaged {
        // Another role may be left: the account is tried last.
        events.holders.retain(|known| *known != holder);
        events.holders.push(holder);
        return;
    }
    if *first == owned || *first == granted || *first == managed {
        events.holders.retain(|known| *known != holder);
        events.holders.insert(0, holder);
    }
    if *first == granted || *first == managed {
        let role = topics.get(1).copied().unwrap_or_default();
        if !events.roles.contains(&role) && events.roles.len() < ROLES_MAX {
            events.roles.push(role);
        }
    }
}

/// Whom the account is asked about, and what it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadSubject<'a> {
    pub(super) account: Address,
    pub(super) abi: &'a ContractAbi<'a>,
    /// The accounts that logs name.
    pub(super) events: &'a AccountEvents,
}

/// The facts on a copy about accounts that may decide over an account, with the contracts that it keeps, and the roles that
/// are asked for.
pub(super) struct CopyFacts {
    pub(super) facts: ControlFacts,
    /// The contract in the ERC-1967 admin slot.
    pub(super) admin_contract: Option<Address>,
    pub(super) managers: Vec<Address>,
    pub(super) roles: Vec<B256>,
}

/// Reads what decides over an account on a copy.
pub(super) fn read_facts(
    copy: &Simulation,
    subject: ReadSubject<'_>,
) -> Result<CopyFacts, ChainError> {
    let ReadSubject {
        account,
        abi,
        events,
    } = subject;
    let mut events = events.clone();
    for log in copy.logs(account)? {
        note_log(&mut events, &log);
    }
    let admin = copy
        .chain
        .storage(account, slots::ADMIN.into(), BlockId::latest())?;
    let admin = Some(Address::from_word(admin)).filter(|admin| !admin.is_zero());
    let has_code = |address: Address| copy.code(address).map(|code| !code.is_empty());
    let admin_contract = match admin {
        Some(admin) if has_code(admin)? => Some(admin),
        _ => None,
    };
    let owner_of = |contract: Address| copy.ask(contract, &IOwnable::ownerCall {}).ok();
    let fields = abi.named_addresses(copy, account)?;
    let mut managers = BTreeSet::new();
    for (_, address) in &fields {
        if managers.len() < MANAGERS_MAX && has_code(*address)? {
            managers.insert(*address);
        }
    }
    managers.extend(events.managers.iter().copied());
    let mut roles = vec![B256::ZERO];
    for role in abi
        .words(copy, account)?
        .into_iter()
        .chain(events.roles.iter().copied())
    {
        if !roles.contains(&role) && roles.len() <= ROLES_MAX {
            roles.push(role);
        }
    }
    let admin_owner = admin_contract.and_then(owner_of);
    let facts = ControlFacts {
        owner: owner_of(account),
        pending_owner: copy
            .ask(account, &IOwnableInTwoSteps::pendingOwnerCall {})
            .ok(),
        // A ProxyAdmin does what its owner says.
        admin: admin.filter(|_| admin_owner.is_none()),
        admin_owner,
        fields,
        events,
        ..ControlFacts::default()
    };
    Ok(CopyFacts {
        facts,
        admin_contract,
        managers: managers.into_iter().take(MANAGERS_MAX).collect(),
        roles,
    })
}
