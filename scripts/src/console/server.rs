//! Requests of this machine's browsers: who may ask, and what they may send.

use super::answer::{Answer, answer, page, refusal};
use super::request::{PageRequest, Refused, accept};
use crate::loopback;
use futures::FutureExt;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, StatusCode};
use maud::{DOCTYPE, Markup, html};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long the body of a request may take.
const BODY: Duration = Duration::from_secs(10);
/// Bytes of a body, at most.
const BODY_MAX: usize = 1 << 20;

/// Answers requests to this machine with what the handler makes of them, for ever.
pub async fn serve<F: Future<Output = Answer>>(
    listener: TcpListener,
    port: u16,
    handler: impl Fn(PageRequest, Bytes) -> F,
) -> Infallible {
    loopback::serve(listener, |request| answered(request, port, &handler)).await
}

async fn answered<F: Future<Output = Answer>>(
    request: Request<Incoming>,
    port: u16,
    handler: &impl Fn(PageRequest, Bytes) -> F,
) -> Answer {
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
    // A defect in one page ends that page: whoever else looks or approves is answered.
    match AssertUnwindSafe(handler(accepted, body))
        .catch_unwind()
        .await
    {
        Ok(answer) => answer,
        Err(_) => page(StatusCode::INTERNAL_SERVER_ERROR, defect().into_string()),
    }
}

/// What is shown where a request met a defect of this program.
fn defect() -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { "It did not work – stylus-upgrades" } }
            body {
                main #main {
                    h1 { "It did not work" }
                    dl {
                        dt { "expected" } dd { "a page" }
                        dt { "found" } dd { "a defect of this program; its terminal says where" }
                        dt { "next" } dd { "report it with the address of this page; the other pages are \
                            answered as before" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn a_defect_in_one_page_does_not_end_the_console() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let server = serve(listener, port, |request, _| async move {
            assert_ne!(request.path, "/defect");
            answer(StatusCode::OK, "text/plain", "well")
        });
        let clients = async {
            for (path, status, shown) in [
                ("/", "200", "well"),
                ("/defect", "500", "a defect of this program"),
                ("/", "200", "well"),
            ] {
                let address = (Ipv4Addr::LOCALHOST, port);
                let mut client = TcpStream::connect(address).await.expect("connected");
                let head = format!(
                    "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
                );
                client.write_all(head.as_bytes()).await.expect("sent");
                let mut found = String::new();
                client.read_to_string(&mut found).await.expect("answered");
                let begin = format!("HTTP/1.1 {status}");
                assert!(
                    found.starts_with(&begin) && found.contains(shown),
                    "{found}"
                );
            }
        };
        tokio::select! {
            () = clients => {},
            never = server => match never {},
        }
    }
}
