//! Writing a block's header and filing the block.

use super::{Chain, environment::BlockFacts, mine::Building};
use crate::{
    Block,
    arbos::{l1_blocks, messages},
    ledger::{Ledger, Record},
};
use alloy_consensus::{
    Header,
    constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH},
    proofs,
};
use alloy_primitives::{B64, B256, Bloom, Bytes, U256, keccak256};
use alloy_rlp::Encodable;
use std::sync::Arc;

impl Chain {
    /// Writes the header and files the block.
    pub(super) fn seal(&mut self, facts: BlockFacts, building: Building) {
        let parent_hash = self.ledger.hash(self.ledger.head()).unwrap_or_default();
        let Building {
            mut transactions,
            mut receipts,
            gas_used,
            before,
            ..
        } = building;
        // Blocks are kept for long.
        transactions.shrink_to_fit();
        receipts.shrink_to_fit();
        let envelopes: Vec<_> = transactions.iter().map(|tx| tx.envelope.clone()).collect();
        let transactions_root = proofs::calculate_transaction_root(&envelopes);
        let typed = receipts
            .iter()
            .map(|receipt| receipt.envelope(|log, _| log.clone()));
        let typed: Vec<_> = typed.collect();
        let receipts_root = proofs::calculate_receipt_root(&typed);
        let (sent, sent_root) = messages::summary(&mut self.state_db);
        let header = Header {
            parent_hash,
            state_root: self.state_root(transactions_root, receipts_root),
            transactions_root,
            receipts_root,
            logs_bloom: receipts
                .iter()
                .fold(Bloom::ZERO, |sum, receipt| sum | receipt.logs_bloom),
            gas_used,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: facts.coinbase,
            difficulty: U256::from(1),
            number: facts.l2_number,
            gas_limit: facts.gas_limit,
            timestamp: facts.timestamp,
            extra_data: Bytes::from(sent_root.0),
            mix_hash: mix_hash(
                sent,
                l1_blocks::current(&self.state_db),
                self.arbos_version(),
            ),
            nonce: B64::with_last_byte(1),
            base_fee_per_gas: Some(facts.base_fee),
            ..Header::default()
        };
        let first = facts.l2_number == self.config.number;
        let known = self.config.hash.filter(|_| first);
        let hash = known.unwrap_or_else(|| header.hash_slow());
        for (transaction, receipt) in transactions.iter_mut().zip(&mut receipts) {
            (transaction.block_hash, receipt.block_hash) = (hash, hash);
        }
        let mut block = Block {
            header,
            hash,
            l1_block_number: l1_blocks::current(&self.state_db),
            size: 0,
            transactions,
            receipts,
        };
        block.size = block.consensus().length() as u64;
        let record = Record {
            block: Arc::new(block),
            before: before.into(),
        };
        self.ledger.push(record, Some(self.state_db.version()));
    }

    /// The state root of the next block. A chain that continues from a block of another one does not
    /// know the whole state: it has a hash of its own history instead, which empty blocks share.
    fn state_root(&self, transactions_root: B256, receipts_root: B256) -> B256 {
        if let Some(root) = self.state_db.root() {
            return root;
        }
        let parent = self.ledger.head_root();
        if transactions_root == EMPTY_ROOT_HASH && !parent.is_zero() {
            return parent;
        }
        keccak256([parent, transactions_root, receipts_root].concat())
    }

    /// Files block `config.number` with the state as it is.
    pub(super) fn seal_genesis(&mut self, timestamp: u64) {
        let facts = BlockFacts {
            l2_number: self.config.number,
            timestamp,
            base_fee: self.config.base_fee,
            coinbase: self.config.coinbase,
            gas_limit: self.settings.gas_limit,
            prevrandao: self.settings.prevrandao,
        };
        self.seal(facts, Building::default());
    }

    /// Makes the state as it is that of the first block, as long as there is no other: what a
    /// genesis file adds belongs to it.
    pub fn reseal_genesis(&mut self) {
        if self.ledger.head() == self.ledger.first() {
            let history_since = self.ledger.history_since;
            let timestamp = self.ledger.head_time();
            self.ledger = Ledger::default();
            self.ledger.history_since = history_since;
            self.seal_genesis(timestamp);
        }
    }
}

/// Nitro's header fields in the mix hash: send count, L1 block number, ArbOS version.
fn mix_hash(sent: u64, l1_number: u64, arbos_version: u64) -> B256 {
    let mut bytes = B256::ZERO;
    bytes[..8].copy_from_slice(&sent.to_be_bytes());
    bytes[8..16].copy_from_slice(&l1_number.to_be_bytes());
    bytes[16..24].copy_from_slice(&arbos_version.to_be_bytes());
    bytes
}
