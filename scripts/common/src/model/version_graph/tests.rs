//! Ways between versions, as tables: what is registered, the step that is added, and what it leaves out.

use super::*;
use crate::ids::{LayoutHash, SourceHash};
use crate::model::RecordedCode;
use alloy::primitives::{Address, B256, keccak256};
use stylus_upgrades_interface::reasons::step;

/// A step as a word: `none`, `call:DATA`, `script:CODE:DATA`, `complex:CODE:DATA`.
fn step_from(from: &str, what: &str) -> Step {
    let words: Vec<&str> = what.split(':').collect();
    let data = |at: usize| {
        Bytes::from(
            words
                .get(at)
                .map_or(Vec::new(), |word| word.as_bytes().to_vec()),
        )
    };
    let hash = |at: usize| words.get(at).map_or(B256::ZERO, keccak256);
    let (kind, codehash, data) = match words.first().copied() {
        Some("call") => (step::CALL, B256::ZERO, data(1)),
        Some("script") => (step::SCRIPT, hash(1), data(2)),
        Some("complex") => (step::COMPLEX, hash(1), data(2)),
        Some("checked") => (step::NONE, hash(1), Bytes::new()),
        _ => (step::NONE, B256::ZERO, Bytes::new()),
    };
    Step {
        from: from.into(),
        kind,
        script: Address::repeat_byte(u8::from(!codehash.is_zero())),
        scriptCodehash: codehash,
        data,
    }
}

/// Versions from lines `LABEL CODE FROM=STEP …`.
fn graph(lines: &[&str]) -> VersionGraph {
    let versions: Vec<Version> = lines
        .iter()
        .enumerate()
        .map(|(sequence, line)| {
            let mut words = line.split(' ');
            let mut word = || words.next().expect("a word").to_owned();
            let (version, code) = (word(), word());
            let steps = words.map(|word| {
                let (from, what) = word.split_once('=').expect("a step");
                step_from(from, what)
            });
            Version {
                version,
                code: RecordedCode {
                    implementation: Address::ZERO,
                    codehash: CodeHash(keccak256(&code)),
                    layout: LayoutHash::ZERO,
                    source: SourceHash::ZERO,
                },
                sequence: sequence as u64,
                steps: steps.collect(),
            }
        })
        .collect();
    VersionGraph::new(&versions)
}

/// What a step leaves out: `LABEL: with … / without …`.
fn bypasses(lines: &[&str], added: &str) -> Vec<String> {
    let mut words = added.split(' ');
    let mut word = || words.next().expect("a word");
    let (to, code, step) = (word(), word(), word());
    let (from, what) = step.split_once('=').expect("a step");
    let code = CodeHash(keccak256(code));
    let addition = StepAddition {
        from,
        to,
        code,
        runs: MigrationCode::of(&step_from(from, what), code),
    };
    let found = graph(lines).find_bypasses(&addition);
    let says = found.iter().map(|bypass| {
        let [with, without] = [&bypass.with, &bypass.without].map(|way| way.join(">"));
        format!("{}: {with} / {without}", bypass.label)
    });
    says.collect()
}

/// Versions 0 to `last`, each with a step from the one before that runs nothing.
fn chain(last: usize) -> Vec<String> {
    let line = |at: usize| match at {
        0 => "0 c0".to_owned(),
        at => format!("{at} c{at} {}=none", at - 1),
    };
    (0..=last).map(line).collect()
}

