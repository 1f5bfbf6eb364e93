//! Every governed call by any account in any order, mixed with upgrades, rollouts and complex
//! steps. The results are compared with a simple model.

mod approvals;
mod contract;
mod policy;
mod request;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolError};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_chain::{BlockId, BlockNumberOrTag, Filter};
use stylus_upgrades_interface::complex::IComplexStep::finishStepCall;
use stylus_upgrades_interface::limits::ACTION_LIFETIME;
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::definition_state;
use stylus_upgrades_interface::registry::{IRegistry, Progress};
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::IHostile;

use super::fixture::{Fixture, account, framework};
use super::replay;
use crate::review::fixture::data;
use approvals::Board;
use contract::{Contract, NAME, Outcome};
use policy::{PEOPLE, Policy};
use request::{Draft, Request, SALTS, Targets, Which, draft, label};

/// Seconds at which the simulation begins, and how long it may last: the programs themselves expire
/// after a year.
const BEGIN: u64 = 1_800_100_000;
const LENGTH: u64 = 300 * 86_400;
/// Simulations, each from a seed of its own: in every run, where each still does everything, and in
/// the long run.
const RUNS: (u8, u8) = (20, 50);
const STEPS: usize = 400;
/// Enough for a failure in a rollout to count.
const GAS: u64 = 32_000_000;

#[derive(Clone, Debug)]
enum Event {
    /// A new request, or one that was made before.
    Send(usize, Draft),
    Again(usize, prop::sample::Index),
    Revoke(usize, prop::sample::Index),
    Cancel(usize, prop::sample::Index),
    Wait(u64),
    Rollout(usize, u16),
    /// Somebody asks a proxy to upgrade.
    Upgrade(usize, u8, Which),
    /// Somebody has the program of a complex step end it, in the direction that it has or not.
    Finish(usize, u8, bool),
}

fn event() -> impl Strategy<Value = Event> {
    let index = any::<prop::sample::Index>;
    let who = || 0..PEOPLE;
    let to = prop_oneof![
        3 => Just(Which::Current),
        2 => Just(Which::Next),
        2 => Just(Which::Youngest),
        1 => (0u8..14).prop_map(Which::Any),
    ];
    prop_oneof![
        8 => (who(), draft()).prop_map(|(who, draft)| Event::Send(who, draft)),
        14 => (who(), index()).prop_map(|(who, which)| Event::Again(who, which)),
        2 => (who(), index()).prop_map(|(who, which)| Event::Revoke(who, which)),
        1 => (who(), index()).prop_map(|(who, which)| Event::Cancel(who, which)),
        2 => prop_oneof![6 => 1u64..6_000, 1 => Just(ACTION_LIFETIME)].prop_map(Event::Wait),
        2 => (who(), 0u16..4).prop_map(|(who, max)| Event::Rollout(who, max)),
        4 => (who(), 0..SALTS, to).prop_map(|(who, which, to)| Event::Upgrade(who, which, to)),
        3 => (who(), 0..SALTS, prop::bool::weighted(0.9))
            .prop_map(|(who, which, right)| Event::Finish(who, which, right)),
    ]
}

/// How often each thing happened, over all simulations.
type Counts = BTreeMap<&'static str, usize>;

struct Simulation {
    fixture: Fixture,
    board: Board,
    contract: Contract,
    targets: Targets,
    /// Other definitions that were created.
    defined: Vec<u8>,
    /// every action and every request that there ever was, to pick from.
    known: Vec<B256>,
    requests: Vec<Request>,
    counts: Counts,
}

impl Simulation {
    fn new() -> Self {
        let mut fixture = Fixture::new(&Policy::alone(0).text());
        let first = Policy {
            need: 2,
            who: vec![0, 1, 2],
            delay: 0,
        };
        fixture.define(&first.text()).expect("defined");
        let [code, program] = ["hostile", "hostile"].map(|package| fixture.deploy(package));
        let proxies = (0..SALTS).map(|salt| {
            let query = IRegistry::proxyAddressCall {
                name: NAME.into(),
                kind: 0,
                salt: B256::repeat_byte(salt + 1),
            };
            fixture.view(&query).expect("an address")
        });
        let targets = Targets {
            code,
            program,
            proxies: proxies.collect(),
        };
        let (chain_id, registry) = (fixture.chain.chain_id(), fixture.registry);
        Self {
            board: Board::new(chain_id, registry, BEGIN, &first),
            contract: Contract::default(),
            targets,
            defined: Vec::new(),
            known: Vec::new(),
            requests: vec![Request::Add(
                "0".into(),
                String::new(),
                contract::Does::Nothing,
                false,
            )],
            counts: Counts::new(),
            fixture,
        }
    }

