use super::{Compared, Pair, Side, StorageCheck};
use crate::assess::{Accepted, Extent, Fact, Finding, FindingId, FindingKind, Origin, Part};
use crate::assess::{Refused, Role, decide};
use crate::client::ChainError;
use crate::error::{Exit, Explain, Refusal};
use crate::ids::LayoutHash;
use alloy::primitives::B256;
use std::sync::Arc;
use stylus_layout::{Document, Layout, Unlisted};

/// A layout of whole words.
fn layout(fields: &[(&str, &str)]) -> Layout {
    let items = fields.iter().enumerate().map(|(slot, (label, kind))| {
        serde_json::json!({"label": label, "offset": 0, "slot": slot.to_string(), "type": format!("t_{kind}")})
    });
    let types = ["uint256", "int256", "bytes32"].map(|label| {
        let item =
            serde_json::json!({"label": label, "encoding": "inplace", "numberOfBytes": "32"});
        (format!("t_{label}"), item)
    });
    let mut types: serde_json::Map<_, _> = types.into_iter().collect();
    let map = "mapping(uint256 => uint256)";
    let item = serde_json::json!({"label": map, "encoding": "mapping", "numberOfBytes": "32", "key": "t_uint256", "value": "t_uint256"});
    types.insert(format!("t_{map}"), item);
    let text =
        serde_json::json!({"storage": items.collect::<Vec<_>>(), "types": types, "unlisted": []});
    Layout::from_json(&text.to_string()).expect("a layout")
}

/// Two versions.
#[derive(Clone)]
struct Two {
    old: Side,
    new: Side,
    runs_migration: bool,
    goes_back: bool,
}

impl Two {
    fn pair(&self) -> Pair<'_> {
        Pair {
            name: "A",
            from: "1.0",
            to: "2.0",
            old: &self.old,
            new: &self.new,
            runs_migration: self.runs_migration,
            goes_back: self.goes_back,
        }
    }
}

/// What is declared and accepted.
#[derive(Clone, Default)]
struct Asked {
    accepted: Accepted,
    migrates: Vec<String>,
}

/// The same, where the new version declares that.
fn declaring(two: &Two, asked: &Asked) -> Two {
    let mut two = two.clone();
    if let Some(document) = two.new.known.value() {
        let mut document = document.clone();
        document.migrates.clone_from(&asked.migrates);
        two.new.known = Fact::of(document, Origin::Build);
    }
    two
}

/// Compares, and decides.
fn check_storage(two: &Two, asked: &Asked) -> Result<StorageCheck, ChainError> {
    let two = declaring(two, asked);
    let compared = super::check_storage(&two.pair())?;
    let refused = decide(&compared.found, &asked.accepted, Role::Proposer).refused;
    match Refused::of(refused) {
        Some(refused) => Err(Refusal::of(&refused).into()),
        None => Ok(compared.taken(&two.pair(), &asked.accepted, &[])),
    }
}

/// Why the new version may write a field that holds something.
fn why_dirty(two: &Two, asked: &Asked) -> bool {
    let two = declaring(two, asked);
    let id = id_of("dirty:c");
    two.pair().why_migrated(Part::LiveInstances, &id).is_some()
}

/// What is said of a version that takes over.
fn verdict(two: &Two, asked: &Asked) -> &'static str {
    check_storage(two, asked).expect("accepted").verdict
}

/// Why a version does not, where nobody accepts anything.
fn refused(two: &Two) -> ChainError {
    check_storage(two, &Asked::default()).expect_err("refused")
}

fn is(error: &ChainError, name: &str) {
    assert_eq!((&*error.name(), error.exit()), (name, Exit::Refused));
}

fn pair(old: &[(&str, &str)], new: &[(&str, &str)]) -> Two {
    Two {
        old: side(old),
        new: side(new),
        runs_migration: false,
        goes_back: false,
    }
}

fn side(fields: &[(&str, &str)]) -> Side {
    of(Document {
        steps: Some(Vec::new()),
        ..Document::of_layout(layout(fields))
    })
}

