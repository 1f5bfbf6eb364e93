//! JSON-RPC over HTTP to the forked chain: limits of requests are waited for (alloy's retry layer), and
//! the URL is in no message, because providers put keys into it.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::ErrorPayload;
use alloy::transports::http::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use alloy::transports::http::reqwest::{Url, redirect};
use alloy::transports::layers::{RateLimitRetryPolicy, RetryBackoffLayer, RetryPolicy};
use alloy::transports::{TransportError, TransportErrorKind, http_client};
use futures::future::try_join_all;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use stylus_chain::Budget;
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;
use tower::Layer;

use super::options::{ForkError, ForkOptions};
use super::transport::{EndpointTransport, TransportFailure};
use crate::limits::RETRY_AFTER;
use crate::memory_ledger::MemoryLedger;

/// A method and its parameters.
pub(super) type EndpointCall = (&'static str, Value);

/// An answer as it arrived.
pub(super) type RawAnswer = Box<RawValue>;

/// Words with which nodes say that they do not keep the state of an old block.
const PRUNED: [&str; 6] = [
    "missing trie node",
    "state is not available",
    "historical state",
    "pruned",
    "archive",
    "header not found",
];

/// The interval at which a thread that waits for an answer looks whether its caller is there still.
const LOOK: Duration = Duration::from_millis(20);

/// The endpoint, with threads of its own. Cheap to clone.
#[derive(Clone)]
pub(super) struct ForkEndpoint(Arc<EndpointInner>);

struct EndpointInner {
    client: RpcClient,
    /// Asks once, whatever happens.
    once: RpcClient,
    options: ForkOptions,
    words: Arc<EndpointWords>,
    threads: Handle,
    /// Taken when it is dropped, which may be inside of async code.
    runtime: Option<Runtime>,
}

/// The reason why there is no answer.
#[derive(Debug)]
pub(crate) struct EndpointError {
    /// The endpoint's own error, where it gave one.
    pub(crate) error: Option<ErrorPayload>,
    /// The same in words.
    pub(crate) reason: String,
}

impl From<String> for EndpointError {
    fn from(reason: String) -> Self {
        let error = None;
        Self { error, reason }
    }
}

impl ForkEndpoint {
    pub(super) fn open(options: ForkOptions) -> Result<Self, ForkError> {
        let unusable = ForkError::Url;
        let url: Url = options
            .url
            .trim()
            .parse()
            .map_err(|error| unusable(format!("it cannot be read: {error}")))?;
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err(unusable("built without the feature `tls`".to_owned())),
            other => return Err(unusable(format!("its scheme is {other}"))),
        }
        let shown = shown(&url);
        let fail = ForkError::endpoint(&shown);
        let client = http_client(&url)
            .timeout(options.timeout)
            .default_headers(headers(&options.headers)?)
            .redirect(redirect::Policy::none());
        let client = client.build().map_err(|error| fail(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("stylus-fork")
            .enable_all()
            .build()
            .map_err(|error| fail(error.to_string()))?;
        let words = Arc::new(EndpointWords {
            secrets: secrets(&url, &options),
            shown,
        });
        let retrying = RetryBackoffLayer::new_with_policy(
            options.retries,
            u64::try_from(options.backoff.as_millis()).unwrap_or(u64::MAX),
            options.compute_units.unwrap_or(u64::MAX),
            EndpointRetry(words.clone()),
        );
        let held = MemoryLedger::default();
        let transport = EndpointTransport { client, url, held };
        Ok(Self(Arc::new(EndpointInner {
            client: RpcClient::new(retrying.layer(transport.clone()), false),
            once: RpcClient::new(transport, false),
            words,
            options,
            threads: runtime.handle().clone(),
            runtime: Some(runtime),
        })))
    }

    pub(super) fn options(&self) -> &ForkOptions {
        &self.0.options
    }

    pub(super) fn shown(&self) -> &str {
        &self.0.words.shown
    }

    /// The answers to requests, in their order. The requests end when the future is dropped.
    pub(super) async fn answers(
        &self,
        calls: Vec<EndpointCall>,
    ) -> Result<Vec<RawAnswer>, EndpointError> {
        self.answers_of(self.0.client.clone(), calls).await
    }

    async fn answers_of(
        &self,
        client: RpcClient,
        calls: Vec<EndpointCall>,
    ) -> Result<Vec<RawAnswer>, EndpointError> {
        let work = async move {
            let asked = calls.iter();
            let asked = asked.map(|(method, params)| client.request(*method, params));
            try_join_all(asked).await
        };
        let mut asked = AbortOnDrop(self.0.threads.spawn(work));
        match (&mut asked.0).await {
            Ok(answers) => answers.map_err(|error| self.0.refused(error)),
            Err(_) => Err(closed()),
        }
    }

    /// [`ForkEndpoint::answers`], for which this thread waits, which may be one of async code. The requests end when the
    /// budget's caller leaves.
    pub(super) fn ask(
        &self,
        calls: Vec<EndpointCall>,
        budget: &Budget,
    ) -> Result<Vec<RawAnswer>, String> {
        self.ask_by(self.0.client.clone(), calls, budget)
    }

    fn ask_by(
        &self,
        client: RpcClient,
        calls: Vec<EndpointCall>,
        budget: &Budget,
    ) -> Result<Vec<RawAnswer>, String> {
        let left = || Err("its answer was not waited for any longer".to_owned());
        if !budget.may_wait() {
            return left();
        }
        let endpoint = self.clone();
        let (answer, answered) = mpsc::sync_channel(1);
        let work = async move { drop(answer.send(endpoint.answers_of(client, calls).await)) };
        let _asked = AbortOnDrop(self.0.threads.spawn(work));
        while budget.may_wait() {
            match answered.recv_timeout(LOOK) {
                Ok(answer) => return answer.map_err(|refused| refused.reason),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(closed().reason),
            }
        }
        left()
    }

    /// The answer to one request.
    pub(super) fn ask_one<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        budget: &Budget,
    ) -> Result<T, String> {
        only(&self.ask(vec![(method, params)], budget)?, method)
    }

    /// The same, asked once.
    pub(super) fn ask_one_once<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        budget: &Budget,
    ) -> Result<T, String> {
        let answers = self.ask_by(self.0.once.clone(), vec![(method, params)], budget);
        only(&answers?, method)
    }
}

