//! HTTP servers that do what a test says.

use serde_json::{Value, json};
use std::net::{SocketAddr, TcpStream};
use stylus_upgrades_test_support::http::{post, serve};

/// A server on a port of its own; it ends with the test's process.
pub(crate) struct Server {
    address: SocketAddr,
}

/// A request: its path, and the JSON that it carries.
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
        answer: impl Fn(&Request, &mut &TcpStream) -> std::io::Result<()> + Clone + Send + 'static,
    ) -> Self {
        let address = serve(move |mut stream, message| {
            let request = Request {
                path: message.path().into(),
                body: serde_json::from_slice(&message.body).unwrap_or_default(),
            };
            // The program may have hung up: that is what some tests are about.
            let _ = answer(&request, &mut stream);
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

/// An answer with that status and body.
pub(crate) fn respond(stream: &mut &TcpStream, status: &str, body: &str) -> std::io::Result<()> {
    stylus_upgrades_test_support::http::respond(stream, status, "", body)
}

/// A result, or an error, of JSON-RPC.
pub(crate) fn reply(
    stream: &mut &TcpStream,
    request: &Request,
    part: &str,
    value: Value,
) -> std::io::Result<()> {
    let body = json!({"jsonrpc": "2.0", "id": request.body["id"], part: value});
    respond(stream, "200 OK", &body.to_string())
}

/// What another server answers to the same request.
pub(crate) fn forward(
    stream: &mut &TcpStream,
    request: &Request,
    host: &str,
) -> std::io::Result<()> {
    let mut other = TcpStream::connect(host)?;
    post(&other, host, &request.body.to_string())?;
    std::io::copy(&mut other, stream).map(drop)
}
