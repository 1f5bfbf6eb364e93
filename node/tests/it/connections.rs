//! Connections that want to keep others from being served.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee::rpc_params;
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use stylus_devnode::{MiningMode, NodeConfig, spawn};

use crate::support::{LONGEST_WAIT, Process, eventually, request, rpc};

/// Hostile connections of each kind.
const HOSTILE: usize = 10_000;

/// Honest calls, one connection each, while the hostile ones are open.
const HONEST: usize = 50;

/// What an honest client waits for an answer.
const ANSWER_TIMEOUT: Duration = LONGEST_WAIT;

/// What a hostile connection sends.
const KINDS: [(&str, &str); 6] = [
    ("nothing", ""),
    (
        "half a head",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: applic",
    ),
    (
        "half a body",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"jsonrpc\"",
    ),
    (
        "an endless chunked body",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,1,\r\n",
    ),
    ("a WebSocket that stays silent", WEBSOCKET),
    (SUBSCRIBERS, WEBSOCKET),
];

/// What opens a WebSocket.
const WEBSOCKET: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// The kind that sends [`SUBSCRIBE`] after that.
const SUBSCRIBERS: &str = "a subscription over WebSocket and then nothing";

const SUBSCRIBE: &str =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_subscribe\",\"params\":[\"newHeads\"]}";

/// As many connections as this process may hold, at most [`HOSTILE`].
fn open_hostile_connections(port: u16, kind: &str, sent: &str) -> Vec<TcpStream> {
    let files = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: files.maximum,
        maximum: files.maximum,
    };
    let _ = setrlimit(Resource::Nofile, raised);
    let mut open = Vec::new();
    for _ in 0..HOSTILE {
        let Ok(mut socket) = TcpStream::connect(("127.0.0.1", port)) else {
            break;
        };
        let _ = socket.write_all(sent.as_bytes());
        open.push(socket);
    }
    if kind == SUBSCRIBERS {
        for socket in &mut open {
            let _ = socket.write_all(&frame(SUBSCRIBE));
        }
    }
    open
}

/// The time that one honest call took, on a connection of its own.
fn honest_call(port: u16) -> Duration {
    let begun = Instant::now();
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let body = body.to_string();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
    socket
        .set_read_timeout(Some(ANSWER_TIMEOUT))
        .expect("a deadline");
    write!(
        socket,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("the request is read");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("0x64aba"), "{answer}");
    begun.elapsed()
}

/// Memory of a process in MiB: one line of its status.
pub(crate) fn memory(process: &Process, name: &str) -> u64 {
    let path = format!("/proc/{}/status", process.child.id());
    let status = std::fs::read_to_string(path).expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.expect("a number").parse::<u64>().expect("a number") / 1024
}

async fn subscribe(client: &WsClient) -> Subscription<Value> {
    client
        .subscribe("eth_subscribe", rpc_params!["newHeads"], "eth_unsubscribe")
        .await
        .expect("a subscription")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "nightly: ten thousand connections of each kind, about 60 s"]
async fn honest_callers_are_answered_beside_ten_thousand_hostile_connections_of_each_kind() {
    let process = Process::start(&[]);
    let port = process.port;
    let client = WsClientBuilder::default()
        .build(format!("ws://127.0.0.1:{port}"))
        .await
        .expect("a WebSocket");
    let heads = subscribe(&client).await;
    let mut subscriber = (client, heads);
    for (kind, sent) in KINDS {
        let opened = tokio::task::spawn_blocking(move || {
            let hostile = open_hostile_connections(port, kind, sent);
            let mut times: Vec<_> = (0..HONEST).map(|_| honest_call(port)).collect();
            times.sort_unstable();
            (hostile, times)
        });
        let (hostile, times) = opened.await.expect("every honest call is answered");
        assert_eq!(times.len(), HONEST);
        let begun = Instant::now();
        let identity =
            json!({ "to": "0x0000000000000000000000000000000000000004", "data": "0x07" });
        let client = WsClientBuilder::default()
            .connection_timeout(ANSWER_TIMEOUT)
            .request_timeout(ANSWER_TIMEOUT)
            .build(format!("ws://127.0.0.1:{port}"))
            .await
            .expect("an honest WebSocket is admitted");
        let answer: Value = client
            .request("eth_call", rpc_params![identity, "latest"])
            .await
            .expect("an honest eth_call is answered");
        assert_eq!(answer, "0x07");
        println!(
            "{} connections that send {kind}: {HONEST} of {HONEST} honest calls answered, median {} ms, longest {} ms; a WebSocket and an eth_call over it {} ms; {} MiB",
            hostile.len(),
            times[HONEST / 2].as_millis(),
            times[HONEST - 1].as_millis(),
            begun.elapsed().as_millis(),
            memory(&process, "VmRSS:"),
        );
        for socket in hostile {
            let _ = socket.shutdown(Shutdown::Both);
        }
        tokio::task::spawn_blocking(move || rpc(port, "evm_mine", json!([])))
            .await
            .expect("a block");
        let head = tokio::time::timeout(ANSWER_TIMEOUT, subscriber.1.next()).await;
        let head = head.expect("the subscriber is still connected");
        assert!(head.is_some_and(|head| head.is_ok()), "{kind}");
    }
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
    for _ in 0..10 {
        honest_call(port);
    }
    // What was sent waits in the pool, whoever lost its connection.
    let status = rpc(port, "txpool_status", json!([]));
    assert_eq!(status["pending"], "0x40", "{status}");
}

