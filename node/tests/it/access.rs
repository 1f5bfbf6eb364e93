//! Pages of other origins and names of other hosts, over HTTP and WebSocket.

use serde_json::{Value, json};

use crate::support::{Process, exchange};

/// Statuses of the same call over HTTP and of the opening of a WebSocket.
fn statuses(process: &Process, host: &str, origin: Option<&str>) -> (u16, u16) {
    let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" }).to_string();
    let post = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\n{origin}Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (status, answer) = exchange(process.port, &post, &body);
    let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
    assert_eq!(status == 200, answer["result"] == "0x64aba");
    (status, upgrade(process, host, &origin))
}

fn upgrade(process: &Process, host: &str, origin: &str) -> u16 {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", process.port)).unwrap();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut status = [0; 12];
    socket.read_exact(&mut status).unwrap();
    String::from_utf8_lossy(&status[9..]).parse().unwrap()
}

const ACCEPTED: (u16, u16) = (200, 101);
const REFUSED: (u16, u16) = (403, 403);

#[test]
fn origins_are_checked_alike_over_http_and_websocket() {
    let evil = Some("https://evil.test");
    let named = Some("https://page.test");
    let local = Some("http://localhost:3000");
    let developer = Process::start(&[]);
    for (origin, expected) in [
        (evil, REFUSED),
        (Some("null"), REFUSED),
        (local, ACCEPTED),
        (Some("moz-extension://8c1a"), ACCEPTED),
        (Some("chrome-extension://abcdefgh"), ACCEPTED),
        (None, ACCEPTED),
    ] {
        let found = statuses(&developer, "localhost", origin);
        assert_eq!(found, expected, "{origin:?}");
    }
    let open = Process::start(&["--allow-origin", "*"]);
    assert_eq!(statuses(&open, "localhost", evil), ACCEPTED);
    let listed = Process::start(&["--allow-origin", "https://page.test"]);
    for (origin, expected) in [
        (evil, REFUSED),
        (Some("null"), REFUSED),
        (named, ACCEPTED),
        (local, ACCEPTED),
        (None, ACCEPTED),
    ] {
        let found = statuses(&listed, "localhost", origin);
        assert_eq!(found, expected, "{origin:?}");
    }
    let closed = Process::start(&["--no-cors"]);
    for (origin, expected) in [(evil, REFUSED), (local, REFUSED), (None, ACCEPTED)] {
        let found = statuses(&closed, "localhost", origin);
        assert_eq!(found, expected, "{origin:?}");
    }
}

#[test]
fn a_name_that_points_here_is_refused_unless_it_was_named() {
    let process = Process::start(&["--allow-host", "node.test"]);
    for (host, expected) in [
        ("127.0.0.1:8547", ACCEPTED),
        ("[::1]:8547", ACCEPTED),
        ("localhost", ACCEPTED),
        ("node.test:8547", ACCEPTED),
        ("rebound.evil.test", REFUSED),
        ("localhost.evil.test:8547", REFUSED),
        ("127.0.0.1.evil.test", REFUSED),
    ] {
        let origin = format!("http://{host}");
        assert_eq!(statuses(&process, host, None), expected, "{host}");
        assert_eq!(statuses(&process, host, Some(&origin)), expected, "{host}");
    }
}
