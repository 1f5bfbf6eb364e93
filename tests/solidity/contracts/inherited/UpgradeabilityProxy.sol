// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {IRegistry} from "./IRegistry.sol";
import {Proxy} from "./Proxy.sol";
import {UpgradeabilityStorage} from "./UpgradeabilityStorage.sol";

/// A proxy that moves to any version its registry knows. The classic lets anybody ask for that.
contract UpgradeabilityProxy is Proxy, UpgradeabilityStorage {
    event Upgraded(address indexed implementation);

    constructor(string memory version) {
        _registry = IRegistry(msg.sender);
        upgradeTo(version);
    }

    function implementation() public view override returns (address) {
        return _implementation;
    }

    function registry() external view returns (address) {
        return address(_registry);
    }

    function upgradeTo(string memory version) public {
        _implementation = _registry.getVersion(version);
        emit Upgraded(_implementation);
    }

    function upgradeToAndCall(string calldata version, bytes calldata data) external payable {
        upgradeTo(version);
        (bool ok, bytes memory answer) = _implementation.delegatecall(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}
