//! Accounts and slots that an execution touches, as geth's tracer of access lists collects them.

use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{
    Address, B256,
    map::{AddressSet, HashMap},
};
use revm::{
    bytecode::opcode,
    interpreter::{
        Interpreter,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps},
    },
};
use std::collections::BTreeSet;
use stylus_vm::Request;

/// Accounts and slots that were named, by opcodes or host functions.
#[derive(Default)]
pub(crate) struct Accesses {
    /// Accounts that are warm by themselves: they are listed only where one of their slots is.
    implied: AddressSet,
    touched: HashMap<Address, BTreeSet<B256>>,
}

impl Accesses {
    /// Starts with what a list holds.
    pub(crate) fn new(implied: AddressSet, list: &AccessList) -> Self {
        let mut touched: HashMap<Address, BTreeSet<B256>> = HashMap::default();
        for item in &list.0 {
            let slots = touched.entry(item.address).or_default();
            slots.extend(item.storage_keys.iter().copied());
        }
        Self { implied, touched }
    }

    /// Accounts and slots together.
    pub(crate) fn count(&self) -> usize {
        self.touched.values().map(|slots| 1 + slots.len()).sum()
    }

    fn account(&mut self, address: Address) {
        if !self.implied.contains(&address) {
            self.touched.entry(address).or_default();
        }
    }

    fn slot(&mut self, address: Address, slot: B256) {
        self.touched.entry(address).or_default().insert(slot);
    }

    /// Notes what the next opcode names.
    pub(crate) fn step(&mut self, interpreter: &Interpreter<EthInterpreter>) {
        let stack = interpreter.stack.data();
        let from_top = |at: usize| stack.iter().nth_back(at).map(|word| B256::from(*word));
        match interpreter.bytecode.opcode() {
            opcode::SLOAD | opcode::SSTORE => {
                if let Some(slot) = from_top(0) {
                    self.slot(interpreter.input.target_address(), slot);
                }
            }
            opcode::BALANCE
            | opcode::EXTCODESIZE
            | opcode::EXTCODECOPY
            | opcode::EXTCODEHASH
            | opcode::SELFDESTRUCT => {
                if let Some(word) = from_top(0) {
                    self.account(Address::from_word(word));
                }
            }
            opcode::CALL | opcode::CALLCODE | opcode::DELEGATECALL | opcode::STATICCALL => {
                if let (Some(word), true) = (from_top(1), stack.len() >= 5) {
                    self.account(Address::from_word(word));
                }
            }
            _ => {}
        }
    }

    /// Notes what a host function of a program that acts as `acting` names.
    pub(crate) fn request(&mut self, acting: Address, request: &Request) {
        match request {
            Request::GetBytes32 { key } => self.slot(acting, *key),
            Request::SetTrieSlots { slots, .. } => {
                slots.iter().for_each(|(key, _)| self.slot(acting, *key));
            }
            Request::AccountBalance { address }
            | Request::AccountCodeHash { address }
            | Request::AccountCode { address, .. } => self.account(*address),
            Request::Call(call) => self.account(call.to),
            _ => {}
        }
    }

    /// The list, in the order of addresses.
    pub(crate) fn into_list(self) -> AccessList {
        let items = self.touched.into_iter();
        let mut items: Vec<_> = items
            .map(|(address, slots)| AccessListItem {
                address,
                storage_keys: slots.into_iter().collect(),
            })
            .collect();
        items.sort_unstable_by_key(|item| item.address);
        AccessList(items)
    }
}
