//! `eth_subscribe`: new heads, logs and accepted transactions, over WebSocket.

use std::sync::Arc;

use alloy::primitives::B256;
use alloy_rpc_types::Filter;
use alloy_rpc_types::pubsub::{Params as KindParams, SubscriptionKind};
use jsonrpsee::core::{RegisterMethodError, SubscriptionResult};
use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink};
use jsonrpsee::types::Params;
use jsonrpsee::{Extensions, RpcModule};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::broadcast::Receiver;

use super::answer::ok;
use super::args::Args;
use super::json;
use super::method::Context;
use crate::events::Event;
use crate::rpc_error::RpcError;

/// What one subscriber wants to hear.
enum Wanted {
    Heads,
    Logs(Box<Filter>),
    Transactions { full: bool },
}

pub(super) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        subscribe,
    )?;
    Ok(())
}

async fn subscribe(
    params: Params<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    _: Extensions,
) -> SubscriptionResult {
    let wanted = match wanted(&params) {
        Ok(wanted) => wanted,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    // Listening starts before the subscription is confirmed, so that nothing is missed.
    let events = context.events.subscribe();
    let sink = pending.accept().await?;
    forward(&context, &wanted, events, sink).await;
    Ok(())
}

fn wanted(params: &Params<'_>) -> Result<Wanted, RpcError> {
    let args = Args::new(params)?;
    let details = KindParams::from_json_value(args.opt(1, "details")?.unwrap_or(Value::Null))
        .map_err(|error| RpcError::Params(format!("parameter 1 (details): {error}")))?;
    match (args.get(0, "kind")?, details) {
        (SubscriptionKind::NewHeads, _) => Ok(Wanted::Heads),
        (SubscriptionKind::Logs, KindParams::Logs(filter)) => Ok(Wanted::Logs(filter)),
        (SubscriptionKind::Logs, _) => Ok(Wanted::Logs(Box::default())),
        (SubscriptionKind::NewPendingTransactions, details) => Ok(Wanted::Transactions {
            full: matches!(details, KindParams::Bool(true)),
        }),
        (other, _) => Err(RpcError::NotSupported(format!(
            "the subscription `{other}`"
        ))),
    }
}

/// Ends when the client leaves, the node stops, or the client is too slow to follow.
async fn forward(
    context: &Context,
    wanted: &Wanted,
    mut events: Receiver<Event>,
    sink: SubscriptionSink,
) {
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        let Ok(event) = event else { return };
        for message in messages(context, wanted, event).await {
            if sink.send(SubscriptionMessage::from(message)).await.is_err() {
                return;
            }
        }
    }
}

async fn messages(context: &Context, wanted: &Wanted, event: Event) -> Vec<Box<RawValue>> {
    match (wanted, event) {
        (Wanted::Heads, Event::Block(block)) => {
            json::header(&block).and_then(ok).into_iter().collect()
        }
        (Wanted::Logs(filter), Event::Block(block)) => {
            let logs = block.receipts.iter().flat_map(json::receipt_logs);
            logs.filter(|log| filter.matches(&log.inner))
                .filter_map(|log| ok(log).ok())
                .collect()
        }
        (Wanted::Transactions { full: false }, Event::Transaction(hash)) => {
            ok(hash).into_iter().collect()
        }
        (Wanted::Transactions { full: true }, Event::Transaction(hash)) => {
            whole(context, hash).await.into_iter().collect()
        }
        (Wanted::Heads | Wanted::Logs(_), Event::Transaction(_))
        | (Wanted::Transactions { .. }, Event::Block(_))
        | (_, Event::Skipped) => Vec::new(),
    }
}

async fn whole(context: &Context, hash: B256) -> Option<Box<RawValue>> {
    let view = context.worker.view().await.ok()?;
    let mined = view.chain.transaction(hash);
    let mined = mined.map(|tx| json::transaction(&tx));
    let waiting = || view.chain.pooled(hash).map(|tx| json::pooled(&tx));
    ok(mined.or_else(waiting)?).ok()
}
