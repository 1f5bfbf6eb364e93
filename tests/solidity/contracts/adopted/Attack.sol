// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Upgraded} from "./Uups.sol";

// A call in the middle of which somebody else is called, as by a hook of a token.
contract HookBox {
    uint256 public value;

    function initialize(uint256 start) external {
        value = start;
    }

    function hooked(address to, bytes calldata data) external {
        uint256 before = value;
        (bool done, bytes memory answer) = to.call(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        value = before + 1;
    }
}

// Ownership in two steps, as Ownable2Step.
contract TwoStep is Upgraded {
    address public pendingOwner;

    function transferOwnership(address to) public override onlyOwner {
        pendingOwner = to;
    }

    function acceptOwnership() external {
        require(msg.sender == pendingOwner, "not pending");
        _transferOwnership(msg.sender);
    }
}

// UUPS without an owner: a role upgrades, and its deployer gives that role to anybody.
contract RoleBox is UUPSUpgradeable {
    uint256 public value;
    address public upgrader;
    address public master;

    function initialize(uint256 start, address first) external {
        require(value == 0, "initialized");
        (value, upgrader, master) = (start, first, first);
    }

    function grant(address to) external {
        require(msg.sender == master, "not the master");
        upgrader = to;
    }

    function _authorizeUpgrade(address) internal view override {
        require(msg.sender == upgrader, "not the upgrader");
    }
}
