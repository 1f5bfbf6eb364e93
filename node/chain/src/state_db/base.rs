//! The base of a forked state: a block of another chain, which is read on demand and remembered.

use super::{Account, bytecode};
use crate::{Budget, ChainError, Source, StatePart};
use alloy_primitives::{Address, B256, U256, keccak256, map::HashMap};
use revm::state::Bytecode;
use std::collections::BTreeSet;
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
    /// Accounts that are used alike.
    alike: BTreeSet<Address>,
    /// The newest entry that was read of an account whose executions lead on and on.
    entries: HashMap<Address, U256>,
}

/// Slots in a row that make a list, and how many more of it are read at once: so many at first, then three times as many
/// as are known.
const LIST_MIN: usize = 2;
const LIST_AHEAD: usize = 16;
const LIST_MAX: usize = 1_000;
/// Entries of mappings and lists lie at hashes, far behind the fields of an account.
const FIELDS_END: U256 = U256::from_limbs([0, 0, 1, 0]);

/// Slots of accounts that are used alike which are read of all of them at once, at most.
const ALIKE_SLOTS: usize = 64;

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

    /// True where the source's answers take long.
    pub(super) fn is_far(&self) -> bool {
        self.source.is_far()
    }

    /// Returns true if the source has answered this.
    pub(super) fn has(&self, part: StatePart) -> bool {
        let known = self.known();
        match part {
            StatePart::Account(address) => known.accounts.contains_key(&address),
            StatePart::Slot(address, slot) => known.slots.contains_key(&(address, slot)),
        }
    }

    /// From now on a slot that is read ahead of one of these accounts is read of all of them.
    pub(super) fn read_alike(&self, accounts: impl IntoIterator<Item = Address>) {
        self.learn().alike.extend(accounts);
    }

    /// The same slots of the accounts that are used alike. An account with many slots of its own is not like the others.
    fn of_others(&self, parts: &BTreeSet<StatePart>) -> Vec<StatePart> {
        let known = self.known();
        let slots = parts.iter().filter_map(|part| match part {
            StatePart::Slot(address, slot) if known.alike.contains(address) => Some(*slot),
            _ => None,
        });
        let slots: BTreeSet<U256> = slots.collect();
        if slots.len() > ALIKE_SLOTS {
            return Vec::new();
        }
        let of_account = |address: &Address| {
            let address = *address;
            slots
                .iter()
                .map(move |slot| StatePart::Slot(address, *slot))
        };
        known.alike.iter().flat_map(of_account).collect()
    }

    /// Lists the slots that follow these, where each ends a list that is known.
    pub(super) fn of_lists(&self, parts: &BTreeSet<StatePart>) -> Vec<StatePart> {
        let known = self.known();
        let is_there = |address: Address, slot: U256| {
            known.slots.contains_key(&(address, slot))
                || parts.contains(&StatePart::Slot(address, slot))
        };
        let mut following = Vec::new();
        for part in parts {
            let StatePart::Slot(address, slot) = *part else {
                continue;
            };
            if is_there(address, slot.wrapping_add(U256::ONE)) {
                continue;
            }
            let before = (1..=LIST_MAX / 3).map(|back| slot.wrapping_sub(U256::from(back)));
            let length = before.take_while(|slot| is_there(address, *slot)).count();
            if length >= LIST_MIN {
                let ahead = (1..=LIST_AHEAD.max(3 * length))
                    .map(|next| slot.wrapping_add(U256::from(next)));
                following.extend(ahead.map(|slot| StatePart::Slot(address, slot)));
            }
        }
        following
    }

    /// The value that a slot is taken for while it is lacking: a check of an entry is likely to pass on another one.
    pub(super) fn guess(&self, address: Address, slot: U256) -> U256 {
        let known = self.known();
        let entry = known.entries.get(&address).filter(|_| slot > FIELDS_END);
        entry.copied().unwrap_or_default()
    }

    /// Notes entries among the slots that an execution lacked, which `leads_on` to more and more of them.
    pub(super) fn note_entries(&self, lacking: &BTreeSet<StatePart>, leads_on: bool) {
        let mut read = self.learn();
        for part in lacking {
            let StatePart::Slot(address, slot) = *part else {
                continue;
            };
            let value = read
                .slots
                .get(&(address, slot))
                .copied()
                .unwrap_or_default();
            let is_of_list = read
                .slots
                .contains_key(&(address, slot.wrapping_sub(U256::ONE)));
            let is_entry = slot > FIELDS_END && !value.is_zero() && !is_of_list;
            if is_entry && (leads_on || read.entries.contains_key(&address)) {
                read.entries.insert(address, value);
            }
        }
    }

    /// Reads these parts, as far as they are not known. The source is told of all of them first.
    pub(super) fn ahead(
        &self,
        parts: impl IntoIterator<Item = StatePart>,
        budget: Option<&Budget>,
    ) -> Result<(), ChainError> {
        let mut unknown: BTreeSet<StatePart> = parts.into_iter().collect();
        let others = self.of_others(&unknown);
        unknown.extend(others);
        unknown.retain(|part| !self.has(*part));
        let unknown: Vec<StatePart> = unknown.into_iter().collect();
        if unknown.is_empty() {
            return Ok(());
        }
        asked(budget, |_| {
            self.source.ahead(&unknown);
            Ok(())
        })?;
        for part in unknown {
            match part {
                StatePart::Account(address) => self.account(address, budget).map(drop)?,
                StatePart::Slot(address, slot) => self.slot(address, slot, budget).map(drop)?,
            }
        }
        Ok(())
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

/// Asks a source, if it may be waited for.
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
