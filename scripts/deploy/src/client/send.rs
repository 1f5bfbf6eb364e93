//! A transaction from its request to the endpoint: filled, signed, noted in the journal and sent.

use super::fee_ceiling::{self, FeeCeiling};
use super::receipt::RECEIPT_PAUSE_LONGEST;
use super::rejection::Rejection;
use super::spending::highest_cost;
use super::unmined::UnminedTransaction;
use super::{Backoff, ChainError, Client};
use crate::error::{Exit, Explain, Refusal};
use crate::ids::TxHash;
use crate::journal::{InFlight, Journal};
use crate::kill_point::{self, Phase};
use crate::own_file::FileError;
use alloy::eips::{BlockNumberOrTag, Encodable2718};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::providers::utils::{
    EIP1559_BASE_FEE_MULTIPLIER, EIP1559_FEE_ESTIMATION_PAST_BLOCKS,
    EIP1559_FEE_ESTIMATION_REWARD_PERCENTILE, eip1559_default_estimator,
};
use alloy::rpc::client::BatchRequest;
use alloy::rpc::types::TransactionRequest;
use std::sync::Arc;
use std::time::Duration;

/// The number of times that a transaction is signed again with higher fees where the endpoint takes it for underpriced.
const RAISES: u32 = 4;
/// The rise of the fees each time, in percent: to 2.4 times the estimate in the end.
const RAISE: u128 = 25;
/// First pause before that; doubled each time.
const RAISE_PAUSE: Duration = Duration::from_millis(100);

/// First pause before a transaction that is early is sent again; doubled each time. Nitro's sequencer holds it for a
/// second before it refuses it.
const EARLY_PAUSE: Duration = Duration::from_millis(250);
/// The time for which a transaction that is early is sent again.
const EARLY_FOR: Duration = Duration::from_secs(15);

/// Transactions in one question, at most: a sequencer answers each after it is in a block, one after the other.
const SENT_TOGETHER: usize = 25;

/// Reports a transaction that left, where the endpoint does not say what became of it.
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

/// The journal cannot be written: after a kill, nobody would look for the transaction.
fn unnoted(what: &str, error: &FileError) -> ChainError {
    let message = format!("{what} was not sent: the journal cannot be written");
    let refusal = Refusal::new("JournalNotKept", message).with(
        "a journal with each transaction that is sent",
        error.to_string(),
        "free space on the disk, or run the command in a folder that you can write to",
    );
    refusal.into()
}

/// Transactions with nonces in a row that were sent together.
#[derive(Default)]
pub(super) struct SubmittedRow {
    /// Those that the endpoint took, in the order of their nonces.
    pub(super) submitted: Vec<UnminedTransaction>,
    /// Why it did not take the next one.
    pub(super) refused: Option<ChainError>,
}

/// The price that gas may have, in wei.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fees {
    max: u128,
    tip: u128,
}

impl Fees {
    /// Returns what a unit costs, where the base fee stays: Nitro takes no tip.
    pub(super) fn price(self) -> u128 {
        self.max.saturating_sub(self.tip) / EIP1559_BASE_FEE_MULTIPLIER
    }

    /// Returns that request with these fees.
    pub(super) fn given_to(self, request: TransactionRequest) -> TransactionRequest {
        request
            .with_max_fee_per_gas(self.max)
            .with_max_priority_fee_per_gas(self.tip)
    }

    /// Returns the fees that a request has.
    fn of(request: &TransactionRequest) -> Option<Self> {
        Some(Self {
            max: request.max_fee_per_gas?,
            tip: request.max_priority_fee_per_gas?,
        })
    }

    fn raised(self) -> Self {
        let raised = |fee: u128| fee.saturating_add(fee.saturating_mul(RAISE) / 100 + 1);
        Self {
            max: raised(self.max),
            tip: raised(self.tip),
        }
    }
}

/// The signer of what a client sends.
#[derive(Debug, Clone)]
pub(super) enum Signs {
    /// There is no key.
    Nobody,
    /// A key here.
    Wallet(EthereumWallet),
    /// The endpoint, see [`super::unlocked`].
    Endpoint,
    /// Nothing is signed: a copy takes what anybody sends.
    Anybody,
}

impl Client {
    /// This client with a journal for what it sends.
    pub fn with_journal(&self, journal: Arc<Journal>) -> Self {
        Self {
            journal: Some(journal),
            ..self.clone()
        }
    }

    /// Fills, signs, notes and sends `request`. What the endpoint has already, because the same key sent the same
    /// bytes from elsewhere, counts as sent.
    pub(super) async fn submit(
        &self,
        what: &str,
        (sender, nonce): (Address, u64),
        request: TransactionRequest,
    ) -> Result<UnminedTransaction, ChainError> {
        if let Signs::Anybody = self.signs {
            return self.send_unsigned(what, (sender, nonce), request).await;
        }
        let fees = match Fees::of(&request) {
            Some(given) => given,
            None => self.fees().await?,
        };
        self.count_cost(what, sender, &request, fees)?;
        self.offer(what, request, (sender, nonce), fees).await
    }

