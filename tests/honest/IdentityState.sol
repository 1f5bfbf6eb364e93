// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.27;

import "@iden3/contracts/state/State.sol";

contract IdentityState is State {}
