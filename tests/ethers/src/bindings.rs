//! ethers-rs bindings of what the eight steps call.
#![allow(missing_docs, reason = "generated")]

use ethers::prelude::abigen;

abigen!(
    Counter,
    r#"[
        function value() view returns (uint256)
        function step() view returns (uint256)
        function increment()
        function initialize(uint256 value)
        function migrate(uint256 step)
    ]"#;

    Proxy,
    r#"[
        function implementation() view returns (address)
        function registry() view returns (address)
        function implementationVersion() view returns (string)
        function upgradeTo(string version)
        function upgradeToAndCall(string version, bytes data) payable
        event Upgraded(address indexed implementation)
    ]"#;

    OriginalRegistry,
    r#"[
        function addVersion(string version, address implementation)
        function getVersion(string version) view returns (address)
        function createProxy(string version) payable returns (address)
        event ProxyCreated(address proxy)
    ]"#;

    Registry,
    r#"[
        struct Progress { bytes32 action; uint16 approvals; uint16 required; bool executed; }
        struct Code { address implementation; bytes32 codehash; bytes32 layoutHash; bytes32 sourceHash; }
        struct Step { string from; uint8 kind; address script; bytes32 scriptCodehash; bytes data; }
        function createDefinition(string name, string migratePolicy, string policyPolicy, string createPolicy) returns (Progress)
        function addVersion(string name, string version, Code code, Step step) returns (Progress)
        function createProxy(string name, string version, uint8 kind, bytes32 salt, bytes initData) payable returns (Progress, address)
        event ProxyCreated(bytes32 indexed definition, address indexed proxy, string version, uint8 kind)
    ]"#;

    ArbWasm,
    r#"[
        function activateProgram(address program) payable returns (uint16, uint256)
    ]"#;

    StylusDeployer,
    r#"[
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) payable returns (address)
        event ContractDeployed(address deployedContract)
    ]"#;
);
