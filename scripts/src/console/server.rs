//! Requests of this machine's browsers: who may ask, and what they may send.

use super::answer::{Body, answer, refusal};
use super::request::{PageRequest, Refused, accept};
use crate::loopback::{self, Limits};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::TcpListener;

/// What browsers are granted. Of the pages in one browser, one listens for news.
const LIMITS: Limits = Limits::new(64);
/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(10);
/// Bytes of a body, at most.
const BODY_MAX: usize = 1 << 20;

/// Answers requests to this machine with what the handler makes of them, for ever.
pub async fn serve<F: Future<Output = Response<Body>>>(
    listener: TcpListener,
    port: u16,
    handler: impl Fn(PageRequest, Bytes) -> F,
) -> Infallible {
    loopback::serve(listener, LIMITS, |request| {
        answered(request, port, &handler)
    })
    .await
}

async fn answered<F: Future<Output = Response<Body>>>(
    request: Request<Incoming>,
    port: u16,
    handler: &impl Fn(PageRequest, Bytes) -> F,
) -> Response<Body> {
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
