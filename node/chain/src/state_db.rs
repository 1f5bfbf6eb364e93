//! The state with all its past: every value keeps its versions, so that reading at an old
//! block is a binary search, a snapshot is a number, and going back is undoing a list of keys. Its
//! maps are persistent: a copy shares everything with the original until one of them changes.

mod base;
mod roots;
mod trie;
mod versions;

use crate::{Budget, ChainError, Source, StatePart};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::HashSet};
use base::Base;
use foldhash::fast::RandomState;
use revm::state::{Bytecode, EvmState};
pub(crate) use roots::Proof;
use roots::Roots;
use rpds::{HashTrieMapSync, VectorSync};
use std::{cell::RefCell, collections::BTreeSet, sync::Arc};
use versions::{Versions, write};

/// A hash map whose copy costs nothing.
pub(crate) type PersistentMap<K, V> = HashTrieMapSync<K, V, RandomState>;

/// Balance, nonce and code hash of an account that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) balance: U256,
    pub(crate) nonce: u64,
    pub(crate) code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
        }
    }
}

impl Account {
    fn is_empty(&self) -> bool {
        self.balance.is_zero() && self.nonce == 0 && self.code_hash == KECCAK256_EMPTY
    }
}

/// All accounts, storage and code, now and in the past.
#[derive(Clone, Default)]
pub(crate) struct StateDb {
    accounts: PersistentMap<Address, Versions<Option<Account>>>,
    storage: PersistentMap<Address, PersistentMap<U256, Versions<U256>>>,
    codes: PersistentMap<B256, Bytecode>,
    /// Keys written by each version, for undoing.
    log: VectorSync<(u64, Arc<Vec<StatePart>>)>,
    version: u64,
    /// The state that is read where nothing was written.
    base: Option<Arc<Base>>,
    /// The first read of the source that failed since the last look, where no request is served. Every result after it
    /// is wrong.
    unread: RefCell<Option<ChainError>>,
    /// Parts of the source that an attempt lacks, while there is one.
    lacking: RefCell<Option<BTreeSet<StatePart>>>,
    /// The budget of the request that is served.
    budget: Option<Budget>,
    /// Accounts whose storage in `base` counts no longer, with the version that ended it.
    wiped: PersistentMap<Address, u64>,
    roots: RefCell<Roots>,
}

/// Attempts of one execution, at most: a value that leads to another one takes one more.
const ATTEMPTS: usize = 24;
/// Attempts after which an execution leads on and on: each entry that it looks at is checked, and nothing is no entry.
const LEADS_ON: usize = 5;

/// Reads at any time.
pub(crate) const NOW: u64 = u64::MAX;

impl StateDb {
    /// A state on top of a block of another chain.
    pub(crate) fn on(source: Box<dyn Source>) -> Self {
        Self {
            base: Some(Arc::new(Base::new(source))),
            ..Self::default()
        }
    }

    /// A state on top of the same block as this one, without anything written.
    pub(crate) fn at_the_base(&self) -> Self {
        Self {
            base: self.base.clone(),
            ..Self::default()
        }
    }

    /// Returns true if it continues a block of another chain.
    pub(crate) fn is_forked(&self) -> bool {
        self.base.is_some()
    }

    /// Returns true if it continues a block of another chain whose answers take long.
    pub(crate) fn is_far(&self) -> bool {
        self.base.as_ref().is_some_and(|base| base.is_far())
    }

    /// Reads these parts of the source together, if there is one. What cannot be read is asked for again where it is needed.
    pub(crate) fn ahead(&self, parts: impl IntoIterator<Item = StatePart>) {
        if let Some(base) = &self.base {
            let _ = base.ahead(parts, self.budget());
        }
    }

    /// From now on a slot that is read ahead of one of these accounts is read of all of them.
    pub(crate) fn read_alike(&self, accounts: impl IntoIterator<Item = Address>) {
        if let Some(base) = &self.base {
            base.read_alike(accounts);
        }
    }

    /// Does `work` on what is known of a far source: what it lacks is guessed, and read together before `work` is
    /// done again. Gives the outcome that lacks nothing; none where the source is near, fails, or leads on and on.
    pub(crate) fn foresee<T>(&self, work: impl Fn() -> T) -> Option<T> {
        if self.lacking.borrow().is_some() {
            return None;
        }
        let base = self.base.as_deref().filter(|base| base.is_far())?;
        for attempt in 0..ATTEMPTS {
            self.lacking.replace(Some(BTreeSet::new()));
            let outcome = work();
            let lacking = self.lacking.take().unwrap_or_default();
            if lacking.is_empty() {
                return Some(outcome);
            }
            let mut all = lacking.clone();
            all.extend(base.of_lists(&lacking));
            base.ahead(all, self.budget()).ok()?;
            base.note_entries(&lacking, attempt >= LEADS_ON);
        }
        None
    }

