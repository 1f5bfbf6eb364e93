//! Governed calls by anybody in any order, against a model that does the same in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{SolCall, SolError, SolValue};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_upgrades_interface::limits::{ACTION_LIFETIME, OPEN_ACTIONS_MAX};
use stylus_upgrades_interface::registry::{Code, IRegistry, Progress};

use super::replay;
use super::world::{Reverted, World, account, birth, is};

/// Accounts that take part; the last one approves nothing.
const PEOPLE: usize = 5;
/// Seconds at which the story begins, and how long it may last: the programs themselves expire
/// after a year.
const BEGIN: u64 = 1_800_100_000;
const LENGTH: u64 = 300 * 86_400;
const ROLES: [&str; 4] = ["migrate", "policy", "create", "audit"];

/// `OutOf(need, who…)`, after a delay if there is one.
#[derive(Clone, Debug)]
struct Policy {
    need: usize,
    who: Vec<usize>,
    delay: u64,
}

impl Policy {
    fn text(&self) -> String {
        let who: Vec<_> = self.who.iter().map(|who| is(account(*who))).collect();
        let out_of = format!("OutOf({},{})", self.need, who.join(","));
        match self.delay {
            0 => out_of,
            delay => format!("AND({out_of},AFTER({delay}))"),
        }
    }
}

fn policy() -> impl Strategy<Value = Policy> {
    let who = proptest::sample::subsequence((0..PEOPLE - 1).collect::<Vec<_>>(), 1..PEOPLE);
    let delay = prop_oneof![3 => Just(0u64), 1 => 1u64..5_000];
    (who, 1usize..3, delay).prop_map(|(who, need, delay)| Policy {
        need: need.min(who.len()),
        who,
        delay,
    })
}

/// What somebody may ask for.
#[derive(Clone, Debug)]
enum Wish {
    Set(&'static str, Policy),
    Add(u8),
}

#[derive(Clone, Debug)]
enum Event {
    /// A new wish, or one that was voiced before.
    Send(usize, Wish),
    Again(usize, prop::sample::Index),
    Revoke(usize, prop::sample::Index),
    Cancel(usize, prop::sample::Index),
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let role = proptest::sample::select(ROLES.to_vec());
    let wish = prop_oneof![
        (role, policy()).prop_map(|(role, policy)| Wish::Set(role, policy)),
        (0u8..6).prop_map(Wish::Add),
    ];
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0..PEOPLE, wish).prop_map(|(who, wish)| Event::Send(who, wish)),
        10 => (0..PEOPLE, index()).prop_map(|(who, which)| Event::Again(who, which)),
        2 => (0..PEOPLE, index()).prop_map(|(who, which)| Event::Revoke(who, which)),
        1 => (0..PEOPLE, index()).prop_map(|(who, which)| Event::Cancel(who, which)),
        2 => prop_oneof![4 => 1u64..6_000, 1 => Just(ACTION_LIFETIME)].prop_map(Event::Wait),
    ]
}

#[derive(Clone, Debug)]
struct Action {
    role: &'static str,
    epoch: u64,
    content: Bytes,
    proposer: usize,
    approvals: BTreeSet<usize>,
    opened: u64,
    /// Since when enough have approved.
    clock: Option<u64>,
    /// Which of its proposer's places it takes.
    seat: usize,
}

struct Model {
    world: World,
    code: Code,
    now: u64,
    sequence: u64,
    labels: BTreeSet<u8>,
    policies: BTreeMap<&'static str, (Policy, u64)>,
    rounds: BTreeMap<Bytes, u32>,
    actions: BTreeMap<B256, Action>,
    /// What takes the places of a proposer.
    seats: Vec<[Option<B256>; OPEN_ACTIONS_MAX as usize]>,
    /// Every action and every wish that there ever was, to pick from.
    known: Vec<B256>,
    wishes: Vec<Wish>,
    executed: usize,
}

