//! Initializers and migrations, each exactly once.

use alloy_sol_types::sol;

sol! {
    /// Calls that an implementation with the mixin answers about its instance.
    #[derive(Debug, PartialEq, Eq)]
    interface IMigratable {
        /// Returns true if the data of this instance has been brought to `version` at some time.
        function isMigrated(string calldata version) external view returns (bool);

        /// One step of a migration was applied. Emitted once per step.
        event Migrated(string from, string to);

        /// An initializer or a migration was called outside the creation or upgrade of its proxy.
        error NotInUpgrade();
        /// An initializer on an instance that some version has initialized already.
        error AlreadyInitialized(string version);
        /// A migration whose target the instance has reached before.
        error AlreadyMigrated(string from, string to);
        /// A migration on an instance that never was at the version it starts from.
        error PredecessorMissing(string version);
        /// A condition does not hold that an initializer, a migration, a script or a complex program declared
        /// to hold after it; `condition` is how its author wrote it, e.g. `nonzero(owner)`.
        error PostConditionFailed(string condition);
    }
}