    /// Returns true if an attempt lacks this part, and notes it.
    fn is_lacking(&self, base: &Base, part: StatePart) -> bool {
        let mut lacking = self.lacking.borrow_mut();
        let lacking = lacking.as_mut().filter(|_| !base.has(part));
        lacking.is_some_and(|lacking| {
            lacking.insert(part);
            true
        })
    }

    /// Takes the error of a read from the source: in the request that is served, or since this was asked last.
    pub(crate) fn source_error(&self) -> Option<ChainError> {
        match &self.budget {
            Some(budget) => budget.unread(),
            None => self.unread.take(),
        }
    }

    /// Returns the answer of the source; nothing, with a note, when it cannot be read.
    fn answered<T: Default>(&self, answer: Result<T, ChainError>) -> T {
        answer.unwrap_or_else(|reason| {
            match &self.budget {
                Some(budget) => budget.stop(reason),
                None => {
                    self.unread.borrow_mut().get_or_insert(reason);
                }
            }
            T::default()
        })
    }

    /// Returns the budget of the request that is served.
    pub(crate) fn budget(&self) -> Option<&Budget> {
        self.budget.as_ref()
    }

    pub(crate) fn set_budget(&mut self, budget: Option<Budget>) {
        self.budget = budget;
        self.unread.take();
    }

    /// Begins work whose failure is not that of the request; gives the budget of the request.
    pub(crate) fn renew_budget(&mut self) -> Option<Budget> {
        let renewed = self.budget.as_ref().map(Budget::renewed);
        std::mem::replace(&mut self.budget, renewed)
    }

    /// Returns true if a reader must end.
    pub(crate) fn is_over(&self) -> bool {
        self.budget.as_ref().is_some_and(Budget::is_reached)
    }

    /// Every slot that was written after `version`, once each.
    pub(crate) fn slots_written_after(&self, version: u64) -> Vec<(Address, U256)> {
        let slots = self.written_after(version).filter_map(|key| match key {
            StatePart::Slot(address, slot) => Some((*address, *slot)),
            StatePart::Account(_) => None,
        });
        slots.collect::<HashSet<_>>().into_iter().collect()
    }

    /// Every account that was written after `version`, once each.
    pub(crate) fn accounts_written_after(&self, version: u64) -> Vec<Address> {
        let accounts = self.written_after(version).filter_map(|key| match key {
            StatePart::Account(address) => Some(*address),
            StatePart::Slot(..) => None,
        });
        accounts.collect::<HashSet<_>>().into_iter().collect()
    }

    fn written_after(&self, version: u64) -> impl Iterator<Item = &StatePart> {
        let newest_first = self.log.iter().rev();
        let younger = newest_first.take_while(move |(written, _)| *written > version);
        younger.flat_map(|(_, keys)| keys.iter())
    }

