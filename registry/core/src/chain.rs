//! Calls, logs, reverts and other accounts, in terms of alloy's types.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_upgrades_host::{call, context, storage};
use stylus_upgrades_interface::{
    chain::{ARB_SYS, IArbSys},
    ids::CodeHash,
};

use crate::abi::Reader;

/// The revert data of this frame, ready to be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevertData(pub Vec<u8>);

/// A value, or the revert data of this frame.
pub type Reverts<T> = Result<T, RevertData>;

/// The account that called the registry.
pub fn sender() -> Address {
    Address::new(context::msg_sender())
}

/// Returns true if the transaction calls the registry itself, so that no frame is open above it. An account
/// without code that is the transaction's sender cannot have called through another contract.
pub fn is_called_directly() -> bool {
    let sender = sender();
    sender == Address::new(context::tx_origin()) && !has_code(code_hash(sender))
}

/// The registry.
pub fn this() -> Address {
    Address::new(context::contract_address())
}

/// Seconds since 1970.
pub fn now() -> u64 {
    context::block_timestamp()
}

/// The number of the block that this chain makes, as a log filter counts blocks.
pub fn block_number() -> Reverts<u64> {
    let answer = ask(ARB_SYS, &IArbSys::arbBlockNumberCall::SELECTOR)?;
    Ok(Reader::new(&answer).u64(0)?)
}

/// keccak256.
pub fn keccak(data: &[u8]) -> B256 {
    B256::new(context::keccak256(data))
}

/// The hash of an account's code.
pub fn code_hash(account: Address) -> CodeHash {
    CodeHash(B256::new(context::code_hash(&account)))
}

/// Returns true if that is the hash of some code.
pub fn has_code(hash: CodeHash) -> bool {
    hash != CodeHash::ZERO && hash != CodeHash::OF_NOTHING
}

/// Calls with everything stored before and everything forgotten after, so that what other
/// frames write is seen. `Err` is the revert data, byte for byte.
pub fn call(to: Address, data: &[u8], value: &[u8; 32]) -> Reverts<Vec<u8>> {
    call_with_gas(to, data, value, u64::MAX)
}

/// The same with no more than that much gas.
pub fn call_with_gas(to: Address, data: &[u8], value: &[u8; 32], gas: u64) -> Reverts<Vec<u8>> {
    storage::flush(true);
    answer(call::call(&to, data, value, gas))
}

/// Runs the calldata on another part of the registry, on this storage.
pub fn delegate(part: Address, data: &[u8]) -> Reverts<Vec<u8>> {
    storage::flush(true);
    answer(call::delegate_call(&part, data, u64::MAX))
}

/// Asks without permitting any change.
pub fn ask(to: Address, data: &[u8]) -> Reverts<Vec<u8>> {
    storage::flush(false);
    answer(call::static_call(&to, data, u64::MAX))
}

/// Asks with no more than that much gas for one word: `None` where that fails, or anything else comes back.
pub fn ask_word(to: Address, data: &[u8], gas: u64) -> Option<B256> {
    let called = call::static_call(&to, data, gas);
    let mut word = B256::ZERO;
    (called.ok && called.len == word.len()).then(|| {
        call::return_data(&mut word.0, 0);
        word
    })
}

/// Emits a log whose first words are its topics.
pub fn log(data: &[u8], topics: usize) {
    call::emit_log(data, topics);
}

/// Returns the data that the last call returned, or reverted with.
fn answer(called: call::Called) -> Reverts<Vec<u8>> {
    let mut data = alloc::vec![0; called.len];
    call::return_data(&mut data, 0);
    if called.ok {
        Ok(data)
    } else {
        Err(RevertData(data))
    }
}
