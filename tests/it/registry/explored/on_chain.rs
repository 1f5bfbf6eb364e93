//! A scope of the model on a chain with the real registry.

use crate::prelude::*;
use std::collections::HashMap;

use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades_interface::adopted::ITransparentProxy;
use stylus_upgrades_interface::reasons::{definition_state, step as kind};
use stylus_upgrades_test_model::{
    APPROVERS, Content, DELAY, InstanceState, Policy, Record, Runs, STRANGER, Scope, Side,
    SignedApproval, State, Subject, TICK, TWO_OF_THREE, WALLET, last_day,
};
use stylus_upgrades_tests::contracts::built;
use stylus_upgrades_tests::peers;

use super::perform::GAS;
use crate::registry::adopted::fixture::{IBox, OWNER, admin_of, compiled, creation, runs};
use crate::registry::fixture::{Fixture, account, complex, framework, initial_step, is, step};
use crate::registry::lambdas::{STORED, say};
use crate::registry::replay::agrees_with_the_views;

pub(super) const NAME: &str = "A";
/// The other definition of the same registry, where the scope has one. In another registry it has the same name.
const OTHER: &str = "B";
pub(super) const DAY: u64 = 86_400;

/// A check that refuses while its slot 0 is not zero.
const CHECK: [u8; 17] = [
    0x5f, 0x54, 0x60, 0x0d, 0x57, 0x60, 0x20, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3, 0x5b, 0x5f, 0x5f,
    0xfd,
];

/// The accounts that the model's people are: keys that can sign.
pub(super) fn key(who: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(who + 1)).expect("a key")
}

/// The code of a contract that takes the signatures of one account for its own (ERC-1271).
fn wallet_of(owner: Address) -> Bytes {
    let recover = [
        0x60, 0x04, 0x35, 0x5f, 0x52, // the hash
        0x60, 0xa4, 0x35, 0x60, 0xf8, 0x1c, 0x60, 0x20, 0x52, // v
        0x60, 0x64, 0x35, 0x60, 0x40, 0x52, // r
        0x60, 0x84, 0x35, 0x60, 0x60, 0x52, // s
        0x60, 0x20, 0x5f, 0x60, 0x80, 0x5f, 0x60, 0x01, 0x5a, 0xfa, 0x50, // ecrecover
        0x5f, 0x51, 0x73,
    ];
    let answer = [
        0x14, 0x63, 0x16, 0x26, 0xba, 0x7e, 0x60, 0xe0, 0x1b, 0x02, 0x5f, 0x52, 0x60, 0x20, 0x5f,
        0xf3,
    ];
    [&recover[..], owner.as_slice(), &answer].concat().into()
}

/// Where a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) registry: Address,
    pub(super) name: &'static str,
}

