//! The definition "A" of a registry on a chain in this process, and the calls that set it up.

use crate::prelude::*;
use stylus_upgrades::registry;

use super::errors::not_an_instance;
use super::fixture::{Done, Fixture, Reverted, account, is, refused};

impl Fixture {
    /// A registry with the definition "A", about which account 0 decides alone.
    pub(crate) fn of_one() -> Self {
        Self::of(&is(account(0)))
    }

    /// A registry with the definition "A", whose roles all have that policy.
    pub(crate) fn of(policy: &str) -> Self {
        let mut fixture = Self::new(&is(account(0)));
        fixture.defined(policy);
        fixture
    }

    /// The first one with that code as version 1.0, which instances are created at.
    pub(crate) fn with_first_version(package: &str) -> (Self, Code) {
        let mut fixture = Self::of_one();
        let code = fixture.deploy(package);
        fixture.add("1.0", &code, initial_step());
        (fixture, code)
    }

    /// Account 0 adds a version to "A".
    pub(crate) fn add(&mut self, version: &str, code: &Code, step: Step) {
        let done = self.send(account(0), &add_version(code, version, step));
        assert!(done.expect("added").returned.executed);
    }

    /// Account 0 sets a policy of "A".
    pub(crate) fn set(&mut self, role: &str, expression: &str) {
        let done = self.send(account(0), &set_policy(role, expression));
        assert!(done.expect("set").returned.executed);
    }

    /// Account `who` asks the registry, and gets it.
    #[track_caller]
    pub(crate) fn accepted<C>(&mut self, who: usize, call: &C) -> Done<C::Return>
    where
        C: SolCall,
    {
        self.accepted_by(self.registry, who, call)
    }

    /// It asks somebody else, and gets it.
    #[track_caller]
    pub(crate) fn accepted_by<C>(&mut self, by: Address, who: usize, call: &C) -> Done<C::Return>
    where
        C: SolCall,
    {
        let done = self.send_to(account(who), by, call);
        done.unwrap_or_else(|reverted| panic!("refused: {reverted:?}"))
    }

    /// It pauses "A", whose instances stop at once.
    pub(crate) fn pause(&mut self, who: usize) -> Done<Progress> {
        let first = self.instances();
        self.accepted(who, &calls::pause_first("A", first))
    }

    /// It resumes "A" at the current version, and the instances follow.
    pub(crate) fn resume(&mut self, who: usize) -> Done<Progress> {
        let current = self.definition().current;
        let done = self.accepted(who, &calls::resume("A", current));
        let followed = self.follow();
        done.then(followed)
    }

    /// It makes a version of "A" current, and the instances follow.
    #[track_caller]
    pub(crate) fn migrates(&mut self, who: usize, call: &IRegistry::migrateCall) -> Done<Progress> {
        let done = self.executes(who, call);
        let followed = self.follow();
        done.then(followed)
    }

    /// The same, which an instance may refuse: with its reason, and nothing of it remains.
    pub(crate) fn tries(
        &mut self,
        who: usize,
        call: &IRegistry::migrateCall,
    ) -> Result<Done<Progress>, Reverted> {
        let id = self.chain.snapshot();
        let done = self.send(account(who), call)?;
        let followed = self.follow();
        let Some(skipped) = followed.skipped().into_iter().next() else {
            return Ok(done.then(followed));
        };
        assert!(self.chain.revert(id));
        Err(Reverted(skipped.reason))
    }

    /// Anybody rolls out to all instances of "A", with the most gas that a transaction has.
    #[track_caller]
    pub(crate) fn follow(&mut self) -> Done<u16> {
        let proxies = self.instances();
        let done = self.rollout(proxies, 32_000_000);
        done.unwrap_or_else(|reverted| panic!("refused: {reverted:?}"))
    }

    /// Anybody rolls out to these, with so much gas.
    pub(crate) fn rollout(
        &mut self,
        proxies: impl Into<Vec<Address>>,
        gas: u64,
    ) -> Result<Done<u16>, Reverted> {
        let (registry, call) = (self.registry, calls::rollout("A", proxies));
        self.send_with_gas(account(5), registry, &call, gas)
    }

    /// All instances of "A".
    pub(crate) fn instances(&self) -> Vec<Address> {
        let all = calls::instances("A", 0, u32::MAX);
        self.view(&all).expect("the instances")
    }

    /// What approvals about a proxy are bound to.
    pub(crate) fn nonce(&self, proxy: Address) -> u64 {
        self.nonce_at(self.registry, proxy)
    }

