//! Transactions of one key that are on their way, several at once with consecutive nonces: signed, noted in the
//! journal and sent as a single one is ([`Client::noted`], [`Client::broadcast`]). Each
//! one's outcome is found out from the chain: mined, failed, or lost, because another transaction
//! took its nonce or a reorganisation undid it.

mod outcome;
mod queries;

pub use outcome::{SendResult, SettledTx, TxOutcome};

use super::{Backoff, ChainError, Client, Fees, Rejection};
use crate::ids::TxHash;
use crate::kill_point::{self, Phase};
use alloy::eips::BlockNumberOrTag;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::rpc::types::TransactionRequest;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How often it is looked whether the first one on its way is still known.
const CHECK_PAUSE: Duration = Duration::from_secs(1);
/// How long one waits, and [`STUCK_BLOCKS`] go by, before it is replaced by one that pays more.
const STUCK: Duration = Duration::from_secs(20);
/// Blocks that go by without it.
const STUCK_BLOCKS: u64 = 3;
/// What a replacement pays, in percent of what it replaces; nodes ask for 110 at least.
const BUMP_PERCENT: u128 = 125;
/// How often fees are raised for one transaction.
const BUMPS_MAX: u32 = 24;
/// How long an estimate of the fees holds.
const FEES_HOLD: Duration = Duration::from_secs(5);
/// First pause between two looks at the chain; doubled while nothing happens.
const PAUSE_FIRST: Duration = Duration::from_millis(2);
/// Longest pause between two looks at the chain.
const PAUSE_LONGEST: Duration = Duration::from_millis(200);

fn bumped(fees: Fees, least: Fees) -> Fees {
    let bump = |fee: u128| fee.saturating_mul(BUMP_PERCENT) / 100 + 1;
    Fees {
        max: bump(fees.max).max(least.max),
        tip: bump(fees.tip).max(least.tip),
    }
}

/// A transaction that is on its way.
struct PendingTx<L> {
    what: String,
    request: TransactionRequest,
    load: L,
    gas: u64,
    nonce: u64,
    fees: Fees,
    /// As it was sent last.
    raw: Bytes,
    /// All that were sent for it.
    hashes: Vec<TxHash>,
    /// When it was sent last, and the block then.
    since: Instant,
    block: u64,
}

/// Transactions of one key that are on their way, each with what it carries.
pub struct Window<L> {
    client: Client,
    sender: Address,
    pending: VecDeque<PendingTx<L>>,
    /// The nonce of the next one.
    nonce: u64,
    /// Nonces below this one were seen to be used up.
    used: u64,
    /// Whether the next one replaces another.
    replaces: bool,
    fees: Option<(Instant, Fees)>,
    checked: Instant,
    pauses: Backoff,
}

impl<L: Copy> Window<L> {
    /// None yet. [`Self::clear_nonces`] comes before the first one. `what` needs the key.
    pub fn new(client: &Client, what: &str) -> Result<Self, ChainError> {
        Ok(Self {
            sender: client.sender(what)?,
            client: client.clone(),
            pending: VecDeque::new(),
            nonce: 0,
            used: 0,
            replaces: false,
            fees: None,
            checked: Instant::now(),
            pauses: Backoff::new(PAUSE_FIRST, PAUSE_LONGEST),
        })
    }

    /// How many are on their way.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// What those on their way carry.
    pub fn loads(&self) -> impl Iterator<Item = &L> {
        self.pending.iter().map(|pending_tx| &pending_tx.load)
    }

