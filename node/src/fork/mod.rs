//! A fork: the state of one block of another chain, read from its endpoint when it is needed, and
//! never written there.

mod cache;
mod endpoint;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{Chain, ChainConfig, Source, SourceAccount};

use crate::error::NodeError;
use cache::{Cache, Entry};
use endpoint::Endpoint;
pub(crate) use endpoint::Refused;

/// How often is told what was read, while much is.
const REPORT: Duration = Duration::from_secs(2);

/// What to fork, and how its endpoint is asked.
#[derive(Clone, Debug)]
pub struct ForkOptions {
    /// `http://` or `https://` endpoint of the chain.
    pub url: String,
    /// The block.
    pub block: ForkBlock,
    /// Refuse a chain with another id.
    pub expected_chain_id: Option<u64>,
    /// The id of the chain here; the forked chain's when absent.
    pub chain_id: Option<u64>,
    /// The gas limit of blocks here; the forked block's when absent.
    pub gas_limit: Option<u64>,
    /// Headers that go along with each request, as `Name: value`.
    pub headers: Vec<String>,
    /// How often a request is sent again that was refused because of a limit, or was not answered.
    pub retries: u32,
    /// Pause before that, where the endpoint names none.
    pub backoff: Duration,
    /// How long one request may take.
    pub timeout: Duration,
    /// Compute units that the endpoint gives per second, of which a request takes 20; `None` without
    /// such a limit.
    pub compute_units: Option<u64>,
    /// Folder where what was read is kept for the next start; `None` keeps nothing.
    pub cache: Option<PathBuf>,
}

impl ForkOptions {
    /// The newest block of an endpoint, as anvil asks it; nothing is kept on disk.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            block: ForkBlock::Latest,
            expected_chain_id: None,
            chain_id: None,
            gas_limit: None,
            headers: Vec::new(),
            retries: 5,
            backoff: Duration::from_secs(1),
            timeout: Duration::from_secs(45),
            compute_units: Some(330),
            cache: None,
        }
    }
}

/// Which block is forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkBlock {
    /// The newest one.
    Latest,
    /// The block with this number.
    Number(u64),
    /// So many blocks before the newest one.
    Before(u64),
}

/// Why a fork cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The URL is none that can be asked.
    #[error("{url}: {reason}; expected http:// or https:// and a host")]
    Url {
        /// Its readable part.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A header is not of the form.
    #[error("--fork-header: expected `Name: value` of visible ASCII")]
    Header,
    /// The endpoint does not answer, or not as a chain does.
    #[error("{endpoint}: {reason}")]
    Endpoint {
        /// Its readable part.
        endpoint: String,
        /// What it said, or why nothing arrived.
        reason: String,
    },
    /// There is no such block.
    #[error("{endpoint} has no block {block}; its newest one is {newest}")]
    Block {
        /// The readable part of the URL.
        endpoint: String,
        /// The block requested.
        block: u64,
        /// The newest one.
        newest: u64,
    },
    /// Another chain than was expected.
    #[error("{endpoint} is chain {found}, expected {expected}")]
    ChainId {
        /// The readable part of the URL.
        endpoint: String,
        /// What it says.
        found: u64,
        /// What was requested.
        expected: u64,
    },
    /// Another block than the one that was forked.
    #[error("{endpoint} has {found} as block {number}, expected {expected}: it is another chain")]
    OtherBlock {
        /// The readable part of the URL.
        endpoint: String,
        /// The forked block.
        number: u64,
        /// Its hash there.
        found: B256,
        /// The forked block's hash.
        expected: B256,
    },
    /// Its rules are not known.
    #[error(
        "{endpoint} has ArbOS version {version} at block {block}: expected one of {:?}",
        Chain::ARBOS_VERSIONS
    )]
    ArbOs {
        /// The readable part of the URL.
        endpoint: String,
        /// What its state says, 0 without ArbOS.
        version: u64,
        /// The block.
        block: u64,
    },
}

/// What the forked block says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) chain_id: u64,
    pub(crate) arbos_version: u64,
    pub(crate) number: u64,
    pub(crate) hash: B256,
    timestamp: u64,
    gas_limit: u64,
    base_fee: u64,
    l1_block_number: Option<u64>,
}

/// Nitro adds `l1BlockNumber`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockAnswer {
    number: U64,
    hash: B256,
    timestamp: U64,
    gas_limit: U256,
    base_fee_per_gas: Option<U64>,
    l1_block_number: Option<U64>,
}

/// The fork that a node is on, if any; shared with those who pass requests on.
#[derive(Clone, Default)]
pub(crate) struct CurrentFork(Arc<RwLock<Option<Fork>>>);

impl CurrentFork {
    pub(crate) fn get(&self) -> Option<Fork> {
        let current = self.0.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, fork: Option<Fork>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fork;
    }
}

/// One block of another chain. Cheap to clone; all clones share what was read.
#[derive(Clone)]
pub struct Fork(Arc<Shared>);

struct Shared {
    endpoint: RwLock<Arc<Endpoint>>,
    options: ForkOptions,
    head: Head,
    cache: Mutex<Cache>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    accounts: u64,
    slots: u64,
    told: Option<Instant>,
}

