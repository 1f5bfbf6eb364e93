//! The internal calls between a proxy and its registry, and between two registries. A proxy changes only
//! its own state; every other caller is refused.

use alloy_sol_types::sol;

sol! {
    /// One step of an upgrade's path: from a version to the next one.
    #[derive(Debug, PartialEq, Eq)]
    struct PathStep {
        /// The version that the step leaves; empty when the instance is created.
        string from;
        /// The version that the step reaches.
        string to;
        /// The code of `to`.
        address implementation;
        /// One of [`crate::reasons::step`].
        uint8 kind;
        /// The migration script of kind 2, the program of kind 3, the beacon where a beacon proxy is
        /// created, else zero.
        address script;
        /// The calldata of the step, may be empty.
        bytes data;
    }

    /// The functions of the registry that its instances and other registries call.
    #[derive(Debug, PartialEq, Eq)]
    interface IInstanceRegistry {
        /// Opens an upgrade of the calling instance to `version` on behalf of `caller` and
        /// returns its path, in order, every program on it checked. When the instance is created, the
        /// path is one step with an empty `from`. With an empty `version`, which only the registry asks
        /// for, the instance is paused and the path is empty, or it is resumed and the path is one step
        /// from its version to itself; then there is nothing to close. Reverts, in this order: `NotAnInstance`,
        /// `DefinitionPaused`, `VersionNotFound`, `UpgradeNotAuthorized`, `AlreadyAtVersion`, `NoPath`,
        /// `ImplementationNotRunnable`, `CodeChanged`.
        function beginUpgrade(address caller, string calldata version) external returns (PathStep[] memory steps);
        /// Closes the upgrade that `beginUpgrade` opened in this transaction: the instance is
        /// at `version` from now on.
        function endUpgrade(string calldata version) external;
        /// Suspends the upgrade that was opened in this transaction: the next complex step of
        /// its path has started. `resumeUpgrade` resumes it; until then every upgrade reverts
        /// `UpgradeInProgress`.
        function suspendUpgrade() external;
        /// Opens a suspended upgrade again: returns the complex step and, unless `back` is
        /// set, the steps after it up to the target, every program on them checked. With
        /// `back`, the first step's `implementation` is the code of its `from`. `endUpgrade`
        /// closes it, at the target or back at `from`. Reverts `NotAnInstance` unless the
        /// caller is an instance in a complex step in that direction.
        function resumeUpgrade(bool back) external returns (PathStep[] memory steps);
        /// Upgrades an adopted proxy, which knows no registry: with an empty `version` it is paused or
        /// resumed. The registry calls itself; reverts `NotAnInstance` for everybody else.
        function upgradeAdopted(address proxy, string calldata version) external;
        /// Notes that the calling registry has handed `proxy` over, and that the definition whose name
        /// has this keccak256, and no other, may adopt it. Reverts `CodeChanged` unless the caller has the
        /// code of this registry, `ProxyExists` for an instance.
        function handedOver(address proxy, bytes32 definition) external;
    }
}
