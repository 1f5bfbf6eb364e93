//! The node's state: the chain and what RPC needs around it. It lives on the worker thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use stylus_chain::{Budget, Chain, ChainConfig, ChainError, Execution};

use crate::accounts::DevAccounts;
use crate::config::{AdmissionPolicy, MiningMode, NodeConfig, StateFiles};
use crate::error::NodeError;
use crate::events::{ChainEvent, EventLog};
use crate::filters::FilterWeight;
use crate::fork::{Fork, VerifyMode};
use crate::limits::TIMED_BLOCK;
use crate::read_ahead::ReadAhead;
use crate::saving::SavingThread;
use crate::state_file::{self, OwnedStateFile, SaveTurn, SavedState};
use crate::terminal;
use crate::view::{NodeView, SharedFilters};

/// The chain and what RPC needs around it.
pub(crate) struct DevNode {
    pub(crate) chain: Chain,
    pub(crate) admission: AdmissionPolicy,
    pub(crate) accounts: Arc<DevAccounts>,
    pub(crate) filters: SharedFilters,
    pub(crate) events: EventLog,
    pub(crate) fork: Option<Fork>,
    /// The rule that says whether forks are verified, also after one was left.
    pub(crate) verify: VerifyMode,
    /// Settings of the chain without a fork.
    pub(crate) plain: Arc<ChainConfig>,
    /// Differs for each start and each reset, so that tools notice that their notes are stale.
    pub(crate) instance_id: B256,
    mining_clock: Option<IntervalTimer>,
    saving_clock: Option<IntervalTimer>,
    state: StateFiles,
    /// The time for which a transaction may execute.
    execution: Execution,
    /// Dropped before the file is given up.
    saving: SavingThread,
    /// The file that the state is saved to.
    _owned: Option<OwnedStateFile>,
    announced: u64,
    read_ahead: ReadAhead,
}

/// Something due every so often.
#[derive(Clone, Copy, Debug)]
struct IntervalTimer {
    every: Duration,
    due: Instant,
}

impl IntervalTimer {
    /// A century is as good as never, and keeps the system's clock from overflowing.
    const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

    fn start(every: Duration) -> Self {
        let every = every.min(Self::LONGEST);
        Self {
            every,
            due: Instant::now() + every,
        }
    }

    /// True once per period; periods that were missed are not made up for.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.due;
        if due {
            self.due = (self.due + self.every).max(now);
        }
        due
    }
}

impl DevNode {
    /// Builds the chain, applies the genesis, loads the state.
    pub(crate) fn new(
        mut config: NodeConfig,
        accounts: DevAccounts,
        events: EventLog,
        execution: Execution,
    ) -> Result<Self, NodeError> {
        let genesis = config.genesis.take();
        let owned = config
            .state
            .dump
            .as_deref()
            .map(OwnedStateFile::take)
            .transpose()?;
        let saved = saved(&config.state)?;
        if let Some((SavedState::Anvil(state), _)) = &saved {
            state.configure(&mut config.chain);
        }
        config.chain.automine = config.mining.automine();
        config.chain.accounts = accounts
            .mnemonic()
            .iter()
            .map(|signer| (signer.address(), config.accounts.balance))
            .collect();
        config.chain.accounts.extend(config.fund.iter().copied());

        let mut chain = match &config.fork {
            Some(_) if genesis.is_some() => {
                return Err(NodeError::Usage("a fork takes no genesis file".into()));
            }
            Some(fork) => {
                let dev = accounts.nitro().address();
                fork.chain(&config.chain, dev, &Budget::default())?
            }
            None => Chain::new(config.chain.clone()),
        };
        if let Some(genesis) = &genesis {
            genesis.apply(&mut chain);
            chain.reseal_genesis();
        }
        if let Some(price) = config.min_gas_price {
            chain.set_min_gas_price(price);
        }
        match saved {
            Some((SavedState::Own(state), path)) => {
                let fail = NodeError::file("cannot load the state from", &path);
                let loaded = chain.load_state(*state);
                loaded.map_err(|error| fail(error.to_string()))?;
            }
            Some((SavedState::Anvil(state), _)) => {
                let first = Chain::new(config.chain.clone());
                state.apply(&mut chain, &first);
                chain.reseal_genesis();
            }
            None => {}
        }
        Ok(Self {
            admission: config.admission,
            announced: chain.block_number(),
            chain,
            accounts: Arc::new(accounts),
            filters: SharedFilters::default(),
            events,
            verify: config
                .fork
                .as_ref()
                .map(|fork| fork.options().verify)
                .unwrap_or_default(),
            fork: config.fork,
            plain: Arc::new(config.chain),
            instance_id: B256::random(),
            mining_clock: config.mining.interval().map(IntervalTimer::start),
            saving_clock: config
                .state
                .interval
                .filter(|_| config.state.dump.is_some())
                .map(IntervalTimer::start),
            state: config.state,
            execution,
            _owned: owned,
            read_ahead: ReadAhead::default(),
            saving: SavingThread::default(),
        })
    }

