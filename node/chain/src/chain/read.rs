//! Reading the chain.

use super::Chain;
use crate::{
    AccountView, Block, BlockId, BlockNumberOrTag, ChainConfig, ChainError, Filter,
    MinedTransaction, Receipt, StatePart,
    arbos::{LAYOUT, STATE},
    state_db::NOW,
    view::{Overlay, StateView},
};
use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types::{FilterBlockOption, Log};
use std::sync::Arc;

/// Bytes of a log as JSON, besides its data.
const LOG_BYTES: usize = 512;

impl Chain {
    /// Chain id.
    pub fn chain_id(&self) -> u64 {
        self.config.chain_id
    }

    /// ArbOS version of the latest state.
    pub fn arbos_version(&self) -> u64 {
        self.state_db
            .slot(STATE, LAYOUT.version, NOW)
            .saturating_to()
    }

    /// Returns the configuration that the chain was started with.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// Number of the latest block.
    pub fn block_number(&self) -> u64 {
        self.ledger.head()
    }

    /// Base fee of the next block in wei.
    pub fn base_fee(&self) -> u64 {
        let of_chain = || {
            self.state_db
                .slot(STATE, LAYOUT.l2_base_fee, NOW)
                .saturating_to()
        };
        self.settings.next_base_fee.unwrap_or_else(of_chain)
    }

    /// Gas per second above which the base fee of a busy chain rises.
    pub fn speed_limit(&self) -> u64 {
        let limit = self.state_db.slot(STATE, LAYOUT.l2_speed_limit, NOW);
        limit.saturating_to()
    }

    /// Gas price to suggest in wei: the base fee, or the minimum that was set.
    pub fn gas_price(&self) -> u128 {
        u128::from(self.base_fee()).max(self.settings.min_gas_price)
    }

    /// Gas price that the newest block suggests, in wei: its base fee, or the minimum that was set.
    pub fn newest_gas_price(&self) -> u128 {
        let newest = self.ledger.block(self.ledger.head());
        let base_fee = newest.and_then(|block| block.header.base_fee_per_gas);
        u128::from(base_fee.unwrap_or_default()).max(self.settings.min_gas_price)
    }

    /// Gas limit of the next block.
    pub fn gas_limit(&self) -> u64 {
        self.settings.gas_limit
    }

    /// Coinbase of the next block.
    pub fn coinbase(&self) -> Address {
        self.settings.coinbase
    }

    /// Unix seconds that the next block would have.
    pub fn next_timestamp(&self) -> u64 {
        self.clock.next_time(self.head_time())
    }

    /// Unix seconds that were set for the next block, if they were.
    pub fn set_timestamp(&self) -> Option<u64> {
        let next = self.clock.next;
        next.map(|_| self.next_timestamp())
    }

