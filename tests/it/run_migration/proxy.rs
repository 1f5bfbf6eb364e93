//! An endpoint in front of the chain that fails as it is told to: one HTTP request per connection.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Nobody sees it, and the connection ends.
    Cut,
    /// The chain gets it, and its answer is lost.
    CutAfterRequest,
    /// An error of the server.
    Status500,
    /// An error of JSON-RPC with that message, as endpoints with limits give it.
    Refused(&'static str),
    /// This result, instead of the chain's.
    Answer(&'static str),
    /// The answer comes late.
    Late(Duration),
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
    faults: AtomicU64,
}

impl Proxy {
    /// Forwards to `url`; `fault` says what happens to each request, by its number, from 1 on, and
    /// its text.
    pub(crate) fn start(
        url: &str,
        fault: impl Fn(u64, &str) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let upstream: SocketAddr = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .parse()
            .expect("the chain's address");
        let counts = Arc::new(Counts::default());
        let (ours, fault) = (counts.clone(), Arc::new(fault));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if ours.ends.load(Ordering::Relaxed) {
                    return;
                }
                let (counts, fault) = (ours.clone(), fault.clone());
                std::thread::spawn(move || {
                    let count = counts.answers.fetch_add(1, Ordering::Relaxed) + 1;
                    let fault = |request: &str| {
                        let fault = fault(count, request);
                        if fault != Fault::None {
                            counts.faults.fetch_add(1, Ordering::Relaxed);
                        }
                        fault
                    };
                    // A connection that breaks is what this is for.
                    let _ = forward(client, upstream, fault);
                });
            }
        });
        Self { address, counts }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn answers(&self) -> u64 {
        self.counts.answers.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> u64 {
        self.counts.faults.load(Ordering::Relaxed)
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
    fault: impl FnOnce(&str) -> Fault,
) -> std::io::Result<()> {
    let request = message(&mut client)?;
    let fault = fault(&String::from_utf8_lossy(&request));
    if fault == Fault::Cut {
        return client.shutdown(Shutdown::Both);
    }
    if let Fault::Refused(_) | Fault::Answer(_) = fault {
        let text = String::from_utf8_lossy(&request);
        let id = text.split("\"id\":").nth(1).unwrap_or("0");
        let id: String = id.chars().take_while(char::is_ascii_digit).collect();
        let outcome = match fault {
            Fault::Answer(result) => format!(r#""result":{result}"#),
            Fault::Refused(message) => {
                format!(r#""error":{{"code":-32000,"message":"{message}"}}"#)
            }
            _ => String::new(),
        };
        let body = format!(r#"{{"jsonrpc":"2.0","id":{id},{outcome}}}"#);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        return client.write_all(answer.as_bytes());
    }
    if fault == Fault::Status500 {
        let answer = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops";
        return client.write_all(answer.as_bytes());
    }
    let mut chain = TcpStream::connect(upstream)?;
    chain.write_all(&request)?;
    let answer = message(&mut chain)?;
    match fault {
        Fault::CutAfterRequest => return client.shutdown(Shutdown::Both),
        Fault::Late(pause) => std::thread::sleep(pause),
        _ => {}
    }
    // The next request is to come by another connection.
    let text = String::from_utf8_lossy(&answer).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    client.write_all(text.as_bytes())
}

/// One HTTP message with its body.
fn message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut piece = [0; 16_384];
    loop {
        let text = String::from_utf8_lossy(&all).to_lowercase();
        if let Some(head) = text.find("\r\n\r\n") {
            let length = text[..head]
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|length| length.trim().parse().ok())
                .unwrap_or(0_usize);
            if all.len() >= head + 4 + length {
                return Ok(all);
            }
        }
        match stream.read(&mut piece)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => all.extend_from_slice(&piece[..read]),
        }
    }
}
