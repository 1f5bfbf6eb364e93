// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// What upgrades with expectations lead from, and to.
contract Expected {
    uint256 public total;
    bytes32 public root;
    address public owner;
    uint256 public fee;
    string public name;
    uint256 internal moved;

    function initialize(bytes32 root_, address owner_) external {
        total = 1000;
        root = root_;
        owner = owner_;
        fee = 25;
        name = "a name that is longer than the thirty-two bytes of a word";
    }

    function mint() external virtual {
        total += 10;
    }

    function limit() external view virtual returns (uint256) {
        return 500;
    }

    function span() external view virtual returns (uint256) {
        return 7 days;
    }

    function age() external view returns (uint256) {
        return block.timestamp;
    }

    function pair() external view returns (uint256, address) {
        return (fee, owner);
    }
}

/// The same with steps, each of which writes what it says.
contract ExpectedNext is Expected {
    function setRoot(bytes32 root_) external {
        root = root_;
    }

    function setTotal(uint256 total_) external {
        total = total_;
    }

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    function setOwner(address owner_) external {
        owner = owner_;
    }

    function keep() external {
        moved = total;
    }

    function isNext() external pure returns (bool) {
        return true;
    }
}

/// A step that writes into another instance.
contract ExpectedPeer is ExpectedNext {
    function reach(ExpectedNext peer) external {
        if (address(peer) != address(this)) peer.setTotal(999);
    }
}

/// Two constants in each other's place.
contract ExpectedSwapped is Expected {
    function limit() external pure override returns (uint256) {
        return 7 days;
    }

    function span() external pure override returns (uint256) {
        return 500;
    }
}

/// A variable in place of a constant, which a step was to set.
contract ExpectedUnset is Expected {
    uint256 private _limit;

    function reinitialize(uint256 limit_) external {
        _limit = limit_;
    }

    function limit() external view override returns (uint256) {
        return _limit;
    }
}