    /// Number of the block that an id names; `pending` is the latest.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn resolve(&self, id: BlockId) -> Result<u64, ChainError> {
        let number = match id {
            BlockId::Hash(hash) => self.ledger.number(hash.block_hash),
            BlockId::Number(BlockNumberOrTag::Number(number)) => {
                Some(number).filter(|number| self.ledger.has(*number))
            }
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(self.ledger.first()),
            BlockId::Number(_) => Some(self.ledger.head()),
        };
        number.ok_or_else(|| ChainError::UnknownBlock(id.to_string()))
    }

    /// The state after a block, with overrides.
    pub(super) fn view<'a>(
        &'a self,
        id: BlockId,
        overlay: Option<&'a Overlay>,
    ) -> Result<StateView<'a>, ChainError> {
        let number = self.resolve(id)?;
        let at = if number == self.ledger.head() {
            NOW
        } else {
            self.ledger
                .version(number)
                .ok_or_else(|| unknown_state(number))?
        };
        Ok(StateView {
            overlay,
            ..self.view_at(at, number.saturating_sub(1))
        })
    }

    /// The state of a version, in the block after `parent`.
    pub(super) fn view_at(&self, at: u64, parent: u64) -> StateView<'_> {
        StateView {
            state_db: &self.state_db,
            ledger: &self.ledger,
            at,
            parent,
            overlay: None,
        }
    }

    /// An account after a block.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn account(&self, address: Address, id: BlockId) -> Result<AccountView, ChainError> {
        let view = self.view(id, None)?;
        let info = view.info(address);
        self.check_source()?;
        let Some(info) = info else {
            return Ok(AccountView::default());
        };
        let code = view.code(info.code_hash).original_bytes();
        let (balance, nonce, code_hash) = (info.balance, info.nonce, info.code_hash);
        Ok(AccountView {
            balance,
            nonce,
            code,
            code_hash,
        })
    }

    /// Code by its hash; empty when no account has or had it.
    pub fn code_by_hash(&self, hash: B256) -> Bytes {
        self.state_db.code(hash).original_bytes()
    }

    /// A storage word after a block.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn storage(&self, address: Address, slot: U256, id: BlockId) -> Result<B256, ChainError> {
        let view = self.view(id, None)?;
        let value = self.foresee(|| view.slot(address, slot));
        self.check_source()?;
        Ok(value.into())
    }

    /// Says which parts of the state are read next: a chain that continues from a far one reads them together.
    pub fn ahead(&self, parts: impl IntoIterator<Item = StatePart>) {
        self.state_db.ahead(parts);
    }

    /// Says which accounts are used alike: of a far chain, a slot of one of them is read together with those of the others.
    pub fn read_alike(&self, accounts: impl IntoIterator<Item = Address>) {
        self.state_db.read_alike(accounts);
    }

    /// A block; cheap, blocks are shared.
    pub fn block(&self, id: BlockId) -> Option<Arc<Block>> {
        let number = self.resolve(id).ok()?;
        self.ledger.block(number)
    }

    /// The hash of a block that is known, cheaper than the block.
    pub fn block_hash(&self, number: u64) -> Option<B256> {
        self.ledger.hash(number)
    }

    /// A mined transaction.
    pub fn transaction(&self, hash: B256) -> Option<MinedTransaction> {
        self.ledger.transaction(hash).cloned()
    }

    /// The mined transaction of a sender with a nonce.
    pub fn transaction_of(&self, sender: Address, nonce: u64) -> Option<MinedTransaction> {
        let records = self.ledger.between(0, self.ledger.head());
        let is_it = |tx: &&MinedTransaction| tx.from == sender && tx.envelope.nonce() == nonce;
        let mut found = records.filter_map(|record| record.block.transactions.iter().find(is_it));
        found.next().cloned()
    }

    /// The transaction that created a contract as its own outcome, and its sender.
    pub fn creation_of(&self, contract: Address) -> Option<(B256, Address)> {
        let records = self.ledger.between(0, self.ledger.head());
        let mut receipts = records.flat_map(|record| &record.block.receipts);
        let made = receipts
            .find(|receipt| receipt.success && receipt.contract_address == Some(contract))?;
        Some((made.transaction_hash, made.from))
    }

    /// The blocks between two numbers, both included, that have transactions.
    pub fn blocks_with_transactions(&self, from: u64, to: u64) -> Vec<Arc<Block>> {
        let records = self.ledger.between(from, to);
        let blocks = records.map(|record| record.block.clone());
        blocks
            .filter(|block| !block.transactions.is_empty())
            .collect()
    }

    /// Ethereum's precompiles at this version by name, as eth_config lists them.
    pub fn ethereum_precompiles(&self) -> std::collections::BTreeMap<String, Address> {
        crate::precompiles::ethereum(self.arbos_version())
    }

    /// The receipt of a mined transaction.
    pub fn receipt(&self, hash: B256) -> Option<Receipt> {
        self.ledger.receipt(hash).cloned()
    }

    /// Logs that a filter accepts, in order. A range that ends before it starts is empty.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] for an unknown hash; ranges outside the chain are empty.
    /// [`ChainError::Interrupted`] when a reader's time is over, [`ChainError::TooLarge`].
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ChainError> {
        let (from, to) = match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let number = self.resolve(hash.into())?;
                (number, number)
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => (self.bound(from_block), self.bound(to_block)),
        };
        let mut found = Vec::new();
        for record in self.ledger.between(from, to) {
            self.check_time()?;
            if filter.matches_bloom(record.block.header.logs_bloom) {
                for receipt in &record.block.receipts {
                    let logs = receipt.indexed_logs();
                    for (log, at) in logs.filter(|(log, _)| filter.matches(log)) {
                        self.charge(LOG_BYTES + 2 * log.data.data.len())?;
                        found.push(receipt.placed(log, at));
                    }
                }
            }
        }
        Ok(found)
    }

    fn bound(&self, tag: Option<BlockNumberOrTag>) -> u64 {
        match tag {
            Some(BlockNumberOrTag::Number(number)) => number,
            Some(BlockNumberOrTag::Earliest) => self.ledger.first(),
            _ => self.ledger.head(),
        }
    }
}

/// The state after a block is not known any more.
pub(super) fn unknown_state(number: u64) -> ChainError {
    ChainError::UnknownState(number)
}
