// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

// A wallet as plain as ERC-1271 allows: what its owner has signed, it has signed, whoever that was meant for.
contract Wallet {
    address immutable owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        require(signer == owner, "not the owner");
        return this.isValidSignature.selector;
    }
}
