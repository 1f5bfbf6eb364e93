//! Asking again, for every request: where the endpoint limits how often it is asked, after the
//! time that it names, and, for a client that bears it, where it is in trouble. The waiting is bounded in all, and waiting
//! for a limit is shown.
//!
//! alloy's `RetryBackoffLayer` bounds the number of attempts and not the time, gives its last error as words alone, and
//! lets requests beside the refused one go on.

use super::backoff::Backoff;
use super::transport::Unanswered;
use crate::progress::Progress;
use alloy::rpc::json_rpc::{ErrorPayload, RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use alloy::transports::{BoxTransport, TransportError, TransportErrorKind, TransportFut};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};
use tower::Service;

/// How long a request waits in all where the endpoint limits requests.
pub const RATE_LIMIT_WAIT: Duration = Duration::from_secs(60);
/// First pause after trouble; doubled each time.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// Longest pause where the endpoint names none.
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// Shortest pause for a limit, where the endpoint names none.
const PAUSE_LIMIT: Duration = Duration::from_millis(500);
/// Shortest pause, whatever the endpoint says.
const PAUSE_SHORTEST: Duration = Duration::from_millis(50);
/// Longest pause that is repeated to the reader, whatever the endpoint says.
const PAUSE_SHOWN: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the reader is told, at most.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// JSON-RPC's code for a revert.
const REVERTED: i64 = 3;
/// JSON-RPC codes that mean a limit of requests, whatever the words.
const CODES: [i64; 5] = [429, -32_005, -32_029, -32_055, -32_097];
/// Words that mean one, whatever the code.
const WORDS: [&str; 10] = [
    "rate limit",
    "rate exceeded",
    "ratelimit",
    "too many requests",
    "request limit",
    "requests per second",
    "compute units per second",
    "credits limited",
    "concurrent requests",
    "call rate",
];
/// Words of refusals that share a code with those, and mean something that asking later does not
/// change.
const OTHER_WORDS: [&str; 12] = [
    "block range",
    "blocks range",
    "range is too",
    "range too",
    "max range",
    "ranges over",
    "more than",
    "max results",
    "limited to a",
    "response size",
    "logs matched",
    "too large",
];

/// Words for trouble that passes.
const PASSING: [&str; 5] = [
    "timeout",
    "timed out",
    "header not found",
    "busy",
    "temporarily",
];

/// A transport that asks again where that may help.
#[derive(Clone)]
pub(super) struct Patient {
    inner: BoxTransport,
    shared: Arc<Shared>,
    /// How long one answer may take.
    deadline: Duration,
    /// How long trouble is borne that is no limit of requests.
    trouble: Duration,
}

struct Shared {
    endpoint: String,
    progress: Arc<dyn Progress>,
    /// No request is sent before: the limit is one for all of them.
    until: Mutex<Option<Instant>>,
    reported: Mutex<Option<Instant>>,
}

/// Why it may help to ask again.
enum Trouble {
    /// A limit of requests: how it is called, and what the endpoint asks to wait.
    Limit(String, Option<Duration>),
    /// What the endpoint cannot answer now.
    Passing,
}

impl Patient {
    /// One that waits for limits alone.
    pub(super) fn new(
        inner: BoxTransport,
        (endpoint, deadline): (String, Duration),
        progress: Arc<dyn Progress>,
    ) -> Self {
        let shared = Arc::new(Shared {
            endpoint,
            progress,
            until: Mutex::default(),
            reported: Mutex::default(),
        });
        Self {
            inner,
            shared,
            deadline,
            trouble: Duration::ZERO,
        }
    }

    /// The same, bearing trouble for so long, with at most so much time for each answer.
    pub(super) fn bearing(&self, trouble: Duration, deadline: Duration) -> Self {
        Self {
            deadline: deadline.min(self.deadline),
            trouble,
            ..self.clone()
        }
    }

