//! All pairs of small layouts: the comparison says "safe" of those alone in which every value of the old layout
//! reads the same in the new one, and it says so of all of them. What reads the same is found by reading: each layout
//! reads its values from storage in which every word is another number, without the comparison's code.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use alloy_primitives::{B256, U256, keccak256};
use stylus_layout::{Item, Layout, Members, Storage, TypeItem, compare};

/// What each field may be.
const KINDS: [Kind; 14] = [
    Kind::plain("bool", 1),
    Kind::plain("uint8", 1),
    Kind::plain("uint128", 16),
    Kind::plain("uint256", 32),
    Kind::plain("int128", 16),
    Kind::plain("address", 20),
    Kind::plain("bytes4", 4),
    Kind::plain("bytes32", 32),
    Kind::whole("string"),
    Kind::whole("uint256[]"),
    Kind::whole("uint8[3]"),
    Kind::whole("mapping(address => uint256)"),
    Kind::whole("struct S"),
    Kind::plain("enum E", 1),
];
/// Kinds of one size whose names may be exchanged: whatever a comparison says of a pair, it says of the pair with other
/// names. That it does is not taken for granted: pairs of up to two fields, and the daily sample, are not reduced by it.
const ALIKE: [usize; KINDS.len()] = [0, 0, 1, 2, 1, 3, 4, 2, 5, 5, 6, 7, 8, 0];
/// Fields of lists that are compared with all of their size, whatever names they have.
const NOT_REDUCED: usize = 2;
const NAMES: [&str; 3] = ["a", "b", "c"];
/// Fields of a layout, at most.
const FIELDS: usize = 3;
/// Storages that values are read from.
const STORAGES: u64 = 8;
/// One of so many pairs is compared every day.
const SAMPLE: usize = 1_499;

#[derive(Clone, Copy)]
struct Kind {
    label: &'static str,
    bytes: u64,
    /// Whether it begins a slot, and what follows begins the next.
    is_whole: bool,
}

impl Kind {
    const fn plain(label: &'static str, bytes: u64) -> Self {
        Self {
            label,
            bytes,
            is_whole: false,
        }
    }

    const fn whole(label: &'static str) -> Self {
        Self {
            label,
            bytes: 32,
            is_whole: true,
        }
    }

    fn id(&self) -> String {
        match self.label {
            "string" => "t_string_storage".into(),
            "uint256[]" => "t_array(t_uint256)dyn_storage".into(),
            "uint8[3]" => "t_array(t_uint8)3_storage".into(),
            "mapping(address => uint256)" => "t_mapping(t_address,t_uint256)".into(),
            "struct S" => "t_struct(S)1_storage".into(),
            "enum E" => "t_enum(E)2".into(),
            plain => format!("t_{plain}"),
        }
    }

    fn item(&self) -> TypeItem {
        let members = match self.label {
            "struct S" => Some(Members::Struct(vec![
                Item::new("x", "t_uint128", 0, 0),
                Item::new("y", "t_bool", 0, 16),
            ])),
            "enum E" => Some(Members::Enum(vec!["A".into(), "B".into()])),
            _ => None,
        };
        let mut item = TypeItem::new("inplace", self.label, self.bytes);
        item.members = members;
        item
    }

    /// What it consists of: the end of each part's path, its byte, its size and its type.
    fn parts(&self) -> Vec<(&'static str, u64, u64, &'static str)> {
        match self.label {
            "struct S" => vec![(".x", 0, 16, "uint128"), (".y", 16, 1, "bool")],
            "uint8[3]" => vec![
                ("[0]", 0, 1, "uint8"),
                ("[1]", 1, 1, "uint8"),
                ("[2]", 2, 1, "uint8"),
            ],
            label => vec![("", 0, self.bytes, label)],
        }
    }
}

/// A layout, and what it reads: by its path each value, as one number for all storages.
struct Read {
    layout: Layout,
    values: Vec<(String, B256)>,
}

/// A word of a storage; each is another number.
fn word(storage: u64, slot: U256) -> [u8; 32] {
    keccak256([&storage.to_be_bytes()[..], &slot.to_be_bytes::<32>()].concat()).0
}

