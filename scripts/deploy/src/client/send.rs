//! A transaction from its request to the chain: filled, signed, noted in the journal, sent, and sent again where the
//! endpoint has dropped it. What an earlier run left on its way is waited for before anything new is sent.

use super::error::NONCE_TAKEN;
use super::{Backoff, ChainError, Client, Sent};
use crate::error::{Exit, Explain, Refusal};
use crate::ids::TxHash;
use crate::journal::{InFlight, Journal};
use crate::kill_point::{self, Phase};
use alloy::consensus::Transaction as _;
use alloy::eips::{BlockNumberOrTag, Encodable2718};
use alloy::network::{NetworkTransactionBuilder, TransactionBuilder, TransactionResponse};
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Transaction, TransactionReceipt, TransactionRequest};
use std::cmp::Ordering;
use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a receipt is waited for.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(120);
/// First pause between two looks for a receipt; doubled each time.
const RECEIPT_PAUSE: Duration = Duration::from_millis(5);
/// Longest pause between two looks for a receipt.
const RECEIPT_PAUSE_LONGEST: Duration = Duration::from_secs(1);
/// Consecutive polls without the transaction and with its nonce used, after which it is given up.
const LOST_LOOKS: u32 = 2;

/// How often a transaction is signed again with higher fees where the endpoint takes it for underpriced.
const RAISES: u32 = 4;
/// What the fees are raised by each time, in percent: to 2.4 times the estimate in the end.
const RAISE: u128 = 25;
/// First pause before that; doubled each time.
const RAISE_PAUSE: Duration = Duration::from_millis(100);

/// Why an endpoint does not take a transaction, in the words that geth's family of nodes uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rejection {
    Known,
    Nonce,
    /// Another transaction with the nonce waits, and pays as much.
    Replacement,
    /// The fees are less than what the next block or the endpoint asks for.
    Underpriced,
    TooLarge,
}

impl Rejection {
    fn of(error: &ChainError) -> Option<Self> {
        let ChainError::Rpc(error) = error else {
            return None;
        };
        let message = error.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        match () {
            () if says(&["already known", "known transaction", "already imported"]) => {
                Some(Self::Known)
            }
            () if says(&["nonce too low", "nonce too high", "invalid nonce"]) => Some(Self::Nonce),
            () if says(&["replacement transaction underpriced"]) => Some(Self::Replacement),
            () if says(&["underpriced", "less than block base fee"]) => Some(Self::Underpriced),
            () if says(&[
                "oversized",
                "too large",
                "exceeds max size",
                "transaction size",
                "intrinsic gas too low",
                "exceeds block gas limit",
            ]) =>
            {
                Some(Self::TooLarge)
            }
            () => None,
        }
    }
}

/// What is said of a transaction that left, where the endpoint does not say what became of it.
pub(super) fn maybe_sent(what: &str, tx: TxHash, error: ChainError) -> ChainError {
    match error {
        error if error.is_unanswered() || matches!(error, ChainError::Rpc(_)) => {
            let refusal = Refusal::new(
                "MaybeSent",
                format!("{what} may have been sent, in the transaction {tx}: {error}"),
            )
            .with(
                "an answer that says whether the transaction was taken",
                error.to_string(),
                format!(
                    "run the same command again with the same key: it looks for {tx} first; \
                     on a local chain or a fork, run it from this folder"
                ),
            );
            refusal.exiting(Exit::Chain).into()
        }
        other => other,
    }
}

/// A transaction was sent and no receipt came in time.
fn no_receipt(what: &str, tx: impl Display) -> ChainError {
    let seconds = RECEIPT_TIMEOUT.as_secs();
    let refusal = Refusal::new(
        "NoReceipt",
        format!("no receipt for {tx} ({what}) after {seconds} s"),
    )
    .with(
        format!("a receipt within {seconds} s"),
        format!("{tx}, not mined: it may still be"),
        "run the same command with the same key again: it looks for that transaction before it sends anything",
    );
    refusal.exiting(Exit::Chain).into()
}