    /// The version that the newest writes carry.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Opens a new version; writes from now on can be distinguished from the last one, and undone to it.
    pub(crate) fn advance(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// Undoes everything written after `version`.
    pub(crate) fn undo_to(&mut self, version: u64) {
        while let Some((written, keys)) = self.log.last().filter(|(written, _)| *written > version)
        {
            let (written, keys) = (*written, keys.clone());
            self.log.drop_last_mut();
            for key in keys.iter() {
                self.note(*key);
                match key {
                    StatePart::Account(address) => {
                        if let Some(account) = self.accounts.get_mut(address) {
                            account.drop_newest(written);
                        }
                    }
                    StatePart::Slot(address, at) => {
                        let slots = self.storage.get_mut(address);
                        if let Some(slot) = slots.and_then(|slots| slots.get_mut(at)) {
                            slot.drop_newest(written);
                        }
                    }
                }
            }
        }
        let later = self.wiped.iter().filter(|(_, since)| **since > version);
        let later: Vec<Address> = later.map(|(address, _)| *address).collect();
        for address in later {
            self.wiped.remove_mut(&address);
        }
        self.version = version;
    }

    pub(crate) fn account(&self, address: Address, at: u64) -> Option<Account> {
        let written = self.accounts.get(&address);
        match written.and_then(|versions| versions.at(at)) {
            Some(account) => account,
            None => {
                let base = self.base.as_ref()?;
                if self.is_lacking(base, StatePart::Account(address)) {
                    return None;
                }
                self.answered(base.account(address, self.budget()))
            }
        }
    }

    pub(crate) fn slot(&self, address: Address, slot: U256, at: u64) -> U256 {
        let versions = self
            .storage
            .get(&address)
            .and_then(|slots| slots.get(&slot));
        match versions.and_then(|versions| versions.at(at)) {
            Some(value) => value,
            None => self.base_slot(address, slot, at),
        }
    }

    fn base_slot(&self, address: Address, slot: U256, at: u64) -> U256 {
        let Some(base) = &self.base else {
            return U256::ZERO;
        };
        if !self.wiped.is_empty() && self.wiped.get(&address).is_some_and(|since| *since <= at) {
            return U256::ZERO;
        }
        if self.is_lacking(base, StatePart::Slot(address, slot)) {
            return base.guess(address, slot);
        }
        self.answered(base.slot(address, slot, self.budget()))
    }

    /// The hash of a block before the one that the state continues; zero without one.
    pub(crate) fn block_hash_beneath(&self, number: u64) -> B256 {
        let base = self.base.as_ref();
        base.map_or(B256::ZERO, |base| {
            self.answered(base.block_hash(number, self.budget()))
        })
    }

    pub(crate) fn code(&self, hash: B256) -> Bytecode {
        let known = self.codes.get(&hash).cloned();
        known
            .or_else(|| self.base.as_ref()?.code(hash))
            .unwrap_or_default()
    }

    /// Every account that exists now, with its non-zero slots, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Address, Account, Vec<(U256, U256)>)> + '_ {
        self.accounts.iter().filter_map(|(address, versions)| {
            let account = versions.at(NOW)??;
            let slots = self.storage.get(address).into_iter().flatten();
            let slots = slots
                .filter_map(|(slot, versions)| Some((*slot, versions.at(NOW)?)))
                .filter(|(_, value)| !value.is_zero())
                .collect();
            Some((*address, account, slots))
        })
    }

    /// An account's slots that are not zero at a version, in no particular order; `None` where a block
    /// of another chain may have more of them.
    pub(crate) fn slots_at(
        &self,
        address: Address,
        at: u64,
    ) -> Option<impl Iterator<Item = (U256, U256)> + '_> {
        let wiped = self.wiped.get(&address).is_some_and(|since| *since <= at);
        if let Some(base) = self.base.as_ref().filter(|_| !wiped)
            && self
                .answered(base.account(address, self.budget()))
                .is_some()
        {
            return None;
        }
        let slots = self.storage.get(&address).into_iter().flatten();
        let values = slots.filter_map(move |(slot, versions)| Some((*slot, versions.at(at)?)));
        Some(values.filter(|(_, value)| !value.is_zero()))
    }

    /// Writes an account; empty ones are removed (EIP-161).
    pub(crate) fn set_account(&mut self, address: Address, account: Option<Account>) {
        let account = account.filter(|account| !account.is_empty());
        if self.account(address, NOW) == account {
            return;
        }
        let new = write(&mut self.accounts, address, self.version, account);
        self.record(StatePart::Account(address), new);
    }

    /// Changes an account; one that does not exist is empty before.
    pub(crate) fn edit_account(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        let mut account = self.account(address, NOW).unwrap_or_default();
        change(&mut account);
        self.set_account(address, Some(account));
    }

    pub(crate) fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        if self.slot(address, slot, NOW) == value {
            return;
        }
        let new = match self.storage.get_mut(&address) {
            Some(slots) => write(slots, slot, self.version, value),
            None => {
                let mut slots = PersistentMap::default();
                let new = write(&mut slots, slot, self.version, value);
                self.storage.insert_mut(address, slots);
                new
            }
        };
        self.record(StatePart::Slot(address, slot), new);
    }

    /// Stores code and returns its hash.
    pub(crate) fn add_code(&mut self, code: Bytes) -> B256 {
        if code.is_empty() {
            return KECCAK256_EMPTY;
        }
        let hash = keccak256(&code);
        if !self.codes.contains_key(&hash) {
            self.codes.insert_mut(hash, bytecode(code));
        }
        hash
    }

    /// Clears all slots of an account.
    pub(crate) fn clear_storage(&mut self, address: Address) {
        let slots = self.storage.get(&address).into_iter().flatten();
        let slots: Vec<U256> = slots
            .filter(|(_, versions)| !versions.at(NOW).unwrap_or_default().is_zero())
            .map(|(slot, _)| *slot)
            .collect();
        for slot in slots {
            self.set_slot(address, slot, U256::ZERO);
        }
        if self.base.is_some() && !self.wiped.contains_key(&address) {
            self.wiped.insert_mut(address, self.version);
        }
    }

    /// Writes what an execution changed.
    pub(crate) fn apply(&mut self, changes: EvmState) {
        for (address, changed) in changes {
            if !changed.is_touched() {
                continue;
            }
            if changed.is_selfdestructed() {
                self.set_account(address, None);
                self.clear_storage(address);
                continue;
            }
            if changed.is_created() {
                self.clear_storage(address);
            }
            let info = changed.info;
            if let Some(code) = info.code.filter(|code| !code.is_empty())
                && !self.codes.contains_key(&info.code_hash)
            {
                self.codes.insert_mut(info.code_hash, code);
            }
            let code_hash = if info.code_hash.is_zero() {
                KECCAK256_EMPTY
            } else {
                info.code_hash
            };
            self.edit_account(address, |account| {
                (account.balance, account.nonce) = (info.balance, info.nonce);
                account.code_hash = code_hash;
            });
            for (slot, value) in changed.storage {
                if value.is_changed() {
                    self.set_slot(address, slot, value.present_value);
                }
            }
        }
    }

    /// Notes that a key was written, for undoing if its version is new, and for the roots.
    fn record(&mut self, key: StatePart, new: bool) {
        self.note(key);
        if !new {
            return;
        }
        let newest = self.log.len().saturating_sub(1);
        match self.log.get_mut(newest) {
            Some((version, keys)) if *version == self.version => Arc::make_mut(keys).push(key),
            _ => self.log.push_back_mut((self.version, Arc::new(vec![key]))),
        }
    }
}

