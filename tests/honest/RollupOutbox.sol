// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import "@arbitrum/nitro-contracts/src/bridge/Outbox.sol";

contract RollupOutbox is Outbox {}
