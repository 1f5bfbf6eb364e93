//! One graph: versions and steps are registered, instances are born and upgraded, and after every
//! transaction the chain is what the model is.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol;
use alloy::sol_types::{SolCall, SolError};
use stylus_chain::BlockId;
use stylus_upgrades_interface::complex::IComplexMigration::{
    endMigrationCall, migrateNextCall, startMigrationCall,
};
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::{invalid_step, proxy_kind};
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};
use stylus_upgrades_interface::slots;

use super::Tally;
use super::model::{BORN, Graph, Hop, Kind, Life, Moved, Refusal, Way};
use crate::migrations::chance::Chance;
use crate::registry::world::{Done, Reverted, World, account, birth, is, step};

sol! {
    interface ITrace {
        function initialize(uint8 to);
        function migrate(uint8 from, uint8 to);
        function note(uint8 kind, uint8 from, uint8 to);
        function fail(uint8 from, uint8 to);
    }
}

/// The labels that `contracts/trace` knows, by their numbers.
const LABELS: [&str; 10] = [
    "0.1", "0.9", "1.0", "1.0.1", "1.1", "2.0", "2.0-rc.1", "3.0", "10.0", "main",
];
/// The pairs of them between which `contracts/trace_legs` stands.
const LEGS: [(usize, usize); 2] = [(2, 5), (5, 7)];
/// Who handles complex steps.
const HANDLER: usize = 5;

/// The programs, which all graphs share.
pub(in super::super) struct Cast {
    /// The same code, twice: versions take turns.
    codes: [Code; 2],
    script: Code,
    program: Code,
}

impl Cast {
    pub(super) fn deploy(world: &mut World) -> Self {
        Self {
            codes: [world.deploy("trace"), world.deploy("trace")],
            script: world.deploy("trace"),
            program: world.deploy("trace-legs"),
        }
    }
}

/// A graph, its instances, and the chain that they are on.
pub(super) struct Story<'w> {
    world: &'w mut World,
    cast: &'w Cast,
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