/// A scope on a chain.
pub(super) struct OnChain {
    pub(super) fixture: Fixture,
    pub(super) scope: Scope,
    /// Where the first definition is, and the second one, if there is one.
    places: [Place; 2],
    /// The code of 1.0, 2.0 and 3.0.
    codes: [Code; 3],
    /// The steps to 2.0 and 3.0.
    steps: [Step; 2],
    pub(super) proxies: [Address; 2],
    /// A lambda that answers what its slot 0 holds.
    pub(super) lambda: Address,
    /// The check of the step to 2.0, where it has one.
    pub(super) check: Address,
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
        if scope.wallet_of_first {
            let last = key(APPROVERS - 1).address();
            fixture.chain.set_code(last, wallet_of(key(0).address()));
        }
        let lambda = fixture.deploy_evm(&STORED);
        say(&mut fixture, lambda, true);
        let check = fixture.deploy_evm(&CHECK);
        let wallet = fixture.deploy("hostile").implementation;
        let first = Place {
            registry: fixture.registry,
            name: NAME,
        };
        let second = match scope.registries {
            true => Place {
                registry: fixture.another_registry(0),
                name: NAME,
            },
            false => Place {
                name: OTHER,
                ..first
            },
        };
        let codes = codes(&mut fixture, scope);
        let mut on_chain = Self {
            steps: [
                first_step(&mut fixture, scope, check),
                step("2.0", kind::NONE, Bytes::new()),
            ],
            fixture,
            scope,
            places: [first, second],
            codes,
            proxies: [Address::ZERO; 2],
            lambda,
            check,
            wallet,
            signed: HashMap::new(),
        };
        on_chain.define(first);
        if !scope.elsewhere.is_empty() {
            on_chain.define(second);
        }
        on_chain.proxies = [0, 1].map(|n| on_chain.begin(n));
        on_chain
    }

    /// A definition at 1.0.
    fn define(&mut self, at: Place) {
        let boss = account(0);
        let creating = self.scope.creating.first();
        let creating = creating.map_or(is(boss), |policy| self.text(policy));
        let define = calls::define(
            at.name,
            self.text(&self.scope.policies[0]),
            self.text(&TWO_OF_THREE),
            creating,
        );
        let add = calls::add_version(at.name, "1.0", &self.codes[0], initial_step());
        let scope = self.scope;
        self.fixture.at(at.registry, |fixture| {
            fixture.send(boss, &define).expect("defined");
            decide(fixture, scope, &data(&add));
        });
    }

    /// A proxy as it is at the beginning.
    fn begin(&mut self, n: u8) -> Address {
        let (scope, side) = (self.scope, self.scope.begins_at(n));
        if scope.is_adopted(n) {
            let proxy = foreign(&mut self.fixture, scope, &self.codes[0]);
            if side.is_some() {
                let admin = admin_of(&self.fixture, NAME);
                give(&mut self.fixture, proxy, admin);
                decide(&mut self.fixture, scope, &data(&adopt(proxy)));
            }
            return proxy;
        }
        let at = self.place(side.unwrap_or(Side::First));
        let create = create(scope, at.name, n, "1.0");
        let address = calls::proxy_address(at.name, create.kind, create.salt);
        let address = self.fixture.ask(at.registry, &address);
        if side.is_some() {
            self.fixture
                .at(at.registry, |fixture| match scope.creating {
                    [] => {
                        fixture.send(account(0), &create).expect("created");
                    }
                    _ => decide(fixture, scope, &data(&create)),
                });
        }
        address.expect("an address")
    }

    /// How often a call was executed at the beginning, of which the model knows nothing.
    pub(super) fn earlier(&self, of: Side, content: Content) -> u8 {
        let begins = |n: u8| self.scope.begins_at(n) == Some(of);
        u8::from(match content {
            Content::Adopt(n) => self.scope.is_adopted(n) && begins(n),
            Content::Create(n) => !self.scope.is_adopted(n) && begins(n),
            _ => false,
        })
    }

    /// Where a definition is.
    pub(super) fn place(&self, side: Side) -> Place {
        self.places[usize::from(side == Side::Second)]
    }

    /// The same on a chain that goes its own way from here on.
    pub(super) fn branch(&self) -> Self {
        Self {
            fixture: Fixture {
                chain: self.fixture.chain.branch(),
                registry: self.fixture.registry,
            },
            codes: self.codes.clone(),
            steps: self.steps.clone(),
            signed: self.signed.clone(),
            ..*self
        }
    }

    /// A governed call of a definition.
    pub(super) fn calldata(&self, of: Side, content: Content) -> Bytes {
        let name = || self.place(of).name.to_owned();
        let policy =
            |role: &str, policy: &Policy| data(&calls::set_policy(name(), role, self.text(policy)));
        let proxy = |n: u8| self.proxies[usize::from(n)];
        let subject = |of: Subject| (proxy(of.proxy), u64::from(of.nonce));
        match content {
            Content::Migrate(version) => data(&calls::migrate(
                name(),
                label(version),
                self.code(version),
                self.steps[usize::from(version) - 2].clone(),
            )),
            Content::SetPolicy(n) => policy("migrate", &self.scope.policies[usize::from(n)]),
            Content::SetPause(n) => policy("pause", &self.scope.pausing[usize::from(n)]),
            Content::SetCreate(n) => policy("create", &self.scope.creating[usize::from(n)]),
            Content::SetCancel(n) => policy("cancel", &self.scope.guarding[usize::from(n)]),
            Content::Create(n) => {
                let version = label(1 + n);
                data(&create(self.scope, self.place(of).name, n, &version))
            }
            Content::Pause(first) => data(&IRegistry::pauseCall {
                name: name(),
                first: self.named(first),
            }),
            Content::Resume(version) => data(&IRegistry::resumeCall {
                name: name(),
                version: label(version),
            }),
            Content::SetHandler(about) => {
                let (proxy, nonce) = subject(about);
                data(&IRegistry::setHandlerCall {
                    name: name(),
                    proxy,
                    handler: account(7),
                    nonce,
                })
            }
            Content::Abort(about) => {
                let (proxy, nonce) = subject(about);
                data(&IRegistry::abortMigrationCall {
                    name: name(),
                    proxy,
                    nonce,
                })
            }
            Content::Adopt(n) => data(&adopt(proxy(n))),
            Content::Accept(version, about) => {
                let (proxy, nonce) = subject(about);
                data(&IRegistry::acceptTransferCall {
                    name: name(),
                    proxy,
                    version: label(version),
                    registry: self.place(of.other()).registry,
                    nonce,
                })
            }
            Content::Remove(about) => {
                let (proxy, nonce) = subject(about);
                data(&IRegistry::removeInstanceCall {
                    name: name(),
                    proxy,
                    nonce,
                })
            }
            Content::Transfer(about) => {
                let (proxy, nonce) = subject(about);
                let there = self.place(of.other());
                let (to, definition) = match self.scope.is_adopted(about.proxy) {
                    true => (account(OWNER), String::new()),
                    false => (there.registry, there.name.to_owned()),
                };
                data(&IRegistry::transferProxyCall {
                    name: name(),
                    proxy,
                    to,
                    definition,
                    nonce,
                })
            }
        }
    }

    /// The code of a version.
    fn code(&self, version: u8) -> &Code {
        &self.codes[usize::from(version) - 1]
    }

    /// Some of the proxies.
    pub(super) fn named(&self, proxies: u8) -> Vec<Address> {
        let all = (0..).zip(self.proxies);
        let named = all.filter(|(n, _)| proxies & (1 << n) != 0);
        named.map(|(_, proxy)| proxy).collect()
    }

    /// The definitions that there are, and what the model says of each.
    fn sides(&self, state: &State) -> Vec<(Side, State)> {
        let there = state.flipped().map(|there| (Side::Second, there));
        let here = (Side::First, state.clone());
        [Some(here), there].into_iter().flatten().collect()
    }

    /// The registry's events say what its views say.
    pub(super) fn check_events(&self) {
        agrees_with_the_views(&self.fixture, "");
        agrees_with_the_views(&self.fixture, NAME);
        let second = self.place(Side::Second);
        if self.scope.registries {
            let there = Fixture {
                chain: self.fixture.chain.branch(),
                registry: second.registry,
            };
            agrees_with_the_views(&there, second.name);
        } else if !self.scope.elsewhere.is_empty() {
            agrees_with_the_views(&self.fixture, second.name);
        }
    }

    /// What the registries' views and the proxies say is what the model says.
    pub(super) fn check(&self, state: &State) {
        let sides = self.sides(state);
        for (side, state) in &sides {
            self.check_definition(*side, state);
            for n in 0..2 {
                self.check_record(*side, state, n);
            }
        }
        for (n, proxy) in (0..).zip(self.proxies) {
            if !self.scope.has_proxy(n) {
                continue;
            }
            let account = state.accounts[usize::from(n)];
            if account.births > 0 || self.scope.is_adopted(n) {
                let expected = match account.runs {
                    Runs::Version(version) => self.code(version).implementation,
                    Runs::Stub => framework().stub.address,
                    Runs::Program => self.steps[0].script,
                };
                assert_eq!(
                    runs(&self.fixture, proxy),
                    expected,
                    "{proxy} in {state:#?}"
                );
            }
        }
    }

    /// What a registry keeps of a proxy.
    fn check_record(&self, side: Side, state: &State, n: u8) {
        let (at, proxy) = (self.place(side), self.proxies[usize::from(n)]);
        let Record {
            instance,
            nonce,
            created,
            accepted,
            ..
        } = state.records[usize::from(n)];
        let found = self
            .fixture
            .ask(at.registry, &IRegistry::instanceOfCall { proxy });
        let found = found.ok().filter(|found| found.name == at.name);
        let found = found.map(|found| (found.version, found.state));
        let known = instance.map(|one| {
            let state = match one.state {
                InstanceState::Live => instance_state::LIVE,
                InstanceState::Migrating => instance_state::MIGRATING,
                InstanceState::TurningBack => instance_state::TURNING_BACK,
                InstanceState::Paused => instance_state::PAUSED,
            };
            (label(one.version), state)
        });
        assert_eq!(found, known, "{proxy} at {at:?} in {state:#?}");
        // one registry keeps one record of a proxy, whichever definition has it
        let is_of_another = !self.scope.registries && !self.scope.elsewhere.is_empty();
        if !is_of_another || instance.is_some() {
            let details = IRegistry::instanceDetailsCall { proxy };
            let details = self.fixture.ask(at.registry, &details).expect("details");
            let found = (
                details.nonce,
                details.created,
                details.arrived,
                details.held,
            );
            let arrived = instance.is_some_and(|one| one.arrived);
            let held = instance.is_some_and(|one| one.held && !one.is_migrating());
            let known = (u64::from(nonce), created, arrived, held);
            assert_eq!(found, known, "{proxy} at {at:?} in {state:#?}");
        }
        let acceptance = IRegistry::acceptedTransferCall {
            name: at.name.into(),
            proxy,
        };
        let found = self
            .fixture
            .ask(at.registry, &acceptance)
            .expect("an answer");
        let found = (!found.registry.is_zero()).then_some((found.version, found.nonce));
        let known = accepted.map(|(version, nonce)| (label(version), u64::from(nonce)));
        assert_eq!(found, known, "{proxy} at {at:?} in {state:#?}");
    }

    fn check_definition(&self, side: Side, state: &State) {
        let at = self.place(side);
        let name = at.name.to_owned();
        let definition = self
            .fixture
            .ask(at.registry, &IRegistry::definitionCall { name });
        let definition = definition.expect(at.name);
        assert_eq!(definition.sequence, u64::from(state.sequence), "{state:#?}");
        let paused = definition.state == definition_state::PAUSED;
        assert_eq!(paused, state.paused, "{state:#?}");
        assert_eq!(definition.current, label(state.current), "{state:#?}");
        self.check_actions(side, state);
    }

    /// What is open, and who approved it.
    fn check_actions(&self, side: Side, state: &State) {
        let at = self.place(side);
        let pending = IRegistry::pendingCall {
            name: at.name.into(),
            start: 0,
            count: 99,
        };
        let pending = self.fixture.ask(at.registry, &pending).expect("a list");
        let open = state.actions.iter();
        let open = open.filter(|(_, action)| state.day() <= last_day(action));
        let open: Vec<_> = open.collect();
        assert_eq!(pending.len(), open.len(), "{pending:?} in {state:#?}");
        for (content, known) in open {
            let action = self.action(side, state, *content);
            let found = self
                .fixture
                .ask(at.registry, &IRegistry::readinessCall { action });
            let found = found.unwrap_or_else(|_| panic!("{content:?} is not open: {state:#?}"));
            let approved: BTreeSet<_> = found.approved.into_iter().collect();
            let all = (0..APPROVERS).chain([WALLET]);
            let by = all.filter(|who| known.approvals & (1 << who) != 0);
            let expected: BTreeSet<_> = by.map(|who| address(who, self.wallet)).collect();
            assert_eq!(approved, expected, "{content:?} in {state:#?}");
            let begun = known.clock.is_some();
            assert_eq!(found.notBefore != 0, begun, "{content:?} in {state:#?}");
            let opened = self
                .fixture
                .ask(at.registry, &IRegistry::openedAtCall { action });
            assert_ne!(opened, Ok(0), "{content:?} in {state:#?}");
        }
    }

    fn text(&self, policy: &Policy) -> String {
        let key = |who| is(address(who, self.wallet));
        policy.text(&key, &is(self.lambda), u64::from(DELAY) * DAY)
    }
}