impl Model {
    fn new() -> Self {
        let mut world = World::new(&is(account(0)));
        let first = Policy {
            need: 2,
            who: vec![0, 1, 2],
            delay: 0,
        };
        world.define(&first.text()).expect("defined");
        let code = world.deploy("counter-v1");
        Self {
            world,
            code,
            now: BEGIN,
            sequence: 0,
            labels: BTreeSet::new(),
            policies: ROLES[..3]
                .iter()
                .map(|role| (*role, (first.clone(), 0)))
                .collect(),
            rounds: BTreeMap::new(),
            actions: BTreeMap::new(),
            seats: vec![[None; OPEN_ACTIONS_MAX as usize]; PEOPLE],
            known: Vec::new(),
            wishes: vec![Wish::Add(0)],
            executed: 0,
        }
    }

    fn happen(&mut self, event: Event) {
        self.now += 1;
        match event {
            Event::Send(who, wish) => {
                self.wishes.push(wish.clone());
                self.send(who, &wish);
            }
            Event::Again(who, which) => {
                let recent = self.wishes.len().saturating_sub(6);
                let wish = which.get(&self.wishes[recent..]).clone();
                self.send(who, &wish);
            }
            Event::Revoke(who, which) if !self.known.is_empty() => {
                let action = *which.get(&self.known);
                self.revoke(who, action);
            }
            Event::Cancel(who, which) if !self.known.is_empty() => {
                let action = *which.get(&self.known);
                self.cancel(who, action);
            }
            Event::Wait(seconds) if self.now + seconds < BEGIN + LENGTH => self.now += seconds,
            Event::Revoke(..) | Event::Cancel(..) | Event::Wait(_) => {}
        }
    }

    fn calldata(&self, wish: &Wish) -> Bytes {
        let name = "A".to_owned();
        match wish {
            Wish::Set(role, policy) => IRegistry::setPolicyCall {
                name,
                role: (*role).into(),
                expression: policy.text(),
            }
            .abi_encode(),
            Wish::Add(label) => IRegistry::addVersionCall {
                name,
                version: label.to_string(),
                code: self.code.clone(),
                step: birth(),
            }
            .abi_encode(),
        }
        .into()
    }

    fn epoch(&self, role: &str) -> u64 {
        if role == "migrate" {
            self.sequence
        } else {
            self.policies[role].1
        }
    }

    fn id(&self, content: &Bytes, epoch: u64) -> B256 {
        let chain = U256::from(self.world.chain.chain_id());
        let round = self.rounds.get(content).copied().unwrap_or(0);
        let registry: Address = self.world.registry;
        keccak256((chain, registry, content.clone(), epoch, round).abi_encode_params())
    }

    fn expires(&self, action: &Action) -> u64 {
        let not_before = action
            .clock
            .map_or(0, |clock| clock + self.policies[action.role].0.delay);
        action.opened.max(not_before) + ACTION_LIFETIME
    }

    fn is_open(&self, action: &Action) -> bool {
        self.now <= self.expires(action) && action.epoch == self.epoch(action.role)
    }

    fn finish(&mut self, id: B256, content: &Bytes) {
        self.remove(id);
        *self.rounds.entry(content.clone()).or_default() += 1;
    }

    fn remove(&mut self, id: B256) {
        if let Some(action) = self.actions.remove(&id) {
            self.seats[action.proposer][action.seat] = None;
        }
    }

    /// Gives a new action the first place that is free, or whose action is void by now.
    fn open(&mut self, id: B256, mut action: Action) {
        for seat in 0..self.seats[action.proposer].len() {
            if let Some(taken) = self.seats[action.proposer][seat] {
                let other = self.actions[&taken].clone();
                if self.is_open(&other) {
                    continue;
                }
                if other.epoch == self.epoch(other.role) {
                    self.finish(taken, &other.content);
                } else {
                    self.remove(taken);
                }
            }
            action.seat = seat;
            self.seats[action.proposer][seat] = Some(id);
            self.actions.insert(id, action);
            return;
        }
        panic!("the registry would have refused it");
    }

    /// The first block after this has the model's time.
    fn transact<C: SolCall>(&mut self, who: usize, calldata: Bytes) -> Result<C::Return, Reverted> {
        self.world
            .chain
            .set_next_timestamp(self.now)
            .expect("time passes");
        let registry = self.world.registry;
        let done = self
            .world
            .raw(account(who), registry, calldata, U256::ZERO, 30_000_000)?;
        Ok(C::abi_decode_returns(&done.returned).expect("an answer"))
    }

