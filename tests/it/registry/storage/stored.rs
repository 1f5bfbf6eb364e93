//! What a registry stores, read by the declaration: slots, offsets and widths are computed here.

use crate::prelude::*;
use stylus_upgrades_interface::registry_storage::{Entry, FieldInfo, Find, Location, Record};

/// Words of a long entry that are looked at: more than the test writes of any.
const WORDS: u64 = 300;

impl Storage {
    /// All of an account's slots that are not zero; none is compared yet.
    pub(super) fn new(slots: BTreeMap<B256, B256>) -> Self {
        Self {
            slots,
            seen: BTreeSet::new(),
            compared: BTreeSet::new(),
        }
    }
}

/// The nonzero slots of a registry, and what of the declaration was compared with them.
pub(super) struct Storage {
    pub(super) slots: BTreeMap<B256, B256>,
    pub(super) seen: BTreeSet<B256>,
    pub(super) compared: BTreeSet<(&'static str, &'static str, &'static str)>,
}

/// Where a record's first word lies.
pub(super) struct Found {
    table: u8,
    slot: B256,
}

impl Find for Found {
    fn find(table: u8, first: B256, second: B256) -> Self {
        let root: &[u8] = slots::REGISTRY.as_slice();
        let key = [root, &[table], first.as_slice(), second.as_slice()];
        let slot = keccak256(key.concat());
        Self { table, slot }
    }
}

fn plus(slot: B256, words: u64) -> B256 {
    (U256::from_be_bytes(slot.0) + U256::from(words)).into()
}

impl Storage {
    fn word(&mut self, slot: B256) -> B256 {
        self.seen.insert(slot);
        self.slots.get(&slot).copied().unwrap_or_default()
    }

    /// A record of the declaration, found by its key: no byte of it lies outside of a field.
    pub(super) fn of(&mut self, record: &'static Record, found: Found) -> Stored<'_> {
        assert_eq!(
            record.location,
            Location::Table(found.table),
            "{}",
            record.name
        );
        self.at(record, found.slot)
    }

    pub(super) fn at(&mut self, record: &'static Record, slot: B256) -> Stored<'_> {
        for entry in record.entries {
            for n in 0..entry.words.min(WORDS) {
                let mut word = self.word(plus(slot, entry.first + n)).0;
                for field in entry.fields {
                    word[field.offset..field.offset + field.width].fill(0);
                }
                let beside = "beside the fields of";
                assert_eq!(word, [0; 32], "{beside} {} {}", record.name, entry.name);
            }
        }
        Stored {
            storage: self,
            record,
            slot,
        }
    }
}

/// One record.
pub(super) struct Stored<'a> {
    storage: &'a mut Storage,
    record: &'static Record,
    slot: B256,
}

impl Stored<'_> {
    fn entry(&self, name: &str) -> &'static Entry {
        let mut entries = self.record.entries.iter();
        entries
            .find(|entry| entry.name == name)
            .unwrap_or_else(|| panic!("{} declares {name}", self.record.name))
    }

    fn field(&mut self, entry: &'static Entry, n: u64, field: &'static FieldInfo) -> U256 {
        let of = (self.record.name, entry.name, field.name);
        self.storage.compared.insert(of);
        let word = self.storage.word(plus(self.slot, entry.first + n));
        U256::from_be_slice(&word[field.offset..field.offset + field.width])
    }

    /// The fields of a packed word are exactly these.
    #[track_caller]
    pub(super) fn packs<const N: usize>(
        mut self,
        entry: &str,
        expected: [(&str, U256); N],
    ) -> Self {
        let entry = self.entry(entry);
        let found: Vec<_> = entry
            .fields
            .iter()
            .map(|field| (field.name, self.field(entry, 0, field)))
            .collect();
        assert_eq!(found, expected, "{} {}", self.record.name, entry.name);
        self
    }

    /// The `n`th word of an entry holds one value.
    #[track_caller]
    pub(super) fn holds(mut self, entry: &str, n: u64, expected: impl Into<U256>) -> Self {
        let entry = self.entry(entry);
        let found = self.field(entry, n, &entry.fields[0]);
        assert_eq!(
            found,
            expected.into(),
            "{} {}",
            self.record.name,
            entry.name
        );
        self
    }

    /// The words of an entry hold these bytes, and zeros after them.
    #[track_caller]
    pub(super) fn spells(mut self, entry: &str, expected: &[u8]) -> Self {
        let entry = self.entry(entry);
        let words = entry.words.min(WORDS);
        let found: Vec<u8> = (0..words)
            .flat_map(|n| self.field(entry, n, &entry.fields[0]).to_be_bytes::<32>())
            .collect();
        let mut all = expected.to_vec();
        all.resize(found.len(), 0);
        assert_eq!(found, all, "{} {}", self.record.name, entry.name);
        self
    }
}
