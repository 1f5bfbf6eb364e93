// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The program of a complex step that was not written with our crates: it keeps its state in its own
/// place, emits nothing, and tells how far it is by `progress()` alone.
contract ForeignProgram {
    struct State {
        address handler;
        uint64 done;
    }

    uint64 private constant TOTAL = 5;
    bytes32 private constant SLOT = keccak256("tests.foreign-program");

    /// UpgradeabilityStorage, which ends the step.
    address private immutable STORAGE;
    /// Items that each call migrates.
    uint64 private immutable ITEMS;

    constructor(address upgradeabilityStorage, uint64 items) {
        STORAGE = upgradeabilityStorage;
        ITEMS = items;
    }

    function startMigration(address handler) external {
        state().handler = handler;
    }

    function migrateNext(uint64) external {
        State storage s = state();
        require(msg.sender == s.handler && s.done < TOTAL);
        s.done = s.done + ITEMS > TOTAL ? TOTAL : s.done + ITEMS;
    }

    function endMigration() external {
        State storage s = state();
        require(msg.sender == s.handler && s.done == TOTAL);
        s.handler = address(0);
        s.done = 0;
        (bool ok, bytes memory data) = STORAGE.delegatecall(abi.encodeWithSignature("finishStep(bool)", false));
        assembly {
            if iszero(ok) { revert(add(data, 32), mload(data)) }
        }
    }

    function progress() external view returns (uint256, uint256) {
        return (state().done, TOTAL);
    }

    function reversible() external pure returns (bool) {
        return false;
    }

    function state() private pure returns (State storage s) {
        bytes32 slot = SLOT;
        assembly {
            s.slot := slot
        }
    }
}
