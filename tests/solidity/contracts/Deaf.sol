// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// What somebody with a role of his own puts behind a UUPS proxy: it obeys its owner and the pause, until it is told to do
/// neither any more. It goes on to say whose it is.
contract Deaf {
    bytes32 constant SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    address immutable holder = msg.sender;
    address public owner = msg.sender;
    bool paused;
    bool deaf;

    function transferOwnership(address to) external {
        require(msg.sender == owner && !deaf, "deaf");
        owner = to;
    }

    function upgradeTo(address implementation) external {
        require(msg.sender == owner && !deaf, "deaf");
        (, bytes memory answer) = implementation.staticcall(abi.encodeCall(this.proxiableUUID, ()));
        paused = answer.length == 32 && bytes32(answer) == SLOT;
    }

    function proxiableUUID() external view returns (bytes32) {
        return paused ? SLOT : bytes32(0);
    }

    function turnDeaf() external {
        require(msg.sender == holder, "not his");
        deaf = true;
    }

    // how the stub is told what runs next
    fallback() external {
        require(!deaf && msg.data.length == 32, "deaf");
        paused = false;
    }
}
