//! geth's tracers on EVM frames, and Parity's lists.

use alloy::primitives::{Address, B256, U64};
use serde_json::{Value, json};

use crate::evm::{TOPIC, counter, reverting};
use crate::support::{balance, node, receipt, rpc, rpc_error, set_code, transact};

/// A counter, and the transactions that created and called it.
struct Scene {
    node: stylus_devnode::NodeHandle,
    port: u16,
    from: Address,
    contract: Value,
    created: Value,
    called: Value,
}

fn scene() -> Scene {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let receipt = transact(port, json!({ "from": from, "data": counter() }));
    let [created, contract] =
        ["transactionHash", "contractAddress"].map(|name| receipt[name].clone());
    let call = json!([{ "from": from, "to": contract }]);
    let called = rpc(port, "eth_sendTransaction", call);
    Scene {
        node,
        port,
        from,
        contract,
        created,
        called,
    }
}

impl Scene {
    fn trace(&self, hash: &Value, options: Value) -> Value {
        rpc(self.port, "debug_traceTransaction", json!([hash, options]))
    }

    /// Puts code at an address that calls the counter, and gives the address.
    fn caller(&self, after: &str) -> Address {
        let at = Address::repeat_byte(0xca);
        let to = self.contract.as_str().expect("an address");
        // CALL(gas, counter, 0, 0, 0, 0, 0)
        let code = format!("0x5f5f5f5f5f73{}5af1{after}", &to[2..]);
        set_code(self.port, &at, &code);
        at
    }
}

#[test]
fn call_tracer_takes_its_options() {
    let scene = scene();
    let with_log = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    let plain = json!({ "tracer": "callTracer" });
    let shown = scene.trace(&scene.called, with_log.clone());
    let log = json!({
        "address": scene.contract, "topics": [TOPIC], "data": B256::with_last_byte(1),
        "position": "0x0",
    });
    assert_eq!(shown["logs"], json!([log]));
    assert!(
        scene
            .trace(&scene.called, plain.clone())
            .get("logs")
            .is_none()
    );

    // LOG0(0, 0) after the call stands at position 1.
    let call = |after: &str, options: &Value| {
        let to = scene.caller(after);
        let call = json!({ "from": scene.from, "to": to });
        rpc(
            scene.port,
            "debug_traceCall",
            json!([call, "latest", options]),
        )
    };
    let nested = call("5f5fa0", &with_log);
    assert_eq!(nested["calls"][0]["logs"][0]["position"], "0x0");
    assert_eq!(nested["logs"][0]["position"], "0x1");
    assert!(call("5f5fa0", &top).get("calls").is_none());
    assert_eq!(call("5f5fa0", &plain)["calls"][0]["to"], scene.contract);
    // What a failed frame has logged is gone, with the logs below it.
    let failed = call("5f5fa05f5ffd", &with_log);
    assert_eq!(failed["error"], "execution reverted");
    assert!(failed.get("logs").is_none() && failed["calls"][0].get("logs").is_none());
    drop(scene.node);
}

#[test]
fn the_prestate_and_the_difference_are_those_of_the_state() {
    let scene = scene();
    let zero = B256::ZERO.to_string();
    let to = scene.contract.as_str().expect("an address");
    let pre = scene.trace(&scene.called, json!({ "tracer": "prestateTracer" }));
    let from = scene.from.to_string().to_lowercase();
    assert_eq!(pre[to]["storage"][&zero], json!(B256::ZERO));
    assert_eq!(
        pre[to]["code"],
        "0x5f54600101805f555f52602a60205fa160205ff3"
    );
    assert_eq!(pre[&from]["nonce"], 1);
    let diff = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let changed = scene.trace(&scene.called, diff.clone());
    assert_eq!(changed["post"][&from]["nonce"], 2);
    let written = json!({ "storage": { &zero: B256::with_last_byte(1) } });
    assert_eq!(changed["post"][to], written);
    assert!(changed["pre"][to].get("storage").is_none());
    // What is created has no before.
    let created = scene.trace(&scene.created, diff.clone());
    assert!(created["pre"].get(to).is_none(), "{created}");
    assert_eq!(created["post"][to]["nonce"], 1);
    let balance = balance(scene.port, &scene.from);
    assert_eq!(changed["post"][&from]["balance"], balance);
    // PUSH0, PUSH0, SSTORE: an account whose slots were only cleared has an after without a field.
    set_code(scene.port, &to, "0x5f5f55");
    let call = json!([{ "from": scene.from, "to": to }]);
    let cleared = rpc(scene.port, "eth_sendTransaction", call);
    let changed = scene.trace(&cleared, diff);
    assert_eq!(changed["post"][to], json!({}));
    assert_eq!(
        changed["pre"][to]["storage"][&zero],
        json!(B256::with_last_byte(1))
    );
}

