// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {UpgradeabilityStorage} from "../inherited/UpgradeabilityStorage.sol";
import {Migratable} from "./Migratable.sol";

/// A sum; `tests/fixtures/ledger` holds the same three versions in Rust.
contract LedgerV1 is UpgradeabilityStorage, Migratable {
    error Refused();

    uint256 internal total;
    uint256 internal unit;
    uint256 internal fee;

    function initialize1(uint256 start) external isInitializer("Ledger", "1.0") {
        total = start;
    }

    function add(uint256 amount) external virtual {
        total += amount;
    }

    function figures() external view returns (uint256, uint256, uint256) {
        return (total, unit, fee);
    }
}

/// Amounts are counted in units.
contract LedgerV2 is LedgerV1 {
    function initialize2(uint256 start, uint256 newUnit) external isInitializer("Ledger", "2.0") {
        total = start;
        unit = newUnit;
    }

    function migrate2(uint256 newUnit) external isMigration("Ledger", "1.0", "2.0") {
        if (newUnit == 0) revert Refused();
        unit = newUnit;
        total *= newUnit;
    }

    function add(uint256 amount) external virtual override {
        total += amount * unit;
    }
}

/// A fee is taken off once.
contract LedgerV3 is LedgerV2 {
    function migrate3(uint256 newFee) external isMigration("Ledger", "2.0", "3.0") {
        if (newFee > total) revert Refused();
        fee = newFee;
        total -= newFee;
    }
}
