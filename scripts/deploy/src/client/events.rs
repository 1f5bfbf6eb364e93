//! The events of one account, kept between two looks at it: what lies before a block that is still
//! there is not read again.

use super::{BlockAnswer, ChainError, Client};
use crate::ids::{CalldataHash, TxHash};
use alloy::primitives::{Address, B256};
use alloy::rpc::types::Log;
use disk::Block;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::MutexGuard;
use tokio::time::timeout;

mod disk;

/// Blocks before the newest known one of which the events are read again: nodes of one endpoint may
/// lag, and show them later.
pub(crate) const BEHIND: u64 = 64;
/// Transactions of which sender and calldata are kept, at most, and blocks of which the time is: of more,
/// those that were used last.
const FACTS_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");
/// The time for which a reader waits for what another one reads: then it reads it himself.
const READING_TIMEOUT: Duration = Duration::from_secs(3);
/// The sender of a transaction, and the hash of its calldata.
pub(crate) type Sender = (Address, CalldataHash);

/// The number of pages after which what was read is kept: the next run goes on from there if this one ends early.
const CHECKPOINT: usize = 64;

/// Events of one account, shared by all that ask one endpoint for them.
#[derive(Debug)]
pub struct EventStore {
    account: Address,
    /// The file that keeps them between two commands.
    file: OnceLock<PathBuf>,
    /// The block in which somebody says that the account was created.
    said_created: OnceLock<u64>,
    /// The same, once it was looked at; `None` where it is not so.
    created: OnceLock<Option<u64>>,
    /// Held by the one who reads what is newer.
    known: tokio::sync::Mutex<Known>,
    /// By the hash of the block and that of the transaction.
    senders: Mutex<LruCache<(B256, TxHash), Sender>>,
    times: Mutex<LruCache<B256, u64>>,
}

/// The events that were read.
#[derive(Debug, Default)]
struct Known {
    /// The block that the file was at when this process last looked; `None` before it did. While another process
    /// writes, it is not what is there.
    on_file: Option<Option<Block>>,
    /// The last block of which the events are known, and its hash.
    head: Option<Block>,
    /// In order.
    logs: Vec<Log>,
    /// The first block of which events were left out, and the last one, as the endpoint wants many requests for them.
    left_out: Option<(u64, u64)>,
}

/// The events up to a block: what is known, and what is still to be read. Nobody else reads meanwhile.
pub struct Look<'s> {
    known: MutexGuard<'s, Known>,
    file: Option<&'s Path>,
    client: &'s Client,
    /// The block, and its hash.
    to: Block,
    /// The first block of which the events are to be read; `None` where all are known.
    from: Option<u64>,
    fresh: Vec<Log>,
    pages: usize,
}

impl Known {
    fn logs(&self, to: u64, wanted: impl Fn(&Log) -> bool) -> Vec<Log> {
        let is_old = |log: &&Log| log.block_number.is_some_and(|block| block <= to);
        let logs = self.logs.iter().filter(is_old);
        logs.filter(|log| wanted(log)).cloned().collect()
    }
}

impl Look<'_> {
    /// The first and the last block of which the events are still to be read; `None` where all are known.
    pub fn missing(&self) -> Option<(u64, u64)> {
        Some((self.from?, self.to.0))
    }

    /// Nothing is missing before that block.
    pub fn begin_at(&mut self, block: u64) {
        self.from = self.from.map(|from| from.max(block));
    }

    /// The last block of which the events are known.
    pub fn known_to(&self) -> Option<u64> {
        self.known.head.map(|(number, _)| number)
    }

    /// Adds the events of the next blocks that are missing, up to `end`.
    ///
    /// # Errors
    /// What the endpoint says of the block `end`.
    pub async fn add(&mut self, logs: Vec<Log>, end: u64) -> Result<(), ChainError> {
        self.fresh.extend(logs);
        self.pages += 1;
        if end >= self.to.0 {
            self.keep(self.to);
            self.from = None;
        } else if self.pages.is_multiple_of(CHECKPOINT)
            && let Some(hash) = self.client.block_hash(end).await?
        {
            self.keep((end, hash));
            self.from = Some(end.saturating_add(1));
        }
        Ok(())
    }

    /// Keeps what was added, where no more comes: the next look begins after the last event.
    pub fn keep_read(&mut self) {
        let last = self.fresh.last();
        let last = last.and_then(|log| log.block_number.zip(log.block_hash));
        if let Some((number, hash)) = last {
            self.keep((number, hash));
            self.from = Some(number.saturating_add(1));
        }
    }

    /// The known events up to the block that are `wanted`.
    pub fn logs(&self, wanted: impl Fn(&Log) -> bool) -> Vec<Log> {
        self.known.logs(self.to.0, wanted)
    }

    /// Reads nothing from block `first` on, and nobody is to try again for the same blocks.
    pub fn leave_out(&mut self, first: u64) {
        self.known.left_out = Some((first, self.to.0));
    }

    fn keep(&mut self, head: Block) {
        // Where nothing was known, nothing that is older stays either: it may be of another chain.
        let from = match self.known.head.replace(head) {
            Some(_) => self.from.unwrap_or_default(),
            None => 0,
        };
        if let (Some(file), Some(before)) = (self.file, self.known.on_file)
            && disk::store(file, before, from, &self.fresh, head)
        {
            self.known.on_file = Some(Some(head));
        }
        self.known.left_out = None;
        let is_kept = |log: &Log| log.block_number.is_some_and(|block| block < from);
        self.known.logs.retain(is_kept);
        self.known.logs.append(&mut self.fresh);
    }
}

