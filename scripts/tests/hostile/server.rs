//! HTTP servers that do what a test says.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// A server on a port of its own; it ends with the test's process.
pub(crate) struct Server {
    address: SocketAddr,
}

/// A request: the line with its path, and the JSON that it carries.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) body: Value,
}

impl Request {
    pub(crate) fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }
}

impl Server {
    /// Answers every request by `answer`, then closes the connection.
    pub(crate) fn new(
        answer: impl Fn(&Request, &mut TcpStream) -> std::io::Result<()> + Clone + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = answer.clone();
                std::thread::spawn(move || {
                    let mut stream = stream;
                    if let Some(request) = read(&stream) {
                        // The program may have hung up: that is what some tests are about.
                        let _ = answer(&request, &mut stream);
                    }
                });
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut path = String::new();
    reader.read_line(&mut path).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        path,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

/// An answer with that status and body.
pub(crate) fn respond(stream: &mut TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A result, or an error, of JSON-RPC.
pub(crate) fn reply(
    stream: &mut TcpStream,
    request: &Request,
    part: &str,
    value: Value,
) -> std::io::Result<()> {
    let body = json!({"jsonrpc": "2.0", "id": request.body["id"], part: value});
    respond(stream, "200 OK", &body.to_string())
}

/// What another server answers to the same request.
pub(crate) fn forward(
    stream: &mut TcpStream,
    request: &Request,
    host: &str,
) -> std::io::Result<()> {
    let body = request.body.to_string();
    let mut other = TcpStream::connect(host)?;
    write!(
        other,
        "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )?;
    std::io::copy(&mut other, stream).map(drop)
}