#[test]
fn opcodes_are_shown_with_stack_storage_and_gas() {
    let scene = scene();
    let options = json!({ "enableMemory": true, "enableReturnData": true });
    let trace = scene.trace(&scene.called, options);
    let steps = trace["structLogs"].as_array().expect("a list");
    let names: Vec<_> = steps
        .iter()
        .filter_map(|step| step["op"].as_str())
        .collect();
    let expected = "PUSH0 SLOAD PUSH1 ADD DUP1 PUSH0 SSTORE PUSH0 MSTORE PUSH1 PUSH1 PUSH0 LOG1 PUSH1 PUSH0 RETURN";
    assert_eq!(names.join(" "), expected);
    let receipt = receipt(scene.port, &scene.called);
    let used = receipt["gasUsed"].as_str().expect("a quantity");
    assert_eq!(format!("{:#x}", trace["gas"].as_u64().expect("gas")), used);
    let spent: u64 = steps
        .iter()
        .filter_map(|step| step["gasCost"].as_u64())
        .sum();
    assert_eq!(trace["gas"].as_u64(), Some(21_000 + spent));
    assert_eq!(
        (&steps[1]["stack"], &steps[1]["gasCost"], &steps[1]["depth"]),
        (&json!(["0x0"]), &json!(2_100), &json!(1))
    );
    // Slots, memory and refunds are shown as in geth: without 0x, and not at all where there are none.
    let bare = |word: B256| alloy::primitives::hex::encode(word);
    let slot = json!({ bare(B256::ZERO): bare(B256::with_last_byte(1)) });
    assert_eq!(steps[6]["storage"], slot);
    for absent in ["refund", "memory", "returnData", "storage"] {
        assert!(steps[0].get(absent).is_none(), "{absent}");
    }
    assert_eq!(steps[12]["memory"], json!([format!("{:064x}", 1)]));
    assert_eq!(trace["returnValue"], json!(B256::with_last_byte(1)));
    // The limit counts bytes: the entry that goes beyond it is the last one.
    for (limit, shown) in [(5, 1), (60, 2)] {
        let options = json!({ "limit": limit, "disableStack": true });
        let short = scene.trace(&scene.called, options);
        let steps = short["structLogs"].as_array().expect("a list");
        assert_eq!(steps.len(), shown, "{limit}");
        assert!(steps[0].get("stack").is_none());
    }
    // geth does not say why an opcode fails once it runs, but for its stack and its gas.
    for (data, error) in [
        ("0xfe", Value::Null),
        ("0x50", json!("stack underflow (0 <=> 1)")),
    ] {
        let call = json!({ "from": scene.from, "data": data });
        let failed = rpc(scene.port, "debug_traceCall", json!([call, "latest", {}]));
        assert_eq!(failed["failed"], true);
        assert_eq!(failed["structLogs"][0]["error"], error, "{data}");
    }
}

#[test]
fn the_opcodes_of_a_long_transaction_are_shown() {
    /// Entries of a transaction that Nitro showed and this node once refused.
    const SHOWN: usize = 28_529;
    let scene = scene();
    // JUMPDEST, PUSH0, JUMP
    set_code(scene.port, &scene.contract, "0x5b5f56");
    let call = json!({ "from": scene.from, "to": scene.contract, "gas": "0x493e0" });
    let trace = rpc(scene.port, "debug_traceCall", json!([call, "latest", {}]));
    let steps = trace["structLogs"].as_array().map(Vec::len);
    assert!(steps > Some(SHOWN), "{steps:?}");
}

#[test]
fn a_step_that_runs_out_of_gas_shows_what_it_would_have_cost() {
    let scene = scene();
    let at = Address::repeat_byte(0xca);
    for (code, op, gas, cost) in [
        // SSTORE(1, 1)
        ("0x6001600155", "SSTORE", 5_000, 22_100),
        // LOG1(0, 32, 0)
        ("0x5f60205fa1", "LOG1", 900, 1_009),
        // MSTORE(2^20, 0)
        ("0x5f6210000052", "MSTORE", 900, 2_195_590),
        // BALANCE(0x1234)
        ("0x61123431", "BALANCE", 900, 2_600),
    ] {
        set_code(scene.port, &at, code);
        let gas = 21_000 + gas;
        let call = json!({ "from": scene.from, "to": at, "gas": format!("{gas:#x}") });
        let trace = rpc(scene.port, "debug_traceCall", json!([call, "latest", {}]));
        let steps = trace["structLogs"].as_array().expect("steps");
        let last = steps.last().expect("a step");
        assert_eq!(last["op"], op);
        assert_eq!(last["error"], "out of gas", "{op}");
        assert_eq!(last["gasCost"], cost, "{op}");
        assert_eq!(trace["gas"], gas, "{op}");
    }
}

#[test]
fn the_prestate_has_the_coinbase() {
    let scene = scene();
    let coinbase = Address::repeat_byte(0xcb);
    rpc(scene.port, "anvil_setCoinbase", json!([coinbase]));
    rpc(scene.port, "anvil_setBalance", json!([coinbase, "0x7"]));
    let call = json!([{ "from": scene.from, "to": scene.contract }]);
    let called = rpc(scene.port, "eth_sendTransaction", call);
    let shown = scene.trace(&called, json!({ "tracer": "prestateTracer" }));
    let name = coinbase.to_string().to_lowercase();
    assert_eq!(shown[&name], json!({ "balance": "0x7" }), "{shown}");
    let diff = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let changed = scene.trace(&called, diff);
    assert!(changed["pre"].get(&name).is_none(), "{changed}");
}

