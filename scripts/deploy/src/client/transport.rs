//! JSON-RPC over HTTP with limits: a bound on the answer, no redirects, and no URL in its errors.

use super::endpoint::Endpoint;
use super::retry::{RATE_LIMIT_WAIT, retry_after};
use crate::error::{Exit, Explain};
use crate::output::shortened;
use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::{self, Client, header, redirect};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut, http_client};
use std::error::Error as _;
use std::task::{Context, Poll};
use std::time::Duration;
use thiserror::Error;
use tower::Service;

/// Bytes of an answer, at most. Providers cut `eth_getLogs` off far below.
pub const ANSWER_MAX: usize = 64 << 20;
/// Characters of an answer that are repeated in an error.
const QUOTED: usize = 200;

/// Why an endpoint has given no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
#[explain(name = "Unreachable", exit = Exit::Chain)]
pub enum Unanswered {
    /// The deadline has passed, whatever part of the answer is there.
    #[error("no whole answer within {seconds} s")]
    #[explain(
        expected = "an answer within {seconds} s",
        found = self.to_string(),
        next = "try again, give a longer --rpc-timeout, or another --rpc-url"
    )]
    Deadline {
        /// The deadline.
        seconds: u64,
    },
    /// The answer is larger than any that is expected.
    #[error("an answer of more than {limit} bytes")]
    #[explain(
        expected = "an answer of at most {limit} bytes",
        found = self.to_string(),
        next = "give the --rpc-url of a node that you trust"
    )]
    TooLarge {
        /// Bytes at most.
        limit: usize,
    },
    /// Another address is to be asked, which nobody named.
    #[error("HTTP status {status}: it redirects to another address")]
    #[explain(
        expected = "an answer in JSON-RPC",
        found = self.to_string(),
        next = "give the address that it redirects to as --rpc-url, if you trust it"
    )]
    Redirect {
        /// The status.
        status: u16,
    },
    /// It limits how often it is asked, and waiting did not help, or would take too long.
    #[error("it limits requests: {reason}")]
    #[explain(
        name = "RateLimited",
        expected = format!("an answer within {} s of waiting", RATE_LIMIT_WAIT.as_secs()),
        found = match pause {
            Some(pause) => format!("{reason}, to be asked again in {} s", pause.as_secs()),
            None => reason.clone(),
        },
        next = format!(
            "run the command again {}: it looks at the chain first; or give another --rpc-url",
            pause.map_or("later".to_owned(), |pause| format!("in {} s", pause.as_secs()))
        )
    )]
    RateLimited {
        /// How it says so.
        reason: String,
        /// How long it asks to wait.
        pause: Option<Duration>,
    },
    /// It does not show that it is the host of the URL.
    #[error("its certificate is not accepted: {reason}")]
    #[explain(
        name = "CertificateRefused",
        expected = "a certificate for the URL's host, from an authority that this system trusts",
        found = "{reason}",
        next = "check the host in --rpc-url; a file with further authorities is named by SSL_CERT_FILE"
    )]
    Certificate {
        /// Why not.
        reason: String,
    },
    /// The server refused, or is in trouble.
    #[error("HTTP status {status}: {text}")]
    #[explain(
        expected = "an answer in JSON-RPC",
        found = self.to_string(),
        next = "start a chain (stylus-upgrades node) or give another --rpc-url"
    )]
    Status {
        /// The status.
        status: u16,
        /// How its words begin.
        text: String,
    },
    /// The answer is not what JSON-RPC promises.
    #[error("an answer that is not JSON-RPC ({reason}): {text}")]
    #[explain(
        expected = "an answer in JSON-RPC",
        found = self.to_string(),
        next = "start a chain (stylus-upgrades node) or give another --rpc-url"
    )]
    Malformed {
        /// The parser's words.
        reason: String,
        /// How the answer begins.
        text: String,
    },
    /// The answer belongs to another question, or to another answer.
    #[error("an answer that cannot be: {0}")]
    #[explain(
        expected = "an endpoint that answers what it is asked",
        found = self.to_string(),
        next = "run the command again with another --rpc-url: it looks at the chain first"
    )]
    Contradiction(String),
    /// There is no connection, or it broke.
    #[error("{0}")]
    #[explain(
        expected = "an answer in JSON-RPC",
        found = self.to_string(),
        next = "start a chain (stylus-upgrades node) or give another --rpc-url"
    )]
    Broken(String),
}

