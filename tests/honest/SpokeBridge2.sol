// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "@across-protocol/contracts-v2/contracts/Arbitrum_SpokePool.sol";

contract Coin {}

contract SpokeBridge is Arbitrum_SpokePool {
    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor(address) {}
}
