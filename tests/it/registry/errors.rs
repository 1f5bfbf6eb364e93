//! Errors of the registry and of its proxies, each built in one place. Names are those of the definition "A".

use crate::prelude::*;

use super::fixture::account;

const NAME: &str = "A";

pub(crate) fn not_an_approver(who: usize) -> IRegistry::NotAnApprover {
    let caller = account(who);
    IRegistry::NotAnApprover { caller }
}

pub(crate) fn not_an_instance(proxy: Address) -> IRegistry::NotAnInstance {
    IRegistry::NotAnInstance { proxy }
}

/// The proxy does not do what the registry orders.
pub(crate) fn not_obeying(proxy: Address) -> IRegistry::InstanceNotObeying {
    IRegistry::InstanceNotObeying { proxy }
}

pub(crate) fn not_found(action: B256) -> IRegistry::ActionNotFound {
    IRegistry::ActionNotFound { action }
}

pub(crate) fn not_approved(approver: Address, action: B256) -> IRegistry::NotApproved {
    IRegistry::NotApproved { approver, action }
}

pub(crate) fn approved_already(who: usize, action: B256) -> IRegistry::AlreadyApproved {
    let approver = account(who);
    IRegistry::AlreadyApproved { approver, action }
}

pub(crate) fn not_supported(what: &str) -> IRegistry::NotSupported {
    IRegistry::NotSupported { what: what.into() }
}

pub(crate) fn not_direct(caller: Address) -> IRegistry::DirectCallRequired {
    IRegistry::DirectCallRequired { caller }
}

/// The call was approved for another state of the instance.
pub(crate) fn stale(expected: u64, found: u64) -> IRegistry::StaleInstance {
    IRegistry::StaleInstance { expected, found }
}

/// `resume` names another version than the current one.
pub(crate) fn not_current(version: &str, current: &str) -> IRegistry::VersionNotCurrent {
    let (version, current) = (version.into(), current.into());
    IRegistry::VersionNotCurrent { version, current }
}

/// The definition does not expect the proxy from that registry, or not any more.
pub(crate) fn not_accepted(
    name: &str,
    proxy: Address,
    registry: Address,
) -> IRegistry::TransferNotAccepted {
    IRegistry::TransferNotAccepted {
        definition: keccak256(name),
        proxy,
        registry,
    }
}

pub(crate) fn definition_paused() -> IRegistry::DefinitionPaused {
    IRegistry::DefinitionPaused { name: NAME.into() }
}

pub(crate) fn bad_label(label: &str, reason: u8) -> IRegistry::InvalidLabel {
    let label = label.into();
    IRegistry::InvalidLabel { label, reason }
}

pub(crate) fn bad_policy(expression: &str, offset: u32, reason: u8) -> IRegistry::InvalidPolicy {
    let expression = expression.into();
    IRegistry::InvalidPolicy {
        expression,
        offset,
        reason,
    }
}

pub(crate) fn bad_step(from: &str, to: &str, reason: u8) -> IRegistry::InvalidStep {
    let (from, to) = (from.into(), to.into());
    IRegistry::InvalidStep { from, to, reason }
}

pub(crate) fn code_changed(
    account: Address,
    expected: B256,
    found: B256,
) -> IRegistry::CodeChanged {
    IRegistry::CodeChanged {
        account,
        expected,
        found,
    }
}

pub(crate) fn version_exists(version: &str) -> IRegistry::VersionExists {
    IRegistry::VersionExists {
        name: NAME.into(),
        version: version.into(),
    }
}

pub(crate) fn version_not_found(version: &str) -> Proxy::VersionNotFound {
    Proxy::VersionNotFound {
        name: NAME.into(),
        version: version.into(),
    }
}

pub(crate) fn no_path(from: &str, to: &str) -> Proxy::NoPath {
    Proxy::NoPath {
        name: NAME.into(),
        from: from.into(),
        to: to.into(),
    }
}

pub(crate) fn not_authorized(caller: Address, from: &str, to: &str) -> Proxy::UpgradeNotAuthorized {
    let (from, to) = (from.into(), to.into());
    Proxy::UpgradeNotAuthorized { caller, from, to }
}

pub(crate) fn already_at(version: &str) -> Proxy::AlreadyAtVersion {
    let version = version.into();
    Proxy::AlreadyAtVersion { version }
}

pub(crate) fn not_applied(from: &str, to: &str) -> Proxy::MigrationNotApplied {
    let (from, to) = (from.into(), to.into());
    Proxy::MigrationNotApplied { from, to }
}

/// The code of that account cannot run, see `reasons::not_runnable`.
pub(crate) fn cannot_run(implementation: Address, reason: u8) -> Proxy::ImplementationNotRunnable {
    Proxy::ImplementationNotRunnable {
        implementation,
        reason,
    }
}

/// It is in an upgrade, or paused.
pub(crate) fn in_progress() -> Proxy::UpgradeInProgress {
    Proxy::UpgradeInProgress {}
}
