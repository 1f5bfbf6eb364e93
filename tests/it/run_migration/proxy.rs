//! An HTTP endpoint in front of the chain that fails on request. It serves one request per
//! connection.

use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use stylus_upgrades_test_support::http::{Message, respond};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    None,
    /// Nobody sees it, and the connection ends.
    Cut,
    /// The chain gets it, and its answer is lost.
    CutAfterRequest,
    /// An error of the server.
    Status500,
    /// An error of JSON-RPC with that message, as endpoints with limits give it.
    Refused(&'static str),
    /// A revert with this data, instead of the chain's answer.
    Reverted(&'static str),
    /// This result, instead of the chain's.
    Answer(&'static str),
    /// The answer comes late.
    Late(Duration),
}

impl Failure {
    /// This result, which stays as long as the process.
    pub(crate) fn answering(result: &impl serde::Serialize) -> Self {
        let text = serde_json::to_string(result).expect("JSON");
        Self::Answer(Box::leak(text.into_boxed_str()))
    }
}

/// A running proxy, ended when dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    ends: AtomicBool,
    answers: AtomicU64,
    failures: AtomicU64,
}

impl Proxy {
    /// Forwards to `url`; `failure` says what happens to each request, by its number, from 1 on, and
    /// its text.
    pub(crate) fn start(
        url: &str,
        failure: impl Fn(u64, &str) -> Failure + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let upstream: SocketAddr = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()
            .expect("the chain's address");
        let counts = Arc::new(Counts::default());
        let (shared, failure) = (counts.clone(), Arc::new(failure));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.ends.load(Ordering::Relaxed) {
                    return;
                }
                let (counts, failure) = (shared.clone(), failure.clone());
                std::thread::spawn(move || {
                    let count = counts.answers.fetch_add(1, Ordering::Relaxed) + 1;
                    let failure = |request: &str| {
                        let failure = failure(count, request);
                        if failure != Failure::None {
                            counts.failures.fetch_add(1, Ordering::Relaxed);
                        }
                        failure
                    };
                    // A connection that breaks is what this is for.
                    let _ = forward(client, upstream, failure);
                });
            }
        });
        Self { address, counts }
    }

    /// Forwards to `url`, but for requests that have all these words.
    pub(crate) fn failing<const N: usize>(url: &str, words: [&str; N], failure: Failure) -> Self {
        let words = words.map(str::to_owned);
        Self::start(url, move |_, request| {
            match words.iter().all(|word| request.contains(word)) {
                true => failure,
                false => Failure::None,
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn answers(&self) -> u64 {
        self.counts.answers.load(Ordering::Relaxed)
    }

    pub(crate) fn failures(&self) -> u64 {
        self.counts.failures.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.counts.ends.store(true, Ordering::Relaxed);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn forward(
    mut client: TcpStream,
    upstream: SocketAddr,
    failure: impl FnOnce(&str) -> Failure,
) -> std::io::Result<()> {
    let request = Message::read(&client)?.bytes();
    let failure = failure(&String::from_utf8_lossy(&request));
    if failure == Failure::Cut {
        return client.shutdown(Shutdown::Both);
    }
    if let Failure::Refused(_) | Failure::Reverted(_) | Failure::Answer(_) = failure {
        let text = String::from_utf8_lossy(&request);
        let id = text.split("\"id\":").nth(1).unwrap_or("0");
        let id: String = id.chars().take_while(char::is_ascii_digit).collect();
        let outcome = match failure {
            Failure::Answer(result) => format!(r#""result":{result}"#),
            Failure::Reverted(data) => {
                let error = r#""code":3,"message":"execution reverted""#;
                format!(r#""error":{{{error},"data":"{data}"}}"#)
            }
            Failure::Refused(message) => {
                format!(r#""error":{{"code":-32000,"message":"{message}"}}"#)
            }
            _ => String::new(),
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},{outcome}}}"#);
        return respond(&client, "200 OK", "", &body);
    }
    if failure == Failure::Status500 {
        return respond(&client, "500 Internal Server Error", "", "oops");
    }
    let mut chain = TcpStream::connect(upstream)?;
    chain.write_all(&request)?;
    let answer = Message::read(&chain)?.bytes();
    match failure {
        Failure::CutAfterRequest => return client.shutdown(Shutdown::Both),
        Failure::Late(pause) => std::thread::sleep(pause),
        _ => {}
    }
    // The next request is to come by another connection.
    let text = String::from_utf8_lossy(&answer).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    client.write_all(text.as_bytes())
}
