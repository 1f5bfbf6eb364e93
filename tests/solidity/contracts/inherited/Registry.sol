// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {IRegistry} from "./IRegistry.sol";
import {Upgradeable} from "./Upgradeable.sol";
import {UpgradeabilityProxy} from "./UpgradeabilityProxy.sol";

/// The registry of the classic: versions by name, once each; proxies at a version.
contract Registry is IRegistry {
    mapping(string => address) private versions;

    function addVersion(string calldata version, address implementation) external {
        if (versions[version] != address(0)) revert VersionExists(version);
        versions[version] = implementation;
        emit VersionAdded(version, implementation);
    }

    function getVersion(string calldata version) external view returns (address found) {
        found = versions[version];
        if (found == address(0)) revert VersionNotFound(version);
    }

    function createProxy(string calldata version) external payable returns (address) {
        UpgradeabilityProxy proxy = new UpgradeabilityProxy(version);
        Upgradeable(address(proxy)).initialize{value: msg.value}(msg.sender);
        emit ProxyCreated(address(proxy));
        return address(proxy);
    }
}
