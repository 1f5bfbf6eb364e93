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
use super::args::RpcArgs;
use super::json;
use super::method::{RpcContext, RpcResult};
use crate::config::AdmissionPolicy;
use crate::events::{ChainEvent, EventFollower, MissedEvents};
use crate::executor::{CallerShare, ReadPermit};
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
    fn includes(&self, event: &ChainEvent) -> bool {
        match self {
            Self::TransactionHashes | Self::Transactions => {
                matches!(event, ChainEvent::Transaction(_))
            }
            Self::Heads | Self::Logs(_) | Self::Receipts(_) => {
                matches!(event, ChainEvent::Block(_))
            }
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

pub(super) fn register(module: &mut RpcModule<RpcContext>) -> Result<(), RegisterMethodError> {
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
    context: Arc<RpcContext>,
    caller: Extensions,
) -> SubscriptionResult {
    let view = context.worker.view().await;
    let share = CallerShare::from_extensions(&caller);
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
    let subscriber = EventSubscriber { sink };
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
fn read_topic(
    params: &Params<'_>,
    admission: AdmissionPolicy,
) -> Result<SubscriptionTopic, RpcError> {
    let args = RpcArgs::new("eth_subscribe", params, admission)?;
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
    context: &RpcContext,
    subscription: &AcceptedSubscription,
    mut events: EventFollower,
    subscriber: &EventSubscriber,
) -> Result<(), RpcError> {
    loop {
        tokio::select! {
            () = subscriber.sink.closed() => return Ok(()),
            news = events.news() => news.map_err(missed)?,
        }
        let told = {
            let _turn = turn(context).await;
            let is_wanted = |event: &ChainEvent| subscription.topic.includes(event);
            match events.next(is_wanted).map_err(missed)? {
                Some(event) => told(context, subscription, event).await,
                None => Ok(SubscriberMessage::Nothing),
            }
        };
        let told = match told {
            Err(WorkError::Stopped) => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok(SubscriberMessage::Message(message)) => subscriber.send(message).await,
            Ok(SubscriberMessage::Logs(logs)) => subscriber.send_logs(context, logs).await,
            Ok(SubscriberMessage::Nothing) => true,
        };
        if !told {
            return Ok(());
        }
    }
}

fn missed(missed: MissedEvents) -> RpcError {
    RpcError::Limit(missed.to_string())
}

/// A subscriber's turn to find out what to tell next, which ends with the value. Those that wait for theirs leave the
/// threads to others. Nobody keeps it while a client reads.
async fn turn(context: &RpcContext) -> ReadPermit {
    let turn = context.telling.clone().acquire_owned().await;
    tokio::task::yield_now().await;
    turn
}

/// The message to a subscriber about an event.
enum SubscriberMessage<'a> {
    Nothing,
    Message(RpcResult),
    Logs(MatchingLogs<'a>),
}

/// Makes the message about an event; none if it was taken back since.
async fn told<'a>(
    context: &RpcContext,
    subscription: &'a AcceptedSubscription,
    event: ChainEvent,
) -> Result<SubscriberMessage<'a>, WorkError> {
    let told = match (&subscription.topic, event) {
        (SubscriptionTopic::Transactions, ChainEvent::Transaction(hash)) => {
            let view = context.worker.view().await?;
            json::known(&view, hash).map(|transaction| SubscriberMessage::Message(ok(transaction)))
        }
        (SubscriptionTopic::TransactionHashes, ChainEvent::Transaction(hash)) => {
            Some(SubscriberMessage::Message(ok(hash)))
        }
        (SubscriptionTopic::Heads, ChainEvent::Block(hash)) => {
            let block = block(context, hash).await?;
            block.map(|block| SubscriberMessage::Message(json::header(&block).and_then(ok)))
        }
        (SubscriptionTopic::Receipts(hashes), ChainEvent::Block(hash)) => {
            let block = block(context, hash).await?;
            block.and_then(|block| receipts(&block, hashes))
        }
        (SubscriptionTopic::Logs(filter), ChainEvent::Block(hash)) => {
            let block = block(context, hash).await?;
            let logs = block.and_then(|block| MatchingLogs::find(filter, block));
            logs.map(SubscriberMessage::Logs)
        }
        _ => None,
    };
    Ok(told.unwrap_or(SubscriberMessage::Nothing))
}

/// The receipts of a block that a subscriber wants, in one message.
fn receipts(block: &Block, hashes: &BTreeSet<B256>) -> Option<SubscriberMessage<'static>> {
    let is_wanted = |hash: &B256| hashes.is_empty() || hashes.contains(hash);
    let receipts = block.receipts.iter();
    let receipts = receipts.filter(|receipt| is_wanted(&receipt.transaction_hash));
    let receipts: Vec<_> = receipts.map(json::receipt).collect();
    (!receipts.is_empty()).then(|| SubscriberMessage::Message(ok(receipts)))
}