impl Fork {
    /// Asks the endpoint for the block. Blocks this thread until it has answered.
    ///
    /// # Errors
    /// [`ForkError`] when it does not answer, or has no such block, or no ArbOS whose rules are known.
    pub fn connect(options: ForkOptions) -> Result<Self, ForkError> {
        let endpoint = Endpoint::open(&options)?;
        let head = head(&endpoint, &options)?;
        let cache = match &options.cache {
            Some(folder) => Cache::open(folder, &head),
            None => Cache::default(),
        };
        Ok(Self(Arc::new(Shared {
            endpoint: RwLock::new(Arc::new(endpoint)),
            options,
            head,
            cache: Mutex::new(cache),
            progress: Mutex::default(),
        })))
    }

    /// What the fork was made with.
    pub fn options(&self) -> &ForkOptions {
        &self.0.options
    }

    pub(crate) fn head(&self) -> &Head {
        &self.0.head
    }

    /// The URL without what may be secret in it.
    pub fn shown(&self) -> String {
        self.endpoint().shown().to_owned()
    }

    /// The URL that is asked.
    pub(crate) fn url(&self) -> String {
        self.endpoint().url().to_owned()
    }

    fn endpoint(&self) -> Arc<Endpoint> {
        let endpoint = self.0.endpoint.read();
        endpoint.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.0.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks another endpoint from now on. It must have the same block.
    ///
    /// # Errors
    /// [`ForkError`]; then nothing has changed.
    pub(crate) fn set_url(&self, url: &str) -> Result<(), ForkError> {
        let ours = self.head();
        let options = ForkOptions {
            url: url.to_owned(),
            block: ForkBlock::Number(ours.number),
            expected_chain_id: Some(ours.chain_id),
            ..self.options().clone()
        };
        let endpoint = Endpoint::open(&options)?;
        let found = head(&endpoint, &options)?;
        if found.hash != ours.hash {
            return Err(ForkError::OtherBlock {
                endpoint: endpoint.shown().to_owned(),
                number: ours.number,
                found: found.hash,
                expected: ours.hash,
            });
        }
        let mut current = self
            .0
            .endpoint
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(endpoint);
        Ok(())
    }

    /// The settings of a chain that goes on from the block.
    pub fn configure(&self, config: &mut ChainConfig) {
        let head = self.head();
        config.chain_id = self.options().chain_id.unwrap_or(head.chain_id);
        config.arbos_version = head.arbos_version;
        config.number = head.number;
        config.hash = Some(head.hash);
        config.timestamp = Some(head.timestamp);
        config.base_fee = head.base_fee;
        config.gas_limit = self.options().gas_limit.unwrap_or(head.gas_limit);
        if head.l1_block_number.is_some() {
            config.l1_block_number = head.l1_block_number;
        }
    }

    /// A chain that goes on from the block with these settings otherwise. The accounts in them, and
    /// the dev account, have their balances.
    ///
    /// # Errors
    /// [`NodeError::Fork`] or [`NodeError::Chain`] when the endpoint cannot be read.
    pub(crate) fn chain(&self, plain: &ChainConfig, dev: Address) -> Result<Chain, NodeError> {
        let mut config = plain.clone();
        self.configure(&mut config);
        let mut funded = config.accounts.clone();
        funded.push((dev, config.dev_balance));
        let addresses: Vec<Address> = funded.iter().map(|(address, _)| *address).collect();
        let fail = |error: String| NodeError::Chain(error);
        self.prefetch(&addresses).map_err(fail)?;
        let chain = Chain::fork(config, Box::new(self.clone()));
        let mut chain = chain.map_err(|error| fail(error.to_string()))?;
        for (address, balance) in funded {
            chain.set_balance(address, balance);
        }
        chain
            .check_source()
            .map_err(|error| fail(error.to_string()))?;
        Ok(chain)
    }

    /// Reads accounts that will be needed, in one request.
    fn prefetch(&self, addresses: &[Address]) -> Result<(), String> {
        let unknown: Vec<Address> = {
            let cache = self.cache();
            let unknown = addresses.iter().filter(|a| cache.account(**a).is_none());
            unknown.copied().collect()
        };
        if unknown.is_empty() {
            return Ok(());
        }
        let accounts = self.read_accounts(&unknown)?;
        let mut cache = self.cache();
        for (address, account) in unknown.into_iter().zip(accounts) {
            cache.insert(Entry::account(address, &account));
        }
        Ok(())
    }

    fn read_accounts(&self, addresses: &[Address]) -> Result<Vec<SourceAccount>, String> {
        let at = U64::from(self.head().number);
        let calls = addresses.iter().flat_map(|address| {
            ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"]
                .map(|method| (method, json!([address, at])))
        });
        let answers = self.endpoint().ask(calls.collect())?;
        let accounts = answers.chunks_exact(3).map(|answer| {
            let [balance, nonce, code] = answer else {
                return Err("expected three answers for an account".to_owned());
            };
            Ok(SourceAccount {
                balance: parsed(balance, "eth_getBalance")?,
                nonce: parsed::<U64>(nonce, "eth_getTransactionCount")?.to(),
                code: parsed::<Bytes>(code, "eth_getCode")?,
            })
        });
        let accounts: Vec<_> = accounts.collect::<Result<_, String>>()?;
        if accounts.len() != addresses.len() {
            return Err("the endpoint left out answers".to_owned());
        }
        self.read(accounts.len() as u64, 0);
        Ok(accounts)
    }

    /// Counts what was read, and tells it now and then.
    fn read(&self, accounts: u64, slots: u64) {
        let progress = self.0.progress.lock();
        let mut progress = progress.unwrap_or_else(PoisonError::into_inner);
        progress.accounts += accounts;
        progress.slots += slots;
        let begun = *progress.told.get_or_insert_with(Instant::now);
        if begun.elapsed() >= REPORT {
            progress.told = Some(Instant::now());
            tracing::info!(
                block = self.head().number,
                accounts = progress.accounts,
                slots = progress.slots,
                "read from {}",
                self.shown()
            );
        }
    }

    /// A request that the endpoint answers in place of this node.
    pub(crate) async fn forward(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<Value, Refused> {
        self.endpoint().forward(method, params).await
    }
}

impl std::fmt::Debug for Fork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fork({} at block {})", self.shown(), self.head().number)
    }
}

