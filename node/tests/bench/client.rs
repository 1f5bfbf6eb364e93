//! A JSON-RPC client over one connection that stays open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Fallible;

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    pub(crate) fn connect(host: &str) -> Fallible<Self> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: host.to_owned(),
        })
    }

    /// The result of one request.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Fallible<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer: Value = serde_json::from_slice(&self.post(&body.to_string())?)?;
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(format!("{method} failed: {answer}").into()),
        }
    }

    /// Sends a body and reads the whole answer. All answers here have a length.
    pub(crate) fn post(&mut self, body: &str) -> Fallible<Vec<u8>> {
        let (host, len) = (&self.host, body.len());
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {len}\r\n\r\n"
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body.as_bytes());
        self.stream.get_mut().write_all(&request)?;
        let mut length = None;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the node closed the connection".into());
            }
            let header = line.trim().to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = Some(value.trim().parse::<usize>()?);
            }
            if header.is_empty() {
                break;
            }
        }
        let length = length.ok_or("an answer without a length")?;
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(answer)
    }
}
