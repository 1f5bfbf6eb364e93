//! For `export-abi` alone: prints the interface. Nothing of this is on chain.

/// Every program has this interface and no other.
const INTERFACE: &str = "\
interface IComplexMigration {
    function startMigration(address handler) external;
    function migrateBatch(bytes calldata data) external;
    function migrateNext(uint64 gas_budget) external;
    function endMigration() external;
    function progress() external view returns (uint256 done, uint256 total);
    function reversible() external view returns (bool);
    function setHandler(address handler) external;
    function turnBack() external;

    event Batch(uint256 done, uint256 total);

    error ContractPaused(string from, string to);
    error NotHandler(address caller, address handler);
    error BatchOutOfOrder(uint256 position, uint256 done);
    error MigrationIncomplete(uint256 done, uint256 total);
    error NotReversible();
    error BudgetTooSmall(uint64 needed, uint64 budget);
    error NothingLeft(uint256 done, uint256 total);
    error NotInUpgrade();
    error AlreadyMigrated(string from, string to);
    error PredecessorMissing(string version);
    error PostConditionFailed(string condition);
}";

/// Prints it to standard output.
pub fn print() {
    std::println!("{INTERFACE}");
}
