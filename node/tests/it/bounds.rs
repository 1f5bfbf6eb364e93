//! What one caller may take: memory, places, and what is parsed.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::connections::{frame, memory, websocket};
use crate::readers::account;
use crate::support::{Process, node, post, request, rpc, rpc_error};

/// `JUMPDEST, PUSH0, JUMP`: takes all gas.
const ENDLESS: &str = "0x5b5f56";

fn message(error: &Value) -> &str {
    assert_eq!(error["code"], -32005, "{error}");
    error["message"].as_str().expect("a message")
}

/// A request of thousands of calls that never end, with so many bytes beside.
fn endless(bytes: usize) -> String {
    let calls = vec![json!({ "to": account(0xee) }); 5_000];
    let params =
        json!([[{ "transactions": calls }], {}, { "tracer": "noopTracer" }, "a".repeat(bytes)]);
    json!({ "jsonrpc": "2.0", "id": 1, "method": "debug_traceCallMany", "params": params })
        .to_string()
}

#[test]
fn codes_that_a_prestate_shows_count_as_results() {
    let node = node();
    let port = node.port();
    let code = format!("0x{}", "fe".repeat(1 << 20));
    rpc(port, "anvil_setCode", json!([account(0xaa), code]));
    let traced = |count: usize| {
        let calls = vec![json!({ "to": account(0xaa), "gas": "0x5208" }); count];
        json!([[{ "transactions": calls }], {}, { "tracer": "prestateTracer" }])
    };
    let error = rpc_error(port, "debug_traceCallMany", traced(40));
    assert!(
        message(&error).contains("the results of this request"),
        "{error}"
    );
    assert!(rpc(port, "debug_traceCallMany", traced(2)).is_array());
}

#[test]
fn transfers_that_a_simulation_shows_count_as_results() {
    let node = node();
    let port = node.port();
    // `JUMPDEST; CALL(0, 0x99, 1 wei)`, and again while more than 20,000 gas are left, because a halt would
    // show nothing.
    let code = "0x5b5f5f5f5f600160996000f150614e205a11600057";
    rpc(port, "anvil_setCode", json!([account(0xaa), code]));
    rpc(
        port,
        "anvil_setBalance",
        json!([account(0xaa), "0xffffffffffff"]),
    );
    let blocks = |count: usize| {
        let calls = vec![json!({ "to": account(0xaa), "gas": "0x2faf080" }); count];
        json!([{ "blockStateCalls": [{ "calls": calls }], "traceTransfers": true }, "latest"])
    };
    let error = rpc_error(port, "eth_simulateV1", blocks(40));
    assert!(
        message(&error).contains("the results of this request"),
        "{error}"
    );
    let few = rpc(port, "eth_simulateV1", blocks(1));
    let logs = few[0]["calls"][0]["logs"].as_array().expect("a list");
    assert!(logs.len() > 1_000, "{}", logs.len());
}

#[test]
fn millions_of_parameters_or_bundles_are_refused_before_they_take_memory() {
    let process = Process::start(&[]);
    let port = process.port;
    let many = "{},".repeat(1_000_000);
    let asked = |method: &str, params: String| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let answer: Value = serde_json::from_str(&post(port, &body).1).expect("an answer");
        assert_eq!(answer["error"]["code"], -32602, "{method}: {answer}");
        assert!(answer.to_string().contains("at most"), "{method}: {answer}");
    };
    asked("eth_blockNumber", format!("[{many}1]"));
    asked("debug_traceCallMany", format!("[[{many}{{}}],{{}},{{}}]"));
    asked(
        "eth_simulateV1",
        format!(r#"[{{"blockStateCalls":[{many}{{}}]}}]"#),
    );
    let held = memory(&process, "VmHWM:");
    assert!(held < 100, "{held} MiB");
}

#[test]
fn filters_and_typed_data_that_are_too_long_are_refused_unparsed() {
    let node = node();
    let long = "a".repeat(2 << 20);
    let signed = json!([node.addresses()[0], { "types": {}, "message": long }]);
    let error = rpc_error(node.port(), "eth_signTypedData_v4", signed);
    assert!(
        error.to_string().contains("bytes of parameter 1"),
        "{error}"
    );
    let mut socket = websocket(node.port());
    let addresses = vec![account(1); 10_000];
    let subscribe = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["logs", { "address": addresses }],
    });
    socket
        .write_all(&frame(&subscribe.to_string()))
        .expect("sent");
    let mut answer = [0; 400];
    let read = std::io::Read::read(&mut socket, &mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.contains("bytes of parameter 1"), "{answer}");
}