/// A transaction is not waited for any longer, because what its key had sent before it is undone. It may wait in a
/// queue, and is mined once the nonces before it are used.
fn given_up(what: &str, own: &UnminedTransaction) -> ChainError {
    let UnminedTransaction {
        tx, sender, nonce, ..
    } = own;
    let message = format!(
        "{what} is not mined, and may still be: the chain went back before nonce {nonce} of {sender}, which {tx} has"
    );
    let refusal = Refusal::new(NONCE_TAKEN, message).with(
        "the transactions that this key sent before it",
        "the chain went back",
        format!(
            "run the same command with the same key again: it looks for {tx} before it sends anything. Until the \
             nonces before {nonce} are used it cannot be mined"
        ),
    );
    refusal.exiting(Exit::Chain).into()
}

/// The endpoint rejects the transaction as underpriced even with raised fees.
fn underpriced(what: &str, fees: Fees, error: ChainError) -> ChainError {
    let max = fees.max;
    let message = format!("{what} was not sent, with up to {max} wei per gas: {error}");
    let refusal = Refusal::new("Underpriced", message).with(
        "an endpoint that takes transactions at the fees that it estimates itself",
        error.found().unwrap_or_default(),
        "run the command again when fees have fallen, or with another --rpc-url: it looks at the chain first",
    );
    refusal.exiting(Exit::Chain).into()
}

/// What gas may cost, in wei.
#[derive(Debug, Clone, Copy)]
struct Fees {
    max: u128,
    tip: u128,
}

impl Fees {
    fn raised(self) -> Self {
        let raised = |fee: u128| fee.saturating_add(fee.saturating_mul(RAISE) / 100 + 1);
        Self {
            max: raised(self.max),
            tip: raised(self.tip),
        }
    }
}

/// A transaction that is on its way.
pub(super) struct UnminedTransaction {
    pub(super) tx: TxHash,
    pub(super) sender: Address,
    pub(super) nonce: u64,
    /// As it was sent.
    signed: Bytes,
}

impl ChainError {
    /// Whether the endpoint does not take a transaction because it is too large. It was not sent.
    pub fn is_too_large(&self) -> bool {
        Rejection::of(self) == Some(Rejection::TooLarge)
    }
}

impl Client {
    /// This client with a journal for what it sends.
    pub fn with_journal(&self, journal: Arc<Journal>) -> Self {
        Self {
            journal: Some(journal),
            ..self.clone()
        }
    }

    /// What may still be on its way, as the journal has it.
    pub(super) fn in_flight(&self) -> Vec<InFlight> {
        let journal = self.journal.as_ref();
        journal.map_or_else(Vec::new, |journal| journal.in_flight())
    }

    /// Waits until this key has no pending transaction, then clears the journal: its entries are mined or dropped by
    /// then. A transaction that waits in a queue, behind a nonce that nothing uses, stays in the journal: it may still
    /// be mined.
    ///
    /// # Errors
    /// Where something waits too long; what the endpoint says.
    pub async fn clear(&self, what: &str) -> Result<(), ChainError> {
        let sender = self.sender(what)?;
        let mut since = (Instant::now(), None);
        let mut pauses = Backoff::new(RECEIPT_PAUSE, RECEIPT_PAUSE_LONGEST);
        loop {
            let latest = self.nonce(sender, BlockNumberOrTag::Latest).await?;
            if self.nonce(sender, BlockNumberOrTag::Pending).await? <= latest {
                break;
            }
            if since.1 != Some(latest) {
                since = (Instant::now(), Some(latest));
            }
            if since.0.elapsed() >= RECEIPT_TIMEOUT {
                let tx = format!("the transaction with nonce {latest} of {sender}");
                return Err(no_receipt("an earlier transaction of this key", tx));
            }
            pauses.pause().await;
        }
        for entry in self.in_flight() {
            let known = self.known(entry.tx).await?;
            if known.is_none_or(|known| known.block_number.is_some()) {
                self.forget(entry.tx);
            }
        }
        Ok(())
    }

