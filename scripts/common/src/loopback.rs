//! HTTP for this machine alone.

use futures::FutureExt;
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
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// Connections at once, at most.
const CONNECTIONS: usize = 64;
/// The time that the head of a request may take. It also ends a connection that is kept and asks for nothing.
const HEAD: Duration = Duration::from_secs(10);
/// The time for which nobody is accepted after no file descriptor was free.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests, for ever. Each connection is a task of its own: a defect in an answer ends no other one.
pub async fn serve<H, F, B>(listener: TcpListener, handler: H) -> Infallible
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = free.clone().acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            sleep(PAUSE).await; // no file descriptor is free: the next one may be
            continue;
        };
        let handler = handler.clone();
        let service = service_fn(move |request| handler(request).map(Ok::<_, Infallible>));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            let _ = connection.await; // a client that goes away is no matter
            drop(place);
        });
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

/// Returns true if that host of a URL is this machine.
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
    use tokio::net::TcpStream;
    use tokio::time::Instant;

    #[tokio::test]
    async fn a_request_is_answered_beside_idle_connections_and_long_answers() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let server = serve(listener, |request| async move {
            if request.uri().path() == "/slow" {
                sleep(Duration::from_millis(500)).await;
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
            for _ in 0..CONNECTIONS / 2 {
                idle.push(TcpStream::connect(address).await.expect("connected"));
            }
            let begun = Instant::now();
            read(ask("/").await).await;
            let waited = begun.elapsed();
            assert!(waited < HEAD / 2, "after {waited:?}");
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
}
