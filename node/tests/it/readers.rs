//! Readers wait for no block, no endpoint and no other caller; and no request takes more than its budget.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use alloy::primitives::Address;
use serde_json::json;
use stylus_devnode::{NodeConfig, NodeHandle, spawn};

use crate::fork::{call, forked, options, origin};
use crate::front::{Front, Script};
use crate::support::{
    Process, balance, block_number, eventually, latest_block, node, nonce, request, rpc, rpc_error,
    set_code,
};

/// `JUMPDEST, PUSH0, JUMP`: takes all gas.
const ENDLESS: &str = "0x5b5f56";

pub(crate) fn account(of: u8) -> Address {
    Address::repeat_byte(of)
}

/// A node without automine with an account whose code never ends.
fn with_endless() -> NodeHandle {
    let node = node();
    set_code(node.port(), &account(0xee), ENDLESS);
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
fn reads_are_answered_while_blocks_are_made_and_see_them_once_they_are() {
    let node = with_endless();
    let (port, from) = (node.port(), node.addresses()[0]);
    rpc(port, "anvil_setAutomine", json!([false]));
    for _ in 0..40 {
        let spend = json!([{ "from": from, "to": account(0xee), "gas": "0x1e84800" }]);
        rpc(port, "eth_sendTransaction", spend);
    }
    let before = block_number(port);
    let mut seen_before = 0;
    let answers = answered_beside(
        move || drop(rpc(port, "anvil_mine", json!(["0x28"]))),
        || {
            seen_before += u64::from(block_number(port) == before);
            balance(port, &from);
            rpc(port, "eth_call", json!([{ "to": account(1) }, "latest"]));
            rpc(port, "txpool_status", json!([]));
        },
    );
    assert!(seen_before > 0, "{answers}");
    let after = latest_block(port);
    assert_eq!(after["number"], "0x28", "each takes all gas of a block");
    assert_eq!(after["transactions"].as_array().map(Vec::len), Some(1));
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
        assert_eq!(block_number(port), "0x2");
        assert!(rpc(port, "eth_call", call(&origin)).is_string());
        balance(port, &origin.sender);
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
    // Zeros: `RETURN(0, 3 MiB)`. Each costs 19 million gas, and all calls of a request share the gas of one.
    set_code(port, &account(0xaa), "0x623000005ff3");
    let calls = |count: usize| vec![json!({ "to": account(0xaa), "gas": "0x2faf080" }); count];
    let blocks = json!({ "blockStateCalls": [{ "calls": calls(40) }] });
    let error = rpc_error(port, "eth_simulateV1", json!([blocks, "latest"]));
    assert_eq!(error["code"], -32603, "{error}");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("gas limit reached"), "{error}");
    let few = json!({ "blockStateCalls": [{ "calls": calls(2) }] });
    let simulated = rpc(port, "eth_simulateV1", json!([few, "latest"]));
    assert_eq!(simulated[0]["calls"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_nobody_waits_for_any_more_ends() {
    let process = Process::start(&[]);
    let port = process.port;
    set_code(port, &account(0xee), ENDLESS);
    // Each of them would run for the whole time of a request.
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_simulateV1",
        "params": [{ "blockStateCalls": [{ "calls": vec![json!({ "to": account(0xee) }); 5_000] }] }, "latest"],
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
fn a_view_is_not_older_than_the_answer_that_was_read() {
    let node = spawn(NodeConfig::default()).expect("a node");
    let (port, from) = (node.port(), node.addresses()[0]);
    for sent in 1..=200u64 {
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "to": account(9), "value": "0x1" }]),
        );
        let counted = nonce(port, &from);
        assert_eq!(counted, format!("{sent:#x}"));
    }
}
