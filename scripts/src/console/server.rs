//! Connections of this machine's browsers.

use super::answer::{Body, answer, refusal};
use super::request::{PageRequest, Refused, accept};
use futures::future::LocalBoxFuture;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections at once, at most. Of the pages in one browser, one listens for news.
const CONNECTIONS: usize = 64;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(10);
/// Bytes of a body, at most.
const BODY_MAX: usize = 1 << 20;

/// Answers a request that may be asked, with its body.
pub type Handler = Rc<dyn Fn(PageRequest, Bytes) -> LocalBoxFuture<'static, Response<Body>>>;

/// Answers requests to this machine, for ever. Runs inside a [`tokio::task::LocalSet`].
pub async fn serve(listener: TcpListener, port: u16, handler: Handler) -> Infallible {
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
        let handler = handler.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let handler = handler.clone();
                async move { Ok::<_, Infallible>(answered(request, port, handler).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), service);
            // A browser that goes away is no matter.
            let _ = connection.await;
            drop(place);
        });
    }
}

async fn answered(request: Request<Incoming>, port: u16, handler: Handler) -> Response<Body> {
    let (head, body) = request.into_parts();
    let accepted = match accept(&head.method, &head.uri, &head.headers, port) {
        Ok(accepted) => accepted,
        Err(refused) => return refusal(&refused),
    };
    let read = Limited::new(body, BODY_MAX).collect();
    let body = match tokio::time::timeout(BODY, read).await {
        Ok(Ok(body)) => body.to_bytes(),
        Err(_) => {
            return refusal(&Refused {
                status: StatusCode::REQUEST_TIMEOUT,
                expected: format!("a body within {} s", BODY.as_secs()),
                found: "a part of it".into(),
            });
        }
        Ok(Err(error)) => {
            let text = format!("expected  at most {BODY_MAX} bytes\nfound     {error}\n");
            let kind = "text/plain; charset=utf-8";
            return answer(StatusCode::PAYLOAD_TOO_LARGE, kind, text);
        }
    };
    handler(accepted, body).await
}