/// The label of a version.
pub(super) fn label(version: u8) -> String {
    format!("{version}.0")
}

/// The code of 1.0, 2.0 and 3.0. Proxies that come from elsewhere run what others wrote, unless they have to call
/// somebody.
fn codes(fixture: &mut Fixture, scope: Scope) -> [Code; 3] {
    match scope.adopted != 0 && !scope.contracts {
        true => {
            let [first, second] = ["Box", "Box2"].map(|name| compiled(fixture, name));
            [first, second.clone(), second]
        }
        false => [1, 2, 3].map(|version| hostile(fixture, version)),
    }
}

/// The hostile code, with a code hash of its own for each version: a custom section tells them apart.
fn hostile(fixture: &mut Fixture, version: u8) -> Code {
    let mut artifact = built("hostile").expect("it builds");
    let section = [0, 2, 1, b'0' + version]; // its id, its size, and its name
    let wasm = [&artifact.wasm[..], &section].concat();
    artifact.code = stylus_vm::compress(&wasm).expect("compressed").into();
    let code = fixture.deploy_code(&artifact.creation_code());
    fixture.activate(code.implementation);
    code
}

/// The step to 2.0.
fn first_step(fixture: &mut Fixture, scope: Scope, check: Address) -> Step {
    let plain = step("1.0", kind::NONE, Bytes::new());
    if scope.complex {
        let program = fixture.deploy("hostile");
        complex("1.0", &program, account(4))
    } else if scope.checked {
        Step {
            script: check,
            scriptCodehash: keccak256(CHECK),
            ..plain
        }
    } else {
        plain
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
        // `createProxy` returns an address after it
        Progress::abi_decode(returned.get(..128).unwrap_or_default())
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

/// A transparent proxy that `OWNER` is the admin of. Where contracts call in the middle of its calls, its code calls
/// whom anybody says.
fn foreign(fixture: &mut Fixture, scope: Scope, code: &Code) -> Address {
    let start = U256::from(7);
    let init = match scope.contracts {
        true => data(&act(vec![])),
        false => data(&IBox::initialize_0Call { start }),
    };
    let arguments = (code.implementation, account(OWNER), init).abi_encode_params();
    let code = fixture.deploy_code(&creation(peers::TRANSPARENT_4, &arguments));
    code.implementation
}

/// Its admin gives it to another one. Whether it went: its code may answer that call as well.
pub(super) fn give(fixture: &mut Fixture, proxy: Address, to: Address) -> bool {
    let has_it = |fixture: &Fixture| fixture.slot(proxy, slots::ADMIN) == to.into_word();
    let had_it = has_it(fixture);
    let give = ITransparentProxy::changeAdminCall { newAdmin: to };
    let given = fixture.send_to(account(OWNER), proxy, &give);
    given.is_ok() && !had_it && has_it(fixture)
}

fn adopt(proxy: Address) -> IRegistry::adoptCall {
    calls::adopt(NAME, proxy, proxy_kind::TRANSPARENT_4, "1.0")
}

/// The `createProxy` of a proxy.
fn create(scope: Scope, name: &str, n: u8, version: &str) -> IRegistry::createProxyCall {
    calls::create_proxy(
        name,
        version,
        match scope.evm {
            true => proxy_kind::EVM,
            false => proxy_kind::WASM,
        },
        B256::repeat_byte(n + 1),
        Bytes::new(),
    )
}
