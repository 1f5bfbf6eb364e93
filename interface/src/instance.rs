//! The calls between a proxy and its registry. They are theirs alone: each changes state
//! only for the instance that calls, about itself, and reverts `NotAnInstance` for
//! anybody else.

use alloy_sol_types::sol;

sol! {
    /// One hop of an upgrade: the step from a version to the next one on the path.
    #[derive(Debug, PartialEq, Eq)]
    struct Hop {
        /// The version that the hop leaves; empty at birth.
        string from;
        /// The version that the hop reaches.
        string to;
        /// The code of `to`.
        address implementation;
        /// One of [`crate::reasons::step`].
        uint8 kind;
        /// The migration script of kind 2, the program of kind 3, else zero.
        address script;
        /// The calldata of the step, may be empty.
        bytes data;
    }

    /// What the registry answers to its instances.
    #[derive(Debug, PartialEq, Eq)]
    interface IInstanceRegistry {
        /// Opens an upgrade of the calling instance to `version` on behalf of `caller` and
        /// returns its path, in order, every program on it checked. At birth the path is one
        /// hop with an empty `from`. Reverts, in this order: `NotAnInstance`,
        /// `VersionNotFound`, `UpgradeNotAuthorized`, `AlreadyAtVersion`, `NoPath`,
        /// `ImplementationNotRunnable`, `CodeChanged`.
        function beginUpgrade(address caller, string calldata version) external returns (Hop[] memory hops);
        /// Closes the upgrade that `beginUpgrade` opened in this transaction: the instance is
        /// at `version` from now on.
        function endUpgrade(string calldata version) external;
        /// Suspends the upgrade that was opened in this transaction: the instance has arrived
        /// where the next complex step of its path begins, and that step has started. It is
        /// resumed by `resumeUpgrade`; until then every upgrade reverts `UpgradeInProgress`.
        function suspendUpgrade() external;
        /// Opens a suspended upgrade again: returns the complex step and, unless it turns
        /// `back`, what follows it on the way to the target, every program on it checked. With
        /// `back`, the first hop's `implementation` is the code of its `from`. `endUpgrade`
        /// closes it, at the target or back at `from`. Reverts `NotAnInstance` unless the
        /// caller is an instance in a complex step, in that direction.
        function resumeUpgrade(bool back) external returns (Hop[] memory hops);
    }
}
