//! Many connections at once, and callers that wait.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use alloy::primitives::B256;
use serde_json::json;
use stylus_devnode::{MiningMode, NodeConfig, spawn};

use crate::support::{Process, begun, eventually, node, request, rpc, set_code};

#[test]
fn calls_are_answered_beside_a_thousand_unfinished_requests() {
    let node = node();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let unfinished: Vec<_> = (0..1_000)
        .map_while(|_| {
            let mut socket = TcpStream::connect(node.address()).ok()?;
            socket.write_all(head.as_bytes()).ok()?;
            Some(socket)
        })
        .collect();
    assert!(unfinished.len() > 300, "{}", unfinished.len());
    assert_eq!(rpc(node.port(), "eth_chainId", json!([])), "0x64aba");
}

#[test]
fn callers_that_wait_for_a_block_do_not_block_others() {
    let config = NodeConfig {
        mining: MiningMode::Manual,
        ..NodeConfig::default()
    };
    let node = spawn(config).expect("a node");
    let (port, from) = (node.port(), node.addresses()[0]);
    let mut waiting = Vec::new();
    for nonce in 0..64 {
        let transaction =
            json!({ "from": from, "to": from, "gas": "0x5208", "nonce": format!("{nonce:#x}") });
        let raw = rpc(port, "eth_signTransaction", json!([transaction]));
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransactionSync",
            "params": [raw, "0x927c0"],
        });
        let body = body.to_string();
        let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
        write!(
            socket,
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("sent");
        waiting.push(socket);
    }
    eventually("all of them wait in the pool", || {
        let status = rpc(port, "txpool_status", json!([]));
        (status["pending"] == "0x40").then_some(())
    });
}

#[test]
fn what_executes_nothing_never_waits_for_what_is_executed() {
    const OTHERS: usize = 200;
    let node = node();
    let port = node.port();
    let to = "0x00000000000000000000000000000000000c0de0";
    // `JUMPDEST; PUSH0; JUMP`
    set_code(port, &to, "0x5b5f56");
    let from = node.addresses()[0];
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..OTHERS {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    let call = json!([{ "to": to, "gas": "0x1e8480" }, "latest"]);
                    request(port, "eth_call", call);
                    answered.fetch_add(1, Relaxed);
                }
            });
        }
        eventually("all of them wait", || {
            (answered.load(Relaxed) > OTHERS).then_some(())
        });
        let mut before = Vec::new();
        for (method, params) in [
            ("eth_blockNumber", json!([])),
            ("eth_getBalance", json!([from, "latest"])),
            ("eth_getTransactionCount", json!([from, "pending"])),
            ("eth_getTransactionReceipt", json!([B256::ZERO])),
        ] {
            let begun = answered.load(Relaxed);
            rpc(port, method, params);
            before.push(answered.load(Relaxed) - begun);
        }
        done.store(true, Relaxed);
        assert!(before.iter().sum::<usize>() < 2 * OTHERS, "{before:?}");
    });
}

/// MiB that a process has in memory.
fn resident(process: &Process) -> u64 {
    let path = format!("/proc/{}/status", process.child.id());
    let status = std::fs::read_to_string(path).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("a size").parse::<u64>().expect("a number") >> 10
}

#[test]
fn open_connections_do_not_keep_the_answers_that_they_have_read() {
    const CONNECTIONS: usize = 40;
    const ANSWER: usize = 14 << 20;
    const LARGE: &str = "0x00000000000000000000000000000000000c0de0";
    let process = Process::start(&["--lenient"]);
    let code = format!("0x{}", "fe".repeat(ANSWER / 2));
    set_code(process.port, &LARGE, &code);
    let ask = |_| {
        let asked = json!([LARGE, "latest"]);
        let mut stream = begun(process.port, "keep-alive", "eth_getCode", &asked);
        let mut rest = ANSWER;
        let mut part = vec![0; 1 << 20];
        while rest > 0 {
            let read = stream.read(&mut part).expect("more of the answer");
            assert!(read > 0, "it is open");
            rest = rest.saturating_sub(read);
        }
        stream
    };
    let open: Vec<_> = (0..CONNECTIONS).map(ask).collect();
    let answers = ((CONNECTIONS * ANSWER) >> 20) as u64;
    // The allocator keeps some of what was freed for a while.
    eventually("the answers are not kept", || {
        (resident(&process) < answers).then_some(())
    });
    drop(open);
}
