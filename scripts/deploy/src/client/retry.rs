//! Retries of every request whose answer is not known yet ([`Memory`]). A rate-limited request is retried after the time in
//! `Retry-After`, and a read of an endpoint that has answered before as long as its trouble may pass; other failures only
//! for clients that ask for it. The total wait is bounded, and shown. Which errors mean a limit, alloy knows.
//!
//! alloy's `RetryBackoffLayer` bounds the number of attempts and not the time, gives its last error as words alone, and
//! lets requests beside the refused one continue.

use super::backoff::Backoff;
use super::memory::Memory;
use super::unanswered::{RATE_LIMIT_WAIT, Unanswered};
use crate::progress::Progress;
use alloy::primitives::Address;
use alloy::rpc::json_rpc::{ErrorPayload, RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::header::{HeaderMap, RETRY_AFTER};
use alloy::transports::{BoxTransport, TransportError, TransportErrorKind, TransportFut};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::Service;

/// First pause after trouble; doubled each time.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// Longest pause where the endpoint names none.
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// Shortest pause for a limit, where the endpoint names none.
const PAUSE_LIMIT: Duration = Duration::from_millis(500);
/// Longest pause that is repeated to the reader, whatever the endpoint says.
const PAUSE_SHOWN: Duration = Duration::from_secs(24 * 60 * 60);
/// The time for which a read is retried where an endpoint that has answered before cannot be reached.
const READ_TROUBLE: Duration = Duration::from_secs(30);
/// The prefix of methods that change the chain, and are not retried.
const SENDS: &str = "eth_send";
/// The time between two notes to the reader, at least.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// JSON-RPC's code for a revert.
const REVERTED: i64 = 3;
/// JSON-RPC's code for a limit (EIP-1474): of requests, or of what is requested.
const LIMIT: i64 = -32_005;
/// Words for a limit of what is requested, which asking later does not change.
const OF_ANSWER: [&str; 3] = ["range", "more than", "results"];
/// Words for too many requests, in whatever case.
const TOO_MANY: &str = "too many requests";
/// Words for trouble that passes.
const PASSING: [&str; 5] = [
    "timeout",
    "timed out",
    "header not found",
    "busy",
    "temporarily",
];

/// A transport that retries where that may help.
#[derive(Clone)]
pub(super) struct RetryTransport {
    inner: BoxTransport,
    endpoint: String,
    progress: Arc<dyn Progress>,
    hold: Arc<Mutex<RateLimitHold>>,
    memory: Arc<Memory>,
    /// True if the endpoint has given an answer.
    has_answered: Arc<AtomicBool>,
    /// The time that one answer may take.
    deadline: Duration,
    /// The time for which trouble is borne that is no limit of requests, where the caller says so.
    trouble: Option<Duration>,
}

/// No request is sent before: the limit is one for all of them.
#[derive(Default)]
struct RateLimitHold {
    until: Option<Instant>,
    reported: Option<Instant>,
}

/// The reason why it may help to ask again.
enum Trouble {
    /// A limit of requests: how it is called, and what the endpoint asks to wait.
    Limit(String, Option<Duration>),
    /// No connection, a broken one, or a server in trouble.
    Unreachable(Unanswered),
    /// A request that the endpoint cannot answer now.
    Passing,
}

impl RetryTransport {
    /// One that waits for limits alone.
    pub(super) fn new(
        inner: BoxTransport,
        (endpoint, deadline): (String, Duration),
        progress: Arc<dyn Progress>,
    ) -> Self {
        Self {
            inner,
            endpoint,
            progress,
            hold: Arc::default(),
            memory: Arc::default(),
            has_answered: Arc::default(),
            deadline,
            trouble: None,
        }
    }

    /// The same, bearing trouble for the given time, with at most `deadline` for each answer.
    pub(super) fn bearing(&self, trouble: Duration, deadline: Duration) -> Self {
        Self {
            deadline: deadline.min(self.deadline),
            trouble: Some(trouble),
            ..self.clone()
        }
    }

    /// Returns the time for which trouble is borne that is no limit of requests, where a caller has said so.
    pub(super) fn patience(&self) -> Duration {
        self.trouble.unwrap_or_default()
    }

    /// The accounts of which code or storage was read.
    pub(super) fn accounts_read(&self) -> BTreeSet<Address> {
        self.memory.accounts()
    }

    async fn answer(&self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let answer = self.inner.clone().call(request);
        let answer = tokio::time::timeout(self.deadline, answer).await;
        answer.unwrap_or_else(|_| {
            let seconds = self.deadline.as_secs();
            Err(TransportErrorKind::custom(Unanswered::Deadline { seconds }))
        })
    }

    async fn ask(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let begun = Instant::now();
        let mut pauses = Backoff::new(PAUSE_FIRST, PAUSE_LONGEST);
        let is_read = request
            .as_single()
            .is_some_and(|question| !question.method().starts_with(SENDS));
        let has_answered = self.has_answered.load(Ordering::Relaxed);
        let unreachable_max = match self.trouble {
            None if is_read && has_answered => READ_TROUBLE,
            trouble => trouble.unwrap_or_default(),
        };
        loop {
            self.released().await;
            let answer = self.answer(request.clone()).await;
            let pause = pauses.next();
            let is_over = |wait: Duration, most| begun.elapsed().saturating_add(wait) > most;
            match Trouble::of(&answer) {
                None => {
                    self.has_answered.store(true, Ordering::Relaxed);
                    return answer;
                }
                Some(Trouble::Unreachable(reason)) => {
                    if is_over(pause, unreachable_max) {
                        if self.trouble.is_none() && unreachable_max > Duration::ZERO {
                            let seconds = unreachable_max.as_secs();
                            let reason = reason.to_string();
                            let lost = Unanswered::Lost { seconds, reason };
                            return Err(TransportErrorKind::custom(lost));
                        }
                        return answer;
                    }
                    let left = unreachable_max.saturating_sub(begun.elapsed()).as_secs();
                    self.report(&format!(
                        "{} does not answer now ({reason}): asking again for up to {left} s",
                        self.endpoint
                    ));
                    tokio::time::sleep(pause).await;
                }
                Some(Trouble::Passing) if is_over(pause, self.patience()) => return answer,
                Some(Trouble::Passing) => tokio::time::sleep(pause).await,
                Some(Trouble::Limit(reason, named)) => {
                    let wait = named.unwrap_or(pause.max(PAUSE_LIMIT)).max(PAUSE_FIRST);
                    if is_over(wait, self.patience().max(RATE_LIMIT_WAIT)) {
                        let pause = named;
                        let limited = Unanswered::RateLimited { reason, pause };
                        return Err(TransportErrorKind::custom(limited));
                    }
                    self.hold_for(&reason, wait);
                }
            }
        }
    }

    /// Waits for as long as some request was told to.
    async fn released(&self) {
        loop {
            let until = self.hold().until;
            match until.filter(|until| *until > Instant::now()) {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => return,
            }
        }
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, RateLimitHold> {
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold_for(&self, reason: &str, wait: Duration) {
        {
            let mut hold = self.hold();
            hold.until = hold.until.max(Some(Instant::now() + wait));
        }
        self.report(&format!(
            "{} limits requests ({reason}): asking again in {:.1} s",
            self.endpoint,
            wait.as_secs_f64()
        ));
    }

    /// Shows why an answer takes long, unless that was shown a moment ago.
    fn report(&self, line: &str) {
        let mut hold = self.hold();
        let reported = hold.reported;
        if reported.is_some_and(|at| at.elapsed() < REPORT_INTERVAL) {
            return;
        }
        hold.reported = Some(Instant::now());
        self.progress.note(line);
    }
}

impl Service<RequestPacket> for RetryTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let transport = self.clone();
        let memory = self.memory.clone();
        Box::pin(async move {
            let ask = async move |request| transport.ask(request).await;
            memory.answer(request, ask).await
        })
    }
}

impl Trouble {
    fn of(answer: &Result<ResponsePacket, TransportError>) -> Option<Self> {
        let unanswered = match answer {
            Ok(packet) => return packet.iter_errors().find_map(Self::in_error),
            Err(TransportError::Transport(TransportErrorKind::Custom(error))) => {
                error.downcast_ref::<Unanswered>()?.clone()
            }
            Err(_) => return None,
        };
        match unanswered {
            Unanswered::RateLimited { reason, pause } => Some(Self::Limit(reason, pause)),
            reason if reason.may_pass() => Some(Self::Unreachable(reason)),
            other => (!other.is_permanent()).then_some(Self::Passing),
        }
    }

    /// Reads what an error of JSON-RPC says of asking again. The words of a revert are a contract's, whatever they say.
    fn in_error(error: &ErrorPayload) -> Option<Self> {
        let message = error.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        let data = error.data.as_ref().map(|data| data.get());
        let has_revert_data = data.is_some_and(|data| data.contains("\"0x"));
        let is_of_answer = error.code == LIMIT && says(&OF_ANSWER);
        match () {
            () if error.code == REVERTED || says(&["revert"]) || has_revert_data => None,
            () if matches!(error.code, 502..=504) || says(&PASSING) => Some(Self::Passing),
            () if (error.is_retry_err() || says(&[TOO_MANY])) && !is_of_answer => {
                let reason = format!("{} (code {})", error.message, error.code);
                Some(Self::Limit(reason, None))
            }
            () => None,
        }
    }
}

/// The words of an error that limits requests for some time.
pub(super) fn limits_requests(error: &ErrorPayload) -> Option<String> {
    match Trouble::in_error(error)? {
        Trouble::Limit(reason, _) => Some(reason),
        Trouble::Unreachable(_) | Trouble::Passing => None,
    }
}

/// The seconds that the header `Retry-After` names.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = Duration::from_secs(text.parse().ok()?);
    Some(seconds.min(PAUSE_SHOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_limit(code: i64, message: &str, data: Option<&str>) -> bool {
        let data = data.map(|data| serde_json::value::RawValue::from_string(data.into()));
        let error = ErrorPayload {
            code,
            message: message.to_owned().into(),
            data: data.map(|data| data.expect("JSON")),
        };
        matches!(Trouble::in_error(&error), Some(Trouble::Limit(..)))
    }

    #[test]
    fn limits_of_requests_are_distinguished_from_limits_of_what_is_requested() {
        let limits = [
            (429, "exceeded its compute units per second capacity"),
            (LIMIT, "daily request count exceeded, request rate limited"),
            (LIMIT, "limit exceeded"),
            (-32_097, "Too Many Requests"),
            (-32_007, "100/second request limit reached"),
            (-32_016, "over rate limit"),
            (-32_090, "call rate limit exhausted, retry in 10s"),
        ];
        for (code, message) in limits {
            assert!(is_limit(code, message, None), "{message}");
        }
        let others = [
            (LIMIT, "query returned more than 10000 results"),
            (-32_602, "Log response size exceeded"),
            (-32_614, "eth_getLogs is limited to a 10,000 range"),
            (-32_000, "logs matched by query exceeds limit of 10000"),
            (-32_601, "the method debug_traceTransaction does not exist"),
            (3, "execution reverted"),
        ];
        for (code, message) in others {
            assert!(!is_limit(code, message, None), "{message}");
        }
    }

    #[test]
    fn the_words_of_a_revert_are_no_limit_of_the_endpoint() {
        let hex = Some("\"0x08c379a0\"");
        let reverts = [
            (3, "rate limit exceeded", None),
            (-32_000, "execution reverted: rate limit exceeded", None),
            (LIMIT, "execution reverted: too many requests", None),
            (-32_015, "VM execution error: rate limit", hex),
            (LIMIT, "rate limit", hex),
            (-32_000, "rate limit", Some("{\"data\":\"0x08c379a0\"}")),
        ];
        for (code, message, data) in reverts {
            assert!(!is_limit(code, message, data), "{code} {message}");
        }
        let see = Some("{\"see\":\"https://provider.example/limits\"}");
        assert!(is_limit(LIMIT, "daily request count exceeded", see));
    }

    #[test]
    fn a_pause_without_end_is_bounded() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, u64::MAX.to_string().parse().expect("a value"));
        assert_eq!(retry_after(&headers), Some(PAUSE_SHOWN));
        headers.insert(RETRY_AFTER, "soon".parse().expect("a value"));
        assert_eq!(retry_after(&headers), None);
    }
}
