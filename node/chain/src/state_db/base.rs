//! What lies beneath the state: nothing, or a block of another chain that is read on demand and
//! remembered.

use super::{Account, bytecode};
use crate::{Source, SourceAccount};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256, map::HashMap};
use revm::state::Bytecode;
use std::cell::RefCell;

/// A source with what it has answered so far.
pub(super) struct Base {
    source: Box<dyn Source>,
    read: RefCell<Read>,
}

#[derive(Default)]
struct Read {
    accounts: HashMap<Address, Option<Account>>,
    slots: HashMap<(Address, U256), U256>,
    codes: HashMap<B256, Bytecode>,
    /// The first thing that could not be read. Everything after it is worthless.
    error: Option<String>,
}

impl Base {
    pub(super) fn new(source: Box<dyn Source>) -> Self {
        Self {
            source,
            read: RefCell::default(),
        }
    }

    pub(super) fn account(&self, address: Address) -> Option<Account> {
        if let Some(known) = self.read.borrow().accounts.get(&address) {
            return *known;
        }
        let answer = self.source.account(address);
        let mut read = self.read.borrow_mut();
        let SourceAccount {
            balance,
            nonce,
            code,
        } = read.take(answer);
        let code_hash = if code.is_empty() {
            KECCAK256_EMPTY
        } else {
            let hash = keccak256(&code);
            read.codes.entry(hash).or_insert_with(|| bytecode(code));
            hash
        };
        let account = Account {
            balance,
            nonce,
            code_hash,
        };
        let account = Some(account).filter(|account| !account.is_empty());
        read.accounts.insert(address, account);
        account
    }

    pub(super) fn slot(&self, address: Address, slot: U256) -> U256 {
        if let Some(known) = self.read.borrow().slots.get(&(address, slot)) {
            return *known;
        }
        let answer = self.source.slot(address, slot);
        let mut read = self.read.borrow_mut();
        let value = read.take(answer);
        read.slots.insert((address, slot), value);
        value
    }

    pub(super) fn code(&self, hash: B256) -> Option<Bytecode> {
        self.read.borrow().codes.get(&hash).cloned()
    }

    pub(super) fn error(&self) -> Option<String> {
        self.read.borrow().error.clone()
    }
}

impl Read {
    fn take<T: Default>(&mut self, answer: Result<T, String>) -> T {
        answer.unwrap_or_else(|reason| {
            self.error.get_or_insert(reason);
            T::default()
        })
    }
}
