//! A fork: the state of one block of another chain, read from its endpoint when it is needed, and
//! never written there.

mod cache;
mod endpoint;
mod head;
mod options;
mod proof;
mod question;
mod transport;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use alloy::primitives::{Address, B256, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{Budget, CallRequest, Chain, ChainConfig, ChainError, Source, SourceAccount};

use cache::ForkCache;
pub(crate) use endpoint::EndpointError;
use endpoint::{EndpointCall, ForkEndpoint, RawAnswer};
use head::{ForkHead, head};
pub use options::{ForkBlock, ForkError, ForkOptions, VerifyMode};
pub use proof::storage_root;
use question::StateQuery;

use crate::limits::ENDPOINT_WAIT;

/// Gas that a transfer has to read what transfers need.
const TRANSFER_GAS: u64 = 100_000;

/// One block of another chain. Cheap to clone; all clones share what was read.
#[derive(Clone)]
pub struct Fork(Arc<ForkInner>);

struct ForkInner {
    endpoint: RwLock<ForkEndpoint>,
    head: ForkHead,
    cache: Mutex<ForkCache>,
}

impl Fork {
    /// Asks the endpoint for the block. Blocks this thread until it has answered.
    ///
    /// # Errors
    /// [`ForkError`] when it does not answer, or has no such block, or no ArbOS whose rules are known.
    pub fn connect(options: ForkOptions) -> Result<Self, ForkError> {
        Self::connect_within(options, &Budget::default())
    }

    /// The same for a caller that may leave.
    pub(crate) fn connect_within(options: ForkOptions, budget: &Budget) -> Result<Self, ForkError> {
        let endpoint = ForkEndpoint::open(options)?;
        let options = endpoint.options();
        let head = head(&endpoint, options, budget)?;
        let cache = match &options.cache {
            Some(folder) => ForkCache::open(folder, &options.url, &head),
            None => ForkCache::default(),
        };
        Ok(Self(Arc::new(ForkInner {
            endpoint: RwLock::new(endpoint),
            head,
            cache: Mutex::new(cache),
        })))
    }

    /// Returns the options with which its endpoint is asked: those of the fork, unless the URL was changed since.
    pub fn options(&self) -> ForkOptions {
        self.endpoint().options().clone()
    }

    pub(crate) fn head(&self) -> &ForkHead {
        &self.0.head
    }

    /// The URL without what may be secret in it.
    pub fn shown(&self) -> String {
        self.endpoint().shown().to_owned()
    }

