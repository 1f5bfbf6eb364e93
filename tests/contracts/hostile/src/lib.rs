//! An implementation that misbehaves on purpose, for the abuse tests.
//!
//! Every function does one thing that an honest contract would not, for every caller. Steps
//! misbehave by composition: [`Hostile::initialize`] (1.0), [`Hostile::migrate`] (1.0 → 2.0) and
//! [`Hostile::act`] take a list of actions, each the calldata of another function here, and run
//! them in their own frame. A migration that writes the implementation slot is
//! `migrate([writeSlot(…)])`, one that consumes its token twice `migrate([migrate([])])`, one
//! that sets no flag `act([])`, one that calls back `migrate([call(proxy, 0, …)])`, one that
//! never ends `migrate([spin()])`.
//!
//! Calldata that names no function comes back as it went; `raw(uint256 n)` returns, and
//! `revertPattern(uint256 n)` reverts with, `n` bytes that count up, without an ABI around them.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

mod raw;

use alloc::vec::Vec;

use stylus_sdk::{
    ArbResult,
    abi::{Bytes, Router},
    alloy_primitives::{Address, B256, U256},
    prelude::*,
    storage::{StorageAddress, StorageU256},
    stylus_core::calls::Call,
};
use stylus_upgradeable::prelude::*;
use stylus_upgrades_host as host;

/// What the called account returns, with or without a revert.
type RawResult<T = ()> = Result<T, Vec<u8>>;

/// Slots 0 and 1, for tests that look at them.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Hostile {
    constructor_caller: StorageAddress,
    constructor_value: StorageU256,
}

#[upgradeable(allow_constructor)]
#[public]
impl Hostile {
    /// An SDK constructor: writes slots 0 and 1 if it ever runs.
    #[constructor]
    pub fn constructor(&mut self, value: U256) {
        self.constructor_caller.set(self.vm().msg_sender());
        self.constructor_value.set(value);
    }

    /// Takes value without calldata.
    #[receive]
    #[payable]
    pub fn receive(&mut self) -> Result<(), Vec<u8>> {
        Ok(())
    }

    /// Returns its calldata; see the crate for two exceptions.
    #[fallback]
    #[payable]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        raw::answer(calldata)
    }

    // -- steps

    /// Runs `actions` when the instance is created at 1.0.
    #[payable]
    #[initializer("1.0")]
    pub fn initialize(&mut self, actions: Vec<Bytes>) -> RawResult<Bytes> {
        self.run(&actions)
    }

    /// Runs `actions` on the way from 1.0 to 2.0.
    #[payable]
    #[migration(from = "1.0", to = "2.0")]
    pub fn migrate(&mut self, actions: Vec<Bytes>) -> RawResult<Bytes> {
        self.run(&actions)
    }

    /// Runs `actions`, for every caller, at any time.
    #[payable]
    pub fn act(&mut self, actions: Vec<Bytes>) -> RawResult<Bytes> {
        self.run(&actions)
    }

    // -- what comes back

    /// Returns `data`.
    pub fn echo(&self, data: Bytes) -> Bytes {
        data
    }

    /// Sender, value, acting account, origin, and whether another frame of it is open.
    #[payable]
    pub fn context(&mut self) -> (Address, U256, Address, Address, bool) {
        let vm = self.vm();
        (
            vm.msg_sender(),
            vm.msg_value(),
            vm.contract_address(),
            vm.tx_origin(),
            vm.msg_reentrant(),
        )
    }

    /// Reverts with `data`.
    #[payable]
    pub fn revert_with(&mut self, data: Bytes) -> RawResult {
        Err(data.into())
    }

    /// Panics, which is a trap.
    #[payable]
    pub fn panic(&mut self) {
        host::trap();
    }

    // -- state

    /// The word at `slot`.
    pub fn read_slot(&self, slot: B256) -> B256 {
        host::storage::load(&slot.0).into()
    }

    /// Writes any slot of the acting account.
    #[payable]
    pub fn write_slot(&mut self, slot: B256, value: B256) {
        host::storage::store(&slot.0, &value.0);
    }

    /// The word at transient `slot`.
    pub fn read_transient(&self, slot: B256) -> B256 {
        host::storage::transient_load(&slot.0).into()
    }

    /// Writes any transient slot of the acting account.
    #[payable]
    pub fn write_transient(&mut self, slot: B256, value: B256) {
        host::storage::transient_store(&slot.0, &value.0);
    }

    /// Emits `data` under up to four `topics`; with more it reverts.
    #[payable]
    pub fn log(&mut self, topics: Vec<B256>, data: Bytes) -> RawResult {
        self.vm()
            .raw_log(&topics, &data)
            .map_err(|reason| reason.as_bytes().to_vec())
    }

    // -- resources

    /// Never ends.
    #[payable]
    pub fn spin(&mut self) {
        loop {
            core::hint::black_box(0);
        }
    }

    /// Calls itself until the stack is gone.
    #[payable]
    pub fn recurse(&mut self) -> u32 {
        raw::recurse(1)
    }

    /// Takes `size` bytes of memory.
    #[payable]
    pub fn grow(&mut self, size: u32) -> u32 {
        core::hint::black_box(alloc::vec![1_u8; size as usize]).len() as u32
    }

    // -- others

    /// Calls `target` and passes on what it says.
    #[payable]
    pub fn call(&mut self, target: Address, value: U256, data: Bytes) -> RawResult<Bytes> {
        let context = Call::new_payable(self, value);
        Ok(stylus_sdk::call::call(self.vm(), context, target, &data)?.into())
    }

    /// Calls `target` and continues whatever it returns.
    #[payable]
    pub fn try_call(&mut self, target: Address, value: U256, data: Bytes) -> (bool, Bytes) {
        match self.call(target, value, data) {
            Ok(data) => (true, data),
            Err(data) => (false, data.into()),
        }
    }

    /// Calls `target` without permitting any change.
    pub fn static_call(&self, target: Address, data: Bytes) -> RawResult<Bytes> {
        Ok(stylus_sdk::call::static_call(self.vm(), Call::new(), target, &data)?.into())
    }

    /// Runs the code of `target` on the acting account's storage and balance.
    #[payable]
    pub fn delegate(&mut self, target: Address, data: Bytes) -> RawResult<Bytes> {
        host::storage::flush(true);
        raw::delegate(target, &data)
    }

    /// Writes a slot into this frame's cache only, calls `target`, and lets the end of the frame
    /// write the cache over whatever happened meanwhile. Whether the call went well is returned.
    #[payable]
    pub fn write_call_flush(
        &mut self,
        slot: B256,
        value: B256,
        target: Address,
        data: Bytes,
    ) -> (bool, Bytes) {
        host::storage::store(&slot.0, &value.0);
        let called = host::call::call(&target.into(), &data, &[0; 32], u64::MAX);
        (called.ok, raw::return_data(called.len))
    }
}

impl Hostile {
    /// Runs other functions of this contract in this frame; the last answer counts.
    fn run(&mut self, actions: &[Bytes]) -> RawResult<Bytes> {
        let mut last = Vec::new();
        for action in actions {
            let Some((selector, input)) = action.split_first_chunk() else {
                return Err(Vec::new());
            };
            let selector = u32::from_be_bytes(*selector);
            last = match <Self as Router<Self>>::route(self, selector, input) {
                Some(answer) => answer?,
                None => raw::answer(action)?,
            };
        }
        Ok(last.into())
    }
}
