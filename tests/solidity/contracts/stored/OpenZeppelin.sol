// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Supply} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Supply.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721Enumerable} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Enumerable.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {DoubleEndedQueue} from "@openzeppelin/contracts/utils/structs/DoubleEndedQueue.sol";
import {EnumerableMap} from "@openzeppelin/contracts/utils/structs/EnumerableMap.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

// Storage of OpenZeppelin 5 as it is: each contract only fills it.

function somebody(uint256 n) pure returns (address) {
    return address(uint160(uint256(keccak256(abi.encode(n)))));
}

/// Checkpoints: arrays of packed structs in a mapping; texts that do not fit into a word.
contract StoredVotes is ERC20Votes {
    constructor() ERC20("A token whose name is longer than a word of storage", "VOTE") EIP712("Votes", "1") {}

    function fill(uint256 n) external {
        _mint(somebody(n), 100 + n);
        _delegate(somebody(n), somebody(1000 + n % 3));
        _approve(somebody(n), somebody(n + 1), n + 1);
        _useNonce(somebody(n));
    }
}

/// Texts by number, arrays in mappings in mappings.
contract StoredTokens is ERC721, ERC721Enumerable, ERC721URIStorage {
    constructor() ERC721("Tokens", "TKN") {}

    function fill(uint256 n) external {
        _safeMint(somebody(n % 4), n);
        _setTokenURI(n, n % 2 == 0 ? "short" : "ipfs://a-text-that-does-not-fit-into-a-word-of-storage");
        _approve(somebody(n + 1), n, address(0));
        _setApprovalForAll(somebody(n), somebody(n + 2), true);
    }

    function _update(address to, uint256 id, address auth) internal override(ERC721, ERC721Enumerable) returns (address) {
        return super._update(to, id, auth);
    }

    function _increaseBalance(address account, uint128 value) internal override(ERC721, ERC721Enumerable) {
        super._increaseBalance(account, value);
    }

    function tokenURI(uint256 id) public view override(ERC721, ERC721URIStorage) returns (string memory) {
        return super.tokenURI(id);
    }

    function supportsInterface(bytes4 id)
        public
        view
        override(ERC721, ERC721Enumerable, ERC721URIStorage)
        returns (bool)
    {
        return super.supportsInterface(id);
    }
}

/// Two keys.
contract StoredItems is ERC1155, ERC1155Supply {
    constructor() ERC1155("https://example.com/items/{id}/of/a/collection.json") {}

    function fill(uint256 n) external {
        _mint(somebody(n), n % 5, 7, "");
        _setApprovalForAll(somebody(n), somebody(n + 1), true);
    }

    function _update(address from, address to, uint256[] memory ids, uint256[] memory values)
        internal
        override(ERC1155, ERC1155Supply)
    {
        super._update(from, to, ids, values);
    }
}

/// Sets in mappings, by words that are hashes.
contract StoredRoles is AccessControlEnumerable {
    function fill(uint256 n) external {
        _grantRole(keccak256(abi.encode(n % 3)), somebody(n));
        _setRoleAdmin(keccak256(abi.encode(n % 3)), keccak256("admin"));
    }
}

/// Operations by their hashes.
contract StoredOperations is TimelockController {
    constructor() TimelockController(60, new address[](0), new address[](0), msg.sender) {
        _grantRole(PROPOSER_ROLE, address(this));
    }

    function fill(uint256 n) external {
        this.schedule(somebody(n), n, "", bytes32(0), bytes32(n), 3600);
    }
}

/// Every structure below one with texts as keys.
contract StoredStructures {
    using BitMaps for BitMaps.BitMap;
    using DoubleEndedQueue for DoubleEndedQueue.Bytes32Deque;
    using EnumerableMap for EnumerableMap.UintToAddressMap;
    using EnumerableSet for EnumerableSet.AddressSet;

    struct Packed {
        uint64 since;
        bool open;
        address owner;
        int96 balance;
        uint8[5] small;
    }

    mapping(string => EnumerableSet.AddressSet) private _sets;
    mapping(int16 => mapping(bytes4 => Packed)) private _packed;
    EnumerableMap.UintToAddressMap private _owners;
    DoubleEndedQueue.Bytes32Deque private _queue;
    BitMaps.BitMap private _bits;
    uint24[] private _numbers;
    Packed[2] private _pair;
    bytes private _data;

    function fill(uint256 n) external {
        _sets[n % 2 == 0 ? "even" : "a text that is longer than a word of storage can be"].add(somebody(n));
        int16 key = n % 2 == 0 ? int16(int256(n)) : -int16(int256(n));
        _packed[key][bytes4(keccak256(abi.encode(n)))] = _pair[n % 2] =
            Packed(uint64(n), true, somebody(n), -int96(int256(n)), [1, 2, 3, 4, 5]);
        _owners.set(n, somebody(n));
        _queue.pushBack(bytes32(n + 1));
        _bits.set(n * 100);
        _numbers.push(uint24(n + 1));
        _data.push(0x07);
    }
}
