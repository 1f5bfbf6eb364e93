// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

import {Registry} from "../inherited/Registry.sol";
import {UpgradeabilityProxy} from "../inherited/UpgradeabilityProxy.sol";

/// The registry, with proxies that are initialized in the transaction that makes them, if their
/// maker says how.
contract App is Registry {
    function createProxyAndCall(string calldata version, bytes calldata data) external payable returns (address) {
        UpgradeabilityProxy proxy = new UpgradeabilityProxy(version);
        if (data.length > 0) {
            (bool ok, bytes memory answer) = address(proxy).call{value: msg.value}(data);
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(answer, 0x20), mload(answer))
                }
            }
        }
        emit ProxyCreated(address(proxy));
        return address(proxy);
    }
}
