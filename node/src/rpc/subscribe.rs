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
use stylus_chain::Block;
use tokio::sync::broadcast::Receiver;

use super::answer::ok;
use super::args::Args;
use super::json;
use super::method::{Context, RpcResult};
use crate::events::Event;
use crate::rpc_error::RpcError;

/// What one subscriber gets.
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
        let sent = match (wanted, event) {
            (_, Err(_)) => return,
            (Wanted::Heads, Ok(Event::Block(block))) => {
                send(&sink, json::header(&block).and_then(ok)).await
            }
            (Wanted::Logs(filter), Ok(Event::Block(block))) => {
                send_logs(filter, &block, &sink).await
            }
            (Wanted::Transactions { full: false }, Ok(Event::Transaction(hash))) => {
                send(&sink, ok(hash)).await
            }
            (Wanted::Transactions { full: true }, Ok(Event::Transaction(hash))) => {
                send(&sink, whole(context, hash).await).await
            }
            _ => true,
        };
        if !sent {
            return;
        }
    }
}

/// Sends a message; false when the subscription is closed.
async fn send(sink: &SubscriptionSink, message: RpcResult) -> bool {
    let Ok(message) = message else { return true };
    sink.send(SubscriptionMessage::from(message)).await.is_ok()
}

/// One log after the other: those of a block may be many, and others wait for this thread.
async fn send_logs(filter: &Filter, block: &Block, sink: &SubscriptionSink) -> bool {
    for receipt in &block.receipts {
        tokio::task::yield_now().await;
        let logs = receipt.indexed_logs();
        for (log, index) in logs.filter(|(log, _)| filter.matches(log)) {
            if !send(sink, ok(receipt.placed(log, index))).await {
                return false;
            }
        }
    }
    true
}

async fn whole(context: &Context, hash: B256) -> RpcResult {
    let view = context.worker.view().await?;
    let unknown = || RpcError::NotFound("it was dropped".into());
    ok(json::known(&view, hash).ok_or_else(unknown)?)
}
