//! Consistency of proxies and registry. Approvers, handlers and strangers act on complex steps in
//! any order. Afterwards both sides must still agree.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes};
use stylus_upgrades_interface::complex::IComplexStep;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::instance_state;
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::IHostile;
use stylus_upgrades_tests::calls;

use super::fixture::{Scenario, call, data, upgrade_to};
use crate::migrations::chance::Chance;
use crate::registry::fixture::{Reverted, account, complex, framework, step};

const RUNS: u64 = 12;
const ACTS: usize = 80;
const INSTANCES: usize = 3;
const VERSIONS: usize = 24;

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Add,
    AddStep,
    Migrate,
    Upgrade,
    Rollout,
    End,
    EndBack,
    Abort,
    SetHandler,
}

const WEIGHTS: [(usize, Act); 9] = [
    (10, Act::Add),
    (14, Act::AddStep),
    (10, Act::Migrate),
    (22, Act::Upgrade),
    (12, Act::Rollout),
    (26, Act::End),
    (8, Act::EndBack),
    (6, Act::Abort),
    (3, Act::SetHandler),
];

struct Simulation {
    scenario: Scenario,
    chance: Chance,
    /// In the order of their registration; the first is 1.0.
    labels: Vec<String>,
    instances: Vec<Address>,
    /// The programs of complex steps: hostile code that ends on request.
    program: Code,
    /// Who was called back at which version, from which one that was current.
    called_back: BTreeMap<Address, (String, String)>,
    done: BTreeMap<Act, [usize; 2]>,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut scenario = Scenario::new();
        let program = scenario.fixture.deploy("hostile");
        let mut instances = vec![scenario.proxy];
        for n in 1..INSTANCES {
            instances.push(scenario.create(n as u8 + 1, "1.0"));
        }
        Self {
            scenario,
            chance: Chance::new(seed),
            labels: vec!["1.0".into()],
            instances,
            program,
            called_back: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    /// An instance, mostly one in that state.
    fn instance(&mut self, state: u8) -> Address {
        let fitting = |proxy: &Address| {
            let record = IRegistry::instanceOfCall { proxy: *proxy };
            let record = self.scenario.fixture.view(&record).expect("an instance");
            record.state == state
        };
        let fitting: Vec<Address> = self.instances.iter().copied().filter(fitting).collect();
        let from = match fitting.is_empty() || self.chance.percent(15) {
            true => &self.instances,
            false => &fitting,
        };
        from[self.chance.below(from.len())]
    }

    fn label(&mut self) -> String {
        let n = self.chance.below(self.labels.len());
        self.labels[n].clone()
    }

    /// A step of a random kind.
    fn step(&mut self, from: &str) -> Step {
        let fails = IHostile::revertWithCall {
            data: vec![0xee].into(),
        };
        let passes = IHostile::actCall { actions: vec![] };
        match self.chance.below(10) {
            0 => step(from, 4, data(&fails)),
            1 | 2 => step(from, 4, data(&passes)),
            3 | 4 => step(from, 0, Bytes::new()),
            _ => complex(from, &self.program, account(1)),
        }
    }

    fn new_label(&self) -> Option<String> {
        let n = self.labels.len() + 1;
        (n <= VERSIONS).then(|| format!("{n}.0"))
    }

    fn act(&mut self, act: Act) -> Result<(), Reverted> {
        match act {
            Act::Add | Act::Migrate => {
                let Some(version) = self.new_label() else {
                    return Ok(());
                };
                let from = match act {
                    Act::Add => self.label(),
                    _ => self.current(),
                };
                let step = self.step(&from);
                if act == Act::Add {
                    self.scenario.add(&version, step);
                } else {
                    self.scenario.migrate(&version, step)?;
                }
                self.labels.push(version);
                Ok(())
            }
            Act::AddStep => {
                let (from, version) = (self.label(), self.label());
                let order = calls::add_step("A", version, self.step(&from));
                self.scenario.govern(&order).map(drop)
            }
            Act::Upgrade => {
                let proxy = self.instance(instance_state::LIVE);
                let young = self.labels.len().saturating_sub(3);
                let version = match self.chance.percent(70) {
                    true => {
                        self.labels[young + self.chance.below(self.labels.len() - young)].clone()
                    }
                    false => self.label(),
                };
                let order = call(proxy, &upgrade_to(&version));
                self.scenario.boss(vec![order]).map(drop)
            }
            Act::Rollout => {
                let max = self.chance.below(4) as u16;
                self.scenario.rollout(max, 32_000_000).map(drop)
            }
            Act::End | Act::EndBack => {
                let back = act == Act::EndBack;
                let state = match back {
                    true => instance_state::TURNING_BACK,
                    false => instance_state::MIGRATING,
                };
                let proxy = self.instance(state);
                let finish = IHostile::delegateCall {
                    target: framework().storage.address,
                    data: data(&IComplexStep::finishStepCall { back }),
                };
                self.scenario.act(proxy, vec![data(&finish)]).map(drop)
            }
            Act::Abort => {
                let proxy = self.instance(instance_state::MIGRATING);
                let name = String::from("A");
                self.scenario
                    .govern(&IRegistry::abortMigrationCall { name, proxy })?;
                let position = (self.scenario.version(proxy), self.current());
                self.called_back.insert(proxy, position);
                Ok(())
            }
            Act::SetHandler => {
                let order =
                    calls::set_handler("A", self.instance(instance_state::MIGRATING), account(2));
                self.scenario.govern(&order).map(drop)
            }
        }
    }

    fn current(&self) -> String {
        let query = IRegistry::definitionCall { name: "A".into() };
        self.scenario.fixture.view(&query).expect("A").current
    }

    /// What must hold whatever happened.
    fn check(&mut self, what: &str) {
        let fixture = &self.scenario.fixture;
        let current_label = self.current();
        let position = |label: &str| {
            let found = self.labels.iter().position(|known| known == label);
            found.unwrap_or_else(|| panic!("{what}: {label} is no version"))
        };
        let current = position(&current_label);
        let mut lagging = 0;
        for proxy in self.instances.iter().copied() {
            let record = fixture.view(&IRegistry::instanceOfCall { proxy });
            let record = record.expect("an instance");
            let at = position(&record.version);
            let marked =
                |label: &str| self.scenario.slot(proxy, slots::migrated(label)) == slots::SET;
            assert!(marked(&record.version), "{what}: {proxy} is at {at}");
            for later in &self.labels[at + 1..] {
                assert!(!marked(later), "{what}: {proxy} at {at} was at {later}");
            }
            let runs = fixture.ask(proxy, &Proxy::implementationCall {});
            let runs = runs.expect("code");
            if record.state == instance_state::LIVE {
                assert_eq!(runs, self.scenario.code.implementation, "{what}: {proxy}");
                let position = (record.version, current_label.clone());
                let excluded = self.called_back.get(&proxy) == Some(&position);
                lagging += u16::from(at < current && !excluded);
            } else {
                assert_eq!(runs, self.program.implementation, "{what}: {proxy}");
            }
            if record.state == instance_state::MIGRATING {
                self.called_back.remove(&proxy);
            }
            let initialized = self.scenario.slot(proxy, slots::INITIALISED);
            assert_ne!(initialized, B256::ZERO);
        }
        let none = calls::rollout("A", 0);
        let left = fixture.view(&none).expect("an answer").left;
        assert_eq!(left, lagging, "{what}: those that wait");
    }
}

#[test]
fn whatever_is_done_about_complex_steps_proxies_and_registry_agree() {
    let mut all: BTreeMap<Act, [usize; 2]> = BTreeMap::new();
    let runs = if stylus_upgrades_test_support::long() {
        RUNS * 15
    } else {
        RUNS
    };
    for seed in 0..runs {
        let mut simulation = Simulation::new(seed);
        for n in 0..ACTS {
            let act = simulation.chance.weighted(&WEIGHTS);
            let done = simulation.act(act).is_ok();
            simulation.done.entry(act).or_default()[usize::from(done)] += 1;
            simulation.check(&format!("seed {seed}, {n}: {act:?}"));
        }
        for (act, [refused, done]) in simulation.done {
            let counted = all.entry(act).or_default();
            counted[0] += refused;
            counted[1] += done;
        }
    }
    eprintln!("refused and done: {all:?}");
    for (_, act) in WEIGHTS {
        assert!(all[&act][1] >= 10, "{act:?} was done {:?}", all[&act]);
    }
}
