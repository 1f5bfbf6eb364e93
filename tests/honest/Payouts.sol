// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "@pendle/core-v2/contracts/LiquidityMining/PendleMerkleDistributor.sol";

contract Coin {}

contract Payouts is PendleMerkleDistributor {
    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor(address token) PendleMerkleDistributor(token) {}
}
