// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

struct PathStep {
    string from;
    string to;
    address implementation;
    uint8 kind;
    address script;
    bytes data;
}

interface IReceives {
    function beginUpgrade(address caller, string calldata version) external;
    function receiveTransfer(address proxy, bytes32 definition) external returns (bytes4);
}

/// Run by delegatecall in a proxy's frame: says to a registry what a proxy that obeys it would say.
contract Obedience {
    function obey(address registry, address caller, string calldata version) external {
        IReceives(registry).beginUpgrade(caller, version);
    }
}

/// The code that a false proxy runs: that of the version, until its master wants the money.
contract Thief {
    address immutable code;

    constructor(address code_) {
        code = code_;
    }

    function forget(bytes32 slot) external {
        assembly {
            tstore(slot, 0)
        }
    }

    function drain(address payable to) external {
        to.transfer(address(this).balance);
    }

    fallback() external payable {
        address to = code;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), to, 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }

    receive() external payable {}
}

/// A contract that plays the registry of a proxy, and has the proxy play an instance of another one.
contract Impostor {
    address immutable script;
    address immutable thief;
    bytes32 immutable upgraded;
    string at;
    uint256 n;
    address orderer;
    bool deaf;

    constructor(address script_, address thief_, bytes32 upgraded_, string memory at_) {
        (script, thief, upgraded, at) = (script_, thief_, upgraded_, at_);
    }

    /// A proxy of kind 1 with this contract in its code, at a version of its own.
    function create(bytes memory creation) external returns (address proxy) {
        assembly {
            proxy := create(0, add(creation, 32), mload(creation))
        }
        order(proxy, abi.encodeWithSignature("upgradeTo(string)", ""));
    }

    /// Hands the proxy to a definition that has accepted it from here.
    function deliver(address registry, address proxy, bytes32 definition) external {
        IReceives(registry).receiveTransfer(proxy, definition);
    }

    function turnDeaf() external {
        deaf = true;
    }

    function drain(address proxy, address payable to) external {
        Thief(payable(proxy)).drain(to);
    }

    // -- what it does when it is given a proxy

    struct Planned {
        address to;
        bytes data;
    }

    Planned[] planned;
    bool[] public outcomes;

    function plan(address to, bytes calldata data) external {
        planned.push(Planned(to, data));
    }

    function receiveTransfer(address, bytes32) external returns (bytes4) {
        for (uint256 i = 0; i < planned.length; i++) {
            (bool done,) = planned[i].to.call(planned[i].data);
            outcomes.push(done);
        }
        return IReceives.receiveTransfer.selector;
    }

    // -- what a registry is asked

    function beginUpgrade(address caller, string calldata version)
        external
        returns (uint8, address, PathStep[] memory steps)
    {
        string memory from = at;
        at = string(abi.encodePacked("x", bytes1(uint8(48 + n++))));
        steps = new PathStep[](1);
        steps[0] = PathStep(from, at, thief, 0, address(0), "");
        if (bytes(from).length != 0) {
            (steps[0].kind, steps[0].script) = (2, script);
            address registry = caller == address(this) ? orderer : caller;
            steps[0].data = abi.encodeCall(Obedience.obey, (registry, caller, version));
        }
        return (0, address(0), steps);
    }

    function endUpgrade(string calldata) external {}

    // -- what a registry is asked by the next one

    function relay(address proxy, bytes calldata data) external payable returns (bytes memory) {
        bytes4 selector = bytes4(data);
        if (selector == bytes4(keccak256("registry()"))) {
            assembly {
                mstore(0, caller())
                return(0, 32)
            }
        }
        require(!deaf, "deaf");
        orderer = msg.sender;
        order(proxy, data);
        assembly {
            return(0, 0)
        }
    }

    function transferRelay(address, address) external {}

    function order(address proxy, bytes memory data) private {
        (bool done, bytes memory answer) = proxy.call(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
        Thief(payable(proxy)).forget(upgraded);
    }
}

/// Code whose step takes as long as the proxy's creator wants.
contract Greedy {
    uint256 public count;

    function initialize(uint256 count_) external {
        count = count_;
    }

    function migrate() external {
        uint256 end = count;
        for (uint256 i = 0; i < end; i++) {
            count = i;
        }
        count = end;
    }
}
