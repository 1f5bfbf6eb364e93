//! The functions, events and errors of every proxy.

use alloy_sol_types::sol;

sol! {
    /// The five selectors that a proxy answers itself, for every caller.
    #[derive(Debug, PartialEq, Eq)]
    interface IUpgradeabilityProxy {
        /// The code that the proxy runs now (ERC-1967 implementation slot).
        function implementation() external view returns (address);
        /// The registry that authorizes its upgrades (ERC-1967 admin slot).
        function registry() external view returns (address);
        /// The label of the version that the proxy is at, as the registry knows it.
        function implementationVersion() external view returns (string memory);
        /// Upgrades along the path that the registry gives. Refused to everyone but the
        /// registry and a caller who alone satisfies the policy of role `migrate`.
        function upgradeTo(string calldata version) external;
        /// Upgrades like `upgradeTo`, with calldata for the path's last step or for the new code.
        function upgradeToAndCall(string calldata version, bytes calldata data) external payable;

        /// ERC-1967: what the implementation slot holds at the end of the transaction.
        event Upgraded(address indexed implementation);
        /// ERC-1967: emitted at creation and at hand-over. Not indexed.
        event AdminChanged(address previousAdmin, address newAdmin);

        /// Called directly and not through a proxy.
        error NotAProxy();
        /// An upgrade of this proxy is running or was done in this transaction, or another frame
        /// of it is open.
        error UpgradeInProgress();
        /// The definition has no version of that label.
        error VersionNotFound(string name, string version);
        /// The caller is neither the registry nor alone entitled to migrate.
        error UpgradeNotAuthorized(address caller, string from, string to);
        /// The instance is at that version already.
        error AlreadyAtVersion(string version);
        /// No chain of steps leads there within the limits.
        error NoPath(string name, string from, string to);
        /// The code cannot run; `reason` is one of [`crate::reasons::not_runnable`].
        error ImplementationNotRunnable(address implementation, uint8 reason);
        /// A step left its mark unset, or reverted without data, or lacks its calldata.
        error MigrationNotApplied(string from, string to);
        /// A step changed a slot that belongs to the framework.
        error UpgradeSlotsTouched(bytes32 slot);
        /// Value was sent where it would not be counted exactly once. In wei.
        error ValueNotAccepted(uint256 value);
    }
}
