//! Calls and batches of one connection, each of which needs a turn. Raw transactions of a batch that follow
//! each other are one job: their senders are recovered in parallel, the chain's thread executes them in
//! order, and they are answered together. All else is answered one after the other.

use std::sync::Arc;
use std::thread::available_parallelism;

use jsonrpsee::core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification};
use jsonrpsee::server::middleware::rpc::RpcServiceT;
use jsonrpsee::server::{BatchResponseBuilder, MethodResponse, ResponsePayload};
use jsonrpsee::types::{Id, Request};
use tower::Layer;

use super::args::Args;
use super::method::Context;
use super::{send, wait};
use crate::limits::MAX_ANSWER;
use crate::rpc_error::RpcError;
use crate::turns::Turns;

/// Most transactions of one job: those of others come in between.
const MOST: usize = 100;

/// Fewest transactions that are worth a thread of their own.
const LEAST: usize = 8;

/// Answers with the context's worker. Calls find in their extensions whose turns they take.
#[derive(Clone)]
pub(crate) struct BatchLayer {
    context: Arc<Context>,
    /// Those of one connection; without, every request has its own.
    turns: Option<Turns>,
}

impl BatchLayer {
    pub(super) fn new(context: Arc<Context>) -> Self {
        let turns = None;
        Self { context, turns }
    }

    /// The same for one connection.
    pub(crate) fn with(&self, turns: Turns) -> Self {
        let (context, turns) = (self.context.clone(), Some(turns));
        Self { context, turns }
    }
}

impl<S> Layer<S> for BatchLayer {
    type Service = Batches<S>;

    fn layer(&self, inner: S) -> Batches<S> {
        Batches {
            inner,
            context: self.context.clone(),
            turns: self.turns.clone().unwrap_or_default(),
        }
    }
}

/// See [`BatchLayer`].
#[derive(Clone)]
pub(crate) struct Batches<S> {
    inner: S,
    context: Arc<Context>,
    turns: Turns,
}

fn bytes_of(request: &Request<'_>) -> usize {
    let params = request.params.as_ref();
    params.map_or(0, |params| params.get().len())
}

impl<S> RpcServiceT for Batches<S>
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
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(
        &self,
        mut request: Request<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self { inner, turns, .. } = self.clone();
        async move {
            request.extensions_mut().insert(turns.clone());
            let _request = turns.of_bytes(bytes_of(&request)).await;
            // Who waits for a block holds up no other call.
            let _call = match wait::METHODS.contains(&&*request.method) {
                true => None,
                false => turns.call().await,
            };
            inner.call(request).await
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self {
            inner,
            context,
            turns,
        } = self.clone();
        async move {
            let bytes = batch.iter().flatten().map(|entry| match entry {
                BatchEntry::Call(call) => bytes_of(call),
                BatchEntry::Notification(_) => 0,
            });
            let _request = turns.of_bytes(bytes.sum()).await;
            let _call = turns.call().await;
            let mut answers = BatchResponseBuilder::new_with_limit(MAX_ANSWER);
            let mut notified = false;
            let mut entries = batch.into_iter().peekable();
            while let Some(entry) = entries.next() {
                let some = match entry {
                    Ok(BatchEntry::Call(request)) if is_raw(&request) => {
                        let mut run = vec![request];
                        while run.len() < MOST
                            && let Some(Ok(BatchEntry::Call(request))) = entries.next_if(is_next)
                        {
                            run.push(request);
                        }
                        sent(&context, run).await
                    }
                    Ok(BatchEntry::Call(mut request)) => {
                        request.extensions_mut().insert(turns.clone());
                        vec![inner.call(request).await]
                    }
                    Ok(BatchEntry::Notification(notification)) => {
                        inner.notification(notification).await;
                        notified = true;
                        continue;
                    }
                    Err(error) => {
                        let (error, id) = error.into_parts();
                        vec![MethodResponse::error(id, error)]
                    }
                };
                // Lookups never wait: without this a batch would keep its thread until its end.
                tokio::task::yield_now().await;
                for answer in some {
                    if let Err(too_long) = answers.append(answer) {
                        return too_long;
                    }
                }
            }
            match answers.is_empty() && notified {
                true => MethodResponse::notification(),
                false => MethodResponse::from_batch(answers.finish()),
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

fn is_raw(request: &Request<'_>) -> bool {
    request.method == send::RAW
}

fn is_next(entry: &Result<BatchEntry<'_>, BatchEntryErr<'_>>) -> bool {
    matches!(entry, Ok(BatchEntry::Call(request)) if is_raw(request))
}

/// The answers to raw transactions.
async fn sent(context: &Context, run: Vec<Request<'_>>) -> Vec<MethodResponse> {
    let (ids, args): (Vec<Id<'_>>, Vec<_>) = run
        .into_iter()
        .map(|request| (request.id.clone(), Args::new(&request.params())))
        .unzip();
    let hashes = send::in_order(context, recovered(args).await).await;
    let answers = ids.into_iter().zip(hashes);
    answers
        .map(|(id, hash)| match hash {
            Ok(hash) => MethodResponse::response(id, ResponsePayload::success(hash), MAX_ANSWER),
            Err(error) => MethodResponse::error(id, error),
        })
        .collect()
}

/// Recovers the senders, on several threads where that is worth it.
async fn recovered(args: Vec<Result<Args, RpcError>>) -> Vec<send::Decoded> {
    let decode = |args: Result<Args, RpcError>| send::recovered(&args?);
    let threads = available_parallelism().map_or(1, usize::from);
    let share = args.len().div_ceil(threads).max(LEAST);
    if args.len() <= share {
        return args.into_iter().map(decode).collect();
    }
    let mut left = args.into_iter();
    let mut parts = Vec::new();
    loop {
        let part: Vec<_> = left.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        let decoded = move || part.into_iter().map(decode).collect::<Vec<_>>();
        parts.push(tokio::task::spawn_blocking(decoded));
    }
    let mut all = Vec::new();
    for part in parts {
        // A part only fails when the runtime is shut down: then nobody reads the answers.
        all.extend(part.await.unwrap_or_default());
    }
    all
}
