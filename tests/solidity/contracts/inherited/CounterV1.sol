// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {Upgradeable} from "./Upgradeable.sol";

contract CounterV1 is Upgradeable {
    error AlreadyInitialized();

    uint256 internal _value;
    bool internal _initialized;

    event Incremented(uint256 value);

    function initialize(uint256 start) external {
        if (_initialized) revert AlreadyInitialized();
        _initialized = true;
        _value = start;
    }

    function value() external view returns (uint256) {
        return _value;
    }

    function increment() external virtual {
        _value += 1;
        emit Incremented(_value);
    }
}