/// What a value of that type reads, whose first byte is there.
fn value(storage: u64, slot: U256, offset: u64, bytes: u64, label: &str) -> Vec<u8> {
    let held = word(storage, slot);
    let data: U256 = keccak256(slot.to_be_bytes::<32>()).into();
    match label {
        "string" if held[31].is_multiple_of(2) => held[..31].to_vec(),
        "string" => [word(storage, data), held].concat(),
        "uint256[]" => [held, word(storage, data), word(storage, data + U256::ONE)].concat(),
        "mapping(address => uint256)" => {
            let entry = |key: u64| {
                let key = U256::from(key).to_be_bytes::<32>();
                let at = keccak256([key, slot.to_be_bytes::<32>()].concat());
                word(storage, at.into())
            };
            [entry(1), entry(2)].concat()
        }
        _ => {
            let end = 32 - offset as usize;
            held[end - bytes as usize..end].to_vec()
        }
    }
}

/// What a layout with these fields reads from a root on.
fn read(fields: &[(usize, usize)]) -> Read {
    let (mut layout, mut values) = (Layout::default(), vec![]);
    let (mut slot, mut offset) = (0_u64, 0_u64);
    for id in ["uint8", "uint128", "uint256", "address", "bool"] {
        let kind = KINDS.iter().find(|kind| kind.label == id).expect("a kind");
        layout.types.insert(kind.id(), kind.item());
    }
    for (name, kind) in fields {
        let (name, kind) = (NAMES[*name], KINDS[*kind]);
        if offset > 0 && (kind.is_whole || offset + kind.bytes > 32) {
            (slot, offset) = (slot + 1, 0);
        }
        layout.types.insert(kind.id(), kind.item());
        layout
            .storage
            .push(Item::new(name, kind.id(), slot, offset));
        for (end, first, bytes, label) in kind.parts() {
            let mut all = label.as_bytes().to_vec();
            for storage in 0..STORAGES {
                let at = U256::from(slot);
                all.extend(value(storage, at, offset + first, bytes, label));
            }
            values.push((format!("{name}{end}"), keccak256(all)));
        }
        offset += kind.bytes;
        if kind.is_whole {
            (slot, offset) = (slot + 1, 0);
        }
    }
    values.sort();
    Read { layout, values }
}

impl Read {
    /// An old value that the new layout reads otherwise, or not at all.
    fn witness(&self, new: &Self) -> Option<&str> {
        let reads = |path: &str| {
            let found = new.values.iter().find(|(other, _)| other == path);
            found.map(|(_, value)| value)
        };
        let mut values = self.values.iter();
        let lost = values.find(|(path, value)| reads(path) != Some(value));
        lost.map(|(path, _)| path.as_str())
    }

    fn in_words(&self) -> String {
        let storage = Storage::from(&self.layout);
        let fields = storage.areas().iter().flat_map(|area| &area.fields);
        let fields = fields.map(|field| format!("{} {}", storage.ty(field.ty).label, field.name));
        fields.collect::<Vec<_>>().join("; ")
    }
}

/// Every list of up to so many fields, each of a name of its own. With `in_order` the names are a, b, c.
fn lists(in_order: bool) -> Vec<Vec<(usize, usize)>> {
    let mut all = vec![vec![]];
    let mut last: Vec<Vec<(usize, usize)>> = vec![vec![]];
    for length in 0..FIELDS {
        let mut next = vec![];
        for list in &last {
            for name in 0..NAMES.len() {
                let is_used = list.iter().any(|(used, _)| *used == name);
                if is_used || (in_order && name != length) {
                    continue;
                }
                for kind in 0..KINDS.len() {
                    let mut list = list.clone();
                    list.push((name, kind));
                    next.push(list);
                }
            }
        }
        all.extend(next.iter().cloned());
        last = next;
    }
    all
}

/// Whether names that the old layout does not have stand in their order: any other order says the same.
fn is_first_of_its_kind(old: usize, new: &[(usize, usize)]) -> bool {
    let mut fresh = old;
    new.iter().all(|(name, _)| {
        let is_next = *name < old || *name == fresh;
        fresh += usize::from(*name == fresh && *name >= old);
        is_next
    })
}