fn of(document: Document) -> Side {
    Side {
        hash: LayoutHash(document.hash()),
        known: Fact::of(document, Origin::Chain),
    }
}

const AB: [(&str, &str); 2] = [("a", "uint256"), ("b", "uint256")];
const BA: [(&str, &str); 2] = [("b", "uint256"), ("a", "uint256")];

fn id_of(text: &str) -> FindingId {
    FindingId::parse(text).expect("an id")
}

fn allow(ids: &[&str]) -> Asked {
    Asked {
        accepted: ids.iter().map(|id| id_of(id)).collect(),
        ..Asked::default()
    }
}

#[test]
fn what_is_unchanged_or_appended_is_no_question() {
    let nothing = Asked::default();
    assert_eq!(verdict(&pair(&AB, &AB), &nothing), "unchanged");
    assert_eq!(verdict(&pair(&AB[..1], &AB), &nothing), "safe");
}

#[test]
fn what_would_be_misread_is_refused_by_name_and_allowed_by_the_same_name() {
    let swapped = pair(&AB, &BA);
    let error = refused(&swapped);
    is(&error, "LayoutRefused");
    let found = error.found().expect("what was found");
    let ids: Vec<&str> = found.split(", ").collect();
    assert!(ids.len() == 2 && ids.contains(&"reorder:a"), "{ids:?}");
    let half = check_storage(&swapped, &allow(&ids[..1])).expect_err("half of it");
    assert_eq!(half.found().as_deref(), Some(ids[1]));
    let check = check_storage(&swapped, &allow(&ids)).expect("allowed");
    assert_eq!((check.verdict, check.accepted.len()), ("accepted", 2));
    let reported = check.lines().join("\n");
    assert!(ids.iter().all(|id| reported.contains(id)), "{reported}");
}

#[test]
fn renames_and_retypes_ask_until_they_are_accepted() {
    let renamed = pair(&AB, &[("a", "uint256"), ("c", "uint256")]);
    let error = refused(&renamed);
    is(&error, "LayoutUndeclared");
    assert_eq!(error.found().as_deref(), Some("rename:c"));
    assert_eq!(verdict(&renamed, &allow(&["rename:c"])), "accepted");
    let retyped = pair(&AB, &[("a", "uint256"), ("b", "bytes32")]);
    assert!(check_storage(&retyped, &Asked::default()).is_err());
    assert!(check_storage(&retyped, &allow(&["retype:b"])).is_ok());
}

#[test]
fn a_field_may_be_left_behind_by_a_migration_or_on_the_way_back() {
    let mut dropped = pair(&AB, &AB[..1]);
    assert_eq!(refused(&dropped).found().as_deref(), Some("delete:b"));
    let nothing = Asked::default();
    dropped.goes_back = true;
    assert_eq!(verdict(&dropped, &nothing), "accepted");
    (dropped.goes_back, dropped.runs_migration) = (false, true);
    assert_eq!(verdict(&dropped, &nothing), "accepted");
    // Another field on its bytes is something else.
    let mut taken = pair(&AB, &[("a", "uint256"), ("c", "int256")]);
    taken.runs_migration = true;
    assert!(check_storage(&taken, &Asked::default()).is_err());
}

#[test]
fn a_mapping_that_goes_is_asked_about_whatever_runs() {
    const OLD: [(&str, &str); 2] = [("a", "uint256"), ("m", "mapping(uint256 => uint256)")];
    let mut dropped = pair(&OLD, &OLD[..1]);
    for runs in [false, true] {
        dropped.runs_migration = runs;
        assert!(
            check_storage(&dropped, &Asked::default()).is_err(),
            "{runs}"
        );
        let said = allow(&["delete:m"]);
        assert_eq!(verdict(&dropped, &said), "accepted");
    }
    let said = Asked {
        migrates: vec!["delete:m".into()],
        ..Asked::default()
    };
    assert_eq!(verdict(&dropped, &said), "accepted");
}

