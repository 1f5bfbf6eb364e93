//! Callers who send requests without end, and read nothing: others are answered meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::{Process, begun, block_number, eventually, lenient, post, request, set_code};

const LARGE: &str = "0x00000000000000000000000000000000000c0de0";
/// Answers of so many bytes: eight of them have room.
const ANSWER: usize = 14 << 20;
const HEAD: &str = "Host: localhost\r\nOrigin: https://page.example\r\n";

/// A node that has an account with much code.
fn node_with_much() -> stylus_devnode::NodeHandle {
    let node = lenient();
    let code = format!("0x{}", "fe".repeat(ANSWER / 2));
    set_code(node.port(), &LARGE, &code);
    node
}

fn much() -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getCode", "params": [LARGE, "latest"] })
        .to_string()
}

/// The head of a page's request with a body of so many bytes.
fn post_head(length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// A page's request for a WebSocket.
fn upgrade() -> String {
    format!(
        "GET / HTTP/1.1\r\n{HEAD}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A WebSocket of a web page.
struct Page(TcpStream);

impl Page {
    fn connect(port: u16) -> Self {
        Self::connect_with(port, &[])
    }

    /// Sends bytes together with the upgrade, before it is answered.
    fn connect_with(port: u16, more: &[u8]) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let sent = [upgrade().as_bytes(), more].concat();
        stream.write_all(&sent).expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("the head");
            head.extend(byte);
        }
        Self(stream)
    }

    /// Sends a text of 126 to 65,535 bytes.
    fn send(&mut self, text: &str) {
        let text = format!("{text:<126}");
        let length = u16::try_from(text.len()).expect("a short text");
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(length.to_be_bytes());
        // A mask of zeros leaves the text as it is.
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).expect("sent");
    }

    /// The next text.
    fn read(&mut self) -> String {
        let mut start = [0; 2];
        self.0.read_exact(&mut start).expect("a frame");
        let length = match start[1] {
            126 => {
                let mut length = [0; 2];
                self.0.read_exact(&mut length).expect("its length");
                u64::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.0.read_exact(&mut length).expect("its length");
                u64::from_be_bytes(length)
            }
            short => u64::from(short),
        };
        let mut text = String::new();
        let mut frame = (&mut self.0).take(length);
        frame.read_to_string(&mut text).expect("a text");
        text
    }
}

#[test]
fn answers_that_pages_do_not_read_are_refused_and_others_have_theirs() {
    const PAGES: usize = 20;
    let node = node_with_much();
    let mut pages: Vec<_> = (0..PAGES).map(|_| Page::connect(node.port())).collect();
    for page in &mut pages {
        page.send(&much());
    }
    for page in &pages {
        page.0
            .peek(&mut [0])
            .expect("each has its answer, or its refusal");
    }
    assert_eq!(block_number(node.port()), "0x0");
    let (_, own) = post(node.port(), &much());
    assert!(own.len() > ANSWER, "{own}");

    let answers = pages.iter_mut().map(Page::read);
    let (whole, refused): (Vec<_>, Vec<_>) = answers.partition(|answer| answer.len() > ANSWER);
    assert!((1..=8).contains(&whole.len()), "{}", whole.len());
    for refusal in refused {
        let refusal: Value = serde_json::from_str(&refusal).expect("JSON");
        assert_eq!(refusal["error"]["code"], -32005, "{refusal}");
        let words = refusal["error"]["message"].as_str().expect("words");
        assert!(words.contains("unread answers, of this caller"), "{words}");
    }
    for page in &mut pages {
        page.send(&much());
        assert!(page.read().len() > ANSWER, "there is room again");
    }
}

#[test]
fn requests_that_have_begun_leave_room_to_others() {
    const PAGES: usize = 30;
    const BODY: usize = 14 << 20;
    let node = lenient();
    let port = node.port();
    let begin = |_| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let head = post_head(BODY + 1);
        stream.write_all(head.as_bytes()).expect("sent");
        let body = stream.try_clone().expect("the same connection");
        // It ends when the test closes the connection.
        let sending = std::thread::spawn(move || (&body).write_all(&vec![b'['; BODY]));
        (stream, sending)
    };
    let begun: Vec<_> = (0..PAGES).map(begin).collect();
    let large = json!([{ "to": LARGE, "data": format!("0x{}", "00".repeat(5 << 20)) }, "latest"]);
    for _ in 0..3 {
        assert_eq!(block_number(port), "0x0");
        assert_eq!(request(port, "eth_call", large.clone())["result"], "0x");
    }
    for (stream, sending) in begun {
        stream
            .shutdown(std::net::Shutdown::Both)
            .expect("open until now");
        let _ = sending.join().expect("a thread that ends");
    }
    assert_eq!(request(port, "eth_call", large)["result"], "0x");
}

#[test]
fn frames_that_are_only_announced_take_the_room_of_who_announces_them() {
    const PAGES: usize = 30;
    const ANNOUNCED: u64 = 5 << 20;
    let node = lenient();
    let port = node.port();
    let head = [&[0x81, 0xff], &ANNOUNCED.to_be_bytes()[..], &[0; 4]].concat();
    let announced: Vec<_> = (0..PAGES)
        .map(|_| Page::connect_with(port, &head))
        .collect();
    let asked = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] });
    let body = format!("{asked}{}", " ".repeat(4 << 20));
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let head = post_head(body.len());
        stream.write_all(head.as_bytes()).expect("sent");
        let (sending, body) = (stream.try_clone().expect("the same one"), body.clone());
        // What finds no room is not read.
        std::thread::spawn(move || (&sending).write_all(body.as_bytes()));
        stream
    };
    // They leave 3 MiB to pages: once all heads have arrived, a larger request of a page waits.
    let mut waiting = loop {
        let mut stream = ask();
        let patience = Some(std::time::Duration::from_secs(1));
        stream.set_read_timeout(patience).expect("set");
        if stream.read_exact(&mut [0]).is_err() {
            break stream;
        }
    };
    assert_eq!(block_number(port), "0x0");
    drop(announced);
    waiting.set_read_timeout(None).expect("set");
    let mut answer = [0; 12];
    waiting
        .read_exact(&mut answer)
        .expect("there is room again");
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[test]
fn a_websocket_begins_with_the_first_request_and_reads_what_came_with_it() {
    let node = lenient();
    let text = request_text();
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).expect("a short text")];
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    let mut page = Page::connect_with(node.port(), &frame);
    assert!(page.read().contains("0x64aba"), "the answer");

    let mut stream = TcpStream::connect(("127.0.0.1", node.port())).expect("it listens");
    let post = post_head(text.len()) + &text;
    stream
        .write_all([post, upgrade()].concat().as_bytes())
        .expect("sent");
    let mut answers = String::new();
    while !answers.contains("open another one") {
        let mut part = [0; 1_024];
        let bytes = stream.read(&mut part).expect("answers");
        assert!(bytes > 0, "{answers}");
        answers += &String::from_utf8_lossy(&part[..bytes]);
    }
    assert!(
        answers.contains("0x64aba") && answers.contains("HTTP/1.1 400"),
        "{answers}"
    );
}

/// A request of less than 126 bytes.
fn request_text() -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": [] }).to_string()
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
