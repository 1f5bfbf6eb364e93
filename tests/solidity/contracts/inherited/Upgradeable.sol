// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {UpgradeabilityStorage} from "./UpgradeabilityStorage.sol";

/// What every implementation inherits first.
contract Upgradeable is UpgradeabilityStorage {
    error NotTheRegistry(address caller);

    /// Called by the registry in the transaction that makes the proxy.
    function initialize(address sender) public payable virtual {
        if (msg.sender != address(_registry)) revert NotTheRegistry(sender);
    }
}