    /// Submits requests that have these fees, with nonces in a row: up to [`SENT_TOGETHER`] of them in one question. What
    /// the endpoint does not take so is offered alone, and the first that it refuses ends the row.
    pub(super) async fn submit_in_row(
        &self,
        what: &str,
        (sender, first_nonce): (Address, u64),
        fees: Fees,
        requests: &[TransactionRequest],
    ) -> SubmittedRow {
        let mut row = SubmittedRow::default();
        for group in requests.chunks(SENT_TOGETHER) {
            let nonce = first_nonce + row.submitted.len() as u64;
            if let Err(error) = self
                .submit_group(what, (sender, nonce), fees, group, &mut row.submitted)
                .await
            {
                row.refused = Some(error);
                break;
            }
        }
        row
    }

    /// Submits requests that fit one question.
    ///
    /// # Errors
    /// Why one is not taken; those before it are in `submitted`.
    async fn submit_group(
        &self,
        what: &str,
        (sender, first_nonce): (Address, u64),
        fees: Fees,
        requests: &[TransactionRequest],
        submitted: &mut Vec<UnminedTransaction>,
    ) -> Result<(), ChainError> {
        let numbered = || requests.iter().zip(first_nonce..);
        if let (Signs::Anybody, _) | (_, [_]) = (&self.signs, requests) {
            for (request, nonce) in numbered() {
                let sent = self.submit(what, (sender, nonce), request.clone()).await;
                submitted.push(sent?);
            }
            return Ok(());
        }
        let mut group = Vec::with_capacity(requests.len());
        for (request, nonce) in numbered() {
            self.count_cost(what, sender, request, fees)?;
            let numbered = request.clone().with_nonce(nonce);
            let (tx, signed) = self.sign(what, numbered).await?;
            let sent = UnminedTransaction {
                tx,
                sender,
                nonce,
                signed,
            };
            group.push((request, sent));
        }
        let entries = group.iter().map(|(_, sent)| InFlight {
            what: what.into(),
            tx: sent.tx,
            nonce: sent.nonce,
        });
        self.note_in_journal(what, entries.collect())?;
        for (_, sent) in &group {
            kill_point::at(Phase::BeforeSending);
            // From here on it may be sent, whatever the endpoint says or does not say.
            self.may_be_sent(sent.tx);
        }
        let signed: Vec<&Bytes> = group.iter().map(|(_, sent)| &sent.signed).collect();
        let taken = self.broadcast_together(&signed).await;
        for ((request, sent), is_taken) in group.into_iter().zip(taken) {
            if is_taken {
                kill_point::at(Phase::Sent);
                submitted.push(sent);
            } else {
                let place = (sender, sent.nonce);
                let offered = self.offer(what, request.clone(), place, fees).await;
                submitted.push(offered?);
            }
        }
        Ok(())
    }

    /// Gives the endpoint signed transactions in one question. Returns for each whether the endpoint has said that it
    /// takes it.
    async fn broadcast_together(&self, signed: &[&Bytes]) -> Vec<bool> {
        const METHOD: &str = "eth_sendRawTransaction";
        let mut batch = BatchRequest::new(self.taker().provider.client());
        let mut answers = Vec::with_capacity(signed.len());
        for signed in signed {
            answers.push(batch.add_call::<_, B256>(METHOD, &(*signed,)).ok());
        }
        let is_answered = batch.send().await.is_ok();
        let mut taken = Vec::with_capacity(signed.len());
        for answer in answers {
            taken.push(match answer {
                Some(answer) if is_answered => answer.await.is_ok(),
                _ => false,
            });
        }
        taken
    }

    /// Counts the highest cost of a request towards what the command may spend.
    fn count_cost(
        &self,
        what: &str,
        sender: Address,
        request: &TransactionRequest,
        fees: Fees,
    ) -> Result<(), ChainError> {
        let most = highest_cost(request, fees.max);
        if let Some(limit) = self.spending.add(what, sender, most)? {
            self.progress.note(&limit);
        }
        Ok(())
    }

