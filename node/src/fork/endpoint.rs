//! JSON-RPC over HTTP to the forked chain: limits of requests are waited for (alloy's retry layer), and
//! the URL is in no message, because providers put keys into it.

use std::sync::{Arc, mpsc};

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
use tokio::runtime::{Handle, Runtime};
use tower::Layer;

use super::options::{ForkError, ForkOptions};
use super::transport::Transport;

/// A method and its parameters.
pub(super) type Call = (&'static str, Value);

/// An answer as it arrived.
pub(super) type Answer = Box<RawValue>;

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
    options: ForkOptions,
    shown: String,
    /// What may be secret in URL and headers.
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
        let client = self.0.client.clone();
        let work = async move {
            let asked = calls.iter();
            let asked = asked.map(|(method, params)| client.request(*method, params));
            try_join_all(asked).await
        };
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

/// What may be secret: the URL, its part after the host, and the values of headers.
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
pub(super) fn only<T: DeserializeOwned>(answers: &[Answer], method: &str) -> Result<T, String> {
    let answer = answers.first().ok_or("the endpoint left out answers")?;
    parsed(answer, method)
}

/// An answer in the form that its method has.
pub(super) fn parsed<T: DeserializeOwned>(answer: &RawValue, method: &str) -> Result<T, String> {
    serde_json::from_str(answer.get())
        .map_err(|error| format!("{method}: the answer has another form: {error}"))
}
