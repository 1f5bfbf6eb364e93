//! The reasons why an endpoint has given no answer that can be used.

use crate::error::{Explain, Refusal, Report};
use crate::output::shortened;
use alloy::transports::http::reqwest;
use alloy::transports::{TransportError, TransportErrorKind};
use std::error::Error as _;
use std::time::Duration;
use thiserror::Error;

/// The time for which a request waits in all where the endpoint limits requests.
pub const RATE_LIMIT_WAIT: Duration = Duration::from_secs(60);
/// Bytes of an answer, at most. Providers cut `eth_getLogs` off far below.
pub const ANSWER_MAX: usize = 64 << 20;

/// Characters of an answer that are repeated in an error.
const QUOTED: usize = 200;

/// The words in which a handshake says that an answer is no TLS.
const NO_TLS: [&str; 3] = [
    "invalidcontenttype",
    "wrong version number",
    "handshake eof",
];

/// The name of most failures.
const UNREACHABLE: &str = "Unreachable";

/// The expected answer, where nothing else is said.
const ANSWER: &str = "an answer in JSON-RPC";

/// The reason why an endpoint has given no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// The deadline has passed, whatever part of the answer is there.
    #[error("no whole answer within {seconds} s")]
    Deadline {
        /// The deadline.
        seconds: u64,
    },
    /// The answer is larger than any that is expected.
    #[error("an answer of more than {ANSWER_MAX} bytes")]
    TooLarge,
    /// Another address is to be asked, which nobody named.
    #[error("HTTP status {0}: it redirects to another address")]
    Redirect(u16),
    /// It limits how often it is asked, and waiting did not help, or would take too long.
    #[error("it limits requests: {reason}")]
    RateLimited {
        /// The words in which it says so.
        reason: String,
        /// The time for which it asks to wait.
        pause: Option<Duration>,
    },
    /// It does not show that it is the host of the URL.
    #[error("its certificate is not accepted: {0}")]
    Certificate(String),
    /// It does not speak TLS, as the URL says.
    #[error("no TLS at an https:// address: {0}")]
    NoTls(String),
    /// The server refused, or is in trouble.
    #[error("HTTP status {status}: {text}")]
    Status {
        /// The status.
        status: u16,
        /// The beginning of its words.
        text: String,
    },
    /// The answer belongs to another question, or to another answer.
    #[error("a contradictory answer: {0}")]
    Contradiction(String),
    /// The answer is not what JSON-RPC promises.
    #[error("{0}")]
    Malformed(String),
    /// There is no connection, or it broke.
    #[error("{0}")]
    Broken(String),
    /// It answered before, and then no more for so long.
    #[error("it answered before, and not for {seconds} s now: {reason}")]
    Lost {
        /// The time for which it was asked again.
        seconds: u64,
        /// The reason why there was no answer at the end.
        reason: String,
    },
}

impl Explain for Unanswered {
    fn report(&self) -> Report {
        let told = |name: &str, expected: &str, next: &str| {
            Refusal::new(name, self.to_string()).with(expected, self.to_string(), next)
        };
        let refusal = match self {
            Self::Deadline { seconds } => told(
                UNREACHABLE,
                &format!("an answer within {seconds} s"),
                "try again, give a longer --rpc-timeout, or another --rpc-url",
            ),
            Self::TooLarge => told(
                UNREACHABLE,
                &format!("an answer of at most {ANSWER_MAX} bytes"),
                "give the --rpc-url of a node that you trust",
            ),
            Self::Redirect(_) => told(
                UNREACHABLE,
                ANSWER,
                "give the address that it redirects to as --rpc-url, if you trust it",
            ),
            Self::RateLimited { reason, pause } => {
                let seconds = pause.map(|pause| format!("in {} s", pause.as_secs()));
                let when = seconds.as_deref().unwrap_or("later");
                let found = match &seconds {
                    Some(seconds) => format!("{reason}, to be asked again {seconds}"),
                    None => reason.clone(),
                };
                Refusal::new("RateLimited", self.to_string()).with(
                    format!("an answer within {} s of waiting", RATE_LIMIT_WAIT.as_secs()),
                    found,
                    format!(
                        "run the command again {when}: it looks at the chain first; or give another --rpc-url"
                    ),
                )
            }
            Self::Certificate(_) => told(
                "CertificateRefused",
                "a certificate for the URL's host, from an authority that this system trusts",
                "check the host in --rpc-url; a file with further authorities is named by SSL_CERT_FILE",
            ),
            Self::NoTls(_) => told(
                "NoTls",
                "an endpoint that speaks TLS, as https:// says",
                "give the same address with http:// if it is your own, else the https:// address of the endpoint",
            ),
            Self::Contradiction(_) => told(
                UNREACHABLE,
                "an endpoint that answers what it is asked",
                "run the command again with another --rpc-url: it looks at the chain first",
            ),
            Self::Lost { seconds, .. } => told(
                UNREACHABLE,
                &format!("an answer within {seconds} s"),
                "run the command again once the endpoint answers, or with another --rpc-url: it looks at the chain first",
            ),
            Self::Status { .. } | Self::Malformed(_) | Self::Broken(_) => told(
                UNREACHABLE,
                ANSWER,
                "start a chain (stylus-upgrades node) or give another --rpc-url",
            ),
        };
        refusal.report()
    }
}

impl Unanswered {
    /// Returns true if asking once more cannot help.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::TooLarge | Self::Redirect(_) | Self::Certificate(_) | Self::NoTls(_) => true,
            Self::Status { status, .. } => matches!(status, 400..=407 | 410..=417),
            _ => false,
        }
    }

    /// Returns true for trouble of a connection or a server, which may pass.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Broken(_) | Self::Deadline { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            _ => false,
        }
    }

    /// Reads alloy's error, without the URL and in few words.
    pub(super) fn of(error: TransportError) -> Self {
        match error {
            TransportError::Transport(TransportErrorKind::Custom(inner)) => inner
                .downcast::<Self>()
                .map_or_else(|other| Self::Broken(quoted(&other.to_string())), |own| *own),
            TransportError::DeserError { err, text } => Self::malformed(&err, &text),
            other => Self::Broken(quoted(&other.to_string())),
        }
    }

    pub(super) fn malformed(reason: &serde_json::Error, text: &str) -> Self {
        let (reason, text) = (quoted(&reason.to_string()), quoted(text));
        Self::Malformed(format!("an answer that is not JSON-RPC ({reason}): {text}"))
    }

    /// A connection that did not come about or broke, in the words of what tried.
    pub(super) fn broken(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            words = format!("{words}: {inner}");
            cause = inner.source();
        }
        let lower = words.to_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        match () {
            () if says(&["certificate"]) => Self::Certificate(quoted(&words)),
            () if says(&NO_TLS) => Self::NoTls(quoted(&words)),
            () => Self::Broken(quoted(&words)),
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    match text.trim() {
        "" => "nothing".into(),
        text => shortened(text, QUOTED).into_owned(),
    }
}