    pub(super) fn trouble(&self) -> Duration {
        self.trouble
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
        loop {
            self.shared.wait().await;
            let answer = self.answer(request.clone()).await;
            let pause = pauses.next();
            let is_over = |wait: Duration, most| begun.elapsed().saturating_add(wait) > most;
            match Trouble::of(&answer) {
                None => return answer,
                Some(Trouble::Passing) if is_over(pause, self.trouble) => return answer,
                Some(Trouble::Passing) => tokio::time::sleep(pause).await,
                Some(Trouble::Limit(reason, named)) => {
                    let wait = named.unwrap_or(pause.max(PAUSE_LIMIT)).max(PAUSE_SHORTEST);
                    if is_over(wait, self.trouble.max(RATE_LIMIT_WAIT)) {
                        let pause = named;
                        let limited = Unanswered::RateLimited { reason, pause };
                        return Err(TransportErrorKind::custom(limited));
                    }
                    self.shared.report(&reason, wait);
                    self.shared.hold(wait);
                }
            }
        }
    }
}

impl Service<RequestPacket> for Patient {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().ask(request))
    }
}

impl Shared {
    /// Waits for as long as some request was reported to.
    async fn wait(&self) {
        loop {
            let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
            match until.filter(|until| *until > Instant::now()) {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => return,
            }
        }
    }

    fn hold(&self, wait: Duration) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = Instant::now() + wait;
        *until = Some(until.map_or(ours, |held| held.max(ours)));
    }

    fn report(&self, reason: &str, wait: Duration) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.is_some_and(|reported| reported.elapsed() < REPORT_INTERVAL) {
            return;
        }
        *reported = Some(Instant::now());
        self.progress.note(&format!(
            "{} limits requests ({reason}): asking again in {:.1} s",
            self.endpoint,
            wait.as_secs_f64()
        ));
    }
}

impl Trouble {
    fn of(answer: &Result<ResponsePacket, TransportError>) -> Option<Self> {
        let unanswered = match answer {
            Ok(packet) => match packet.iter_errors().find_map(limit_in) {
                Some(limited) => limited,
                None => {
                    let is_passing = packet.iter_errors().any(is_passing);
                    return is_passing.then_some(Self::Passing);
                }
            },
            Err(TransportError::Transport(TransportErrorKind::Custom(error))) => {
                error.downcast_ref::<Unanswered>()?.clone()
            }
            Err(_) => return None,
        };
        match unanswered {
            Unanswered::RateLimited { reason, pause } => Some(Self::Limit(reason, pause)),
            other => (!other.is_permanent()).then_some(Self::Passing),
        }
    }
}

/// What an error of JSON-RPC is, if it says that there were too many requests.
fn limit_in(error: &ErrorPayload) -> Option<Unanswered> {
    let data = error.data.as_ref().map(|data| data.get());
    is_limit(error.code, &error.message, data).then(|| Unanswered::RateLimited {
        reason: format!("{} (code {})", error.message, error.code),
        pause: named_pause(&error.message),
    })
}

/// Whether an error of JSON-RPC says that the endpoint cannot answer now.
fn is_passing(error: &ErrorPayload) -> bool {
    let message = error.message.to_lowercase();
    let data = error.data.as_ref().map(|data| data.get());
    let has_words = || PASSING.iter().any(|words| message.contains(words));
    !is_revert(error.code, &message, data) && (matches!(error.code, 502..=504) || has_words())
}

/// Whether it is a contract's, in lower case.
fn is_revert(code: i64, message: &str, data: Option<&str>) -> bool {
    code == REVERTED || message.contains("revert") || data.is_some_and(|data| data.contains("\"0x"))
}

/// Whether an error of JSON-RPC says that there were too many requests. The words of a revert are a
/// contract's, whatever they say; and where there is data, the words may be those of a revert.
fn is_limit(code: i64, message: &str, data: Option<&str>) -> bool {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    let has_words = data.is_none() && says(&WORDS);
    let is_revert = is_revert(code, &message, data);
    !is_revert && (CODES.contains(&code) || has_words) && !says(&OTHER_WORDS)
}

