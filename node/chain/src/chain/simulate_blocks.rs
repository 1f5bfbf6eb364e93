//! Blocks that are made on a copy of the chain and dropped: eth_simulateV1.

use super::{Chain, environment::BlockFacts, mine::Building};
use crate::{
    Block, BlockId, Budget, CallOptions, CallRequest, ChainError, LAST_SECOND, Overrides,
    PooledTransaction, Receipt, SimulationFault, TraceKind, arbos::versions,
    session::RecentPrograms, state_db::NOW, trace::Tracer,
};
use alloy_consensus::Transaction;
use alloy_eips::eip1559::BaseFeeParams;
use alloy_primitives::Log;
use std::{cell::RefCell, sync::Arc};

/// Bytes of a simulated call and of a log, besides their data.
const CALL_BYTES: usize = 1_024;
const LOG_BYTES: usize = 512;

/// What is recorded for the sake of transfers.
const WITH_LOGS: TraceKind = TraceKind::Call(CallOptions {
    only_top: false,
    logs: true,
});

/// How calls in simulated blocks are treated.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulationRules {
    /// Fees, nonces and senders are checked as in a real block; otherwise calls are free.
    pub validate: bool,
    /// Every transfer of ether is shown as a log.
    pub transfers: bool,
}

/// A block that was made on a copy of the chain.
#[derive(Clone, Debug)]
pub struct SimulatedBlock {
    /// The block, with its transactions and receipts.
    pub block: Arc<Block>,
    /// Logs of each call, transfers included if they were requested.
    pub logs: Vec<Vec<Log>>,
}

impl Chain {
    /// Makes blocks on top of one, each with its overrides and calls, and drops them. Where numbers
    /// are skipped, empty blocks are made.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`]; [`ChainError::Rejected`] for a call that no block could take;
    /// [`ChainError::BadSimulation`] for more than `most` blocks, or numbers or times out of order.
    pub fn simulate_blocks(
        &self,
        id: BlockId,
        blocks: Vec<(Overrides, Vec<CallRequest>)>,
        rules: SimulationRules,
        most: usize,
    ) -> Result<Vec<SimulatedBlock>, ChainError> {
        let mut chain = self.branch_at(id)?;
        let mut made = Vec::new();
        for (overrides, calls) in blocks {
            let next = chain.ledger.head() + 1;
            let number = overrides.block.number;
            let number = number.map_or(next, |number| number.saturating_to());
            let skipped = number.checked_sub(next).ok_or(SimulationFault::Number {
                found: number,
                latest: chain.ledger.head(),
            })?;
            if skipped.saturating_add(made.len() as u64) >= most as u64 {
                return Err(SimulationFault::TooMany.into());
            }
            for _ in 0..skipped {
                made.push(chain.simulate_block(&Overrides::default(), Vec::new(), rules)?);
            }
            made.push(chain.simulate_block(&overrides, calls, rules)?);
        }
        Ok(made)
    }

