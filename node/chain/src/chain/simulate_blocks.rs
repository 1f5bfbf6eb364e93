//! Blocks that are made on a copy of the chain and dropped: eth_simulateV1.

use super::{Chain, environment::BlockFacts, mine::Building};
use crate::{
    Block, BlockId, Budget, CallOptions, CallRequest, ChainError, LAST_SECOND, Overrides,
    PooledTransaction, Receipt, RejectReason, SimulationFault, TraceKind, session::RecentPrograms,
    state_db::NOW, trace::Tracer,
};
use alloy_consensus::{Signed, Transaction, TxEnvelope};
use alloy_eips::eip1559::BaseFeeParams;
use alloy_primitives::{Log, Signature, U256, keccak256};
use alloy_rlp::Encodable;
use std::{cell::RefCell, sync::Arc};

/// Bytes of a simulated call and of a log, besides their data.
const CALL_BYTES: usize = 1_024;
const LOG_BYTES: usize = 512;

/// The trace that is recorded for the sake of transfers.
const WITH_LOGS: TraceKind = TraceKind::Call(CallOptions {
    only_top: false,
    logs: true,
});

/// Seconds between simulated blocks that name no time, as in go-ethereum.
const SECONDS_BETWEEN_BLOCKS: u64 = 12;
/// The signature of a simulated transaction.
const NO_SIGNATURE: Signature = Signature::new(U256::ZERO, U256::ZERO, false);

/// A block that is still to be made.
struct PlannedBlock {
    /// Unix seconds.
    timestamp: u64,
    overrides: Overrides,
    calls: Vec<CallRequest>,
}

impl PlannedBlock {
    fn empty(timestamp: u64) -> Self {
        Self {
            timestamp,
            overrides: Overrides::default(),
            calls: Vec::new(),
        }
    }
}

/// The rules for calls in simulated blocks.
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

/// A legacy transaction as go-ethereum makes it of a call: V is 0, as R and S are, and names no chain.
fn without_chain(envelope: TxEnvelope) -> TxEnvelope {
    let TxEnvelope::Legacy(signed) = envelope else {
        return envelope;
    };
    let (mut legacy, signature, _) = signed.into_parts();
    legacy.chain_id = None;
    let fields: [&dyn Encodable; 9] = [
        &legacy.nonce,
        &legacy.gas_price,
        &legacy.gas_limit,
        &legacy.to,
        &legacy.value,
        &legacy.input,
        &0_u8,
        &0_u8,
        &0_u8,
    ];
    let mut bytes = Vec::new();
    alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut bytes);
    Signed::new_unchecked(legacy, signature, keccak256(bytes)).into()
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
        let planned = chain.plan_blocks(blocks, most)?;
        let mut gas_pool = self.config.rpc_gas_cap;
        let mut made = Vec::new();
        for block in planned {
            made.push(chain.simulate_block(block, rules, &mut gas_pool)?);
        }
        Ok(made)
    }

    /// The blocks with their times, those in gaps of numbers included. All numbers and times are checked before anything
    /// runs (go-ethereum, `sanitizeChain`).
    fn plan_blocks(
        &self,
        blocks: Vec<(Overrides, Vec<CallRequest>)>,
        most: usize,
    ) -> Result<Vec<PlannedBlock>, ChainError> {
        let (mut latest, mut latest_time) = (self.ledger.head(), self.head_time());
        let mut planned = Vec::new();
        for (overrides, calls) in blocks {
            let number = overrides.block.number;
            let number = number.map_or(latest + 1, |number| number.saturating_to());
            let skipped = number
                .checked_sub(latest + 1)
                .ok_or(SimulationFault::Number {
                    found: number,
                    latest,
                })?;
            if skipped.saturating_add(planned.len() as u64) >= most as u64 {
                return Err(SimulationFault::TooMany.into());
            }
            for _ in 0..skipped {
                latest_time = latest_time.saturating_add(SECONDS_BETWEEN_BLOCKS);
                planned.push(PlannedBlock::empty(latest_time));
            }
            let timestamp = overrides.block.time;
            let timestamp = timestamp.unwrap_or(latest_time.saturating_add(SECONDS_BETWEEN_BLOCKS));
            if timestamp < latest_time {
                return Err(SimulationFault::Time {
                    found: timestamp,
                    latest: latest_time,
                }
                .into());
            }
            if timestamp > LAST_SECOND {
                return Err(ChainError::TimestampTooHigh(timestamp));
            }
            planned.push(PlannedBlock {
                timestamp,
                overrides,
                calls,
            });
            (latest, latest_time) = (number, timestamp);
        }
        Ok(planned)
    }

    fn simulate_block(
        &mut self,
        block: PlannedBlock,
        rules: SimulationRules,
        gas_pool: &mut u64,
    ) -> Result<SimulatedBlock, ChainError> {
        let PlannedBlock {
            timestamp,
            overrides,
            calls,
        } = block;
        let precompile_overrides = self.precompile_overrides(self.arbos_version(), &overrides)?;
        self.override_accounts(&overrides);
        self.state_db.advance();
        let mut facts = self.next_facts(timestamp);
        facts.base_fee = if rules.validate {
            self.base_fee_by_eip_1559()
        } else {
            0
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
            if *gas_pool == 0 {
                return Err(SimulationFault::Call {
                    reason: RejectReason::Other("gas limit reached".into()),
                    gas: request.gas.unwrap_or(left),
                }
                .into());
            }
            let asked = request.gas.unwrap_or(left);
            if asked > left {
                return Err(SimulationFault::BlockGas { asked, left }.into());
            }
            request.gas = Some(asked.min(*gas_pool));
            request.nonce = request.nonce.or(Some(account.nonce));
            if request.gas_price.is_none() && request.max_fee_per_gas.is_none() {
                request.max_fee_per_gas = Some(0);
            }
            let is_free = [
                request.gas_price,
                request.max_fee_per_gas,
                request.max_priority_fee_per_gas,
            ]
            .into_iter()
            .flatten()
            .all(|fee| fee == 0);
            let envelope = without_chain(self.with_signature(request, NO_SIGNATURE)?);
            let gas = envelope.gas_limit();
            let waiting = PooledTransaction::new_unchecked(envelope, from);
            let executed = self.run(&waiting, &facts, &recent, |session, cfg| {
                session.tracer = rules
                    .transfers
                    .then(|| Box::new(Tracer::new(WITH_LOGS, self.state_db.budget())));
                session.budget = self.state_db.budget().map(Budget::of_call);
                session
                    .precompile_overrides
                    .clone_from(&precompile_overrides);
                cfg.disable_eip3607 = true;
                cfg.disable_nonce_check = !rules.validate;
                cfg.disable_base_fee = !rules.validate && is_free;
            });
            let mut executed = executed.map_err(|error| match error {
                ChainError::Rejected(reason) => SimulationFault::Call { reason, gas }.into(),
                error => error,
            })?;
            *gas_pool = gas_pool.saturating_sub(executed.result.tx_gas_used());
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

    /// Returns the logs of a call, transfers included where they were recorded.
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
