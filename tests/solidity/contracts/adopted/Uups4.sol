// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// The code behind UUPS proxies of OpenZeppelin 4.x.
import {Ownable} from "@openzeppelin/contracts-v4/access/Ownable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-v4/proxy/utils/UUPSUpgradeable.sol";

abstract contract Upgraded4 is Ownable, UUPSUpgradeable {
    uint256 public value;

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

contract Uups4Box is Upgraded4 {
    function initialize(uint256 start, address first) external {
        require(value == 0, "initialized");
        value = start;
        _transferOwnership(first);
    }

    function add() external {
        value += 1;
    }
}

contract Uups4Box2 is Upgraded4 {
    uint256 public doubled;

    function add() external {
        value += 2;
    }

    function migrate() external {
        require(doubled == 0, "migrated");
        doubled = 2 * value;
    }
}