impl StateDb {
    /// Notes that the tries lack a key's newest value. A forked state has none.
    fn note(&mut self, key: StatePart) {
        if self.base.is_none() {
            self.roots.get_mut().note(key);
        }
    }
}

/// Raw bytes as code. EIP-7702 designators are understood, everything else is taken literally.
pub(crate) fn bytecode(code: Bytes) -> Bytecode {
    Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_stay_readable_and_undo_restores_them() {
        let (mut state_db, alice) = (StateDb::default(), Address::with_last_byte(1));
        let with = |balance: u64| {
            Some(Account {
                balance: U256::from(balance),
                ..Account::default()
            })
        };
        for balance in 1..=5 {
            state_db.advance();
            state_db.set_account(alice, with(balance));
            state_db.set_slot(alice, U256::ZERO, U256::from(balance * 10));
        }
        assert_eq!(state_db.account(alice, 0), None);
        assert_eq!(state_db.account(alice, 3), with(3));
        assert_eq!(state_db.slot(alice, U256::ZERO, 4), U256::from(40));
        state_db.undo_to(2);
        assert_eq!(state_db.account(alice, NOW), with(2));
        assert_eq!(state_db.slot(alice, U256::ZERO, NOW), U256::from(20));
        state_db.advance();
        state_db.set_account(alice, None);
        assert_eq!(state_db.account(alice, NOW), None);
        assert_eq!(state_db.account(alice, 2), with(2));
    }

    #[test]
    fn many_versions_of_one_value_stay_apart_from_those_of_a_copy() {
        let (mut state_db, alice) = (StateDb::default(), Address::with_last_byte(1));
        let value = |state_db: &StateDb, at| state_db.slot(alice, U256::ZERO, at);
        for version in 1..=1_000_u64 {
            state_db.advance();
            state_db.set_slot(alice, U256::ZERO, U256::from(version));
        }
        let copy = state_db.clone();
        for back in [999, 900, 872, 871, 129, 128, 1] {
            state_db.undo_to(back);
            for at in [0, 1, back / 2, back - 1, back, NOW] {
                assert_eq!(
                    value(&state_db, at),
                    U256::from(at.min(back)),
                    "{back} {at}"
                );
            }
        }
        state_db.advance();
        state_db.set_slot(alice, U256::ZERO, U256::from(7));
        for at in 0..=1_000 {
            assert_eq!(value(&copy, at), U256::from(at));
        }
    }
}