    fn send(&mut self, who: usize, wish: &Wish) {
        let role = match wish {
            Wish::Set(..) => "policy",
            Wish::Add(_) => "migrate",
        };
        let content = self.calldata(wish);
        let expected = self.expected(who, role, wish, &content);
        let found = self.transact::<IRegistry::setPolicyCall>(who, content.clone());
        match (&expected, &found) {
            (Ok((progress, _)), Ok(found)) => assert_eq!(progress, found, "{wish:?}"),
            (Err(expected), Err(found)) => assert_eq!(*expected, found.0, "{wish:?}"),
            _ => panic!("{wish:?} by {who}: expected {expected:?}, found {found:?}"),
        }
        let Ok((progress, action)) = expected else {
            return;
        };
        // what has expired is closed by the next of its content
        let open = self.id(&content, action.epoch);
        if open != progress.action {
            self.finish(open, &content);
        }
        self.known.push(progress.action);
        if progress.executed {
            self.executed += 1;
            self.finish(progress.action, &content);
            self.sequence += 1;
            match wish {
                Wish::Add(label) => {
                    self.labels.insert(*label);
                }
                Wish::Set(role, policy) => {
                    let changes = self
                        .policies
                        .get(role)
                        .map_or(0, |(_, changes)| changes + 1);
                    self.policies.insert(role, (policy.clone(), changes));
                }
            }
        } else if let Some(known) = self.actions.get_mut(&progress.action) {
            *known = action;
        } else {
            self.open(progress.action, action);
        }
    }

    /// What the registry should answer, and the action as it would be then.
    fn expected(
        &mut self,
        who: usize,
        role: &'static str,
        wish: &Wish,
        content: &Bytes,
    ) -> Result<(Progress, Action), Bytes> {
        let policy = self.policies[role].0.clone();
        let epoch = self.epoch(role);
        let mut id = self.id(content, epoch);
        let mut action = self.actions.get(&id).cloned();
        if action
            .as_ref()
            .is_some_and(|action| self.now > self.expires(action))
        {
            let round = self.rounds.get(content).copied().unwrap_or(0);
            self.rounds.insert(content.clone(), round + 1);
            id = self.id(content, epoch);
            self.rounds.insert(content.clone(), round);
            action = None;
        }
        let is_new = action.is_none();
        let mut action = action.unwrap_or(Action {
            role,
            epoch,
            content: content.clone(),
            proposer: who,
            approvals: BTreeSet::new(),
            opened: self.now,
            clock: None,
            seat: 0,
        });
        let counts = policy.who.contains(&who);
        let repeated = counts && !action.approvals.insert(who);
        let started = self.tick(&policy, &mut action);
        let executed = self.is_satisfied(&policy, &action);
        let caller = account(who);
        if !executed && !counts {
            return Err(IRegistry::NotAnApprover { caller }.abi_encode().into());
        }
        if !executed && repeated && !started {
            let error = IRegistry::AlreadyApproved {
                approver: caller,
                action: id,
            };
            return Err(error.abi_encode().into());
        }
        if let Wish::Add(label) = wish
            && self.labels.contains(label)
        {
            let error = IRegistry::VersionExists {
                name: "A".into(),
                version: label.to_string(),
            };
            return Err(error.abi_encode().into());
        }
        let mine = |other: &&Action| other.proposer == who && self.is_open(other);
        if is_new
            && !executed
            && self.actions.values().filter(mine).count() as u32 >= OPEN_ACTIONS_MAX
        {
            let error = IRegistry::TooManyActions {
                approver: caller,
                open: OPEN_ACTIONS_MAX,
            };
            return Err(error.abi_encode().into());
        }
        let approvals = action.approvals.len();
        let progress = Progress {
            action: id,
            approvals: approvals as u16,
            required: approvals.max(policy.need) as u16,
            executed,
        };
        Ok((progress, action))
    }

    /// Starts or stops the clock; whether it did.
    fn tick(&self, policy: &Policy, action: &mut Action) -> bool {
        let was = action.clock;
        let enough = policy.delay != 0 && action.approvals.len() >= policy.need;
        action.clock = enough.then(|| was.unwrap_or(self.now));
        was != action.clock
    }

    fn is_satisfied(&self, policy: &Policy, action: &Action) -> bool {
        action.approvals.len() >= policy.need
            && action
                .clock
                .is_none_or(|clock| clock + policy.delay <= self.now)
    }

