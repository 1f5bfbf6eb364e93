//! Readers wait for no block, no endpoint and no other caller; and no request takes more than its budget.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256};
use serde_json::{Value, json};
use stylus_devnode::{NodeConfig, NodeHandle, spawn};

use crate::fork::{call, forked, options, origin};
use crate::front::{Front, Script};
use crate::support::{Process, eventually, node, request, rpc, rpc_error};

/// `JUMPDEST, PUSH0, JUMP`: takes all gas.
const ENDLESS: &str = "0x5b5f56";

pub(crate) fn account(of: u8) -> Address {
    Address::repeat_byte(of)
}

/// A node without automine with an account whose code never ends.
fn with_endless() -> NodeHandle {
    let node = node();
    rpc(
        node.port(),
        "anvil_setCode",
        json!([account(0xee), ENDLESS]),
    );
    node
}

/// What the node answers while `busy` runs on another thread, until that ends.
fn answered_beside(busy: impl FnOnce() + Send + 'static, mut ask: impl FnMut()) -> u64 {
    let busy = std::thread::spawn(busy);
    let mut answers = 0;
    while !busy.is_finished() {
        ask();
        answers += 1;
    }
    busy.join().expect("it ends");
    answers
}

#[test]
fn reads_are_answered_while_a_block_is_made_and_see_it_once_it_is() {
    let node = with_endless();
    let (port, from) = (node.port(), node.addresses()[0]);
    rpc(port, "anvil_setAutomine", json!([false]));
    for _ in 0..40 {
        let spend = json!([{ "from": from, "to": account(0xee), "gas": "0x1e84800" }]);
        rpc(port, "eth_sendTransaction", spend);
    }
    let before = rpc(port, "eth_blockNumber", json!([]));
    let mut seen_before = 0;
    let mine = move || drop(rpc(port, "evm_mine", json!([])));
    let answers = answered_beside(mine, || {
        seen_before += u64::from(rpc(port, "eth_blockNumber", json!([])) == before);
        rpc(port, "eth_getBalance", json!([from, "latest"]));
        rpc(port, "eth_call", json!([{ "to": account(1) }, "latest"]));
        rpc(port, "txpool_status", json!([]));
    });
    assert!(seen_before > 0, "{answers}");
    let after = rpc(port, "eth_getBlockByNumber", json!(["latest", false]));
    assert_ne!(after["number"], before);
    assert_eq!(after["transactions"].as_array().map(Vec::len), Some(40));
    assert_eq!(rpc(port, "txpool_status", json!([]))["pending"], "0x0");
}

#[test]
fn an_endpoint_that_does_not_answer_holds_nobody_who_does_not_need_it() {
    let origin = origin();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(front.url()));
    let port = fork.port();
    assert!(rpc(port, "eth_call", call(&origin)).is_string());
    front.script().pause = Duration::from_secs(4);
    // More than there are threads for long reads.
    let slow: Vec<_> = (0x20..0x34u8)
        .map(|of| {
            std::thread::spawn(move || {
                request(port, "eth_getBalance", json!([account(of), "latest"]))
            })
        })
        .collect();
    eventually("the endpoint is asked", || {
        let script = front.script();
        let asked = script
            .requests
            .iter()
            .filter(|method| *method == "eth_getBalance");
        (asked.count() > 8).then_some(())
    });
    for _ in 0..20 {
        assert_eq!(rpc(port, "eth_blockNumber", json!([])), "0x2");
        assert!(rpc(port, "eth_call", call(&origin)).is_string());
        rpc(port, "eth_getBalance", json!([origin.sender, "latest"]));
    }
    assert!(slow.iter().any(|slow| !slow.is_finished()));
    front.script().pause = Duration::ZERO;
    for slow in slow {
        let answer = slow.join().expect("it is answered");
        assert_eq!(answer["result"], "0x0", "{answer}");
    }
}

