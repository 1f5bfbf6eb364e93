// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// The code behind UUPS proxies of OpenZeppelin 5.x.
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

abstract contract Upgraded is Ownable, UUPSUpgradeable {
    uint256 public value;

    constructor() Ownable(address(1)) {}

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

contract UupsBox is Upgraded {
    function initialize(uint256 start, address first) external {
        require(value == 0, "initialized");
        value = start;
        _transferOwnership(first);
    }

    function add() external {
        value += 1;
    }
}

contract UupsBox2 is Upgraded {
    uint256 public doubled;

    function add() external {
        value += 2;
    }

    function migrate() external {
        require(doubled == 0, "migrated");
        doubled = 2 * value;
    }
}

// It can be upgraded to, and nobody can upgrade from it.
contract Stuck is Upgraded {
    function upgradeToAndCall(address, bytes memory) public payable override {
        revert("stuck");
    }
}

// Anybody can upgrade it.
contract OpenBox is Ownable, UUPSUpgradeable {
    uint256 public value;

    constructor() Ownable(address(1)) {}

    function initialize(uint256 start, address first) external {
        require(value == 0, "initialized");
        value = start;
        _transferOwnership(first);
    }

    function _authorizeUpgrade(address) internal override {}
}

// A role decides who upgrades it, so nobody owns it.
contract RoleVault is AccessControl, UUPSUpgradeable {
    bytes32 public constant UPGRADER = keccak256("UPGRADER");
    uint256 public value;

    function initialize(uint256 start, address first) external {
        require(value == 0, "initialized");
        value = start;
        _grantRole(DEFAULT_ADMIN_ROLE, first);
        _grantRole(UPGRADER, first);
    }

    function add() external {
        value += 1;
    }

    function _authorizeUpgrade(address) internal override onlyRole(UPGRADER) {}
}