    fn simulate_block(
        &mut self,
        overrides: &Overrides,
        calls: Vec<CallRequest>,
        rules: SimulationRules,
    ) -> Result<SimulatedBlock, ChainError> {
        let latest = self.head_time();
        let timestamp = overrides.block.time;
        let timestamp = timestamp.unwrap_or(latest.saturating_add(1));
        if timestamp <= latest {
            let found = timestamp;
            return Err(SimulationFault::Time { found, latest }.into());
        }
        if timestamp > LAST_SECOND {
            return Err(ChainError::TimestampTooHigh(timestamp));
        }
        self.override_accounts(overrides);
        self.state_db.advance();
        self.begin_l1_block(self.ledger.head() + 1);
        versions::apply_scheduled(&mut self.state_db, timestamp);
        let mut facts = self.next_facts(timestamp);
        facts.base_fee = match rules.validate {
            true => self.base_fee_by_eip_1559(),
            false => 0,
        };
        let facts = BlockFacts {
            l2_number: facts.l2_number,
            ..facts.with(&overrides.block)
        };
        let mut building = Building::default();
        let mut logs = Vec::new();
        let recent = RefCell::<RecentPrograms>::default();
        for mut request in calls {
            self.check_time()?;
            let from = request.from.unwrap_or_default();
            let account = self.state_db.account(from, NOW).unwrap_or_default();
            let left = facts.gas_limit.saturating_sub(building.gas_used);
            request.gas = request.gas.or(Some(left.min(self.config.rpc_gas_cap)));
            request.nonce = request.nonce.or(Some(account.nonce));
            if request.gas_price.is_none() && request.max_fee_per_gas.is_none() {
                request.max_fee_per_gas = Some(0);
            }
            let envelope = self.unsigned(from, request)?;
            let gas = envelope.gas_limit();
            if gas > left {
                return Err(SimulationFault::BlockGas { asked: gas, left }.into());
            }
            let waiting = PooledTransaction::new_unchecked(envelope, from);
            let executed = self.run(&waiting, &facts, &recent, |session, cfg| {
                session.tracer = rules
                    .transfers
                    .then(|| Box::new(Tracer::new(WITH_LOGS, self.state_db.budget())));
                session.budget = self.state_db.budget().map(Budget::of_call);
                cfg.disable_eip3607 = true;
                cfg.disable_nonce_check = !rules.validate;
                cfg.disable_base_fee = !rules.validate;
            });
            let mut executed = executed.map_err(|error| match error {
                ChainError::Rejected(reason) => SimulationFault::Call { reason, gas }.into(),
                error => error,
            })?;
            let tracer = executed.tracer.take();
            self.keep(waiting, executed, &facts, &mut building);
            logs.push(self.logged(building.receipts.last(), tracer)?);
        }
        let number = facts.l2_number;
        self.seal(facts, building);
        let block = self.ledger.block(number);
        let missing = || ChainError::Internal("a simulated block is not in the list".into());
        Ok(SimulatedBlock {
            block: block.ok_or_else(missing)?,
            logs,
        })
    }

    /// The base fee after the newest block as geth computes it for simulated blocks: Ethereum's rule, which no block of
    /// this chain has.
    fn base_fee_by_eip_1559(&self) -> u64 {
        let newest = self.ledger.block(self.ledger.head());
        let next = newest.and_then(|block| {
            let params = BaseFeeParams::ethereum();
            block.header.next_block_base_fee(params)
        });
        next.unwrap_or_default()
    }

    /// What a call logged, transfers included where they were recorded.
    fn logged(
        &self,
        receipt: Option<&Receipt>,
        tracer: Option<Box<Tracer>>,
    ) -> Result<Vec<Log>, ChainError> {
        let own = receipt.map(|receipt| &receipt.logs[..]).unwrap_or_default();
        let output = receipt.map_or(0, |receipt| receipt.output.len());
        // Data is text of twice the length.
        let logged = own.iter().map(|log| LOG_BYTES + 2 * log.data.data.len());
        self.charge(CALL_BYTES + 2 * output + logged.sum::<usize>())?;
        let Some(tracer) = tracer else {
            return Ok(own.to_vec());
        };
        let all = tracer.logs_with_transfers();
        self.charge(LOG_BYTES * all.len().saturating_sub(own.len()))?;
        Ok(all)
    }

    /// Changes accounts as overrides say.
    pub(super) fn override_accounts(&mut self, overrides: &Overrides) {
        for (address, change) in &overrides.accounts {
            self.state_db.advance();
            let code = change.code.clone();
            let code_hash = code.map(|code| self.state_db.add_code(code));
            self.state_db.edit_account(*address, |account| {
                account.balance = change.balance.unwrap_or(account.balance);
                account.nonce = change.nonce.unwrap_or(account.nonce);
                account.code_hash = code_hash.unwrap_or(account.code_hash);
            });
            if change.state.is_some() {
                self.state_db.clear_storage(*address);
            }
            for (slot, value) in change.state.iter().chain(&change.state_diff).flatten() {
                let (slot, value) = ((*slot).into(), (*value).into());
                self.state_db.set_slot(*address, slot, value);
            }
        }
        self.ledger.set_head_version(self.state_db.version());
    }
}