fn closed() -> EndpointError {
    "it was closed".to_owned().into()
}

/// A task that ends when nobody waits for it any more.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl EndpointInner {
    fn refused(&self, error: TransportError) -> EndpointError {
        let words = &self.words;
        let reason = words.described(&error);
        let error = match error {
            TransportError::ErrorResp(mut error) => {
                error.message = words.without_secrets(&error.message).into();
                let data = error.data.take();
                error.data = data
                    .and_then(|data| RawValue::from_string(words.without_secrets(data.get())).ok());
                Some(error)
            }
            _ => None,
        };
        EndpointError { error, reason }
    }
}

/// Words in which the log and errors speak of an endpoint.
#[derive(Debug)]
struct EndpointWords {
    shown: String,
    /// Parts of URL and headers that may be secret.
    secrets: Vec<String>,
}

/// The words that alloy writes before an error that was there still after the last retry.
const RETRIED: &str = "Max retries exceeded ";

impl EndpointWords {
    /// Removes secrets from a text: an endpoint, or the library that asks it, may name the URL in it, as it was given
    /// or in its normal form, a part of it, or a header.
    fn without_secrets(&self, text: &str) -> String {
        let secrets = self.secrets.iter();
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
    }

    /// An error in words, without the URL, and without what a server says that is no node: it may be in an intranet, and
    /// a web page may be asking.
    fn described(&self, error: &TransportError) -> String {
        let mut text = match error {
            TransportError::LocalUsageError(reason) => reason.to_string(),
            TransportError::DeserError { .. } => "what it answers is no JSON-RPC".to_owned(),
            error => {
                let text = error.to_string();
                let (text, again) = match text.strip_prefix(RETRIED) {
                    Some(text) => (text, ", each time that it was asked"),
                    None => (&*text, ""),
                };
                // "HTTP error 429 with body: …", and only the first part may be shown.
                let status = text.strip_prefix("HTTP error ");
                let status = status.and_then(|rest| rest.split_once(' '));
                match status {
                    Some((status, _)) => format!("HTTP error {status}{again}"),
                    None => format!("{text}{again}"),
                }
            }
        };
        if let Some(pause) = backoff_hint(error).filter(|pause| is_too_long(Some(*pause))) {
            let (asked, most) = (pause.as_secs(), RETRY_AFTER.as_secs());
            text = format!(
                "{text}; it asks for a pause of {asked} s or more, and this node waits for at most {most} s: ask later, or \
                 another endpoint"
            );
        }
        let text = self.without_secrets(&text);
        let low = text.to_lowercase();
        let hint = if PRUNED.iter().any(|words| low.contains(words)) {
            "; it does not keep that block's state: ask an archive node, or fork a newer block"
        } else {
            ""
        };
        format!("{text}{hint}")
    }
}

