// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// The code behind transparent proxies.

contract Box {
    uint256 public value;

    function initialize(uint256 start) external {
        require(value == 0, "initialized");
        value = start;
    }

    function add() external {
        value += 1;
    }
}

contract Box2 {
    uint256 public value;
    uint256 public doubled;

    function add() external {
        value += 2;
    }

    function migrate() external {
        require(doubled == 0, "migrated");
        doubled = 2 * value;
    }
}

// Its storage is that of another contract.
contract Shifted {
    address public owner;
    uint256 public value;
}

// Somebody in the middle of whatever he does.
contract Caller {
    function call(address to, bytes calldata data) external {
        (bool done, bytes memory answer) = to.call(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
