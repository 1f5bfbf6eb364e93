// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {CounterV1} from "./CounterV1.sol";

contract CounterV2 is CounterV1 {
    error AlreadyMigrated();

    uint256 internal _step;

    function migrate(uint256 newStep) external {
        if (_step != 0) revert AlreadyMigrated();
        _step = newStep;
    }

    function step() external view returns (uint256) {
        return _step;
    }

    function increment() external override {
        _value += _step;
        emit Incremented(_value);
    }
}