async fn block(context: &RpcContext, hash: B256) -> Result<Option<Arc<Block>>, WorkError> {
    let view = context.worker.view().await?;
    Ok(view.chain.block(hash.into()))
}

/// The logs of a block that a filter takes.
struct MatchingLogs<'a> {
    filter: &'a Filter,
    block: Arc<Block>,
    /// The place of the receipt that comes next.
    receipt: usize,
    /// The place in it of the log that comes next.
    log: usize,
}

/// The result of a turn.
enum LogSearch {
    Log(Box<alloy_rpc_types::Log>),
    /// None so far.
    NoneYet,
    /// No more.
    End,
}

impl<'a> MatchingLogs<'a> {
    /// Nothing where the block's bloom shows that there are none.
    fn find(filter: &'a Filter, block: Arc<Block>) -> Option<Self> {
        let may_match = filter.matches_bloom(block.header.logs_bloom);
        may_match.then_some(Self {
            filter,
            block,
            receipt: 0,
            log: 0,
        })
    }

    /// Looks for the next one at no more receipts and logs than others wait for.
    fn look(&mut self) -> LogSearch {
        for _ in 0..LOOKED_AT {
            let Some(receipt) = self.block.receipts.get(self.receipt) else {
                return LogSearch::End;
            };
            let may_match = self.log > 0 || self.filter.matches_bloom(receipt.logs_bloom);
            let Some(log) = receipt.logs.get(self.log).filter(|_| may_match) else {
                (self.receipt, self.log) = (self.receipt + 1, 0);
                continue;
            };
            let index = receipt.first_log_index + self.log as u64;
            self.log += 1;
            if self.filter.matches(log) {
                return LogSearch::Log(Box::new(receipt.placed(log, index)));
            }
        }
        LogSearch::NoneYet
    }
}

/// The receiver of the messages. A slow reader is waited for.
struct EventSubscriber {
    sink: SubscriptionSink,
}

impl EventSubscriber {
    /// Sends a message; false when the subscription is closed.
    async fn send(&self, message: RpcResult) -> bool {
        let Ok(message) = message else {
            return true;
        };
        let message = SubscriptionMessage::from(message);
        self.sink.send(message).await.is_ok()
    }

    /// One log after the other: those of a block may be many.
    async fn send_logs(&self, context: &RpcContext, mut logs: MatchingLogs<'_>) -> bool {
        loop {
            let message = {
                let _turn = turn(context).await;
                match logs.look() {
                    LogSearch::Log(log) => ok(log),
                    LogSearch::NoneYet if !self.sink.is_closed() => continue,
                    LogSearch::NoneYet => return false,
                    LogSearch::End => return true,
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
    use crate::events::EventLog;
    use crate::executor::ReadExecutor;
    use crate::limits::HASHES;
    use crate::node::DevNode;
    use crate::worker::ChainWorker;

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
        let mut logs = MatchingLogs::find(filter, block.clone()).expect("the bloom matches");
        let (mut places, mut turns) = (Vec::new(), 0);
        loop {
            match logs.look() {
                LogSearch::Log(log) => places.extend(log.log_index),
                LogSearch::NoneYet => turns += 1,
                LogSearch::End => return (places, turns),
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
        assert!(MatchingLogs::find(&other, Arc::new(block.clone())).is_none());
        // As if another receipt matched.
        block.header.logs_bloom = Bloom::repeat_byte(0xff);
        assert_eq!(looked(&other, &Arc::new(block)), (vec![], 0));
    }

    /// Ends the subscription of a subscriber that reads nothing while much happens, with a last message.
    #[tokio::test]
    async fn a_subscriber_who_missed_something_is_told_that_the_subscription_has_ended() {
        let (worker, _thread) = ChainWorker::start(|| {
            let accounts = DevAccounts::nitro_alone()?;
            Ok(DevNode::from_chain(
                Chain::new(ChainConfig::default()),
                accounts,
            ))
        })
        .expect("a chain");
        let events = EventLog::new();
        let methods = super::super::methods(
            worker,
            ReadExecutor::new(),
            events.clone(),
            AdmissionPolicy::Lenient,
        )
        .expect("methods");
        let request = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newPendingTransactions"]}"#;
        let (answer, mut messages) = methods
            .socket
            .raw_json_request(request, 1)
            .await
            .expect("a subscription");
        for at in 0..=HASHES {
            events.push(ChainEvent::Transaction(B256::left_padding_from(
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
