// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

interface ArbWasm {
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
    function codehashVersion(bytes32 codehash) external view returns (uint16 version);
    function stylusVersion() external view returns (uint16 version);
}

/// Deploys a Stylus program, activates it if that is needed and runs its constructor, in one
/// transaction. Has the interface of the deployer on Arbitrum's chains; the source is our own.
contract StylusDeployer {
    ArbWasm private constant ARB_WASM = ArbWasm(0x0000000000000000000000000000000000000071);

    event ContractDeployed(address deployedContract);

    error ContractDeploymentError(bytes bytecode);
    error ContractInitializationError(address newContract, bytes data);
    error RefundExcessValueError(uint256 excessValue);
    error EmptyBytecode();
    error InitValueButNotInitData();

    /// Deploys `bytecode` (init code). With a salt other than zero the address depends on the salt
    /// and on `initData`, so that nobody can take the address with other constructor arguments.
    /// `msg.value` pays `initValue` and the activation's data fee; the rest is returned.
    function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt)
        external
        payable
        returns (address newContract)
    {
        if (bytecode.length == 0) revert EmptyBytecode();
        if (initValue != 0 && initData.length == 0) revert InitValueButNotInitData();

        newContract = create(bytecode, salt == 0 ? bytes32(0) : initSalt(salt, initData));

        uint256 left = address(this).balance;
        if (requiresActivation(newContract)) {
            // The fee is taken by the precompile, what is left comes back to this contract.
            ARB_WASM.activateProgram{value: left - initValue}(newContract);
        }
        if (initData.length > 0) {
            (bool success, bytes memory reason) = newContract.call{value: initValue}(initData);
            if (!success) bubble(reason, newContract);
        }
        left = address(this).balance;
        if (left > 0) {
            (bool sent,) = payable(msg.sender).call{value: left}("");
            if (!sent) revert RefundExcessValueError(left);
        }
        emit ContractDeployed(newContract);
    }

    /// True when the account's code is a Stylus program that is not activated for the current version.
    function requiresActivation(address addr) public view returns (bool) {
        bytes memory code = addr.code;
        if (code.length < 4 || code[0] != 0xEF || code[1] != 0xF0 || (code[2] != 0x00 && code[2] != 0x02)) {
            return false;
        }
        try ARB_WASM.codehashVersion(addr.codehash) returns (uint16 version) {
            return version != ARB_WASM.stylusVersion();
        } catch {
            return true;
        }
    }

    /// The salt that CREATE2 gets.
    function initSalt(bytes32 salt, bytes calldata initData) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(salt, initData));
    }

    function create(bytes memory code, bytes32 salt) private returns (address created) {
        assembly ("memory-safe") {
            switch salt
            case 0 { created := create(0, add(code, 32), mload(code)) }
            default { created := create2(0, add(code, 32), mload(code), salt) }
        }
        if (created == address(0)) {
            bytes memory reason;
            assembly ("memory-safe") {
                reason := mload(0x40)
                mstore(reason, returndatasize())
                returndatacopy(add(reason, 32), 0, returndatasize())
                mstore(0x40, add(reason, and(add(returndatasize(), 63), not(31))))
            }
            if (reason.length > 0) {
                assembly ("memory-safe") { revert(add(reason, 32), mload(reason)) }
            }
            revert ContractDeploymentError(code);
        }
    }

    function bubble(bytes memory reason, address newContract) private pure {
        if (reason.length == 0) revert ContractInitializationError(newContract, reason);
        assembly ("memory-safe") { revert(add(reason, 32), mload(reason)) }
    }
}
