//! Blocks.

use super::{
    Chain,
    environment::{BlockFacts, gas_cap, reject, tx_env},
};
use crate::{
    Block, ChainError, Halt, MinedTransaction, PooledTransaction, Receipt,
    arbos::{LAYOUT, Store, fine, history, versions},
    evm::{RecentPrograms, StateView, execute, halt_text},
    ledger::Record,
    world::NOW,
};
use alloy_consensus::{
    Block as ConsensusBlock, BlockBody, Eip658Value, Header, ReceiptEnvelope, ReceiptWithBloom,
    Transaction, TxType, constants::EMPTY_OMMER_ROOT_HASH, proofs,
};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256, keccak256, logs_bloom};
use alloy_rlp::Encodable;
use revm::context::result::{ExecutionResult, Output};
use std::{cell::RefCell, sync::Arc};

/// Transactions that turned out not to be includable, with reasons.
pub(super) type Refused = Vec<(B256, ChainError)>;

impl Chain {
    /// Mines `blocks` blocks, `interval` seconds apart if given; the first one takes all waiting
    /// transactions that can run. Blocks may be empty.
    ///
    /// # Errors
    /// Only on faults inside the chain.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) -> Result<(), ChainError> {
        for at in 0..blocks {
            if let (Some(interval), 1..) = (interval, at) {
                let next = self.head_time().saturating_add(interval);
                self.clock.next = Some(next);
            }
            self.mine_block(true)?;
        }
        Ok(())
    }

    pub(super) fn head_time(&self) -> u64 {
        self.ledger
            .get(self.ledger.head())
            .map_or(0, |head| head.block.header.timestamp)
    }

    /// Mines one block with the waiting transactions that can run.
    pub(super) fn mine_block(&mut self, even_empty: bool) -> Result<Refused, ChainError> {
        let mut clock = self.clock;
        let timestamp = clock.take(self.head_time());
        let before = self.world.version();
        self.world.advance();
        versions::apply_scheduled(&mut self.world, timestamp);
        if self.arbos_version() >= 40 {
            let parent = self.ledger.head();
            history::note(
                &mut self.world,
                parent,
                self.ledger.hash(parent).unwrap_or_default(),
            );
        }
        let facts = BlockFacts {
            l2_number: self.ledger.head() + 1,
            timestamp,
            base_fee: self.base_fee(),
            coinbase: self.knobs.coinbase,
            gas_limit: self.knobs.gas_limit,
            prevrandao: self.knobs.prevrandao,
        };
        let mut building = Building::default();
        let mut refused = Refused::new();
        let recent = RefCell::<RecentPrograms>::default();
        loop {
            let world = &self.world;
            let nonce = |from| world.account(from, NOW).unwrap_or_default().nonce;
            let Some(waiting) = self.pool.take_ready(nonce) else {
                break;
            };
            let hash = waiting.hash;
            if let Err(error) = self.include(waiting, &facts, &recent, &mut building) {
                refused.push((hash, error));
            }
        }
        if building.transactions.is_empty() && !even_empty {
            self.world.undo_to(before);
            return Ok(refused);
        }
        self.clock = clock;
        self.knobs.next_base_fee = None;
        self.seal(facts, building);
        Ok(refused)
    }

    /// Executes a transaction and keeps what it changes.
    fn include(
        &mut self,
        waiting: PooledTransaction,
        facts: &BlockFacts,
        recent: &RefCell<RecentPrograms>,
        building: &mut Building,
    ) -> Result<(), ChainError> {
        let PooledTransaction {
            envelope,
            from,
            hash,
        } = waiting;
        let before = self.world.version();
        let view = StateView {
            world: &self.world,
            ledger: &self.ledger,
            at: NOW,
            overlay: None,
        };
        let mut session = self.session(&view, recent, facts.l2_number);
        session.gas_cap = gas_cap(&view);
        let mut cfg = self.cfg_env(&view);
        cfg.disable_eip3607 = self.is_impersonated(from);
        let tx = tx_env(&envelope, from, self.config.chain_id);
        let nonce = tx.nonce;
        let executed = execute(view, session, self.block_env(facts), cfg, tx).map_err(|error| {
            reject(
                error,
                from,
                envelope.max_fee_per_gas(),
                facts,
                self.code_size_limit(),
            )
        })?;
        self.sound()?;
        self.world.advance();
        self.world.apply(executed.changes);

        let ended = Ended::new(executed.result, executed.fault);
        building.gas_used += ended.gas_used;
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
            first_log_index: building.logs,
            gas_used_for_l1: 0,
            l1_block_number: self.l1_number(block_number),
            output: ended.output,
            halt: ended.halt,
            note: ended.note,
            console: executed.console,
            logs: ended.logs,
        });
        building.logs += building
            .receipts
            .last()
            .map_or(0, |receipt| receipt.logs.len() as u64);
        building.transactions.push(MinedTransaction {
            envelope,
            from,
            hash,
            block_hash: B256::ZERO,
            block_number,
            block_timestamp,
            index,
            effective_gas_price: price,
        });
        building.before.push(before);
        Ok(())
    }

    /// Writes the header and files the block.
    fn seal(&mut self, facts: BlockFacts, building: Building) {
        let parent = self.ledger.get(self.ledger.head());
        let (parent_hash, parent_root) = parent
            .map(|parent| (parent.block.hash, parent.block.header.state_root))
            .unwrap_or_default();
        let Building {
            mut transactions,
            mut receipts,
            gas_used,
            before,
            ..
        } = building;
        let envelopes: Vec<_> = transactions.iter().map(|tx| tx.envelope.clone()).collect();
        let transactions_root = proofs::calculate_transaction_root(&envelopes);
        let typed: Vec<_> = receipts.iter().map(consensus_receipt).collect();
        let receipts_root = proofs::calculate_receipt_root(&typed);
        let history = [parent_root, transactions_root, receipts_root];
        let arbos_version: u64 = fine(self.world.read(LAYOUT.version)).saturating_to();
        let header = Header {
            parent_hash,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: facts.coinbase,
            state_root: keccak256(history.concat()),
            transactions_root,
            receipts_root,
            logs_bloom: receipts
                .iter()
                .fold(Bloom::ZERO, |sum, receipt| sum | receipt.logs_bloom),
            difficulty: U256::from(1),
            number: facts.l2_number,
            gas_limit: facts.gas_limit,
            gas_used,
            timestamp: facts.timestamp,
            extra_data: Bytes::from(vec![0; 32]),
            mix_hash: mix_hash(self.l1_number(facts.l2_number), arbos_version),
            nonce: B64::with_last_byte(1),
            base_fee_per_gas: Some(facts.base_fee),
            ..Header::default()
        };
        let hash = header.hash_slow();
        for (transaction, receipt) in transactions.iter_mut().zip(&mut receipts) {
            (transaction.block_hash, receipt.block_hash) = (hash, hash);
        }
        let body = BlockBody {
            transactions: envelopes,
            ommers: Vec::new(),
            withdrawals: None,
        };
        let size = ConsensusBlock {
            header: header.clone(),
            body,
        }
        .length() as u64;
        let l1_block_number = self.l1_number(header.number);
        let block = Block {
            header,
            hash,
            l1_block_number,
            size,
            transactions,
            receipts,
        };
        let version = Some(self.world.version());
        self.ledger.push(Record {
            block: Arc::new(block),
            version,
            before,
        });
    }

    /// Files block `config.number` with the state as it is.
    pub(super) fn seal_genesis(&mut self, timestamp: u64) {
        let facts = BlockFacts {
            l2_number: self.config.number,
            timestamp,
            base_fee: self.config.base_fee,
            coinbase: Address::ZERO,
            gas_limit: self.knobs.gas_limit,
            prevrandao: self.knobs.prevrandao,
        };
        self.seal(facts, Building::default());
    }
}

