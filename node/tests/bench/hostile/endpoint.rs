//! The endpoint of a fork, in front of a node: honest until it is told to harm.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use stylus_upgrades_test_support::http::{Message, respond, serve};

use crate::client::Client;

/// How it harms.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// It answers nonsense of every kind, without end, or late.
    Lies,
    /// It answers nothing but HTTP 429, for an hour.
    Limits,
}

impl Manner {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lies => "fork of an endpoint that lies",
            Self::Limits => "fork of one that limits",
        }
    }
}

/// The running endpoint, which ends with the process.
pub(crate) struct Endpoint {
    host: String,
    manner: Arc<Mutex<Option<Manner>>>,
}

impl Endpoint {
    /// Starts in front of a node.
    pub(crate) fn before(node: &str) -> Self {
        let manner = Arc::<Mutex<Option<Manner>>>::default();
        let (shared, node) = (manner.clone(), node.to_owned());
        let arrived = Arc::new(AtomicU64::new(0));
        let address = serve(move |connection, request| {
            let manner = *shared.lock().unwrap_or_else(PoisonError::into_inner);
            match manner {
                None => honest(connection, &request, &node),
                Some(Manner::Limits) => limited(connection),
                Some(Manner::Lies) => {
                    let turn = arrived.fetch_add(1, Relaxed);
                    lie(connection, (&request, turn), &node);
                }
            }
        });
        let host = address.to_string();
        Self { host, manner }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// From now on it harms.
    pub(crate) fn begin(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = Some(manner);
    }
}

// Whether an answer arrives is none of the endpoint's business: the fork may have hung up.

fn honest(connection: &TcpStream, request: &Message, node: &str) {
    let body = String::from_utf8_lossy(&request.body);
    let answer = Client::connect(node).and_then(|mut client| client.post(&body));
    if let Ok(answer) = answer {
        let _ = respond(connection, "200 OK", "", &String::from_utf8_lossy(&answer));
    }
}

fn limited(connection: &TcpStream) {
    let _ = respond(
        connection,
        "429 Too Many Requests",
        "Retry-After: 3600\r\n",
        "",
    );
}

/// One kind of nonsense after the other.
fn lie(connection: &TcpStream, (request, turn): (&Message, u64), node: &str) {
    const LATE: Duration = Duration::from_secs(20);
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let word = json!(format!("0x{}", "f".repeat(64)));
    let result = match turn % 8 {
        0 => return honest(connection, request, node),
        1 => word,
        2 => Value::Null,
        3 => json!({ "balance": [[[[]]]] }),
        4 => json!(format!("0x{}", "60".repeat(1 << 20))),
        5 => {
            std::thread::sleep(LATE);
            json!("0x1")
        }
        6 if turn % 16 == 6 => return endless(connection),
        6 => return drop(respond(connection, "500 X", "", "<html>")),
        _ => return drop(respond(connection, "200 OK", "", "{\"jsonrpc\"")),
    };
    let answer = |asked: &Value| json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result });
    let answer = match asked.as_array() {
        Some(batch) => batch.iter().map(answer).collect(),
        None => answer(&asked),
    };
    let _ = respond(connection, "200 OK", "", &answer.to_string());
}

/// An answer that does not say how long it is, and is longer than one may be. To write it costs next to nothing, so that
/// the row measures what the node does.
fn endless(mut connection: &TcpStream) {
    /// More than an answer may have.
    const PARTS: usize = 66 << 20 >> 16;
    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
                        {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"";
    let written = connection.write_all(HEAD.as_bytes());
    let mut parts = std::iter::repeat_n([b'a'; 1 << 16], PARTS);
    let _ = written.and_then(|()| parts.try_for_each(|part| connection.write_all(&part)));
}