    /// A node around a chain, without a fork of its own, clocks and files.
    pub(crate) fn from_chain(chain: Chain, accounts: DevAccounts) -> Self {
        Self {
            admission: AdmissionPolicy::Lenient,
            announced: chain.block_number(),
            accounts: Arc::new(accounts),
            filters: SharedFilters::default(),
            events: EventLog::new(),
            fork: None,
            verify: VerifyMode::default(),
            plain: Arc::new(chain.config().clone()),
            instance_id: B256::random(),
            mining_clock: None,
            saving_clock: None,
            state: StateFiles::default(),
            execution: Execution::default(),
            _owned: None,
            chain,
            read_ahead: ReadAhead::default(),
            saving: SavingThread::default(),
        }
    }

    /// The node as it is, to try on it what lacks something: nobody sees what happens to it.
    pub(crate) fn copy(&self) -> Self {
        Self {
            chain: self.chain.checkpoint(),
            admission: self.admission,
            accounts: self.accounts.clone(),
            filters: SharedFilters::default(),
            events: EventLog::new(),
            fork: self.fork.clone(),
            verify: self.verify,
            plain: self.plain.clone(),
            instance_id: self.instance_id,
            mining_clock: self.mining_clock,
            saving_clock: None,
            state: StateFiles::default(),
            execution: self.execution.clone(),
            _owned: None,
            announced: self.announced,
            read_ahead: ReadAhead::default(),
            saving: SavingThread::default(),
        }
    }

    /// The node as it is, for readers.
    pub(crate) fn view(&self) -> NodeView {
        NodeView {
            chain: self.chain.reader(),
            accounts: self.accounts.clone(),
            filters: self.filters.clone(),
            filters_of_caller: FilterWeight::default(),
            fork: self.fork.clone(),
            instance_id: self.instance_id,
            events: self.events.clone(),
            events_end: self.events.end(),
            mining_interval: self.mining_interval(),
            plain: self.plain.clone(),
            verify: self.verify,
        }
    }