impl Unanswered {
    /// Whether asking once more cannot help.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Redirect { .. } | Self::Certificate { .. } => true,
            Self::Status { status, .. } => matches!(status, 400..=407 | 410..=417),
            Self::Deadline { .. }
            | Self::RateLimited { .. }
            | Self::Malformed { .. }
            | Self::Contradiction(_)
            | Self::Broken(_) => false,
        }
    }

    /// What alloy's error says, without the URL and in few words.
    pub(super) fn of(error: TransportError) -> Self {
        match error {
            TransportError::Transport(TransportErrorKind::Custom(inner)) => inner
                .downcast::<Self>()
                .map_or_else(|other| Self::Broken(quoted(&other.to_string())), |own| *own),
            TransportError::DeserError { err, text } => Self::Malformed {
                reason: quoted(&err.to_string()),
                text: quoted(&text),
            },
            other => Self::Broken(quoted(&other.to_string())),
        }
    }

    pub(super) fn broken(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            words = format!("{words}: {inner}");
            cause = inner.source();
        }
        Self::connection(&words)
    }

    /// A connection that did not come about, in the words of whoever tried.
    pub(super) fn connection(words: &str) -> Self {
        let reason = quoted(words);
        match words.to_lowercase().contains("certificate") {
            true => Self::Certificate { reason },
            false => Self::Broken(reason),
        }
    }

    /// An HTTP status that is no success, and how its words begin.
    pub(super) fn status(status: u16, retry_after: Option<Duration>, body: &str) -> Self {
        let is_limit = status == 429 || (status == 503 && retry_after.is_some());
        match is_limit {
            true => Self::RateLimited {
                reason: format!("HTTP status {status}"),
                pause: retry_after,
            },
            false => Self::Status {
                status,
                text: quoted(body),
            },
        }
    }
}

/// The transport of one endpoint.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    endpoint: Endpoint,
}

impl Http {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, Unanswered> {
        let builder = http_client(endpoint.url()).redirect(redirect::Policy::none());
        let client = builder.build().map_err(Unanswered::broken)?;
        let endpoint = endpoint.clone();
        Ok(Self { client, endpoint })
    }

    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, Unanswered> {
        let mut answer = self
            .client
            .post(self.endpoint.url().clone())
            .json(&request)
            .headers(request.headers())
            .send()
            .await
            .map_err(Unanswered::broken)?;
        let status = answer.status();
        if status.is_redirection() && answer.headers().contains_key(header::LOCATION) {
            return Err(Unanswered::Redirect {
                status: status.as_u16(),
            });
        }
        let pause = retry_after(answer.headers());
        if let limited @ Unanswered::RateLimited { .. } =
            Unanswered::status(status.as_u16(), pause, "")
        {
            return Err(limited);
        }
        let too_large = Unanswered::TooLarge { limit: ANSWER_MAX };
        if answer
            .content_length()
            .is_some_and(|length| length > ANSWER_MAX as u64)
        {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(Unanswered::broken)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        match serde_json::from_slice::<ResponsePacket>(&body) {
            // Some servers put JSON-RPC's errors behind a status of their own.
            Ok(packet) if status.is_success() || packet.is_error() => Ok(packet),
            _ if !status.is_success() => Err(Unanswered::status(
                status.as_u16(),
                pause,
                &String::from_utf8_lossy(&body),
            )),
            Ok(packet) => Ok(packet),
            Err(error) => Err(Unanswered::Malformed {
                reason: error.to_string(),
                text: quoted(&String::from_utf8_lossy(&body)),
            }),
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
        let answer = self.clone().exchange(request);
        Box::pin(async { answer.await.map_err(TransportErrorKind::custom) })
    }
}

pub(super) fn quoted(text: &str) -> String {
    match text.trim() {
        "" => "nothing".into(),
        text => shortened(text, QUOTED).into_owned(),
    }
}
