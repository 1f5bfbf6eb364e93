//! HTTP for this machine alone: connections, how many at once, and how long each may take.

use futures::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};
use tokio_io_timeout::TimeoutStream;

/// How long nobody is accepted after no file descriptor was free.
const PAUSE: Duration = Duration::from_millis(100);

/// What a server grants its clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once, at most.
    pub connections: usize,
    /// Whether a connection is kept for another request.
    pub keep_alive: bool,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long a client may read nothing of an answer that is there for it.
    pub write: Duration,
}

impl Limits {
    /// For that many connections.
    pub const fn new(connections: usize) -> Self {
        Self {
            connections,
            keep_alive: true,
            head: Duration::from_secs(10),
            write: Duration::from_secs(30),
        }
    }
}

/// Answers requests, for ever. All connections run in the caller's task.
pub async fn serve<H, F, B>(listener: TcpListener, limits: Limits, handler: H) -> Infallible
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut open = FuturesUnordered::new();
    let mut not_before = Instant::now();
    loop {
        let accepted = async {
            sleep_until(not_before).await;
            listener.accept().await
        };
        tokio::select! {
            accepted = accepted, if open.len() < limits.connections => match accepted {
                // A defect in an answer ends its connection, and no other.
                Ok((stream, _)) => open.push(
                    AssertUnwindSafe(connection(stream, limits, &handler)).catch_unwind(),
                ),
                // No file descriptor is free: the next one may be.
                Err(_) => not_before = Instant::now() + PAUSE,
            },
            Some(_) = open.next() => {}
        }
    }
}

/// One client, until it goes away.
async fn connection<H, F, B>(stream: TcpStream, limits: Limits, handler: &H)
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.write));
    let service = service_fn(|request| {
        let answer = handler(request);
        async { Ok::<_, Infallible>(answer.await) }
    });
    // A client that goes away, or does not read, is no matter.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .keep_alive(limits.keep_alive)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use hyper::body::Bytes;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// More than the sockets of both sides hold.
    const LONG: usize = 1 << 26;

    #[tokio::test]
    async fn a_client_that_reads_nothing_does_not_hold_its_connection() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let limits = Limits {
            write: Duration::from_millis(200),
            ..Limits::new(1)
        };
        let server = serve(listener, limits, |request| {
            let length = match request.uri().path() {
                "/long" => LONG,
                _ => 2,
            };
            let body = Full::new(Bytes::from(vec![b'a'; length]));
            std::future::ready(Response::new(body))
        });
        let clients = async {
            let request = |path: &str| {
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            };
            let mut silent = TcpStream::connect(address).await.expect("connected");
            let sent = silent.write_all(request("/long").as_bytes()).await;
            sent.expect("sent");
            let mut other = TcpStream::connect(address).await.expect("connected");
            let sent = other.write_all(request("/").as_bytes()).await;
            sent.expect("sent");
            let mut answer = String::new();
            other.read_to_string(&mut answer).await.expect("answered");
            assert!(answer.ends_with("\r\n\r\naa"), "{answer}");
            drop(silent);
        };
        let clients = tokio::time::timeout(Duration::from_secs(60), clients);
        tokio::select! {
            answered = clients => answered.expect("the second client is answered"),
            never = server => match never {},
        }
    }
}
