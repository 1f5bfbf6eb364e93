//! `eth_subscribe`: new heads, logs and accepted transactions, over WebSocket.

use std::sync::Arc;

use alloy_rpc_types::Filter;
use alloy_rpc_types::pubsub::{Params as KindParams, SubscriptionKind};
use jsonrpsee::core::{RegisterMethodError, SubscriptionError, SubscriptionResult};
use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use jsonrpsee::{Extensions, RpcModule};
use serde_json::Value;
use serde_json::value::to_raw_value;
use stylus_chain::Block;

use super::answer::ok;
use super::args::Args;
use super::json;
use super::method::{Context, RpcResult};
use crate::config::Admission;
use crate::events::{Event, Follower};
use crate::executor::Share;
use crate::filters::{Counted, Watch};
use crate::held::Connection;
use crate::rpc_error::RpcError;
use crate::view::View;

/// What one subscriber gets.
struct Wanted {
    counted: Counted,
    /// Transactions themselves, and not their hashes.
    is_full: bool,
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
    caller: Extensions,
) -> SubscriptionResult {
    let view = context.worker.view().await;
    let wanted = view.map_err(RpcError::from).and_then(|view| {
        let (watch, is_full) = wanted(&params, context.admission)?;
        let counted = view.filters.lock().count(watch)?;
        Ok(Wanted { counted, is_full })
    });
    // They may be large, and the subscription lasts.
    drop(params);
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    // Listening starts before the subscription is confirmed, so that nothing is missed.
    let events = context.events.follow();
    let sink = pending.accept().await?;
    let share: Option<&Share> = caller.get();
    let connection = share.map(|share| share.connection.clone());
    let connection = connection.unwrap_or_default();
    let subscriber = Subscriber { sink, connection };
    let ended = forward(&context, &wanted, events, &subscriber).await;
    ended.map_err(|reason| notice(reason.into()))
}

/// Tells a subscriber that the subscription has ended, and why.
fn notice(reason: ErrorObjectOwned) -> SubscriptionError {
    match to_raw_value(&reason) {
        Ok(reason) => SubscriptionError::from_json(reason),
        Err(_) => SubscriptionError::from(reason.message()),
    }
}

/// What is watched, and whether transactions are wanted themselves.
fn wanted(params: &Params<'_>, admission: Admission) -> Result<(Watch, bool), RpcError> {
    let args = Args::new(params, admission)?;
    let details = KindParams::from_json_value(args.opt(1, "details")?.unwrap_or(Value::Null))
        .map_err(|error| RpcError::Params(format!("parameter 1 (details): {error}")))?;
    match (args.get(0, "kind")?, details) {
        (SubscriptionKind::NewHeads, _) => Ok((Watch::Blocks, false)),
        (SubscriptionKind::Logs, KindParams::Logs(filter)) => Ok((Watch::Logs(filter), false)),
        (SubscriptionKind::Logs, _) => Ok((Watch::Logs(Box::default()), false)),
        (SubscriptionKind::NewPendingTransactions, details) => Ok((
            Watch::Transactions,
            matches!(details, KindParams::Bool(true)),
        )),
        (other, _) => Err(RpcError::NotSupported(format!(
            "the subscription `{other}`"
        ))),
    }
}

/// Ends when the client leaves or the node stops.
///
/// # Errors
/// The client is too slow to follow, or leaves too much unread.
async fn forward(
    context: &Context,
    wanted: &Wanted,
    mut events: Follower,
    subscriber: &Subscriber,
) -> Result<(), RpcError> {
    loop {
        let news = tokio::select! {
            () = subscriber.sink.closed() => return Ok(()),
            news = events.next() => news,
        };
        let news = news.map_err(|missed| RpcError::Limit(missed.to_string()))?;
        let Ok(view) = context.worker.view().await else {
            return Ok(());
        };
        for event in news {
            let told = match told(&view, wanted, event) {
                Told::Message(message) => subscriber.send(message).await?,
                Told::Logs(filter, block) => subscriber.send_logs(filter, &block).await?,
                Told::Nothing => true,
            };
            if !told {
                return Ok(());
            }
        }
    }
}

