//! Owners of an instance before and after. Its owner may be another one, and a variable may hold the contract that sent the
//! upgrade, such as the registry. Neither can give the instance back.

use super::control::AddressField;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::Address;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::adopted::IOwnable;

/// Asks for the owner of an account. Nobody is none.
fn owner(copy: &Simulation, account: Address) -> Option<Address> {
    let owner = copy.ask(account, &IOwnable::ownerCall {}).ok();
    owner.filter(|owner| !owner.is_zero())
}

/// Contracts that called each account in what has been sent since the beginning.
pub(super) fn callers(
    copy: &Simulation,
) -> Result<BTreeMap<Address, BTreeSet<Address>>, ChainError> {
    let mut has_code: BTreeMap<Address, bool> = BTreeMap::new();
    let mut callers: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
    for frame in copy.runs()?.into_iter().flat_map(|run| &run.frames) {
        let from = frame.from;
        let is_contract = match has_code.get(&from) {
            Some(known) => *known,
            None => !copy.code(from)?.is_empty(),
        };
        has_code.insert(from, is_contract);
        if let Some(to) = frame.to.filter(|_| is_contract) {
            callers.entry(to).or_default().insert(from);
        }
    }
    Ok(callers)
}

/// Finds faults in the ownership of an account, after what has been sent since the beginning. `before` it was as it is
/// there, if it was there. `callers` are the contracts that called it.
pub(super) fn changed(
    copy: &Simulation,
    before: Option<&Simulation>,
    account: Address,
    callers: &BTreeSet<Address>,
    fields: &[AddressField],
    names: &Names,
) -> Result<Option<Finding>, ChainError> {
    let was = before.and_then(|before| owner(before, account));
    let is = owner(copy, account);
    let mut says = Vec::new();
    match (was, is) {
        (Some(was), Some(is)) if was != is => {
            says.push(format!(
                "owner() was {}, is {}",
                names.long(was),
                names.long(is)
            ));
        }
        (Some(was), None) => says.push(format!("owner() was {}, is nobody", names.long(was))),
        (None, Some(is)) if callers.contains(&is) => {
            says.push(format!("owner() is {}, which sent it", names.long(is)));
        }
        _ => {}
    }
    for field in fields {
        let is = field.of(copy, account)?;
        let was = match before {
            Some(before) => field.of(before, account)?,
            None => Address::ZERO,
        };
        if was != is && callers.contains(&is) {
            let name = &field.name;
            says.push(format!("{name} is {}, which sent it", names.long(is)));
        }
    }
    Ok((!says.is_empty()).then(|| {
        let id = FindingId::at(FindingKind::OwnerChanged, account);
        let message = format!(
            "{} belongs to another: {}",
            names.long(account),
            says.join(", ")
        );
        Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
            "the same owner, or one that is no contract of the registry",
            "an owner who may not be able to give it back",
            format!(
                "name the owner in the call, not its sender; to accept it: {}",
                FindingId::flag([&id])
            ),
        )
    }))
}