#[test]
fn an_author_may_declare_what_the_migration_moves_and_only_with_one() {
    let mut swapped = pair(&AB, &BA);
    let found = refused(&swapped).found().unwrap_or_default();
    let said = Asked {
        migrates: found.split(", ").map(str::to_owned).collect(),
        ..Asked::default()
    };
    assert!(check_storage(&swapped, &said).is_err());
    swapped.runs_migration = true;
    assert_eq!(verdict(&swapped, &said), "accepted");
}

#[test]
fn a_refusal_says_how_a_migration_declares_what_it_moves() {
    let mut swapped = pair(&AB, &BA);
    let declares = "[package.metadata.stylus-upgrades] migrates = [\"reorder:b\", \"reorder:a\"]";
    let next = |two: &Two| refused(two).next().unwrap_or_default();
    let without = next(&swapped);
    assert!(without.contains("layout migration"), "{without}");
    assert!(without.contains(declares), "{without}");
    // A migration is given: it is not advised again.
    swapped.runs_migration = true;
    let with = next(&swapped);
    assert!(with.contains(declares), "{with}");
    assert!(!with.contains("layout migration"), "{with}");
    // Code that comes back cannot declare anything.
    swapped.goes_back = true;
    let script = next(&swapped);
    assert!(!script.contains("migrates"), "{script}");
    assert!(script.contains("and read it"), "{script}");
    assert!(script.contains("--accept reorder:"), "{script}");
}

#[test]
fn what_the_version_before_declares_as_well_does_not_count_for_the_next_migration() {
    let mut swapped = pair(&AB, &BA);
    swapped.runs_migration = true;
    let ids = ["reorder:a", "reorder:b", "dirty:c"].map(str::to_owned);
    let said = Asked {
        migrates: ids.to_vec(),
        ..Asked::default()
    };
    assert!(check_storage(&swapped, &said).is_ok());
    assert!(why_dirty(&swapped, &said));

    let mut before = Document::of_layout(layout(&AB));
    before.migrates = ids[1..].to_vec();
    swapped.old.known = Fact::of(before, Origin::Chain);
    let error = check_storage(&swapped, &said).expect_err("one is kept from the step before");
    assert_eq!(error.found().as_deref(), Some("reorder:b"));
    assert!(!why_dirty(&swapped, &said));
    let named = Asked {
        accepted: ["reorder:b", "dirty:c"].map(id_of).into_iter().collect(),
        ..said.clone()
    };
    assert!(check_storage(&swapped, &named).is_ok());
    swapped.old.known = Fact::unknown("its layout was not recorded");
    assert!(!why_dirty(&swapped, &said));
}

#[test]
fn layouts_that_cannot_be_compared_are_refused_unless_that_is_named() {
    let missing = || Fact::unknown("its layout was not recorded");
    let mut half = pair(&AB, &BA);
    half.old.known = missing();
    let error = refused(&half);
    is(&error, "LayoutNotCompared");
    let next = error.next().expect("advice");
    assert!(next.ends_with("--accept not-compared"), "{next}");
    let check = check_storage(&half, &allow(&["not-compared"])).expect("allowed");
    assert_eq!(check.verdict, "unknown");
    assert_eq!(check.accepted[0].id, FindingKind::NotCompared.id());
    assert!(check.lines()[0].contains("1.0: its layout was not recorded"));

    // A hash of zero is the hash of nothing; one hash of two versions is one layout.
    half.old.hash = LayoutHash(B256::ZERO);
    half.new.hash = LayoutHash(B256::ZERO);
    half.new.known = missing();
    assert!(check_storage(&half, &Asked::default()).is_err());
    half.old.hash = LayoutHash(B256::repeat_byte(1));
    half.new.hash = LayoutHash(B256::repeat_byte(1));
    assert_eq!(verdict(&half, &Asked::default()), "unchanged");
}

