// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

/// Which code has which version, and the proxies made of it.
interface IRegistry {
    event VersionAdded(string version, address implementation);
    event ProxyCreated(address proxy);

    error VersionExists(string version);
    error VersionNotFound(string version);

    function addVersion(string calldata version, address implementation) external;
    function getVersion(string calldata version) external view returns (address);
    function createProxy(string calldata version) external payable returns (address);
}