impl Source for Fork {
    fn account(&self, address: Address) -> Result<SourceAccount, String> {
        if let Some(known) = self.cache().account(address) {
            return Ok(known);
        }
        let mut accounts = self.read_accounts(&[address])?;
        let account = accounts.pop().unwrap_or_default();
        self.cache().insert(Entry::account(address, &account));
        Ok(account)
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256, String> {
        if let Some(known) = self.cache().slot(address, slot) {
            return Ok(known);
        }
        let at = U64::from(self.head().number);
        let call = ("eth_getStorageAt", json!([address, slot, at]));
        let answers = self.endpoint().ask(vec![call])?;
        let answer = answers.first().unwrap_or(&Value::Null);
        let value = parsed(answer, "eth_getStorageAt")?;
        self.cache().insert(Entry::Slot(address, slot, value));
        self.read(0, 1);
        Ok(value)
    }
}

fn parsed<T: serde::de::DeserializeOwned>(answer: &Value, method: &str) -> Result<T, String> {
    T::deserialize(answer).map_err(|error| format!("{method}: an answer that is none: {error}"))
}

/// The block that the options name.
fn head(endpoint: &Endpoint, options: &ForkOptions) -> Result<Head, ForkError> {
    let fail = |reason: String| ForkError::Endpoint {
        endpoint: endpoint.shown().to_owned(),
        reason,
    };
    let latest = || -> Result<u64, ForkError> {
        let answers = endpoint.ask(vec![("eth_blockNumber", json!([]))]);
        let answers = answers.map_err(fail)?;
        let number: U64 =
            parsed(answers.first().unwrap_or(&Value::Null), "eth_blockNumber").map_err(fail)?;
        Ok(number.to())
    };
    let number = match options.block {
        ForkBlock::Number(number) => number,
        ForkBlock::Latest => latest()?,
        ForkBlock::Before(blocks) => latest()?.saturating_sub(blocks),
    };
    let at = U64::from(number);
    let answers = endpoint
        .ask(vec![
            ("eth_chainId", json!([])),
            ("eth_getBlockByNumber", json!([at, false])),
        ])
        .map_err(fail)?;
    let [chain_id, block] = &answers[..] else {
        return Err(fail("the endpoint left out answers".to_owned()));
    };
    let chain_id: u64 = parsed::<U64>(chain_id, "eth_chainId").map_err(fail)?.to();
    if let Some(expected) = options
        .expected_chain_id
        .filter(|expected| *expected != chain_id)
    {
        return Err(ForkError::ChainId {
            endpoint: endpoint.shown().to_owned(),
            found: chain_id,
            expected,
        });
    }
    if block.is_null() {
        return Err(ForkError::Block {
            endpoint: endpoint.shown().to_owned(),
            block: number,
            newest: latest()?,
        });
    }
    let block: BlockAnswer = parsed(block, "eth_getBlockByNumber").map_err(fail)?;
    let (account, slot) = Chain::arbos_version_word();
    let answers = endpoint
        .ask(vec![("eth_getStorageAt", json!([account, slot, at]))])
        .map_err(fail)?;
    let version: U256 =
        parsed(answers.first().unwrap_or(&Value::Null), "eth_getStorageAt").map_err(fail)?;
    let arbos_version = version.saturating_to();
    if !Chain::ARBOS_VERSIONS.contains(&arbos_version) {
        return Err(ForkError::ArbOs {
            endpoint: endpoint.shown().to_owned(),
            version: arbos_version,
            block: number,
        });
    }
    Ok(Head {
        chain_id,
        arbos_version,
        number: block.number.to(),
        hash: block.hash,
        timestamp: block.timestamp.to(),
        gas_limit: block.gas_limit.saturating_to(),
        base_fee: block.base_fee_per_gas.unwrap_or_default().to(),
        l1_block_number: block.l1_block_number.map(|number| number.to()),
    })
}
