//! Requests as a web page of a stranger sends them.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// Sends a request and does not wait.
pub(crate) fn send(host: &str, body: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://page.example\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
    Ok(stream)
}

/// Sends a request and reads the whole answer.
pub(crate) fn ask(host: &str, body: &str) -> io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    send(host, body)?.read_to_end(&mut answer)?;
    Ok(answer)
}
