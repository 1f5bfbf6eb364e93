//! `eth_subscribe`: new heads, logs and accepted transactions, over WebSocket.

use std::collections::BTreeSet;
use std::sync::Arc;

use alloy::primitives::B256;
use alloy_rpc_types::Filter;
use jsonrpsee::core::{RegisterMethodError, SubscriptionError, SubscriptionResult};
use jsonrpsee::server::{PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink};
use jsonrpsee::types::{ErrorObjectOwned, Params};
use jsonrpsee::{Extensions, RpcModule};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde_json::value::to_raw_value;
use stylus_chain::Block;

use super::answer::ok;
use super::args::Args;
use super::json;
use super::method::{Context, RpcResult};
use crate::config::Admission;
use crate::events::{Event, Follower, Missed};
use crate::executor::{Place, Share};
use crate::filters::{Reservation, log_filter_weight};
use crate::limits::LOOKED_AT;
use crate::rpc_error::RpcError;
use crate::work_error::WorkError;

/// Most transactions of one subscription to receipts, as in geth.
const RECEIPT_HASHES: usize = 200;

/// The messages of a subscription.
enum SubscriptionTopic {
    Heads,
    Logs(Box<Filter>),
    TransactionHashes,
    Transactions,
    /// Receipts of these transactions; of all where none is named.
    Receipts(BTreeSet<B256>),
}

impl SubscriptionTopic {
    /// Returns true if events of this kind are its subject.
    fn includes(&self, event: &Event) -> bool {
        match self {
            Self::TransactionHashes | Self::Transactions => {
                matches!(event, Event::Transaction(_))
            }
            Self::Heads | Self::Logs(_) | Self::Receipts(_) => matches!(event, Event::Block(_)),
        }
    }

    /// The part of the bound on filters that it takes.
    fn weight(&self) -> usize {
        match self {
            Self::Logs(filter) => log_filter_weight(filter),
            Self::Heads | Self::TransactionHashes | Self::Transactions => 1,
            Self::Receipts(hashes) => 1 + hashes.len(),
        }
    }
}

/// A subscription that was accepted.
struct AcceptedSubscription {
    topic: SubscriptionTopic,
    _reservation: Reservation,
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
    let share = Share::of(&caller);
    let accepted = view.map_err(RpcError::from).and_then(|view| {
        let topic = read_topic(&params, context.admission)?;
        let weight = topic.weight();
        let reservation = view.filters.lock().reserve(weight, &share.filters)?;
        Ok(AcceptedSubscription {
            topic,
            _reservation: reservation,
        })
    });
    // They may be large, and the subscription lasts.
    drop(params);
    let subscription = match accepted {
        Ok(subscription) => subscription,
        Err(error) => {
            pending.reject(error).await;
            return Ok(());
        }
    };
    // Listening starts before the subscription is confirmed, so that nothing is missed.
    let events = context.events.follow();
    let sink = pending.accept().await?;
    let subscriber = Subscriber { sink };
    let ended = forward(&context, &subscription, events, &subscriber).await;
    ended.map_err(|reason| notice(reason.into()))
}

/// Tells a subscriber that the subscription has ended, and why.
fn notice(reason: ErrorObjectOwned) -> SubscriptionError {
    match to_raw_value(&reason) {
        Ok(reason) => SubscriptionError::from_json(reason),
        Err(_) => SubscriptionError::from(reason.message()),
    }
}

/// The kinds of subscriptions that Nitro has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum SubscriptionKind {
    NewHeads,
    Logs,
    NewPendingTransactions,
    TransactionReceipts,
}

/// The receipts that a subscriber gets.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptQuery {
    #[serde(default)]
    transaction_hashes: Option<BTreeSet<B256>>,
}

/// Reads the parameters of a subscription.
fn read_topic(params: &Params<'_>, admission: Admission) -> Result<SubscriptionTopic, RpcError> {
    let args = Args::new("eth_subscribe", params, admission)?;
    let kind: String = args.get(0, "kind")?;
    let kind = SubscriptionKind::deserialize(kind.as_str().into_deserializer()).map_err(
        |_: serde::de::value::Error| RpcError::NotSupported(format!("the subscription `{kind}`")),
    )?;
    Ok(match kind {
        SubscriptionKind::NewHeads => SubscriptionTopic::Heads,
        SubscriptionKind::Logs => {
            let filter: Option<Filter> = args.opt(1, "details")?;
            SubscriptionTopic::Logs(Box::new(filter.unwrap_or_default()))
        }
        SubscriptionKind::NewPendingTransactions => {
            let is_full: Option<bool> = args.opt(1, "details")?;
            if is_full.unwrap_or_default() {
                SubscriptionTopic::Transactions
            } else {
                SubscriptionTopic::TransactionHashes
            }
        }
        SubscriptionKind::TransactionReceipts => {
            let query: ReceiptQuery = args.opt(1, "details")?.unwrap_or_default();
            let hashes = query.transaction_hashes.unwrap_or_default();
            if hashes.len() > RECEIPT_HASHES {
                return Err(RpcError::Refused(
                    "exceed max number of transaction hashes allowed per transactionReceipts subscription"
                        .into(),
                ));
            }
            SubscriptionTopic::Receipts(hashes)
        }
    })
}