    /// Waits for what an earlier run had sent and not reported; returns it. What the endpoint does
    /// not know stays in the journal while its nonce is free: the endpoint may lag, and otherwise the
    /// next transaction takes that nonce, so that only one of the two can ever be mined.
    pub async fn settle(&self) -> Result<Vec<Sent>, ChainError> {
        let Some(journal) = &self.journal else {
            return Ok(Vec::new());
        };
        let mut open = self.in_flight();
        let mut found = Vec::new();
        if open.is_empty() {
            return Ok(found);
        }
        let sender = self.sender("looking for an earlier run")?;
        // A nonce that is used up says that one with it was mined; which one, a node that lags does
        // not say at once.
        for look in 0..=LOST_LOOKS {
            let next = self.nonce(sender, BlockNumberOrTag::Latest).await?;
            let mut unknown = Vec::new();
            for entry in open {
                match self.known(entry.tx).await? {
                    // A nonce before its own is free: it waits for a transaction that nobody sends but this key.
                    Some(known)
                        if known.block_number.is_none()
                            && entry.nonce
                                > self.nonce(sender, BlockNumberOrTag::Pending).await? =>
                    {
                        unknown.push(entry);
                    }
                    Some(known) => found.extend(self.outcome_of(journal, entry, known).await?),
                    None if look == LOST_LOOKS && entry.nonce < next => journal.settled(entry.tx),
                    None => unknown.push(entry),
                }
            }
            open = unknown;
            if open.iter().all(|one| one.nonce >= next) {
                break;
            }
            tokio::time::sleep(RECEIPT_PAUSE_LONGEST).await;
        }
        Ok(found)
    }

    /// What became of an earlier run's transaction that the endpoint knows; `None` if it failed, or if another
    /// account sent it: then the journal is wrong, and its line is ignored. Target and calldata are read from the
    /// chain.
    async fn outcome_of(
        &self,
        journal: &Journal,
        entry: InFlight,
        known: Transaction,
    ) -> Result<Option<Sent>, ChainError> {
        let (expected, found) = (self.sender(&entry.what)?, known.from());
        if found != expected {
            journal.settled(entry.tx);
            journal.print(&format!(
                "warning: the journal of {expected} names {}, which {found} sent: it is left out",
                entry.tx
            ));
            return Ok(None);
        }
        self.progress.transaction(entry.tx);
        let receipt = self.receipt(&entry.what, entry.tx, None).await?;
        if let Some(seen) = &self.seen {
            seen.receipt(&receipt, entry.nonce);
            self.newest_block().await?;
        }
        if !receipt.status() {
            journal.settle_rivals(entry.tx);
            journal.settled(entry.tx);
            journal.print(&format!(
                "a transaction of an earlier run reverted; it changed nothing: {} ({})",
                entry.what, entry.tx
            ));
            return Ok(None);
        }
        journal.included(entry.tx);
        let (to, input) = (known.to(), Some(known.input()));
        Ok(Some(Sent::new(&entry.what, to, input, receipt)))
    }

    /// Fills, signs, notes and sends `request`. What the endpoint has already, because the same key sent the same
    /// bytes from elsewhere, is ours as well.
    pub(super) async fn submit(
        &self,
        what: &str,
        sender: Address,
        request: TransactionRequest,
    ) -> Result<UnminedTransaction, ChainError> {
        let nonce = self.next_nonce(sender).await?;
        let fees = self.fees().await?;
        self.offer(what, request, (sender, nonce), fees).await
    }

    /// Signs, notes and sends a request, again with higher fees where the endpoint takes it for underpriced. What it
    /// refuses for good is not noted any more.
    async fn offer(
        &self,
        what: &str,
        request: TransactionRequest,
        (sender, nonce): (Address, u64),
        mut fees: Fees,
    ) -> Result<UnminedTransaction, ChainError> {
        let (mut raises, mut pauses) = (0, Backoff::new(RAISE_PAUSE, RECEIPT_PAUSE_LONGEST));
        loop {
            let (tx, signed) = self
                .sign_and_note(what, request.clone(), nonce, fees)
                .await?;
            // From here on it may be sent, whatever the endpoint says or does not say.
            self.progress.transaction(tx);
            let broadcast = self.broadcast(what, &signed).await;
            let submitted = UnminedTransaction {
                tx,
                sender,
                nonce,
                signed,
            };
            let Err(error) = broadcast else {
                kill_point::at(Phase::Sent);
                return Ok(submitted);
            };
            let taken = |error: ChainError| {
                let found = error.found().unwrap_or_default();
                ChainError::nonce_taken(what, sender, nonce, &found)
            };
            let maybe = |error| maybe_sent(what, tx, error);
            match Rejection::of(&error) {
                // It is there, wherever it is looked for next.
                Some(Rejection::Known) => return Ok(submitted),
                // If it is not known, it may be the very bytes of an earlier run, which the endpoint does not show
                // yet: the next run looks for them.
                Some(Rejection::Nonce) => {
                    return match self.is_known(tx).await.map_err(maybe)? {
                        true => Ok(submitted),
                        false => Err(taken(error)),
                    };
                }
                // The endpoint has answered that it takes nothing now.
                None if error.is_rate_limited() => return Err(error),
                None if matches!(error, ChainError::Unreachable { .. }) => {
                    return Err(maybe(error));
                }
                rejection => {
                    self.forget(tx);
                    self.progress.not_sent(tx);
                    match rejection {
                        Some(Rejection::Underpriced) if raises < RAISES => {}
                        Some(Rejection::Underpriced) => return Err(underpriced(what, fees, error)),
                        Some(Rejection::Replacement) => return Err(taken(error)),
                        _ => return Err(error),
                    }
                }
            }
            raises += 1;
            fees = fees.raised();
            pauses.pause().await;
        }
    }