    /// Waits until nothing of this key waits for a block: what an earlier run sent, or another
    /// one sends. What does not get mined is going to be replaced.
    pub async fn clear_nonces(&mut self) -> Result<(), ChainError> {
        let begun = self.block().await?;
        let mut since = (Instant::now(), None);
        let mut pauses = Backoff::new(PAUSE_FIRST, PAUSE_LONGEST);
        let (latest, is_stuck) = loop {
            let latest = self.count(BlockNumberOrTag::Latest).await?;
            let pending = self.count(BlockNumberOrTag::Pending).await?;
            if pending <= latest {
                break (latest, false);
            }
            if since.1 != Some(latest) {
                since = (Instant::now(), Some(latest));
            }
            let waited = since.0.elapsed();
            if waited >= self.client.patience() || self.is_hopeless(latest).await? {
                break (latest, true);
            }
            if waited >= STUCK && self.block().await? >= begun + STUCK_BLOCKS {
                break (latest, true);
            }
            pauses.pause().await;
        };
        // What was on its way is mined, replaced from here on, or gone.
        for entry in self.client.in_flight() {
            self.client.forget(entry.tx);
        }
        self.pending.clear();
        (self.nonce, self.used, self.replaces) = (latest, latest, is_stuck);
        Ok(())
    }

    /// Signs, notes and sends one.
    pub async fn send(
        &mut self,
        what: String,
        request: TransactionRequest,
        gas: u64,
        load: L,
    ) -> Result<SendResult, ChainError> {
        let mut pending_tx = PendingTx {
            what,
            request: request.with_gas_limit(gas).with_from(self.sender),
            load,
            gas,
            nonce: self.nonce,
            fees: self.fees().await?,
            raw: Bytes::new(),
            hashes: Vec::new(),
            since: Instant::now(),
            block: 0,
        };
        for _ in 0..BUMPS_MAX {
            self.sign(&mut pending_tx).await?;
            let broadcast_result = match self.broadcast(&pending_tx).await {
                Ok(()) => SendResult::Accepted,
                Err(error) => match Rejection::of(&error) {
                    Some(Rejection::Known) => SendResult::Accepted,
                    Some(Rejection::Replacement | Rejection::Underpriced) if !self.replaces => {
                        SendResult::NonceConflict
                    }
                    Some(
                        Rejection::Replacement | Rejection::Underpriced | Rejection::FeeTooLow,
                    ) => {
                        self.fees = None;
                        pending_tx.fees = bumped(pending_tx.fees, self.fees().await?);
                        continue;
                    }
                    Some(Rejection::Nonce) => SendResult::NonceConflict,
                    Some(Rejection::TooLarge) => {
                        self.forget(&pending_tx);
                        return Ok(SendResult::TooLarge);
                    }
                    None => {
                        if !matches!(error, ChainError::Unreachable { .. }) {
                            self.forget(&pending_tx);
                        }
                        return Err(error);
                    }
                },
            };
            kill_point::at(Phase::Sent);
            self.nonce += 1;
            self.pauses.restart();
            self.checked = Instant::now();
            self.pending.push_back(pending_tx);
            return Ok(broadcast_result);
        }
        Ok(SendResult::NonceConflict)
    }

    /// Those whose outcome is known, in order.
    pub async fn settle(&mut self) -> Result<Vec<SettledTx<L>>, ChainError> {
        let used = self.count(BlockNumberOrTag::Latest).await?;
        if used < self.used {
            let progress = self.client.progress();
            progress.note("the chain went back: looking again at what is there");
            self.used = used;
            return Ok(self.lose_all());
        }
        let mut settled = Vec::new();
        while let Some(pending_tx) = self.pending.front()
            && pending_tx.nonce < used
        {
            kill_point::at(Phase::Mined);
            let (load, gas, what) = (pending_tx.load, pending_tx.gas, pending_tx.what.clone());
            let hashes = pending_tx.hashes.clone();
            let outcome = match self.receipt(&hashes).await? {
                None => TxOutcome::Lost,
                Some(receipt) if receipt.status() => TxOutcome::Done(Box::new(receipt)),
                Some(receipt) => TxOutcome::Failed {
                    // A frame that runs out leaves 1/64 to each one around it.
                    out_of_gas: receipt.gas_used >= gas - gas / 16,
                    receipt: Box::new(receipt),
                },
            };
            if let Some(pending_tx) = self.pending.pop_front() {
                self.forget(&pending_tx);
            }
            settled.push(SettledTx {
                what,
                load,
                outcome,
            });
        }
        self.used = used;
        if settled.is_empty() {
            self.revive().await?;
        } else {
            self.pauses.restart();
            self.checked = Instant::now();
        }
        Ok(settled)
    }

