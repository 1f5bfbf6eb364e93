//! A chain as this program sees it: typed calls, transactions that wait for their receipts,
//! refusals by name.

mod account;
mod advice;
mod backoff;
mod batch;
mod beside;
mod block_span;
mod earlier;
mod endpoint;
mod error;
mod events;
mod failure;
mod fee_ceiling;
mod fork;
mod forked;
mod gas_limit;
mod l1_gas;
mod lag;
mod lent;
mod memory;
mod moment;
mod next_block;
mod pinned;
mod reasons;
mod receipt;
mod rejection;
mod retry;
mod revert;
mod same_chain;
mod send;
mod sent;
mod spending;
#[cfg(test)]
mod tests;
mod transactions;
mod transport;
mod unanswered;
mod unlocked;
mod unmined;
mod value_left;
mod value_words;
mod views;

pub use advice::Advice;
pub(crate) use backoff::Backoff;
pub use block_span::BlockSpan;
pub use endpoint::{DEFAULT_TIMEOUT, Endpoint};
pub use error::{ChainError, RpcError};

pub use events::{EventStore, Look};
pub use fork::{
    BlockAnswer, Fork, Outcome, PastBlock, PastTransaction, ReadsLeft, ReplayReceipt, Replayed,
    replay,
};
pub use gas_limit::GasLimit;
pub use pinned::{is_behind, once_there};
pub use reasons::{not_runnable_reason, policy_reason};
pub use revert::{Revert, StepEnd, declare_errors};
pub use sent::Sent;
pub use spending::MAX_SPENDING;
pub use transactions::{Spent, Transaction, Transactions};
pub use unanswered::{ANSWER_MAX, RATE_LIMIT_WAIT, Unanswered};
pub use value_words::show;

use crate::cost::Gas;
use crate::journal::Journal;
use crate::kill_point::{self, Phase};
use crate::progress::{Progress, Silent};
use crate::questions::ask_all;
use crate::text::count;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::RpcClient;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use alloy::transports::BoxTransport;
use alloy::transports::utils::guess_local_url;
use batch::BatchTransport;
use beside::Beside;
use lag::Seen;
use moment::Moment;
use retry::RetryTransport;
use send::{Fees, Signs};
use spending::SpendingLedger;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use transport::Http;
use unmined::UnminedTransaction;
use value_left::Payload;

/// Gas sent along, in percent of the estimate: others may move the chain meanwhile.
const GAS_PERCENT: u64 = 120;
/// A round trip above which an endpoint is far. One on this machine takes a few milliseconds.
const FAR: Duration = Duration::from_millis(60);
/// The time for which a read is retried after a lost connection.
const HICCUP: Duration = Duration::from_secs(1);
/// The most that the data fee of one program may be, in wei, unless a command is told otherwise: 0.1 ether.
pub const MAX_DATA_FEE: u128 = 100_000_000_000_000_000;

/// A connection to a chain, with a key or without. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    endpoint: Endpoint,
    transport: RetryTransport,
    provider: DynProvider,
    sender: Option<Address>,
    acting: Option<Address>,
    signs: Signs,
    gas: GasLimit,
    /// The chain of which this is a copy, so that nothing sent here reaches it.
    original: Option<Arc<Client>>,
    journal: Option<Arc<Journal>>,
    progress: Arc<dyn Progress>,
    seen: Option<Arc<Seen>>,
    moment: Arc<Moment>,
    events: Option<Arc<EventStore>>,
    /// The other endpoints that are asked.
    beside: Beside,
    /// The block that is read; none is the newest.
    pinned: Option<u64>,
    no_l1_gas: Arc<l1_gas::Absent>,
    log_span: Arc<block_span::LearnedSpan>,
    /// True if the endpoint has refused a proof.
    no_proofs: Arc<AtomicBool>,
    /// True if each question takes long.
    is_far: bool,
    max_data_fee: U256,
    max_fee: Option<u128>,
    spending: Arc<SpendingLedger>,
    chain_id: u64,
}

