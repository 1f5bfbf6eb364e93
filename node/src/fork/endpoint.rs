//! JSON-RPC over HTTP to the forked chain: limits of requests are waited for, and the URL is in no
//! message, because providers put keys into it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::ErrorPayload;
use alloy::transports::http::reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use alloy::transports::http::reqwest::{Client, Url, redirect};
use alloy::transports::{TransportError, TransportErrorKind, choose_tls_cryptography};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::limits::Retrying;
use super::transport::Http;
use super::{ForkError, ForkOptions};

/// Requests that are sent at once.
const BATCH: usize = 100;

/// Words with which nodes say that they do not keep the state of an old block.
const PRUNED: [&str; 6] = [
    "missing trie node",
    "state is not available",
    "historical state",
    "pruned",
    "archive",
    "header not found",
];

/// The endpoint, with threads of its own: the chain's thread waits for them.
pub(super) struct Endpoint {
    client: RpcClient,
    /// Whether it refused a batch whose requests it answered one by one.
    one_by_one: Arc<AtomicBool>,
    url: String,
    shown: String,
    /// Taken when it is dropped, which may be inside of async code.
    runtime: Option<Runtime>,
}

/// Why a request that was passed on has no answer.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The endpoint's own error.
    Error(ErrorPayload),
    /// It could not be asked.
    Unanswered(String),
}

impl Endpoint {
    pub(super) fn open(options: &ForkOptions) -> Result<Self, ForkError> {
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
        let fail = |reason: String| ForkError::Endpoint {
            endpoint: shown.clone(),
            reason,
        };
        choose_tls_cryptography();
        let client = Client::builder()
            .timeout(options.timeout)
            .default_headers(headers(&options.headers)?)
            .redirect(redirect::Policy::none());
        #[cfg(feature = "tls")]
        let client = match url.scheme() {
            // Nothing to look up among the system's authorities.
            "http" => client.tls_certs_only([]),
            _ => client,
        };
        let client = client.build().map_err(|error| fail(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("stylus-fork")
            .enable_all()
            .build()
            .map_err(|error| fail(error.to_string()))?;
        let transport = Retrying::new(Http::new(client, url.clone()), shown.clone(), options);
        let client = RpcClient::new(transport, false);
        Ok(Self {
            client,
            one_by_one: Arc::default(),
            url: options.url.clone(),
            shown,
            runtime: Some(runtime),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// The answers to requests, in their order. Blocks this thread, which may be one of async code.
    pub(super) fn ask(&self, calls: Vec<(&'static str, Value)>) -> Result<Vec<Value>, String> {
        let Some(runtime) = &self.runtime else {
            return Err("the endpoint was closed".to_owned());
        };
        let (answer, answered) = mpsc::sync_channel(1);
        let (client, one_by_one) = (self.client.clone(), self.one_by_one.clone());
        runtime.spawn(async move {
            let _ = answer.send(all(&client, &one_by_one, calls).await);
        });
        let answers = answered
            .recv()
            .map_err(|_| "the endpoint was closed".to_owned())?;
        answers.map_err(|error| self.described(&error))
    }

    /// One request, passed on as it is.
    pub(super) async fn forward(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<Value, Refused> {
        let closed = || Refused::Unanswered(format!("{}: it was closed", self.shown));
        let runtime = self.runtime.as_ref().ok_or_else(closed)?;
        let client = self.client.clone();
        let work = runtime.spawn(async move { client.request::<_, Value>(method, params).await });
        match work.await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(TransportError::NullResp)) => Ok(Value::Null),
            Ok(Err(TransportError::ErrorResp(error))) => Err(Refused::Error(error)),
            Ok(Err(error)) => Err(Refused::Unanswered(self.described(&error))),
            Err(_) => Err(closed()),
        }
    }

    /// An error in words, without the URL.
    fn described(&self, error: &TransportError) -> String {
        let mut text = error.to_string();
        if let TransportError::Transport(TransportErrorKind::Custom(cause)) = error {
            let mut cause = cause.source();
            while let Some(deeper) = cause {
                text = format!("{text}: {deeper}");
                cause = deeper.source();
            }
        }
        let url = self.url.trim();
        for secret in [url, url.trim_end_matches('/')] {
            text = text.replace(secret, &self.shown);
        }
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

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// In batches, or one by one where the endpoint refuses batches.
async fn all(
    client: &RpcClient,
    one_by_one: &AtomicBool,
    calls: Vec<(&'static str, Value)>,
) -> Result<Vec<Value>, TransportError> {
    let mut answers = Vec::with_capacity(calls.len());
    for calls in calls.chunks(BATCH) {
        if calls.len() == 1 || one_by_one.load(Ordering::Relaxed) {
            answers.extend(singly(client, calls).await?);
            continue;
        }
        match batch(client, calls).await {
            Ok(found) => answers.extend(found),
            Err(error) if may_be_of_batches(&error) => {
                answers.extend(singly(client, calls).await?);
                one_by_one.store(true, Ordering::Relaxed);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

async fn batch(
    client: &RpcClient,
    calls: &[(&'static str, Value)],
) -> Result<Vec<Value>, TransportError> {
    let mut answers = Vec::with_capacity(calls.len());
    let mut batch = client.new_batch();
    let mut waiting = Vec::with_capacity(calls.len());
    for (method, params) in calls {
        waiting.push(batch.add_call::<_, Value>(*method, params)?);
    }
    batch.send().await?;
    for answer in waiting {
        answers.push(or_null(answer.await)?);
    }
    Ok(answers)
}

async fn singly(
    client: &RpcClient,
    calls: &[(&'static str, Value)],
) -> Result<Vec<Value>, TransportError> {
    let mut answers = Vec::with_capacity(calls.len());
    for (method, params) in calls {
        let answer = client.request::<_, Value>(*method, params).await;
        answers.push(or_null(answer)?);
    }
    Ok(answers)
}

fn or_null(answer: Result<Value, TransportError>) -> Result<Value, TransportError> {
    match answer {
        Err(TransportError::NullResp) => Ok(Value::Null),
        answer => answer,
    }
}

/// Whether an endpoint that takes no batches may say so in this way. Where it is no answer, or one to
/// too many requests, each alone would fare no better.
fn may_be_of_batches(error: &TransportError) -> bool {
    match error {
        TransportError::ErrorResp(_) | TransportError::DeserError { .. } => true,
        TransportError::Transport(TransportErrorKind::MissingBatchResponse(_)) => true,
        TransportError::Transport(TransportErrorKind::HttpError(error)) => {
            (400..500).contains(&error.status) && error.status != 429
        }
        _ => false,
    }
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
