//! JSON-RPC over HTTP to the forked chain: limits of requests are waited for (alloy's retry layer), and
//! the URL is in no message, because providers put keys into it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::ErrorPayload;
use alloy::transports::http::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use alloy::transports::http::reqwest::{Url, redirect};
use alloy::transports::layers::{RateLimitRetryPolicy, RetryBackoffLayer, RetryPolicy};
use alloy::transports::{TransportError, TransportErrorKind, http_client};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::runtime::{Handle, Runtime};
use tower::Layer;

use super::options::{ForkError, ForkOptions};
use super::transport::Transport;

/// A method and its parameters.
pub(super) type Call = (&'static str, Value);

/// An answer as it arrived.
pub(super) type Answer = Box<RawValue>;

/// Requests that are sent at once: as many as this, and fewer where an endpoint refuses so many. The
/// smallest limit that providers have is 10; some take no batches at all.
const BATCHES: [usize; 3] = [100, 10, 1];

/// Words with which nodes say that they do not keep the state of an old block.
const PRUNED: [&str; 6] = [
    "missing trie node",
    "state is not available",
    "historical state",
    "pruned",
    "archive",
    "header not found",
];

/// The endpoint, with threads of its own. Cheap to clone.
#[derive(Clone)]
pub(super) struct Endpoint(Arc<Shared>);

struct Shared {
    client: RpcClient,
    /// Which of [`BATCHES`] it takes, as far as is known.
    batches: Arc<AtomicUsize>,
    options: ForkOptions,
    shown: String,
    /// What may be secret in URL and headers, longest first.
    secrets: Vec<String>,
    threads: Handle,
    /// Taken when it is dropped, which may be inside of async code.
    runtime: Option<Runtime>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The endpoint's own error, where it gave one.
    pub(crate) error: Option<ErrorPayload>,
    /// The same in words.
    pub(crate) reason: String,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        let error = None;
        Self { error, reason }
    }
}

impl Endpoint {
    pub(super) fn open(options: ForkOptions) -> Result<Self, ForkError> {
        let unusable = |reason: String| ForkError::Url {
            url: "the fork's URL".to_owned(),
            reason,
        };
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
        let retrying = RetryBackoffLayer::new_with_policy(
            options.retries,
            u64::try_from(options.backoff.as_millis()).unwrap_or(u64::MAX),
            options.compute_units.unwrap_or(u64::MAX),
            RateLimitRetryPolicy::default().or(is_asked_again),
        );
        let secrets = secrets(&url, &options);
        let transport = retrying.layer(Transport { client, url });
        Ok(Self(Arc::new(Shared {
            client: RpcClient::new(transport, false),
            batches: Arc::default(),
            secrets,
            options,
            shown,
            threads: runtime.handle().clone(),
            runtime: Some(runtime),
        })))
    }

    pub(super) fn options(&self) -> &ForkOptions {
        &self.0.options
    }

    pub(super) fn shown(&self) -> &str {
        &self.0.shown
    }

    /// The answers to requests, in their order.
    pub(super) async fn answers(&self, calls: Vec<Call>) -> Result<Vec<Answer>, Refused> {
        let (client, batches) = (self.0.client.clone(), self.0.batches.clone());
        let work = async move { all(&client, &batches, &calls).await };
        match self.0.threads.spawn(work).await {
            Ok(answers) => answers.map_err(|error| self.0.refused(error)),
            Err(_) => Err(self.0.closed()),
        }
    }

    /// Works on the endpoint's threads, and blocks this one, which may be one of async code.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Refused>> + Send + 'static,
    ) -> Result<T, String> {
        let (answer, answered) = mpsc::sync_channel(1);
        let work = async move { drop(answer.send(work.await)) };
        self.0.threads.spawn(work);
        let answer = answered.recv().unwrap_or_else(|_| Err(self.0.closed()));
        answer.map_err(|refused| refused.reason)
    }

    /// [`Endpoint::answers`], waited for.
    pub(super) fn ask(&self, calls: Vec<Call>) -> Result<Vec<Answer>, String> {
        let endpoint = self.clone();
        self.wait(async move { endpoint.answers(calls).await })
    }

    /// The answer to one request.
    pub(super) fn ask_one<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, String> {
        only(&self.ask(vec![(method, params)])?, method)
    }
}

impl Shared {
    fn closed(&self) -> Refused {
        format!("{}: it was closed", self.shown).into()
    }

    fn refused(&self, error: TransportError) -> Refused {
        let reason = self.described(&error);
        let error = match error {
            TransportError::ErrorResp(mut error) => {
                error.message = self.without_secrets(&error.message).into();
                let data = error.data.take();
                error.data = data
                    .and_then(|data| RawValue::from_string(self.without_secrets(data.get())).ok());
                Some(error)
            }
            _ => None,
        };
        Refused { error, reason }
    }

    /// What an endpoint, or the library that asks it, says may have the URL in it, as it was given or in
    /// its normal form, a part of it, or a header.
    fn without_secrets(&self, text: &str) -> String {
        let secrets = self.secrets.iter();
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
    }

