//! The internal calls between a proxy and its registry, and between two registries. A proxy changes only
//! its own state, and so does a registry; every other caller is refused.

use alloy_sol_types::sol;

/// Bytes after a label in the last step of a path that is cut after [`crate::limits::PATH_MAX`] steps: a space is in no
/// label. The proxy marks that as it marks a version, which nothing reads.
pub const STAYS_PAUSED: &[u8] = b" paused";

sol! {
    /// One step of an upgrade's path: from a version to the next one.
    #[derive(Debug, PartialEq, Eq)]
    struct PathStep {
        /// The version that the step leaves; empty when the instance is created.
        string from;
        /// The version that the step reaches; with [`STAYS_PAUSED`] behind it, the instance is there already, and stays
        /// on the pause stub.
        string to;
        /// The code of `to`.
        address implementation;
        /// One of [`crate::reasons::step`].
        uint8 kind;
        /// The migration script of kind 2, the program of kind 3. Of other kinds it is of no concern to the
        /// proxy.
        address script;
        /// The calldata of the step, may be empty.
        bytes data;
    }

    /// The functions of the registry that its instances and other registries call.
    #[derive(Debug, PartialEq, Eq)]
    interface IInstanceRegistry {
        /// Opens an upgrade of the calling instance to `version` on behalf of `caller` and
        /// returns its path, in order, every program on it checked. When the instance is created, the
        /// path is one step with an empty `from`.
        ///
        /// Where the registry has called the instance, it says what it wants by `order`, one of
        /// [`crate::reasons::order`]; else `order` is 0, an upgrade. A pause has no path. To resume, the
        /// path is one step from the instance's version to itself. A transfer has no path and names the
        /// next `registry`, which is zero otherwise. These three open nothing, so nothing closes them.
        ///
        /// Reverts, in this order: `NotAnInstance`, `DefinitionPaused`, `VersionNotFound`,
        /// `UpgradeNotAuthorized`, `AlreadyAtVersion`, `NoPath`, `InvalidStep`,
        /// `ImplementationNotRunnable`, `CodeChanged`.
        function beginUpgrade(address caller, string calldata version) external returns (uint8 order, address registry, PathStep[] memory steps);
        /// Closes the upgrade that `beginUpgrade` opened in this transaction: the instance is
        /// at `version` from now on.
        function endUpgrade(string calldata version) external;
        /// Suspends the upgrade that was opened in this transaction: the next complex step of
        /// its path has started. `resumeUpgrade` resumes it; until then every upgrade reverts
        /// `UpgradeInProgress`.
        function suspendUpgrade() external;
        /// Opens a suspended upgrade again: returns the complex step. Its `implementation` is what the instance
        /// runs from now on: the code of `to`, or with `back` that of `from`, checked; or the pause stub, where
        /// that version must not run (another one is current, or the definition is paused). `endUpgrade` closes it,
        /// at `to` or back at `from`. Reverts `NotAnInstance` unless the caller is an instance in a complex
        /// step in that direction.
        function resumeUpgrade(bool back) external returns (PathStep memory step);
        /// Upgrades, pauses or resumes an instance that has to be ordered from within a call of its own: an
        /// adopted proxy, or one whose path has a check. The registry calls itself; reverts
        /// `NotAnInstance` for everybody else.
        function moveInstance(address proxy, string calldata version) external;
        /// Makes `proxy` an instance of the definition whose name has this keccak256. That definition must
        /// have accepted it from the calling registry (`acceptTransfer`), else
        /// `TransferNotAccepted`, with the `nonce` that the instance has there, else `StaleInstance`. Returns its
        /// own selector.
        function receiveTransfer(address proxy, bytes32 definition, uint64 nonce) external returns (bytes4);
    }
}
