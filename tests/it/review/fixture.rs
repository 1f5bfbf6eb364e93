//! A definition of the hostile contract with an instance. A bare hostile contract is the only
//! approver, and makes many calls in one transaction.

use crate::prelude::*;
pub(crate) use calls::upgrade_to;
pub(crate) use hostile::{call, try_call, write};

pub(crate) use crate::registry::fixture::plain;
use crate::registry::fixture::{Done, Fixture, Reverted, account, initial_step, is, step};

/// The one who sends transactions.
pub(crate) const SENDER: usize = 0;

pub(crate) struct Scenario {
    pub(crate) fixture: Fixture,
    /// The hostile code.
    pub(crate) code: Code,
    /// Bare hostile code: the only approver.
    pub(crate) boss: Address,
    /// An instance at 1.0.
    pub(crate) proxy: Address,
}

/// The mixin's migration of the hostile contract.
pub(crate) fn migrating(actions: Vec<Bytes>) -> Step {
    step("1.0", 1, data(&hostile::migrate(actions)))
}

impl std::ops::Deref for Scenario {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.fixture
    }
}

impl std::ops::DerefMut for Scenario {
    fn deref_mut(&mut self) -> &mut Fixture {
        &mut self.fixture
    }
}

impl Scenario {
    pub(crate) fn new() -> Self {
        let mut fixture = Fixture::new(&is(account(SENDER)));
        let code = fixture.deploy("hostile");
        let boss = fixture.deploy("hostile").implementation;
        fixture.defined(&is(boss));
        let mut scenario = Self {
            fixture,
            code,
            boss,
            proxy: Address::ZERO,
        };
        scenario.add("1.0", initial_step());
        scenario.proxy = scenario.create(1, "1.0");
        scenario
    }

    /// Creation of an instance.
    pub(crate) fn creation(&self, n: u8, version: &str) -> IRegistry::createProxyCall {
        calls::create_proxy("A", version, 0, B256::repeat_byte(n), Bytes::new())
    }

    /// The boss makes the registry do something.
    pub(crate) fn govern<C: SolCall>(&mut self, order: &C) -> Result<Done<C::Return>, Reverted> {
        let order = call(self.fixture.registry, order);
        let done = self.boss(vec![order])?;
        let answer = IHostile::callCall::abi_decode_returns(&done.returned).expect("bytes");
        let returned = C::abi_decode_returns(&answer).expect("an answer of that type");
        Ok(done.with(returned))
    }

    /// The boss runs actions, all in one transaction.
    pub(crate) fn boss(&mut self, actions: Vec<Bytes>) -> Result<Done<Bytes>, Reverted> {
        self.act(self.boss, actions)
    }

    /// The boss upgrades an instance.
    pub(crate) fn upgrade(
        &mut self,
        proxy: Address,
        version: &str,
    ) -> Result<Done<Bytes>, Reverted> {
        self.boss(vec![call(proxy, &upgrade_to(version))])
    }

    /// Hostile code runs actions for a stranger, all in one transaction.
    pub(crate) fn act(
        &mut self,
        who: Address,
        actions: Vec<Bytes>,
    ) -> Result<Done<Bytes>, Reverted> {
        let act = act(actions);
        self.fixture.send_to(account(SENDER), who, &act)
    }

    pub(crate) fn create(&mut self, n: u8, version: &str) -> Address {
        let creation = self.creation(n, version);
        self.govern(&creation).expect("created").returned.proxy
    }

    pub(crate) fn add(&mut self, version: &str, step: Step) {
        let code = self.code.clone();
        self.add_code(version, code, step);
    }

    pub(crate) fn add_code(&mut self, version: &str, code: Code, step: Step) {
        let order = calls::add_version("A", version, &code, step);
        self.govern(&order).expect("added");
    }

    /// Makes a version current that is there already, or adds it. No instance moves.
    pub(crate) fn make_current(&mut self, version: &str, step: Step) -> Result<(), Reverted> {
        let order = calls::migrate("A", version, &self.code, step);
        self.govern(&order).map(drop)
    }

    /// The same, and the instances follow. One may refuse: with its reason, and nothing of it remains.
    pub(crate) fn migrate(&mut self, version: &str, step: Step) -> Result<(), Reverted> {
        let id = self.fixture.chain.snapshot();
        self.make_current(version, step)?;
        let Some(skipped) = self.fixture.follow().skipped().into_iter().next() else {
            return Ok(());
        };
        assert!(self.fixture.chain.revert(id));
        Err(Reverted(skipped.reason))
    }

    /// Five instances at 1.0 where 2.0 is current, whose migration is these actions.
    pub(crate) fn lagging(migration: Vec<Bytes>) -> Self {
        let mut scenario = Self::new();
        scenario.create_up_to(5);
        let step = migrating(migration);
        scenario.make_current("2.0", step).expect("current");
        scenario
    }

    /// As many instances as that.
    pub(crate) fn create_up_to(&mut self, count: u8) {
        for n in 2..=count {
            self.create(n, "1.0");
        }
    }

    /// Asserts where the registry has the instance on record.
    #[track_caller]
    pub(crate) fn assert_at(&self, version: &str, state: u8) {
        let found = self.instance(self.proxy);
        assert_eq!((found.version.as_str(), found.state), (version, state));
    }

    /// What the registry has on record.
    pub(crate) fn version(&self, proxy: Address) -> String {
        self.instance(proxy).version
    }
}

/// EVM code that answers the same bytes to everybody.
pub(crate) fn answering(answer: &[u8]) -> Vec<u8> {
    let length = (answer.len() as u16).to_be_bytes();
    // PUSH2 length PUSH1 13 PUSH0 CODECOPY PUSH2 length PUSH0 RETURN, then the answer
    let mut code = vec![0x61, length[0], length[1], 0x60, 0x0c, 0x5f, 0x39];
    code.extend([0x61, length[0], length[1], 0x5f, 0xf3]);
    code.extend_from_slice(answer);
    code
}