/// `retry in 10s`, `try again in 300ms`: the pause that words name.
fn named_pause(message: &str) -> Option<Duration> {
    let message = message.to_lowercase();
    let (_, rest) = message.split_once("retry in ").or_else(|| {
        let again = message.split_once("again in ");
        again.or_else(|| message.split_once("retry after "))
    })?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (number, unit) = rest.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let pause = match unit.trim_start() {
        unit if unit.starts_with("ms") || unit.starts_with("milli") => {
            Some(Duration::from_millis(number))
        }
        unit if unit.is_empty() || unit.starts_with('s') => Some(Duration::from_secs(number)),
        unit if unit.starts_with('m') => Some(Duration::from_secs(number.saturating_mul(60))),
        _ => None,
    };
    pause.map(|pause| pause.min(PAUSE_SHOWN))
}

/// The pause that the header `Retry-After` names: seconds, or a date, which counts from the
/// server's own.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(PAUSE_SHOWN));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let here = headers.get(DATE).and_then(|now| now.to_str().ok());
    let now = here
        .and_then(|now| httpdate::parse_http_date(now).ok())
        .unwrap_or_else(SystemTime::now);
    let pause = date.duration_since(now).unwrap_or_default();
    Some(pause.min(PAUSE_SHOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_requests_are_distinguished_from_limits_of_what_is_requested() {
        let limits = [
            (
                429,
                "Your app has exceeded its compute units per second capacity",
            ),
            (
                -32_005,
                "daily request count exceeded, request rate limited",
            ),
            (-32_005, "limit exceeded"),
            (-32_097, "Too Many Requests"),
            (-32_007, "100/second request limit reached"),
            (-32_016, "over rate limit"),
            (
                -32_090,
                "Too many requests, reason: call rate limit exhausted, retry in 10s",
            ),
        ];
        for (code, message) in limits {
            assert!(is_limit(code, message, None), "{message}");
        }
        let others = [
            (
                -32_005,
                "query returned more than 10000 results. Try with this block range [0x0, 0x1]",
            ),
            (-32_602, "Log response size exceeded"),
            (-32_614, "eth_getLogs is limited to a 10,000 range"),
            (-32_000, "logs matched by query exceeds limit of 10000"),
            (
                -32_601,
                "the method debug_traceTransaction does not exist/is not available",
            ),
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
            (-32_005, "execution reverted: too many requests", None),
            (-32_015, "VM execution error: rate limit", hex),
            (-32_005, "rate limit", hex),
            (-32_000, "rate limit", Some("{\"data\":\"0x08c379a0\"}")),
            (-32_000, "rate limit", Some("\"Reverted\"")),
        ];
        for (code, message, data) in reverts {
            assert!(!is_limit(code, message, data), "{code} {message}");
        }
        let see = Some("{\"see\":\"https://provider.example/limits\"}");
        assert!(is_limit(-32_005, "daily request count exceeded", see));
    }

    #[test]
    fn a_pause_without_end_is_bounded() {
        let most = u64::MAX.to_string();
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, most.parse().expect("a value"));
        assert_eq!(retry_after(&headers), Some(PAUSE_SHOWN));
        for unit in ["s", "ms", " minutes"] {
            let pause = named_pause(&format!("rate limit, retry in {most}{unit}"));
            assert_eq!(pause, Some(PAUSE_SHOWN), "{unit}");
        }
    }

    #[test]
    fn a_pause_is_read_from_words() {
        let seconds = |text| named_pause(text).map(|pause| pause.as_millis());
        assert_eq!(
            seconds("call rate limit exhausted, retry in 10s"),
            Some(10_000)
        );
        assert_eq!(seconds("Try again in 300ms"), Some(300));
        assert_eq!(seconds("retry after 2 minutes"), Some(120_000));
        assert_eq!(seconds("retry in a while"), None);
        assert_eq!(seconds("slow down"), None);
    }

    #[test]
    fn a_date_counts_from_the_servers_clock() {
        let headers = |after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().expect("a value"));
            if let Some(date) = date {
                headers.insert(DATE, date.parse().expect("a value"));
            }
            retry_after(&headers)
        };
        assert_eq!(headers("3", None), Some(Duration::from_secs(3)));
        let at = "Wed, 21 Oct 2015 07:28:00 GMT";
        let before = "Wed, 21 Oct 2015 07:27:55 GMT";
        assert_eq!(headers(at, Some(before)), Some(Duration::from_secs(5)));
        assert_eq!(headers(at, None), Some(Duration::ZERO), "it has passed");
        assert_eq!(headers("soon", None), None);
    }
}
