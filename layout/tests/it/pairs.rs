//! Pairs of versions, each written once and read twice: by stylus-sdk and the derive, and by solc.
//! Their layouts must be the same, and our verdict on both must be the one that is written here
//! and that of `@openzeppelin/upgrades-core`.

use std::collections::BTreeMap;

use crate::cases::{Case, Version};
use stylus_layout::{Decision, Layout, Members, Report, Storage, Verdict, compare};

/// Pairs on which we differ from upgrades-core on purpose, and why.
const ON_PURPOSE: [(&str, &str); 16] = [
    (
        "map_key_wider",
        "a larger unsigned key has the same word, so each entry stays in its slot",
    ),
    (
        "gap_of_more_underscores",
        "a gap is one with any number of underscores from two on",
    ),
    ("gap_grows", "a gap may grow over bytes that nothing used"),
    (
        "struct_around_fields",
        "a struct around fields that keep names, types and places moves nothing",
    ),
    (
        "structs_around_fields",
        "the same, with a struct within the struct",
    ),
    ("fields_without_their_struct", "the other way round"),
    (
        "struct_around_members",
        "the same of the members of another struct",
    ),
    (
        "struct_last_grows",
        "the last variable's struct may grow: nothing is after it (openzeppelin-upgrades#1136)",
    ),
    (
        "struct_grows_in_padding",
        "a new member on a struct's own padding moves nothing (#1163)",
    ),
    (
        "struct_grows_over_gap",
        "a struct may grow over a gap that shrinks by as much (#1136)",
    ),
    (
        "struct_in_list_fills_padding",
        "elements keep their size when a member fills their padding (#1163)",
    ),
    (
        "nested_struct_last_grows",
        "the same, one level down (#1136)",
    ),
    (
        "array_last_grows",
        "a fixed array with nothing after it may grow",
    ),
    (
        "array_grows_over_gap",
        "a fixed array may grow over a gap that shrinks by as much",
    ),
    (
        "array_fills_its_slot",
        "more elements in the slot that the array has already",
    ),
    (
        "namespace_struct_grows",
        "the last struct of a namespace may grow (#1136)",
    ),
];

/// What the versions of a pair are written in.
const LANGUAGES: [&str; 3] = ["(rust)", "(solidity)", "(solidity to rust)"];

/// Every verdict.
const VERDICTS: [Verdict; 10] = {
    use Verdict::*;
    [
        SafeAppend,
        GapUse,
        Rename,
        Retype,
        Reorder,
        Insert,
        Delete,
        Shift,
        NamespaceChange,
        Unknown,
    ]
};

/// What upgrades-core calls what we found.
fn is_a_word_for(kind: &str, verdict: Verdict) -> bool {
    let moved = ["insert", "delete", "rename", "replace", "layoutchange"];
    match verdict {
        Verdict::Rename => {
            kind == "rename"
                || kind == "typechange: struct members"
                || kind.starts_with("typechange: mapping")
        }
        Verdict::Retype => {
            kind.starts_with("typechange") || kind == "layoutchange" || kind == "replace"
        }
        Verdict::Reorder | Verdict::Shift => {
            moved.contains(&kind) || kind.starts_with("typechange")
        }
        Verdict::Insert | Verdict::Delete => {
            moved.contains(&kind) || kind.starts_with("typechange")
        }
        Verdict::GapUse => {
            moved.contains(&kind) || kind.starts_with("typechange") || kind.ends_with("gap")
        }
        Verdict::NamespaceChange => kind == "delete-namespace",
        Verdict::Unknown => kind.starts_with("typechange") || kind == "replace",
        Verdict::SafeAppend => false,
    }
}

/// The layout without numbers and locations that differ between compilers.
fn bare(layout: &Layout) -> Layout {
    let mut bare = layout.clone();
    let mut names: Vec<(String, String)> = vec![];
    for id in layout.types.keys().filter(|id| id.starts_with("t_struct(")) {
        let name = id["t_struct(".len()..].split(')').next().unwrap();
        names.push((id.clone(), format!("t_struct({name})_storage")));
    }
    let mut text = serde_json::to_string(&bare).unwrap();
    for (id, name) in &names {
        text = text.replace(id, name);
    }
    // solc writes a struct's label with its contract.
    text = text.replace("struct C.", "struct ");
    bare = serde_json::from_str(&text).unwrap();
    let members = bare
        .types
        .values_mut()
        .filter_map(|item| match &mut item.members {
            Some(Members::Struct(members)) => Some(members),
            _ => None,
        });
    let all = members
        .chain(bare.namespaces.values_mut())
        .flatten()
        .chain(&mut bare.storage);
    for item in all {
        (item.ast_id, item.src) = (0, None);
        item.contract.clear();
        (item.renamed_from, item.retyped_from) = (None, None);
    }
    for item in bare.types.values_mut() {
        item.key_extension = None;
    }
    bare
}

