//! The events of one account, kept between two looks at it: what lies before a block that is still
//! there is not read again.

use super::{ChainError, Client};
use crate::ids::{CalldataHash, TxHash};
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::Log;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Blocks before the newest known one of which the events are read again: nodes of one endpoint may
/// lag, and show them later.
const BEHIND: u64 = 64;
/// Transactions of which sender and calldata are kept, at most.
const FACTS_MAX: usize = 100_000;

/// Who sent a transaction, and what.
pub(crate) type Sender = (Address, CalldataHash);

/// Events of one account, shared by whoever asks one endpoint for them.
#[derive(Debug)]
pub struct EventStore {
    account: Address,
    known: tokio::sync::Mutex<Known>,
    /// By the hash of the block and that of the transaction.
    senders: Mutex<BTreeMap<(B256, TxHash), Sender>>,
    times: Mutex<BTreeMap<B256, u64>>,
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
        Self {
            account,
            known: tokio::sync::Mutex::default(),
            senders: Mutex::default(),
            times: Mutex::default(),
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

    /// The events up to block `to` that are `wanted`; `None` where the endpoint does not have the block.
    /// `read` reads those between two blocks.
    pub(crate) async fn events(
        &self,
        client: &Client,
        to: u64,
        wanted: impl Fn(&Log) -> bool,
        read: impl AsyncFn(u64, u64) -> Result<Vec<Log>, ChainError>,
    ) -> Result<Option<Vec<Log>>, ChainError> {
        let mut known = self.known.lock().await;
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
            let before = known.head.map(|(number, _)| number);
            let from = before.map_or(0, |number| number.saturating_sub(BEHIND));
            let logs = read(from, to).await?;
            let is_kept = |log: &Log| log.block_number.is_some_and(|block| block < from);
            known.logs.retain(is_kept);
            known.logs.extend(logs);
            known.head = Some((to, hash));
        }
        let until = |log: &&Log| log.block_number.is_some_and(|block| block <= to);
        let found = known.logs.iter().filter(until).filter(|log| wanted(log));
        Ok(Some(found.cloned().collect()))
    }

    pub(crate) fn sender(&self, log: &Log) -> Option<Sender> {
        let senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.get(&transaction(log)?).copied()
    }

    pub(crate) fn keep_sender(&self, log: &Log, sender: Sender) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.len() < FACTS_MAX
            && let Some(key) = transaction(log)
        {
            senders.insert(key, sender);
        }
    }

    pub(crate) fn time(&self, log: &Log) -> Option<u64> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.get(&log.block_hash?).copied()
    }

    pub(crate) fn keep_time(&self, log: &Log, time: u64) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() < FACTS_MAX
            && let Some(hash) = log.block_hash
        {
            times.insert(hash, time);
        }
    }
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
    pub(crate) fn events_of(&self, account: Address) -> Option<&EventStore> {
        let events = self.events.as_deref();
        events.filter(|store| store.account == account)
    }

    async fn block_hash(&self, number: u64) -> Result<Option<B256>, ChainError> {
        let block = self.provider.get_block_by_number(number.into()).await;
        let block = block.map_err(|error| self.error("eth_getBlockByNumber", error))?;
        match block {
            Some(block) if block.header.number != number => {
                let found = block.header.number;
                Err(self.contradiction(format!("block {found} when asked for block {number}")))
            }
            block => Ok(block.map(|block| block.header.hash)),
        }
    }
}