    /// Lets time pass while nothing happens.
    pub async fn wait(&mut self) {
        self.pauses.pause().await;
    }

    /// The first one on its way, looked after: sent again if the endpoint has dropped it,
    /// replaced by one that pays more if it cannot be mined.
    async fn revive(&mut self) -> Result<(), ChainError> {
        let Some(front) = self.pending.front() else {
            return Ok(());
        };
        if self.checked.elapsed() < CHECK_PAUSE {
            return Ok(());
        }
        self.checked = Instant::now();
        if self.count(BlockNumberOrTag::Pending).await? <= front.nonce {
            let note = format!("{} was dropped: sending it again", front.what);
            self.client.progress().note(&note);
            return self.send_again().await;
        }
        let is_late = front.since.elapsed() >= STUCK
            && self.block().await? >= front.block.saturating_add(STUCK_BLOCKS);
        if is_late || self.base_fee().await? > front.fees.max {
            return self.replace_first().await;
        }
        Ok(())
    }

    /// All of them, as they were.
    async fn send_again(&mut self) -> Result<(), ChainError> {
        for pending_tx in &self.pending {
            if let Err(error) = self.broadcast(pending_tx).await {
                match Rejection::of(&error) {
                    Some(Rejection::FeeTooLow) => return self.replace_first().await,
                    Some(_) => {}
                    None => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// The first one with higher fees: whichever of them is mined does the same.
    async fn replace_first(&mut self) -> Result<(), ChainError> {
        self.fees = None;
        let least = self.fees().await?;
        let Some(mut pending_tx) = self.pending.pop_front() else {
            return Ok(());
        };
        pending_tx.fees = bumped(pending_tx.fees, least);
        let note = format!("{} waits too long: paying more", pending_tx.what);
        self.client.progress().note(&note);
        let sent = match self.sign(&mut pending_tx).await {
            Ok(()) => self.broadcast(&pending_tx).await,
            Err(error) => Err(error),
        };
        self.pending.push_front(pending_tx);
        match sent {
            Err(error) if Rejection::of(&error).is_none() => Err(error),
            _ => Ok(()),
        }
    }

    async fn sign(&self, pending_tx: &mut PendingTx<L>) -> Result<(), ChainError> {
        let (what, request) = (&pending_tx.what, pending_tx.request.clone());
        let noted = self
            .client
            .noted(what, request, pending_tx.nonce, pending_tx.fees);
        let (tx, raw) = noted.await?;
        pending_tx.raw = raw;
        pending_tx.hashes.push(tx);
        pending_tx.since = Instant::now();
        pending_tx.block = self.block().await?;
        Ok(())
    }

    async fn broadcast(&self, pending_tx: &PendingTx<L>) -> Result<(), ChainError> {
        self.client
            .broadcast(&pending_tx.what, &pending_tx.raw)
            .await
    }

    fn forget(&self, pending_tx: &PendingTx<L>) {
        for tx in &pending_tx.hashes {
            self.client.forget(*tx);
        }
    }

    fn lose_all(&mut self) -> Vec<SettledTx<L>> {
        let pending = std::mem::take(&mut self.pending);
        for pending_tx in &pending {
            self.forget(pending_tx);
        }
        pending
            .into_iter()
            .map(|pending_tx| SettledTx {
                what: pending_tx.what,
                load: pending_tx.load,
                outcome: TxOutcome::Lost,
            })
            .collect()
    }
}
