//! A scope of the model on a chain with the real registry.

use crate::prelude::*;
use std::collections::HashMap;

use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades_interface::reasons::{blocked_by, definition_state, step as kind};
use stylus_upgrades_test_model::{
    APPROVERS, Content, DELAY, InstanceState, Policy, STRANGER, Scope, SignedApproval, State, TICK,
    TWO_OF_THREE, WALLET, last_day,
};

use super::perform::GAS;
use crate::registry::adopted::fixture::{
    OWNER, TRANSPARENT_5, admin_of, adopt, compiled, creation,
};
use crate::registry::fixture::{Fixture, account, complex, initial_step, is, step};
use crate::registry::lambdas::{STORED, say};
use crate::registry::replay::agrees_with_the_views;

pub(super) const NAME: &str = "A";
/// The other definition, where the scope has one.
pub(super) const OTHER: &str = "B";
pub(super) const DAY: u64 = 86_400;

/// The accounts that the model's people are: keys that can sign.
pub(super) fn key(who: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(who + 1)).expect("a key")
}

/// A scope on a chain.
pub(super) struct OnChain {
    pub(super) fixture: Fixture,
    pub(super) scope: Scope,
    /// What 2.0 and its step are.
    second: Code,
    step: Step,
    /// Where the second is no instance of the definition, it is one of the other definition.
    pub(super) proxies: [Address; 2],
    /// A lambda that answers what its slot 0 holds.
    pub(super) lambda: Address,
    /// The contract that does what anybody says.
    pub(super) wallet: Address,
    /// What was signed, as it was then.
    pub(super) signed: HashMap<SignedApproval, Bytes>,
}

impl OnChain {
    pub(super) fn new(scope: Scope) -> Self {
        let boss = account(0);
        let mut fixture = Fixture::new(&is(boss));
        for who in 0..=STRANGER {
            let money = U256::from(10).pow(U256::from(20));
            fixture.chain.set_balance(key(who).address(), money);
        }
        let lambda = fixture.deploy_evm(&STORED);
        say(&mut fixture, lambda, true);
        let wallet = fixture.deploy("hostile").implementation;
        let names: &[&str] = match scope.elsewhere {
            [] => &[NAME],
            _ => &[NAME, OTHER],
        };
        for name in names {
            let creating = scope.creating.first();
            let define = calls::define(
                *name,
                text(&scope.policies[0], lambda, wallet),
                text(&TWO_OF_THREE, lambda, wallet),
                creating.map_or(is(boss), |policy| text(policy, lambda, wallet)),
            );
            fixture.send(boss, &define).expect("defined");
        }
        // proxies that come from elsewhere run what others wrote, unless they have to call somebody
        let is_foreign = scope.adopted != 0 && !scope.contracts;
        let (first, second) = match is_foreign {
            true => (
                compiled(&mut fixture, "Box"),
                compiled(&mut fixture, "Box2"),
            ),
            false => {
                let code = fixture.deploy("hostile");
                (code.clone(), code)
            }
        };
        let step = match scope.complex {
            true => {
                let program = fixture.deploy("hostile");
                complex("1.0", &program, account(4))
            }
            false if scope.skips => step("1.0", kind::NONE | kind::SKIP_FAILING, Bytes::new()),
            false => step("1.0", kind::NONE, Bytes::new()),
        };
        for name in names {
            let add = calls::add_version(*name, "1.0", &first, initial_step());
            decide(&mut fixture, scope, &data(&add));
        }
        let proxies = [0, 1].map(|n| match scope.is_adopted(n) {
            true if is_foreign => TRANSPARENT_5.create(&mut fixture, &first),
            true => {
                let proxy = calling(&mut fixture, &first);
                let admin = admin_of(&fixture, NAME);
                TRANSPARENT_5.give(&mut fixture, proxy, admin);
                // with a byte after it, so that it is another action than the one that is explored
                let adopt = [data(&adopt(TRANSPARENT_5.kind, proxy)).as_ref(), &[0]].concat();
                decide(&mut fixture, scope, &adopt.into());
                proxy
            }
            false if n < scope.instances => {
                let created = fixture.send(boss, &create(scope, NAME, n, "1.0"));
                created.expect("created").returned.proxy
            }
            false if names.contains(&OTHER) => {
                let created = fixture.send(boss, &create(scope, OTHER, n, "1.0"));
                created.expect("created").returned.proxy
            }
            false => {
                let create = create(scope, NAME, n, "1.0");
                let address = calls::proxy_address(create.name, create.kind, create.salt);
                fixture.view(&address).expect("an address")
            }
        });
        Self {
            fixture,
            scope,
            second,
            step,
            proxies,
            lambda,
            wallet,
            signed: HashMap::new(),
        }
    }

