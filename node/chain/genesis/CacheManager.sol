// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

interface IArbWasm {
    function codehashAsmSize(bytes32 codehash) external view returns (uint32);
}

interface IArbWasmCache {
    function cacheProgram(address program) external;

    function evictCodehash(bytes32 codehash) external;

    function codehashIsCached(bytes32 codehash) external view returns (bool);
}

interface IArbOwnerPublic {
    function isChainOwner(address account) external view returns (bool);

    function getNetworkFeeAccount() external view returns (address);
}

/// Sells places in the init cache to those who bid most, as the cache manager of the live chains does.
/// A bid loses value with time: what is kept is the amount and, on top of it, the decay up to the
/// second of the bid, so that bids of different times compare as numbers.
contract CacheManager {
    IArbWasm private constant ARB_WASM = IArbWasm(address(0x71));
    IArbWasmCache private constant ARB_WASM_CACHE = IArbWasmCache(address(0x72));
    IArbOwnerPublic private constant ARB_OWNER_PUBLIC = IArbOwnerPublic(address(0x6b));
    /// What a program takes up at least.
    uint64 private constant SIZE_MIN = 4096;
    /// What one call can make free at most.
    uint64 private constant SPACE_MAX = 5 * 1024 * 1024;

    struct Entry {
        bytes32 code;
        uint64 size;
        uint192 bid;
    }

    /// Bytes of all programs that may be cached. The genesis of the local chain sets it and `decay`.
    uint64 public cacheSize;
    /// Bytes of those that are.
    uint64 public queueSize;
    /// Wei that a bid loses each second.
    uint64 public decay;
    bool public isPaused;
    Entry[] public entries;

    error NotChainOwner(address sender);
    error AsmTooLarge(uint256 asm, uint256 queueSize, uint256 cacheSize);
    error AlreadyCached(bytes32 codehash);
    error BidTooLarge(uint256 bid);
    error BidTooSmall(uint192 bid, uint192 min);
    error BidsArePaused();
    /// There is nothing left to evict.
    error HeapIsEmpty();
    error MakeSpaceTooLarge(uint64 size, uint64 limit);

    event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);
    event DeleteBid(bytes32 indexed codehash, uint192 bid, uint64 size);
    event SetCacheSize(uint64 size);
    event SetDecayRate(uint64 decay);
    event Pause();
    event Unpause();

    modifier onlyOwner() {
        if (!ARB_OWNER_PUBLIC.isChainOwner(msg.sender)) revert NotChainOwner(msg.sender);
        _;
    }

    modifier whileOpen() {
        if (isPaused) revert BidsArePaused();
        _;
    }

    /// The genesis has done it.
    function initialize(uint64, uint64) external pure {
        revert("Initializable: contract is already initialized");
    }

    function setCacheSize(uint64 newSize) external onlyOwner {
        cacheSize = newSize;
        emit SetCacheSize(newSize);
    }

    function setDecayRate(uint64 newDecay) external onlyOwner {
        decay = newDecay;
        emit SetDecayRate(newDecay);
    }

    function paused() external onlyOwner {
        isPaused = true;
        emit Pause();
    }

    function unpause() external onlyOwner {
        isPaused = false;
        emit Unpause();
    }

    function evictAll() external onlyOwner {
        _evict(entries.length);
    }

    /// Those of the lowest bids first.
    function evictPrograms(uint256 count) external onlyOwner {
        _evict(count < entries.length ? count : entries.length);
    }

    /// Anybody may send what was bid to the account of network fees.
    function sweepFunds() external {
        (bool sent, bytes memory reason) = ARB_OWNER_PUBLIC.getNetworkFeeAccount().call{value: address(this).balance}(
            ""
        );
        if (!sent) {
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    function placeBid(address program) external payable whileOpen {
        bytes32 code = program.codehash;
        if (ARB_WASM_CACHE.codehashIsCached(code)) revert AlreadyCached(code);
        uint64 size = _size(code);
        uint192 bid = _makeSpace(size);
        queueSize += size;
        entries.push(Entry({code: code, size: size, bid: bid}));
        ARB_WASM_CACHE.cacheProgram(program);
        emit InsertBid(code, program, bid, size);
    }

    /// Evicts those whose bids are not above this one's until so many bytes are free.
    function makeSpace(uint64 size) external payable whileOpen returns (uint64 space) {
        if (size > SPACE_MAX) revert MakeSpaceTooLarge(size, SPACE_MAX);
        _makeSpace(size);
        return cacheSize - queueSize;
    }

    function getEntries() external view returns (Entry[] memory) {
        return entries;
    }

    /// The lowest bids, in rising order.
    function getSmallestEntries(uint256 k) external view returns (Entry[] memory result) {
        return _smallest(k);
    }

    function getMinBid(address program) external view returns (uint192 min) {
        return getMinBid(program.codehash);
    }

    function getMinBid(bytes32 codehash) public view returns (uint192 min) {
        return getMinBid(_size(codehash));
    }

    /// What a program of that size must bid now, in wei.
    function getMinBid(uint64 size) public view returns (uint192 min) {
        if (size > cacheSize) revert AsmTooLarge(size, 0, cacheSize);
        uint256 used = uint256(queueSize) + size;
        if (used <= cacheSize) return 0;
        Entry[] memory lowest = _smallest(entries.length);
        for (uint256 i = 0; used > cacheSize; i++) {
            used -= lowest[i].size;
            min = lowest[i].bid;
        }
        uint192 lost = _decayed();
        return min > lost ? min - lost : 0;
    }

    function _decayed() private view returns (uint192) {
        return uint192(block.timestamp * decay);
    }

    function _size(bytes32 code) private view returns (uint64) {
        uint64 size = ARB_WASM.codehashAsmSize(code);
        return size < SIZE_MIN ? SIZE_MIN : size;
    }

    /// Evicts until so many bytes are free, if the value of this call is enough for that.
    function _makeSpace(uint64 size) private returns (uint192 bid) {
        if (msg.value > type(uint192).max - _decayed()) revert BidTooLarge(msg.value);
        bid = uint192(msg.value) + _decayed();
        uint192 min;
        while (uint256(queueSize) + size > cacheSize) {
            if (entries.length == 0) revert HeapIsEmpty();
            min = _evictLowest();
        }
        if (bid < min) revert BidTooSmall(bid, min);
    }

    function _evict(uint256 count) private {
        for (uint256 i = 0; i < count; i++) _evictLowest();
    }

    function _evictLowest() private returns (uint192 bid) {
        uint256 lowest = 0;
        for (uint256 i = 1; i < entries.length; i++) {
            if (entries[i].bid < entries[lowest].bid) lowest = i;
        }
        Entry memory entry = entries[lowest];
        entries[lowest] = entries[entries.length - 1];
        entries.pop();
        queueSize -= entry.size;
        ARB_WASM_CACHE.evictCodehash(entry.code);
        emit DeleteBid(entry.code, entry.bid, entry.size);
        return entry.bid;
    }

    function _smallest(uint256 k) private view returns (Entry[] memory result) {
        Entry[] memory all = entries;
        result = new Entry[](k < all.length ? k : all.length);
        for (uint256 i = 0; i < result.length; i++) {
            uint256 lowest = i;
            for (uint256 j = i + 1; j < all.length; j++) {
                if (all[j].bid < all[lowest].bid) lowest = j;
            }
            (all[i], all[lowest]) = (all[lowest], all[i]);
            result[i] = all[i];
        }
    }
}
