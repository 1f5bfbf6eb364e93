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

/// What a namespace can hold.
abstract contract Kept {
    enum State { Open, Closed }
    type Price is uint96;
    struct Entry { uint128 amount; bool open; bytes32[] proofs; }

    /// @custom:storage-location erc7201:kept.main
    struct Main {
        uint64 count;
        bool open;
        address payable owner;
        State state;
        Price price;
        Entry first;
        mapping(address => Entry) entries;
        mapping(string => mapping(uint256 => int24)) named;
        uint8[40] packed;
        uint136[3] wide;
        Entry[2] both;
        string name;
        bytes data;
        Kept other;
        bytes4 tag;
    }
}

/// Keeps it, and something in another namespace.
contract KeptBox is Initializable, Kept {
    /// @custom:storage-location erc7201:kept.more
    struct More { Main[] mains; uint256 last; }

    bytes32 private constant MORE = keccak256(abi.encode(uint256(keccak256("kept.more")) - 1)) & ~bytes32(uint256(0xff));

    function more() internal pure returns (More storage $) {
        bytes32 slot = MORE;
        assembly { $.slot := slot }
    }

    function main() internal pure returns (Main storage $) {
        bytes32 slot = keccak256(abi.encode(uint256(keccak256("kept.main")) - 1)) & ~bytes32(uint256(0xff));
        assembly { $.slot := slot }
    }
}