/// Whether kinds that are alike come in the order in which they are listed: any other order says the same.
fn is_first_of_its_names(old: &[(usize, usize)], new: &[(usize, usize)]) -> bool {
    let mut seen = [false; KINDS.len()];
    old.iter().chain(new).all(|(_, kind)| {
        let before = 0..*kind;
        let mut before = before.filter(|other| ALIKE[*other] == ALIKE[*kind]);
        seen[*kind] = true;
        before.all(|other| seen[other])
    })
}

/// A list of fields, and what its layout reads.
type Listed = (Vec<(usize, usize)>, Read);

/// Which pairs are compared.
#[derive(Clone, Copy)]
enum Pairs {
    /// One of so many, and all in which the new layout begins as the old one.
    OneOf(usize),
    /// All, up to names that may be exchanged where there are more than two fields.
    All,
}

impl Pairs {
    fn has(self, old: (usize, &[(usize, usize)]), new: (usize, &[(usize, usize)])) -> bool {
        is_first_of_its_kind(old.1.len(), new.1)
            && match self {
                Self::OneOf(step) => {
                    new.0 % step == (old.0 * 7_919) % step || new.1.starts_with(old.1)
                }
                Self::All => {
                    let is_short = old.1.len().max(new.1.len()) <= NOT_REDUCED;
                    is_short || is_first_of_its_names(old.1, new.1)
                }
            }
    }