/// Ends when the client leaves or the node stops.
///
/// # Errors
/// The client is too slow to follow.
async fn forward(
    context: &Context,
    subscription: &AcceptedSubscription,
    mut events: Follower,
    subscriber: &Subscriber,
) -> Result<(), RpcError> {
    loop {
        tokio::select! {
            () = subscriber.sink.closed() => return Ok(()),
            news = events.news() => news.map_err(missed)?,
        }
        let told = {
            let _turn = turn(context).await;
            let is_wanted = |event: &Event| subscription.topic.includes(event);
            match events.next(is_wanted).map_err(missed)? {
                Some(event) => told(context, subscription, event).await,
                None => Ok(Told::Nothing),
            }
        };
        let told = match told {
            Err(WorkError::Stopped) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(Told::Message(message)) => subscriber.send(message).await,
            Ok(Told::Logs(logs)) => subscriber.send_logs(context, logs).await,
            Ok(Told::Nothing) => true,
        };
        if !told {
            return Ok(());
        }
    }
}

fn missed(missed: Missed) -> RpcError {
    RpcError::Limit(missed.to_string())
}

/// A subscriber's turn to find out what to tell next, which ends with the value. Those that wait for theirs leave the
/// threads to others. Nobody keeps it while a client reads.
async fn turn(context: &Context) -> Place {
    let turn = context.telling.clone().acquire_owned().await;
    tokio::task::yield_now().await;
    turn
}

/// The message to a subscriber about an event.
enum Told<'a> {
    Nothing,
    Message(RpcResult),
    Logs(Logs<'a>),
}

/// Makes the message about an event; none if it was taken back since.
async fn told<'a>(
    context: &Context,
    subscription: &'a AcceptedSubscription,
    event: Event,
) -> Result<Told<'a>, WorkError> {
    let told = match (&subscription.topic, event) {
        (SubscriptionTopic::Transactions, Event::Transaction(hash)) => {
            let view = context.worker.view().await?;
            json::known(&view, hash).map(|transaction| Told::Message(ok(transaction)))
        }
        (SubscriptionTopic::TransactionHashes, Event::Transaction(hash)) => {
            Some(Told::Message(ok(hash)))
        }
        (SubscriptionTopic::Heads, Event::Block(hash)) => {
            let block = block(context, hash).await?;
            block.map(|block| Told::Message(json::header(&block).and_then(ok)))
        }
        (SubscriptionTopic::Receipts(hashes), Event::Block(hash)) => {
            let block = block(context, hash).await?;
            block.and_then(|block| receipts(&block, hashes))
        }
        (SubscriptionTopic::Logs(filter), Event::Block(hash)) => {
            let block = block(context, hash).await?;
            let logs = block.and_then(|block| Logs::of(filter, block));
            logs.map(Told::Logs)
        }
        _ => None,
    };
    Ok(told.unwrap_or(Told::Nothing))
}

/// The receipts of a block that a subscriber wants, in one message.
fn receipts(block: &Block, hashes: &BTreeSet<B256>) -> Option<Told<'static>> {
    let is_wanted = |hash: &B256| hashes.is_empty() || hashes.contains(hash);
    let receipts = block.receipts.iter();
    let receipts = receipts.filter(|receipt| is_wanted(&receipt.transaction_hash));
    let receipts: Vec<_> = receipts.map(json::receipt).collect();
    (!receipts.is_empty()).then(|| Told::Message(ok(receipts)))
}

async fn block(context: &Context, hash: B256) -> Result<Option<Arc<Block>>, WorkError> {
    let view = context.worker.view().await?;
    Ok(view.chain.block(hash.into()))
}

/// The logs of a block that a filter takes.
struct Logs<'a> {
    filter: &'a Filter,
    block: Arc<Block>,
    /// The place of the receipt that comes next.
    receipt: usize,
    /// The place in it of the log that comes next.
    log: usize,
}

/// The result of a turn.
enum Found {
    Log(Box<alloy_rpc_types::Log>),
    /// None so far.
    NoneYet,
    /// No more.
    End,
}

impl<'a> Logs<'a> {
    /// Nothing where the block's bloom shows that there are none.
    fn of(filter: &'a Filter, block: Arc<Block>) -> Option<Self> {
        let may_match = filter.matches_bloom(block.header.logs_bloom);
        may_match.then_some(Self {
            filter,
            block,
            receipt: 0,
            log: 0,
        })
    }

