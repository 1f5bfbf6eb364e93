//! JSON-RPC over HTTP with limits: a bound on the answer, no redirects, and no URL in its errors.

use super::endpoint::Endpoint;
use super::retry::retry_after;
use super::unanswered::{ANSWER_MAX, Unanswered, quoted};
use crate::progress::Progress;
use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::{Client, StatusCode, header, redirect};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut, http_client};
use serde_json::{Value, json};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::Service;

/// The transport of one endpoint.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    endpoint: Endpoint,
    /// Is told of each exchange.
    listener: Arc<dyn Progress>,
}

impl Http {
    pub(super) fn new(
        endpoint: &Endpoint,
        listener: Arc<dyn Progress>,
    ) -> Result<Self, Unanswered> {
        let builder = http_client(endpoint.url()).redirect(redirect::Policy::none());
        let client = builder.build().map_err(Unanswered::broken)?;
        let endpoint = endpoint.clone();
        Ok(Self {
            client,
            endpoint,
            listener,
        })
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, Unanswered> {
        let received = self.received(&request).await;
        self.listener
            .exchanged(&|| document(&request, received.as_ref()));
        let (status, body) = received?;
        let text = || String::from_utf8_lossy(&body);
        match serde_json::from_slice::<ResponsePacket>(&body) {
            // Some servers put JSON-RPC's errors under a status of their own.
            Ok(packet) if status.is_success() || packet.is_error() => Ok(packet),
            Err(error) if status.is_success() => Err(Unanswered::malformed(&error, &text())),
            _ => Err(Unanswered::Status {
                status: status.as_u16(),
                text: quoted(&text()),
            }),
        }
    }

    /// Sends a request; the status of its answer, and the body.
    async fn received(&self, request: &RequestPacket) -> Result<(StatusCode, Vec<u8>), Unanswered> {
        let mut answer = self
            .client
            .post(self.endpoint.url().clone())
            .json(request)
            .headers(request.headers())
            .send()
            .await
            .map_err(Unanswered::broken)?;
        let status = answer.status();
        let code = status.as_u16();
        if status.is_redirection() && answer.headers().contains_key(header::LOCATION) {
            return Err(Unanswered::Redirect(code));
        }
        let pause = retry_after(answer.headers());
        if code == 429 || (code == 503 && pause.is_some()) {
            let reason = format!("HTTP status {code}");
            return Err(Unanswered::RateLimited { reason, pause });
        }
        let announced = answer.content_length().unwrap_or_default();
        if announced > ANSWER_MAX as u64 {
            return Err(Unanswered::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(Unanswered::broken)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(Unanswered::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }
}

/// An exchange as it is recorded.
fn document(
    request: &RequestPacket,
    received: Result<&(StatusCode, Vec<u8>), &Unanswered>,
) -> Value {
    let request = serde_json::to_value(request).unwrap_or_default();
    match received {
        Ok((status, body)) => {
            let text = || Value::String(String::from_utf8_lossy(body).into_owned());
            let response = serde_json::from_slice(body).unwrap_or_else(|_| text());
            json!({ "request": request, "status": status.as_u16(), "response": response })
        }
        Err(why) => json!({ "request": request, "unanswered": why.to_string() }),
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
        let answer = self.clone().exchange(request);
        Box::pin(async { answer.await.map_err(TransportErrorKind::custom) })
    }
}
