//! Alloy's transport over HTTP, with three differences: answers have a bound, one and all that arrive at once; they have the
//! id of their request; and no error names the URL.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{Id, RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::header::RETRY_AFTER;
use alloy::transports::http::reqwest::{Client, Error, Response, Url};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use tower::Service;

use crate::limits::ANSWER;
use crate::memory_ledger::{MemoryLedger, ReservedMemory};

/// Bytes of an unreadable answer in which words of a limit are looked for.
const LOOKED_AT: usize = 1_024;

/// Sends requests to one URL.
#[derive(Clone)]
pub(super) struct EndpointTransport {
    pub(super) client: Client,
    pub(super) url: Url,
    /// Bytes of answers that arrive, of all requests.
    pub(super) held: MemoryLedger,
}

impl Service<RequestPacket> for EndpointTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let sent = self.client.post(self.url.clone()).json(&request).send();
        let mut held = self.held.share();
        Box::pin(async move {
            let answer = answer(sent.await.map_err(unanswered)?, &mut held).await?;
            if is_of(&answer, &request) {
                Ok(answer)
            } else {
                Err(TransportError::local_usage_str(
                    "its answer has another id than the request",
                ))
            }
        })
    }
}

/// Returns true if an answer is of a request. An error may have no id. Answers of a batch are told apart by their ids
/// later.
fn is_of(answer: &ResponsePacket, request: &RequestPacket) -> bool {
    match (answer, request) {
        (ResponsePacket::Single(answer), RequestPacket::Single(request)) => {
            answer.id == *request.id() || (answer.id == Id::None && answer.is_error())
        }
        (ResponsePacket::Batch(_), RequestPacket::Single(_)) => false,
        _ => true,
    }
}

async fn answer(
    response: Response,
    held: &mut ReservedMemory,
) -> Result<ResponsePacket, TransportError> {
    let status = response.status();
    let named = response.headers().get(RETRY_AFTER);
    let named = named.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body = body(response, held).await?;
    let begin = || String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).into_owned();
    match serde_json::from_slice::<ResponsePacket>(&body) {
        Ok(answer) if status.is_success() || answer.is_error() => Ok(answer),
        Err(error) if status.is_success() => Err(TransportError::deser_err(error, "")),
        _ => Err(TransportErrorKind::http_error_with_retry_after(
            status.as_u16(),
            begin(),
            named.map(Duration::from_secs),
        )),
    }
}

/// A body that is too long is refused before it takes memory.
async fn body(
    mut response: Response,
    held: &mut ReservedMemory,
) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(unanswered)? {
        if body.len() + part.len() > ANSWER {
            return Err(TransportError::local_usage_str(&format!(
                "its answer has more than {} MiB: ask for less at once",
                ANSWER >> 20
            )));
        }
        held.grow(part.len()).map_err(|exceeded| {
            TransportError::local_usage_str(&format!("answers that arrive at once: {exceeded}"))
        })?;
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// The reason why no answer arrived.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(super) struct TransportFailure {
    reason: String,
    /// True if the connection was refused, or there is no such server.
    pub(super) nobody_there: bool,
}

fn unanswered(error: Error) -> TransportError {
    let nobody_there = error.is_connect() && !error.is_timeout();
    let is_late = error.is_timeout();
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let reason = if is_late {
        "it did not answer in time".to_owned()
    } else if nobody_there {
        format!("no connection: {cause}")
    } else {
        format!("no answer: {cause}")
    };
    TransportErrorKind::custom(TransportFailure {
        reason,
        nobody_there,
    })
}