    /// The same at another registry.
    pub(crate) fn nonce_at(&self, registry: Address, proxy: Address) -> u64 {
        let details = self.ask(registry, &calls::instance_details(proxy));
        details.expect("an answer").nonce
    }

    /// It creates an instance; the address of that.
    #[track_caller]
    pub(crate) fn created(&mut self, who: usize, call: &IRegistry::createProxyCall) -> Address {
        self.accepted(who, call).returned.proxy
    }

    /// It approves what others have to approve, too; the action.
    #[track_caller]
    pub(crate) fn records<C>(&mut self, who: usize, call: &C) -> B256
    where
        C: SolCall<Return = Progress>,
    {
        let done = self.accepted(who, call);
        assert!(!done.returned.executed, "executed");
        done.returned.action
    }

    /// It approves what is executed thereby.
    #[track_caller]
    pub(crate) fn executes<C>(&mut self, who: usize, call: &C) -> Done<Progress>
    where
        C: SolCall<Return = Progress>,
    {
        let done = self.accepted(who, call);
        assert!(done.returned.executed, "only recorded");
        done
    }

    /// It is refused what it asks of the registry.
    #[track_caller]
    pub(crate) fn refuses<C>(&mut self, who: usize, call: &C, error: impl SolError)
    where
        C: SolCall,
        C::Return: std::fmt::Debug,
    {
        self.refuses_at(self.registry, who, call, error);
    }

    /// It is refused what it asks of somebody else.
    #[track_caller]
    pub(crate) fn refuses_at<C>(&mut self, at: Address, who: usize, call: &C, error: impl SolError)
    where
        C: SolCall,
        C::Return: std::fmt::Debug,
    {
        refused(self.send_to(account(who), at, call), error);
    }

    /// What the registry says of "A".
    #[track_caller]
    pub(crate) fn definition(&self) -> IRegistry::definitionReturn {
        let query = IRegistry::definitionCall { name: "A".into() };
        self.view(&query).expect("the definition")
    }

    /// What it says of an instance.
    #[track_caller]
    pub(crate) fn instance(&self, proxy: Address) -> IRegistry::instanceOfReturn {
        let query = IRegistry::instanceOfCall { proxy };
        self.view(&query).expect("an instance")
    }

    /// It knows no such instance.
    #[track_caller]
    pub(crate) fn is_no_instance(&self, proxy: Address) {
        let found = self.view(&IRegistry::instanceOfCall { proxy });
        refused(found, not_an_instance(proxy));
    }

    /// How far an open action is.
    #[track_caller]
    pub(crate) fn readiness(&self, action: B256) -> IRegistry::readinessReturn {
        let query = IRegistry::readinessCall { action };
        self.view(&query).expect("an open action")
    }

    /// The action that a call is about.
    pub(crate) fn action_of(&self, call: &impl SolCall) -> B256 {
        let call = call.abi_encode().into();
        let query = IRegistry::actionOfCall { call };
        self.view(&query).expect("an action")
    }

    /// Account 0 creates the definition "A" with one policy for all roles.
    #[track_caller]
    pub(crate) fn defined(&mut self, policy: &str) {
        self.accepted(0, &calls::create_definition("A", policy));
    }
}

/// The policy that all of these accounts satisfy together.
pub(crate) fn all_of(accounts: &[usize]) -> String {
    let all: Vec<_> = accounts.iter().map(|who| is(account(*who))).collect();
    format!("AND({})", all.join(","))
}

/// Adds a version to "A".
pub(crate) fn add_version(code: &Code, version: &str, step: Step) -> IRegistry::addVersionCall {
    calls::add_version("A", version, code, step)
}

/// Sets the policy of a role of "A".
pub(crate) fn set_policy(role: &str, expression: &str) -> IRegistry::setPolicyCall {
    calls::set_policy("A", role, expression)
}

/// An instance of "A" at 1.0.
pub(crate) fn new_proxy(kind: u8, salt: u8, init: impl Into<Bytes>) -> IRegistry::createProxyCall {
    calls::create_proxy("A", "1.0", kind, B256::repeat_byte(salt), init)
}

/// A step from that version that does nothing.
pub(crate) fn plain(from: &str) -> Step {
    step(from, 0, Bytes::new())
}

/// The step of a version that can only be created.
pub(crate) fn initial_step() -> Step {
    plain("")
}

/// A complex step whose program is that code.
pub(crate) fn complex(from: &str, program: &Code, handler: Address) -> Step {
    let program = (program.implementation, program.codehash.into());
    registry::complex(from, program, handler)
}

/// A step without a script.
pub(crate) fn step(from: &str, kind: u8, data: Bytes) -> Step {
    Step {
        from: from.into(),
        kind,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data,
    }
}
