// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

/// Forwards every call to `implementation()` and ends with what came back.
abstract contract Proxy {
    function implementation() public view virtual returns (address);

    fallback() external payable {
        forward();
    }

    receive() external payable {
        forward();
    }

    function forward() private {
        address to = implementation();
        require(to != address(0));
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let ok := delegatecall(gas(), to, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            switch ok
            case 0 { revert(data, returndatasize()) }
            default { return(data, returndatasize()) }
        }
    }
}
