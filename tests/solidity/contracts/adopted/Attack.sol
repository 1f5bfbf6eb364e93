// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

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