#[test]
fn a_step_leaves_out_what_another_way_between_the_same_versions_runs() {
    const PAID: &[&str] = &["1 a", "2 b 1=complex:m:x", "3 b 2=none"];
    const LONG: &[&str] = &["1 a", "2 b 1=script:m:x", "3 c 2=none", "4 d 3=script:n:y"];
    const CALLED: &[&str] = &["1 a", "2 b 1=call:x", "3 b 2=none", "4 c 3=none"];
    const BORN: &[&str] = &["1 a", "2 b 1=none", "3 c =none"];
    for (what, lines, added, expected) in [
        (
            "the table's P0",
            PAID,
            "3 b 1=none",
            &["2: 1>2>3 / 1>3"][..],
        ),
        ("the same program and data", PAID, "3 b 1=complex:m:x", &[]),
        ("other data", PAID, "3 b 1=complex:m:y", &["2: 1>2>3 / 1>3"]),
        (
            "another script",
            PAID,
            "3 b 1=complex:n:x",
            &["2: 1>2>3 / 1>3"],
        ),
        (
            "another kind",
            PAID,
            "3 b 1=script:m:x",
            &["2: 1>2>3 / 1>3"],
        ),
        (
            "a check runs nothing",
            PAID,
            "3 b 1=checked:m",
            &["2: 1>2>3 / 1>3"],
        ),
        (
            "three versions",
            LONG,
            "4 d 1=script:n:y",
            &["2: 1>2>3>4 / 1>4"],
        ),
        (
            "three versions, and both migrations",
            LONG,
            "4 d 1=none",
            &["2: 1>2>3>4 / 1>4", "4: 1>2>3>4 / 1>4"],
        ),
        ("what is left runs", LONG, "4 d 2=script:n:y", &[]),
        ("one step of several", LONG, "3 c 1=script:m:x", &[]),
        (
            "the same call of the same code",
            CALLED,
            "3 b 1=call:x",
            &[],
        ),
        (
            "the same call of other code",
            CALLED,
            "4 c 1=call:x",
            &["2: 1>2>3>4 / 1>4"],
        ),
        (
            "a new version with one way in",
            LONG,
            "5 e 4=script:o:z",
            &[],
        ),
        (
            "the longer way is the new one",
            &["1 a", "2 b 1=none", "3 c 1=none"],
            "3 c 2=script:m:x",
            &["3: 1>2>3 / 1>3"],
        ),
        (
            "the shorter way runs more",
            &["1 a", "2 b 1=none", "3 c 1=script:m:x"],
            "3 c 2=none",
            &["3: 1>3 / 1>2>3"],
        ),
        (
            "two ways of equal length",
            &["1 a", "2 b 1=script:m:x", "3 c 1=none", "4 d 2=none"],
            "4 d 3=none",
            &["2: 1>2>4 / 1>3>4"],
        ),
        (
            "two ways of equal length, the other one first",
            &["1 a", "2 b 1=none", "3 c 1=script:m:x", "4 d 2=none"],
            "4 d 3=none",
            &["3: 1>3>4 / 1>2>4"],
        ),
        (
            "two ways of equal length that run the same",
            &["1 a", "2 b 1=script:m:x", "3 c 1=none", "4 d 2=none"],
            "4 d 3=script:m:x",
            &[],
        ),
        (
            "a step in front of the ways that it changes",
            &["1 a", "2 b 1=script:m:x", "3 c =none", "4 d 2=none 3=none"],
            "3 c 1=none",
            &["2: 1>2>4 / 1>3>4"],
        ),
        (
            "another order",
            &[
                "1 a",
                "2 b 1=script:m:x",
                "3 c 2=script:n:y",
                "4 d 1=script:n:y",
                "5 e 3=none",
            ],
            "5 e 4=script:m:x",
            &["2: 1>2>3>5 / 1>4>5"],
        ),
        (
            "what differs already is not the new step's",
            BORN,
            "3 c 2=none",
            &[],
        ),
        (
            "a way that was accepted, and goes on",
            &["1 a", "2 b 1=script:m:x", "3 b 2=none 1=none"],
            "4 c 3=script:n:y",
            &[],
        ),
        ("a step that is there", PAID, "3 b 2=none", &[]),
        ("a step from no version", PAID, "3 b 9=none", &[]),
        (
            "a new version with the code that another migration leads to",
            &["1 a", "2 b 1=complex:m:x"],
            "3 b 1=none",
            &["2: 1>2 / 1>3"],
        ),
        (
            "a new version with that code and its migration",
            &["1 a", "2 b 1=complex:m:x"],
            "3 b 1=complex:m:x",
            &[],
        ),
        (
            "that code behind a version in between",
            &["1 a", "2 b 1=complex:m:x", "1.1 a 1=none"],
            "3 b 1.1=none",
            &["2: 1>2 / 1>1.1>3"],
        ),
        (
            "that code behind an older version in between",
            &["1 a", "1.1 a 1=none", "2 b 1=complex:m:x"],
            "3 b 1.1=none",
            &["2: 1>2 / 1>1.1>3"],
        ),
        (
            "a step to the version in between opens the way",
            &["1 a", "1.1 a =none", "2 b 1=complex:m:x", "3 b 1.1=none"],
            "1.1 a 1=none",
            &["2: 1>2 / 1>1.1>3"],
        ),
        (
            "that code behind a version in between, with its migration",
            &["1 a", "2 b 1=complex:m:x", "1.1 a 1=none"],
            "3 b 1.1=complex:m:x",
            &[],
        ),
        (
            "a version behind both ways to that code",
            &[
                "1 a",
                "2 b 1=complex:m:x",
                "1.1 a 1=none",
                "3 b 1.1=complex:m:x",
            ],
            "4 c 3=none",
            &[],
        ),
        (
            "a rollback of a version that was reached through another one",
            &["0 z", "1 a 0=script:n:y", "2 b 1=complex:m:x"],
            "3 a 2=script:r:x",
            &[],
        ),
        (
            "a direct step beside a bypass that was accepted",
            &["1 a", "2 b 1=complex:m:x", "1.1 a 1=none", "3 b 1.1=none"],
            "4 b 1=none",
            &["2: 1>2 / 1>4"],
        ),
        (
            "a version behind a bypass that was accepted",
            &["1 a", "2 b 1=complex:m:x", "1.1 a 1=none", "3 b 1.1=none"],
            "3.1 b 3=none",
            &[],
        ),
        (
            "a version behind the migration itself",
            &["1 a", "2 b 1=complex:m:x", "1.1 a 1=none", "3 b 1.1=none"],
            "3.2 b 2=none",
            &[],
        ),
        (
            "a rollback beside versions with the same code",
            &["1 a", "1.1 a 1=none", "1.2 a 1.1=none", "2 b 1=call:x"],
            "3 a 2=script:r:x",
            &[],
        ),
        (
            "a rollback to a branch that the migrated way went around",
            &["1 a", "1.1 h 1=none", "2 b 1.1=script:m:x 1=script:m:x"],
            "3 h 2=script:r:x",
            &[],
        ),
        (
            "code that is back, with its reverse migration",
            &["1 a", "2 b 1=complex:m:x"],
            "3 a 2=script:r:x",
            &[],
        ),
        (
            "the same code once more after a rollback",
            &["1 a", "2 b 1=complex:m:x", "3 a 2=script:r:x"],
            "4 b 3=complex:m:x",
            &[],
        ),
        (
            "the way around a faulty version and its rollback",
            &["1 a", "2 b 1=complex:m:x", "3 a 2=script:r:x"],
            "3 a 1=none",
            &["2: 1>2>3 / 1>3", "3: 1>2>3 / 1>3"],
        ),
    ] {
        assert_eq!(bypasses(lines, added), expected, "{what}");
    }
}

