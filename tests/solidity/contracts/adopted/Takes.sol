// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// Code that anybody can control by a call, and code whose functions are meant for everybody.
import {UupsBox} from "./Uups.sol";

abstract contract Joined is UupsBox {
    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    event Transfer(address indexed from, address indexed to, uint256 amount);

    // No getter shows it.
    address private treasury;
    mapping(address => uint256) private deposits;
    uint256 internal started;
    bool public paused;
    bool internal begun;

    function migrate() external {
        require(started == 0, "migrated");
        started = 1;
    }

    // Anybody may become a member.
    function join() external {
        emit RoleGranted("member", msg.sender, msg.sender);
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    function _setTreasury(address to) internal {
        treasury = to;
    }

    function deposit() external payable {
        deposits[msg.sender] += msg.value;
    }

    function depositTo(address to) external payable {
        emit Transfer(address(0), to, msg.value);
    }

    function note(bytes32) external {
        value += 1;
    }
}

// The same without holes.
contract Closed is Joined {}

contract Closed2 is Joined {
    uint256 public more;
}

contract Taking is Joined {
    function setTreasury(address to) external {
        _setTreasury(to);
    }

    // Anybody may, once, while it is not paused.
    function begin(uint256 to) external {
        require(!begun, "begun");
        require(!paused, "paused");
        begun = true;
        started = to;
    }

    // An initializer of the usual kind.
    function reinitialize(address to) external {
        require(started < 2, "reinitialized");
        started = 2;
        _transferOwnership(to);
    }
}

// Whoever sends the upgrade becomes its owner.
contract Seized is UupsBox {
    address public keeper;

    function initializeV2() external {
        require(keeper == address(0), "initialized");
        keeper = msg.sender;
        _transferOwnership(msg.sender);
    }
}

// It has an owner whom nobody wrote.
contract Disowned is UupsBox {
    function owner() public pure override returns (address) {
        return address(0xdead);
    }
}
