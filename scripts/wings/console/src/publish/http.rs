//! Requests to an explorer, with limits: a deadline, a bound on the answer, no redirects. No URL is in an error, for a
//! key may be in it.

use super::error::{refused, unreachable};
use crate::error::Refusal;
use alloy::transports::choose_tls_cryptography;
use alloy::transports::http::reqwest::{self, Client, RequestBuilder, Url, redirect};
use serde_json::Value;
use std::time::Duration;

/// The time that one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of an answer, at most: an explorer tells of a contract with all its sources.
const ANSWER_MAX: usize = 16 << 20;

/// A client of an explorer's HTTP server.
pub(super) struct HttpClient(Client);

impl HttpClient {
    pub(super) fn new() -> Result<Self, Refusal> {
        choose_tls_cryptography();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build();
        client.map(Self).map_err(broken)
    }

    pub(super) async fn get(&self, url: Url) -> Result<Value, Refusal> {
        send(self.0.get(url)).await
    }

    /// Posts a document; without one the URL says everything.
    pub(super) async fn post(&self, url: Url, body: Option<&Value>) -> Result<Value, Refusal> {
        let request = self.0.post(url);
        send(match body {
            Some(body) => request.json(body),
            None => request.header(reqwest::header::CONTENT_LENGTH, 0),
        })
        .await
    }
}

async fn send(request: RequestBuilder) -> Result<Value, Refusal> {
    let mut answer = request.send().await.map_err(broken)?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(unreachable(format!("more than {ANSWER_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let document: Result<Value, _> = serde_json::from_slice(&body);
    match document {
        Ok(document) if status.is_success() => Ok(document),
        // What an explorer does not know yet.
        _ if status == reqwest::StatusCode::NOT_FOUND => Ok(Value::Null),
        Ok(document) if status.is_client_error() => Err(refused(format!(
            "HTTP status {status}: {}",
            words(&document)
        ))),
        Ok(_) => Err(unreachable(format!("HTTP status {status}"))),
        Err(error) => Err(unreachable(format!(
            "HTTP status {status}, and no document: {error}"
        ))),
    }
}

/// Returns what an explorer says where it says no more.
pub(super) fn words(document: &Value) -> String {
    match document.get("message").and_then(Value::as_str) {
        Some(message) => message.to_owned(),
        None => document.to_string(),
    }
}

fn broken(error: reqwest::Error) -> Refusal {
    unreachable(error.without_url().to_string())
}
