//! A raw JSON-RPC client, and a node process that ends with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use alloy::primitives::Address;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde_json::{Value, json};
use stylus_devnode::{AdmissionPolicy, NodeConfig, NodeHandle, spawn};

/// How long something may take on a machine that does much else.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(180);

/// The binary under test: the one that cargo built for the tests, or another one, such as a
/// release build.
pub(crate) fn binary() -> String {
    let given = std::env::var("STYLUS_DEVNODE_BINARY").ok();
    given.unwrap_or_else(|| env!("CARGO_BIN_EXE_stylus-devnode").to_owned())
}

/// An embedded node with default settings.
pub(crate) fn node() -> NodeHandle {
    spawn(NodeConfig::default()).expect("a node with default settings starts")
}

/// The same with `--lenient`.
pub(crate) fn lenient() -> NodeHandle {
    let config = NodeConfig {
        admission: AdmissionPolicy::Lenient,
        request_bytes: Some(AdmissionPolicy::Lenient.request_bytes()),
        ..NodeConfig::default()
    };
    spawn(config).expect("a lenient node starts")
}

/// The result of a request, which must succeed.
pub(crate) fn rpc(port: u16, method: &str, params: Value) -> Value {
    let answer = request(port, method, params);
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// The error of a request, which must fail.
pub(crate) fn rpc_error(port: u16, method: &str, params: Value) -> Value {
    let answer = request(port, method, params);
    assert!(
        answer.get("error").is_some(),
        "{method}: expected an error, found {answer}"
    );
    answer["error"].clone()
}

/// The code of the error of a request, which must fail.
pub(crate) fn refused(port: u16, method: &str, params: Value) -> Value {
    rpc_error(port, method, params)["code"].clone()
}

/// Sends a transaction of an account that the node signs for; its receipt.
pub(crate) fn transact(port: u16, transaction: Value) -> Value {
    let hash = rpc(port, "eth_sendTransaction", json!([transaction]));
    receipt(port, &hash)
}

/// The receipt of a transaction, or null.
pub(crate) fn receipt(port: u16, hash: &Value) -> Value {
    rpc(port, "eth_getTransactionReceipt", json!([hash]))
}

/// Creates a contract with that init code; its address.
pub(crate) fn created(port: u16, from: Address, data: &str) -> Value {
    transact(port, json!({ "from": from, "data": data }))["contractAddress"].clone()
}

/// Puts code at an account.
pub(crate) fn set_code(port: u16, account: &impl Serialize, code: &str) {
    rpc(port, "anvil_setCode", json!([account, code]));
}

pub(crate) fn mine(port: u16) {
    rpc(port, "evm_mine", json!([]));
}

pub(crate) fn latest_block(port: u16) -> Value {
    rpc(port, "eth_getBlockByNumber", json!(["latest", false]))
}

pub(crate) fn block_number(port: u16) -> Value {
    rpc(port, "eth_blockNumber", json!([]))
}

/// What an account has.
pub(crate) fn balance(port: u16, account: &impl Serialize) -> Value {
    rpc(port, "eth_getBalance", json!([account, "latest"]))
}

/// Transactions of an account in blocks.
pub(crate) fn nonce(port: u16, account: &impl Serialize) -> Value {
    rpc(port, "eth_getTransactionCount", json!([account, "latest"]))
}

/// A word of an account's storage.
pub(crate) fn word_at(port: u16, account: &impl Serialize, slot: &str) -> Value {
    rpc(port, "eth_getStorageAt", json!([account, slot, "latest"]))
}

/// The whole answer of a request.
pub(crate) fn request(port: u16, method: &str, params: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let (_, answer) = post(port, &body.to_string());
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{method}: {error} in {answer}"))
}

/// Status and body of a POST.
pub(crate) fn post(port: u16, body: &str) -> (u16, String) {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(port, &head, body)
}

/// Sends a head and a body, and reads status and body of the answer.
pub(crate) fn exchange(port: u16, head: &str, body: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the node listens");
    socket.write_all(head.as_bytes()).expect("the head is read");
    // A server that refuses a large body closes early: that is no failure of the test.
    let _ = socket.write_all(body.as_bytes());
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default();
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(head, body)| match head.contains("chunked") {
            true => body.lines().skip(1).step_by(2).collect::<String>(),
            false => body.to_owned(),
        });
    (status, body.unwrap_or_default())
}

/// A connection that has sent a request, whose answer nobody reads yet. `connection` is `close`, or `keep-alive`.
pub(crate) fn begun(port: u16, connection: &str, method: &str, params: &Value) -> TcpStream {
    begun_with(
        port,
        &format!("Connection: {connection}\r\n"),
        method,
        params,
    )
}

/// The same with these headers, which are whole lines.
pub(crate) fn begun_with(port: u16, headers: &str, method: &str, params: &Value) -> TcpStream {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    write!(
        socket,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    socket
}

/// The port that the ready line of a process names, and the lines up to it; then nobody reads stdout any more.
pub(crate) fn ready(child: &mut Child) -> (u16, Vec<String>) {
    let stdout = child.stdout.take().expect("stdout is piped");
    let mut lines = Vec::new();
    for line in BufReader::new(stdout).lines() {
        lines.push(line.expect("text"));
        let ready = lines
            .last()
            .and_then(|line| line.strip_prefix("Listening on "));
        if let Some(address) = ready {
            let address: std::net::SocketAddr = address.parse().expect("one address");
            return (address.port(), lines);
        }
    }
    panic!("no ready line in {lines:#?}");
}

/// A running `stylus-devnode`, killed at the end of the test.
pub(crate) struct Process {
    pub(crate) child: Child,
    /// What was printed up to the ready line.
    pub(crate) lines: Vec<String>,
    pub(crate) port: u16,
}

impl Process {
    /// Starts on a free port and waits for the ready line.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .args(["-p", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (port, lines) = ready(&mut child);
        Self { child, lines, port }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("our own child can be signaled");
    }

    /// Waits for the end, which must come.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + LONGEST_WAIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status;
            }
            assert!(Instant::now() < deadline, "the process did not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again until the answer is right, for what happens after a while.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONGEST_WAIT;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}
