//! HTTP/1.1 for the servers that tests script: one message is read from a connection, and one answer
//! is written to it. Bodies have a `Content-Length`; connections are closed after one exchange.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A request, or an answer.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its lines up to the empty one, that included.
    pub head: String,
    /// The bytes after it, as many as `Content-Length` says.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads one.
    ///
    /// # Errors
    /// What the connection fails with, `UnexpectedEof` where it ends early, and `InvalidData` for a
    /// length that is no number.
    pub fn read(connection: impl Read) -> io::Result<Self> {
        let mut reader = BufReader::new(connection);
        let mut head = String::new();
        let mut length = 0;
        loop {
            let begin = head.len();
            if reader.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = head[begin..].trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("content-length:") {
                let number = text.trim().parse();
                length =
                    number.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Self { head, body })
    }

    /// The method of a request, such as `POST`.
    pub fn method(&self) -> &str {
        self.word(0)
    }

    /// The path of a request, with its query.
    pub fn path(&self) -> &str {
        self.word(1)
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }

    fn word(&self, index: usize) -> &str {
        self.head.split_whitespace().nth(index).unwrap_or_default()
    }
}

/// Serves on a free port of this machine until the process ends: `answer` gets each connection with its request, on
/// a thread of its own.
pub fn serve(answer: impl Fn(&TcpStream, Message) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            std::thread::spawn(move || {
                if let Ok(request) = Message::read(&connection) {
                    answer(&connection, request);
                }
            });
        }
    });
    address
}

/// A server that gives these answers, one after the other, and keeps what it was asked.
pub struct Scripted {
    /// Where it is, such as `http://127.0.0.1:8547`.
    pub url: String,
    requests: Arc<Mutex<Vec<Message>>>,
}

impl Scripted {
    /// Each answer with its status. Further requests get none.
    pub fn answering(answers: Vec<(u16, serde_json::Value)>) -> Self {
        let requests = Arc::<Mutex<Vec<Message>>>::default();
        let kept = requests.clone();
        let address = serve(move |connection, request| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((status, answer)) = answers.get(kept.len()) {
                kept.push(request);
                // A client that has hung up is none of its business.
                let _ = respond(connection, &format!("{status} X"), "", &answer.to_string());
            }
        });
        let url = format!("http://{address}");
        Self { url, requests }
    }

    /// What it was asked.
    pub fn requests(&self) -> Vec<Message> {
        let requests = self.requests.lock();
        requests.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes an answer of JSON. `status` is such as `200 OK`; `headers` are whole lines.
///
/// # Errors
/// What the connection fails with.
pub fn respond(
    mut connection: impl Write,
    status: &str,
    headers: &str,
    body: &str,
) -> io::Result<()> {
    let head = head(&format!("HTTP/1.1 {status}"), headers, body);
    connection.write_all(&[head.as_bytes(), body.as_bytes()].concat())
}

/// Writes a request with a body of JSON to the server at `host`, such as `127.0.0.1:8547`.
///
/// # Errors
/// What the connection fails with.
pub fn post(mut connection: impl Write, host: &str, body: &str) -> io::Result<()> {
    let head = head("POST / HTTP/1.1", &format!("Host: {host}\r\n"), body);
    connection.write_all(&[head.as_bytes(), body.as_bytes()].concat())
}

fn head(first: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{first}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut connection = Vec::new();
        post(&mut connection, "127.0.0.1:1", "{\"id\":1}").expect("written");
        let request = Message::read(&*connection).expect("read");
        assert_eq!((request.method(), request.path()), ("POST", "/"));
        assert_eq!(request.body, b"{\"id\":1}");
        assert_eq!(request.bytes(), connection);
        let mut connection = Vec::new();
        respond(&mut connection, "429 X", "Retry-After: 1\r\n", "no").expect("written");
        let answer = Message::read(&*connection).expect("read");
        assert!(answer.head.starts_with("HTTP/1.1 429 X\r\n"));
        assert!(answer.head.contains("\r\nRetry-After: 1\r\n"));
        assert_eq!(answer.body, b"no");
    }

    #[test]
    fn what_ends_early_or_has_no_length_is_refused() {
        for (bytes, kind) in [
            ("", io::ErrorKind::UnexpectedEof),
            ("GET / HTTP/1.1\r\n", io::ErrorKind::UnexpectedEof),
            (
                "X\r\nContent-Length: 3\r\n\r\nab",
                io::ErrorKind::UnexpectedEof,
            ),
            (
                "X\r\nContent-Length: many\r\n\r\n",
                io::ErrorKind::InvalidData,
            ),
        ] {
            let refused = Message::read(bytes.as_bytes()).expect_err(bytes);
            assert_eq!(refused.kind(), kind, "{bytes}");
        }
    }
}
