//! Every error that the registry reverts with, as revert data. The tests compare each with
//! alloy's encoding of the type in `interface`.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError;
use stylus_upgrades_interface::{
    ids::{ActionId, CodeHash, DefinitionId},
    proxy::IUpgradeabilityProxy as Proxy,
    registry::IRegistry as Registry,
};

use crate::{
    abi::{Value, encode},
    chain::RevertData,
};

/// Declares a function per error: its Rust name, its type, its parameters. `each` has every one of them beside what
/// alloy makes of its type.
macro_rules! errors {
    ($($name:ident = $interface:ident :: $error:ident ($($parameter:ident: $type:ty),*);)*) => {
        $(
            #[doc = concat!("`", stringify!($error), "`")]
            pub fn $name($($parameter: $type),*) -> RevertData {
                error_data(<$interface::$error as SolError>::SELECTOR, &[$(Value::from($parameter)),*])
            }
        )*

        #[cfg(test)]
        fn each() -> Vec<(RevertData, Vec<u8>)> {
            use tests::sample;
            alloc::vec![$((
                $name($(sample(stringify!($parameter))),*),
                $interface::$error { $($parameter: sample(stringify!($parameter))),* }.abi_encode(),
            )),*]
        }
    };
}

errors! {
    definition_exists = Registry::DefinitionExists(name: &[u8]);
    definition_not_found = Registry::DefinitionNotFound(name: &[u8]);
    definition_paused = Registry::DefinitionPaused(name: &[u8]);
    definition_not_paused = Registry::DefinitionNotPaused(name: &[u8]);
    version_exists = Registry::VersionExists(name: &[u8], version: &[u8]);
    version_not_current = Registry::VersionNotCurrent(version: &[u8], current: &[u8]);
    invalid_label = Registry::InvalidLabel(label: &[u8], reason: u8);
    invalid_step = Registry::InvalidStep(from: &[u8], to: &[u8], reason: u8);
    unknown_role = Registry::UnknownRole(role: &[u8]);
    invalid_policy = Registry::InvalidPolicy(expression: &[u8], offset: u32, reason: u8);
    not_an_approver = Registry::NotAnApprover(caller: Address);
    already_approved = Registry::AlreadyApproved(approver: Address, action: ActionId);
    not_approved = Registry::NotApproved(approver: Address, action: ActionId);
    too_many_actions = Registry::TooManyActions(approver: Address, open: u32);
    action_not_found = Registry::ActionNotFound(action: ActionId);
    action_expired = Registry::ActionExpired(action: ActionId);
    invalid_signature = Registry::InvalidSignature(index: u64, signer: Address);
    code_changed = Registry::CodeChanged(account: Address, expected: CodeHash, found: CodeHash);
    not_an_instance = Registry::NotAnInstance(proxy: Address);
    stale_instance = Registry::StaleInstance(expected: u64, found: u64);
    not_migrating = Registry::NotMigrating(proxy: Address, state: u8);
    direct_call_required = Registry::DirectCallRequired(caller: Address);
    instance_not_obeying = Registry::InstanceNotObeying(proxy: Address);
    transfer_not_accepted = Registry::TransferNotAccepted(definition: DefinitionId, proxy: Address, registry: Address);
    reentered = Registry::Reentered();
    insufficient_gas = Registry::InsufficientGas(needed: u64, left: u64);
    proxy_exists = Registry::ProxyExists(proxy: Address);
    not_supported = Registry::NotSupported(what: &[u8]);
    upgrade_in_progress = Proxy::UpgradeInProgress();
    version_not_found = Proxy::VersionNotFound(name: &[u8], version: &[u8]);
    upgrade_not_authorized = Proxy::UpgradeNotAuthorized(caller: Address, from: &[u8], to: &[u8]);
    already_at_version = Proxy::AlreadyAtVersion(version: &[u8]);
    no_path = Proxy::NoPath(name: &[u8], from: &[u8], to: &[u8]);
    implementation_not_runnable = Proxy::ImplementationNotRunnable(implementation: Address, reason: u8);
    value_not_accepted = Proxy::ValueNotAccepted(value: B256);
}

/// Reverts without data: calldata that do not decode, a part on its own storage.
pub const fn nothing() -> RevertData {
    RevertData(Vec::new())
}

#[inline(never)]
fn error_data(selector: [u8; 4], values: &[Value<'_>]) -> RevertData {
    RevertData(encode(&selector, values))
}

#[cfg(test)]
pub(crate) mod tests;
