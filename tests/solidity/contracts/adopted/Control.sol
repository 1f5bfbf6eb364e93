// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// Code that others than its owner replace: by a role, a manager of roles, or an ownership that is offered.
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

// Roles of other contracts. It emits nothing.
contract RoleManager {
    mapping(uint64 => mapping(address => bool)) public hasRole;

    constructor() {
        hasRole[0][msg.sender] = true;
    }

    function grantRole(uint64 role, address account) external {
        require(hasRole[0][msg.sender], "admin");
        hasRole[role][account] = true;
    }
}

contract ManagedVault is UUPSUpgradeable {
    RoleManager public manager;
    uint256 public total;

    function initialize(RoleManager first) external {
        require(address(manager) == address(0), "initialized");
        manager = first;
        total = 7;
    }

    function _authorizeUpgrade(address) internal view override {
        require(manager.hasRole(0, msg.sender), "role");
    }
}

contract ManagedVault2 is UUPSUpgradeable {
    RoleManager public manager;
    uint256 public total;

    function bump() external {
        require(manager.hasRole(0, msg.sender), "role");
        total += 1;
    }

    function _authorizeUpgrade(address) internal view override {
        require(manager.hasRole(0, msg.sender), "role");
    }
}

contract ControlBox is AccessControl {
    uint256 public total;

    function initialize(address first) external {
        require(total == 0, "initialized");
        total = 1;
        _grantRole(DEFAULT_ADMIN_ROLE, first);
    }
}

// Who has a role replaces its code. Nobody has it yet, and the administrator grants it.
contract ControlBox2 is AccessControl {
    bytes32 public constant KEEPER = keccak256("KEEPER");
    uint256 public total;

    function swapCode(address code) external onlyRole(KEEPER) {
        assembly {
            sstore(0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc, code)
        }
    }

    function add() external onlyRole(KEEPER) {
        total += 1;
    }
}

// Its ownership is offered to another account.
contract TwoStepBox is UUPSUpgradeable {
    address public owner;
    address public pendingOwner;

    function initialize(address next) external {
        require(owner == address(0), "initialized");
        owner = address(this);
        pendingOwner = next;
    }

    function acceptOwnership() external {
        require(msg.sender == pendingOwner, "pending");
        owner = msg.sender;
    }

    function _authorizeUpgrade(address) internal view override {
        require(msg.sender == owner, "owner");
    }
}

// Nobody may call its function that replaces code.
contract FrozenBox is UUPSUpgradeable {
    uint256 public value;

    function initialize(uint256 start) external {
        require(value == 0, "initialized");
        value = start;
    }

    function _authorizeUpgrade(address) internal pure override {
        revert("frozen");
    }
}

// A proxy with a variable and a function of its own.
contract MeteredProxy is ERC1967Proxy {
    uint256 public calls;

    constructor(address code, bytes memory data) ERC1967Proxy(code, data) {}

    function meter() external {
        calls += 1;
    }

    receive() external payable {}
}

// A proxy that counts, and answers nothing by itself.
contract CountingProxy is ERC1967Proxy {
    uint256[100] private __gap;
    uint256 private calls;

    constructor(address code, bytes memory data) ERC1967Proxy(code, data) {}

    function _fallback() internal override {
        calls += 1;
        super._fallback();
    }
}
