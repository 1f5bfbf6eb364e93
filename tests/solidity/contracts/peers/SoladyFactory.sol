// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.4;

import {LibClone} from "solady/src/utils/LibClone.sol";

/// Gives Solady's minimal ERC-1967 proxy (61 bytes), which is a byte string and no contract.
contract SoladyFactory {
    function initCode(address implementation) external pure returns (bytes memory) {
        return LibClone.initCodeERC1967(implementation);
    }
}
