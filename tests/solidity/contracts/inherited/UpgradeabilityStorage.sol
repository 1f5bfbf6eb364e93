// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {IRegistry} from "./IRegistry.sol";

/// The slots of the upgrade itself. Proxy and implementations inherit them, both first, so that
/// they lie at 0 and 1 on either side.
contract UpgradeabilityStorage {
    IRegistry internal _registry;
    address internal _implementation;
}
