//! A map whose entries are converted one by one.

use core::marker::PhantomData;

use crate::migratable::Proof;
use alloy_primitives::{B256, U256};
use stylus_sdk::{
    host::VM,
    storage::{StorageGuard, StorageGuardMut, StorageType},
};
use stylus_upgrades_host::abi::Word;
use stylus_upgrades_interface::lazy::KeptLazily;

use crate::lazy::{
    location::{Location, load, namespace, store},
    past::Past,
    record::{Key, Record},
    router::Sweep,
};

/// Stands in a contract's storage where the version before had `StorageMap<K, _>` with values of
/// the form `Old`, and takes the same one slot. Its entries have the form `New`. Where the version
/// before had a lazy map itself, `Old` is the [`LazyValue`](crate::lazy::LazyValue) of its two forms.
#[derive(Debug)]
pub struct LazyMap<K, Old, New> {
    slot: U256,
    types: PhantomData<(K, Old, New)>,
}

impl<K, Old, New> KeptLazily for LazyMap<K, Old, New> {}

impl<K: Key, Old: Past, New: Record + From<Old::Youngest>> LazyMap<K, Old, New> {
    /// Says how many entries there are in the old form, for `remaining`.
    pub fn begin(&mut self, _: Proof, entries: u64) {
        store(self.counter(), 0, U256::from(entries));
    }

    /// The entry of a key, in the new form; zero words where there is none. Writes nothing.
    pub fn get(&self, key: &K) -> New {
        self.location(&key.word()).get::<Old, New>()
    }

    /// Returns true if the entry of a key has no old form any more, or never had.
    pub fn is_converted(&self, key: &K) -> bool {
        self.location(&key.word()).is_converted::<Old>()
    }

    /// Sets the entry of a key.
    pub fn insert(&mut self, key: &K, value: &New) {
        let converted = self.location(&key.word()).set::<Old>(value);
        self.count(converted.into());
    }

    /// Deletes the entry of a key, in both forms.
    pub fn remove(&mut self, key: &K) {
        let converted = self.location(&key.word()).erase::<Old, New>();
        self.count(converted.into());
    }

    fn location(&self, key: &B256) -> Location {
        Location {
            slot: self.slot,
            key: Some(*key),
        }
    }

    /// Returns the slot of the number of entries in the old forms.
    fn counter(&self) -> U256 {
        namespace(Old::root(self.slot))
    }

    /// So many fewer are left.
    fn count(&mut self, converted: u64) {
        if converted != 0 {
            let left = self.remaining().saturating_sub(U256::from(converted));
            store(self.counter(), 0, left);
        }
    }
}

impl<K: Key, Old: Past, New: Record + From<Old::Youngest>> Sweep for LazyMap<K, Old, New> {
    fn sweep(&mut self, keys: &[Word]) -> u64 {
        let mut converted = 0;
        for key in keys {
            converted += u64::from(self.location(&B256::new(*key)).convert::<Old, New>());
        }
        self.count(converted);
        converted
    }

    fn remaining(&self) -> U256 {
        load(self.counter(), 0)
    }
}

impl<K, Old, New> StorageType for LazyMap<K, Old, New> {
    type Wraps<'a>
        = StorageGuard<'a, Self>
    where
        Self: 'a;
    type WrapsMut<'a>
        = StorageGuardMut<'a, Self>
    where
        Self: 'a;

    // SAFETY: nothing here is unsafe; that two of them at one slot would alias is the callers'
    // affair, as with every type of the SDK.
    unsafe fn new(slot: U256, _: u8, _: VM) -> Self {
        Self {
            slot,
            types: PhantomData,
        }
    }

    fn load<'s>(self) -> Self::Wraps<'s>
    where
        Self: 's,
    {
        StorageGuard::new(self)
    }

    fn load_mut<'s>(self) -> Self::WrapsMut<'s>
    where
        Self: 's,
    {
        StorageGuardMut::new(self)
    }
}
