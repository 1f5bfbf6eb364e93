//! Registry part: what is on record. Every view; and the changes of a record that need no
//! approval: taking back an approval or a proposal of one's own.
//!
//! | module | holds |
//! |---|---|
//! | `views` | definitions, versions, instances, read |
//! | `approvals` | policies and open actions, read |
//! | `withdraw` | `revoke` and `cancel` |
//! | `signed` | what approvers sign offline, and whether they did |
#![cfg_attr(target_arch = "wasm32", no_std, no_main)]
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]

extern crate alloc;

mod approvals;
mod signed;
mod views;
mod withdraw;

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use stylus_registry_core::{abi::Reader, chain::Reverts, errors, parts};
use stylus_upgrades_host::program::Status;
use stylus_upgrades_interface::{parts::IParts, registry::IRegistry};

stylus_upgrades_host::allocating_program!(answer);

fn answer(calldata: &[u8]) -> Status {
    parts::answer(calldata, dispatch)
}

/// Every call that the front sends here. (`verifySigned` comes from the governance part alone.)
fn dispatch(selector: [u8; 4], calldata: &[u8]) -> Reverts<Vec<u8>> {
    let arguments = Reader::arguments(calldata);
    match selector {
        IRegistry::definitionCall::SELECTOR => views::definition(arguments),
        IRegistry::getVersionCall::SELECTOR => views::get_version(arguments),
        IRegistry::versionsCall::SELECTOR => views::versions(arguments),
        IRegistry::instancesCall::SELECTOR => views::instances(arguments),
        IRegistry::instancePageCall::SELECTOR => views::instance_page(arguments),
        IRegistry::instanceOfCall::SELECTOR => views::instance_of(arguments),
        IRegistry::proxyAddressCall::SELECTOR => views::proxy_address(arguments),
        IRegistry::acceptedTransferCall::SELECTOR => views::accepted_transfer(arguments),
        IRegistry::instanceDetailsCall::SELECTOR => views::instance_details(arguments),
        IRegistry::planCall::SELECTOR => views::plan(arguments),
        IRegistry::policyCall::SELECTOR => approvals::policy(arguments),
        IRegistry::satisfiesCall::SELECTOR => approvals::satisfies(arguments),
        IRegistry::pendingCall::SELECTOR => approvals::pending(arguments),
        IRegistry::readinessCall::SELECTOR => approvals::readiness(arguments),
        IRegistry::openedAtCall::SELECTOR => approvals::opened_at(arguments),
        IRegistry::eip712DomainCall::SELECTOR => Ok(signed::domain()),
        IParts::verifySignedCall::SELECTOR => signed::verify(arguments),
        IRegistry::revokeCall::SELECTOR => withdraw::revoke(arguments),
        IRegistry::cancelCall::SELECTOR => withdraw::cancel(arguments),
        _ => Err(errors::nothing()),
    }
}