    /// The same on a chain that goes its own way from here on.
    pub(super) fn branch(&self) -> Self {
        Self {
            fixture: Fixture {
                chain: self.fixture.chain.branch(),
                registry: self.fixture.registry,
            },
            second: self.second.clone(),
            step: self.step.clone(),
            signed: self.signed.clone(),
            ..*self
        }
    }

    /// A governed call of a definition.
    pub(super) fn calldata(&self, of: &str, content: Content) -> Bytes {
        let name = || of.to_owned();
        let policy = |role: &str, policy: &Policy| {
            data(&calls::set_policy(
                name(),
                role,
                text(policy, self.lambda, self.wallet),
            ))
        };
        let proxy = |n: u8| self.proxies[usize::from(n)];
        match content {
            Content::Migrate => data(&calls::migrate(
                name(),
                "2.0",
                &self.second,
                self.step.clone(),
            )),
            Content::SetPolicy(n) => policy("migrate", &self.scope.policies[usize::from(n)]),
            Content::SetPause(n) => policy("pause", &self.scope.pausing[usize::from(n)]),
            Content::SetCreate(n) => policy("create", &self.scope.creating[usize::from(n)]),
            Content::Create(n) => {
                let version = ["1.0", "2.0"][usize::from(n)];
                data(&create(self.scope, of, n, version))
            }
            Content::Pause => data(&IRegistry::pauseCall { name: name() }),
            Content::Resume => data(&IRegistry::resumeCall { name: name() }),
            Content::SetHandler(n) => data(&calls::set_handler(name(), proxy(n), account(7))),
            Content::Abort(n) => data(&calls::abort_migration(name(), proxy(n))),
            Content::Adopt(n) => data(&adopt(proxy_kind::TRANSPARENT_5, proxy(n))),
            Content::Remove(n) => data(&calls::remove_instance(name(), proxy(n))),
            Content::Transfer(n) => data(&calls::transfer_proxy(
                name(),
                proxy(n),
                account(OWNER),
                String::new(),
            )),
        }
    }

    /// The registry's events say what its views say.
    pub(super) fn check_events(&self) {
        agrees_with_the_views(&self.fixture, "");
        agrees_with_the_views(&self.fixture, NAME);
        if !self.scope.elsewhere.is_empty() {
            agrees_with_the_views(&self.fixture, OTHER);
        }
    }

    /// The registry's views say what the model says.
    pub(super) fn check(&self, state: &State) {
        self.check_definition(NAME, state);
        let mut known = state.proxies.map(|proxy| (NAME, proxy));
        if let Some(other) = &state.other {
            self.check_definition(OTHER, other);
            known[1] = (OTHER, other.proxies[0]);
        }
        for (proxy, (name, known)) in self.proxies.into_iter().zip(known) {
            let found = self.fixture.view(&IRegistry::instanceOfCall { proxy }).ok();
            let found = found.map(|found| (found.name, found.version, found.state));
            let known = known.instance.map(|one| {
                let state = match one.state {
                    InstanceState::Live => instance_state::LIVE,
                    InstanceState::Migrating => instance_state::MIGRATING,
                    InstanceState::TurningBack => instance_state::TURNING_BACK,
                    InstanceState::Paused => instance_state::PAUSED,
                };
                (name.to_owned(), format!("{}.0", one.version), state)
            });
            assert_eq!(found, known, "{proxy} in {state:#?}");
        }
    }

