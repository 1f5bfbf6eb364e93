//! HTTP for this machine alone: connections, how many at once, and how long each may take.

use futures::FutureExt;
use futures::stream::{FuturesUnordered, StreamExt};
use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderMap};
use hyper::http::uri::Authority;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_io_timeout::TimeoutStream;

/// How long nobody is accepted after no file descriptor was free.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a connection is kept in any case after an answer: it may still be on its way.
const KEPT: Duration = Duration::from_secs(2);

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

/// Answers requests, for ever. All connections run in the caller's task. Where there are as many as may
/// be, the one that has been idle for longest gives way to another client.
pub async fn serve<H, F, B>(listener: TcpListener, limits: Limits, handler: H) -> Infallible
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut open = FuturesUnordered::new();
    let mut states: Vec<Arc<Connection>> = Vec::new();
    let mut not_before = Instant::now();
    loop {
        let accepted = async {
            sleep_until(not_before).await;
            listener.accept().await
        };
        let is_full = open.len() >= limits.connections;
        tokio::select! {
            accepted = accepted, if !is_full => match accepted {
                Ok((stream, _)) => {
                    let state = Arc::new(Connection::default());
                    states.push(state.clone());
                    // A defect in an answer ends its connection, and no other.
                    let answered = connection(stream, limits, &handler, state.clone());
                    let answered = AssertUnwindSafe(answered).catch_unwind();
                    open.push(answered.map(move |_| state));
                }
                // No file descriptor is free: the next one may be.
                Err(_) => not_before = Instant::now() + PAUSE,
            },
            Some(ended) = open.next() => states.retain(|one| !Arc::ptr_eq(one, &ended)),
            () = sleep(PAUSE), if is_full => {
                let idle = states.iter().filter_map(|one| Some((one.idle_from()?, one)));
                let idle = idle.filter(|(from, _)| from.elapsed() >= PAUSE);
                if let Some((_, longest)) = idle.min_by_key(|(from, _)| *from) {
                    longest.end.notify_one();
                }
            }
        }
    }
}

/// What is known of a connection.
struct Connection {
    /// Whether a request is being answered, or an answer without an end is being sent.
    is_busy: AtomicBool,
    /// From when on it gives way.
    idle: Mutex<Instant>,
    /// Ends it.
    end: Notify,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            is_busy: AtomicBool::new(false),
            idle: Mutex::new(Instant::now()),
            end: Notify::new(),
        }
    }
}

impl Connection {
    /// From when on it gives way, if it does.
    fn idle_from(&self) -> Option<Instant> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        (!self.is_busy.load(Ordering::Relaxed)).then_some(*idle)
    }

    fn begins(&self) {
        self.is_busy.store(true, Ordering::Relaxed);
    }

    fn answers(&self, is_endless: bool) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + KEPT;
        self.is_busy.store(is_endless, Ordering::Relaxed);
    }
}

/// One client, until it goes away.
async fn connection<H, F, B>(stream: TcpStream, limits: Limits, handler: &H, state: Arc<Connection>)
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
        let state = state.clone();
        async move {
            state.begins();
            let answer = answer.await;
            state.answers(answer.body().size_hint().exact().is_none());
            Ok::<_, Infallible>(answer)
        }
    });
    let answered = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .keep_alive(limits.keep_alive)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::select! {
        // A client that goes away, or does not read, is no matter.
        _ = answered => {}
        () = state.end.notified() => {}
    }
}

/// The host of a request that names this machine: an address or `localhost`, and no name that somebody
/// else points here (DNS rebinding).
pub fn host_of(headers: &HeaderMap) -> Option<Authority> {
    let mut all = headers.get_all(HOST).iter();
    let (first, rest) = (all.next()?, all.next());
    let host: Authority = first.to_str().ok()?.parse().ok()?;
    let name = host.host().trim_matches(['[', ']']);
    let is_here = name == "localhost" || name.parse::<IpAddr>().is_ok();
    (is_here && rest.is_none()).then_some(host)
}

/// Whether that host of a URL is this machine.
pub fn is_loopback(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
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
    async fn an_idle_connection_gives_way_and_one_that_is_being_answered_does_not() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let server = serve(listener, Limits::new(3), |request| async move {
            if request.uri().path() == "/slow" {
                sleep(Duration::from_secs(2)).await;
            }
            Response::new(Full::new(Bytes::from_static(b"aa")))
        });
        let clients = async {
            let ask = async |path: &str| {
                let mut client = TcpStream::connect(address).await.expect("connected");
                let head =
                    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                client.write_all(head.as_bytes()).await.expect("sent");
                client
            };
            let read = async |mut client: TcpStream| {
                let mut answer = String::new();
                client.read_to_string(&mut answer).await.expect("answered");
                assert!(answer.ends_with("aa"), "{answer}");
            };
            let slow = ask("/slow").await;
            let mut idle = Vec::new();
            for _ in 0..2 {
                idle.push(TcpStream::connect(address).await.expect("connected"));
            }
            let begun = Instant::now();
            read(ask("/").await).await;
            let waited = begun.elapsed();
            assert!(waited < Limits::new(3).head / 2, "after {waited:?}");
            read(slow).await;
        };
        let clients = tokio::time::timeout(Duration::from_secs(60), clients);
        tokio::select! {
            answered = clients => answered.expect("both are answered"),
            never = server => match never {},
        }
    }

    #[test]
    fn a_host_is_an_address_or_localhost_and_named_once() {
        let is_here = |hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().expect("a value"));
            }
            host_of(&headers).is_some()
        };
        for host in ["127.0.0.1:8560", "localhost", "[::1]:9464", "192.168.0.2"] {
            assert!(is_here(&[host]), "{host}");
        }
        for host in ["evil.example:8560", "localhost.evil.example", ""] {
            assert!(!is_here(&[host]), "{host}");
        }
        assert!(!is_here(&[]) && !is_here(&["localhost", "localhost"]));
    }

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