    fn happen(&mut self, event: Event) {
        self.board.now += 1;
        let known = |which: prop::sample::Index, known: &[B256]| *which.get(known);
        match event {
            Event::Send(who, draft) => {
                let request = draft.resolve(&self.contract, &self.targets);
                self.requests.push(request.clone());
                self.send(self.board.somebody(request.role(), who), &request);
            }
            Event::Again(who, which) => {
                let recent = self.requests.len().saturating_sub(2);
                let request = which.get(&self.requests[recent..]).clone();
                self.send(self.board.somebody(request.role(), who), &request);
            }
            Event::Revoke(who, which) if !self.known.is_empty() => {
                let action = known(which, &self.known);
                let expected = self.board.revoke(who, action);
                self.expect(who, &IRegistry::revokeCall { action }, expected, "revoke");
            }
            Event::Cancel(who, which) if !self.known.is_empty() => {
                let action = known(which, &self.known);
                let expected = self.board.cancel(who, action);
                self.expect(who, &IRegistry::cancelCall { action }, expected, "cancel");
            }
            Event::Wait(seconds) if self.board.now + seconds < BEGIN + LENGTH => {
                self.board.now += seconds;
                self.mine();
            }
            Event::Revoke(..) | Event::Cancel(..) | Event::Wait(_) => self.mine(),
            Event::Rollout(who, max) => self.rollout(who, max),
            Event::Upgrade(who, which, to) => {
                let who = self.board.somebody((NAME, "migrate"), who);
                self.upgrade(who, which, &to);
            }
            Event::Finish(who, which, right) => self.finish(who, which, right),
        }
    }

    /// A block of the model's time.
    fn mine(&mut self) {
        let chain = &mut self.fixture.chain;
        chain
            .set_next_timestamp(self.board.now)
            .expect("time passes");
        chain.mine(1, None).expect("a block");
    }

    /// A transaction in a block of the model's time.
    fn transact(&mut self, who: usize, to: Address, calldata: Bytes) -> Outcome<Bytes> {
        let chain = &mut self.fixture.chain;
        chain
            .set_next_timestamp(self.board.now)
            .expect("time passes");
        let done = self
            .fixture
            .raw(account(who), to, calldata, U256::ZERO, GAS);
        done.map(|done| done.returned).map_err(|error| error.0)
    }

    /// Sends a call to the registry that must do as the model did.
    fn expect<C: SolCall>(&mut self, who: usize, call: &C, expected: Outcome, kind: &'static str) {
        let registry = self.fixture.registry;
        let found = self.transact(who, registry, data(call));
        assert_eq!(found.map(drop), expected, "{kind} by {who}");
        self.count(kind, expected.is_ok());
    }

    fn count(&mut self, kind: &'static str, done: bool) {
        *self.counts.entry(kind).or_default() += usize::from(done);
    }

    /// A governed call.
    fn send(&mut self, who: usize, request: &Request) {
        let content = request.calldata(&self.targets);
        let refusal = || request.refused(&self.contract, &self.defined, &self.targets);
        let about = request.about(&self.contract, &self.targets);
        let board = &self.board;
        let any_one = matches!(request, Request::Pause(true));
        let named = (request.role(), any_one);
        let approved = board.approve(who, named, &content, about, refusal);
        let mut after = self.contract.clone();
        let expected = approved.and_then(|(progress, action)| {
            if progress.executed {
                request.execute(&mut after, &self.targets)?;
            }
            Ok((progress, action))
        });
        let registry = self.fixture.registry;
        let found = self.transact(who, registry, content);
        let found = found.map(|returned| {
            // `createProxy` returns an address behind it
            let head = returned.get(..128).unwrap_or_default();
            IRegistry::setPolicyCall::abi_decode_returns(head).expect("a progress")
        });
        let progress: Outcome<Progress> = expected
            .as_ref()
            .map(|(progress, _)| progress.clone())
            .map_err(Clone::clone);
        assert_eq!(found, progress, "{request:?} by {who}");
        let Ok((progress, action)) = expected else {
            return;
        };
        self.known.push(progress.action);
        self.board.note(&progress, action);
        self.count(request.kind(), progress.executed);
        if !progress.executed {
            return;
        }
        assert!(after.sequence >= self.contract.sequence);
        self.contract = after;
        self.board.sequence = self.contract.sequence;
        match request {
            Request::Define(n) => self.defined.push(*n),
            Request::Set(name, role, policy) => self.board.set((name, role), policy),
            _ => {}
        }
    }

