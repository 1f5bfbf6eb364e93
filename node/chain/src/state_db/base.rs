//! The base of a forked state: a block of another chain, which is read on demand and remembered.

use super::{Account, bytecode};
use crate::{Budget, ChainError, Source};
use alloy_primitives::{Address, B256, U256, keccak256, map::HashMap};
use revm::state::Bytecode;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A source with what it has answered so far. Several threads may ask it at once; what one of them
/// waits for does not keep the others from what is known.
pub(super) struct Base {
    source: Box<dyn Source>,
    read: RwLock<Read>,
}

#[derive(Default)]
struct Read {
    accounts: HashMap<Address, Option<Account>>,
    slots: HashMap<(Address, U256), U256>,
    codes: HashMap<B256, Bytecode>,
    hashes: HashMap<u64, B256>,
}

impl Base {
    pub(super) fn new(source: Box<dyn Source>) -> Self {
        Self {
            source,
            read: RwLock::default(),
        }
    }

    pub(super) fn account(
        &self,
        address: Address,
        budget: Option<&Budget>,
    ) -> Result<Option<Account>, ChainError> {
        if let Some(known) = self.known().accounts.get(&address) {
            return Ok(*known);
        }
        let found = asked(budget, |budget| self.source.account(address, budget))?;
        let mut read = self.learn();
        let code_hash = keccak256(&found.code);
        if !found.code.is_empty() {
            let code = read.codes.entry(code_hash);
            code.or_insert_with(|| bytecode(found.code));
        }
        let account = Account {
            balance: found.balance,
            nonce: found.nonce,
            code_hash,
        };
        let account = Some(account).filter(|account| !account.is_empty());
        read.accounts.insert(address, account);
        Ok(account)
    }

    pub(super) fn slot(
        &self,
        address: Address,
        slot: U256,
        budget: Option<&Budget>,
    ) -> Result<U256, ChainError> {
        if let Some(known) = self.known().slots.get(&(address, slot)) {
            return Ok(*known);
        }
        let value = asked(budget, |budget| self.source.slot(address, slot, budget))?;
        self.learn().slots.insert((address, slot), value);
        Ok(value)
    }

    /// Tells the source of words that are read next.
    pub(super) fn ahead(&self, words: &[(Address, U256)]) {
        let unknown: Vec<(Address, U256)> = {
            let known = self.known();
            let unknown = words.iter().filter(|word| !known.slots.contains_key(*word));
            unknown.copied().collect()
        };
        self.source.ahead(&unknown);
    }

    pub(super) fn block_hash(
        &self,
        number: u64,
        budget: Option<&Budget>,
    ) -> Result<B256, ChainError> {
        if let Some(known) = self.known().hashes.get(&number) {
            return Ok(*known);
        }
        let hash = asked(budget, |budget| self.source.block_hash(number, budget))?;
        self.learn().hashes.insert(number, hash);
        Ok(hash)
    }

    pub(super) fn code(&self, hash: B256) -> Option<Bytecode> {
        self.known().codes.get(&hash).cloned()
    }

    fn known(&self) -> RwLockReadGuard<'_, Read> {
        self.read.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self) -> RwLockWriteGuard<'_, Read> {
        self.read.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a source answers, if it may be waited for.
fn asked<T>(
    budget: Option<&Budget>,
    ask: impl FnOnce(&Budget) -> Result<T, String>,
) -> Result<T, ChainError> {
    let answer = match budget {
        Some(budget) => budget.ask(ask).ok_or(ChainError::Interrupted)?,
        None => ask(&Budget::default()),
    };
    answer.map_err(ChainError::Source)
}