    /// Looks for the next one at no more receipts and logs than others wait for.
    fn look(&mut self) -> Found {
        for _ in 0..LOOKED_AT {
            let Some(receipt) = self.block.receipts.get(self.receipt) else {
                return Found::End;
            };
            let may_match = self.log > 0 || self.filter.matches_bloom(receipt.logs_bloom);
            let Some(log) = receipt.logs.get(self.log).filter(|_| may_match) else {
                (self.receipt, self.log) = (self.receipt + 1, 0);
                continue;
            };
            let index = receipt.first_log_index + self.log as u64;
            self.log += 1;
            if self.filter.matches(log) {
                return Found::Log(Box::new(receipt.placed(log, index)));
            }
        }
        Found::NoneYet
    }
}

/// The receiver of the messages. A slow reader is waited for.
struct Subscriber {
    sink: SubscriptionSink,
}

impl Subscriber {
    /// Sends a message; false when the subscription is closed.
    async fn send(&self, message: RpcResult) -> bool {
        let Ok(message) = message else {
            return true;
        };
        let message = SubscriptionMessage::from(message);
        self.sink.send(message).await.is_ok()
    }

    /// One log after the other: those of a block may be many.
    async fn send_logs(&self, context: &Context, mut logs: Logs<'_>) -> bool {
        loop {
            let message = {
                let _turn = turn(context).await;
                match logs.look() {
                    Found::Log(log) => ok(log),
                    Found::NoneYet if !self.sink.is_closed() => continue,
                    Found::NoneYet => return false,
                    Found::End => return true,
                }
            };
            if !self.send(message).await {
                return false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use alloy::primitives::{Address, Bloom, U256, hex};
    use serde_json::Value;
    use stylus_chain::{BlockId, CallRequest, Chain, ChainConfig};

    use crate::accounts::DevAccounts;
    use crate::events::Events;
    use crate::executor::Executor;
    use crate::limits::HASHES;
    use crate::node::Node;
    use crate::worker::Worker;

    const LOGGER: Address = Address::repeat_byte(0xc1);

    /// A block with one transaction of more than 2,000 logs. The first has the topics 1 and 2, the others have none.
    fn block_of_many_logs() -> Arc<Block> {
        let from = Address::repeat_byte(1);
        let mut chain = Chain::new(ChainConfig {
            auto_impersonate: true,
            ..ChainConfig::default()
        });
        chain.set_balance(from, U256::MAX >> 1);
        // LOG2; then LOG0 as long as there are 10,000 gas.
        let code = hex!("600260015f5fa25b5f5fa05a61271010600757").into();
        chain.set_code(LOGGER, code);
        let request = CallRequest {
            to: Some(LOGGER),
            gas: Some(1_000_000),
            ..CallRequest::default()
        };
        chain.submit_unsigned(from, request).expect("it is mined");
        let block = chain.block(BlockId::latest()).expect("a block");
        assert!(block.receipts[0].logs.len() > 2_000);
        block
    }

    /// The places in the block of the logs that a filter takes, and how many turns passed without one.
    fn looked(filter: &Filter, block: &Arc<Block>) -> (Vec<u64>, usize) {
        let mut logs = Logs::of(filter, block.clone()).expect("the bloom matches");
        let (mut places, mut turns) = (Vec::new(), 0);
        loop {
            match logs.look() {
                Found::Log(log) => places.extend(log.log_index),
                Found::NoneYet => turns += 1,
                Found::End => return (places, turns),
            }
        }
    }

    #[test]
    fn logs_that_a_filter_does_not_take_are_looked_at_in_turns() {
        let block = block_of_many_logs();
        let logs = block.receipts[0].logs.len();
        let topic = |at: u8| Filter::new().event_signature(B256::with_last_byte(at));
        // The bloom has the second topic, too.
        let (places, turns) = looked(&topic(2), &block);
        assert!(places.is_empty() && turns >= logs / LOOKED_AT, "{turns}");
        let (places, _) = looked(&topic(1), &block);
        assert_eq!(places, [0]);
        let (places, turns) = looked(&Filter::new().address(LOGGER), &block);
        assert!(places.into_iter().eq(0..logs as u64));
        assert_eq!(turns, 0);
    }

    #[test]
    fn logs_whose_bloom_a_filter_does_not_match_are_not_looked_at() {
        let mut block = Block::clone(&block_of_many_logs());
        let other = Filter::new().address(Address::repeat_byte(2));
        assert!(Logs::of(&other, Arc::new(block.clone())).is_none());
        // As if another receipt matched.
        block.header.logs_bloom = Bloom::repeat_byte(0xff);
        assert_eq!(looked(&other, &Arc::new(block)), (vec![], 0));
    }

    /// Ends the subscription of a subscriber that reads nothing while much happens, with a last message.
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
        events.tell();
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
