//! The events of one account, kept between two looks at it: what lies before a block that is still
//! there is not read again.

use super::{BlockAnswer, ChainError, Client};
use crate::ids::{CalldataHash, TxHash};
use alloy::primitives::{Address, B256};
use alloy::rpc::types::Log;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Blocks before the newest known one of which the events are read again: nodes of one endpoint may
/// lag, and show them later.
pub(crate) const BEHIND: u64 = 64;
/// Transactions of which sender and calldata are kept, at most, and blocks of which the time is: of more,
/// those that were used last.
const FACTS_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");
/// How long somebody waits for what another one reads: then he reads it himself.
const READING_TIMEOUT: Duration = Duration::from_secs(3);
/// Who sent a transaction, and what.
pub(crate) type Sender = (Address, CalldataHash);

/// Events of one account, shared by all that ask one endpoint for them.
#[derive(Debug)]
pub struct EventStore {
    account: Address,
    /// Held by the one who reads what is newer.
    known: tokio::sync::Mutex<Known>,
    /// By the hash of the block and that of the transaction.
    senders: Mutex<LruCache<(B256, TxHash), Sender>>,
    times: Mutex<LruCache<B256, u64>>,
}

/// What was read.
#[derive(Debug, Default)]
struct Known {
    /// The last block of which the events are known, and its hash.
    head: Option<(u64, B256)>,
    /// In order.
    logs: Vec<Log>,
}

impl EventStore {
    /// Of an account, with nothing in it.
    pub fn of(account: Address) -> Self {
        Self::bounded(account, FACTS_MAX)
    }

    fn bounded(account: Address, facts: NonZeroUsize) -> Self {
        Self {
            account,
            known: tokio::sync::Mutex::default(),
            senders: Mutex::new(LruCache::new(facts)),
            times: Mutex::new(LruCache::new(facts)),
        }
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.account
    }

    /// Forgets everything.
    pub async fn forget(&self) {
        *self.known.lock().await = Known::default();
    }

    /// The events up to block `to` that are `wanted`; `None` where the endpoint does not have the block, or somebody
    /// else reads for long. `read` reads those between two blocks.
    pub async fn events(
        &self,
        client: &Client,
        to: u64,
        wanted: impl Fn(&Log) -> bool,
        read: impl AsyncFn(u64, u64) -> Result<Vec<Log>, ChainError>,
    ) -> Result<Option<Vec<Log>>, ChainError> {
        let Ok(mut known) = timeout(READING_TIMEOUT, self.known.lock()).await else {
            return Ok(None);
        };
        if let Some((number, hash)) = known.head {
            match client.block_hash(number).await? {
                Some(found) if found == hash => {}
                Some(_) => *known = Known::default(),
                None => return Ok(None),
            }
        }
        if known.head.is_none_or(|(number, _)| number < to) {
            // The hash first: a block that is replaced meanwhile is found out by the next look.
            let Some(hash) = client.block_hash(to).await? else {
                return Ok(None);
            };
            let head = known.head.map(|(number, _)| number);
            let from = head.map_or(0, |number| number.saturating_sub(BEHIND));
            let logs = read(from, to).await?;
            let is_kept = |log: &Log| log.block_number.is_some_and(|block| block < from);
            known.logs.retain(is_kept);
            known.logs.extend(logs);
            known.head = Some((to, hash));
        }
        let is_wanted =
            |log: &&Log| log.block_number.is_some_and(|block| block <= to) && wanted(log);
        Ok(Some(known.logs.iter().filter(is_wanted).cloned().collect()))
    }

    /// Who sent the transaction of a log, and the hash of its calldata, if they are kept.
    pub fn sender(&self, log: &Log) -> Option<Sender> {
        lock(&self.senders).get(&transaction(log)?).copied()
    }

    /// Keeps who sent the transaction of a log.
    pub fn keep_sender(&self, log: &Log, sender: Sender) {
        if let Some(key) = transaction(log) {
            lock(&self.senders).put(key, sender);
        }
    }

    /// When the block of a log was made, in Unix seconds, if it is kept.
    pub fn time(&self, log: &Log) -> Option<u64> {
        lock(&self.times).get(&log.block_hash?).copied()
    }

    /// Keeps when the block of a log was made.
    pub fn keep_time(&self, log: &Log, time: u64) {
        if let Some(hash) = log.block_hash {
            lock(&self.times).put(hash, time);
        }
    }
}

/// What a thread left that panicked is whole: every change here is one assignment after the other.
fn lock<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

fn transaction(log: &Log) -> Option<(B256, TxHash)> {
    Some((log.block_hash?, TxHash(log.transaction_hash?)))
}

impl Client {
    /// The same, with the events of one account kept between two questions.
    pub fn with_events(&self, store: Arc<EventStore>) -> Self {
        Self {
            events: Some(store),
            ..self.clone()
        }
    }

    /// Where the events of an account are kept, if they are.
    pub fn events_of(&self, account: Address) -> Option<&EventStore> {
        let events = self.events.as_deref();
        events.filter(|store| store.account == account)
    }

    /// The hash of a block; `None` where the endpoint does not have it.
    ///
    /// # Errors
    /// What the endpoint says, and an answer of another block.
    pub async fn block_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let block = BlockAnswer::head(self, number.into()).await?;
        Ok(block.map(|block| block.hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Notify;

    fn log(block: u64) -> Log {
        Log {
            block_number: Some(block),
            block_hash: Some(B256::from(alloy::primitives::U256::from(block))),
            ..Log::default()
        }
    }

    /// A store that knows the events up to block 1, of a chain with two more blocks.
    async fn known() -> (stylus_devnode::NodeHandle, Client, EventStore) {
        let node = stylus_devnode::spawn(stylus_devnode::NodeConfig::default());
        let node = node.expect("a free port");
        let mined = node.with_chain(|chain| chain.mine(3, None));
        mined.expect("the chain").expect("blocks");
        let client = Client::connect(&node.endpoint()).await.expect("the chain");
        let store = EventStore::of(Address::ZERO);
        let read = async |_, _| Ok(vec![log(0), log(1)]);
        let found = store.events(&client, 1, |_| true, read).await;
        assert_eq!(found.expect("read").map(|all| all.len()), Some(2));
        (node, client, store)
    }

    #[tokio::test]
    async fn who_waits_for_another_one_gets_what_he_read() {
        let (_node, client, store) = known().await;
        let (begun, go) = (Notify::new(), Notify::new());
        let slow = async |from, to| {
            assert_eq!((from, to), (0, 3));
            begun.notify_one();
            go.notified().await;
            Ok(vec![log(0), log(1), log(3)])
        };
        let first = store.events(&client, 3, |_| true, slow);
        let none = async |_, _| unreachable!("somebody reads it");
        let second = async {
            begun.notified().await;
            let second = store.events(&client, 2, |_| true, none);
            let go = async { go.notify_one() };
            tokio::join!(second, go).0
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first.expect("read").map(|all| all.len()), Some(3));
        assert_eq!(second.expect("known").map(|all| all.len()), Some(2));
    }

    #[test]
    fn of_many_facts_those_that_were_used_last_are_kept() {
        let store = EventStore::bounded(Address::ZERO, NonZeroUsize::new(2).expect("two"));
        for block in 0..5 {
            store.keep_time(&log(block), block);
        }
        let found = (0..5).filter_map(|block| store.time(&log(block)));
        assert_eq!(found.collect::<Vec<_>>(), [3, 4]);
    }
}
