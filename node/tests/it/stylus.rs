//! Stylus programs over JSON-RPC: the check, the deployment and the activation that cargo-stylus does.

use alloy::primitives::{Address, B256, Bytes, address};
use alloy::sol_types::{SolCall, sol};
use serde_json::{Value, json};

use crate::support::{created, node, rpc, rpc_error, transact};

sol! {
    #![sol(alloy_sol_types = alloy::sol_types)]
    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
}

/// The precompile that activates programs.
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// Returns its own calldata.
const ECHO: &str = r#"(module
    (import "vm_hooks" "read_args" (func $read_args (param i32)))
    (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param $length i32) (result i32)
        (call $read_args (i32.const 0))
        (call $write_result (i32.const 0) (local.get $length))
        (i32.const 0)))"#;

/// Init code that returns what follows it: `CODECOPY(0, 12, len); RETURN(0, len)`.
fn init_code(code: &[u8]) -> String {
    let length = u16::try_from(code.len()).unwrap();
    format!("0x61{length:04x}80600c5f395ff3fefe{}", hex::encode(code))
}

/// The code of a program that works, as it is stored on chain.
pub(crate) fn echo() -> Vec<u8> {
    stylus_vm::compress(&wat::parse_str(ECHO).unwrap()).unwrap()
}

/// Creates that program; gives its address.
pub(crate) fn deployed(port: u16, from: Address) -> Value {
    created(port, from, &init_code(&echo()))
}

/// Calldata that activates the program at an address.
pub(crate) fn activation_of(program: &Value) -> Bytes {
    let program = serde_json::from_value(program.clone()).unwrap();
    activateProgramCall { program }.abi_encode().into()
}

/// Activates it; the receipt.
pub(crate) fn activated(port: u16, from: Address, program: &Value) -> Value {
    let data = activation_of(program);
    let value = "0xde0b6b3a7640000";
    transact(
        port,
        json!({ "from": from, "to": ARB_WASM, "value": value, "data": data }),
    )
}

#[test]
fn a_program_is_deployed_activated_called_and_forgotten_by_a_revert() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let program = deployed(port, from);
    let found = rpc(port, "eth_getCode", json!([program, "latest"]));
    assert_eq!(found, format!("0x{}", hex::encode(echo())));
    let call = json!([{ "to": program, "data": "0x01020304" }, "latest"]);
    let inactive = rpc_error(port, "eth_call", call.clone());

    let snapshot = rpc(port, "evm_snapshot", json!([]));
    assert_eq!(activated(port, from, &program)["status"], "0x1");
    assert_eq!(rpc(port, "eth_call", call.clone()), "0x01020304");
    assert_ne!(
        rpc(
            port,
            "eth_estimateGas",
            json!([{ "to": program, "data": "0x01020304" }])
        ),
        json!(B256::ZERO)
    );
    let receipt = transact(port, json!({ "from": from, "to": program, "data": "0x" }));
    assert_eq!(receipt["status"], "0x1");

    assert_eq!(rpc(port, "evm_revert", json!([snapshot])), true);
    let found = rpc_error(port, "eth_call", call);
    assert_eq!(found, inactive, "inactive again");
}
