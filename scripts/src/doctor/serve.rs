//! One text over HTTP, on this machine alone.

use crate::loopback::{self, Limits, host_of};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpListener;

/// Where the text is.
pub const PATH: &str = "/metrics";
/// What its readers are granted.
const LIMITS: Limits = Limits {
    keep_alive: false,
    ..Limits::new(32)
};

/// A text that is replaced while others read it; empty before the first one.
pub type Shared = Arc<RwLock<String>>;

/// Answers every `GET` of [`PATH`] with the text, for ever.
pub async fn serve(listener: TcpListener, text: Shared) -> Infallible {
    loopback::serve(listener, LIMITS, |request| {
        std::future::ready(answer(&request, &text))
    })
    .await
}

fn answer<B>(request: &Request<B>, text: &Shared) -> Response<Full<Bytes>> {
    let shown = || text.read().unwrap_or_else(PoisonError::into_inner).clone();
    let (status, body) = match (request.method(), request.uri().path()) {
        _ if host_of(request.headers()).is_none() => (
            StatusCode::MISDIRECTED_REQUEST,
            "expected  a host that is an address, or localhost\n".into(),
        ),
        (&Method::GET, PATH) => match shown() {
            // A scrape without metrics would count as one that succeeded.
            none if none.is_empty() => (
                StatusCode::SERVICE_UNAVAILABLE,
                "expected an examination that has ended, found none yet; ask again\n".into(),
            ),
            all => (StatusCode::OK, all),
        },
        (_, PATH) => (StatusCode::METHOD_NOT_ALLOWED, "GET only\n".into()),
        _ => (StatusCode::NOT_FOUND, format!("see {PATH}\n")),
    };
    let is_metrics = status == StatusCode::OK;
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    if is_metrics {
        let kind = HeaderValue::from_static(super::metrics::CONTENT_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_examination_there_are_no_metrics() {
        let text = Shared::default();
        let request = Request::get(PATH)
            .header("host", "localhost")
            .body(())
            .expect("a request");
        let early = answer(&request, &text);
        assert_eq!(early.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!early.headers().contains_key(CONTENT_TYPE));
        *text.write().expect("nobody panicked") = "# EOF\n".into();
        assert_eq!(answer(&request, &text).status(), StatusCode::OK);
    }
}