impl Client {
    /// Connects to `url` for reading. Errors if nobody answers there.
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
        Self::connect_to(Endpoint::parse(url)?).await
    }

    /// Like [`Self::connect`], to an endpoint with its own limits.
    pub async fn connect_to(endpoint: Endpoint) -> Result<Self, ChainError> {
        Self::open(endpoint, Arc::new(Silent), None).await
    }

    /// Like [`Self::connect_to`], for one command: `progress` is told of what takes long, and what was seen of the
    /// chain does not go back.
    pub async fn connect_reporting(
        endpoint: Endpoint,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, ChainError> {
        Self::open(endpoint, progress, Some(Arc::default())).await
    }

    async fn open(
        endpoint: Endpoint,
        progress: Arc<dyn Progress>,
        seen: Option<Arc<Seen>>,
    ) -> Result<Self, ChainError> {
        let (client, batches) = Self::unasked(endpoint, progress, 0)?;
        let (endpoint, provider) = (&client.endpoint, &client.provider);
        let begun = Instant::now();
        let first = async {
            if seen.is_some()
                && let Ok(newest) = provider.get_block_number().await
            {
                client.moment.begin_at(newest);
            }
        };
        let (chain_id, ()) = futures::join!(async { provider.get_chain_id().await }, first);
        let chain_id = chain_id.map_err(|error| ChainError::of(endpoint, "eth_chainId", error))?;
        let is_far = begun.elapsed() > FAR;
        batches.set_far(is_far);
        Ok(Self {
            seen,
            is_far,
            chain_id,
            ..client
        })
    }

    /// A connection to a chain with that id, which nobody has asked yet.
    fn unasked(
        endpoint: Endpoint,
        progress: Arc<dyn Progress>,
        chain_id: u64,
    ) -> Result<(Self, BatchTransport), ChainError> {
        let unusable = |reason| ChainError::Unreachable {
            endpoint: endpoint.to_string(),
            reason,
        };
        let http = Http::new(&endpoint, progress.clone()).map_err(unusable)?;
        let batches = BatchTransport::new(http);
        let transport = BoxTransport::new(batches.clone());
        let shown = (endpoint.to_string(), endpoint.timeout);
        let transport = RetryTransport::new(transport, shown, progress.clone());
        let provider = provider(&endpoint, &transport);
        let client = Self {
            endpoint,
            transport,
            provider,
            sender: None,
            acting: None,
            signs: Signs::Nobody,
            gas: GasLimit::Margin,
            original: None,
            journal: None,
            progress,
            seen: None,
            moment: Arc::default(),
            events: None,
            beside: Beside::default(),
            pinned: None,
            no_l1_gas: Arc::default(),
            log_span: Arc::default(),
            no_proofs: Arc::default(),
            is_far: false,
            max_data_fee: U256::from(MAX_DATA_FEE),
            max_fee: None,
            spending: Arc::default(),
            chain_id,
        };
        Ok((client, batches))
    }

    /// The same, connected to a copy of that chain: nothing that it sends reaches the chain.
    pub fn of_copy(self, original: Self) -> Self {
        let original = Some(Arc::new(original));
        Self { original, ..self }
    }

    /// The same chain, with transactions signed by `signer`.
    pub fn with_signer(&self, signer: PrivateKeySigner) -> Self {
        let sender = Some(signer.address());
        Self {
            sender,
            signs: Signs::Wallet(signer.into()),
            ..self.clone()
        }
    }

    /// A client that retries for `trouble` if the endpoint fails. A transaction may then be broadcast twice, as the
    /// same bytes. One answer may take `deadline` at most.
    pub fn bearing(&self, trouble: Duration, deadline: Duration) -> Self {
        let transport = self.transport.bearing(trouble, deadline);
        Self {
            beside: self.beside.bearing(trouble, deadline),
            provider: provider(&self.endpoint, &transport),
            transport,
            ..self.clone()
        }
    }

    /// Returns the time for which failed requests are retried.
    pub fn patience(&self) -> Duration {
        self.transport.patience()
    }

    /// The same, with another bound on the data fee of each program: the endpoint says what it is.
    pub fn with_max_data_fee(&self, wei: U256) -> Self {
        Self {
            max_data_fee: wei,
            ..self.clone()
        }
    }

    /// The same, with this bound on the price of a unit of gas, in wei; without one it follows from the last blocks.
    pub fn with_max_fee(&self, wei: Option<u128>) -> Self {
        Self {
            max_fee: wei,
            ..self.clone()
        }
    }

    /// The same client, with a limit in wei for the cost of all its transactions together.
    pub fn with_max_spend(&self, wei: U256) -> Self {
        Self {
            spending: Arc::new(SpendingLedger::new(wei)),
            ..self.clone()
        }
    }

    /// Returns the most that the data fee of one program may be, in wei.
    pub fn max_data_fee(&self) -> U256 {
        self.max_data_fee
    }

    /// The same, asked as `account` would ask: what a contract decides that signs nothing itself.
    pub fn acting_as(&self, account: Address) -> Self {
        Self {
            acting: Some(account),
            ..self.clone()
        }
    }

    /// The chain's id.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Returns true if each question takes long, so that it is better to ask for what may be needed together.
    pub fn is_far(&self) -> bool {
        self.is_far
    }

    /// Does `work`, and asks beside it for what it will need, where one block is read: it has these answers sooner.
    pub async fn ahead<T>(
        &self,
        questions: impl Future<Output = ()>,
        work: impl Future<Output = T>,
    ) -> T {
        if self.pinned.is_none() && self.seen.is_none() {
            return work.await;
        }
        // Both to their ends: what is asked, and dropped before it is answered, would be asked for again.
        let (done, ()) = futures::join!(work, questions);
        done
    }

    /// Returns the endpoint at which the chain is asked.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the listener for work that takes long.
    pub fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    /// The same, to keep.
    pub fn shared_progress(&self) -> Arc<dyn Progress> {
        self.progress.clone()
    }

    /// alloy's provider beneath, for what is not offered here.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The address of the key. Fails if no key was given; `what` names the command in the message.
    pub fn sender(&self, what: &str) -> Result<Address, ChainError> {
        self.sender.ok_or_else(|| ChainError::no_key(what))
    }

    /// Returns true if there is a key to sign with.
    pub fn has_key(&self) -> bool {
        self.sender.is_some()
    }

    /// Returns the account that decides: the account of [`Self::acting_as`], else that of the key. Errors as
    /// [`Self::sender`].
    pub fn caller(&self, what: &str) -> Result<Address, ChainError> {
        self.acting.map_or_else(|| self.sender(what), Ok)
    }

    /// Reads by a typed call from this client's address.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return, ChainError> {
        self.call_with_value(to, call, U256::ZERO).await
    }

    /// Like [`Self::call`], with value in wei: what a transaction would return.
    pub async fn call_with_value<C: SolCall>(
        &self,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<C::Return, ChainError> {
        let data = call.abi_encode().into();
        let answer = self.call_raw(C::SIGNATURE, to, data, value).await?;
        match C::abi_decode_returns(&answer) {
            Ok(returned) => Ok(returned),
            Err(error) => {
                let reason = if answer.is_empty() {
                    self.why_empty(to).await?
                } else {
                    error.to_string()
                };
                Err(ChainError::unexpected_answer(to, C::SIGNATURE, reason))
            }
        }
    }

    /// Asks for the answer of `to` to `data` from this client's address, with `value` in wei. `what` names the call.
    pub async fn call_raw(
        &self,
        what: &str,
        to: Address,
        data: Bytes,
        value: U256,
    ) -> Result<Bytes, ChainError> {
        let mut request = TransactionRequest::default().with_to(to).with_input(data);
        if !value.is_zero() {
            request = request.with_value(value);
        }
        if let Some(caller) = self.acting.or(self.sender) {
            request = request.with_from(caller);
        }
        self.read(what, async |block| {
            self.provider.call(request.clone()).block(block).await
        })
        .await
        .map_err(|error| error.of_call(what))
    }

    /// Says why an account answers with nothing.
    pub async fn why_empty(&self, account: Address) -> Result<String, ChainError> {
        Ok(if self.code(account).await?.is_empty() {
            format!(
                "there is no code on chain {} at {}",
                self.chain_id, self.endpoint
            )
        } else {
            "an empty answer".into()
        })
    }

    /// Sends a typed call with `value` wei and waits for its receipt.
    pub async fn send<C: SolCall>(
        &self,
        what: &str,
        to: Address,
        call: &C,
        value: U256,
    ) -> Result<Sent, ChainError> {
        let request = TransactionRequest::default()
            .with_to(to)
            .with_input(call.abi_encode())
            .with_value(value);
        self.transact(what, request).await
    }

    /// Estimates, signs and sends `request`, and waits for its receipt. A refusal is found out
    /// by the estimate, before anything is sent.
    pub async fn transact(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<Sent, ChainError> {
        self.transact_with_min_gas(what, request, None).await
    }

    /// Like [`Self::transact`], with a gas limit of at least `minimum_gas`, because the call may do more when it is
    /// mined than during the estimate.
    pub async fn transact_with_min_gas(
        &self,
        what: &str,
        request: TransactionRequest,
        minimum_gas: Option<u64>,
    ) -> Result<Sent, ChainError> {
        let sender = self.sender(what)?;
        // All at once: a far endpoint is asked once. What is refused is sent by nobody.
        let (filled, fees, nonce) = futures::join!(
            self.with_foreseen_gas(what, request.with_from(sender), minimum_gas),
            self.fees(),
            self.next_nonce(sender)
        );
        let (filled, fees, nonce) = (filled?, fees?, nonce?);
        self.announce(what, &filled, fees);
        let request = fees.given_to(filled.request);
        let receipt = self
            .transact_at(what, (sender, nonce), request.clone())
            .await?;
        self.outcome(what, request, receipt).await
    }

    /// Sends requests as transactions of this key with nonces in a row, none of which waits for the one before it, and
    /// waits for all. Returns what became of each that was sent; the first that could not be sent is the last of these.
    ///
    /// # Errors
    /// Where nothing was sent: what the estimate of a request says.
    pub async fn transact_in_row(
        &self,
        what: &str,
        requests: Vec<TransactionRequest>,
    ) -> Result<Vec<Result<Sent, ChainError>>, ChainError> {
        let sender = self.sender(what)?;
        let filled = requests
            .into_iter()
            .map(|request| self.with_foreseen_gas(what, request.with_from(sender), None));
        let (filled, fees, nonce) =
            futures::join!(ask_all(filled), self.fees(), self.next_nonce(sender));
        let (filled, fees, nonce) = (filled?, fees?, nonce?);
        for filled in &filled {
            self.announce(what, filled, fees);
        }
        let requests = filled.into_iter().map(|filled| filled.request);
        let requests = requests.map(|request| fees.given_to(request)).collect();
        let row = self
            .send_in_row(what, (sender, nonce), fees, requests)
            .await;
        let refused = row.refused.into_iter().map(Err);
        Ok(row.outcomes.into_iter().chain(refused).collect())
    }

    /// Foresees the gas of a request and of others that are like it.
    ///
    /// # Errors
    /// What the estimate says.
    pub async fn foresee_gas(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<SharedGas, ChainError> {
        let sender = self.sender(what)?;
        let filled = self.with_foreseen_gas(what, request.with_from(sender), None);
        let filled = filled.await?;
        Ok(SharedGas {
            limit: filled.request.gas.unwrap_or_default(),
            estimate: filled.estimate,
        })
    }

    /// Sends requests as [`Self::transact_in_row`] does, each with that gas: nothing is estimated.
    ///
    /// # Errors
    /// Where nothing was sent.
    pub async fn transact_alike_in_row(
        &self,
        what: &str,
        requests: Vec<TransactionRequest>,
        gas: SharedGas,
    ) -> Result<SentRow, ChainError> {
        let sender = self.sender(what)?;
        let (fees, nonce) = futures::join!(self.fees(), self.next_nonce(sender));
        let (fees, nonce) = (fees?, nonce?);
        let number = requests.len() as u64;
        let value = requests.iter().filter_map(|request| request.value).sum();
        let filled = FilledRequest {
            request: TransactionRequest::default().with_value(value),
            estimate: gas.estimate.saturating_mul(number),
        };
        let all = format!("{what} in {}", count(number, "transaction"));
        self.announce(&all, &filled, fees);
        let requests = requests.into_iter().map(|request| {
            let request = request.with_from(sender).with_gas_limit(gas.limit);
            fees.given_to(request)
        });
        let requests = requests.collect();
        Ok(self
            .send_in_row(what, (sender, nonce), fees, requests)
            .await)
    }

    /// Sends requests that have gas and these fees, and waits for all that were sent.
    async fn send_in_row(
        &self,
        what: &str,
        sender: (Address, u64),
        fees: Fees,
        requests: Vec<TransactionRequest>,
    ) -> SentRow {
        let row = self.submit_in_row(what, sender, fees, &requests).await;
        if row.refused.is_some() {
            self.read_anew();
        }
        let submitted = row.submitted.into_iter().zip(requests);
        let outcomes = submitted.map(async |(sent, request)| {
            let receipt = self.wait_for(what, &sent).await?;
            self.outcome(what, request, receipt).await
        });
        SentRow {
            outcomes: futures::future::join_all(outcomes).await,
            refused: row.refused,
        }
    }

    /// A request with a gas limit for what it is foreseen to take.
    async fn with_foreseen_gas(
        &self,
        what: &str,
        request: TransactionRequest,
        minimum_gas: Option<u64>,
    ) -> Result<FilledRequest, ChainError> {
        let (estimate, l1) =
            futures::join!(self.foreseen_gas(what, &request), self.l1_gas_of(&request));
        let estimate = estimate?;
        // The price of L1 may double until it is mined. The estimate has it in it once; what was measured on a fork
        // has none of it.
        let l1 = l1.unwrap_or_default();
        let mut limit = self.gas.of(estimate).saturating_add(l1);
        if let Some(gas) = minimum_gas {
            limit = limit.max(gas.saturating_add(l1.saturating_mul(2)));
        }
        let request = request.with_gas_limit(limit);
        Ok(FilledRequest { request, estimate })
    }

    /// Shows what a transaction costs before it is sent.
    fn announce(&self, what: &str, filled: &FilledRequest, fees: Fees) {
        if self.original.is_none() {
            let fee = Gas::with_l1(filled.estimate).at(fees.price());
            let cost = fee.and_value(filled.request.value.unwrap_or_default());
            self.progress.note(&format!("sending {what}: about {cost}"));
        }
    }

    /// Reads what a mined transaction did.
    async fn outcome(
        &self,
        what: &str,
        request: TransactionRequest,
        receipt: TransactionReceipt,
    ) -> Result<Sent, ChainError> {
        let limit = request.gas.unwrap_or_default();
        let tx = receipt.transaction_hash.into();
        if !receipt.status() {
            if let Some(journal) = &self.journal {
                journal.settle_rivals(tx);
            }
            self.forget(tx);
            return Err(self.failure(what, request, &receipt, limit).await);
        }
        self.included(tx);
        let payload = Payload {
            to: request.to.and_then(|to| to.to().copied()),
            input: request.input.input(),
            value: request.value.unwrap_or_default(),
        };
        let fee = self.cost_with_l1(&request, &receipt).await;
        Ok(Sent::new(what, &payload, (receipt, fee)))
    }

    /// Signs and sends `request`, which has its gas limit, and waits for its receipt, whether it went through or
    /// failed. It stays in the journal until [`Self::forget`].
    pub async fn transact_with_gas_limit(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<TransactionReceipt, ChainError> {
        let sender = self.sender(what)?;
        let nonce = self.next_nonce(sender).await?;
        self.transact_at(what, (sender, nonce), request).await
    }

    /// The same as a sender's transaction of this nonce.
    async fn transact_at(
        &self,
        what: &str,
        sender: (Address, u64),
        request: TransactionRequest,
    ) -> Result<TransactionReceipt, ChainError> {
        let sent = self.submit(what, sender, request).await;
        // Why it was refused may be newer than what was read.
        let sent = sent.inspect_err(|_| self.read_anew())?;
        self.wait_for(what, &sent).await
    }

    /// Waits until a transaction is mined.
    async fn wait_for(
        &self,
        what: &str,
        sent: &UnminedTransaction,
    ) -> Result<TransactionReceipt, ChainError> {
        let receipt = self.receipt(what, sent.tx, Some(sent)).await;
        let receipt = receipt.map_err(|error| send::maybe_sent(what, sent.tx, error))?;
        if !matches!(self.signs, Signs::Anybody) {
            kill_point::at(Phase::Mined);
        }
        if let Some(seen) = &self.seen {
            seen.receipt(&receipt, sent.nonce);
            self.newest_block().await?;
        }
        Ok(receipt)
    }

    /// Sorts an error about what would be sent. Why it is refused may be newer than what was read.
    pub fn refused(&self, what: &str, error: alloy::transports::TransportError) -> ChainError {
        self.read_anew();
        self.error(what, error)
    }

    /// Sorts an error of the provider.
    pub fn error(&self, what: &str, error: alloy::transports::TransportError) -> ChainError {
        self.said(ChainError::of(&self.endpoint, what, error))
    }

    /// An error as it is said of the chain, or of the copy that this is connected to.
    fn said(&self, error: ChainError) -> ChainError {
        match self.signs {
            Signs::Anybody => error.said_by_copy(),
            _ => error,
        }
    }

    /// An answer of the endpoint that contradicts itself or an earlier one.
    pub fn contradiction(&self, found: impl Into<String>) -> ChainError {
        ChainError::Unreachable {
            endpoint: self.endpoint.to_string(),
            reason: Unanswered::Contradiction(found.into()),
        }
    }
}

/// Gas that each of several requests gets which are alike, in units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedGas {
    /// The gas limit.
    limit: u64,
    /// Gas that the dearest of them takes, as far as is known.
    estimate: u64,
}

impl SharedGas {
    /// Returns the gas of the dearer of two.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self {
            limit: self.limit.max(other.limit),
            estimate: self.estimate.max(other.estimate),
        }
    }
}

/// What became of transactions with nonces in a row.
#[derive(Debug)]
pub struct SentRow {
    /// The outcome of each that was sent, in order.
    pub outcomes: Vec<Result<Sent, ChainError>>,
    /// Why the next one was not sent, if one was not.
    pub refused: Option<ChainError>,
}

impl SentRow {
    /// Nothing was sent, for that reason.
    pub fn refused(error: ChainError) -> Self {
        Self {
            outcomes: Vec::new(),
            refused: Some(error),
        }
    }
}

/// A request with its gas limit.
struct FilledRequest {
    request: TransactionRequest,
    /// Gas that it takes, as far as is known.
    estimate: u64,
}

fn provider(endpoint: &Endpoint, transport: &RetryTransport) -> DynProvider {
    let rpc = RpcClient::new(transport.clone(), guess_local_url(endpoint.url()));
    ProviderBuilder::new().connect_client(rpc).erased()
}

/// Gas to send along with a transaction that needs `gas` as far as is known.
pub fn with_margin(gas: u64) -> u64 {
    gas.saturating_mul(GAS_PERCENT) / 100
}
