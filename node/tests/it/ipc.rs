//! JSON-RPC over a Unix socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};

use crate::support::Process;

#[test]
fn documents_batches_and_subscriptions_are_answered_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.ipc");
    let mut process = Process::start(&["--ipc", path.to_str().unwrap()]);
    assert!(
        process
            .lines
            .iter()
            .any(|line| line == &format!("IPC path: {}", path.display()))
    );
    let mut socket = UnixStream::connect(&path).unwrap();
    let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
    let mut ask = |text: &str| -> Value {
        socket.write_all(text.as_bytes()).unwrap();
        serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
    };
    let chain_id = json!({ "jsonrpc": "2.0", "id": 7, "method": "eth_chainId" }).to_string();
    assert_eq!(
        ask(&chain_id),
        json!({ "jsonrpc": "2.0", "id": 7, "result": "0x64aba" })
    );
    assert_eq!(
        ask(&format!("[{chain_id},{{}}]"))[1]["error"]["code"],
        -32600
    );
    ask(
        &json!({ "jsonrpc": "2.0", "id": 8, "method": "eth_subscribe", "params": ["newHeads"] })
            .to_string(),
    );
    let mined = ask(&json!({ "jsonrpc": "2.0", "id": 9, "method": "evm_mine" }).to_string());
    let head = ask("");
    assert!(
        [&mined, &head]
            .iter()
            .any(|message| message["params"]["result"]["number"] == "0x1"),
        "{mined} {head}"
    );
    assert_eq!(ask("nonsense")["error"]["code"], -32700);
    // The last answer arrives however soon the connection ends after it.
    for _ in 0..100 {
        let mut socket = UnixStream::connect(&path).unwrap();
        socket.write_all(b"nonsense").unwrap();
        let mut answer = String::new();
        BufReader::new(socket).read_line(&mut answer).unwrap();
        assert!(answer.contains("-32700"), "{answer:?}");
    }
    process.signal(rustix::process::Signal::TERM);
    process.wait();
    assert!(!path.exists(), "the socket's file is gone");
}
