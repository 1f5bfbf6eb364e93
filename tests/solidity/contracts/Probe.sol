// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {IProbe} from "../../fixtures/probes/probe/IProbe.sol";

/// The probe in EVM code; `tests/fixtures/probe` is the same in WASM.
contract Probe is IProbe {
    bytes32 private constant SEED = keccak256("probe");

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    fallback(bytes calldata data) external payable returns (bytes memory) {
        return data;
    }

    function context() external payable returns (address, address, uint256) {
        return (address(this), msg.sender, msg.value);
    }

    function load(uint256 slot) external view returns (uint256 value) {
        assembly ("memory-safe") {
            value := sload(slot)
        }
    }

    function store(uint256 slot, uint256 value) public {
        assembly ("memory-safe") {
            sstore(slot, value)
        }
    }

    function give(uint256 length) external pure {
        bytes memory data = pattern(length);
        assembly ("memory-safe") {
            return(add(data, 0x20), mload(data))
        }
    }

    function fail(uint256 length) external pure {
        end(pattern(length));
    }

    function failWith(bytes calldata data) external pure {
        end(data);
    }

    function emitLog(bytes32[] calldata t, bytes calldata data) external {
        bytes memory d = data;
        assembly ("memory-safe") {
            let start := add(d, 0x20)
            let size := mload(d)
            let first := t.offset
            switch t.length
            case 0 { log0(start, size) }
            case 1 { log1(start, size, calldataload(first)) }
            case 2 { log2(start, size, calldataload(first), calldataload(add(first, 0x20))) }
            case 3 {
                log3(start, size, calldataload(first), calldataload(add(first, 0x20)), calldataload(add(first, 0x40)))
            }
            case 4 {
                log4(
                    start,
                    size,
                    calldataload(first),
                    calldataload(add(first, 0x20)),
                    calldataload(add(first, 0x40)),
                    calldataload(add(first, 0x60))
                )
            }
            default { revert(0, 0) }
        }
    }

    function pass(address to, bytes calldata data) external payable returns (bool, bytes memory) {
        return to.call{value: msg.value}(data);
    }

    function storeAround(uint256 slot, uint256 value, address to, bytes calldata data)
        external
        returns (bool ok, bytes memory answer)
    {
        store(slot, value);
        (ok, answer) = to.call(data);
        assembly ("memory-safe") {
            sstore(slot, add(sload(slot), 1))
        }
    }

    function end(bytes memory data) private pure {
        assembly ("memory-safe") {
            revert(add(data, 0x20), mload(data))
        }
    }

    function pattern(uint256 length) private pure returns (bytes memory data) {
        bytes32 seed = SEED;
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, length)
            let at := add(data, 0x20)
            let i := 0
            for {} lt(mul(i, 32), length) { i := add(i, 1) } { mstore(add(at, mul(i, 32)), xor(seed, i)) }
            mstore(0x40, add(at, mul(i, 32)))
        }
    }
}
