//! One text over HTTP, on this machine alone.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Where the text is.
pub const PATH: &str = "/metrics";
/// Connections at once, at most.
const CONNECTIONS: usize = 32;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);

/// A text that is replaced while others read it.
pub type Shared = Arc<RwLock<String>>;

/// Answers every `GET` of [`PATH`] with the text, for ever.
pub async fn serve(listener: TcpListener, text: Shared) -> Infallible {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            std::future::pending::<()>().await;
            continue;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // No file descriptor is free: the next one may be.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let text = text.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let answer = answer(&request, &text);
                async { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // A reader that goes away is no matter.
            let _ = connection.await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, text: &Shared) -> Response<Full<Bytes>> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, PATH) => (
            StatusCode::OK,
            text.read().unwrap_or_else(PoisonError::into_inner).clone(),
        ),
        (_, PATH) => (StatusCode::METHOD_NOT_ALLOWED, "GET only\n".into()),
        _ => (StatusCode::NOT_FOUND, format!("see {PATH}\n")),
    };
    let is_metrics = status == StatusCode::OK;
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    if is_metrics {
        let kind = hyper::header::HeaderValue::from_static(super::metrics::CONTENT_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}
