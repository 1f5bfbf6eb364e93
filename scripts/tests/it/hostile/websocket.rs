//! Endpoints over WebSocket: a real one, and those that do not answer, answer for ever, or with
//! something else.

use crate::hostile::sandbox::{Run, Sandbox, node};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stylus_upgrades::client::ANSWER_MAX;
use stylus_upgrades_test_support::http;
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept};

const REGISTRY: &str = "0x1111111111111111111111111111111111111111";

/// A server on a port of its own: `serve` gets each connection, and its number from 1 on.
fn server(serve: impl Fn(TcpStream, u64) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream, number as u64 + 1));
        }
    });
    format!("ws://{address}")
}

/// One whose connections are WebSockets; `serve` may find that the program has gone.
fn websocket(
    serve: impl Fn(WebSocket<TcpStream>, u64) -> Option<()> + Clone + Send + 'static,
) -> String {
    server(move |stream, number| {
        if let Ok(socket) = accept(stream) {
            serve(socket, number);
        }
    })
}

/// The next request.
fn request(socket: &mut WebSocket<TcpStream>) -> Option<Value> {
    let message = socket.read().ok()?;
    serde_json::from_slice(&message.into_data()).ok()
}

fn result(request: &Value, result: Value) -> Message {
    Message::text(json!({"jsonrpc": "2.0", "id": request["id"], "result": result}).to_string())
}

/// What the chain itself answers.
fn forwarded(request: &Value, host: &str) -> Message {
    let chain = TcpStream::connect(host).expect("the chain");
    http::post(&chain, host, &request.to_string()).expect("sent");
    let answer = http::Message::read(&chain).expect("an answer");
    let body = String::from_utf8(answer.body).expect("text");
    Message::text(body)
}

fn ask(url: &str, more: &[&str]) -> Run {
    let words = ["status", "--json", "--registry", REGISTRY, "--rpc-url", url];
    Sandbox::new().run(&[&words, more].concat())
}

#[test]
fn every_kind_of_command_works_over_websocket() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let url = node.endpoint().replace("http://", "ws://");
    let done = |words: &[&str]| sandbox.done(&[words, &["--rpc-url", &url]].concat());
    done(&["registry", "deploy", "--save"]);
    done(&["define", "A", "--migrate", "Admin"]);
    done(&["register", "A", "1.0", "counter-v1"]);
    let create = [
        "create-proxy",
        "A",
        "1.0",
        "--init",
        "initialize(uint256)",
        "7",
    ];
    done(&create);
    let migrate = ["A", "2.0", "counter-v2", "--call", "migrate(uint256)", "5"];
    done(&[&["plan"], &migrate[..]].concat());
    done(&[&["migrate"], &migrate[..]].concat());
    let status = done(&["status", "A"]);
    assert_eq!(status["definitions"][0]["current"], "2.0", "{status}");
    assert!(done(&["history", "A"])["entries"].is_array());
}

