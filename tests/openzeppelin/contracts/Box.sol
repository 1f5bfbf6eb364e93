// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.22;

import {Initializable} from "@openzeppelin/contracts-upgradeable/proxy/utils/Initializable.sol";
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// Holds a value.
contract Box is Initializable {
    uint256 public value;

    function initialize(uint256 first) external initializer {
        value = first;
    }
}

/// Counts what it did since.
contract BoxV2 is Initializable {
    uint256 public value;
    uint256 public steps;

    function initialize(uint256 first) external initializer {
        value = first;
    }

    function migrate(uint256 more) external reinitializer(2) {
        value += more;
        steps = 1;
    }
}

/// Has another variable where the value was.
contract BoxMoved is Initializable {
    address public owner;
    uint256 public value;

    function initialize(uint256 first) external initializer {
        value = first;
    }
}

/// The same as UUPS.
contract OwnBox is Initializable, OwnableUpgradeable, UUPSUpgradeable {
    uint256 public value;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(uint256 first) external initializer {
        __Ownable_init(msg.sender);
        value = first;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

/// And its next version.
contract OwnBoxV2 is Initializable, OwnableUpgradeable, UUPSUpgradeable {
    uint256 public value;
    uint256 public steps;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(uint256 first) external initializer {
        __Ownable_init(msg.sender);
        value = first;
    }

    function migrate() external reinitializer(2) {
        steps = 1;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

/// Nobody could upgrade it any more.
contract OwnBoxLast is Initializable, OwnableUpgradeable {
    uint256 public value;
}