/// A block before its header.
#[derive(Default)]
struct Building {
    transactions: Vec<MinedTransaction>,
    receipts: Vec<Receipt>,
    before: Vec<u64>,
    gas_used: u64,
    logs: u64,
}

/// The end of an execution in the chain's terms.
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) output: Bytes,
    pub(super) gas_used: u64,
    pub(super) logs: Vec<alloy_primitives::Log>,
    pub(super) created: Option<Address>,
    pub(super) halt: Option<Halt>,
    pub(super) note: Option<String>,
}

impl Ended {
    pub(super) fn new(result: ExecutionResult, fault: Option<String>) -> Self {
        let gas_used = result.tx_gas_used();
        let note = fault.clone().filter(|_| !result.is_success());
        let (success, output, logs, created, halt) = match result {
            ExecutionResult::Success {
                logs,
                output: Output::Create(code, at),
                ..
            } => (true, code, logs, at, None),
            ExecutionResult::Success {
                logs,
                output: Output::Call(data),
                ..
            } => (true, data, logs, None, None),
            ExecutionResult::Revert { output, .. } => (false, output, Vec::new(), None, None),
            ExecutionResult::Halt { reason, .. } => {
                let halt = Halt(halt_text(&reason, fault));
                (false, Bytes::new(), Vec::new(), None, Some(halt))
            }
        };
        Self {
            success,
            output,
            gas_used,
            logs,
            created,
            halt,
            note,
        }
    }
}

/// Nitro's header fields in the mix hash: send count, L1 block number, ArbOS version.
fn mix_hash(l1_number: u64, arbos_version: u64) -> B256 {
    let mut bytes = B256::ZERO;
    bytes[8..16].copy_from_slice(&l1_number.to_be_bytes());
    bytes[16..24].copy_from_slice(&arbos_version.to_be_bytes());
    bytes
}

fn consensus_receipt(receipt: &Receipt) -> ReceiptEnvelope {
    let inner = ReceiptWithBloom {
        receipt: alloy_consensus::Receipt {
            status: Eip658Value::Eip658(receipt.success),
            cumulative_gas_used: receipt.cumulative_gas_used,
            logs: receipt.logs.clone(),
        },
        logs_bloom: receipt.logs_bloom,
    };
    match TxType::try_from(receipt.tx_type) {
        Ok(TxType::Eip2930) => ReceiptEnvelope::Eip2930(inner),
        Ok(TxType::Eip1559) => ReceiptEnvelope::Eip1559(inner),
        Ok(TxType::Eip7702) => ReceiptEnvelope::Eip7702(inner),
        _ => ReceiptEnvelope::Legacy(inner),
    }
}