/// The structs that a Solidity source holds in variables named `__ns_<i>` become namespaces, as
/// upgrades-core does it.
fn with_namespaces(mut layout: Layout, version: &Version) -> Layout {
    for (at, id) in version.namespaces.iter().enumerate() {
        let label = format!("__ns_{at}");
        let at = layout
            .storage
            .iter()
            .position(|item| item.label == label)
            .unwrap();
        let ty = Storage::from(&layout).areas()[0].fields[at].ty;
        let name = Storage::from(&layout).ty(ty).label.clone();
        layout.storage.remove(at);
        let mut structs = layout.types.values().filter(|ty| ty.label == name);
        if let Some(Members::Struct(members)) = structs.next().and_then(|ty| ty.members.clone()) {
            layout.namespaces.insert(format!("erc7201:{id}"), members);
        }
    }
    layout
}

fn summary(report: &Report) -> Vec<(Verdict, Decision)> {
    let mut all: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.verdict, finding.decision))
        .collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn the_derive_agrees_with_solc_and_the_verdict_with_upgrades_core() {
    let cases: Vec<Case> = crate::cases::all();
    let mut sources = BTreeMap::new();
    for case in &cases {
        for (side, version) in [("old", &case.old), ("new", &case.new)] {
            sources.insert(format!("{}/{side}", case.name), version.solidity());
        }
    }
    let compiled = crate::peers::compile(&sources);

    let mut pairs: BTreeMap<String, (Layout, Layout)> = BTreeMap::new();
    let mut reports: BTreeMap<String, (&Case, Report)> = BTreeMap::new();
    for case in &cases {
        let solc = |side: &str, version| {
            with_namespaces(compiled[&format!("{}/{side}", case.name)].clone(), version)
        };
        let (sol_old, sol_new) = (solc("old", &case.old), solc("new", &case.new));
        for (rust, sol) in [(&case.old.rust, &sol_old), (&case.new.rust, &sol_new)] {
            // solc names no type that only a namespace's variable uses, and keeps its struct.
            assert_eq!(
                bare(rust).storage,
                bare(sol).storage,
                "storage of {}",
                case.name
            );
            assert_eq!(
                bare(rust).namespaces,
                bare(sol).namespaces,
                "namespaces of {}",
                case.name
            );
            for (id, item) in &bare(rust).types {
                let found = Some(item);
                assert_eq!(found, bare(sol).types.get(id), "type {id} of {}", case.name);
            }
        }
        for (kind, old, new) in [
            (LANGUAGES[0], &case.old.rust, &case.new.rust),
            (LANGUAGES[1], &sol_old, &sol_new),
            (LANGUAGES[2], &sol_old, &case.new.rust),
        ] {
            let name = format!("{} {kind}", case.name);
            let new = case.declared(new);
            let report = compare(old, &new).unwrap();
            pairs.insert(name.clone(), (old.clone(), new));
            reports.insert(name, (case, report));
        }
    }

    let peer_ops = crate::peers::check(&pairs);
    let mut wrong = vec![];
    let mut count: BTreeMap<(&str, Verdict), usize> = BTreeMap::new();
    for (name, (case, report)) in &reports {
        let language = LANGUAGES
            .iter()
            .find(|language| name.ends_with(*language))
            .unwrap();
        let ops = &peer_ops[name];
        let mut expected = case.expected.to_vec();
        expected.sort();
        if summary(report) != expected {
            wrong.push(format!("{name}: expected {expected:?}\n{report:?}"));
        }
        let excused = ON_PURPOSE
            .iter()
            .any(|(case, _)| name.starts_with(&format!("{case} (")));
        if (report.is_safe() != ops.is_empty()) != excused {
            wrong.push(format!(
                "{name}: upgrades-core says {ops:?}, we say\n{report:?}"
            ));
        }
        let mut seen: Vec<Verdict> = report
            .findings
            .iter()
            .map(|finding| finding.verdict)
            .collect();
        seen.sort();
        seen.dedup();
        for verdict in seen {
            *count.entry((language, verdict)).or_default() += 1;
        }
        let worst = report
            .findings
            .iter()
            .filter(|finding| finding.decision != Decision::Safe);
        let words: Vec<_> = worst.map(|finding| finding.verdict).collect();
        for op in ops.iter().filter(|_| !excused) {
            if !words
                .iter()
                .any(|verdict| is_a_word_for(&op.kind, *verdict))
            {
                wrong.push(format!(
                    "{name}: no finding matches upgrades-core's {op:?}\n{report:?}"
                ));
            }
        }
    }
    println!(
        "{} pairs compared with upgrades-core; findings: {count:?}",
        reports.len()
    );
    assert!(
        wrong.is_empty(),
        "{} disagreements\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(reports.len() >= 120, "{} pairs", reports.len());
    for (language, verdict) in LANGUAGES
        .iter()
        .flat_map(|language| VERDICTS.map(|verdict| (*language, verdict)))
    {
        // Rust has no type of which too little is known; those are in the next test.
        let wanted = if verdict == Verdict::Unknown { 0 } else { 8 };
        assert!(
            count.get(&(language, verdict)).copied().unwrap_or_default() >= wanted,
            "{verdict:?} {language} {count:?}"
        );
    }
}

#[test]
fn what_only_solidity_has_is_compared_or_said_to_be_unknown() {
    let cases = crate::solidity::CASES;
    let mut sources = BTreeMap::new();
    for case in cases {
        sources.insert(format!("{}/old", case.name), case.source(case.old));
        sources.insert(format!("{}/new", case.name), case.source(case.new));
    }
    let compiled = crate::peers::compile(&sources);
    let mut pairs = BTreeMap::new();
    for case in cases {
        let side = |side: &str, enums| {
            let mut layout = compiled[&format!("{}/{side}", case.name)].clone();
            crate::solidity::add_enums(&mut layout, enums);
            layout
        };
        pairs.insert(
            case.name.to_owned(),
            (side("old", case.enums.0), side("new", case.enums.1)),
        );
    }
    let peer_ops = crate::peers::check(&pairs);
    let (mut wrong, mut unknown) = (vec![], 0);
    for case in cases {
        let (old, new) = &pairs[case.name];
        let report = compare(old, new).unwrap();
        let mut expected = case.expected.to_vec();
        expected.sort();
        if summary(&report) != expected {
            wrong.push(format!("{}: expected {expected:?}\n{report:?}", case.name));
        }
        if (report.is_safe() != peer_ops[case.name].is_empty()) != case.on_purpose.is_some() {
            wrong.push(format!(
                "{}: upgrades-core says {:?}, we say\n{report:?}",
                case.name, peer_ops[case.name]
            ));
        }
        unknown += usize::from(
            report
                .findings
                .iter()
                .any(|finding| finding.verdict == Verdict::Unknown),
        );
    }
    println!(
        "{} pairs compared with upgrades-core; {unknown} that cannot be decided",
        cases.len()
    );
    assert!(
        wrong.is_empty(),
        "{} disagreements\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(unknown >= 8, "{unknown}");
}

#[test]
fn random_pairs_get_the_verdict_of_upgrades_core() {
    let mut sources = BTreeMap::new();
    let mut models = vec![];
    for seed in 0..150u64 {
        let (old, new) = crate::random::pair(seed);
        sources.insert(format!("{seed}/old"), old.solidity());
        sources.insert(format!("{seed}/new"), new.solidity());
        models.push((seed, old, new));
    }
    let compiled = crate::peers::compile(&sources);
    let mut pairs = BTreeMap::new();
    for (seed, old, new) in &models {
        // The generator's own layouts serve other tests: they must be solc's.
        for (side, model) in [("old", old), ("new", new)] {
            let solc = bare(&compiled[&format!("{seed}/{side}")]);
            let found = bare(&model.layout());
            assert_eq!(found, solc, "seed {seed} {side}\n{}", model.solidity());
        }
        pairs.insert(seed.to_string(), (old.layout(), new.layout()));
    }
    let peer_ops = crate::peers::check(&pairs);
    let (mut wrong, mut safe, mut excused) = (vec![], 0, 0);
    for (seed, (old, new)) in &pairs {
        let report = compare(old, new).unwrap();
        safe += usize::from(report.is_safe());
        // Growth in place is checked by what follows it; see ON_PURPOSE.
        let grew = report
            .findings
            .iter()
            .any(|f| f.verdict == Verdict::SafeAppend && f.field.contains(['.', '[']));
        excused += usize::from(grew && report.is_safe());
        if report.is_safe() != peer_ops[seed].is_empty() && !(grew && report.is_safe()) {
            let old = &sources[&format!("{seed}/old")];
            let new = &sources[&format!("{seed}/new")];
            wrong.push(format!(
                "seed {seed}: upgrades-core says {:?}, we say\n{report:?}\n{old}\n{new}",
                peer_ops[seed]
            ));
        }
    }
    println!(
        "{} random pairs compared with upgrades-core: {safe} safe, {excused} of them safe to us alone",
        pairs.len()
    );
    assert!(
        wrong.is_empty(),
        "{} disagreements\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        safe >= 20 && pairs.len() - safe >= 20,
        "{safe} of {}",
        pairs.len()
    );
}

impl Case {
    fn declared(&self, new: &Layout) -> Layout {
        let renamed = self.renamed.iter().copied();
        crate::values::declared(new, renamed, self.retyped.iter().copied())
    }
}
