//! A scope of the model on a chain with the real registry.

use std::collections::{BTreeSet, HashMap};

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades_interface::reasons::{definition_state, instance_state, proxy_kind};
use stylus_upgrades_interface::registry::{Code, IRegistry, Step};
use stylus_upgrades_model::{
    APPROVERS, Content, DELAY, InstanceState, Policy, STRANGER, Scope, SignedApproval, State, TICK,
    TWO_OF_THREE, last_day,
};

use crate::registry::adopted::fixture::{OWNER, TRANSPARENT_5, adopt, compiled};
use crate::registry::fixture::{Fixture, account, complex, initial_step, is, step};
use crate::review::fixture::data;

pub(super) const NAME: &str = "A";
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
    pub(super) proxies: [Address; 2],
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
        let define = IRegistry::createDefinitionCall {
            name: NAME.into(),
            migratePolicy: text(&scope.policies[0]),
            policyPolicy: text(&TWO_OF_THREE),
            createPolicy: is(boss),
        };
        fixture.send(boss, &define).expect("defined");
        let (first, second) = match scope.foreign {
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
            false => step("1.0", 0, Bytes::new()),
        };
        let add = IRegistry::addVersionCall {
            name: NAME.into(),
            version: "1.0".into(),
            code: first.clone(),
            step: initial_step(),
        };
        for who in [0, 1] {
            let sent = fixture.send(key(who).address(), &add);
            if sent.is_ok_and(|done| done.returned.executed) {
                break;
            }
        }
        if scope.policies[0].has_delay() {
            fixture.wait(u64::from(TICK) * DAY);
            fixture
                .send(account(5), &add)
                .expect("added after the delay");
        }
        let proxies = [1, 2].map(|salt| match scope.foreign {
            true => TRANSPARENT_5.create(&mut fixture, &first),
            false if salt > scope.instances => Address::ZERO,
            false => {
                let create = IRegistry::createProxyCall {
                    name: NAME.into(),
                    version: "1.0".into(),
                    kind: proxy_kind::WASM,
                    salt: B256::repeat_byte(salt),
                    initData: Bytes::new(),
                };
                let created = fixture.send(boss, &create).expect("created");
                created.returned.proxy
            }
        });
        Self {
            fixture,
            scope,
            second,
            step,
            proxies,
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

    pub(super) fn calldata(&self, content: Content) -> Bytes {
        let name = || NAME.to_owned();
        let proxy = |n: u8| self.proxies[usize::from(n)];
        match content {
            Content::Migrate => data(&IRegistry::migrateCall {
                name: name(),
                version: "2.0".into(),
                code: self.second.clone(),
                step: self.step.clone(),
            }),
            Content::SetPolicy(n) => data(&IRegistry::setPolicyCall {
                name: name(),
                role: "migrate".into(),
                expression: text(&self.scope.policies[usize::from(n)]),
            }),
            Content::Pause => data(&IRegistry::pauseCall { name: name() }),
            Content::Resume => data(&IRegistry::resumeCall { name: name() }),
            Content::SetHandler(n) => data(&IRegistry::setHandlerCall {
                name: name(),
                proxy: proxy(n),
                handler: account(7),
            }),
            Content::Abort(n) => data(&IRegistry::abortMigrationCall {
                name: name(),
                proxy: proxy(n),
            }),
            Content::Adopt(n) => data(&adopt(proxy_kind::TRANSPARENT_5, proxy(n))),
            Content::HandOver(n) => data(&IRegistry::handOverCall {
                name: name(),
                proxy: proxy(n),
                newRegistry: account(OWNER),
            }),
        }
    }

    /// The registry's views say what the model says.
    pub(super) fn check(&self, state: &State) {
        let name = NAME.to_owned();
        let definition = self.fixture.view(&IRegistry::definitionCall { name });
        let definition = definition.expect("A");
        assert_eq!(definition.sequence, u64::from(state.sequence), "{state:#?}");
        let paused = definition.state == definition_state::PAUSED;
        assert_eq!(paused, state.paused, "{state:#?}");
        let current = if state.second { "2.0" } else { "1.0" };
        assert_eq!(definition.current, current);
        for (proxy, known) in self.proxies.into_iter().zip(state.proxies) {
            let found = self.fixture.view(&IRegistry::instanceOfCall { proxy }).ok();
            let found = found.map(|found| (found.version, found.state));
            let known = known.instance.map(|one| {
                let state = match one.state {
                    InstanceState::Live => instance_state::LIVE,
                    InstanceState::Migrating => instance_state::MIGRATING,
                    InstanceState::TurningBack => instance_state::TURNING_BACK,
                    InstanceState::Paused => instance_state::PAUSED,
                };
                (format!("{}.0", one.version), state)
            });
            assert_eq!(found, known, "{proxy} in {state:#?}");
        }
        self.check_actions(state);
    }

    /// What is open, and who approved it.
    fn check_actions(&self, state: &State) {
        let pending = IRegistry::pendingCall {
            name: NAME.into(),
            start: 0,
            count: 99,
        };
        let pending = self.fixture.view(&pending).expect("a list");
        let open = state.actions.iter();
        let open = open.filter(|(_, action)| state.day() <= last_day(action));
        let open: Vec<_> = open.collect();
        assert_eq!(pending.len(), open.len(), "{pending:?} in {state:#?}");
        for (content, known) in open {
            let action = self.approval(*content, state.round(*content)).action().0;
            let found = self.fixture.view(&IRegistry::readinessCall { action });
            let found = found.unwrap_or_else(|_| panic!("{content:?} is not open: {state:#?}"));
            let approved: BTreeSet<_> = found.approved.into_iter().collect();
            let of = (0..APPROVERS).filter(|who| known.approvals & (1 << who) != 0);
            let expected: BTreeSet<_> = of.map(|who| key(who).address()).collect();
            assert_eq!(approved, expected, "{content:?} in {state:#?}");
        }
    }
}

fn text(policy: &Policy) -> String {
    policy.text(&|who| is(key(who).address()), u64::from(DELAY) * DAY)
}