#[test]
fn every_way_is_compared_with_the_one_that_the_registry_takes() {
    use proptest::prelude::*;
    // Versions with up to three steps each, that run one of two scripts or nothing.
    let steps = proptest::collection::vec(
        proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8), 1..3),
        3..8,
    );
    proptest!(|(incoming in steps)| {
        let mut lines = vec!["0 c0".to_owned()];
        for (at, steps) in incoming.iter().enumerate() {
            let mut line = format!("{} c{}", at + 1, at + 1);
            let mut seen = BTreeSet::new();
            for (from, runs) in steps {
                let from = from.index(at + 1);
                if seen.insert(from) {
                    let runs = ["none", "script:m:x", "script:n:x"][usize::from(*runs)];
                    line.push_str(&format!(" {from}={runs}"));
                }
            }
            lines.push(line);
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let graph = graph(&lines);
        let differs = !graph.different_ways(&mut SequenceNumbers::default()).is_empty();
        prop_assert_eq!(differs, all_ways_differ(&graph), "{:?}", lines);
    });
}

/// Whether two ways between the same versions run something else, by walking all of them.
fn all_ways_differ(graph: &VersionGraph) -> bool {
    let starts = 0..graph.nodes.len();
    starts.into_iter().any(|start| {
        let mut runs: Vec<BTreeSet<Vec<MigrationCode>>> = vec![BTreeSet::new(); graph.nodes.len()];
        runs[start].insert(Vec::new());
        for to in start + 1..graph.nodes.len() {
            for edge in &graph.nodes[to].incoming {
                for mut way in runs[edge.from].clone() {
                    way.extend(edge.runs.clone());
                    runs[to].insert(way);
                }
            }
        }
        runs.iter().any(|ways| ways.len() > 1)
    })
}

#[test]
fn a_way_of_more_than_32_steps_takes_several_upgrades() {
    let lines = chain(70);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let graph = graph(&lines);
    for (from, to, expected) in [
        ("0", "0", Some(&[][..])),
        ("0", "32", Some(&["32"])),
        ("0", "33", Some(&["32", "33"])),
        ("0", "70", Some(&["32", "64", "70"])),
        ("40", "70", Some(&["70"])),
        ("70", "0", None),
        ("9", "x", None),
    ] {
        let upgrades = graph.upgrades(from, to);
        assert_eq!(upgrades.as_deref(), expected, "{from} to {to}");
    }
}

#[test]
fn versions_lose_their_path_where_the_new_one_is_not_reached_from_them() {
    let loss = |label: &str, upgrades| PathLoss {
        label: label.into(),
        upgrades,
    };
    let lines = chain(33);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(graph(&lines).lost_paths("32", "33"), [loss("0", Some(2))]);
    for (lines, current, to, expected) in [
        (&["1 a", "2 b 1=none", "3 c 2=none"][..], "2", "3", vec![]),
        (
            &["1 a", "2 b 1=none", "3 c 1=none"],
            "2",
            "3",
            vec![loss("2", None)],
        ),
        (
            &["1 a", "2 b 1=none", "3 c"],
            "2",
            "3",
            vec![loss("1", None), loss("2", None)],
        ),
        // Nothing is lost that was not there.
        (&["1 a", "2 b", "3 c 2=none"], "2", "3", vec![]),
        (&["1 a"], "", "1", vec![]),
    ] {
        assert_eq!(graph(lines).lost_paths(current, to), expected, "{lines:?}");
    }
}
