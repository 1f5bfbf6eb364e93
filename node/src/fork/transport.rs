//! HTTP to the forked chain. No answer is longer than this node's own ones may be.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::header::{HeaderMap, RETRY_AFTER};
use alloy::transports::http::reqwest::{Client, Url};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use tower::Service;

use crate::limits::MAX_ANSWER;

/// Longest pause that is waited for where the server names one.
const PAUSE_LONGEST: Duration = Duration::from_secs(60);

/// Characters of an answer that are repeated in an error.
const QUOTED: usize = 200;

/// An answer of more bytes than are taken.
#[derive(Debug, thiserror::Error)]
#[error("an answer of more than {} MiB", MAX_ANSWER >> 20)]
pub(super) struct TooLong;

/// The transport of one URL.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    url: Url,
}

impl Http {
    pub(super) fn new(client: Client, url: Url) -> Self {
        Self { client, url }
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let post = self.client.post(self.url).json(&request);
        let sent = post.headers(request.headers()).send().await;
        let mut answer = sent.map_err(TransportErrorKind::custom)?;
        let (status, pause) = (answer.status(), retry_after(answer.headers()));
        let too_long = || TransportErrorKind::custom(TooLong);
        let announced = answer.content_length().unwrap_or_default();
        if announced > MAX_ANSWER as u64 {
            return Err(too_long());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(TransportErrorKind::custom)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        let limited = matches!(status.as_u16(), 429 | 503);
        match serde_json::from_slice::<ResponsePacket>(&body) {
            // Some servers put JSON-RPC's errors behind a status of their own.
            Ok(packet) if status.is_success() || (packet.is_error() && !limited) => Ok(packet),
            Err(error) if status.is_success() => {
                Err(TransportError::deser_err(error, begin(&body)))
            }
            _ => Err(TransportErrorKind::http_error_with_retry_after(
                status.as_u16(),
                begin(&body),
                pause,
            )),
        }
    }
}

impl Service<RequestPacket> for Http {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}

/// The pause that the server asks for, as far as it is waited for.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds
        .ok()
        .map(|seconds| Duration::from_secs(seconds).min(PAUSE_LONGEST))
}

fn begin(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(QUOTED).collect()
}