#[test]
fn long_requests_that_wait_on_a_websocket_stay_unread() {
    let process = Process::start(&[]);
    let port = process.port;
    rpc(port, "anvil_setCode", json!([account(0xee), ENDLESS]));
    let mut socket = websocket(port);
    let request = frame(&endless(4 << 20));
    // It ends with the process, in the middle of the requests that are not read.
    std::thread::spawn(move || (0..100).try_for_each(|_| socket.write_all(&request)));
    let (mut before, mut held) = (0, 1);
    while held > before {
        before = held;
        std::thread::sleep(Duration::from_secs(2));
        held = memory(&process, "VmRSS:");
    }
    // Read, all of them are more than 1.5 GB.
    assert!(held < 700, "{held} MiB");
    assert!(rpc(port, "eth_blockNumber", json!([])).is_string());
}

#[test]
fn logs_of_subscribers_who_do_not_read_are_not_all_made() {
    let process = Process::start(&["--no-mining"]);
    let port = process.port;
    // `LOG0(0, 4096)` a hundred times.
    let code = "0x60645b6110005fa060019003806002575f5ff3";
    rpc(port, "anvil_setCode", json!([account(0xdd), code]));
    let from = rpc(port, "eth_accounts", json!([]))[0].clone();
    for _ in 0..20 {
        let call = json!([{ "from": from, "to": account(0xdd), "gas": "0x1c9c380" }]);
        rpc(port, "eth_sendTransaction", call);
    }
    let mut socket = websocket(port);
    let subscribe = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["logs"]}"#;
    socket
        .write_all(&frame(subscribe).repeat(16))
        .expect("sent");
    std::thread::sleep(Duration::from_millis(500));
    rpc(port, "evm_mine", json!([]));
    let (mut before, mut held) = (0, 1);
    while held > before {
        before = held;
        std::thread::sleep(Duration::from_secs(1));
        held = memory(&process, "VmRSS:");
    }
    // All of them are 270 MB.
    assert!(held < 150, "{held} MiB");
    drop(socket);
}

#[test]
fn batches_of_lookups_let_others_in_between() {
    let node = node();
    let port = node.port();
    let lookup = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_accounts" });
    let batch = Value::from(vec![lookup; 20_000]).to_string();
    let ended = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                post(port, &batch);
                ended.fetch_add(1, Relaxed);
            });
        }
        let mut answers = 0;
        while ended.load(Relaxed) == 0 {
            rpc(port, "eth_blockNumber", json!([]));
            answers += 1;
        }
        assert!(answers > 5, "{answers} before the first batch ended");
    });
}

/// Sends as many endless requests over each of some connections, and gives the connections.
pub(crate) fn busy(port: u16, connections: usize, requests: usize) -> Vec<TcpStream> {
    rpc(port, "anvil_setCode", json!([account(0xee), ENDLESS]));
    let request = frame(&endless(0)).repeat(requests);
    let open = (0..connections).map(|_| {
        let mut socket = websocket(port);
        socket.write_all(&request).expect("sent");
        socket
    });
    open.collect()
}

#[test]
fn one_connection_does_not_take_every_place_for_long_reads() {
    let process = Process::start(&[]);
    let port = process.port;
    let _busy = busy(port, 1, 16);
    std::thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    // Longer than the quick lane.
    let call = json!([{ "to": account(0xee), "gas": "0xf4240" }, "latest"]);
    let answer = request(port, "eth_call", call);
    assert!(
        answer["error"]["message"]
            .to_string()
            .contains("out of gas"),
        "{answer}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_short_call_waits_for_no_long_one_however_many_compute() {
    let process = Process::start(&[]);
    let port = process.port;
    let _busy = busy(port, 4, 16);
    std::thread::sleep(Duration::from_millis(500));
    // As long as the long ones run: a minute.
    let begun = Instant::now();
    for _ in 0..20 {
        let call = json!([{ "to": account(0x10) }, "latest"]);
        assert_eq!(rpc(port, "eth_call", call), "0x");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}