    fn rollout(&mut self, who: usize, max: u16) {
        let call = IRegistry::rolloutCall {
            name: NAME.into(),
            max,
        };
        let registry = self.fixture.registry;
        let found = self.transact(who, registry, data(&call));
        let found = IRegistry::rolloutCall::abi_decode_returns(&found.expect("anybody may"));
        let found = found.expect("two numbers");
        let upgraded = self.contract.rollout(max.into());
        assert_eq!(usize::from(found.upgraded), upgraded);
        assert_eq!(usize::from(found.left), self.contract.lagging());
        self.count("rollout of one", upgraded > 0);
    }

    /// An upgrade that somebody asks a proxy for: only who alone may migrate gets it.
    fn upgrade(&mut self, who: usize, which: u8, to: &Which) {
        let proxy = self
            .targets
            .proxy(self.targets.pick(&self.contract, which, false));
        let Ok(position) = self.contract.instance(proxy) else {
            return self.mine();
        };
        let version = label(&self.contract, to);
        let mut after = self.contract.clone();
        let expected = self.upgraded(&mut after, who, position, &version);
        let call = Proxy::upgradeToCall { version };
        let found = self.transact(who, proxy, data(&call));
        assert_eq!(found.map(drop), expected, "{call:?} by {who}");
        self.count("upgradeTo", expected.is_ok());
        if expected.is_ok() {
            self.contract = after;
        }
    }

    fn upgraded(
        &self,
        after: &mut Contract,
        who: usize,
        position: usize,
        version: &str,
    ) -> Outcome {
        let instance = &self.contract.instances[position];
        if instance.complex.is_some() {
            return Err(Proxy::UpgradeInProgress {}.abi_encode().into());
        }
        self.contract.require_live()?;
        if instance.paused {
            return Err(self.contract.paused());
        }
        let target = self.contract.version(version)?;
        if !self.board.alone((NAME, "migrate"), who) {
            let error = Proxy::UpgradeNotAuthorized {
                caller: account(who),
                from: self.contract.label_of(instance.version).into(),
                to: version.into(),
            };
            return Err(error.abi_encode().into());
        }
        if instance.version == target {
            let version = version.into();
            return Err(Proxy::AlreadyAtVersion { version }.abi_encode().into());
        }
        after.upgrade(position, target)
    }

    fn finish(&mut self, who: usize, which: u8, right: bool) {
        let proxy = self
            .targets
            .proxy(self.targets.pick(&self.contract, which, true));
        let Ok(position) = self.contract.instance(proxy) else {
            return self.mine();
        };
        let complex = self.contract.instances[position].complex;
        let back = complex.is_some_and(|complex| complex.back) == right;
        let mut after = self.contract.clone();
        let expected = after.finish(position, back);
        let finish = IHostile::delegateCall {
            target: framework().storage.address,
            data: data(&finishStepCall { back }),
        };
        let act = IHostile::actCall {
            actions: vec![data(&finish)],
        };
        let found = self.transact(who, proxy, data(&act));
        assert_eq!(found.map(drop), expected, "{back} {complex:?}");
        let kind = if back { "turned back" } else { "endMigration" };
        self.count(kind, expected.is_ok());
        if expected.is_ok() {
            self.contract = after;
        }
    }