#[test]
fn a_layout_that_cannot_list_namespaces_is_refused_or_named_and_never_complete() {
    let empty = Layout::from_json(r#"{"storage":[],"types":null}"#);
    let empty = of(Document::of_layout(empty.expect("what a compiler writes")));
    let [old, new] = [empty.clone(), empty];
    let pair = Two {
        old,
        new,
        ..pair(&[], &[])
    };
    let error = refused(&pair);
    is(&error, "NamespacesNotListed");
    let check = check_storage(&pair, &allow(&["namespaces-not-listed"])).expect("named");
    assert_eq!(check.verdict, "accepted");
    assert_eq!(
        check.partial,
        [
            "1.0: namespaces not listed",
            "1.0: its layout is the word of a file, which no build compared with the code",
            "2.0: namespaces not listed",
        ]
    );
    let lines = check.lines().join("\n");
    assert!(!lines.contains("keeps the layout"), "{lines}");
    // By one hash without a document nobody knows more.
    let unknown = |hash| Side {
        hash,
        known: Fact::unknown("nobody kept it"),
    };
    let hash = pair.old.hash;
    let pair = Two {
        old: unknown(hash),
        new: unknown(hash),
        ..pair
    };
    let check = check_storage(&pair, &Asked::default()).expect("one hash");
    assert!(!check.partial.is_empty());
}

#[test]
fn what_an_author_declares_is_compared_in_part_and_named() {
    let renamed = |from: &[(&str, &str)]| {
        let mut new = layout(&AB);
        for (item, (label, from)) in new.storage.iter_mut().zip(from) {
            item.label = (*label).to_owned();
            item.renamed_from = Some((*from).to_owned());
        }
        Fact::of(Document::of_layout(new), Origin::Build)
    };
    let mut two = pair(&[("old", "uint256"), ("b", "uint256")], &AB);
    two.new.known = renamed(&[("a", "old")]);
    let found = super::check_storage(&two.pair()).expect("layouts");
    assert_eq!(found.coverage.of(Part::Layout), Some(Extent::Partial));
    assert_eq!(
        found.partial,
        ["declared by the author, not checked: rename:a"]
    );
    assert!(found.found.is_empty(), "{:?}", found.found);

    // Each has the other's bytes.
    let mut two = pair(&BA, &AB);
    two.new.known = renamed(&[("a", "b"), ("b", "a")]);
    let found = super::check_storage(&two.pair()).expect("layouts");
    let ids = |found: &Compared| -> Vec<String> {
        found.found.iter().map(|one| one.id.to_string()).collect()
    };
    assert_eq!(ids(&found), ["rename:a", "rename:b"]);
    // Crossed in one version, and crossed back in the next.
    two.old.known = renamed(&[("b", "a"), ("a", "b")]);
    let found = super::check_storage(&two.pair()).expect("layouts");
    assert_eq!(ids(&found), ["reorder:a", "reorder:b"]);
    // Renamed in one version, and renamed back in the next: by declaration alone.
    two.old.known = renamed(&[("c", "a"), ("b", "b")]);
    two.new.known = renamed(&[("a", "c"), ("b", "b")]);
    let found = super::check_storage(&two.pair()).expect("layouts");
    assert_eq!(found.coverage.of(Part::Layout), Some(Extent::Partial));
}

#[test]
fn opaque_fields_and_slots_by_hand_are_compared_in_part_by_name() {
    let mut layout = layout(&AB);
    layout.types.insert(
        "t_opaque_packed".into(),
        stylus_layout::TypeItem::new("inplace", "packed", 32),
    );
    layout.storage[1] = stylus_layout::Item::new("b", "t_opaque_packed", 1, 0);
    let place = "src/lib.rs: StorageType::new".to_owned();
    layout.unlisted = Some(vec![Unlisted::SlotsByHand(vec![place])]);
    let side = of(Document::of_layout(layout));
    let pair = Two {
        old: side.clone(),
        new: side,
        ..pair(&[], &[])
    };
    let check = check_storage(&pair, &Asked::default()).expect("unchanged");
    assert_eq!(
        check.partial,
        [
            "1.0: the layout is not proven (src/lib.rs: StorageType::new)",
            "1.0: its layout is the word of a file, which no build compared with the code",
            "2.0: the layout is not proven (src/lib.rs: StorageType::new)",
            "opaque fields, of which only name and size are known: b",
        ]
    );
}

#[test]
fn a_program_that_begins_to_compute_slots_is_refused_until_that_is_accepted() {
    let side = |places: &[&str]| {
        let mut layout = layout(&AB);
        let places: Vec<String> = places.iter().map(|place| (*place).to_owned()).collect();
        layout.unlisted = (!places.is_empty()).then(|| vec![Unlisted::SlotsByHand(places)]);
        let mut document = Document::of_layout(layout);
        document.steps = Some(Vec::new());
        of(document)
    };
    let by_hand = "src/lib.rs: impl StorageLayout";
    let of_impl = "slots-by-hand:src/lib.rs:impl%20StorageLayout@";
    let of_quote = "slots-by-hand:quote%201.0.40@";
    for (old, new, expected) in [
        (&[][..], &[][..], &[][..]),
        (&[], &[by_hand], &[of_impl]),
        // What lies there is read by derived fields now.
        (&[by_hand], &[], &[of_impl]),
        (&[by_hand], &[by_hand], &[]),
        (&[by_hand], &[by_hand, "quote 1.0.40"], &[of_quote]),
        (&[], &[by_hand, "quote 1.0.40"], &[of_quote, of_impl]),
    ] {
        let two = Two {
            old: side(old),
            new: side(new),
            ..pair(&[], &[])
        };
        let compared = super::check_storage(&two.pair()).expect("layouts");
        let ids: Vec<String> = compared
            .found
            .iter()
            .map(|one| one.id.to_string())
            .collect();
        let is_expected = |(id, begin): (&String, &&str)| id.starts_with(*begin);
        assert_eq!(ids.len(), expected.len(), "{old:?} {new:?} {ids:?}");
        assert!(ids.iter().zip(expected).all(is_expected), "{ids:?}");
        let document = two.new.known.value().expect("a document");
        let first = super::first_by_hand("note", document);
        assert_eq!(first.len(), new.len(), "{new:?}");
    }
}

/// A document of Solidity code that an older program recorded can be decoded, and its computed slots are not compared.
#[test]
fn slots_that_solidity_computes_are_none_of_what_it_declares() {
    let mut old = layout(&AB);
    let places = [
        "Vault.sol: sstore in tune at 0x2",
        "Vault.sol: sload in get, code 37699da7a6665952c5228e5d20fff949",
        "3 more, code 643c09a3565bec64a48bb0466a98afe1",
    ];
    let places = places.map(ToOwned::to_owned).to_vec();
    old.unlisted = Some(vec![Unlisted::SlotsByHand(places)]);
    let bytes = Document::of_layout(old).encode();
    let document = Document::decode(&bytes).expect("a document");
    assert_eq!(document.encode(), bytes);
    let mut new = layout(&AB);
    new.unlisted = Some(Vec::new());
    let two = Two {
        old: of(document),
        new: of(Document::of_layout(new)),
        ..pair(&[], &[])
    };
    let compared = super::check_storage(&two.pair()).expect("layouts");
    assert!(compared.found.is_empty(), "{:?}", compared.found);
    let is_unproven = |why: &String| why.contains("not proven");
    assert!(
        !compared.partial.iter().any(is_unproven),
        "{:?}",
        compared.partial
    );
}

#[test]
fn a_new_field_that_does_not_begin_empty_is_not_called_safe_too() {
    let two = pair(&AB, &[AB[0], AB[1], ("c", "uint256")]);
    let told = |live: &[Finding]| {
        let compared = super::check_storage(&two.pair()).expect("compared");
        let check = compared.taken(&two.pair(), &Accepted::default(), live);
        let verdicts = check.findings.iter().map(|one| one.verdict.name());
        verdicts.collect::<Vec<_>>()
    };
    assert_eq!(told(&[]), ["safe-append"]);
    let id = FindingId::about(FindingKind::Dirty, "c");
    let dirty = Finding::of_several(Part::LiveInstances, (id, "c"), "c holds 5", &Arc::default());
    assert_eq!(told(&[dirty]), [] as [&str; 0]);
}