    /// Compares these pairs on all cores; returns how many were safe, and how many not.
    fn compare(self) -> (u64, u64) {
        let listed = |lists: Vec<Vec<(usize, usize)>>| -> Vec<Listed> {
            let all = lists.into_iter();
            all.map(|list| (list.clone(), read(&list))).collect()
        };
        let (old, new) = (listed(lists(true)), listed(lists(false)));
        assert_eq!((old.len(), new.len()), (2_955, 17_683));
        let (safe, unsafe_) = (AtomicU64::new(0), AtomicU64::new(0));
        let next = AtomicUsize::new(0);
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some((fields, before)) = old.get(at) else {
                            break;
                        };
                        for (number, (list, after)) in new.iter().enumerate() {
                            if self.has((at, fields), (number, list)) {
                                let count = match is_safe(before, after) {
                                    true => &safe,
                                    false => &unsafe_,
                                };
                                count.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        (safe.into_inner(), unsafe_.into_inner())
    }
}

/// Whether a pair is safe: the comparison says so of those alone in which every value reads the same.
fn is_safe(before: &Read, after: &Read) -> bool {
    let is_safe = compare(&before.layout, &after.layout)
        .expect("layouts of a compiler")
        .is_safe();
    let witness = before.witness(after);
    assert_eq!(
        is_safe,
        witness.is_none(),
        "{} → {}: {witness:?} is read otherwise",
        before.in_words(),
        after.in_words()
    );
    is_safe
}

#[test]
fn of_a_sample_of_all_pairs_those_are_safe_in_which_every_value_reads_the_same() {
    let (safe, unsafe_) = Pairs::OneOf(SAMPLE).compare();
    assert!(safe > 10_000 && unsafe_ > 20_000, "{safe} and {unsafe_}");
}

#[test]
#[ignore = "nightly: compares millions of pairs of layouts, minutes in release"]
fn of_all_pairs_those_are_safe_in_which_every_value_reads_the_same() {
    let (safe, unsafe_) = Pairs::All.compare();
    println!("{safe} pairs are safe, {unsafe_} are not");
    assert!(safe > 2_000 && unsafe_ > 5_000_000, "{safe} and {unsafe_}");
}

/// Where the fields of a layout are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    /// Slot 0.
    First,
    /// `layout at` that many slots before, or at, the root of the namespace.
    At(u64),
    /// The namespace.
    Namespace,
    /// `layout at` the data of an array that is kept at slot 0.
    Data,
    /// `layout at` a slot of the framework.
    Framework,
}

const ROOTS: [Root; 7] = [
    Root::First,
    Root::At(0),
    Root::At(1),
    Root::At(2),
    Root::Namespace,
    Root::Data,
    Root::Framework,
];
const NAMESPACE: &str = "erc7201:acme.main";

impl Root {
    fn slot(self) -> U256 {
        let namespace: U256 = stylus_upgrades_interface::slots::erc7201(b"acme.main").into();
        match self {
            Self::First => U256::ZERO,
            Self::At(before) => namespace - U256::from(before),
            Self::Namespace => namespace,
            Self::Data => keccak256(U256::ZERO.to_be_bytes::<32>()).into(),
            Self::Framework => stylus_upgrades_interface::slots::IMPLEMENTATION.into(),
        }
    }
}

/// Fields of one of these roots, as a layout lists them, and the bytes that each of them uses: by its name its first
/// byte and the one after its last, and its type.
type Bytes = BTreeMap<String, (U256, u64, u64, &'static str)>;

fn at_root(parts: &[(Root, &'static str, &'static str)]) -> (Layout, Bytes) {
    let (mut layout, mut bytes) = (Layout::default(), Bytes::new());
    let mut next: BTreeMap<bool, u64> = BTreeMap::new();
    for (root, name, label) in parts {
        let kind = KINDS
            .iter()
            .find(|kind| kind.label == *label)
            .expect("a kind");
        layout.types.insert(kind.id(), kind.item());
        // Each field begins a slot here: what is asked is which root it is counted from.
        let at = next.entry(*root == Root::Namespace).or_default();
        let slot = root.slot() + U256::from(*at);
        let mut item = Item::new(*name, kind.id(), *at, 0);
        match root {
            Root::Namespace => {
                let items = layout.namespaces.entry(NAMESPACE.into()).or_default();
                items.push(item);
            }
            _ => {
                item.slot = slot.to_string();
                layout.storage.push(item);
            }
        }
        *at += 1;
        bytes.insert((*name).to_owned(), (slot, 0, kind.bytes, kind.label));
    }
    let number = Kind::plain("uint256", 32);
    layout.types.insert(number.id(), number.item());
    (layout, bytes)
}

/// Words that a field uses, with what it keeps elsewhere: the first element of an array.
fn words(field: &(U256, u64, u64, &'static str)) -> Vec<U256> {
    let data = || U256::from_be_bytes(keccak256(field.0.to_be_bytes::<32>()).0);
    match field.3 {
        "uint256[]" => vec![field.0, data(), data() + U256::ONE],
        _ => vec![field.0],
    }
}

#[test]
fn of_all_pairs_with_roots_those_are_safe_in_which_nothing_comes_to_lie_on_anything() {
    let labels = ["uint256", "address", "uint256[]"];
    let mut lists: Vec<Vec<(Root, &str, &str)>> = vec![vec![]];
    for first in ROOTS {
        for one in labels {
            lists.push(vec![(first, "a", one)]);
            // A contract counts its own fields from one root.
            let others =
                |second: &Root| *second == first || [first, *second].contains(&Root::Namespace);
            for second in ROOTS.into_iter().filter(others) {
                for two in labels {
                    lists.push(vec![(first, "a", one), (second, "b", two)]);
                }
            }
        }
    }
    let all: Vec<_> = lists.iter().map(|list| (list, at_root(list))).collect();
    // A field alone at a place: whether a layout is one that a compiler writes.
    let is_sound = |bytes: &Bytes| {
        let fields: Vec<_> = bytes.values().collect();
        let meets = |one: &(U256, u64, u64, &'static str),
                     other: &(U256, u64, u64, &'static str)| {
            words(one).iter().any(|word| words(other).contains(word))
        };
        let is_apart = match fields.as_slice() {
            [one, other] => !meets(one, other),
            _ => true,
        };
        let framework = Root::Framework.slot();
        is_apart && fields.iter().all(|one| one.0 != framework)
    };
    let (mut safe, mut refused) = (0, 0);
    for (of_old, (old, before)) in all.iter().filter(|(_, (_, bytes))| is_sound(bytes)) {
        for (of_new, (new, after)) in &all {
            let is_kept = before
                .iter()
                .all(|(name, field)| after.get(name) == Some(field));
            let expected = is_kept && is_sound(after);
            let report = compare(old, new).expect("layouts");
            // An old name in a new place is refused even where its old place is kept: that is another test's.
            assert_eq!(
                report.is_safe(),
                expected,
                "{of_old:?} → {of_new:?}: {:#?}",
                report.findings
            );
            match expected {
                true => safe += 1,
                false => refused += 1,
            }
        }
    }
    assert!(safe > 100 && refused > 10_000, "{safe} and {refused}");
}