    /// Notes transactions in the journal before they are sent.
    fn note_in_journal(&self, what: &str, entries: Vec<InFlight>) -> Result<(), ChainError> {
        if let Some(journal) = &self.journal {
            let noted = journal.sending(entries);
            noted.map_err(|error| unnoted(what, &error))?;
        }
        Ok(())
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
            self.may_be_sent(tx);
            let broadcast = self.broadcast_in_order(what, &signed).await;
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
                    return if self.is_known(tx).await.map_err(maybe)? {
                        Ok(submitted)
                    } else {
                        Err(taken(error))
                    };
                }
                // The endpoint has answered that it takes nothing now.
                None if error.is_rate_limited() => return Err(error),
                None if matches!(error, ChainError::Unreachable { .. }) => {
                    return Err(maybe(error));
                }
                rejection => {
                    self.forget(tx);
                    if self.original.is_none() {
                        self.progress.not_sent(tx);
                    }
                    match rejection {
                        Some(Rejection::Underpriced) if raises < RAISES => {}
                        Some(Rejection::Underpriced) => return Err(underpriced(what, fees, error)),
                        Some(Rejection::Replacement) => return Err(taken(error)),
                        Some(Rejection::Early) => {
                            let found = error.found().unwrap_or_default();
                            return Err(ChainError::nonce_gap(what, sender, nonce, &found));
                        }
                        _ => return Err(error),
                    }
                }
            }
            raises += 1;
            let raised = fees.raised();
            if raised.max > self.max_fee.unwrap_or(fee_ceiling::WEI) {
                return Err(underpriced(what, fees, error));
            }
            // Only one transaction of a nonce can be mined: the most expensive one counts.
            let more = highest_cost(&request, raised.max) - highest_cost(&request, fees.max);
            self.spending.add(what, sender, more)?;
            fees = raised;
            pauses.pause().await;
        }
    }

    /// Sends a request on a copy. Whatever it costs, its sender was lent enough.
    async fn send_unsigned(
        &self,
        what: &str,
        (sender, nonce): (Address, u64),
        request: TransactionRequest,
    ) -> Result<UnminedTransaction, ChainError> {
        const METHOD: &str = "eth_sendUnsignedTransaction";
        let request = request.with_from(sender).with_nonce(nonce);
        let sent = self.provider.raw_request(METHOD.into(), (request,));
        let sent: Result<B256, _> = sent.await;
        Ok(UnminedTransaction {
            tx: sent.map_err(|error| self.error(what, error))?.into(),
            sender,
            nonce,
            signed: Bytes::new(),
        })
    }

    /// Tells who listens of a transaction. On the chain of a copy there is none.
    pub(super) fn may_be_sent(&self, tx: TxHash) {
        if self.original.is_none() {
            self.progress.transaction(tx);
        }
    }

    /// Returns what gas may cost now, from two base fees and the tip that the last blocks' transactions paid.
    ///
    /// # Errors
    /// `FeeTooHigh`.
    pub(super) async fn fees(&self) -> Result<Fees, ChainError> {
        let newest = BlockNumberOrTag::Latest;
        let percentiles = [EIP1559_FEE_ESTIMATION_REWARD_PERCENTILE];
        let blocks = EIP1559_FEE_ESTIMATION_PAST_BLOCKS;
        let history = self.provider.get_fee_history(blocks, newest, &percentiles);
        let history = history
            .await
            .map_err(|error| self.error("eth_feeHistory", error))?;
        let base_fee = history.latest_block_base_fee().unwrap_or_default();
        let rewards = history.reward.unwrap_or_default();
        let estimate = eip1559_default_estimator(base_fee, &rewards);
        let max = estimate.max_fee_per_gas;
        let ceiling = FeeCeiling::of(self.max_fee, history.base_fee_per_gas);
        if max > ceiling.wei {
            return Err(ceiling.refusal(max).into());
        }
        Ok(Fees {
            max,
            tip: estimate.max_priority_fee_per_gas,
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
        let request = fees.given_to(request.with_nonce(nonce));
        let (tx, signed) = self.sign(what, request).await?;
        let what_is_sent = InFlight {
            what: what.into(),
            tx,
            nonce,
        };
        self.note_in_journal(what, vec![what_is_sent])?;
        kill_point::at(Phase::BeforeSending);
        Ok((tx, signed))
    }

    /// Gives the endpoint a signed transaction, the same bytes again for a while where one of the sender's that comes
    /// before it has not reached the sequencer yet.
    async fn broadcast_in_order(&self, what: &str, signed: &Bytes) -> Result<(), ChainError> {
        let pauses = Backoff::new(EARLY_PAUSE, RECEIPT_PAUSE_LONGEST);
        let look = async || match self.broadcast(what, signed).await {
            Err(error) if Rejection::of(&error) == Some(Rejection::Early) => Ok(None),
            Err(error) => Err(error),
            Ok(()) => Ok(Some(())),
        };
        match pauses.until(EARLY_FOR, look).await? {
            Some(()) => Ok(()),
            None => self.broadcast(what, signed).await,
        }
    }

    /// Gives the endpoint a signed transaction.
    pub(super) async fn broadcast(&self, what: &str, signed: &Bytes) -> Result<(), ChainError> {
        let taker = self.taker();
        let sent = taker.provider.send_raw_transaction(signed).await;
        sent.map(drop).map_err(|error| taker.error(what, error))
    }

    /// Signs a request that has everything but the chain's id: its hash, and its bytes as they are
    /// sent.
    pub async fn sign(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<(TxHash, Bytes), ChainError> {
        let wallet = match &self.signs {
            Signs::Wallet(wallet) => wallet,
            Signs::Endpoint => return self.signed_by_endpoint(what, request).await,
            Signs::Nobody | Signs::Anybody => return Err(ChainError::no_key(what)),
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

    /// Closes the journal: what went through was reported, or can be read from the chain: see [`Journal::close`].
    pub fn close_journal(&self) {
        if let Some(journal) = &self.journal {
            journal.close();
        }
    }

    /// Notes that the fate of a transaction is known.
    pub fn forget(&self, tx: TxHash) {
        if let Some(journal) = &self.journal {
            journal.settled(tx);
        }
    }
}

#[cfg(test)]
mod tests;
