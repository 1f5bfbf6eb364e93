//! A dropped node leaves no thread. This test is alone in its process, so that it can count threads.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use alloy::primitives::{Address, Bytes};
use stylus_devnode::{NodeConfig, NodeHandle, spawn};

#[test]
fn dropping_the_handle_frees_the_port_and_ends_every_thread() {
    let before = threads();
    for _ in 0..5 {
        let node = spawn(NodeConfig::default()).unwrap();
        let client = TcpStream::connect(node.address()).unwrap();
        let port = node.port();
        drop(node);
        TcpListener::bind(("127.0.0.1", port)).expect("the port is free again");
        assert!(
            come_to(before),
            "a connection that is still open holds nothing: {} threads, {before} before",
            threads()
        );
        drop(client);
    }
    stop_beside_calls(before);
}

/// A call that no gas ends.
fn endless_call(node: &NodeHandle) -> TcpStream {
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"},"latest"]}"#;
    let mut client = TcpStream::connect(node.address()).expect("it listens");
    let length = body.len();
    write!(
        client,
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("sent");
    client
}

/// Calls that compute end with their node, whose state is saved.
fn stop_beside_calls(before: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let mut config = NodeConfig::default();
    config.chain.rpc_gas_cap = 1 << 50;
    config.state.dump = Some(file.clone());
    let node = spawn(config).expect("it starts");
    let code = Bytes::from_static(&[0x5b, 0x5f, 0x56]);
    node.with_chain(move |chain| chain.set_code(Address::repeat_byte(0xee), code))
        .expect("code");
    let idle = threads();
    let clients: Vec<TcpStream> = (0..2).map(|_| endless_call(&node)).collect();
    come_to(idle + clients.len());
    node.stop().expect("saved");
    assert!(file.exists());
    assert!(come_to(before), "{} threads, {before} before", threads());
    drop(clients);
}

/// Whether there are so many threads soon: the system counts one for a moment after it was joined.
fn come_to(count: usize) -> bool {
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        threads() == count
    })
}

/// Threads of this process; where the system does not say, always the same number.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .map(Iterator::count)
        .unwrap_or_default()
}
