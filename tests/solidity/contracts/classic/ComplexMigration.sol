// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {UpgradeabilityStorage} from "../inherited/UpgradeabilityStorage.sol";
import {Migratable} from "./Migratable.sol";

/// Stands between two versions as a version of its own: its handler migrates batches, every other
/// call is refused, and an upgrade to the final version ends it. That nothing is left is the
/// handler's word.
abstract contract ComplexMigration is UpgradeabilityStorage, Migratable {
    error ContractPaused();
    error NotHandler(address caller);

    modifier onlyHandler() {
        if (msg.sender != handler()) revert NotHandler(msg.sender);
        _;
    }

    function handler() internal view virtual returns (address);

    fallback() external payable {
        revert ContractPaused();
    }

    receive() external payable {
        revert ContractPaused();
    }
}