    fn endpoint(&self) -> ForkEndpoint {
        let endpoint = self.0.endpoint.read();
        endpoint.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cache(&self) -> MutexGuard<'_, ForkCache> {
        self.0.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks another endpoint from now on. It must have the same block. Headers belong to the URL that
    /// they were given for: another one does not see them.
    ///
    /// # Errors
    /// [`ForkError`]; then nothing has changed.
    pub(crate) fn set_url(&self, url: &str, budget: &Budget) -> Result<(), ForkError> {
        let own = self.head();
        let options = ForkOptions {
            block: ForkBlock::Number(own.number),
            expected_chain_id: Some(own.chain_id),
            ..self.options().at(url.to_owned())
        };
        let endpoint = ForkEndpoint::open(options)?;
        let found = head(&endpoint, endpoint.options(), budget)?;
        if found.hash != own.hash {
            return Err(ForkError::endpoint(endpoint.shown())(format!(
                "it has {} as block {}, expected {}: it is another chain, or the block was replaced",
                found.hash, own.number, own.hash
            )));
        }
        let mut current = self
            .0
            .endpoint
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = endpoint;
        if let Some(root) = found.root() {
            let _ = own.state_root.set(root);
        }
        // The file is of what the first endpoint said.
        self.cache().close();
        Ok(())
    }

    /// The settings of a chain that continues from the block.
    pub fn configure(&self, config: &mut ChainConfig) {
        let (head, options) = (self.head(), self.options());
        config.chain_id = options.chain_id.unwrap_or(head.chain_id);
        config.arbos_version = head.arbos_version;
        config.number = head.number;
        config.hash = Some(head.hash);
        config.timestamp = Some(head.timestamp);
        config.base_fee = head.base_fee;
        config.gas_limit = options.gas_limit.unwrap_or(head.gas_limit);
        config.coinbase = head.miner;
        if head.l1_block_number.is_some() {
            config.l1_block_number = head.l1_block_number;
        }
    }

    /// A chain that continues from the block, with these settings otherwise. The accounts in them, and
    /// the dev account, have their balances. What every block and every transfer needs has been read.
    ///
    /// # Errors
    /// [`ForkError::Endpoint`] and [`ForkError::Unread`] when the endpoint cannot be read.
    pub(crate) fn chain(
        &self,
        plain: &ChainConfig,
        dev: Address,
        budget: &Budget,
    ) -> Result<Chain, ForkError> {
        let mut config = plain.clone();
        self.configure(&mut config);
        let mut funded = config.accounts.clone();
        funded.push((dev, config.dev_balance));
        let addresses: Vec<Address> = funded.iter().map(|(address, _)| *address).collect();
        let shown = self.shown();
        let fail = ForkError::endpoint(&shown);
        let (arbos, words) = Chain::arbos_words();
        self.prefetch(&addresses, arbos, &words, budget)
            .map_err(fail)?;
        let unread = |error| match error {
            ChainError::Source(reason) => ForkError::Unread(reason),
            error => fail(error.to_string()),
        };
        let chain = Chain::fork(config, Box::new(self.clone()));
        let mut chain = chain.map_err(unread)?;
        for (address, balance) in funded {
            chain.set_balance(address, balance);
        }
        chain.check_source().map_err(unread)?;
        let mut tried = chain.branch();
        tried.set_budget(Some(budget.clone()));
        tried.impersonate(dev);
        let transfer = CallRequest {
            to: Some(dev),
            gas: Some(TRANSFER_GAS),
            ..CallRequest::default()
        };
        // It may be refused: with the prices of some chains nobody can pay.
        let _ = tried.submit_unsigned(dev, transfer);
        let mined = tried.mine(1, None);
        tried.check_source().and(mined).map_err(unread)?;
        Ok(chain)
    }

    /// Reads accounts and slots of one account that will be needed, in one request.
    fn prefetch(
        &self,
        addresses: &[Address],
        account: Address,
        slots: &[U256],
        budget: &Budget,
    ) -> Result<(), String> {
        let (addresses, slots): (Vec<Address>, Vec<U256>) = {
            let cache = self.cache();
            let unknown = addresses.iter().filter(|a| cache.account(**a).is_none());
            let words = slots
                .iter()
                .filter(|slot| cache.slot(account, **slot).is_none());
            (unknown.copied().collect(), words.copied().collect())
        };
        if addresses.is_empty() && slots.is_empty() {
            return Ok(());
        }
        let mut questions: Vec<StateQuery> =
            addresses.into_iter().map(StateQuery::Account).collect();
        if !slots.is_empty() {
            questions.push(StateQuery::Slots(account, slots));
        }
        self.fetch(&questions, budget)
    }

    /// Reads parts of the state, in one request, and remembers them.
    fn fetch(&self, questions: &[StateQuery], budget: &Budget) -> Result<(), String> {
        let calls: Vec<Vec<EndpointCall>> = questions
            .iter()
            .map(|question| question.calls(self.head()))
            .collect();
        let counts: Vec<usize> = calls.iter().map(Vec::len).collect();
        let answers = self
            .endpoint()
            .ask(calls.into_iter().flatten().collect(), budget);
        let answers = answers.map_err(|reason| self.with_hint(reason, budget))?;
        let mut answers = answers.as_slice();
        let mut entries = Vec::new();
        for (question, count) in questions.iter().zip(counts) {
            let (its, others) = answers.split_at(count.min(answers.len()));
            answers = others;
            entries.extend(question.entries(self.head(), its)?);
        }
        tracing::debug!(parts = entries.len(), "read from {}", self.shown());
        let mut cache = self.cache();
        entries.into_iter().for_each(|entry| cache.insert(entry));
        Ok(())
    }

    /// Returns the reason why the state was not read; where the block is no longer in the chain, it says so.
    fn with_hint(&self, reason: String, budget: &Budget) -> String {
        let (number, hash) = (self.head().number, self.head().hash);
        let budget = budget.clone().waiting(ENDPOINT_WAIT);
        let (method, params) = named(number);
        let found = self.endpoint().ask_one_once(method, params, &budget);
        match found {
            Ok(BlockHashAnswer { hash: found }) if found != hash => format!(
                "{reason}; block {number}, which is forked, was {hash} and is {found} now: a reorganization took it \
                 away, so start the fork again"
            ),
            _ => reason,
        }
    }

    /// The hash of a block on the forked chain.
    fn hash_there(&self, number: u64, budget: &Budget) -> Result<B256, String> {
        let (method, params) = named(number);
        let block: BlockHashAnswer = self.endpoint().ask_one(method, params, budget)?;
        Ok(block.hash)
    }

    /// A request that the endpoint answers in place of this node.
    pub(crate) async fn forward(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<RawAnswer, EndpointError> {
        let answers = self.endpoint().answers(vec![(method, params)]).await;
        let mut answers = answers.map_err(|refused| EndpointError {
            reason: self.of_endpoint(refused.reason),
            ..refused
        })?;
        let answer = answers.pop();
        Ok(answer.ok_or_else(|| "the endpoint left out answers".to_owned())?)
    }

    /// A reason with the endpoint that it is of.
    fn of_endpoint(&self, reason: String) -> String {
        format!("{}: {reason}", self.shown())
    }
}

/// A block's hash.
#[derive(Deserialize)]
struct BlockHashAnswer {
    hash: B256,
}

/// Returns the method and the parameter that ask for a block.
fn named(number: u64) -> (&'static str, Value) {
    ("eth_getBlockByNumber", json!([U64::from(number), false]))
}

impl std::fmt::Debug for Fork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fork({} at block {})", self.shown(), self.head().number)
    }
}

impl Source for Fork {
    fn account(&self, address: Address, budget: &Budget) -> Result<SourceAccount, String> {
        if let Some(known) = self.cache().account(address) {
            return Ok(known);
        }
        let read = self.fetch(&[StateQuery::Account(address)], budget);
        read.map_err(|reason| self.of_endpoint(reason))?;
        let found = self.cache().account(address);
        found.ok_or_else(|| format!("{address} was not read"))
    }

    fn slot(&self, address: Address, slot: U256, budget: &Budget) -> Result<U256, String> {
        if let Some(known) = self.cache().slot(address, slot) {
            return Ok(known);
        }
        let read = self.fetch(&[StateQuery::Slots(address, vec![slot])], budget);
        read.map_err(|reason| self.of_endpoint(reason))?;
        let found = self.cache().slot(address, slot);
        found.ok_or_else(|| format!("slot {slot:#x} of {address} was not read"))
    }

    fn block_hash(&self, number: u64, budget: &Budget) -> Result<B256, String> {
        let hash = self.hash_there(number, budget);
        hash.map_err(|reason| self.of_endpoint(reason))
    }
}