    /// What gas may cost now.
    async fn fees(&self) -> Result<Fees, ChainError> {
        let found = self.provider.estimate_eip1559_fees().await;
        let found = found.map_err(|error| self.error("eth_feeHistory", error))?;
        Ok(Fees {
            max: found.max_fee_per_gas,
            tip: found.max_priority_fee_per_gas,
        })
    }

    /// Fills and signs a request, and notes it in the journal: its hash, and its bytes as they are sent.
    async fn sign_and_note(
        &self,
        what: &str,
        request: TransactionRequest,
        nonce: u64,
        fees: Fees,
    ) -> Result<(TxHash, Bytes), ChainError> {
        let request = request
            .with_nonce(nonce)
            .with_max_fee_per_gas(fees.max)
            .with_max_priority_fee_per_gas(fees.tip);
        let (tx, signed) = self.sign(what, request.clone()).await?;
        if let Some(journal) = &self.journal {
            journal.sending(InFlight::of(what, tx, nonce, &request));
        }
        kill_point::at(Phase::BeforeSending);
        Ok((tx, signed))
    }

    /// Gives the endpoint a signed transaction.
    async fn broadcast(&self, what: &str, signed: &Bytes) -> Result<(), ChainError> {
        let sent = self.provider.send_raw_transaction(signed).await;
        sent.map(drop).map_err(|error| self.error(what, error))
    }

