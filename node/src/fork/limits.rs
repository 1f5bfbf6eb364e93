//! Requests that a limit of the endpoint refused, or that were not answered, are sent again: after the
//! time that the endpoint names, or else after a pause that doubles. For a while after a limit no more
//! requests are sent than the endpoint gives per second.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::layers::{RateLimitRetryPolicy, RetryPolicy};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use tower::Service;

use super::ForkOptions;
use super::transport::TooLong;

/// Compute units that a request takes.
const UNITS_OF_REQUEST: u64 = 20;
/// How long requests are spaced after a limit.
const CAREFUL: Duration = Duration::from_secs(10);
/// Longest pause where the endpoint names none.
const PAUSE_LONGEST: Duration = Duration::from_secs(10);
/// Longest pause that is waited for where the endpoint names one.
const NAMED_LONGEST: Duration = Duration::from_secs(60);
/// How often is told that the endpoint limits requests.
const REPORT: Duration = Duration::from_secs(2);

/// A transport that asks again.
#[derive(Clone)]
pub(super) struct Retrying<S> {
    inner: S,
    shared: Arc<Shared>,
}

struct Shared {
    endpoint: String,
    retries: u32,
    /// First pause where the endpoint names none.
    backoff: Duration,
    /// From request to request, for a while after a limit.
    spacing: Duration,
    rate: Mutex<Rate>,
}

/// The limit is one for all requests.
#[derive(Default)]
struct Rate {
    /// No request is sent before.
    next: Option<Instant>,
    /// Until when requests are spaced.
    careful: Option<Instant>,
    reported: Option<Instant>,
    /// All pauses that refusals asked for.
    paused: Duration,
}

/// Why a request is sent again.
struct Refusal {
    limited: bool,
    /// What the endpoint asks to wait.
    pause: Option<Duration>,
}

impl<S> Retrying<S> {
    pub(super) fn new(inner: S, endpoint: String, options: &ForkOptions) -> Self {
        let units = options.compute_units.filter(|units| *units > 0);
        let spacing = units.map(|units| Duration::from_secs(UNITS_OF_REQUEST) / clamped(units));
        let shared = Shared {
            endpoint,
            retries: options.retries,
            backoff: options.backoff,
            spacing: spacing.unwrap_or_default(),
            rate: Mutex::default(),
        };
        Self {
            inner,
            shared: Arc::new(shared),
        }
    }
}

fn clamped(units: u64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}

impl<S> Service<RequestPacket> for Retrying<S>
where
    S: Service<
            RequestPacket,
            Response = ResponsePacket,
            Error = TransportError,
            Future = TransportFut<'static>,
        > + Clone
        + Send
        + 'static,
{
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let (mut inner, shared) = (self.inner.clone(), self.shared.clone());
        Box::pin(async move {
            let mut pause = shared.backoff;
            let mut retries = shared.retries;
            loop {
                shared.wait(request.len()).await;
                let answer = inner.call(request.clone()).await;
                let Some(refusal) = Refusal::of(&answer) else {
                    return answer;
                };
                let too_long = refusal.pause.is_some_and(|pause| pause > NAMED_LONGEST);
                if retries == 0 || too_long {
                    return answer;
                }
                retries -= 1;
                shared.hold(&refusal, refusal.pause.unwrap_or(pause));
                pause = (pause * 2).min(PAUSE_LONGEST);
            }
        })
    }
}

impl Shared {
    /// Waits until so many requests may be sent.
    async fn wait(&self, requests: usize) {
        let at = {
            let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = rate.next.filter(|next| *next > now).unwrap_or(now);
            if rate.careful.is_some_and(|until| now < until) {
                let requests = u32::try_from(requests).unwrap_or(u32::MAX);
                rate.next = Some(at + self.spacing.saturating_mul(requests).min(NAMED_LONGEST));
            }
            at
        };
        tokio::time::sleep_until(at.into()).await;
    }

    /// Sends nothing until the pause is over.
    fn hold(&self, refusal: &Refusal, pause: Duration) {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let until = now + pause;
        rate.next = Some(rate.next.map_or(until, |next| next.max(until)));
        rate.paused += pause;
        if refusal.limited {
            rate.careful = Some(until + CAREFUL);
        }
        if rate.reported.is_none_or(|at| at.elapsed() >= REPORT) {
            rate.reported = Some(now);
            let (endpoint, seconds) = (&self.endpoint, pause.as_secs_f64());
            let seconds_until_now = rate.paused.as_secs_f64();
            let reason = match refusal.limited {
                true => "it limits requests",
                false => "no answer",
            };
            tracing::warn!(%endpoint, seconds, seconds_until_now, "{reason}: asking again");
        }
    }
}

impl Refusal {
    fn of(answer: &Result<ResponsePacket, TransportError>) -> Option<Self> {
        let policy = RateLimitRetryPolicy::default();
        match answer {
            Ok(packet) => packet.iter_errors().find_map(|error| {
                let error = TransportError::ErrorResp(error.clone());
                policy.should_retry(&error).then(|| Self {
                    limited: true,
                    pause: policy.backoff_hint(&error),
                })
            }),
            Err(TransportError::Transport(TransportErrorKind::Custom(cause))) => {
                (!cause.is::<TooLong>()).then_some(Self {
                    limited: false,
                    pause: None,
                })
            }
            Err(TransportError::NullResp) => None,
            Err(error) => policy.should_retry(error).then(|| Self {
                limited: true,
                pause: policy.backoff_hint(error),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use alloy::rpc::client::RpcClient;
    use serde_json::value::RawValue;

    use super::*;

    /// Refuses every second request with HTTP 429, which names no time, and answers the others.
    #[derive(Clone, Default)]
    struct EverySecond(Arc<AtomicU32>);

    impl Service<RequestPacket> for EverySecond {
        type Response = ResponsePacket;
        type Error = TransportError;
        type Future = TransportFut<'static>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: RequestPacket) -> Self::Future {
            let refused = self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
            Box::pin(async move {
                if refused {
                    let words = "slow down".to_owned();
                    return Err(TransportErrorKind::http_error(429, words));
                }
                let RequestPacket::Single(request) = request else {
                    return Err(TransportErrorKind::custom_str("one request was expected"));
                };
                let answer = format!(
                    r#"{{"jsonrpc":"2.0","id":{},"result":"0x1"}}"#,
                    request.id()
                );
                let answer = RawValue::from_string(answer).expect("JSON");
                Ok(serde_json::from_str(answer.get()).expect("an answer"))
            })
        }
    }

    #[tokio::test]
    async fn every_refusal_is_waited_for_once_and_as_long_as_the_first() {
        const REQUESTS: u32 = 10;
        let options = ForkOptions {
            backoff: Duration::from_millis(2),
            compute_units: None,
            ..ForkOptions::new(String::new())
        };
        let front = EverySecond::default();
        let transport = Retrying::new(front.clone(), "it".to_owned(), &options);
        let shared = transport.shared.clone();
        let client = RpcClient::new(transport, false);
        for _ in 0..REQUESTS {
            let answer: String = client.request("eth_chainId", ()).await.expect("an answer");
            assert_eq!(answer, "0x1");
        }
        assert_eq!(front.0.load(Ordering::Relaxed), 2 * REQUESTS);
        let paused = shared.rate.lock().expect("it").paused;
        assert_eq!(paused, options.backoff * REQUESTS);
    }
}