impl EventStore {
    /// Of an account, with nothing in it.
    pub fn of(account: Address) -> Self {
        Self::bounded(account, FACTS_MAX)
    }

    fn bounded(account: Address, facts: NonZeroUsize) -> Self {
        Self {
            account,
            file: OnceLock::new(),
            said_created: OnceLock::new(),
            created: OnceLock::new(),
            known: tokio::sync::Mutex::default(),
            senders: Mutex::new(LruCache::new(facts)),
            times: Mutex::new(LruCache::new(facts)),
        }
    }

    /// Keeps the events in a file, and takes those that are there. The first file that is named holds.
    pub fn keep_in(&self, file: PathBuf) {
        let _ = self.file.set(file);
    }

    /// Notes the block in which the account may have been created. Check it before you rely on it.
    pub fn say_created_in(&self, block: u64) {
        let _ = self.said_created.set(block);
    }

    /// The block in which the account may have been created.
    pub fn said_created_in(&self) -> Option<u64> {
        self.said_created.get().copied()
    }

    /// The block in which it was created, as far as that was looked at.
    pub fn created_in(&self) -> Option<Option<u64>> {
        self.created.get().copied()
    }

    /// Keeps whether it was created there.
    pub fn keep_created_in(&self, block: Option<u64>) {
        let _ = self.created.set(block);
    }

    /// The account.
    pub fn account(&self) -> Address {
        self.account
    }

    /// Forgets everything that was read, in the file too.
    pub async fn forget(&self) {
        let mut known = self.known.lock().await;
        let on_file = known.on_file.unwrap_or_else(|| {
            let file = self.file.get();
            file.and_then(|file| disk::load(file).head)
        });
        *known = Known {
            on_file: Some(on_file),
            ..Known::default()
        };
    }

    /// The events up to block `to`; `None` where the endpoint does not have the block, or somebody else reads for long
    /// what no file keeps.
    ///
    /// # Errors
    /// What the endpoint says of blocks.
    pub async fn look<'s>(
        &'s self,
        client: &'s Client,
        to: u64,
    ) -> Result<Option<Look<'s>>, ChainError> {
        let file = self.file.get().map(PathBuf::as_path);
        let mut known = match (file, timeout(READING_TIMEOUT, self.known.lock()).await) {
            (_, Ok(known)) => known,
            (Some(_), Err(_)) => self.known.lock().await,
            (None, Err(_)) => return Ok(None),
        };
        if let Some(file) = file.filter(|_| known.on_file.is_none()) {
            let found = disk::load(file);
            known.on_file = Some(found.head);
            if let (None, Some(logs)) = (known.head, found.logs) {
                (known.head, known.logs) = (found.head, logs);
            }
        }
        if let Some((number, hash)) = known.head {
            match client.block_hash(number).await? {
                Some(found) if found == hash => {}
                Some(_) => {
                    *known = Known {
                        on_file: known.on_file,
                        ..Known::default()
                    };
                }
                None => return Ok(None),
            }
        }
        let (mut from, mut end) = (None, (to, B256::ZERO));
        if known.head.is_none_or(|(number, _)| number < to) {
            // The hash first: a block that is replaced meanwhile is found out by the next look.
            let Some(hash) = client.block_hash(to).await? else {
                return Ok(None);
            };
            let head = known.head.map(|(number, _)| number);
            from = Some(head.map_or(0, |number| number.saturating_sub(BEHIND)));
            end = (to, hash);
        }
        Ok(Some(Look {
            known,
            file,
            client,
            to: end,
            from,
            fresh: Vec::new(),
            pages: 0,
        }))
    }

    /// The known events up to block `to` that are `wanted`, where those from some block on were left out
    /// ([`Look::leave_out`]); with that block.
    pub async fn without_rest(
        &self,
        to: u64,
        wanted: impl Fn(&Log) -> bool,
    ) -> Option<(Vec<Log>, u64)> {
        let known = self.known.lock().await;
        let (first, _) = known.left_out.filter(|(_, last)| *last == to)?;
        Some((known.logs(to, wanted), first))
    }

    /// Returns who sent the transaction of a log, and the hash of its calldata, if they are kept.
    pub fn sender(&self, log: &Log) -> Option<Sender> {
        lock(&self.senders).get(&transaction(log)?).copied()
    }

    /// Keeps who sent the transaction of a log.
    pub fn keep_sender(&self, log: &Log, sender: Sender) {
        if let Some(key) = transaction(log) {
            lock(&self.senders).put(key, sender);
        }
    }

    /// Returns the time of the block of a log, in Unix seconds, if it is kept.
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