    /// An error in words, without the URL.
    fn described(&self, error: &TransportError) -> String {
        let mut text = match error {
            TransportError::LocalUsageError(reason) => reason.to_string(),
            error => error.to_string(),
        };
        if let TransportError::Transport(TransportErrorKind::Custom(cause)) = error {
            let mut cause = cause.source();
            while let Some(deeper) = cause {
                text = format!("{text}: {deeper}");
                cause = deeper.source();
            }
        }
        let text = self.without_secrets(&text);
        let low = text.to_lowercase();
        let hint = match PRUNED.iter().any(|words| low.contains(words)) {
            true => {
                "; it does not keep that block's state: ask an archive node, or fork a newer block"
            }
            false => "",
        };
        format!("{}: {text}{hint}", self.shown)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// In batches of a length that the endpoint takes. A shorter one is tried where one was refused, and
/// kept to once it was answered.
async fn all(
    client: &RpcClient,
    batches: &AtomicUsize,
    calls: &[Call],
) -> Result<Vec<Answer>, TransportError> {
    let mut answers = Vec::with_capacity(calls.len());
    let mut taken = batches.load(Ordering::Relaxed);
    while let Some(left) = calls.get(answers.len()..).filter(|left| !left.is_empty()) {
        let length = BATCHES.get(taken).copied().unwrap_or(1).min(left.len());
        let (now, _) = left.split_at(length);
        let found = match now {
            [(method, params)] => client.request(*method, params).await.map(|one| vec![one]),
            _ => batch(client, now).await,
        };
        match found {
            Ok(found) => {
                answers.extend(found);
                batches.fetch_max(taken, Ordering::Relaxed);
            }
            Err(error) if length > 1 && may_be_of_batches(&error) => {
                // The next shorter length than the one that was refused.
                taken = BATCHES.partition_point(|batch| *batch >= length);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

async fn batch(client: &RpcClient, calls: &[Call]) -> Result<Vec<Answer>, TransportError> {
    let mut batch = client.new_batch();
    let waiting = calls
        .iter()
        .map(|(method, params)| batch.add_call(*method, params));
    let waiting = waiting.collect::<Result<Vec<_>, _>>()?;
    batch.send().await?;
    let mut answers = Vec::with_capacity(calls.len());
    for answer in waiting {
        answers.push(answer.await?);
    }
    Ok(answers)
}

/// Whether an endpoint that takes no batches, or no long ones, may say so in this way. Where it is no
/// answer, or one to too many requests, each alone would fare no better.
fn may_be_of_batches(error: &TransportError) -> bool {
    match error {
        TransportError::ErrorResp(_)
        | TransportError::DeserError { .. }
        | TransportError::LocalUsageError(_) => true,
        TransportError::Transport(TransportErrorKind::MissingBatchResponse(_)) => true,
        TransportError::Transport(TransportErrorKind::HttpError(error)) => {
            (400..500).contains(&error.status) && error.status != 429
        }
        _ => false,
    }
}

/// Whether a request is sent once more: where a limit refused it, or no answer arrived.
fn is_asked_again(error: &TransportError) -> bool {
    let again = match error {
        TransportError::Transport(TransportErrorKind::Custom(_)) => true,
        error => RateLimitRetryPolicy::default().should_retry(error),
    };
    if again {
        tracing::warn!("the fork's endpoint limits requests, or did not answer: asking again");
    }
    again
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

/// Shorter parts of a URL are words such as `v2` and `rpc`.
const SECRET: usize = 8;

/// What may be secret in a URL and in headers: paths and queries, the parts of both, passwords, values.
fn secrets(url: &Url, options: &ForkOptions) -> Vec<String> {
    let given = options.url.trim();
    let after_host = given.split_once("://").map_or(given, |(_, rest)| rest);
    let after_host = after_host.find('/').and_then(|at| after_host.get(at..));
    let mut secrets: Vec<String> = [url.path(), after_host.unwrap_or_default()]
        .into_iter()
        .chain(url.query())
        .map(str::to_owned)
        .chain(url.query_pairs().map(|(_, value)| value.into_owned()))
        .chain(url.password().map(str::to_owned))
        .collect();
    let parts = [given, url.as_str()].into_iter();
    let parts = parts.flat_map(|url| url.split(['/', '?', '&', '=', '#', '@']).skip(3));
    secrets.extend(parts.map(str::to_owned));
    let headers = options
        .headers
        .iter()
        .filter_map(|line| line.split_once(':'));
    secrets.extend(headers.map(|(_, value)| value.trim().to_owned()));
    secrets.retain(|secret| secret.len() >= SECRET);
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.dedup();
    secrets
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
pub(super) fn only<T: DeserializeOwned>(answers: &[Answer], method: &str) -> Result<T, String> {
    let answer = answers.first().ok_or("the endpoint left out answers")?;
    parsed(answer, method)
}

/// An answer in the form that its method has.
pub(super) fn parsed<T: DeserializeOwned>(answer: &RawValue, method: &str) -> Result<T, String> {
    serde_json::from_str(answer.get())
        .map_err(|error| format!("{method}: an answer that is none: {error}"))
}
