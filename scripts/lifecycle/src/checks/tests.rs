//! Every fact of a transition, made weaker one by one: each change lowers a verdict, and none raises one.

mod begin;
mod bypassed;
mod callers;
mod complex;
mod constructor;
mod creation;
mod described;
mod emptied;
mod expected;
mod fields;
mod judgement;
mod label;
mod live;
mod older_sdk;
mod replacing;
mod reserved;
mod size;
mod source;
mod steps;

use super::facts::{Ending, Program};
use super::{Assessment, Callers, Declared, Found, Runs, Stage, Transition, check};
use crate::assess::{Accepted, Extent, Fact, FindingId, Origin, Part, Role};
use crate::expect::Expectations;
use crate::ids::{CodeHash, LayoutHash};
use crate::interface::Callable;
use crate::layout::{Live, Side};
use crate::model::StepKind;
use alloy::json_abi::JsonAbi;
use alloy::primitives::{Address, Bytes};
use std::collections::BTreeSet;
use stylus_layout::{DeclaredStep, Document, Layout, StepKind as Declares};

/// A fact whose origin can be exchanged.
trait Weaken {
    fn weaken(&mut self, origin: Origin);
}

impl<T: Clone> Weaken for Fact<T> {
    fn weaken(&mut self, origin: Origin) {
        *self = match origin {
            Origin::NotKnown => Self::unknown("nobody knows"),
            origin => self.clone().said_by(origin, "somebody says so"),
        };
    }
}

/// Every fact of a transition. Where one is added, the compiler says so here.
fn facts(transition: &mut Transition) -> Vec<(&'static str, &mut dyn Weaken)> {
    let Transition {
        old,
        new,
        live,
        callers,
        published,
        declared,
        reserved,
        sources,
        runs,
        open_to_constructor,
        audit,
        // What the registry says of labels, what is asked, and what is declared beside it has no other origin.
        name: _,
        from: _,
        to: _,
        stage: _,
        role: _,
        // The chain itself, where the rest was read.
        read_at: _,
        goes_back: _,
        migrated_since: _,
        bypasses: _,
        replacing: _,
        lost_paths: _,
        code: _,
        labels: _,
        same_code: _,
        current: _,
        // It follows from the layout.
        counted_shorter: _,
        size,
    } = transition;
    let mut all: Vec<(&'static str, &mut dyn Weaken)> = vec![
        ("the new layout", &mut new.known),
        ("what lies there", live),
        ("what the code declares", declared),
        ("what proxies answer themselves", reserved),
        ("who may run the constructor", open_to_constructor),
    ];
    if let Some(size) = size {
        all.push(("how large the code is", size));
    }
    if let Some(audit) = audit {
        all.push(("what its sources show", audit));
    }
    if let Some(side) = old {
        all.push(("the old layout", &mut side.known));
    }
    if let Some(published) = published {
        all.push(("the published interface", published));
    }
    all.extend(sources.iter_mut().map(|one| ("the sources", one as _)));
    match callers {
        Callers::None => {}
        Callers::Same(both) => all.push(("the interface of both", both.as_mut())),
        Callers::Of { old, new } => {
            all.push(("the old interface", old.as_mut()));
            all.push(("the new interface", new.as_mut()));
        }
    }
    if let Runs::Step {
        // What is done, not what is known of it.
        kind: _,
        script: _,
        data: _,
        typed: _,
        program,
        fields,
        expected,
    } = runs
    {
        if let Some(Program { declared, ending }) = program.as_deref_mut() {
            all.push(("what the program declares", declared));
            all.push(("how it ends", ending));
        }
        if let Some(fields) = fields {
            all.push(("the fields of the program", fields.as_mut()));
        }
        if let Some(expected) = expected {
            all.push(("what the check asks", expected));
        }
    }
    all
}