    /// The registry's views say what the model says.
    fn check(&self) {
        let name = || String::from(NAME);
        let definition = self
            .fixture
            .view(&IRegistry::definitionCall { name: name() });
        let definition = definition.expect("A");
        let contract = &self.contract;
        let is_paused = definition.state == definition_state::PAUSED;
        assert_eq!(is_paused, contract.is_paused());
        assert_eq!(definition.sequence, contract.sequence);
        assert_eq!(definition.current, contract.label_of(contract.current));
        assert_eq!(definition.versions as usize, contract.versions.len());
        assert_eq!(definition.instances as usize, contract.instances.len());
        for instance in &contract.instances {
            let proxy = instance.proxy;
            let found = self.fixture.view(&IRegistry::instanceOfCall { proxy });
            let found = found.expect("an instance");
            assert_eq!(found.version, contract.label_of(instance.version));
            assert_eq!(found.state, instance.state());
        }
        for name in [NAME, ""] {
            let pending = IRegistry::pendingCall {
                name: name.into(),
                start: 0,
                count: u32::MAX,
            };
            let pending = self.fixture.view(&pending).expect("a page");
            let open = self.board.actions.iter();
            let open =
                open.filter(|(_, action)| action.role.0 == name && self.board.is_open(action));
            assert_eq!(
                pending.into_iter().collect::<BTreeSet<_>>(),
                open.map(|(id, _)| *id).collect()
            );
        }
    }

    /// Policies, and every mark of every instance: set for what it has reached and nothing else.
    fn check_all(&self) {
        for ((name, role), (policy, _)) in &self.board.policies {
            let call = IRegistry::policyCall {
                name: (*name).into(),
                role: (*role).into(),
            };
            assert_eq!(self.fixture.view(&call), Ok(policy.text()));
        }
        for instance in &self.contract.instances {
            for (position, version) in self.contract.versions.iter().enumerate() {
                let slot = slots::migrated(&version.label).into();
                let mark = self
                    .fixture
                    .chain
                    .storage(instance.proxy, slot, BlockId::latest())
                    .expect("latest");
                let expected = instance.marks.contains(&(position + 1));
                assert_eq!(mark, B256::with_last_byte(expected.into()));
            }
        }
    }

    /// Every step of every instance was announced once, and the events say what the views say.
    fn check_events(&self) {
        for instance in &self.contract.instances {
            let filter = Filter::new()
                .from_block(BlockNumberOrTag::Earliest)
                .address(instance.proxy);
            let logs = self.fixture.chain.logs(&filter).expect("logs");
            let record = logs.iter().filter_map(|entry| {
                use alloy::sol_types::SolEvent;
                Migrated::decode_log_data(&entry.log.data).ok()
            });
            let record: Vec<String> = record.map(|event| event.to).collect();
            let once: BTreeSet<&String> = record.iter().collect();
            assert_eq!(record.len(), once.len(), "each migration exactly once");
            assert_eq!(
                record.len() + 1,
                instance.marks.len(),
                "and the initial step"
            );
        }
        let others = self.defined.iter().map(|n| format!("B{n}"));
        for name in [NAME.to_owned(), String::new()].into_iter().chain(others) {
            replay::agrees_with_the_views(&self.fixture, &name);
        }
    }
}

#[test]
fn every_order_of_governed_calls_does_what_the_model_does() {
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let counts = RefCell::new(Counts::new());
    let runs = match stylus_upgrades_test_support::long() {
        true => RUNS.1,
        false => RUNS.0,
    };
    for seed in 1..=runs {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        TestRunner::new_with_rng(config.clone(), rng)
            .run(&proptest::collection::vec(event(), STEPS), |events| {
                let mut simulation = Simulation::new();
                for (n, event) in events.into_iter().enumerate() {
                    simulation.happen(event);
                    simulation.check();
                    if n % 20 == 0 {
                        simulation.check_all();
                    }
                }
                simulation.check_all();
                simulation.check_events();
                for (kind, count) in simulation.counts {
                    *counts.borrow_mut().entry(kind).or_default() += count;
                }
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
    }
    let counts = counts.into_inner();
    let governed = GOVERNED.map(|kind| counts.get(kind).copied().unwrap_or_default());
    let executed: usize = governed.iter().sum();
    let steps = STEPS * usize::from(runs);
    println!("{executed} of {steps} steps in {runs} simulations executed an action: {counts:?}");
    assert!(
        executed * 20 > steps,
        "at least 5 % of the steps execute something"
    );
    // Ten times each in the long run.
    let often = |count: usize| count * 5 >= usize::from(runs);
    for (kind, count) in &counts {
        assert!(often(*count), "{kind} happened {count} times");
    }
    assert!(governed.iter().all(|count| often(*count)), "{counts:?}");
}

/// Every governed call that is built.
const GOVERNED: [&str; 10] = [
    "createDefinition",
    "addVersion",
    "addStep",
    "migrate",
    "setHandler",
    "abortMigration",
    "setPolicy",
    "createProxy",
    "pause",
    "resume",
];
