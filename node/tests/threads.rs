//! A dropped node leaves no thread. This test is alone in its process, so that it can count threads.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use stylus_devnode::{NodeConfig, spawn};

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
}

/// Whether so many threads are left: the system counts one for a moment after it was joined.
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