fn side() -> Side {
    let layout = Layout::from_json(r#"{"storage":[],"types":null,"unlisted":[]}"#);
    let mut document = Document::of_layout(layout.expect("a layout"));
    document.steps = Some(Vec::new());
    Side {
        hash: LayoutHash(document.hash()),
        known: Fact::of(document, Origin::Chain),
    }
}

/// A transition of which everything is known, and nothing is found.
pub(super) fn best() -> Transition {
    let complex = DeclaredStep {
        kind: Declares::Complex,
        from: "1.0".into(),
        to: "2.0".into(),
        signature: String::new(),
        conditions: Vec::new(),
    };
    let callable = || Fact::of(Callable::default(), Origin::Chain);
    Transition {
        name: "A".into(),
        from: "1.0".into(),
        to: "2.0".into(),
        stage: Stage::Proposed,
        role: Role::Proposer,
        read_at: None,
        old: Some(side()),
        counted_shorter: BTreeSet::new(),
        new: side(),
        goes_back: false,
        migrated_since: Vec::new(),
        bypasses: Vec::new(),
        replacing: Vec::new(),
        lost_paths: Vec::new(),
        live: Fact::of(Live::default(), Origin::Chain),
        callers: Callers::Of {
            old: callable().into(),
            new: callable().into(),
        },
        published: Some(Fact::of((), Origin::Build)),
        declared: Fact::of(Declared::Steps(Vec::new()), Origin::Build),
        reserved: Fact::of(Vec::new(), Origin::Chain),
        audit: Some(Fact::of(crate::layout::Audit::default(), Origin::Build)),
        size: Some(Fact::of((1, 10), Origin::Build)),
        sources: vec![Fact::of((), Origin::Build)],
        runs: Runs::Step {
            kind: StepKind::Complex,
            script: CodeHash::ZERO,
            data: Bytes::new(),
            typed: String::new(),
            program: Some(Box::new(Program {
                declared: Fact::of(vec![complex], Origin::Build),
                ending: Fact::of(
                    Ending {
                        storage: Address::ZERO,
                        is_linked: true,
                        is_there: true,
                    },
                    Origin::Chain,
                ),
            })),
            fields: Some(Fact::of(Layout::default(), Origin::Build).into()),
            expected: None,
        },
        open_to_constructor: Fact::of(Vec::new(), Origin::Chain),
        code: "a-v2".into(),
        labels: vec!["1.0".into()],
        same_code: vec!["1.0".into()],
        current: "1.0".into(),
    }
}

/// What a step of that kind runs, which calls nothing.
pub(super) fn step(kind: StepKind) -> Runs {
    Runs::Step {
        kind,
        script: CodeHash::ZERO,
        data: Bytes::new(),
        typed: String::new(),
        program: None,
        fields: None,
        expected: None,
    }
}

/// A transition to the same code, with these functions, and a check that asks `line`.
pub(super) fn asking(line: &str, functions: &[&str]) -> Transition {
    let all = vec![line.parse().expect("an expectation")];
    let asked = Expectations::new(all).expect("a check");
    let mut transition = best();
    transition.runs = step(StepKind::None);
    if let Runs::Step { expected, .. } = &mut transition.runs {
        *expected = Some(Fact::of(asked, Origin::Chain));
    }
    let callable = Callable {
        abi: JsonAbi::parse(functions.iter().copied()).expect("an ABI"),
        ..Callable::default()
    };
    transition.callers = Callers::Same(Fact::of(callable, Origin::Chain).into());
    transition
}

fn asks_the_same_code() -> Transition {
    asking(
        "nonzero root()",
        &["function root() view returns (uint256)"],
    )
}

/// What the checks say of a transition.
pub(super) fn found(transition: &Transition) -> Found {
    check(transition).expect("layouts")
}

/// What is found, and what nobody could look at, by their ids.
pub(super) fn ids(transition: &Transition) -> Vec<String> {
    let found = found(transition);
    let absent = found.coverage.refusal();
    let absent = absent.iter().flat_map(|one| one.findings());
    let all = found.findings.iter().chain(absent);
    all.map(|one| one.id.to_string()).collect()
}

/// How much is seen of each part, and what refuses it or is told of it.
fn verdict(transition: Transition) -> (Vec<Option<Extent>>, Vec<String>) {
    let mut all = Assessment::asked_by(Role::Proposer, Accepted::default());
    all.add(transition).expect("layouts");
    let seen = Part::ALL.map(|part| all.coverage.of(part)).to_vec();
    let told = all.decision().refused.into_iter().chain(all.findings());
    (seen, told.map(|one| one.id.to_string()).collect())
}

#[test]
fn an_authors_word_or_no_knowledge_in_place_of_any_fact_lowers_a_verdict_and_raises_none() {
    for (best, facts_of_it) in [(best as fn() -> Transition, 15), (asks_the_same_code, 12)] {
        let (seen, refused) = verdict(best());
        assert_eq!(refused, Vec::<String>::new());
        let mut extents = seen.iter().flatten();
        assert!(
            extents.all(|extent| *extent == Extent::Complete),
            "{seen:?}"
        );
        let count = facts(&mut best()).len();
        assert_eq!(count, facts_of_it);
        for at in 0..count {
            for origin in [Origin::Annotation, Origin::NotKnown] {
                let mut transition = best();
                let mut all = facts(&mut transition);
                let name = all[at].0;
                all[at].1.weaken(origin);
                let (now, refuses) = verdict(transition);
                let is_raised = now.iter().zip(&seen).any(|(now, before)| now < before);
                assert!(!is_raised, "{name} from {origin:?}: {now:?}");
                let is_lowered = now != seen || !refuses.is_empty();
                assert!(is_lowered, "{name} from {origin:?} lowers nothing");
            }
        }
    }
}

#[test]
fn the_word_of_a_file_stays_one_once_a_registry_has_it() {
    let said = || {
        let known = side().known;
        let mut document = known.value().expect("a document").clone();
        document.layout = document.layout.not_built(Vec::new());
        let recorded = Layout::from_json(&document.layout.to_json()).expect("what was kept");
        document.layout = recorded;
        Side {
            hash: LayoutHash(document.hash()),
            known: Fact::of(document, Origin::Chain),
        }
    };
    for (old, new) in [(said(), side()), (side(), said()), (said(), said())] {
        let mut transition = best();
        (transition.old, transition.new) = (Some(old), new);
        let extent = found(&transition).coverage.of(Part::Layout);
        assert_eq!(extent, Some(Extent::Partial), "{transition:?}");
    }
}

fn id_of(text: &str) -> FindingId {
    FindingId::parse(text).expect("an id")
}

#[test]
fn what_is_accepted_fits_what_was_found_and_a_difference_that_stops_nothing() {
    let accepted = ["dirty:a", "absent:source", "migration-omitted"];
    let accepts: Accepted = accepted.map(id_of).into_iter().collect();
    let mut all = Assessment::asked_by(Role::Proposer, accepts.clone());
    all.add(best()).expect("layouts");
    assert!(all.refusal().is_none());
    assert_eq!(accepts.unfit().len(), accepted.len());
    let mut unknown = best();
    unknown.sources = vec![Fact::unknown("nobody recorded them")];
    all.add(unknown).expect("layouts");
    assert!(all.refusal().is_none());
    let left = ["dirty:a", "migration-omitted"].map(id_of);
    assert_eq!(accepts.unfit(), left);
}
