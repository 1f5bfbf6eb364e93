//! Direct changes that test tools make.

use super::Chain;
use crate::{
    ChainConfig, ChainError, CountedCode, HashPreimages, arbos::l1_blocks, state_db::Account,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};
use stylus_vm::BasicBlock;

impl Chain {
    /// Changes the state outside of blocks; the latest block shows the change.
    fn edit(&mut self, change: impl FnOnce(&mut crate::state_db::StateDb)) {
        self.state_db.advance();
        change(&mut self.state_db);
        self.ledger.set_head_version(self.state_db.version());
    }

    fn edit_account(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        self.edit(|state_db| state_db.edit_account(address, change));
    }

    /// Sets a balance in wei.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.edit_account(address, |account| account.balance = balance);
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.edit_account(address, |account| account.nonce = nonce);
    }

    /// Sets an account's code, Stylus code included.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        let code_hash = self.state_db.add_code(code);
        self.edit_account(address, |account| account.code_hash = code_hash);
    }

    /// Sets a storage word.
    pub fn set_storage_at(&mut self, address: Address, slot: U256, value: B256) {
        self.edit(|state_db| state_db.set_slot(address, slot, value.into()));
    }

    /// From now on counts how often every basic block of a program runs: in transactions, calls and traces of this
    /// chain and of all its branches. Ink, gas and results stay as they are; runs take more time. Gives what was
    /// counted until now, by the code hash of each program that ran.
    pub fn count_blocks(&mut self) -> BTreeMap<B256, Vec<BasicBlock>> {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.count()
    }

    /// The same of every instruction of the EVM's code, by the code's hash.
    pub fn count_instructions(&mut self) -> BTreeMap<B256, CountedCode> {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.count_instructions()
    }

    /// Ends [`Chain::count_instructions`], and gives what was counted until now.
    pub fn end_instruction_count(&mut self) -> BTreeMap<B256, CountedCode> {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.end_instruction_count()
    }

    /// Starts to record the inputs of keccak256 hashes, by opcodes and host functions, in transactions, calls and traces
    /// of this chain and its branches.
    pub fn start_preimage_record(&mut self) {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.start_preimage_record();
    }

    /// Stops the record of [`Chain::start_preimage_record`] and returns it; empty if none was started.
    pub fn end_preimage_record(&mut self) -> HashPreimages {
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.end_preimage_record()
    }

    /// Returns true while anything is counted or recorded.
    pub(super) fn is_recording(&self) -> bool {
        let programs = self.programs.lock();
        programs
            .unwrap_or_else(PoisonError::into_inner)
            .is_recording()
    }

    /// Accepts unsigned transactions of an account.
    pub fn impersonate(&mut self, address: Address) {
        self.settings.impersonated.insert_mut(address, ());
    }

    /// Ends [`Chain::impersonate`].
    pub fn stop_impersonating(&mut self, address: Address) {
        self.settings.impersonated.remove_mut(&address);
    }

    /// Accepts unsigned transactions of every account, or no longer.
    pub fn set_auto_impersonate(&mut self, on: bool) {
        self.settings.auto_impersonate = on;
    }

    /// The accounts of [`Chain::impersonate`].
    pub fn impersonated(&self) -> impl Iterator<Item = Address> {
        self.settings.impersonated.keys().copied()
    }

    /// Returns true if unsigned transactions of an account are accepted.
    pub fn is_impersonated(&self, address: Address) -> bool {
        self.settings.auto_impersonate || self.settings.impersonated.contains_key(&address)
    }

    /// Returns true if every submitted transaction is mined at once.
    pub fn automine(&self) -> bool {
        self.settings.automine
    }

    /// Switches mining at once on or off.
    pub fn set_automine(&mut self, on: bool) {
        self.settings.automine = on;
    }

    /// The chain id that transactions and calls must name from now on, and that CHAINID gives.
    pub fn set_chain_id(&mut self, id: u64) {
        Arc::make_mut(&mut self.config).chain_id = id;
    }

    /// Coinbase of all further blocks.
    pub fn set_coinbase(&mut self, address: Address) {
        self.settings.coinbase = address;
    }

    /// Base fee of the next block only, in wei.
    pub fn set_next_base_fee(&mut self, wei: u64) {
        self.settings.next_base_fee = Some(wei);
    }

    /// Least gas price that [`Chain::gas_price`] suggests, in wei.
    pub fn set_min_gas_price(&mut self, wei: u128) {
        self.settings.min_gas_price = wei;
    }

    /// Gas limit of all further blocks.
    pub fn set_block_gas_limit(&mut self, gas: u64) {
        self.settings.gas_limit = gas;
    }

    /// PREVRANDAO of all further blocks (1 on Arbitrum).
    pub fn set_prevrandao(&mut self, value: B256) {
        self.settings.prevrandao = value;
    }

    /// Sets what NUMBER and the Stylus `block_number` give, at once and for all further blocks;
    /// `None` for the number of the block on this chain.
    pub fn set_l1_block_number(&mut self, number: Option<u64>) {
        self.settings.l1_block_number = number;
        let (l2_number, newest) = {
            let head = self.ledger.head();
            (head, self.ledger.hash(head).unwrap_or_default())
        };
        let number = number.unwrap_or(l2_number);
        self.edit(|state_db| l1_blocks::begin(state_db, number, newest));
    }

    /// Moves the clock forward; returns its whole shift from the wall clock in seconds.
    pub fn increase_time(&mut self, seconds: u64) -> i64 {
        self.clock.shift = self.clock.shift.saturating_add_unsigned(seconds);
        self.clock.shift
    }

    /// Exact time of the next block; the clock continues from there.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooLow`] before the latest block.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> {
        let latest = self.head_time();
        if timestamp < latest {
            return Err(ChainError::TimestampTooLow {
                found: timestamp,
                latest,
            });
        }
        self.clock.next = Some(timestamp);
        Ok(())
    }

    /// Sets the clock; returns the change in seconds. Blocks never become older than their parent.
    pub fn set_time(&mut self, timestamp: u64) -> i64 {
        self.clock.set(timestamp)
    }

    /// Every further block is this many seconds younger than its parent; `None` follows the clock.
    pub fn set_timestamp_interval(&mut self, seconds: Option<u64>) {
        self.clock.interval = seconds;
    }

    /// Starts over from the genesis block, or from the block of another chain that this one was
    /// forked from.
    pub fn reset(&mut self) {
        let config = ChainConfig::clone(&self.config);
        *self = if self.is_forked() {
            Self::begin(config, self.state_db.at_the_base())
        } else {
            Self::new(config)
        };
    }
}
