//! Blocks.

use super::{
    Chain,
    environment::{Asked, BlockFacts, block_gas, gas_cap, reject, transaction_price, tx_env},
};
use crate::{
    Budget, CallOutcome, ChainError, Halt, MinedTransaction, PooledTransaction, Receipt,
    arbos::{fine, l1_blocks, l2_pricing, versions},
    evm::{Executed, ExecutionError, execute},
    halt::halt_text,
    pool::Ready,
    session::{RecentPrograms, Session},
    state_db::NOW,
    view::StateView,
};
use alloy_consensus::Transaction;
use alloy_primitives::{B256, Bytes, logs_bloom};
use revm::context::{
    CfgEnv,
    result::{ExecutionResult, Output},
};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// The waiting transactions that a block takes.
pub(super) enum Takes<'a> {
    /// All that can run.
    Waiting,
    /// The same, but for those that need what the source does not give, which are noted with the reasons. After that time
    /// none begins but the first one.
    Readable(&'a mut Refused, Duration),
    /// None: it is known that none can run.
    Nothing,
}

/// Transactions that turned out not to be includable, with reasons.
pub(super) type Refused = Vec<(B256, ChainError)>;

impl Chain {
    /// Mines `blocks` blocks, `interval` seconds apart if given; they take the waiting transactions that can run, until
    /// one has taken all of them. Blocks may be empty. As in anvil the clock advances by the interval before each of
    /// them, the first one included, and an interval that the chain has counts more.
    ///
    /// # Errors
    /// Only on errors inside the chain, [`ChainError::Interrupted`], [`ChainError::Source`], and
    /// [`ChainError::TimestampTooHigh`]: the blocks until then stay, and what waits for the next one waits on.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) -> Result<(), ChainError> {
        let is_fixed = self.clock.interval.is_some();
        for made in 0..blocks {
            self.check_time()?;
            let clock = self.clock;
            match interval {
                Some(seconds) if made == 0 => {
                    let times = if is_fixed { blocks } else { 1 };
                    self.increase_time(seconds.saturating_mul(times));
                }
                Some(seconds) if !is_fixed => {
                    self.clock.next = Some(self.head_time().saturating_add(seconds));
                }
                _ => {}
            }
            // A block that was not made moves no clock.
            let takes = if made == 0 || self.is_behind {
                Takes::Waiting
            } else {
                Takes::Nothing
            };
            self.mine_block(true, takes)
                .inspect_err(|_| self.clock = clock)?;
        }
        Ok(())
    }

    /// Mines one block with the waiting transactions that can run, but for those that need what the source does not
    /// give: they wait on, and are in the answer with the reasons. After the time `within` none begins but the first one.
    /// Where none can run the block is empty, or there is none.
    ///
    /// # Errors
    /// As [`Chain::mine`].
    pub fn mine_readable(
        &mut self,
        within: Duration,
        even_empty: bool,
    ) -> Result<Vec<(B256, ChainError)>, ChainError> {
        let mut left_out = Refused::new();
        self.mine_block(even_empty, Takes::Readable(&mut left_out, within))?;
        Ok(left_out)
    }

    /// Returns true if transactions wait that can run: the newest block was full, or its time was over, or they were
    /// loaded or put back.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }

    pub(super) fn head_time(&self) -> u64 {
        self.ledger.head_time()
    }

    /// The block after the latest one.
    pub(super) fn next_facts(&self, timestamp: u64) -> BlockFacts {
        BlockFacts {
            l2_number: self.ledger.head() + 1,
            timestamp,
            base_fee: self.base_fee(),
            coinbase: self.settings.coinbase,
            gas_limit: self.settings.gas_limit,
            prevrandao: self.settings.prevrandao,
        }
    }

    /// Mines one block with the waiting transactions that can run. Where the source cannot be read, nothing has
    /// changed, unless those that need it may be left out, of a block that is made within a time.
    pub(super) fn mine_block(
        &mut self,
        even_empty: bool,
        takes: Takes<'_>,
    ) -> Result<Refused, ChainError> {
        let (version, history_since) = (self.state_db.version(), self.ledger.history_since);
        // A pool that is shared costs more to change.
        let pool = self.is_forked().then(|| self.pool.clone());
        let made = self.make_block(even_empty, takes);
        if made.is_err() {
            self.state_db.undo_to(version);
            self.ledger.history_since = history_since;
            if let Some(pool) = pool {
                self.pool = pool;
            }
        }
        made
    }

    fn make_block(&mut self, even_empty: bool, takes: Takes<'_>) -> Result<Refused, ChainError> {
        self.is_behind = false;
        let mut clock = self.clock;
        let timestamp = clock.take(self.head_time())?;
        let before = self.state_db.version();
        self.state_db.advance();
        let began = self.begin_l1_block(self.ledger.head() + 1);
        let upgraded = versions::apply_scheduled(&mut self.state_db, timestamp);
        let facts = self.next_facts(timestamp);
        // What the block costs was set before it began: it sets what the next one costs.
        let priced = self.config.l2_speed_limit.is_some();
        if priced {
            let passed = timestamp.saturating_sub(self.head_time());
            fine(l2_pricing::begin_block(&mut self.state_db, passed));
        }
        let history_since = self.ledger.history_since;
        if self.arbos_version() >= 40 {
            let parent = self.ledger.head();
            self.ledger.history_since.get_or_insert(parent);
        }
        let mut building = Building::default();
        let mut refused = Refused::new();
        let recent = RefCell::<RecentPrograms>::default();
        let most = self.config.max_transactions.unwrap_or(u64::MAX);
        let gas_limit = block_gas(&self.head_view());
        let mut ready = match takes {
            Takes::Nothing => Ready::default(),
            _ => self.pool.ready(self.config.order, |from| self.nonce(from)),
        };
        self.check_source()?;
        let (mut left_out, within) = match takes {
            Takes::Readable(left_out, within) => (Some(left_out), Some(within)),
            Takes::Waiting | Takes::Nothing => (None, None),
        };
        let started = Instant::now();
        let is_full = |building: &Building| {
            let count = building.transactions.len();
            let is_late = within.is_some_and(|within| started.elapsed() >= within);
            (is_late && count > 0) || count as u64 >= most || building.computed >= gas_limit
        };
        let is_behind = loop {
            if is_full(&building) {
                break !ready.is_empty();
            }
            let Some(waiting) = self.pool.first(&mut ready) else {
                break false;
            };
            let (hash, from) = (*waiting.tx_hash(), waiting.signer());
            let impersonated = Self::is_unsigned(&waiting) || self.is_impersonated(from);
            let of_block = left_out.as_ref().map(|_| self.state_db.renew_budget());
            let executed = self.run(&waiting, &facts, &recent, |_, cfg| {
                cfg.disable_eip3607 = impersonated;
            });
            if let Some(budget) = of_block {
                self.state_db.set_budget(budget);
            }
            if self.state_db.budget().is_some_and(Budget::has_ended) {
                // What did not run to its end waits.
                break true;
            }
            match (executed, &mut left_out) {
                (Err(error), None) if error.is_unread() => return Err(error),
                (Err(error), Some(left_out)) if error.is_unread() => {
                    self.check_time()?;
                    left_out.push((hash, error));
                    continue;
                }
                (Err(error), _) => refused.push((hash, error)),
                (Ok(executed), _) => self.keep(waiting, executed, &facts, &mut building),
            }
            self.pool.remove(hash);
            ready.add(&self.pool, from, self.nonce(from));
        };
        self.check_source()?;
        self.is_behind = is_behind;
        let empty = building.transactions.is_empty();
        if empty && !even_empty {
            self.state_db.undo_to(before);
            self.ledger.history_since = history_since;
            return Ok(refused);
        }
        self.clock = clock;
        self.settings.next_base_fee = None;
        if empty && !upgraded && !began && !priced {
            self.state_db.undo_to(before);
        }
        self.seal(facts, building);
        Ok(refused)
    }

    /// The L1 block number of a new block on this chain; true if it is a new one. By itself it never
    /// falls.
    pub(super) fn begin_l1_block(&mut self, l2_number: u64) -> bool {
        let number = self.settings.l1_block_number.unwrap_or(l2_number);
        let began = l1_blocks::current(&self.state_db) < number;
        if began {
            let newest = self.ledger.hash(self.ledger.head()).unwrap_or_default();
            l1_blocks::begin(&mut self.state_db, number, newest);
        }
        began
    }

    /// The state as it is.
    pub(super) fn head_view(&self) -> StateView<'_> {
        self.view_at(NOW, self.ledger.head())
    }

    /// Executes a transaction on the state as it is, with settings of its own.
    pub(super) fn run(
        &self,
        waiting: &PooledTransaction,
        facts: &BlockFacts,
        recent: &RefCell<RecentPrograms>,
        set: impl Fn(&mut Session<'_>, &mut CfgEnv),
    ) -> Result<Executed, ChainError> {
        let before = recent.borrow().clone();
        self.foresee(|| {
            recent.replace(before.clone());
            self.run_once(waiting, facts, recent, &set)
        })
    }

    fn run_once(
        &self,
        waiting: &PooledTransaction,
        facts: &BlockFacts,
        recent: &RefCell<RecentPrograms>,
        set: impl Fn(&mut Session<'_>, &mut CfgEnv),
    ) -> Result<Executed, ChainError> {
        let view = self.head_view();
        let mut session = self.session(&view, recent, facts);
        session.gas_cap = Some(gas_cap(&view));
        session.message_price = transaction_price(waiting, facts.base_fee);
        session.posting = self.posting(&view, waiting, facts);
        session.is_transaction = true;
        let budget = self.state_db.budget();
        session.budget = budget.map(Budget::of_transaction);
        let mut cfg = self.cfg_env(&view);
        set(&mut session, &mut cfg);
        let tx = tx_env(waiting, waiting.signer(), self.config.chain_id);
        let asked = Asked::of(&tx);
        let limit = self.code_size_limit();
        let executed = execute(view, session, self.block_env(&view, facts), cfg, tx);
        self.check_source()?;
        let time = budget.and_then(Budget::execution_time);
        executed.map_err(|error| match (error, time) {
            (ExecutionError::Stopped, Some(time)) => ChainError::TooLong(time),
            (error, _) => reject(error, &asked, facts, limit),
        })
    }

    /// Keeps what a transaction changed, and files its receipt.
    pub(super) fn keep(
        &mut self,
        waiting: PooledTransaction,
        mut executed: Executed,
        facts: &BlockFacts,
        building: &mut Building,
    ) {
        let (envelope, from) = waiting.into_parts();
        let (hash, nonce) = (*envelope.tx_hash(), envelope.nonce());
        let before = self.state_db.version();
        self.state_db.advance();
        self.state_db.apply(std::mem::take(&mut executed.changes));
        let l1_block_number = l1_blocks::current(&self.state_db);
        let for_l1 = executed.for_l1;
        let ended = outcome(executed);
        let computed = ended.gas_used.saturating_sub(for_l1);
        if self.config.l2_speed_limit.is_some() {
            fine(l2_pricing::spend(&mut self.state_db, computed));
        }
        building.computed += computed;
        building.gas_used += ended.gas_used;
        let first_log_index = building.logs;
        building.logs += ended.logs.len() as u64;
        let index = building.transactions.len() as u64;
        let created = envelope.to().is_none().then(|| from.create(nonce));
        let price = u128::from(facts.base_fee);
        let (block_number, block_timestamp) = (facts.l2_number, facts.timestamp);
        building.receipts.push(Receipt {
            transaction_hash: hash,
            transaction_index: index,
            block_hash: B256::ZERO,
            block_number,
            block_timestamp,
            from,
            to: envelope.to(),
            contract_address: created,
            tx_type: envelope.tx_type() as u8,
            success: ended.success,
            gas_used: ended.gas_used,
            cumulative_gas_used: building.gas_used,
            effective_gas_price: price,
            logs_bloom: logs_bloom(&ended.logs),
            first_log_index,
            gas_used_for_l1: for_l1,
            l1_block_number,
            output: ended.output,
            halt: ended.halt,
            note: ended.note,
            console: ended.console,
            logs: ended.logs,
        });
        let message_price = transaction_price(&envelope, facts.base_fee);
        building.transactions.push(MinedTransaction {
            envelope,
            from,
            hash,
            block_hash: B256::ZERO,
            block_number,
            block_timestamp,
            index,
            effective_gas_price: message_price,
        });
        building.before.push(before);
    }
}

/// A block before its header.
#[derive(Default)]
pub(super) struct Building {
    pub(super) transactions: Vec<MinedTransaction>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) before: Vec<u64>,
    pub(super) gas_used: u64,
    /// The part of it that is not for the parent chain.
    computed: u64,
    logs: u64,
}

/// The end of an execution in the chain's terms.
pub(super) fn outcome(executed: Executed) -> CallOutcome {
    let Executed {
        result,
        failure,
        refusal,
        console,
        ..
    } = executed;
    let gas_used = result.tx_gas_used();
    let note = failure.clone().filter(|_| !result.is_success());
    let (success, output, logs, created, halt) = match result {
        ExecutionResult::Success { logs, output, .. } => match output {
            Output::Create(code, at) => (true, code, logs, at, None),
            Output::Call(data) => (true, data, logs, None, None),
        },
        ExecutionResult::Revert { output, .. } => (false, output, Vec::new(), None, None),
        ExecutionResult::Halt { reason, .. } => {
            let halt = Halt(halt_text(&reason, failure));
            (false, Bytes::new(), Vec::new(), None, Some(halt))
        }
    };
    let silent = !success && halt.is_none() && output.is_empty();
    CallOutcome {
        refusal: refusal.filter(|_| silent),
        success,
        output,
        gas_used,
        logs,
        created,
        halt,
        note,
        console,
    }
}
