//! The simulation of one graph. It registers versions and steps, creates and upgrades instances,
//! and compares the chain with the model after every transaction.

use crate::prelude::*;
use crate::registry::errors::bad_step;
use stylus_upgrades_interface::complex::IComplexMigration::startMigrationCall;
use stylus_upgrades_interface::reasons::invalid_step;
use stylus_upgrades_tests::abi::trace::ITrace;

mod check;
mod instances;

use super::Tally;
use super::model::{Graph, Incoming, Kind, Life};
use crate::migrations::chance::Chance;
use crate::registry::fixture::{Fixture, Reverted, account, initial_step, is, plain, step};

/// The labels that `tests/contracts/trace` knows, by their numbers.
const LABELS: [&str; 10] = [
    "0.1", "0.9", "1.0", "1.0.1", "1.1", "2.0", "2.0-rc.1", "3.0", "10.0", "main",
];
/// The pairs of them between which `tests/contracts/trace_complex` stands.
const COMPLEX_STEPS: [(usize, usize); 2] = [(2, 5), (5, 7)];
/// Who handles complex steps.
const HANDLER: usize = 5;

/// The programs, which all graphs share.
pub(in super::super) struct Programs {
    /// The same code, twice: versions take turns.
    codes: [Code; 2],
    script: Code,
    program: Code,
}

impl Programs {
    pub(super) fn deploy(fixture: &mut Fixture) -> Self {
        Self {
            codes: [fixture.deploy("trace"), fixture.deploy("trace")],
            script: fixture.deploy("trace"),
            program: fixture.deploy("trace-complex"),
        }
    }
}

/// A graph, its instances, and the chain that they are on.
pub(super) struct Simulation<'w> {
    fixture: &'w mut Fixture,
    programs: &'w Programs,
    chance: Chance,
    tally: &'w mut Tally,
    /// The definition's name.
    name: String,
    graph: Graph,
    /// How many versions there will be.
    versions: usize,
    /// The numbers of the versions' labels, by place; more of them than there are versions.
    labels: Vec<usize>,
    /// Whether no step is bad, but some are complex.
    complex: bool,
    lives: Vec<(Address, Life)>,
    /// Most steps that an upgrade took.
    longest: u64,
}

impl<'w> Simulation<'w> {
    pub(super) fn new(
        fixture: &'w mut Fixture,
        programs: &'w Programs,
        mut chance: Chance,
        tally: &'w mut Tally,
    ) -> Self {
        let versions = 6 + chance.below(5);
        let complex = chance.percent(40);
        let mut labels = chance.shuffled(LABELS.len());
        if complex {
            let mut positions = chance.shuffled(versions);
            positions.truncate(3);
            positions.sort_unstable();
            put(
                &mut labels,
                &[COMPLEX_STEPS[0].0, COMPLEX_STEPS[0].1, COMPLEX_STEPS[1].1],
                &positions,
            );
        }
        Self {
            name: format!("graph-{}", chance.seed),
            fixture,
            programs,
            chance,
            tally,
            graph: Graph::default(),
            versions,
            labels,
            complex,
            lives: Vec::new(),
            longest: 0,
        }
    }

    /// Runs the whole simulation; returns how many steps its longest upgrade took.
    pub(super) fn simulate(mut self) -> u64 {
        self.define();
        let wide = self.chance.percent(30);
        let versions = self.versions;
        for position_in_list in 0..versions {
            self.add_version(position_in_list);
            for _ in 0..if wide { 3 } else { 1 } {
                if self.chance.percent(60) {
                    self.add_any_step();
                }
            }
        }
        for _ in 0..1 + self.chance.below(2) {
            self.give_creation();
        }
        for instance in 0..self.lives.len() {
            while self.chance.percent(45) {
                let target = self.chance.below(versions);
                self.upgrade(instance, target);
                if self.chance.percent(20) {
                    self.add_any_step();
                }
            }
            self.upgrade(instance, versions - 1);
        }
        self.longest
    }

    fn define(&mut self) {
        let policy = is(account(0));
        let create = calls::create_definition(self.name.clone(), policy);
        self.fixture.accepted(0, &create);
    }

    // -- versions and steps

    /// The next version, reached from an older one, or only created.
    fn add_version(&mut self, position_in_list: usize) {
        let way = (position_in_list > 0 && !self.chance.percent(5)).then(|| {
            let complex_step = self
                .complex_step_into(position_in_list)
                .filter(|_| self.chance.percent(80));
            let from = complex_step.unwrap_or_else(|| {
                if self.chance.percent(75) {
                    position_in_list - 1
                } else {
                    self.chance.below(position_in_list)
                }
            });
            self.way(from, position_in_list)
        });
        let version = calls::add_version(
            self.name.clone(),
            self.label(position_in_list),
            &self.code(position_in_list),
            way.map_or_else(initial_step, |way| self.step(way, position_in_list)),
        );
        self.fixture.accepted(0, &version);
        self.graph.0.push(way.into_iter().collect());
        self.tally.versions += 1;
    }

