//! The chain as data: dumps and loading them.

use super::Chain;
use crate::{
    Block, ChainError, ChainState, MinedTransaction, Receipt,
    ledger::{Ledger, Record},
    world::{Account, World},
};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Version of the form below.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Saved {
    accounts: BTreeMap<Address, SavedAccount>,
    blocks: Vec<SavedBlock>,
    coinbase: Address,
    gas_limit: u64,
    shift: i64,
}

#[derive(Serialize, Deserialize)]
struct SavedAccount {
    balance: U256,
    nonce: u64,
    #[serde(default)]
    code: Bytes,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    storage: BTreeMap<U256, U256>,
}

#[derive(Serialize, Deserialize)]
struct SavedBlock {
    header: Header,
    l1_block_number: u64,
    size: u64,
    transactions: Vec<MinedTransaction>,
    receipts: Vec<Receipt>,
}

impl Chain {
    /// The latest state and all blocks. The state of older blocks is not part of it.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it cannot be serialised.
    pub fn dump_state(&self) -> Result<ChainState, ChainError> {
        let accounts = self.world.all().map(|(address, account, slots)| {
            let saved = SavedAccount {
                balance: account.balance,
                nonce: account.nonce,
                code: self.world.code(account.code_hash).original_bytes(),
                storage: slots.into_iter().collect(),
            };
            (address, saved)
        });
        let blocks = self.ledger.all().iter().map(|record| SavedBlock {
            header: record.block.header.clone(),
            l1_block_number: record.block.l1_block_number,
            size: record.block.size,
            transactions: record.block.transactions.clone(),
            receipts: record.block.receipts.clone(),
        });
        let saved = Saved {
            accounts: accounts.collect(),
            blocks: blocks.collect(),
            coinbase: self.knobs.coinbase,
            gas_limit: self.knobs.gas_limit,
            shift: self.clock.shift,
        };
        let content =
            serde_json::to_value(saved).map_err(|error| ChainError::BadState(error.to_string()))?;
        Ok(ChainState {
            format: FORMAT,
            chain_id: self.chain_id(),
            content,
        })
    }

    /// Replaces state and blocks by those of a dump. Snapshots and waiting transactions are gone;
    /// on an error nothing has changed.
    ///
    /// # Errors
    /// [`ChainError::BadState`] when it is of another form or chain, or damaged.
    pub fn load_state(&mut self, state: ChainState) -> Result<(), ChainError> {
        if state.format != FORMAT || state.chain_id != self.chain_id() {
            return Err(ChainError::BadState(format!(
                "expected format {FORMAT} of chain {}, found format {} of chain {}",
                self.chain_id(),
                state.format,
                state.chain_id
            )));
        }
        let saved: Saved = serde_json::from_value(state.content)
            .map_err(|error| ChainError::BadState(error.to_string()))?;
        if saved.blocks.is_empty() {
            return Err(ChainError::BadState(
                "expected at least one block, found none".into(),
            ));
        }
        let mut world = World::default();
        for (address, account) in saved.accounts {
            let code_hash = world.add_code(account.code);
            let (balance, nonce) = (account.balance, account.nonce);
            world.set_account(
                address,
                Some(Account {
                    balance,
                    nonce,
                    code_hash,
                }),
            );
            for (slot, value) in account.storage {
                world.set_slot(address, slot, value);
            }
        }
        let mut ledger = Ledger::default();
        for block in saved.blocks {
            let SavedBlock {
                header,
                l1_block_number,
                size,
                transactions,
                receipts,
            } = block;
            let hash: B256 = header.hash_slow();
            let block = Block {
                header,
                hash,
                l1_block_number,
                size,
                transactions,
                receipts,
            };
            ledger.push(Record {
                block: Arc::new(block),
                version: None,
                before: Vec::new(),
            });
        }
        ledger.set_head_version(world.version());
        self.world = world;
        self.ledger = ledger;
        self.pool.clear();
        self.snapshots.clear();
        self.knobs.coinbase = saved.coinbase;
        self.knobs.gas_limit = saved.gas_limit;
        self.clock.shift = saved.shift;
        Ok(())
    }
}
