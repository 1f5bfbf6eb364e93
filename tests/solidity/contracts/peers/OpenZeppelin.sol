// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

// Compiled as it comes from the package.
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
