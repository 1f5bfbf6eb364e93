// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

/// Initializers and migrations that run once each, told apart by a contract's name and a
/// migration's. Anybody may call them at any time; the marks are set when the body is done.
contract Migratable {
    string private constant INITIALIZED = "initialized";

    mapping(string contractName => mapping(string migrationId => bool)) private migrated;

    event Migrated(string contractName, string migrationId);

    error AlreadyDone(string contractName, string migrationId);
    error NotDone(string contractName, string migrationId);

    modifier isInitializer(string memory contractName, string memory migrationId) {
        requirePending(contractName, INITIALIZED);
        requirePending(contractName, migrationId);
        _;
        migrated[contractName][INITIALIZED] = true;
        mark(contractName, migrationId);
    }

    modifier isMigration(
        string memory contractName,
        string memory requiredMigrationId,
        string memory newMigrationId
    ) {
        if (!isMigrated(contractName, requiredMigrationId)) revert NotDone(contractName, requiredMigrationId);
        requirePending(contractName, newMigrationId);
        _;
        mark(contractName, newMigrationId);
    }

    function isMigrated(string memory contractName, string memory migrationId) public view returns (bool) {
        return migrated[contractName][migrationId];
    }

    function requirePending(string memory contractName, string memory migrationId) private view {
        if (isMigrated(contractName, migrationId)) revert AlreadyDone(contractName, migrationId);
    }

    function mark(string memory contractName, string memory migrationId) private {
        migrated[contractName][migrationId] = true;
        emit Migrated(contractName, migrationId);
    }
}