#[test]
fn the_sum_of_what_a_request_gives_is_bounded() {
    let node = node();
    let port = node.port();
    // Zeros: `RETURN(0, 3 MiB)`.
    rpc(
        port,
        "anvil_setCode",
        json!([account(0xaa), "0x623000005ff3"]),
    );
    let calls = |count: usize| vec![json!({ "to": account(0xaa), "gas": "0x2faf080" }); count];
    let traced = json!([[{ "transactions": calls(40) }], {}, { "tracer": "callTracer" }]);
    let error = rpc_error(port, "debug_traceCallMany", traced);
    assert_eq!(error["code"], -32005, "{error}");
    let blocks = json!({ "blockStateCalls": [{ "calls": calls(40) }] });
    let error = rpc_error(port, "eth_simulateV1", json!([blocks, "latest"]));
    assert_eq!(error["code"], -32005, "{error}");
    let few = json!([[{ "transactions": calls(2) }], {}, { "tracer": "callTracer" }]);
    assert_eq!(
        rpc(port, "debug_traceCallMany", few)[0]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

/// Types of which each has two of the next: written out, two to the power of `depth`.
pub(crate) fn doubling(depth: usize) -> Value {
    let mut types = json!({ "EIP712Domain": [] });
    for at in 0..depth {
        let next = format!("T{}", at + 1);
        types[format!("T{at}")] =
            json!([{ "name": "a", "type": next }, { "name": "b", "type": next }]);
    }
    types[format!("T{depth}")] = json!([{ "name": "a", "type": "uint256" }]);
    let mut message = json!({ "a": "1" });
    for _ in 0..depth.min(6) {
        message = json!({ "a": message, "b": message });
    }
    json!({ "types": types, "primaryType": "T0", "domain": {}, "message": message })
}

#[test]
fn typed_data_whose_types_double_is_refused_and_small_ones_are_signed() {
    let node = node();
    let sign = |depth| {
        let params = json!([node.addresses()[0], doubling(depth)]);
        request(node.port(), "eth_signTypedData_v4", params)
    };
    assert!(sign(6)["result"].is_string());
    for depth in [15, 24, 60] {
        let refused = sign(depth);
        assert_eq!(refused["error"]["code"], -32602, "{depth}: {refused}");
    }
}

#[test]
fn what_nobody_waits_for_any_more_ends() {
    let process = Process::start(&[]);
    let port = process.port;
    rpc(port, "anvil_setCode", json!([account(0xee), ENDLESS]));
    // Each of them would run for the whole time of a request.
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "debug_traceCallMany",
        "params": [[{ "transactions": vec![json!({ "to": account(0xee) }); 5_000] }], {}, { "tracer": "noopTracer" }],
    })
    .to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let sockets: Vec<_> = (0..20)
        .map(|_| {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
            socket.write_all(head.as_bytes()).expect("sent");
            socket.write_all(body.as_bytes()).expect("sent");
            socket
        })
        .collect();
    let begun = Instant::now();
    eventually("they run", || {
        (busy(&process) > Duration::from_millis(500)).then_some(())
    });
    for socket in sockets {
        socket.shutdown(Shutdown::Both).expect("closed");
    }
    eventually("they end", || {
        let before = busy(&process);
        std::thread::sleep(Duration::from_millis(500));
        (busy(&process) - before < Duration::from_millis(50)).then_some(())
    });
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "they ended by themselves"
    );
}

/// The time that a process has computed.
fn busy(process: &Process) -> Duration {
    let path = format!("/proc/{}/stat", process.child.id());
    let stat = std::fs::read_to_string(path).expect("Linux tells it");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let ticks = fields
        .split(' ')
        .skip(12)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().expect("ticks"));
    Duration::from_millis(10 * ticks.sum::<u64>())
}

#[test]
fn a_token_that_reads_many_slots_is_tried_without_holding_the_chain() {
    let node = node();
    let port = node.port();
    // Reads slots 1 to 2,000 and returns nothing that any of them holds.
    // PUSH2 2000; JUMPDEST; DUP1 SLOAD POP; PUSH1 1 SWAP1 SUB; DUP1 PUSH1 3 JUMPI; PUSH0 MSTORE; 32 PUSH0 RETURN
    let code = "0x6107d05b80545060019003806003575f5260205ff3";
    rpc(port, "anvil_setCode", json!([account(0xcc), code]));
    let deal = move || {
        let params = json!([account(1), account(0xcc), "0x7"]);
        let answer = request(port, "anvil_dealERC20", params);
        assert!(answer.get("error").is_some(), "{answer}");
    };
    let answers = answered_beside(deal, || {
        rpc(port, "eth_blockNumber", json!([]));
        rpc(port, "evm_mine", json!([]));
    });
    assert!(answers > 0);
}

#[test]
fn filters_with_many_addresses_are_answered_and_hold_nobody() {
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    for _ in 0..50 {
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "data": crate::evm::counter() }]),
        );
    }
    let many: Vec<_> = (0..100_000u64)
        .map(|index| Address::from_word(B256::from(alloy::primitives::U256::from(index))))
        .collect();
    let filter = json!([{ "fromBlock": "earliest", "toBlock": "latest", "address": many }]);
    let id = rpc(port, "eth_newFilter", filter);
    assert_eq!(rpc(port, "eth_getFilterLogs", json!([id])), json!([]));
}

#[test]
fn a_view_is_not_older_than_the_answer_that_was_read() {
    let node = spawn(NodeConfig::default()).expect("a node");
    let (port, from) = (node.port(), node.addresses()[0]);
    for nonce in 1..=200u64 {
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "to": account(9), "value": "0x1" }]),
        );
        let counted = rpc(port, "eth_getTransactionCount", json!([from, "latest"]));
        assert_eq!(counted, format!("{nonce:#x}"));
    }
}