impl Drop for EndpointInner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A request is sent once more where a limit refused it, or no answer arrived, unless nobody is there, or the endpoint asks
/// for a pause that nobody would wait for.
#[derive(Clone, Debug)]
struct EndpointRetry(Arc<EndpointWords>);

impl RetryPolicy for EndpointRetry {
    fn should_retry(&self, error: &TransportError) -> bool {
        let again = match error {
            TransportError::Transport(TransportErrorKind::Custom(cause)) => {
                let cause = cause.downcast_ref::<TransportFailure>();
                cause.is_none_or(|cause| !cause.nobody_there)
            }
            error => RateLimitRetryPolicy::default().should_retry(error),
        };
        let again = again && !is_too_long(self.backoff_hint(error));
        if again {
            let EndpointWords { shown, .. } = &*self.0;
            tracing::warn!("{shown}: {}; asking again", self.0.described(error));
        }
        again
    }

    fn backoff_hint(&self, error: &TransportError) -> Option<Duration> {
        backoff_hint(error)
    }
}

fn backoff_hint(error: &TransportError) -> Option<Duration> {
    RateLimitRetryPolicy::default().backoff_hint(error)
}

fn is_too_long(pause: Option<Duration>) -> bool {
    pause.is_some_and(|pause| pause > RETRY_AFTER)
}

fn headers(lines: &[String]) -> Result<HeaderMap, ForkError> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(ForkError::Header)?;
        let name: HeaderName = name.trim().parse().map_err(|_| ForkError::Header)?;
        let mut value: HeaderValue = value.trim().parse().map_err(|_| ForkError::Header)?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// Lists parts that may be secret: the URL, its part after the host, and the values of headers.
fn secrets(url: &Url, options: &ForkOptions) -> Vec<String> {
    let given = [options.url.trim(), url.as_str()].into_iter();
    let after_host = given.clone().filter_map(|url| {
        let (_, rest) = url.split_once("://")?;
        rest.get(rest.find('/')?..)
    });
    let headers = options.headers.iter();
    let headers = headers.filter_map(|line| Some(line.split_once(':')?.1.trim()));
    let secrets = given.chain(after_host).chain(headers);
    let secrets = secrets.filter(|secret| secret.len() > 1);
    secrets.map(str::to_owned).collect()
}

/// Scheme, host and port of a URL.
fn shown(url: &Url) -> String {
    let mut shown = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        shown.push_str(&format!(":{port}"));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        shown.push_str("/…");
    }
    shown
}

/// The one answer there is, in the form that its method has.
pub(super) fn only<T: DeserializeOwned>(answers: &[RawAnswer], method: &str) -> Result<T, String> {
    let answer = answers.first().ok_or("the endpoint left out answers")?;
    parsed(answer, method)
}

/// An answer in the form that its method has.
pub(super) fn parsed<T: DeserializeOwned>(answer: &RawValue, method: &str) -> Result<T, String> {
    serde_json::from_str(answer.get())
        .map_err(|_| format!("{method}: the answer has another form than that of Ethereum's nodes"))
}