impl<'w> Story<'w> {
    pub(super) fn new(
        world: &'w mut World,
        cast: &'w Cast,
        mut chance: Chance,
        tally: &'w mut Tally,
    ) -> Self {
        let versions = 6 + chance.below(5);
        let complex = chance.percent(40);
        let mut labels = chance.shuffled(LABELS.len());
        if complex {
            let mut places = chance.shuffled(versions);
            places.truncate(3);
            places.sort_unstable();
            put(&mut labels, &[LEGS[0].0, LEGS[0].1, LEGS[1].1], &places);
        }
        Self {
            name: format!("graph-{}", chance.seed),
            world,
            cast,
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

    /// The whole story; returns how many steps its longest upgrade took.
    pub(super) fn tell(mut self) -> u64 {
        self.define();
        let wide = self.chance.percent(30);
        let versions = self.versions;
        for place in 0..versions {
            self.add_version(place);
            for _ in 0..if wide { 3 } else { 1 } {
                if self.chance.percent(60) {
                    self.add_any_step();
                }
            }
        }
        for _ in 0..1 + self.chance.below(2) {
            self.give_birth();
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
        let create = IRegistry::createDefinitionCall {
            name: self.name.clone(),
            migratePolicy: policy.clone(),
            policyPolicy: policy.clone(),
            createPolicy: policy,
        };
        self.world.send(account(0), &create).expect("defined");
    }

    // -- versions and steps

    /// The next version, reached from an older one, or only born.
    fn add_version(&mut self, place: usize) {
        let way = (place > 0 && !self.chance.percent(5)).then(|| {
            let leg = self.leg_into(place).filter(|_| self.chance.percent(80));
            let from = leg.unwrap_or_else(|| {
                if self.chance.percent(75) {
                    place - 1
                } else {
                    self.chance.below(place)
                }
            });
            self.way(from, place)
        });
        let version = IRegistry::addVersionCall {
            name: self.name.clone(),
            version: self.label(place),
            code: self.code(place),
            step: way.map_or_else(birth, |way| self.step(way, place)),
        };
        self.world.send(account(0), &version).expect("added");
        self.graph.0.push(way.into_iter().collect());
        self.tally.versions += 1;
    }

    /// Where the complex step into a version would come from.
    fn leg_into(&self, place: usize) -> Option<usize> {
        let (from, _) = LEGS.iter().find(|(_, to)| *to == self.labels[place])?;
        let from = self.labels.iter().position(|label| label == from)?;
        (self.complex && from < place).then_some(from)
    }

    /// A way from one version into another, of any kind that fits.
    fn way(&mut self, from: usize, to: usize) -> Way {
        let pair = (self.labels[from], self.labels[to]);
        let bad = if self.complex { 0 } else { 4 };
        let kind = if self.complex && LEGS.contains(&pair) {
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
        Way { from, kind }
    }

    /// Another way in, between any two versions: some of them would close a cycle, some are there.
    fn add_any_step(&mut self) {
        let places = self.graph.0.len();
        let to = self.chance.below(places);
        let end = if self.chance.percent(70) {
            to.max(1)
        } else {
            places
        };
        let from = self.chance.below(end);
        let way = if self.chance.percent(10) {
            None
        } else {
            Some(self.way(from, to))
        };
        let step = match way {
            Some(way) => self.step(way, to),
            None => step("nowhere", 0, Bytes::new()),
        };
        let added = IRegistry::addStepCall {
            name: self.name.clone(),
            version: self.label(to),
            step: step.clone(),
        };
        let found = self.world.send(account(0), &added);
        let found = found.map(drop).map_err(|Reverted(data)| data);
        let expected = match way {
            None => Err(invalid_step::UNKNOWN_FROM),
            Some(way) if way.from >= to => Err(invalid_step::NOT_OLDER),
            Some(way) if self.graph.0[to].iter().any(|there| there.from == way.from) => {
                Err(invalid_step::TOO_MANY_WAYS)
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
        let expected = expected.map(drop).map_err(|reason| {
            encoded(&IRegistry::InvalidStep {
                from: step.from,
                to: self.label(to),
                reason,
            })
        });
        assert_eq!(found, expected, "{}: {way:?} into {to}", self.name);
    }

    /// A way as the registry takes it.
    fn step(&self, way: Way, to: usize) -> Step {
        let Way { from, kind } = way;
        let (number, script, data) = match kind {
            Kind::Nothing => (0, None, Bytes::new()),
            Kind::Call => (1, None, self.migration(from, to)),
            Kind::Later => (1, None, Bytes::new()),
            Kind::Script => (2, Some(&self.cast.script), self.note(2, from, to)),
            Kind::Foreign => (4, None, self.note(4, from, to)),
            Kind::Complex => {
                let handler = account(HANDLER);
                let start = startMigrationCall { handler }.abi_encode();
                (3, Some(&self.cast.program), start.into())
            }
            Kind::Bad(number) => {
                let (from, to) = self.numbers(from, to);
                let script = (number == 2).then_some(&self.cast.script);
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

    // -- instances

    fn give_birth(&mut self) {
        let place = self.chance.below(self.graph.0.len().min(3));
        let initialised = self.chance.percent(75);
        let to = self.labels[place] as u8;
        let seed = self.chance.seed.to_be_bytes();
        let create = IRegistry::createProxyCall {
            name: self.name.clone(),
            version: self.label(place),
            kind: proxy_kind::WASM,
            salt: keccak256([seed.as_slice(), &[self.lives.len() as u8]].concat()),
            initData: if initialised {
                ITrace::initializeCall { to }.abi_encode().into()
            } else {
                Bytes::new()
            },
        };
        let born = self.world.send(account(0), &create).expect("born");
        let life = Life::born(place, initialised);
        self.lives.push((born.returned.proxy, life));
        self.tally.instances += 1;
        self.assert_as_modelled(self.lives.len() - 1);
    }

    /// An upgrade to a version, to its end; then, if a step on the way is bad, around that.
    fn upgrade(&mut self, instance: usize, target: usize) {
        let Some(bad) = self.try_upgrade(instance, target) else {
            return;
        };
        let (at, way) = (self.lives[instance].1.at, Kind::Call);
        let there = self.graph.0[target].iter().any(|other| other.from == at);
        if bad.to == target && bad.from == at || there {
            return;
        }
        let way = Way {
            from: at,
            kind: way,
        };
        let around = IRegistry::addStepCall {
            name: self.name.clone(),
            version: self.label(target),
            step: self.step(way, target),
        };
        self.world.send(account(0), &around).expect("a way around");
        self.graph.0[target].push(way);
        assert_eq!(self.try_upgrade(instance, target), None, "{}", self.name);
        assert_eq!(self.lives[instance].1.at, target, "{}", self.name);
        self.tally.ways_around += 1;
    }

    /// An upgrade; returns the bad step that kept it from being.
    fn try_upgrade(&mut self, instance: usize, target: usize) -> Option<Hop> {
        let (proxy, life) = self.lives[instance].clone();
        let path = self.graph.path(life.at, target);
        let waits = path.as_ref().and_then(|path| path.last());
        let data = match waits {
            Some(Hop { from, to, kind }) if *kind == Kind::Later && !self.chance.percent(20) => {
                self.migration(*from, *to)
            }
            _ => Bytes::new(),
        };
        self.assert_plan(proxy, &life, target, path.as_deref());
        let mut after = life.clone();
        let expected = after.upgrade(&self.graph, target, !data.is_empty());
        let call = Proxy::upgradeToAndCallCall {
            version: self.label(target),
            data: data.clone(),
        };
        let found = if data.is_empty() && self.chance.percent(80) {
            let version = self.label(target);
            self.pay(account(0), proxy, &Proxy::upgradeToCall { version })
        } else {
            self.pay(account(0), proxy, &call)
        };
        match (found, expected) {
            (Ok(done), Ok(moved)) => {
                self.lives[instance].1 = after;
                self.tally.upgrades += 1;
                self.longest = self.longest.max(path.map_or(0, |path| path.len() as u64));
                self.assert_told(instance, &done, &moved);
                self.assert_as_modelled(instance);
                self.finish(instance);
                None
            }
            (Err(Reverted(found)), Err(expected)) => {
                assert_eq!(found, self.refusal(&life, target, expected), "{expected:?}");
                self.tally.refused_upgrades += 1;
                self.tally.gaps += u64::from(expected == Refusal::NoPath && target > life.at);
                self.assert_as_modelled(instance);
                match expected {
                    Refusal::Failed(hop) => Some(hop),
                    _ => None,
                }
            }
            (found, expected) => panic!("{}: {expected:?}, found {found:?}", self.name),
        }
    }

    /// Goes through the complex steps that the instance stops at.
    fn finish(&mut self, instance: usize) {
        while self.lives[instance].1.within.is_some() {
            let proxy = self.lives[instance].0;
            if self.chance.percent(25) {
                self.add_any_step(); // what is left of the path follows from the graph as it is
            }
            let next = migrateNextCall {
                gasBudget: 1_000_000,
            };
            self.pay(account(HANDLER), proxy, &next).expect("an item");
            self.lives[instance].1.item();
            let ended = self.pay(account(HANDLER), proxy, &endMigrationCall {});
            let ended = ended.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
            let moved = self.lives[instance].1.end(&self.graph);
            self.tally.complex_steps += 1;
            self.assert_told(instance, &ended, &moved);
            self.assert_as_modelled(instance);
        }
    }

    // -- the chain against the model

    /// What `plan` shows is the path that the rule picks.
    fn assert_plan(&mut self, proxy: Address, life: &Life, target: usize, path: Option<&[Hop]>) {
        let Some(path) = path else {
            return;
        };
        let plan = IRegistry::planCall {
            instance: proxy,
            version: self.label(target),
        };
        let plan = self.world.view(&plan).expect("a plan");
        let labels: Vec<String> = path.iter().map(|hop| self.label(hop.to)).collect();
        let steps = path.iter().map(|hop| {
            let Hop { from, to, kind } = *hop;
            self.step(Way { from, kind }, to)
        });
        let steps: Vec<Step> = steps.collect();
        assert_eq!(plan.steps, steps, "{}", self.name);
        assert_eq!(plan.labels, labels, "{}", self.name);
        let ways = self.graph.ties(life.at, target, path.len());
        self.tally.ties += u64::from(ways > 1);
    }

    /// The events of a transaction say what was applied.
    fn assert_told(&mut self, instance: usize, done: &Done<()>, moved: &Moved) {
        let (proxy, life) = &self.lives[instance];
        let expected: Vec<Migrated> = moved
            .applied
            .iter()
            .map(|hop| Migrated {
                from: self.label(hop.from),
                to: self.label(hop.to),
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
                .all(|log| log.address == *proxy || log.address == self.world.registry)
        );
    }

    /// Version, code, marks and what was written down are what the model says.
    fn assert_as_modelled(&self, instance: usize) {
        let (proxy, life) = &self.lives[instance];
        let version = self.world.ask(*proxy, &Proxy::implementationVersionCall {});
        assert_eq!(version, Ok(self.label(life.at)), "{}", self.name);
        let implementation = self.slot(*proxy, slots::IMPLEMENTATION.into());
        assert_eq!(
            Address::from_word(implementation),
            self.implementation(life)
        );
        for place in 0..self.labels.len() {
            let mark = self.slot(*proxy, slots::migrated(&self.label(place)).into());
            let reached = life.reached.contains(&place);
            assert_eq!(mark == slots::SET, reached, "{}: {place}", self.name);
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
            [0, *kind, if *kind == BORN { BORN } else { from }, to]
        });
        assert_eq!(log, Vec::from_iter(expected), "{}", self.name);
    }

    fn implementation(&self, life: &Life) -> Address {
        match life.within {
            Some(_) => self.cast.program.implementation,
            None => self.code(life.at).implementation,
        }
    }

    fn refusal(&self, life: &Life, target: usize, refusal: Refusal) -> Bytes {
        let (from, to) = (self.label(life.at), self.label(target));
        match refusal {
            Refusal::AlreadyThere => encoded(&Proxy::AlreadyAtVersion { version: to }),
            Refusal::NoPath => {
                let name = self.name.clone();
                encoded(&Proxy::NoPath { name, from, to })
            }
            Refusal::NotApplied(hop) => encoded(&Proxy::MigrationNotApplied {
                from: self.label(hop.from),
                to: self.label(hop.to),
            }),
            Refusal::DataWithComplex(hop) => encoded(&IRegistry::InvalidStep {
                from: self.label(hop.from),
                to: self.label(hop.to),
                reason: invalid_step::DATA_WITH_COMPLEX,
            }),
            Refusal::Failed(hop) => {
                let (from, to) = self.numbers(hop.from, hop.to);
                vec![from, to].into()
            }
        }
    }

    // -- words

    fn label(&self, place: usize) -> String {
        LABELS[self.labels[place]].into()
    }

    fn numbers(&self, from: usize, to: usize) -> (u8, u8) {
        (self.labels[from] as u8, self.labels[to] as u8)
    }

    fn code(&self, place: usize) -> Code {
        self.cast.codes[place % 2].clone()
    }

    fn migration(&self, from: usize, to: usize) -> Bytes {
        let (from, to) = self.numbers(from, to);
        ITrace::migrateCall { from, to }.abi_encode().into()
    }

    fn note(&self, kind: u8, from: usize, to: usize) -> Bytes {
        let (from, to) = self.numbers(from, to);
        ITrace::noteCall { kind, from, to }.abi_encode().into()
    }

    fn slot(&self, proxy: Address, slot: U256) -> B256 {
        let read = self.world.chain.storage(proxy, slot, BlockId::latest());
        read.expect("a slot")
    }

    /// A transaction to an instance, whose answer is nothing.
    fn pay(
        &mut self,
        from: Address,
        proxy: Address,
        call: &impl SolCall,
    ) -> Result<Done<()>, Reverted> {
        let data = call.abi_encode().into();
        let done = self.world.raw(from, proxy, data, U256::ZERO, GAS)?;
        Ok(Done {
            returned: (),
            logs: done.logs,
            gas: done.gas,
        })
    }
}

/// Gas of a transaction to an instance.
const GAS: u64 = 30_000_000;

fn encoded(error: &impl SolError) -> Bytes {
    error.abi_encode().into()
}

/// Puts numbers at places, each in exchange for the one that is there.
fn put(all: &mut [usize], some: &[usize], places: &[usize]) {
    for (one, place) in some.iter().zip(places) {
        if let Some(was) = all.iter().position(|other| other == one) {
            all.swap(was, *place);
        }
    }
}