    /// Where the complex step into a version would come from.
    fn complex_step_into(&self, position_in_list: usize) -> Option<usize> {
        let (from, _) = COMPLEX_STEPS
            .iter()
            .find(|(_, to)| *to == self.labels[position_in_list])?;
        let from = self.labels.iter().position(|label| label == from)?;
        (self.complex && from < position_in_list).then_some(from)
    }

    /// A way from one version into another, of any kind that fits.
    fn way(&mut self, from: usize, to: usize) -> Incoming {
        let pair = (self.labels[from], self.labels[to]);
        let bad = if self.complex { 0 } else { 4 };
        let kind = if self.complex && COMPLEX_STEPS.contains(&pair) {
            Kind::Complex
        } else {
            self.chance.weighted(&[
                (25, Kind::Nothing),
                (35, Kind::Call),
                (3, Kind::Later),
                (20, Kind::Script),
                (16, Kind::Foreign),
                (bad, Kind::Bad(1)),
                (bad / 2, Kind::Bad(2)),
                (bad / 2, Kind::Bad(4)),
            ])
        };
        Incoming { from, kind }
    }

    /// Another way in, between any two versions: some of them would close a cycle, some are there.
    fn add_any_step(&mut self) {
        let positions = self.graph.0.len();
        let to = self.chance.below(positions);
        let end = if self.chance.percent(70) {
            to.max(1)
        } else {
            positions
        };
        let from = self.chance.below(end);
        let way = if self.chance.percent(10) {
            None
        } else {
            Some(self.way(from, to))
        };
        let step = match way {
            Some(way) => self.step(way, to),
            None => plain("nowhere"),
        };
        let added = calls::add_step(self.name.clone(), self.label(to), step.clone());
        let found = self.fixture.send(account(0), &added);
        let found = found.map(drop).map_err(|Reverted(data)| data);
        let expected = match way {
            None => Err(invalid_step::UNKNOWN_FROM),
            Some(way) if way.from >= to => Err(invalid_step::NOT_OLDER),
            Some(way) if self.graph.0[to].iter().any(|there| there.from == way.from) => {
                Err(invalid_step::TOO_MANY_INCOMING_STEPS)
            }
            Some(way) => Ok(way),
        };
        match expected {
            Ok(way) => {
                self.graph.0[to].push(way);
                self.tally.added_steps += 1;
            }
            Err(invalid_step::NOT_OLDER) => self.tally.refused_cycles += 1,
            Err(_) => self.tally.refused_steps += 1,
        }
        let expected = expected
            .map(drop)
            .map_err(|reason| encoded(&bad_step(&step.from, &self.label(to), reason)));
        assert_eq!(found, expected, "{}: {way:?} into {to}", self.name);
    }

    /// A way as the registry takes it.
    fn step(&self, way: Incoming, to: usize) -> Step {
        let Incoming { from, kind } = way;
        let (number, script, data) = match kind {
            Kind::Nothing => (0, None, Bytes::new()),
            Kind::Call => (1, None, self.migration(from, to)),
            Kind::Later => (1, None, Bytes::new()),
            Kind::Script => (2, Some(&self.programs.script), self.note(2, from, to)),
            Kind::Foreign => (4, None, self.note(4, from, to)),
            Kind::Complex => {
                let handler = account(HANDLER);
                let start = startMigrationCall { handler }.abi_encode();
                (3, Some(&self.programs.program), start.into())
            }
            Kind::Bad(number) => {
                let (from, to) = self.numbers(from, to);
                let script = (number == 2).then_some(&self.programs.script);
                (
                    number,
                    script,
                    ITrace::failCall { from, to }.abi_encode().into(),
                )
            }
        };
        Step {
            script: script.map_or(Address::ZERO, |code| code.implementation),
            scriptCodehash: script.map_or(B256::ZERO, |code| code.codehash),
            ..step(&self.label(from), number, data)
        }
    }

    // -- words

    fn label(&self, position_in_list: usize) -> String {
        LABELS[self.labels[position_in_list]].into()
    }

    fn numbers(&self, from: usize, to: usize) -> (u8, u8) {
        (self.labels[from] as u8, self.labels[to] as u8)
    }

    fn code(&self, position_in_list: usize) -> Code {
        self.programs.codes[position_in_list % 2].clone()
    }

    fn migration(&self, from: usize, to: usize) -> Bytes {
        let (from, to) = self.numbers(from, to);
        ITrace::migrateCall { from, to }.abi_encode().into()
    }

    fn note(&self, kind: u8, from: usize, to: usize) -> Bytes {
        let (from, to) = self.numbers(from, to);
        ITrace::noteCall { kind, from, to }.abi_encode().into()
    }
}

fn encoded(error: &impl SolError) -> Bytes {
    error.abi_encode().into()
}

/// Puts numbers at places, each in exchange for the one that is there.
fn put(all: &mut [usize], some: &[usize], positions: &[usize]) {
    for (one, position_in_list) in some.iter().zip(positions) {
        if let Some(was) = all.iter().position(|other| other == one) {
            all.swap(was, *position_in_list);
        }
    }
}
