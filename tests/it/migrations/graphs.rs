//! Random graphs of versions on one registry. Every upgraded instance runs each migration exactly
//! once and in order. The events, the marks and the notes of the migrations themselves prove it.
//! The path is the one that the design's rule selects.
//!
//! A third of the graphs and more must have a path of three steps. The long run takes
//! 10,000 graphs and records the counts in `tests/snapshots/graphs.json`.

use stylus_upgrades_tests::snapshot::{self, Figures};
use stylus_upgrades_tests::tools::figures::tools;

use super::chance::Chance;
use crate::registry::fixture::{Fixture, account, is};

mod model;
mod simulation;

use simulation::{Programs, Simulation};

/// Graphs of an ordinary run, and of a long one.
const GRAPHS: u64 = 300;
const MANY_GRAPHS: u64 = 10_000;

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Tally {
    versions: u64,
    added_steps: u64,
    refused_cycles: u64,
    refused_steps: u64,
    instances: u64,
    upgrades: u64,
    refused_upgrades: u64,
    gaps: u64,
    ties: u64,
    detours: u64,
    migrations: u64,
    complex_steps: u64,
    longest: u64,
}

#[test]
fn any_graph_of_versions_runs_each_migration_once_and_in_order() {
    let long = stylus_upgrades_test_support::long();
    let graphs = if long { MANY_GRAPHS } else { GRAPHS };
    let tools = long.then(|| tools().expect("the tools' versions"));
    let mut fixture = Fixture::new(&is(account(0)));
    let programs = Programs::deploy(&mut fixture);
    let mut tally = Tally::default();
    let mut with_three_steps = 0;
    for seed in 0..graphs {
        let path =
            Simulation::new(&mut fixture, &programs, Chance::new(seed), &mut tally).simulate();
        tally.longest = tally.longest.max(path);
        with_three_steps += u64::from(path >= 3);
    }
    println!("graphs 0..{graphs}, {with_three_steps} with three steps or more: {tally:?}");
    assert!(with_three_steps * 3 >= graphs, "{with_three_steps}");
    for (what, count) in [
        ("cycles", tally.refused_cycles),
        ("gaps", tally.gaps),
        ("ties", tally.ties),
        ("ways around", tally.detours),
        ("complex steps", tally.complex_steps),
    ] {
        assert!(count * 40 >= graphs, "only {count} {what}");
    }
    if let Some(tools) = tools {
        let figures = figures(graphs, with_three_steps, &tally);
        snapshot::record("graphs", &tools, &figures).expect("recorded");
    }
}

/// The counts, as they are kept.
fn figures(graphs: u64, with_three_steps: u64, tally: &Tally) -> Figures {
    Figures::from([
        ("graphs".into(), graphs),
        (
            "graphs with a path of three steps or more".into(),
            with_three_steps,
        ),
        ("versions".into(), tally.versions),
        ("steps added to a version".into(), tally.added_steps),
        ("cycles refused".into(), tally.refused_cycles),
        ("other steps refused".into(), tally.refused_steps),
        ("instances".into(), tally.instances),
        ("upgrades done".into(), tally.upgrades),
        ("upgrades refused".into(), tally.refused_upgrades),
        ("upgrades refused for a gap".into(), tally.gaps),
        ("paths that tied with another".into(), tally.ties),
        ("ways around a bad version".into(), tally.detours),
        (
            "migrations, each once and in order".into(),
            tally.migrations,
        ),
        ("complex steps".into(), tally.complex_steps),
        ("longest path, steps".into(), tally.longest),
    ])
}