    /// Signs a request that has everything but the chain's id: its hash, and its bytes as they are
    /// sent.
    pub async fn sign(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<(TxHash, Bytes), ChainError> {
        if self.is_unlocked {
            return self.signed_by_endpoint(what, request).await;
        }
        let Some(wallet) = &self.wallet else {
            return Err(ChainError::no_key(what));
        };
        let request = request.with_chain_id(self.chain_id);
        if let Some(journal) = &self.journal {
            journal.show_signing(what, &request);
        }
        let signed = request
            .build(wallet)
            .await
            .map_err(|error| ChainError::unsigned(what, error.to_string()))?;
        Ok((TxHash(*signed.tx_hash()), signed.encoded_2718().into()))
    }

    /// Notes that a transaction went through.
    pub(super) fn included(&self, tx: TxHash) {
        if let Some(journal) = &self.journal {
            journal.included(tx);
        }
    }

    /// What went through was reported, or can be read from the chain: see [`Journal::close`].
    pub fn close_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.close();
        }
    }

    /// Somebody's transaction that was mined.
    pub async fn mined(&self, tx: TxHash, what: &str) -> Result<Sent, ChainError> {
        let receipt = self.receipt(what, tx, None).await?;
        let found = self.known(tx).await?;
        let input = found.as_ref().map(|found| found.input());
        Ok(Sent::new(what, receipt.to, input, receipt))
    }

    /// The input of a transaction of ours that was sent to `account`; `None` if it was sent
    /// elsewhere.
    pub async fn input_to(
        &self,
        account: Address,
        tx: TxHash,
    ) -> Result<Option<Bytes>, ChainError> {
        let found = self.known(tx).await?;
        let found = found.filter(|found| found.to() == Some(account));
        Ok(found.map(|found| found.input().clone()))
    }

    /// The wei that a mined transaction sent.
    pub async fn value_of(&self, tx: TxHash) -> Result<U256, ChainError> {
        let found = self.known(tx).await?;
        let found = found.ok_or_else(|| self.transaction_not_found(tx))?;
        Ok(found.value())
    }

    /// The receipt of a transaction, if the endpoint has one now.
    pub async fn receipt_now(&self, tx: TxHash) -> Result<Option<TransactionReceipt>, ChainError> {
        let found = self.provider.get_transaction_receipt(tx.0).await;
        let found = found.map_err(|error| self.error("eth_getTransactionReceipt", error))?;
        match &found {
            Some(other) if other.transaction_hash != tx.0 => {
                let other = other.transaction_hash;
                Err(self.contradiction(format!("the receipt of {other} for {tx}")))
            }
            _ => Ok(found),
        }
    }

    /// Waits for a receipt, and ends where another transaction has used up the nonce of its sender. An endpoint may be
    /// several nodes, some of which lag behind, so it has to say so several times, and must not know
    /// the transaction itself. One that the endpoint has dropped is sent again as it was.
    pub(super) async fn receipt(
        &self,
        what: &str,
        tx: TxHash,
        own: Option<&UnminedTransaction>,
    ) -> Result<TransactionReceipt, ChainError> {
        let begun = Instant::now();
        let mut pauses = Backoff::new(RECEIPT_PAUSE, RECEIPT_PAUSE_LONGEST);
        let (mut lost_looks, mut is_dropped) = (0, false);
        while begun.elapsed() < RECEIPT_TIMEOUT {
            if let Some(receipt) = self.receipt_now(tx).await? {
                return Ok(receipt);
            }
            if let Some(own) = own
                && pauses.is_longest()
            {
                let next = self.nonce(own.sender, BlockNumberOrTag::Latest).await?;
                let is_gone = !self.is_known(tx).await?;
                match next.cmp(&own.nonce) {
                    Ordering::Equal if is_gone => {
                        if !std::mem::replace(&mut is_dropped, true) {
                            let note = format!("{what} was dropped: sending it again");
                            self.progress.note(&note);
                        }
                        match self.broadcast(what, &own.signed).await {
                            Err(error) if Rejection::of(&error).is_none() => return Err(error),
                            _ => {}
                        }
                    }
                    Ordering::Greater if is_gone => lost_looks += 1,
                    // If reorgs are possible, an earlier transaction was dropped; otherwise the node lags.
                    Ordering::Less if self.seen.is_none() => {
                        let reached = self.nonce(own.sender, BlockNumberOrTag::Pending).await?;
                        match is_gone || reached < own.nonce {
                            true => lost_looks += 1,
                            false => lost_looks = 0,
                        }
                    }
                    _ => lost_looks = 0,
                }
                if lost_looks > LOST_LOOKS && next > own.nonce {
                    self.forget(tx);
                    let found = "another transaction of this key was mined in its place";
                    return Err(ChainError::nonce_taken(what, own.sender, own.nonce, found));
                }
                // It stays in the journal: the next run looks for it.
                if lost_looks > LOST_LOOKS {
                    return Err(given_up(what, own));
                }
            }
            pauses.pause().await;
        }
        Err(no_receipt(what, tx))
    }

    /// Notes that the fate of a transaction is known.
    pub fn forget(&self, tx: TxHash) {
        if let Some(journal) = &self.journal {
            journal.settled(tx);
        }
    }

    /// That no block of the chain has a transaction.
    pub fn transaction_not_found(&self, tx: TxHash) -> ChainError {
        let chain = self.chain_id;
        let message = format!("no block of chain {chain} has the transaction {tx}");
        let refusal = Refusal::new("TransactionNotFound", message).with(
            format!("a mined transaction of chain {chain}"),
            "none with that hash",
            "check the hash, and that --rpc-url or --network name its chain; try again if it waits to be mined",
        );
        refusal.into()
    }

    /// Whether the endpoint has the transaction, mined or not.
    pub(super) async fn is_known(&self, tx: TxHash) -> Result<bool, ChainError> {
        Ok(self.known(tx).await?.is_some())
    }

    /// The transaction as the endpoint has it, mined or not.
    pub(super) async fn known(&self, tx: TxHash) -> Result<Option<Transaction>, ChainError> {
        let found = self.provider.get_transaction_by_hash(tx.0).await;
        let found = found.map_err(|error| self.error("eth_getTransactionByHash", error))?;
        Ok(found.filter(|found| found.tx_hash() == tx.0))
    }
}

