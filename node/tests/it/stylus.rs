//! Stylus programs over JSON-RPC: the check, the deployment and the activation that cargo-stylus does.

use alloy::primitives::{Address, B256, Bytes, address};
use alloy::sol_types::{SolCall, sol};
use serde_json::{Value, json};

use crate::support::{node, rpc, rpc_error};

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

/// The program as it is stored on chain.
fn on_chain(text: &str) -> Vec<u8> {
    stylus_vm::compress(&wat::parse_str(text).unwrap()).unwrap()
}

/// Init code that returns what follows it: `CODECOPY(0, 12, len); RETURN(0, len)`.
fn init_code(code: &[u8]) -> String {
    let length = u16::try_from(code.len()).unwrap();
    format!("0x61{length:04x}80600c5f395ff3fefe{}", hex::encode(code))
}

/// The code of a program that works.
pub(crate) fn echo() -> Vec<u8> {
    on_chain(ECHO)
}

/// Creates that program; gives its address.
pub(crate) fn deployed(port: u16, from: Address) -> Value {
    let create = json!([{ "from": from, "data": init_code(&echo()) }]);
    let hash = rpc(port, "eth_sendTransaction", create);
    rpc(port, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone()
}

/// Calldata that activates the program at an address.
pub(crate) fn activation_of(program: &Value) -> Bytes {
    activation(serde_json::from_value(program.clone()).unwrap())
}

fn activation(program: Address) -> Bytes {
    activateProgramCall { program }.abi_encode().into()
}

#[test]
fn a_program_is_deployed_activated_called_and_forgotten_by_a_revert() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let send = |transaction: Value| -> Value {
        let hash = rpc(port, "eth_sendTransaction", json!([transaction]));
        rpc(port, "eth_getTransactionReceipt", json!([hash]))
    };
    let code = on_chain(ECHO);
    let program =
        send(json!({ "from": from, "data": init_code(&code) }))["contractAddress"].clone();
    assert_eq!(
        rpc(port, "eth_getCode", json!([program, "latest"])),
        format!("0x{}", hex::encode(&code))
    );
    let call = json!([{ "to": program, "data": "0x01020304" }, "latest"]);
    let inactive = rpc_error(port, "eth_call", call.clone());

    let snapshot = rpc(port, "evm_snapshot", json!([]));
    let address: Address = serde_json::from_value(program.clone()).unwrap();
    let receipt = send(
        json!({ "from": from, "to": ARB_WASM, "value": "0xde0b6b3a7640000", "data": activation(address) }),
    );
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(rpc(port, "eth_call", call.clone()), "0x01020304");
    assert_ne!(
        rpc(
            port,
            "eth_estimateGas",
            json!([{ "to": program, "data": "0x01020304" }])
        ),
        json!(B256::ZERO)
    );
    assert_eq!(
        send(json!({ "from": from, "to": program, "data": "0x" }))["status"],
        "0x1"
    );

    assert_eq!(rpc(port, "evm_revert", json!([snapshot])), true);
    assert_eq!(
        rpc_error(port, "eth_call", call),
        inactive,
        "inactive again"
    );
}
