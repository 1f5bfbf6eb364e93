//! Compares the chain with the model.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::reasons::invalid_step;

use super::{Simulation, encoded};
use crate::migrations::graphs::model::{CREATED, Incoming, Life, Moved, PathStep, Refusal};
use crate::registry::fixture::{Done, framework};

impl Simulation<'_> {
    /// What `plan` shows is the path that the rule picks.
    pub(super) fn assert_plan(
        &mut self,
        proxy: Address,
        life: &Life,
        target: usize,
        path: Option<&[PathStep]>,
    ) {
        let Some(path) = path else {
            return;
        };
        let plan = IRegistry::planCall {
            instance: proxy,
            version: self.label(target),
        };
        let plan = self.fixture.view(&plan).expect("a plan");
        let labels: Vec<String> = path
            .iter()
            .map(|path_step| self.label(path_step.to))
            .collect();
        let steps = path.iter().map(|path_step| {
            let PathStep { from, to, kind } = *path_step;
            self.step(Incoming { from, kind }, to)
        });
        let steps: Vec<Step> = steps.collect();
        assert_eq!(plan.steps, steps, "{}", self.name);
        assert_eq!(plan.labels, labels, "{}", self.name);
        let incoming = self.graph.ties(life.at, target, path.len());
        self.tally.ties += u64::from(incoming > 1);
    }

    /// The events of a transaction say what was applied.
    pub(super) fn assert_reported(&mut self, instance: usize, done: &Done<()>, moved: &Moved) {
        let (proxy, life) = &self.lives[instance];
        let expected: Vec<Migrated> = moved
            .applied
            .iter()
            .map(|path_step| Migrated {
                from: self.label(path_step.from),
                to: self.label(path_step.to),
            })
            .collect();
        assert_eq!(done.events::<Migrated>(), expected, "{}", self.name);
        self.tally.migrations += expected.len() as u64;
        let arrived: Vec<(String, String)> = done
            .events::<IRegistry::InstanceUpgraded>()
            .into_iter()
            .map(|event| (event.from, event.to))
            .collect();
        let expected = (moved.was != life.at).then(|| (self.label(moved.was), self.label(life.at)));
        assert_eq!(arrived, Vec::from_iter(expected), "{}", self.name);
        let implementation = self.implementation(life);
        let upgraded = done.events::<Proxy::Upgraded>();
        assert_eq!(upgraded, [Proxy::Upgraded { implementation }]);
        assert!(
            done.logs
                .iter()
                .all(|log| log.address == *proxy || log.address == self.fixture.registry)
        );
    }

    /// Version, code, marks and what was written down are what the model says.
    pub(super) fn assert_as_modeled(&self, instance: usize) {
        let (proxy, life) = &self.lives[instance];
        let version = self
            .fixture
            .ask(*proxy, &Proxy::implementationVersionCall {});
        assert_eq!(version, Ok(self.label(life.at)), "{}", self.name);
        let implementation = self.slot(*proxy, slots::IMPLEMENTATION.into());
        let found = Address::from_word(implementation);
        assert_eq!(found, self.implementation(life));
        for position in 0..self.labels.len() {
            let mark = self.slot(*proxy, slots::migrated(&self.label(position)).into());
            let reached = life.reached.contains(&position);
            assert_eq!(mark == slots::SET, reached, "{}: {position}", self.name);
        }
        let length: u64 = U256::from_be_bytes(self.slot(*proxy, U256::ZERO).0).to();
        let first = U256::from_be_bytes(keccak256(B256::ZERO).0);
        let log: Vec<[u8; 4]> = (0..length)
            .map(|n| {
                let [.., zero, kind, from, to] = self.slot(*proxy, first + U256::from(n)).0;
                [zero, kind, from, to]
            })
            .collect();
        let expected = life.log.iter().map(|(kind, from, to)| {
            let (from, to) = self.numbers(*from, *to);
            [0, *kind, if *kind == CREATED { CREATED } else { from }, to]
        });
        assert_eq!(log, Vec::from_iter(expected), "{}", self.name);
    }

    fn implementation(&self, life: &Life) -> Address {
        match life.within {
            Some(_) => self.programs.program.implementation,
            None if life.stopped => framework().stub.address,
            None => self.code(life.at).implementation,
        }
    }

    pub(super) fn refusal(&self, life: &Life, target: usize, refusal: Refusal) -> Bytes {
        let (from, to) = (self.label(life.at), self.label(target));
        match refusal {
            Refusal::AlreadyThere => encoded(&already_at(&to)),
            Refusal::NoPath => {
                let name = self.name.clone();
                encoded(&Proxy::NoPath { name, from, to })
            }
            Refusal::NotApplied(path_step) => encoded(&not_applied(
                &self.label(path_step.from),
                &self.label(path_step.to),
            )),
            Refusal::DataWithComplex(path_step) => encoded(&bad_step(
                &self.label(path_step.from),
                &self.label(path_step.to),
                invalid_step::DATA_WITH_COMPLEX,
            )),
            Refusal::Failed(path_step) => {
                let (from, to) = self.numbers(path_step.from, path_step.to);
                vec![from, to].into()
            }
        }
    }

    fn slot(&self, proxy: Address, slot: U256) -> B256 {
        let read = self.fixture.chain.storage(proxy, slot, BlockId::latest());
        read.expect("a slot")
    }
}
