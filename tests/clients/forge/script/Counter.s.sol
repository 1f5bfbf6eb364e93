// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.0;

interface Vm {
    function envAddress(string calldata name) external returns (address);
    function etch(address target, bytes calldata code) external;
    function rpc(string calldata method, string calldata params) external returns (bytes memory);
    function startBroadcast() external;
    function toString(address value) external pure returns (string memory);
}

interface Counter {
    function increment() external;
    function value() external view returns (uint256);
}

abstract contract Script {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
}

/// Reads: the node executes the call, because forge's own EVM knows no Stylus.
contract Read is Script {
    function run() external returns (uint256) {
        string memory proxy = vm.toString(vm.envAddress("PROXY"));
        string memory call = string.concat('[{"to":"', proxy, '","data":"0x3fa4f245"},"latest"]');
        return abi.decode(vm.rpc("eth_call", call), (uint256));
    }
}

/// Writes: code that stops stands in for the proxy while forge collects the transactions; the node
/// executes them on the real one.
contract Write is Script {
    function run() external {
        address proxy = vm.envAddress("PROXY");
        vm.etch(proxy, hex"00");
        vm.startBroadcast();
        Counter(proxy).increment();
        Counter(proxy).increment();
    }
}

/// What does not work: forge executes the call itself.
contract Direct is Script {
    function run() external returns (uint256) {
        return Counter(vm.envAddress("PROXY")).value();
    }
}