    /// An action that the registry still knows: of the epoch that runs, expired or not.
    fn find(&self, id: B256) -> Result<Action, Bytes> {
        let found = self.actions.get(&id).cloned();
        found
            .filter(|action| action.epoch == self.epoch(action.role))
            .ok_or_else(|| IRegistry::ActionNotFound { action: id }.abi_encode().into())
    }

    fn revoke(&mut self, who: usize, id: B256) {
        let approver = account(who);
        let expected = self.find(id).and_then(|action| {
            if !action.approvals.contains(&who) {
                let error = IRegistry::NotApproved {
                    approver,
                    action: id,
                };
                return Err(error.abi_encode().into());
            }
            self.in_time(id, action)
        });
        let call = IRegistry::revokeCall { action: id }.abi_encode();
        let found = self.transact::<IRegistry::revokeCall>(who, call.into());
        assert_eq!(
            found.map(|_| ()).map_err(|error| error.0),
            expected.clone().map(|_| ())
        );
        if let Ok(mut action) = expected {
            action.approvals.remove(&who);
            let policy = self.policies[action.role].0.clone();
            self.tick(&policy, &mut action);
            self.actions.insert(id, action);
        }
    }

    fn cancel(&mut self, who: usize, id: B256) {
        let expected = self.find(id).and_then(|action| {
            let policy = &self.policies[action.role].0;
            let alone = policy.need == 1 && policy.delay == 0 && policy.who.contains(&who);
            if who != action.proposer && !alone {
                let caller = account(who);
                return Err(IRegistry::NotAnApprover { caller }.abi_encode().into());
            }
            self.in_time(id, action)
        });
        let call = IRegistry::cancelCall { action: id }.abi_encode();
        let found = self.transact::<IRegistry::cancelCall>(who, call.into());
        assert_eq!(
            found.map(|_| ()).map_err(|error| error.0),
            expected.clone().map(|_| ())
        );
        if let Ok(action) = expected {
            self.finish(id, &action.content);
        }
    }

    fn in_time(&self, id: B256, action: Action) -> Result<Action, Bytes> {
        if self.now > self.expires(&action) {
            Err(IRegistry::ActionExpired { action: id }.abi_encode().into())
        } else {
            Ok(action)
        }
    }

    /// The registry's views say what the model says.
    fn check(&mut self) {
        self.now += 1;
        self.world
            .chain
            .set_next_timestamp(self.now)
            .expect("time passes");
        self.world.chain.mine(1, None).expect("a block");
        let definition = self
            .world
            .view(&IRegistry::definitionCall { name: "A".into() })
            .expect("A");
        assert_eq!(definition.sequence, self.sequence);
        assert_eq!(definition.versions as usize, self.labels.len());
        let pending = IRegistry::pendingCall {
            name: "A".into(),
            start: 0,
            count: u32::MAX,
        };
        let pending: BTreeSet<B256> = self
            .world
            .view(&pending)
            .expect("a page")
            .into_iter()
            .collect();
        let open = self
            .actions
            .iter()
            .filter(|(_, action)| self.is_open(action));
        assert_eq!(pending, open.map(|(id, _)| *id).collect());
        for (role, (policy, _)) in &self.policies {
            let call = IRegistry::policyCall {
                name: "A".into(),
                role: (*role).into(),
            };
            assert_eq!(self.world.view(&call), Ok(policy.text()));
        }
    }
}

#[test]
fn every_order_of_governed_calls_does_what_the_model_does() {
    let steps = 400;
    let config = Config {
        cases: 50,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let executed = std::cell::Cell::new(0);
    TestRunner::new_with_rng(config, rng)
        .run(&proptest::collection::vec(event(), steps), |events| {
            let mut model = Model::new();
            for (n, event) in events.into_iter().enumerate() {
                model.happen(event);
                if n % 10 == 0 {
                    model.check();
                }
            }
            model.check();
            for name in ["A", ""] {
                replay::agrees_with_the_views(&model.world, name);
            }
            executed.set(executed.get() + model.executed);
            Ok(())
        })
        .expect("every story agrees");
    println!(
        "{} of {} steps executed something",
        executed.get(),
        50 * steps
    );
    assert!(
        executed.get() * 20 > 50 * steps,
        "at least 5 % of the steps execute something"
    );
}