/// What a subscriber is told of an event.
enum Told<'a> {
    Nothing,
    Message(RpcResult),
    /// Those that the filter takes.
    Logs(&'a Filter, Arc<Block>),
}

/// What was taken back since the event is not told of.
fn told<'a>(view: &View, wanted: &'a Wanted, event: Event) -> Told<'a> {
    let told = match (wanted.counted.watch(), event) {
        (Watch::Transactions, Event::Transaction(hash)) if wanted.is_full => {
            json::known(view, hash).map(|transaction| Told::Message(ok(transaction)))
        }
        (Watch::Transactions, Event::Transaction(hash)) => Some(Told::Message(ok(hash))),
        (Watch::Blocks, Event::Block(hash)) => {
            let block = view.chain.block(hash.into());
            block.map(|block| Told::Message(json::header(&block).and_then(ok)))
        }
        (Watch::Logs(filter), Event::Block(hash)) => {
            let block = view.chain.block(hash.into());
            block.map(|block| Told::Logs(filter, block))
        }
        _ => None,
    };
    told.unwrap_or(Told::Nothing)
}

/// Who gets the messages.
struct Subscriber {
    sink: SubscriptionSink,
    connection: Arc<Connection>,
}

impl Subscriber {
    /// Sends a message; false when the subscription is closed.
    ///
    /// # Errors
    /// Too much is unread.
    async fn send(&self, message: RpcResult) -> Result<bool, RpcError> {
        let Ok(message) = message else {
            return Ok(true);
        };
        self.connection.message(message.get())?;
        let message = SubscriptionMessage::from(message);
        Ok(self.sink.send(message).await.is_ok())
    }

    /// One log after the other: those of a block may be many, and others wait for this thread.
    async fn send_logs(&self, filter: &Filter, block: &Block) -> Result<bool, RpcError> {
        for receipt in &block.receipts {
            tokio::task::yield_now().await;
            let logs = receipt.indexed_logs();
            for (log, index) in logs.filter(|(log, _)| filter.matches(log)) {
                if !self.send(ok(receipt.placed(log, index))).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use alloy::primitives::B256;
    use stylus_chain::{Chain, ChainConfig};

    use crate::accounts::DevAccounts;
    use crate::events::Events;
    use crate::executor::Executor;
    use crate::limits::HASHES;
    use crate::node::Node;
    use crate::worker::Worker;

    /// What such a subscriber is told last, who reads nothing while much happens.
    #[tokio::test]
    async fn a_subscriber_who_missed_something_is_told_that_the_subscription_has_ended() {
        let (worker, _thread) = Worker::start(|| {
            let accounts = DevAccounts::nitro_alone()?;
            Ok(Node::of_chain(Chain::new(ChainConfig::default()), accounts))
        })
        .expect("a chain");
        let events = Events::new();
        let methods =
            super::super::methods(worker, Executor::new(), events.clone(), Admission::Lenient)
                .expect("methods");
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newPendingTransactions"]}"#;
        let (answer, mut messages) = methods
            .socket
            .raw_json_request(request, 1)
            .await
            .expect("a subscription");
        for at in 0..=HASHES {
            events.push(Event::Transaction(B256::left_padding_from(
                &at.to_be_bytes(),
            )));
        }
        let answer: Value = serde_json::from_str(answer.get()).expect("JSON");
        let told = messages.recv().await.expect("a notice");
        let told: Value = serde_json::from_str(told.get()).expect("JSON");
        assert_eq!(told["params"]["subscription"], answer["result"], "{told}");
        let error = &told["params"]["error"];
        assert_eq!(error["code"], -32005, "{told}");
        let words = error["message"].as_str().expect("text");
        assert!(words.contains("not kept"), "{told}");
    }
}
