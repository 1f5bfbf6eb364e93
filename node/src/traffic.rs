//! What the server holds for its callers: requests that are served or wait, and answers that nobody has read yet. Both have a
//! bound, and who reads nothing is disconnected.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use jsonrpsee::core::middleware::{Batch, BatchEntry, Notification, RpcServiceT};
use jsonrpsee::core::server::BatchResponseBuilder;
use jsonrpsee::server::MethodResponse;
use jsonrpsee::types::error::{INVALID_REQUEST_CODE, METHOD_NOT_FOUND_CODE};
use jsonrpsee::types::{ErrorObjectOwned, Id, Request};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::config::Admission;
use crate::limits::{ANSWER, Bound, HELD_ANSWERS, HELD_REQUESTS, UNREAD_TIME};
use crate::rpc_error::{LENIENT, RpcError};

/// Bytes of one kind that the whole server holds.
#[derive(Debug)]
struct Held {
    bytes: AtomicUsize,
    bound: Bound,
}

impl Held {
    fn new(bound: Bound) -> Arc<Self> {
        let bytes = AtomicUsize::new(0);
        Arc::new(Self { bytes, bound })
    }

    /// Holds more, unless that is too much.
    fn take(&self, bytes: usize) -> Result<(), RpcError> {
        let held = self.bytes.fetch_add(bytes, Relaxed) + bytes;
        self.bound.check(held).map(drop).map_err(|exceeded| {
            self.give_back(bytes);
            exceeded.into()
        })
    }

    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
    }
}

/// What is held for all connections.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    requests: Arc<Held>,
    answers: Arc<Held>,
}

impl Traffic {
    pub(crate) fn new() -> Self {
        Self {
            requests: Held::new(HELD_REQUESTS),
            answers: Held::new(HELD_ANSWERS),
        }
    }

    /// The part of a new connection.
    pub(crate) fn connection(&self) -> Arc<Connection> {
        Arc::new(Connection {
            traffic: self.clone(),
            unread: AtomicUsize::new(0),
        })
    }
}

/// What is held for one connection.
#[derive(Debug)]
pub(crate) struct Connection {
    traffic: Traffic,
    /// Bytes of answers that were not written yet.
    unread: AtomicUsize,
}

impl Connection {
    /// Holds a request as long as the value lasts.
    fn request(&self, bytes: usize) -> Result<Served, RpcError> {
        let held = self.traffic.requests.clone();
        held.take(bytes)?;
        Ok(Served { held, bytes })
    }

    /// The answer, which is held until it was written, or that there are too many of them.
    fn answer(&self, id: Id<'_>, answer: MethodResponse) -> MethodResponse {
        let bytes = answer.as_ref().len();
        match self.traffic.answers.take(bytes) {
            Ok(()) => {
                self.unread.fetch_add(bytes, Relaxed);
                answer
            }
            Err(error) => MethodResponse::error(id, ErrorObjectOwned::from(error)),
        }
    }

    /// Notes that bytes were written. What is written around answers is not told from them.
    fn written(&self, bytes: usize) {
        let before = self.unread.fetch_update(Relaxed, Relaxed, |unread| {
            Some(unread.saturating_sub(bytes))
        });
        let before = before.unwrap_or_default();
        self.traffic.answers.give_back(before.min(bytes));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.traffic.answers.give_back(*self.unread.get_mut());
    }
}

/// A request that is held.
struct Served {
    held: Arc<Held>,
    bytes: usize,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.held.give_back(self.bytes);
    }
}

/// Counts the requests and answers of a connection.
#[derive(Clone)]
pub(crate) struct Counting<S> {
    pub(crate) inner: S,
    pub(crate) connection: Arc<Connection>,
    pub(crate) admission: Admission,
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
        "eth_subscribe" => "notifications not supported".to_owned(),
        _ => format!("the method {method} does not exist/is not available"),
    };
    let error = ErrorObjectOwned::owned(METHOD_NOT_FOUND_CODE, words, None::<()>);
    MethodResponse::error(id, error)
}

/// The answers to a batch, one request after the other.
async fn batch<S>(inner: &S, requests: Batch<'_>) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse, NotificationResponse = MethodResponse>,
{
    let mut answers = BatchResponseBuilder::new_with_limit(ANSWER);
    let mut is_notified = false;
    for request in requests {
        let answer = match request {
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
        if let Err(too_long) = answers.append(answer) {
            return too_long;
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
        let bytes = request
            .params
            .as_ref()
            .map_or(0, |params| params.get().len());
        let Self {
            inner, connection, ..
        } = self.clone();
        async move {
            let served = match connection.request(bytes) {
                Ok(served) => served,
                Err(error) => return MethodResponse::error(id, ErrorObjectOwned::from(error)),
            };
            let answer = answered(&inner, request).await;
            drop(served);
            connection.answer(id, answer)
        }
    }

    fn batch<'a>(&self, requests: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let entries = requests.iter().flatten();
        let bytes = entries.filter_map(BatchEntry::params);
        let bytes = bytes.map(|params| params.get().len()).sum();
        let Self {
            inner,
            connection,
            admission,
        } = self.clone();
        async move {
            if requests.len() > admission.batch() {
                return too_large(&requests);
            }
            let served = match connection.request(bytes) {
                Ok(served) => served,
                Err(error) => {
                    return MethodResponse::error(Id::Null, ErrorObjectOwned::from(error));
                }
            };
            let answer = batch(&inner, requests).await;
            drop(served);
            connection.answer(Id::Null, answer)
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}

/// A socket that notes what is written, and fails where nothing can be written for long.
pub(crate) struct Socket {
    inner: TcpStream,
    connection: Arc<Connection>,
    /// When who reads nothing is disconnected; set while something waits to be written.
    until: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(crate) fn new(inner: TcpStream, connection: Arc<Connection>) -> Self {
        let until = None;
        Self {
            inner,
            connection,
            until,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write(context, bytes) {
            Poll::Ready(written) => {
                self.until = None;
                self.connection.written(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
            Poll::Pending => {
                let until = self
                    .until
                    .get_or_insert_with(|| Box::pin(sleep(UNREAD_TIME)));
                ready!(until.as_mut().poll(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
