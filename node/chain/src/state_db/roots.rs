//! The tries of the state. They are brought up to date when a root is needed.

use super::{Account, NOW, StateDb};
use crate::StatePart;
use alloy_consensus::TrieAccount;
use alloy_primitives::{
    Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256,
    map::{HashMap, HashSet},
};
use alloy_rlp::Encodable;

use super::{PersistentMap, trie::Trie};

/// The tries of the newest state, and what they lack.
#[derive(Clone, Default)]
pub(super) struct Roots {
    accounts: Trie,
    /// Tries of accounts that have storage.
    storage: PersistentMap<Address, Trie>,
    /// Written since the tries were brought up to date.
    stale: PersistentMap<StatePart, ()>,
}

impl Roots {
    pub(super) fn note(&mut self, key: StatePart) {
        self.stale.insert_mut(key, ());
    }
}

/// An account with the nodes that prove it.
pub(crate) struct Proof {
    /// True if the account is in the trie.
    pub(crate) exists: bool,
    pub(crate) account: Account,
    pub(crate) storage_root: B256,
    pub(crate) nodes: Vec<Bytes>,
    /// Per slot that was requested, its value and the nodes that prove it.
    pub(crate) slots: Vec<(U256, Vec<Bytes>)>,
}

impl StateDb {
    /// The state root, unless the state continues a block of another chain.
    pub(crate) fn root(&self) -> Option<B256> {
        self.base.is_none().then(|| {
            self.refresh();
            self.roots.borrow().accounts.root()
        })
    }

    /// An account and slots of it in the state of a version, with proofs against that state's
    /// root; `None` as for [`StateDb::root`], and when the time is over.
    pub(crate) fn proof(&self, address: Address, slots: &[U256], at: u64) -> Option<Proof> {
        if self.base.is_some() {
            return None;
        }
        self.refresh();
        let (accounts, storage) = self.tries_at(address, at)?;
        let account = self.account(address, at);
        let proved = slots.iter().map(|slot| {
            let key = keccak256(slot.to_be_bytes::<32>());
            // An account that does not exist has no storage.
            let value = account.map(|_| self.slot(address, *slot, at));
            (value.unwrap_or_default(), storage.proof(key))
        });
        Some(Proof {
            exists: account.is_some(),
            account: account.unwrap_or_default(),
            storage_root: storage.root(),
            nodes: accounts.proof(keccak256(address)),
            slots: proved.collect(),
        })
    }

    /// The trie of accounts and that of one account's storage, as they were at a version: the
    /// newest ones with everything that was written since taken back.
    fn tries_at(&self, address: Address, at: u64) -> Option<(Trie, Trie)> {
        let roots = self.roots.borrow();
        let mut accounts = roots.accounts.clone();
        let mut wanted = roots.storage.get(&address).cloned().unwrap_or_default();
        let mut changed: HashMap<Address, HashSet<U256>> = HashMap::default();
        for key in self.written_after(at) {
            match key {
                StatePart::Account(address) => drop(changed.entry(*address).or_default()),
                StatePart::Slot(address, slot) => {
                    changed.entry(*address).or_default().insert(*slot);
                }
            }
        }
        for (changed, slots) in changed {
            if self.is_over() {
                return None;
            }
            let mut storage = roots.storage.get(&changed).cloned().unwrap_or_default();
            for slot in slots {
                set_slot(&mut storage, slot, self.slot(changed, slot, at));
            }
            let leaf = leaf(self.account(changed, at), &storage);
            accounts.set(keccak256(changed), leaf);
            if changed == address {
                wanted = storage;
            }
        }
        if self.account(address, at).is_none() {
            wanted = Trie::default();
        }
        Some((accounts, wanted))
    }

    fn refresh(&self) {
        let mut roots = self.roots.borrow_mut();
        let Roots {
            accounts,
            storage,
            stale,
        } = &mut *roots;
        let mut touched = HashSet::<Address>::default();
        for key in std::mem::take(stale).keys() {
            match *key {
                StatePart::Account(address) => {
                    touched.insert(address);
                }
                StatePart::Slot(address, slot) => {
                    let value = self.slot(address, slot, NOW);
                    if !storage.contains_key(&address) {
                        storage.insert_mut(address, Trie::default());
                    }
                    if let Some(slots) = storage.get_mut(&address) {
                        set_slot(slots, slot, value);
                    }
                    touched.insert(address);
                }
            }
        }
        for address in touched {
            let slots = storage.get(&address).cloned().unwrap_or_default();
            accounts.set(keccak256(address), leaf(self.account(address, NOW), &slots));
            if slots.is_empty() {
                storage.remove_mut(&address);
            }
        }
    }
}

fn set_slot(storage: &mut Trie, slot: U256, value: U256) {
    let value = (!value.is_zero()).then(|| alloy_rlp::encode(value));
    storage.set(keccak256(slot.to_be_bytes::<32>()), value);
}

fn leaf(account: Option<Account>, storage: &Trie) -> Option<Vec<u8>> {
    let account = account?;
    let account = TrieAccount {
        nonce: account.nonce,
        balance: account.balance,
        storage_root: storage.root(),
        code_hash: if account.code_hash.is_zero() {
            KECCAK256_EMPTY
        } else {
            account.code_hash
        },
    };
    let mut rlp = Vec::with_capacity(account.length());
    account.encode(&mut rlp);
    Some(rlp)
}