#[test]
fn small_tracers_and_several_at_once_agree_with_each_other() {
    let scene = scene();
    let flat = scene.trace(&scene.called, json!({ "tracer": "flatCallTracer" }));
    assert_eq!(flat[0]["action"]["to"], scene.contract);
    assert_eq!(flat[0]["transactionHash"], scene.called);
    let found = scene.trace(&scene.called, json!({ "tracer": "noopTracer" }));
    assert_eq!(found, json!({}));
    let data = "0x12345678aabb";
    let call = json!({ "from": scene.from, "to": scene.contract, "data": data });
    let hash = rpc(scene.port, "eth_sendTransaction", json!([call]));
    let four = scene.trace(&hash, json!({ "tracer": "4byteTracer" }));
    assert_eq!(four, json!({ "0x12345678-2": 1 }));
    let inner = json!({ "callTracer": { "withLog": true }, "4byteTracer": null });
    let mux = scene.trace(
        &hash,
        json!({ "tracer": "muxTracer", "tracerConfig": inner }),
    );
    assert_eq!(mux["4byteTracer"], four);
    assert_eq!(mux["callTracer"]["logs"][0]["topics"], json!([TOPIC]));
}

#[test]
fn blocks_and_bundles_are_traced() {
    let scene = scene();
    let tracer = json!({ "tracer": "callTracer" });
    let receipt = receipt(scene.port, &scene.called);
    for (method, id) in [
        ("debug_traceBlockByNumber", &receipt["blockNumber"]),
        ("debug_traceBlockByHash", &receipt["blockHash"]),
    ] {
        let traced = rpc(scene.port, method, json!([id, tracer]));
        assert_eq!(traced[0]["txHash"], scene.called);
        assert_eq!(
            traced[0]["result"],
            scene.trace(&scene.called, tracer.clone())
        );
    }
    let unknown = json!(["0xffff", tracer]);
    let error = rpc_error(scene.port, "debug_traceBlockByNumber", unknown);
    assert_eq!(error["code"], -32000);
}

#[test]
fn paritys_lists_are_filtered_by_block_and_address() {
    let scene = scene();
    let one = rpc(scene.port, "trace_transaction", json!([scene.called]));
    let receipt = receipt(scene.port, &scene.called);
    let block = rpc(scene.port, "trace_block", json!([receipt["blockNumber"]]));
    assert_eq!(one, block);
    assert_eq!(one[0]["traceAddress"], json!([]));
    // The gas of the first frame, as in Parity and anvil; flatCallTracer has that of the whole message, as in Nitro.
    let flat = scene.trace(&scene.called, json!({ "tracer": "flatCallTracer" }));
    let number = |value: &Value| serde_json::from_value::<U64>(value.clone()).expect("a number");
    let gas_used = |entry: &Value| number(&entry["result"]["gasUsed"]);
    let message_gas = gas_used(&flat[0]) - gas_used(&one[0]);
    assert_eq!(gas_used(&flat[0]), number(&receipt["gasUsed"]));
    assert_eq!(
        message_gas,
        number(&flat[0]["action"]["gas"]) - number(&one[0]["action"]["gas"])
    );
    assert_eq!(message_gas, U64::from(21_000));
    let all = json!([{ "fromBlock": "0x0", "toBlock": "latest" }]);
    let all = rpc(scene.port, "trace_filter", all);
    assert_eq!(all.as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&all[0]["type"], &all[1]["type"]),
        (&json!("create"), &json!("call"))
    );
    assert_eq!(all[0]["result"]["address"], scene.contract);
    let other = Address::repeat_byte(9);
    for (filter, found) in [
        (
            json!({ "fromBlock": "0x0", "toAddress": [scene.contract] }),
            2,
        ),
        (json!({ "fromBlock": "0x0", "fromAddress": [other] }), 0),
        (json!({ "fromBlock": "0x0", "after": 1, "count": 5 }), 1),
        (json!({}), 1),
    ] {
        let list = rpc(scene.port, "trace_filter", json!([filter]));
        assert_eq!(list.as_array().map(Vec::len), Some(found), "{filter}");
    }
    // A revert has its words and its data.
    let data = reverting(&[0xaa]);
    let failing = json!([{ "from": scene.from, "data": data, "gas": "0x30000" }]);
    let hash = rpc(scene.port, "eth_sendTransaction", failing);
    let list = rpc(scene.port, "trace_transaction", json!([hash]));
    assert_eq!(list[0]["error"], "Reverted");
    let nobody = json!([B256::repeat_byte(7)]);
    assert_eq!(rpc(scene.port, "trace_transaction", nobody), Value::Null);
}
