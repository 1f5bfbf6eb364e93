//! The requests and answers of a connection, as they are counted and answered: batches one request after the other, what is
//! unknown or too much in Nitro's words.

use std::future::Future;
use std::sync::Arc;

use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::core::server::BatchResponseBuilder;
use jsonrpsee::server::MethodResponse;
use jsonrpsee::types::error::{INVALID_REQUEST_CODE, METHOD_NOT_FOUND_CODE};
use jsonrpsee::types::{ErrorObjectOwned, Id, Request};
use serde_json::value::RawValue;

use crate::config::Admission;
use crate::held::{Connection, Growing, Text};
use crate::limits::ANSWER;
use crate::rpc_error::{LENIENT, RpcError};

/// The method that begins a subscription.
const SUBSCRIBE: &str = "eth_subscribe";

/// Counts the requests and answers of a connection.
#[derive(Clone)]
pub(crate) struct Counting<S> {
    pub(crate) inner: S,
    pub(crate) connection: Arc<Connection>,
    pub(crate) admission: Admission,
}

fn one(parameters: Option<&RawValue>) -> Text {
    Text {
        requests: 1,
        parameters: parameters.map_or(0, |json| json.get().len()),
    }
}

fn all(requests: &Batch<'_>) -> Text {
    let parameters = requests.iter().flatten().filter_map(BatchEntry::params);
    Text {
        requests: requests.len(),
        parameters: parameters.map(|json| json.get().len()).sum(),
    }
}

/// The answer, which is held until it was written, or that too much is unread.
fn held_answer(connection: &Connection, id: Id<'_>, answer: MethodResponse) -> MethodResponse {
    if !(answer.is_method_call() || answer.is_batch()) {
        // Nothing is written of it from here.
        return answer;
    }
    match connection.answer(answer.as_ref()) {
        Ok(()) => answer,
        Err(exceeded) => {
            let error = ErrorObjectOwned::from(RpcError::from(exceeded));
            MethodResponse::error(id, error)
        }
    }
}

/// An answer, with geth's words where there is no such method.
async fn answered<S>(inner: &S, request: Request<'_>) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse>,
{
    let (id, method) = (request.id().into_owned(), request.method_name().to_owned());
    let answer = inner.call(request).await;
    if answer.as_error_code() != Some(METHOD_NOT_FOUND_CODE) {
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
async fn batch<S>(inner: &S, requests: Batch<'_>, mut held: Growing) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse, NotificationResponse = MethodResponse>,
{
    let mut answers = BatchResponseBuilder::new_with_limit(ANSWER);
    let mut is_notified = false;
    let is_websocket = held.connection.protocol.is_websocket();
    for request in requests {
        let answer = match request {
            // It would be answered outside of the batch, too.
            Ok(BatchEntry::Call(request)) if is_websocket && request.method_name() == SUBSCRIBE => {
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
            let error = ErrorObjectOwned::from(RpcError::from(exceeded));
            return MethodResponse::error(Id::Null, error);
        }
    }
    match answers.is_empty() && is_notified {
        true => MethodResponse::notification(),
        false => MethodResponse::from_batch(answers.finish()),
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

impl<S> RpcServiceT for Counting<S>
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
        let text = one(request.params.as_deref());
        let Self {
            inner, connection, ..
        } = self.clone();
        let served = connection.request(text);
        async move {
            connection.is_read().await;
            let answer = answered(&inner, request).await;
            drop(served);
            held_answer(&connection, id, answer)
        }
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let text = all(&requests);
        let Self {
            inner,
            connection,
            admission,
        } = self.clone();
        let served = connection.request(text);
        async move {
            if !u32::try_from(requests.len()).is_ok_and(|found| found <= admission.batch()) {
                return too_large(&requests);
            }
            connection.is_read().await;
            let answer = batch(&inner, requests, connection.growing()).await;
            drop(served);
            if answer.is_notification() {
                connection.needs_no_answer();
            }
            held_answer(&connection, Id::Null, answer)
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        // Nothing is executed: it is only not arriving any more.
        drop(self.connection.request(one(notification.params.as_deref())));
        self.connection.needs_no_answer();
        self.inner.notification(notification)
    }
}