/// A WebSocket by hand, because a client would read.
pub(crate) fn websocket(port: u16) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
    socket.write_all(WEBSOCKET.as_bytes()).expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).expect("it is accepted");
        head.extend_from_slice(&byte);
    }
    socket
}

/// A WebSocket frame of a text, masked with zeros.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u8::try_from(text.len()) {
        Ok(short) if short < 126 => frame.push(0x80 | short),
        _ => {
            frame.push(0x80 | 127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// As many texts from now on as the socket sends.
fn read_texts(socket: &mut TcpStream, count: usize) {
    let mut socket = std::io::BufReader::new(socket);
    let mut exactly = |bytes: usize| {
        let mut read = vec![0; bytes];
        socket.read_exact(&mut read).expect("an answer");
        read
    };
    for _ in 0..count {
        let length = match exactly(2)[1] {
            126 => u16::from_be_bytes(exactly(2).try_into().expect("two")).into(),
            short => usize::from(short),
        };
        let text = String::from_utf8(exactly(length)).expect("text");
        assert!(text.contains("\"result\""), "{text}");
    }
}

#[test]
fn requests_of_a_websocket_that_reads_no_answers_stay_unread_and_none_is_lost() {
    const REQUESTS: usize = 200_000;
    for batch in [false, true] {
        let process = Process::start(&[]);
        let port = process.port;
        let mut socket = websocket(port);
        let request =
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest"]}"#;
        let text = match batch {
            true => format!("[{request}]"),
            false => request.to_owned(),
        };
        let mut writing = socket.try_clone().expect("the same socket");
        let sent = std::thread::spawn(move || {
            let requests = frame(&text).repeat(1_000);
            for _ in 0..REQUESTS / 1_000 {
                writing.write_all(&requests).expect("sent");
            }
        });
        let (mut before, mut held) = (0, memory(&process, "VmRSS:"));
        // As long as it grows.
        while held > before {
            before = held;
            std::thread::sleep(Duration::from_secs(2));
            honest_call(port);
            held = memory(&process, "VmRSS:");
        }
        println!("{held} MiB are held for {REQUESTS} requests, batches: {batch}");
        assert!(held < 300, "{held} MiB, batches: {batch}");
        read_texts(&mut socket, REQUESTS);
        sent.join().expect("all was sent");
    }
}

#[tokio::test]
async fn a_websocket_that_reads_no_answers_is_given_no_more_than_a_few() {
    let process = Process::start(&["--code-size-limit", "10000000"]);
    let port = process.port;
    let account = "0x00000000000000000000000000000000000c0de0";
    let code = format!("0x{}", "fe".repeat(4_000_000));
    tokio::task::spawn_blocking(move || rpc(port, "anvil_setCode", json!([account, code])))
        .await
        .expect("an account with code");
    let mut socket = websocket(port);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getCode", "params": [account, "latest"] });
    socket
        .write_all(&frame(&call.to_string()).repeat(300))
        .expect("sent");
    let busy = || memory(&process, "VmRSS:");
    let mut held = 0;
    // As long as it grows.
    while busy() > held {
        held = busy();
        tokio::time::sleep(Duration::from_secs(1)).await;
        honest_call(port);
    }
    println!("{held} MiB are held for 300 answers of 8 MB");
    assert!(
        held < 600,
        "{held} MiB are held for answers that nobody reads"
    );
}

/// A request that computes until its gas is spent.
fn call_with(port: u16, to: &str, gas: &str) -> TcpStream {
    let call = json!({ "to": to, "gas": gas });
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"] });
    let body = body.to_string();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
    write!(
        socket,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    socket
}

/// Whether an answer has arrived.
fn is_answered(socket: &TcpStream) -> bool {
    socket.set_nonblocking(true).expect("a mode");
    let read = (&*socket).read(&mut [0; 16]);
    matches!(read, Ok(bytes) if bytes > 0)
}

#[test]
fn an_honest_call_is_answered_before_the_long_calls_that_were_sent_first() {
    let node = spawn(NodeConfig::default()).expect("a node");
    let port = node.port();
    let account = with_endless(port);
    let long: Vec<_> = (0..100)
        .map(|_| call_with(port, account, "0x2faf080"))
        .collect();
    // All of them have been read, and none can have been answered by a node that had to run all.
    rpc(port, "eth_chainId", json!([]));
    let returns = json!({ "to": "0x0000000000000000000000000000000000000004", "data": "0x07" });
    for _ in 0..5 {
        let answer = rpc(port, "eth_call", json!([returns, "latest"]));
        assert_eq!(answer, "0x07");
        let from = node.addresses()[0];
        rpc(
            port,
            "eth_sendTransaction",
            json!([{ "from": from, "to": from, "gas": "0x5208" }]),
        );
    }
    let answered = long.iter().filter(|socket| is_answered(socket)).count();
    assert!(
        answered < long.len() / 2,
        "{answered} of {} long calls were answered before ten short requests",
        long.len()
    );
}

/// `JUMPDEST; PUSH0; JUMP`
fn with_endless(port: u16) -> &'static str {
    let account = "0x00000000000000000000000000000000000c0de0";
    rpc(port, "anvil_setCode", json!([account, "0x5b5f56"]));
    account
}

#[test]
fn what_executes_nothing_never_waits_for_what_is_executed() {
    const OTHERS: usize = 200;
    let node = spawn(NodeConfig::default()).expect("a node");
    let port = node.port();
    let to = with_endless(port);
    let from = node.addresses()[0];
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..OTHERS {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    request(
                        port,
                        "eth_call",
                        json!([{ "to": to, "gas": "0x1e8480" }, "latest"]),
                    );
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