#[cfg(test)]
mod tests {
    use super::Fees;
    use crate::client::lag::Seen;
    use crate::client::{Client, Endpoint};
    use crate::ids::TxHash;
    use crate::journal::Journal;
    use crate::progress::{Progress, Silent};
    use alloy::network::TransactionBuilder;
    use alloy::primitives::Address;
    use alloy::rpc::types::TransactionRequest;
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_the_endpoint_takes_for_underpriced_is_offered_again_for_more() {
        let node = stylus_devnode::spawn(stylus_devnode::NodeConfig::default());
        let node = node.expect("a free port");
        let signer = node.accounts().mnemonic()[0].clone();
        let sent = Arc::new(MaySent::default());
        let endpoint = Endpoint::parse(&node.endpoint()).expect("a URL");
        let client = Client::connect_reporting(endpoint, sent.clone()).await;
        let client = client.expect("it answers").with_signer(signer);
        // An estimate is twice the base fee, and something for the tip.
        let estimated = client.fees().await.expect("fees");
        let at = |percent: u128| Fees {
            max: estimated.max * percent / 200,
            tip: 0,
        };
        let request = TransactionRequest::default()
            .with_to(Address::repeat_byte(7))
            .with_gas_limit(100_000);
        let offer = async |percent: u128| {
            let sender = client.sender("a call").expect("a key");
            client
                .offer("a call", request.clone(), (sender, 0), at(percent))
                .await
        };
        let error = offer(10).await.err().expect("it never suffices");
        assert!(error.is_told("Underpriced"), "{error}");
        assert!(sent.0.lock().expect("it").is_empty(), "it was refused");
        assert!(offer(70).await.is_ok(), "it suffices in the end");
        assert_eq!(sent.0.lock().expect("it").len(), 1);
    }

    /// The transactions that may have been sent.
    #[derive(Default)]
    struct MaySent(Mutex<BTreeSet<TxHash>>);

    impl Progress for MaySent {
        fn begin(&self, _: &str) {}
        fn tick(&self, _: &str) {}
        fn end(&self, _: &str) {}
        fn note(&self, _: &str) {}
        fn transaction(&self, tx: TxHash) {
            self.0.lock().expect("it").insert(tx);
        }
        fn not_sent(&self, tx: TxHash) {
            self.0.lock().expect("it").remove(&tx);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_given_up_in_the_queue_is_named_and_stays_in_the_journal() {
        let node = stylus_devnode::spawn(stylus_devnode::NodeConfig::default());
        let node = node.expect("a free port");
        let signer = node.accounts().mnemonic()[0].clone();
        let sender = signer.address();
        let folder = tempfile::tempdir().expect("a folder");
        let client = Client::connect(&node.endpoint()).await.expect("it answers");
        let chain = (client.chain_id(), false);
        let journal = Journal::new(
            &folder.path().join("journals"),
            chain,
            sender,
            Arc::new(Silent),
        );
        let journal = Arc::new(journal.expect("a journal"));
        let client = client.with_signer(signer).with_journal(journal.clone());
        let fees = client.fees().await.expect("fees");
        let request = TransactionRequest::default()
            .with_to(Address::repeat_byte(7))
            .with_gas_limit(100_000);
        // The transaction before it is undone, so that it waits behind nonce 0.
        let own = client
            .offer("a call", request.clone(), (sender, 1), fees)
            .await;
        let own = own.expect("it is taken");
        let error = client.receipt("a call", own.tx, Some(&own)).await;
        let error = error.expect_err("it waits");
        let report = crate::error::Report::of(&error);
        assert!(error.is_nonce_taken(), "{error}");
        assert!(
            report.message.contains("may still be"),
            "{}",
            report.message
        );
        assert!(
            report.message.contains(&own.tx.to_string()),
            "{}",
            report.message
        );
        client.clear("a call").await.expect("nothing else waits");
        let kept: Vec<_> = journal.in_flight().iter().map(|one| one.tx).collect();
        assert_eq!(kept, [own.tx]);
        // The next run does not wait for it: what that sends takes the free nonce, and both are mined.
        let settled = client.settle().await.expect("it waits for nothing");
        assert!(settled.is_empty(), "{settled:?}");
        let first = client.offer("a call", request, (sender, 0), fees).await;
        let first = first.expect("it is taken");
        let mined = client.receipt("a call", first.tx, Some(&first)).await;
        let mined = mined.expect("its nonce is the next one");
        Seen::default().receipt(&mined, u64::MAX); // whatever an endpoint says
        let found = client.settle().await.expect("all are mined");
        let found: Vec<_> = found.iter().map(|sent| sent.tx).collect();
        assert!(found.contains(&own.tx), "{found:?}");
    }
}