/// Locks, also after a panic: what a thread left that panicked is whole: every change here is one assignment after the
/// other.
fn lock<T>(all: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
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

    /// Returns the store for the events of an account, if they are kept.
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
            log_index: Some(0),
            block_hash: Some(B256::from(alloy::primitives::U256::from(block))),
            ..Log::default()
        }
    }

    /// A chain with three blocks after the first, that many seconds apart.
    async fn chain(seconds: u64) -> (stylus_devnode::NodeHandle, Client) {
        let node = stylus_devnode::spawn(stylus_devnode::NodeConfig::default());
        let node = node.expect("a free port");
        let mined = node.with_chain(move |chain| chain.mine(3, Some(seconds)));
        mined.expect("the chain").expect("blocks");
        let client = Client::connect(&node.endpoint()).await.expect("the chain");
        (node, client)
    }

    /// Has the store know the events up to block `to`: one in each. What was missing.
    async fn read(store: &EventStore, client: &Client, to: u64) -> Option<(u64, u64)> {
        let look = store.look(client, to).await.expect("blocks");
        let mut look = look.expect("the endpoint has the block");
        let missing = look.missing();
        if let Some((from, to)) = missing {
            let logs = (from..=to).map(log).collect();
            look.add(logs, to).await.expect("added");
        }
        assert_eq!(look.missing(), None);
        let last = usize::try_from(to).expect("small");
        assert_eq!(look.logs(|_| true).len(), last + 1);
        missing
    }

    #[tokio::test]
    async fn who_waits_for_another_one_gets_what_he_read() {
        let (_node, client) = chain(1).await;
        let store = EventStore::of(Address::ZERO);
        read(&store, &client, 1).await;
        let (begun, go) = (Notify::new(), Notify::new());
        let first = async {
            let look = store.look(&client, 3).await.expect("blocks");
            let mut look = look.expect("the endpoint has the block");
            begun.notify_one();
            go.notified().await;
            let logs = (0..=3).map(log).collect();
            look.add(logs, 3).await.expect("added");
        };
        let second = async {
            begun.notified().await;
            let go = async { go.notify_one() };
            tokio::join!(read(&store, &client, 2), go).0
        };
        let ((), missing) = tokio::join!(first, second);
        assert_eq!(missing, None, "the other one read it");
    }

    #[tokio::test]
    async fn the_next_command_continues_where_the_file_ends_and_forgets_another_chain() {
        let (_node, client) = chain(1).await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("events").join("one.redb");
        let store = || {
            let store = EventStore::of(Address::ZERO);
            store.keep_in(file.clone());
            store
        };
        assert_eq!(read(&store(), &client, 1).await, Some((0, 1)));
        assert_eq!(read(&store(), &client, 1).await, None, "it is in the file");
        assert_eq!(
            read(&store(), &client, 3).await,
            Some((0, 3)),
            "nodes may lag"
        );
        assert_eq!(read(&store(), &client, 3).await, None);

        let (_other, client) = chain(100).await;
        let late = store();
        let mut look = late.look(&client, 2).await.expect("blocks").expect("there");
        assert_eq!(
            look.missing(),
            Some((0, 2)),
            "block 3 has another hash there"
        );
        look.begin_at(1);
        look.add(vec![log(1), log(2)], 2).await.expect("added");
        drop(look);
        let next = store();
        let look = next.look(&client, 2).await.expect("blocks").expect("there");
        assert_eq!(look.missing(), None);
        assert_eq!(look.logs(|_| true).len(), 2, "nothing of the other chain");
        drop(look);

        std::fs::write(&file, b"no database").expect("written");
        assert_eq!(read(&store(), &client, 1).await, Some((0, 1)));
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
