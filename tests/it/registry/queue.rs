//! The queue of outdated instances, compared with a plain list.

use crate::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;

use super::fixture::{Fixture, account, initial_step, plain};

/// What may happen; numbers pick among what there is.
#[derive(Clone, Debug)]
enum Event {
    AddVersion,
    Activate(prop::sample::Index),
    Create,
    UpgradeOne(prop::sample::Index, prop::sample::Index),
    Rollout(u16),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::AddVersion),
        2 => any::<prop::sample::Index>().prop_map(Event::Activate),
        4 => Just(Event::Create),
        3 => (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(who, to)| Event::UpgradeOne(who, to)),
        3 => (0u16..5).prop_map(Event::Rollout),
    ]
}

/// The same, kept in the plainest way: versions are numbers from 1 on.
struct Model {
    fixture: Fixture,
    code: Code,
    versions: usize,
    current: usize,
    instances: Vec<(Address, usize)>,
}

fn label(version: usize) -> String {
    format!("{version}.0")
}

impl Model {
    fn new() -> Self {
        let mut fixture = Fixture::of_one();
        let code = fixture.deploy("counter-v1");
        let mut model = Self {
            fixture,
            code,
            versions: 0,
            current: 1,
            instances: Vec::new(),
        };
        model.add();
        model
    }

    fn version(&self, version: usize) -> IRegistry::addVersionCall {
        calls::add_version(
            "A",
            label(version),
            &self.code,
            if version == 1 {
                initial_step()
            } else {
                plain(&label(version - 1))
            },
        )
    }

    fn add(&mut self) {
        self.versions += 1;
        self.fixture.accepted(0, &self.version(self.versions));
    }

    fn lagging(&self) -> usize {
        self.instances
            .iter()
            .filter(|(_, version)| *version < self.current)
            .count()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::AddVersion => self.add(),
            Event::Activate(pick) => self.activate(self.current + pick.index(3)),
            Event::Create => self.create(),
            Event::UpgradeOne(who, to) if !self.instances.is_empty() => self.upgrade(who, to),
            Event::UpgradeOne(..) => {}
            Event::Rollout(max) => self.rollout(max),
        }
    }

    /// Makes a version current, in steps of one, as `migrate` wants a way from the current one.
    fn activate(&mut self, target: usize) {
        while self.current < target.min(self.versions) {
            let next = self.version(self.current + 1);
            let call = calls::migrate(next.name, next.version, &next.code, next.step);
            self.fixture.accepted(0, &call);
            self.current += 1;
            if self.lagging() <= INSTANCES_AT_ONCE as usize {
                let current = self.current;
                self.instances
                    .iter_mut()
                    .for_each(|(_, version)| *version = (*version).max(current));
            }
        }
    }

    /// An instance of the first version, the one whose initializer exists.
    fn create(&mut self) {
        let init = ICounter::initializeCall { value: U256::ZERO }.abi_encode();
        let salt = B256::from(U256::from(self.instances.len()));
        let call = calls::create_proxy("A", label(1), 0, salt, init);
        let proxy = self.fixture.created(0, &call);
        self.instances.push((proxy, 1));
    }

    fn upgrade(&mut self, who: prop::sample::Index, to: prop::sample::Index) {
        let who = who.index(self.instances.len());
        let (proxy, from) = self.instances[who];
        let to = from + to.index(self.versions - from + 1);
        let call = Proxy::upgradeToCall { version: label(to) };
        let done = self.fixture.send_to(account(0), proxy, &call);
        assert_eq!(done.is_ok(), to > from, "{from} to {to}");
        self.instances[who].1 = to;
    }

    fn rollout(&mut self, max: u16) {
        let done = self.fixture.accepted(5, &calls::rollout("A", max));
        let lagging = self.lagging();
        let upgraded = lagging.min(max.into());
        assert_eq!(
            (done.returned.upgraded, done.returned.left),
            (upgraded as u16, (lagging - upgraded) as u16)
        );
        let moved = done.events::<IRegistry::InstanceUpgraded>();
        assert_eq!(moved.len(), upgraded);
        for event in moved {
            let position = self
                .instances
                .iter_mut()
                .find(|(proxy, _)| *proxy == event.proxy);
            let (_, version) = position.expect("an instance");
            assert!(*version < self.current, "only who lags moves");
            *version = self.current;
        }
    }

    /// The registry says the same as the list.
    fn check(&self) {
        let definition = self.fixture.definition();
        assert_eq!(definition.current, label(self.current));
        assert_eq!(definition.sequence, self.versions as u64);
        for (proxy, version) in &self.instances {
            let found = self.fixture.instance(*proxy);
            assert_eq!(found.version, label(*version));
        }
    }
}

#[test]
fn the_queue_is_as_long_as_a_plain_list_says() {
    let config = Config {
        cases: 6,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    TestRunner::new_with_rng(config, rng)
        .run(&proptest::collection::vec(event(), 60), |events| {
            let mut model = Model::new();
            for event in events {
                model.happen(event);
            }
            model.check();
            Ok(())
        })
        .expect("every simulation agrees");
}

#[test]
fn who_is_ahead_waits_once_the_current_version_goes_past() {
    let mut model = Model::new();
    model.add();
    // More than the call upgrades itself.
    for _ in 0..=INSTANCES_AT_ONCE {
        model.create();
    }
    let (ahead, _) = model.instances[0];
    let version = label(2);
    let upgraded = Proxy::upgradeToCall { version };
    let upgraded = model.fixture.send_to(account(0), ahead, &upgraded);
    assert!(upgraded.is_ok());
    let past = calls::migrate("A", label(3), &model.code, plain(&label(1)));
    model.fixture.accepted(0, &past);
    let way = calls::add_step("A", label(3), plain(&label(2)));
    model.fixture.accepted(0, &way);
    let done = model.fixture.accepted(5, &calls::rollout("A", 10));
    let all = model.instances.len() as u16;
    assert_eq!((done.returned.upgraded, done.returned.left), (all, 0));
    assert_eq!(model.fixture.instance(ahead).version, label(3));
}
