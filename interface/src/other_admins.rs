//! Calls of other authorities over a proxy. Tools send them to whatever the ERC-1967 admin slot
//! holds, which is the registry here: it reverts each with what to use instead, as
//! `Error(string)`, the one error that every tool shows in words.

use alloy_sol_types::{SolCall, sol};

use crate::parts::Answer;

sol! {
    /// OpenZeppelin's ProxyAdmin, 4.x and 5.x.
    interface IProxyAdmin {
        function upgrade(address proxy, address implementation) external;
        function upgradeAndCall(address proxy, address implementation, bytes data) external payable;
        function changeProxyAdmin(address proxy, address newAdmin) external;
        function getProxyAdmin(address proxy) external view returns (address);
        function getProxyImplementation(address proxy) external view returns (address);
        function UPGRADE_INTERFACE_VERSION() external view returns (string);
    }

    /// What a UUPS, transparent or beacon proxy answers, called on the wrong account.
    interface IProxy {
        function upgradeTo(address implementation) external;
        function upgradeToAndCall(address implementation, bytes data) external payable;
        function changeAdmin(address newAdmin) external;
        function admin() external view returns (address);
        function proxiableUUID() external view returns (bytes32);
    }

    /// OpenZeppelin's Ownable and Ownable2Step.
    interface IOwnable {
        function owner() external view returns (address);
        function pendingOwner() external view returns (address);
        function transferOwnership(address newOwner) external;
        function acceptOwnership() external;
        function renounceOwnership() external;
    }

    /// OpenZeppelin's AccessControl.
    interface IAccessControl {
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function renounceRole(bytes32 role, address account) external;
        function hasRole(bytes32 role, address account) external view returns (bool);
    }

    /// OpenZeppelin's AccessManager.
    interface IAccessManager {
        function grantRole(uint64 roleId, address account, uint32 executionDelay) external;
        function revokeRole(uint64 roleId, address account) external;
        function renounceRole(uint64 roleId, address callerConfirmation) external;
        function hasRole(uint64 roleId, address account) external view returns (bool, uint32);
        function canCall(address caller, address target, bytes4 selector) external view returns (bool, uint32);
        function schedule(address target, bytes data, uint48 when) external returns (bytes32, uint32);
        function execute(address target, bytes data) external payable returns (uint32);
        function cancel(address caller, address target, bytes data) external returns (uint32);
        function updateAuthority(address target, address newAuthority) external;
        function setTargetClosed(address target, bool closed) external;
        function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId) external;
    }
}

/// A call that the registry does not answer, and what its callers are after.
#[derive(Clone, Copy, Debug)]
pub struct Instead {
    /// The call.
    pub call: Answer,
    /// What to use.
    pub instead: &'static str,
}

const UPGRADE: &str = "use migrate";
const POLICY: &str = "use setPolicy";
const READ_POLICY: &str = "there is no owner, ask policy";
const ASK_PROXY: &str = "ask the proxy";

/// One of them.
const fn to<C: SolCall>(instead: &'static str) -> Instead {
    Instead {
        call: Answer::to::<C>(),
        instead,
    }
}

/// All of them.
pub const OTHER_ADMINS: &[Instead] = &[
    to::<IProxyAdmin::upgradeCall>(UPGRADE),
    to::<IProxyAdmin::upgradeAndCallCall>(UPGRADE),
    to::<IProxyAdmin::changeProxyAdminCall>("use transferProxy"),
    to::<IProxyAdmin::getProxyAdminCall>(ASK_PROXY),
    to::<IProxyAdmin::getProxyImplementationCall>(ASK_PROXY),
    to::<IProxyAdmin::UPGRADE_INTERFACE_VERSIONCall>("this is no ProxyAdmin, use migrate"),
    to::<IProxy::upgradeToCall>(UPGRADE),
    to::<IProxy::upgradeToAndCallCall>(UPGRADE),
    to::<IProxy::changeAdminCall>("use transferProxy"),
    to::<IProxy::adminCall>(READ_POLICY),
    to::<IProxy::proxiableUUIDCall>("this is no implementation, use migrate"),
    to::<IOwnable::ownerCall>(READ_POLICY),
    to::<IOwnable::pendingOwnerCall>(READ_POLICY),
    to::<IOwnable::transferOwnershipCall>(POLICY),
    to::<IOwnable::acceptOwnershipCall>(POLICY),
    to::<IOwnable::renounceOwnershipCall>("use setPolicy with NONE"),
    to::<IAccessControl::grantRoleCall>(POLICY),
    to::<IAccessControl::revokeRoleCall>(POLICY),
    to::<IAccessControl::renounceRoleCall>(POLICY),
    to::<IAccessControl::hasRoleCall>("ask satisfies"),
    to::<IAccessManager::grantRoleCall>(POLICY),
    to::<IAccessManager::revokeRoleCall>(POLICY),
    to::<IAccessManager::renounceRoleCall>(POLICY),
    to::<IAccessManager::hasRoleCall>("ask satisfies"),
    to::<IAccessManager::canCallCall>("ask satisfies"),
    to::<IAccessManager::scheduleCall>("send the call itself, its policy may have a delay"),
    to::<IAccessManager::executeCall>("send the call itself"),
    to::<IAccessManager::cancelCall>("use cancel with the action"),
    to::<IAccessManager::updateAuthorityCall>("use transferProxy"),
    to::<IAccessManager::setTargetClosedCall>("use pause"),
    to::<IAccessManager::setTargetFunctionRoleCall>(POLICY),
];

#[cfg(test)]
mod tests {
    use crate::parts::PARTS;

    use super::OTHER_ADMINS;

    #[test]
    fn no_selector_is_listed_twice_or_answered() {
        let answered = PARTS.iter().flat_map(|part| part.answers);
        let executed = PARTS.iter().flat_map(|part| part.executes);
        for (n, other) in OTHER_ADMINS.iter().enumerate() {
            let mut known = answered.clone().chain(executed.clone());
            let selector = other.call.selector;
            let signature = other.call.signature;
            assert!(
                known.all(|answer| answer.selector != selector),
                "{signature}"
            );
            let mut before = OTHER_ADMINS[..n].iter();
            assert!(
                before.all(|one| one.call.selector != selector),
                "{signature}"
            );
        }
    }
}