    /// Returns the time for which the worker may sleep.
    pub(crate) fn idle_for(&self) -> Option<Duration> {
        if self.is_behind() {
            return Some(Duration::ZERO);
        }
        let due = [self.mining_clock, self.saving_clock]
            .into_iter()
            .flatten()
            .map(|clock| clock.due)
            .min()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// Returns true if transactions wait that a full block did not take, on a chain that mines each at once.
    fn is_behind(&self) -> bool {
        self.chain.automine() && self.chain.is_behind()
    }

    /// Starts over as a chain of its own.
    pub(crate) fn leave_fork(&mut self) {
        self.chain = Chain::new(ChainConfig::clone(&self.plain));
        self.fork = None;
    }

    /// Does something within a budget. When a fork's source cannot be read meanwhile, the chain is as it was before,
    /// whatever came of the work.
    pub(crate) fn within<T>(
        &mut self,
        budget: &Budget,
        work: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, ChainError> {
        let is_forked = self.chain.is_forked();
        let before = is_forked.then(|| (self.chain.checkpoint(), self.announced));
        let bounded = budget.clone().executing(self.execution.clone());
        self.chain.set_budget(Some(bounded));
        let done = work(self);
        self.chain.set_budget(None);
        match (before, budget.unread()) {
            (Some(before), Some(error)) => {
                (self.chain, self.announced) = before;
                Err(error)
            }
            _ => Ok(done),
        }
    }

    /// Returns true if something has become due.
    pub(crate) fn is_due(&self) -> bool {
        self.idle_for().is_some_and(|idle| idle.is_zero())
    }

    /// Does what has become due: a block, a copy of the state in the file.
    pub(crate) fn tick(&mut self) {
        if self
            .mining_clock
            .as_mut()
            .is_some_and(IntervalTimer::is_due)
        {
            self.mine_timed(true);
        } else if self.is_behind() {
            self.mine_timed(false);
        }
        if self
            .saving_clock
            .as_mut()
            .is_some_and(IntervalTimer::is_due)
            && let Some(path) = self.state.dump.clone()
        {
            self.saving.begin(path, self.chain.reader());
        }
    }

    /// Mines a block of what is known here. What its transactions lack on a fork is read ahead, for a later one.
    fn mine_timed(&mut self, even_empty: bool) {
        let budget = Budget::default().without_waiting();
        let mined = self.within(&budget, |node| {
            node.chain.mine_readable(TIMED_BLOCK, even_empty)
        });
        match mined.flatten() {
            Ok(left_out) if left_out.is_empty() => {}
            Err(error) if !budget.was_refused_to_wait() => {
                tracing::error!(%error, "a timed block could not be mined");
            }
            _ => {
                let mut copy = self.copy();
                self.read_ahead.begin(move |budget| {
                    let mined = copy.within(budget, |node| {
                        node.chain.mine_readable(TIMED_BLOCK, even_empty)
                    });
                    let mut left_out = mined.flatten()?;
                    left_out.pop().map_or(Ok(()), |(_, error)| Err(error))
                });
            }
        }
    }

    /// Writes the state to its file, if there is one, after what is being saved.
    pub(crate) fn save(&mut self) -> Result<(), NodeError> {
        let Some(path) = &self.state.dump else {
            return Ok(());
        };
        self.saving.wait();
        let state = self
            .chain
            .dump_state()
            .map_err(|error| NodeError::Chain(error.to_string()))?;
        state_file::save(path, SaveTurn::take(), &state)
    }

    /// Tells subscribers, filters and the terminal of blocks and accepted transactions since the last announcement.
    pub(crate) fn announce(&mut self) {
        let latest = self.chain.block_number();
        for number in (self.announced..latest).map(|before| before + 1) {
            if let Some(hash) = self.chain.block_hash(number) {
                self.events.push(ChainEvent::Block(hash));
            }
            if self.events.is_any_awaited()
                && let Some(block) = self.chain.block(number.into())
            {
                for receipt in &block.receipts {
                    self.events.include(receipt.transaction_hash);
                }
            }
            terminal::block(&self.chain, number);
        }
        self.announced = latest;
        self.events.tell();
    }

    /// Keeps an accepted transaction for the next announcement.
    pub(crate) fn accepted(&mut self, hash: B256) {
        self.events.push(ChainEvent::Transaction(hash));
    }

    /// Becomes what was made of a copy of it, and keeps the transactions that were accepted there for the next announcement.
    pub(crate) fn adopt(&mut self, copy: Self) {
        let accepted = copy.events.between(0, copy.events.end());
        (self.chain, self.announced) = (copy.chain, copy.announced);
        // No request holds as many as would be forgotten.
        for event in accepted.unwrap_or_default() {
            self.events.push(event);
        }
    }

    /// The chain went back or was replaced: what is made after its head now is new.
    pub(crate) fn rewound(&mut self) {
        self.announced = self.chain.block_number();
    }

    /// Seconds between timed blocks.
    fn mining_interval(&self) -> Option<Duration> {
        self.mining_clock.map(|clock| clock.every)
    }

    /// Changes when blocks are made. Waiting transactions are mined at once if they now may be.
    pub(crate) fn set_mining(&mut self, mode: MiningMode) -> Result<(), ChainError> {
        self.chain.set_automine(mode.automine());
        if mode.automine() && !self.chain.pool().pending.is_empty() {
            self.chain.mine(1, None)?;
        }
        // Last, because it stays where the source cannot be read.
        self.mining_clock = mode.interval().map(IntervalTimer::start);
        Ok(())
    }
}

/// Number and hash of the latest block.
pub(crate) fn head(chain: &Chain) -> (u64, B256) {
    let number = chain.block_number();
    (number, chain.block_hash(number).unwrap_or_default())
}

/// Reads the content of the settings' file, with its path; nothing at the first start.
fn saved(files: &StateFiles) -> Result<Option<(SavedState, PathBuf)>, NodeError> {
    let Some(path) = &files.load else {
        return Ok(None);
    };
    let first_start = files.dump.as_ref() == Some(path) && !path.exists();
    if first_start {
        Ok(None)
    } else {
        Ok(Some((state_file::load(path)?, path.clone())))
    }
}
