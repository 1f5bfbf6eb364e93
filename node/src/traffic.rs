//! The requests and answers of a connection: what they hold is counted, batches are answered one request after the other,
//! what is unknown or too much in Nitro's words.

use std::future::Future;
use std::sync::Arc;

use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::core::server::BatchResponseBuilder;
use jsonrpsee::server::MethodResponse;
use jsonrpsee::types::error::{INVALID_REQUEST_CODE, METHOD_NOT_FOUND_CODE};
use jsonrpsee::types::{ErrorObjectOwned, Id, Request};
use serde::Deserialize;

use crate::config::AdmissionPolicy;
use crate::limits::{ANSWER, BoundExceeded};
use crate::memory_ledger::{MemoryLedger, ReservedMemory};
use crate::rpc_error::{LENIENT, RpcError};

/// The method that begins a subscription.
const SUBSCRIBE: &str = "eth_subscribe";

/// The method that ends one.
const UNSUBSCRIBE: &str = "eth_unsubscribe";

/// The carrier of a connection's requests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionKind {
    /// HTTP requests.
    Http,
    /// A WebSocket, over which subscriptions are told.
    WebSocket,
}

/// Counts what the requests and answers of a connection hold.
#[derive(Clone)]
pub(crate) struct MeteredService<S> {
    pub(crate) inner: S,
    pub(crate) held: MemoryLedger,
    pub(crate) carrier: ConnectionKind,
    pub(crate) admission: AdmissionPolicy,
}

/// Bytes of the parameters of a batch.
fn parameter_bytes(requests: &Batch<'_>) -> usize {
    let parameters = requests.iter().flatten().filter_map(BatchEntry::params);
    parameters.map(|json| json.get().len()).sum()
}

/// The answer, which is held until it is sent, or that too much is unread.
fn held_answer(mut held: ReservedMemory, id: Id<'_>, mut answer: MethodResponse) -> MethodResponse {
    match held.grow(answer.as_ref().len()) {
        Ok(()) => {
            answer.extensions_mut().insert(Arc::new(held));
            answer
        }
        Err(exceeded) => refusal(id, exceeded),
    }
}

fn refusal(id: Id<'_>, exceeded: BoundExceeded) -> MethodResponse {
    MethodResponse::error(id, ErrorObjectOwned::from(RpcError::from(exceeded)))
}

/// Returns true if the result is `false`.
fn is_false(answer: &MethodResponse) -> bool {
    #[derive(Deserialize)]
    struct UnsubscribeAnswer {
        result: Option<bool>,
    }
    let answer = serde_json::from_str::<UnsubscribeAnswer>(answer.as_ref());
    answer.is_ok_and(|answer| answer.result == Some(false))
}

/// An answer, with geth's words where there is no such method or subscription.
async fn answered<S>(inner: &S, request: Request<'_>) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse>,
{
    let (id, method) = (request.id().into_owned(), request.method_name().to_owned());
    let answer = inner.call(request).await;
    let is_unknown = answer.as_error_code() == Some(METHOD_NOT_FOUND_CODE);
    if method == UNSUBSCRIBE && (is_unknown || is_false(&answer)) {
        let missing = RpcError::NotFound("subscription not found".into());
        return MethodResponse::error(id, ErrorObjectOwned::from(missing));
    }
    if !is_unknown {
        return answer;
    }
    let words = match method.as_str() {
        SUBSCRIBE => "notifications not supported".to_owned(),
        _ => format!("the method {method} does not exist/is not available"),
    };
    let error = ErrorObjectOwned::owned(METHOD_NOT_FOUND_CODE, words, None::<()>);
    MethodResponse::error(id, error)
}

/// The answers to a batch, one request after the other.
async fn batch<S>(
    inner: &S,
    carrier: ConnectionKind,
    requests: Batch<'_>,
    held: &mut ReservedMemory,
) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse, NotificationResponse = MethodResponse>,
{
    let mut answers = BatchResponseBuilder::new_with_limit(ANSWER);
    let mut is_notified = false;
    for request in requests {
        let answer = match request {
            // It would be answered outside of the batch, too.
            Ok(BatchEntry::Call(request))
                if carrier == ConnectionKind::WebSocket && request.method_name() == SUBSCRIBE =>
            {
                let words = "expected a request of its own for eth_subscribe, found one in a batch";
                let error = ErrorObjectOwned::owned(INVALID_REQUEST_CODE, words, None::<()>);
                MethodResponse::error(request.id().into_owned(), error)
            }
            Ok(BatchEntry::Call(request)) => answered(inner, request).await,
            Ok(BatchEntry::Notification(notification)) => {
                inner.notification(notification).await;
                is_notified = true;
                continue;
            }
            Err(error) => {
                let (error, id) = error.into_parts();
                let words = error.message().to_lowercase();
                let error = ErrorObjectOwned::owned(error.code(), words, None::<()>);
                MethodResponse::error(id, error)
            }
        };
        let bytes = answer.as_ref().len();
        if let Err(too_long) = answers.append(answer) {
            return too_long;
        }
        if let Err(exceeded) = held.grow(bytes) {
            return refusal(Id::Null, exceeded);
        }
    }
    if answers.is_empty() && is_notified {
        MethodResponse::notification()
    } else {
        MethodResponse::from_batch(answers.finish())
    }
}

/// The one answer to a batch of too many requests, under the first one's id.
fn too_large(requests: &Batch<'_>) -> MethodResponse {
    let first = requests.iter().flatten().find_map(|entry| match entry {
        BatchEntry::Call(request) => Some(request.id().into_owned()),
        BatchEntry::Notification(_) => None,
    });
    let words = format!("batch too large ({LENIENT})");
    let error = ErrorObjectOwned::owned(INVALID_REQUEST_CODE, words, None::<()>);
    let mut answers = BatchResponseBuilder::new_with_limit(ANSWER);
    match answers.append(MethodResponse::error(first.unwrap_or(Id::Null), error)) {
        Ok(()) => MethodResponse::from_batch(answers.finish()),
        Err(error) => error,
    }
}

impl<S> RpcServiceT for MeteredService<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let id = request.id().into_owned();
        let inner = self.inner.clone();
        let mut held = self.held.share();
        let parameters = request.params.as_ref().map_or(0, |json| json.get().len());
        let taken = held.grow(parameters);
        async move {
            match taken {
                Ok(()) => held_answer(held, id, answered(&inner, request).await),
                Err(exceeded) => refusal(id, exceeded),
            }
        }
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self {
            inner,
            held,
            carrier,
            admission,
        } = self.clone();
        let mut held = held.share();
        let taken = held.grow(parameter_bytes(&requests));
        async move {
            if !u32::try_from(requests.len()).is_ok_and(|found| found <= admission.batch()) {
                return too_large(&requests);
            }
            match taken {
                Ok(()) => {
                    let mut answer = batch(&inner, carrier, requests, &mut held).await;
                    answer.extensions_mut().insert(Arc::new(held));
                    answer
                }
                Err(exceeded) => refusal(Id::Null, exceeded),
            }
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}