    fn check_definition(&self, of: &str, state: &State) {
        let name = of.to_owned();
        let definition = self.fixture.view(&IRegistry::definitionCall { name });
        let definition = definition.expect(of);
        assert_eq!(definition.sequence, u64::from(state.sequence), "{state:#?}");
        let paused = definition.state == definition_state::PAUSED;
        assert_eq!(paused, state.paused, "{state:#?}");
        let current = if state.second { "2.0" } else { "1.0" };
        assert_eq!(definition.current, current);
        self.check_actions(of, state);
    }

    /// What is open, and who approved it.
    fn check_actions(&self, of: &str, state: &State) {
        let pending = IRegistry::pendingCall {
            name: of.into(),
            start: 0,
            count: 99,
        };
        let pending = self.fixture.view(&pending).expect("a list");
        let open = state.actions.iter();
        let open = open.filter(|(_, action)| state.day() <= last_day(action));
        let open: Vec<_> = open.collect();
        assert_eq!(pending.len(), open.len(), "{pending:?} in {state:#?}");
        for (content, known) in open {
            let round = state.round(*content);
            let action = self.approval(of, state, *content, round).action().0;
            let found = self.fixture.view(&IRegistry::readinessCall { action });
            let found = found.unwrap_or_else(|_| panic!("{content:?} is not open: {state:#?}"));
            let approved: BTreeSet<_> = found.approved.into_iter().collect();
            let all = (0..APPROVERS).chain([WALLET]);
            let by = all.filter(|who| known.approvals & (1 << who) != 0);
            let expected: BTreeSet<_> = by.map(|who| address(who, self.wallet)).collect();
            assert_eq!(approved, expected, "{content:?} in {state:#?}");
            let begun = known.clock.is_some();
            assert_eq!(found.notBefore != 0, begun, "{content:?} in {state:#?}");
            let waits = self.scope.waits_for_direct_call(state, *content);
            let found = found.blockedBy == blocked_by::DIRECT_CALL;
            assert_eq!(found, waits, "{content:?} in {state:#?}");
        }
    }
}

/// Whom the model means: a key, or the contract.
fn address(who: u8, wallet: Address) -> Address {
    match who {
        WALLET => wallet,
        who => key(who).address(),
    }
}

/// Has the first two decide something, and waits for a delay if there is one.
fn decide(fixture: &mut Fixture, scope: Scope, input: &Bytes) {
    let registry = fixture.registry;
    let send = |fixture: &mut Fixture, from| {
        let done = fixture.raw(from, registry, input.clone(), U256::ZERO, GAS);
        let returned = done.expect("an approver").returned;
        Progress::abi_decode(&returned)
            .expect("a progress")
            .executed
    };
    if send(fixture, key(0).address()) || send(fixture, key(1).address()) {
        return;
    }
    assert!(scope.policies[0].has_delay(), "nobody else is asked");
    fixture.wait(u64::from(TICK) * DAY);
    assert!(send(fixture, account(5)), "not executed after the delay");
}

/// A transparent proxy whose code calls whom anybody says.
fn calling(fixture: &mut Fixture, code: &Code) -> Address {
    let nothing = data(&act(vec![]));
    let arguments = (code.implementation, account(OWNER), nothing).abi_encode_params();
    let code = fixture.deploy_code(&creation(TRANSPARENT_5.proxy, &arguments));
    code.implementation
}

/// The `createProxy` of a proxy. Where contracts call in the middle of its calls, one scope has a WASM proxy and
/// the others have an EVM proxy.
fn create(scope: Scope, name: &str, n: u8, version: &str) -> IRegistry::createProxyCall {
    calls::create_proxy(
        name,
        version,
        match scope.contracts && !scope.skips {
            true => proxy_kind::EVM,
            false => proxy_kind::WASM,
        },
        B256::repeat_byte(n + 1),
        Bytes::new(),
    )
}

fn text(policy: &Policy, lambda: Address, wallet: Address) -> String {
    let key = |who| is(address(who, wallet));
    policy.text(&key, &is(lambda), u64::from(DELAY) * DAY)
}