#[test]
fn a_connection_that_never_answers_ends_with_the_deadline() {
    let silent = websocket(|mut socket, _| {
        request(&mut socket)?;
        std::thread::sleep(Duration::from_secs(600));
        Some(())
    });
    let chatter = websocket(|mut socket, _| {
        request(&mut socket)?;
        loop {
            let other = json!({"jsonrpc": "2.0", "method": "eth_subscription", "params": {}});
            socket.send(Message::text(other.to_string())).ok()?;
            socket.send(Message::Ping(Vec::new().into())).ok()?;
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let no_handshake = server(|_, _| std::thread::sleep(Duration::from_secs(600)));
    for url in [silent, no_handshake] {
        let run = ask(&url, &["--rpc-timeout", "1"]);
        assert_eq!(
            (run.exit, run.error("name").as_str()),
            (Some(4), "Unreachable")
        );
        assert_eq!(run.error("expected"), "an answer within 1 s");
    }
    let run = ask(&chatter, &["--rpc-timeout", "1"]);
    assert_eq!(
        (run.exit, run.error("name").as_str()),
        (Some(4), "Unreachable")
    );
}

#[test]
fn an_answer_without_an_end_is_not_read_into_memory() {
    let taken = Arc::new(AtomicU64::new(0));
    let count = taken.clone();
    // The head of a frame of text of 2^40 bytes, or of frames without an end.
    let frames: [&[u8]; 2] = [
        &[0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0],
        &[0x01, 127, 0, 0, 0, 0, 0, 0x10, 0, 0],
    ];
    for head in frames {
        let count = count.clone();
        let url = websocket(move |mut socket, _| {
            request(&mut socket)?;
            let stream = socket.get_mut();
            let piece = vec![b'0'; 1 << 20];
            let mut head = head.to_vec();
            loop {
                stream.write_all(&head).ok()?;
                stream.write_all(&piece).ok()?;
                count.fetch_add(piece.len() as u64, Ordering::Relaxed);
                head = match head.first() {
                    Some(0x81) => Vec::new(),
                    _ => [&[0x00], head.get(1..)?].concat(),
                };
            }
        });
        let run = ask(&url, &[]);
        assert_eq!(
            (run.exit, run.error("name").as_str()),
            (Some(4), "Unreachable")
        );
        assert!(run.error("expected").contains("at most"), "{run:?}");
        let bound = ANSWER_MAX as u64 + (32 << 20);
        assert!(taken.swap(0, Ordering::Relaxed) <= bound, "{taken:?}");
    }
}

#[test]
fn a_handshake_that_is_refused_is_reported_by_its_status() {
    let refusing = |head: &'static str| {
        server(move |mut stream, _| {
            let _ = stream.read(&mut [0; 4_096]);
            let _ = write!(stream, "HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n");
        })
    };
    let cases = [
        ("401 Unauthorized", "401"),
        (
            "307 Temporary\r\nlocation: ws://127.0.0.1:1/secretsecretsecret",
            "redirects",
        ),
        ("200 OK", "200"),
    ];
    for (head, reported) in cases {
        let run = ask(&refusing(head), &[]);
        assert_eq!(
            (run.exit, run.error("name").as_str()),
            (Some(4), "Unreachable")
        );
        assert!(run.error("found").contains(reported), "{run:?}");
        assert!(!format!("{run:?}").contains("secretsecret"), "{run:?}");
    }
    let limited = refusing("429 Too Many Requests\r\nretry-after: 3600");
    assert_eq!(ask(&limited, &[]).error("name"), "RateLimited");
    let nobody = ask("ws://127.0.0.1:1/secretsecretsecret", &[]);
    assert_eq!(nobody.exit, Some(4), "{nobody:?}");
    assert!(
        !format!("{nobody:?}").contains("secretsecret"),
        "{nobody:?}"
    );
}

#[test]
fn connections_that_end_between_two_requests_are_opened_anew() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let (host, connections) = (node.address().to_string(), Arc::new(AtomicU64::new(0)));
    let count = connections.clone();
    let url = websocket(move |mut socket, number| {
        count.store(number, Ordering::Relaxed);
        // Three answers, the second behind one to nobody's question; then it hangs up.
        for _ in 0..3 {
            let request = request(&mut socket)?;
            let stray = json!({"id": 999_999});
            socket.send(result(&stray, json!("0x0"))).ok()?;
            socket.send(forwarded(&request, &host)).ok()?;
        }
        Some(())
    });
    let begun = Instant::now();
    let deployed = sandbox.done(&["deploy", "counter-v1", "--rpc-url", &url]);
    assert_eq!(deployed["active"], true);
    assert!(connections.load(Ordering::Relaxed) > 2, "{connections:?}");
    assert!(begun.elapsed() < Duration::from_secs(60));
    let blocks = node.with_chain(|chain| chain.block_number());
    assert_eq!(
        blocks.expect("the chain"),
        2,
        "created and activated, each once"
    );
}

#[test]
fn a_connection_that_leads_to_another_chain_is_not_used() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    sandbox.done(&["registry", "deploy", "--save"]);
    let host = node.address().to_string();
    let url = websocket(move |mut socket, number| {
        for _ in 0..3 {
            let request = request(&mut socket)?;
            let answer = match request["method"] == "eth_chainId" && number > 1 {
                true => result(&request, json!("0x66eee")),
                false => forwarded(&request, &host),
            };
            socket.send(answer).ok()?;
        }
        Some(())
    });
    let run = sandbox.run(&["status", "--json", "--rpc-url", &url]);
    assert_eq!(run.exit, Some(4), "{run:?}");
    assert!(run.error("found").contains("chain 421614"), "{run:?}");
}

#[test]
fn user_and_password_go_into_the_header_and_nowhere_else() {
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let noted = seen.clone();
    let url = server(move |mut stream, _| {
        let mut head = [0; 4_096];
        let length = stream.read(&mut head).unwrap_or_default();
        *noted.lock().expect("it") = String::from_utf8_lossy(&head[..length]).into_owned();
    });
    let url = url.replace("ws://", "ws://user:secretsecretword@") + "/v2/0123456789abcdef";
    let run = ask(&url, &[]);
    assert_eq!(run.exit, Some(4), "{run:?}");
    for secret in ["secretsecretword", "0123456789abcdef"] {
        assert!(!format!("{run:?}").contains(secret), "{run:?}");
    }
    let head = seen.lock().expect("it").clone();
    assert!(head.starts_with("GET /v2/0123456789abcdef "), "{head}");
    // user:secretsecretword
    let expected = "authorization: basic dxnlcjpzzwnyzxrzzwnyzxr3b3jk";
    assert!(head.to_lowercase().contains(expected), "{head}");
}
