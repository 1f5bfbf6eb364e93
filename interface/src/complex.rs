//! Complex migrations: many transactions, and the contract is paused meanwhile.

use alloy_sol_types::sol;

sol! {
    /// Calls that a proxy answers while a complex migration runs. The program of the step answers them,
    /// from the start on until it ends; every other call reverts `ContractPaused`.
    #[derive(Debug, PartialEq, Eq)]
    interface IComplexMigration {
        /// Begins. Only under the token of the step; `handler` will supply the batches.
        function startMigration(address handler) external;
        /// Migrates items that the handler supplies; `data` is
        /// `abi.encode(uint256 position, bytes items)`, where `position` is `done`.
        function migrateBatch(bytes calldata data) external;
        /// Migrates the next items, at least one, and stops by itself before this frame has used
        /// `gasBudget` gas.
        function migrateNext(uint64 gasBudget) external;
        /// Ends, and runs what is left of the path. When turning back: restores the old code.
        function endMigration() external;
        /// Items that are in the new form, of how many.
        function progress() external view returns (uint256 done, uint256 total);
        /// Returns true if it can be reverted (`turnBack`).
        function reversible() external view returns (bool);
        /// Replaces the handler. Only the registry, by its governed `setHandler`.
        function setHandler(address handler) external;
        /// From now on batches go back. Only the registry, by its governed `abortMigration`.
        function turnBack() external;

        /// A batch was migrated; `done` falls when turning back.
        event Batch(uint256 done, uint256 total);

        /// Between two versions, the contract answers nothing but this interface, without value.
        error ContractPaused(string from, string to);
        /// Somebody else may do this.
        error NotHandler(address caller, address handler);
        /// The batch does not begin where the last one ended.
        error BatchOutOfOrder(uint256 position, uint256 done);
        /// Items are left, forward or back.
        error MigrationIncomplete(uint256 done, uint256 total);
        /// No reverse was declared.
        error NotReversible();
        /// `migrateNext` with less than one item may cost.
        error BudgetTooSmall(uint64 needed, uint64 budget);
        /// No item is left to migrate: call `endMigration`.
        error NothingLeft(uint256 done, uint256 total);
    }

    /// Calls that UpgradeabilityStorage answers to the program of a complex migration, which
    /// delegatecalls it in the proxy's frame. The proxy itself never forwards it.
    #[derive(Debug, PartialEq, Eq)]
    interface IComplexStep {
        /// Leaves the complex step that the instance is in: forward, along what is left of the
        /// path, or `back` to where it came from. Reverts `NotAnInstance` unless the registry
        /// knows the instance to be in such a step, in that direction, and `UpgradeSlotsTouched`
        /// unless the running code is the program of the step.
        function finishStep(bool back) external;
    }
}
