// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// What a forger creates: it has the code and the words that its creator says, at an address that neither changes.
contract Forged {
    constructor() {
        (bytes memory code, bytes32[] memory slots, bytes32[] memory values) = Forger(msg.sender).wanted();
        for (uint256 i = 0; i < slots.length; i++) {
            (bytes32 slot, bytes32 value) = (slots[i], values[i]);
            assembly {
                sstore(slot, value)
            }
        }
        assembly {
            return(add(code, 32), mload(code))
        }
    }
}

/// Creates accounts with the code of proxies, plays the registry that has them, and makes many calls in one transaction.
contract Forger {
    bytes code;
    bytes32[] slots;
    bytes32[] values;

    function wanted() external view returns (bytes memory, bytes32[] memory, bytes32[] memory) {
        return (code, slots, values);
    }

    function forge(bytes calldata code_, bytes32[] calldata slots_, bytes32[] calldata values_)
        public
        returns (address)
    {
        (code, slots, values) = (code_, slots_, values_);
        return address(new Forged{salt: 0}());
    }

    function forged() external view returns (address) {
        bytes32 hash = keccak256(type(Forged).creationCode);
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", address(this), bytes32(0), hash)))));
    }

    function run(address[] calldata to, bytes[] calldata data) external {
        for (uint256 i = 0; i < to.length; i++) {
            forward(to[i], data[i]);
        }
    }

    // -- what a registry asks the next one

    function receiveTransfer(address, bytes32, uint64) external pure returns (bytes4) {
        return this.receiveTransfer.selector;
    }

    function forward(address to, bytes memory data) private returns (bytes memory) {
        (bool done, bytes memory answer) = to.call(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }
}

/// Code that leaves nothing of the account that runs it, if that was created in the same transaction.
contract Vanishing {
    function vanish() external {
        selfdestruct(payable(msg.sender));
    }

    function forget(bytes32 slot) external {
        assembly {
            tstore(slot, 0)
        }
    }
}

/// What an attacker puts behind a proxy that he got back: every call takes all the gas that it is given.
contract Burning {
    function proxiableUUID() external pure returns (bytes32) {
        return 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    }

    fallback() external payable {
        assembly {
            invalid()
        }
    }
}
