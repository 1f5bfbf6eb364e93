//! Proxies of ours that go to another registry, and come back.

use crate::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::adopted::fixture::{migrate, runs};
use super::fixture::{Fixture, account, complex, initial_step, is, refused, step};
use super::kinds::{create, instance, slot};

const VALUE: u64 = 7;
/// The approver of the other registry's definition.
const OTHER: usize = 5;

/// Two registries with a definition A at 1.0 each, and a proxy of each kind at the first.
struct Two {
    fixture: Fixture,
    code: Code,
    old: Address,
    new: Address,
    proxies: [Address; 2],
}

impl Two {
    fn new() -> Self {
        let mut fixture = Fixture::of_one();
        let code = fixture.deploy("counter-v1");
        fixture.add("1.0", &code, initial_step());
        let value = U256::from(VALUE);
        let init = ICounter::initializeCall { value };
        let proxies =
            [proxy_kind::WASM, proxy_kind::EVM].map(|kind| create(&mut fixture, kind, &init));
        let old = fixture.registry;
        let new = fixture
            .deploy_registry(&is(account(OTHER)))
            .expect("another");
        let mut two = Self {
            fixture,
            code,
            old,
            new,
            proxies,
        };
        two.at_the_new(|two| {
            two.define();
        });
        two
    }

    /// The definition A of the other registry, at 1.0.
    fn define(&mut self) {
        let by = is(account(OTHER));
        let define = calls::create_definition("A", by);
        self.fixture.send(account(OTHER), &define).expect("defined");
        let add = super::fixture::add_version(&self.code, "1.0", initial_step());
        self.fixture.send(account(OTHER), &add).expect("added");
    }

    /// Does something where calls go to the other registry.
    fn at_the_new<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.fixture.registry = self.new;
        let done = act(self);
        self.fixture.registry = self.old;
        done
    }

    fn accept(&mut self, proxy: Address, kind: u8) {
        let accept = acceptance(proxy, kind, self.old);
        self.at_the_new(|two| {
            let done = two.fixture.send(account(OTHER), &accept).expect("accepted");
            assert_eq!(done.events::<IRegistry::TransferAccepted>().len(), 1);
        });
    }

    /// Moves a proxy to the other registry.
    fn go(&mut self, kind: u8) -> Address {
        let proxy = self.proxies[usize::from(kind)];
        self.accept(proxy, kind);
        let transfer = transfer(proxy, self.new);
        let done = self.fixture.send(account(0), &transfer).expect("gone");
        assert_eq!(done.events::<IRegistry::InstanceTransferred>().len(), 1);
        assert_eq!(done.events::<IRegistry::InstanceAdopted>().len(), 1);
        let changed = done.events::<Proxy::AdminChanged>();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].newAdmin, self.new);
        let upgraded = done.logs.iter().filter(|log| log.address == proxy);
        assert_eq!(upgraded.count(), 2, "AdminChanged and Upgraded, once each");
        proxy
    }
}

fn acceptance(proxy: Address, kind: u8, registry: Address) -> IRegistry::acceptTransferCall {
    calls::accept_transfer("A", proxy, kind, "1.0", registry)
}

fn transfer(proxy: Address, to: Address) -> IRegistry::transferProxyCall {
    calls::transfer_proxy("A", proxy, to, "A")
}

#[test]
fn both_kinds_move_to_another_registry_are_upgraded_there_and_come_back() {
    let mut two = Two::new();
    let second = two.fixture.deploy("counter-v2");
    let call = ICounter::migrateCall {
        step: U256::from(5),
    };
    let data = Bytes::from(call.abi_encode());
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let proxy = two.go(kind);
        refused(
            two.fixture.view(&IRegistry::instanceOfCall { proxy }),
            IRegistry::NotAnInstance { proxy },
        );
        let value = two.fixture.ask(proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(VALUE)), "users notice nothing");
        assert_eq!(slot(&two.fixture, proxy, slots::ADMIN), two.new.into_word());
        two.at_the_new(|two| {
            let found = instance(&two.fixture, proxy);
            assert_eq!((found.version.as_str(), found.kind), ("1.0", kind));
        });
        let is_evm = kind == proxy_kind::EVM;
        let of = IRegistry::transferOfCall { proxy };
        let relays = two.fixture.view(&of).expect("it").registry;
        assert_eq!(relays, if is_evm { two.new } else { Address::ZERO });
        let relay = two.at_the_new(|two| two.fixture.view(&of).expect("it").relay);
        assert_eq!(relay, if is_evm { two.old } else { Address::ZERO });
    }

    // the other registry upgrades both, and the first one cannot any more
    let order = calls::migrate("A", "2.0", &second, step("1.0", 1, data.clone()));
    two.at_the_new(|two| {
        let done = two.fixture.send(account(OTHER), &order).expect("migrated");
        assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    });
    for proxy in two.proxies {
        assert_eq!(runs(&two.fixture, proxy), second.implementation);
        let set = two.fixture.ask(proxy, &ICounter::stepCall {});
        assert_eq!(set, Ok(U256::from(5)));
        let upgrade = calls::upgrade_instance(proxy, "1.0", Bytes::new());
        refused(
            two.fixture.send(account(0), &upgrade),
            IRegistry::NotAnInstance { proxy },
        );
    }
    // pause and resume reach both
    two.at_the_new(|two| {
        let name = String::from("A");
        let pause = IRegistry::pauseCall { name: name.clone() };
        two.fixture.send(account(OTHER), &pause).expect("paused");
        for proxy in two.proxies {
            let answer = two.fixture.ask(proxy, &ICounter::valueCall {});
            refused(answer, Proxy::UpgradeInProgress {});
        }
        two.fixture
            .send(account(OTHER), &IRegistry::resumeCall { name })
            .expect("resumed");
    });

    // and back: their data are at 2.0 by now, so the first registry has to know that version
    migrate(&mut two.fixture, &second, 1, data).expect("no instance lags");
    for (kind, proxy) in (0..).zip(two.proxies) {
        let accept = |version: &str, two: &Two| IRegistry::acceptTransferCall {
            version: version.into(),
            ..acceptance(proxy, kind, two.new)
        };
        let accepted = accept("2.0", &two);
        two.fixture.send(account(0), &accepted).expect("accepted");
        let back = transfer(proxy, two.old);
        two.at_the_new(|two| two.fixture.send(account(OTHER), &back).expect("back"));
        let found = instance(&two.fixture, proxy);
        assert_eq!((found.version.as_str(), found.kind), ("2.0", kind));
        let of = two.fixture.view(&IRegistry::transferOfCall { proxy });
        let of = of.expect("it");
        assert_eq!((of.relay, of.registry), (Address::ZERO, Address::ZERO));
        let pause = IRegistry::pauseCall { name: "A".into() };
        two.fixture.send(account(0), &pause).expect("paused");
        let answer = two.fixture.ask(proxy, &ICounter::valueCall {});
        refused(answer, Proxy::UpgradeInProgress {});
        let resume = IRegistry::resumeCall { name: "A".into() };
        two.fixture.send(account(0), &resume).expect("resumed");
    }
}

#[test]
fn an_evm_proxy_moves_on_to_a_third_registry_and_its_first_one_relays_for_that() {
    let mut two = Two::new();
    let proxy = two.go(proxy_kind::EVM);
    let second = two.new;
    let third = two.fixture.registry;
    let third = {
        let deployed = two.fixture.deploy_registry(&is(account(OTHER)));
        two.fixture.registry = third;
        deployed.expect("a third one")
    };
    two.new = third;
    two.at_the_new(|two| {
        two.define();
        let accept = acceptance(proxy, proxy_kind::EVM, second);
        two.fixture.send(account(OTHER), &accept).expect("accepted");
    });
    two.new = second;
    two.at_the_new(|two| {
        let on = transfer(proxy, third);
        two.fixture.send(account(OTHER), &on).expect("gone on");
    });
    let of = two.fixture.view(&IRegistry::transferOfCall { proxy });
    assert_eq!(of.expect("it").registry, third, "the first one relays");
    // the second has no say any more
    let relay = IInstanceRegistry::relayCall {
        proxy,
        order: Proxy::implementationCall::SELECTOR.into(),
    };
    two.fixture
        .chain
        .set_balance(second, U256::from(10u64.pow(18)));
    refused(
        two.fixture.send(second, &relay),
        IRegistry::NotAnInstance { proxy: second },
    );
    two.new = third;
    two.at_the_new(|two| {
        let pause = IRegistry::pauseCall { name: "A".into() };
        two.fixture.send(account(OTHER), &pause).expect("paused");
    });
    refused(
        two.fixture.ask(proxy, &ICounter::valueCall {}),
        Proxy::UpgradeInProgress {},
    );
}

#[test]
fn nobody_receives_what_was_not_accepted_and_nobody_takes_what_was_not_sent() {
    let mut two = Two::new();
    let [proxy, evm] = two.proxies;
    let (old, new) = (two.old, two.new);
    let not_accepted = |name: &str, registry| IRegistry::TransferNotAccepted {
        definition: keccak256(name),
        proxy,
        registry,
    };
    refused(
        two.fixture.send(account(0), &transfer(proxy, new)),
        not_accepted("A", old),
    );
    let unknown = IRegistry::transferProxyCall {
        definition: "B".into(),
        ..transfer(proxy, new)
    };
    refused(
        two.fixture.send(account(0), &unknown),
        not_accepted("B", old),
    );
    // accounts without code, and this registry itself
    for to in [Address::ZERO, account(7), old] {
        let what = String::from("transfer to that account");
        refused(
            two.fixture.send(account(0), &transfer(proxy, to)),
            IRegistry::NotSupported { what },
        );
    }
    // a contract that answers nothing receives nothing
    let mute = two.fixture.deploy_code(&[0x60, 0x01, 0x5f, 0xf3]);
    let sent = two
        .fixture
        .send(account(0), &transfer(proxy, mute.implementation));
    sent.expect_err("it said nothing");
    assert_eq!(instance(&two.fixture, proxy).version, "1.0");
    // an acceptance from another registry does not help, and a withdrawn one neither
    two.at_the_new(|two| {
        let elsewhere = acceptance(proxy, proxy_kind::WASM, mute.implementation);
        two.fixture
            .send(account(OTHER), &elsewhere)
            .expect("accepted");
    });
    refused(
        two.fixture.send(account(0), &transfer(proxy, new)),
        not_accepted("A", old),
    );
    two.accept(proxy, proxy_kind::WASM);
    two.at_the_new(|two| {
        let withdrawn = acceptance(proxy, proxy_kind::WASM, Address::ZERO);
        two.fixture
            .send(account(OTHER), &withdrawn)
            .expect("withdrawn");
    });
    refused(
        two.fixture.send(account(0), &transfer(proxy, new)),
        not_accepted("A", old),
    );
    // of another kind than it is
    two.at_the_new(|two| {
        let what = String::from("transfer of that proxy");
        let wrong = acceptance(proxy, proxy_kind::EVM, old);
        refused(
            two.fixture.send(account(OTHER), &wrong),
            IRegistry::NotSupported { what: what.clone() },
        );
        let wrong = acceptance(evm, proxy_kind::UUPS, old);
        refused(
            two.fixture.send(account(OTHER), &wrong),
            IRegistry::NotSupported { what },
        );
        let wrong = acceptance(evm, proxy_kind::WASM, old);
        let refusal = two.fixture.send(account(OTHER), &wrong);
        refusal.expect_err("other code");
    });
    // strangers: to receive, to relay, to pass the relay on
    for call in [
        IInstanceRegistry::receiveTransferCall {
            proxy,
            definition: keccak256("A"),
        }
        .abi_encode(),
        IInstanceRegistry::relayCall {
            proxy: evm,
            order: Bytes::new(),
        }
        .abi_encode(),
        IInstanceRegistry::transferRelayCall {
            proxy: evm,
            registry: account(5),
        }
        .abi_encode(),
    ] {
        for registry in [old, new] {
            let sent = two.fixture.raw(
                account(OTHER),
                registry,
                call.clone().into(),
                U256::ZERO,
                9_000_000,
            );
            sent.expect_err("a stranger");
        }
    }
}

#[test]
fn a_proxy_is_received_only_at_a_version_that_its_data_were_brought_to() {
    let mut two = Two::new();
    let [proxy, _] = two.proxies;
    let second = two.fixture.deploy("counter-v2");
    let add = super::fixture::add_version(&second, "2.0", step("1.0", 0, Bytes::new()));
    let old = two.old;
    two.at_the_new(|two| {
        two.fixture.send(account(OTHER), &add).expect("added");
        let accept = IRegistry::acceptTransferCall {
            version: "2.0".into(),
            ..acceptance(proxy, proxy_kind::WASM, old)
        };
        two.fixture.send(account(OTHER), &accept).expect("accepted");
    });
    let version = String::from("2.0");
    refused(
        two.fixture.send(account(0), &transfer(proxy, two.new)),
        IMigratable::PredecessorMissing { version },
    );
    assert_eq!(instance(&two.fixture, proxy).version, "1.0", "it stays");
}

#[test]
fn a_proxy_in_a_complex_step_a_paused_one_and_one_in_a_call_stay() {
    let mut two = Two::new();
    let [proxy, evm] = two.proxies;
    two.accept(proxy, proxy_kind::WASM);
    let name = String::from("A");
    let pause = IRegistry::pauseCall { name: name.clone() };
    two.fixture.send(account(0), &pause).expect("paused");
    refused(
        two.fixture.send(account(0), &transfer(proxy, two.new)),
        Proxy::UpgradeInProgress {},
    );
    let resume = IRegistry::resumeCall { name };
    two.fixture.send(account(0), &resume).expect("resumed");
    // the receiver is paused
    two.at_the_new(|two| {
        two.fixture.send(account(OTHER), &pause).expect("paused");
    });
    refused(
        two.fixture.send(account(0), &transfer(proxy, two.new)),
        IRegistry::DefinitionPaused { name: "A".into() },
    );
    assert_eq!(instance(&two.fixture, evm).state, instance_state::LIVE);
    two.at_the_new(|two| {
        two.fixture.send(account(OTHER), &resume).expect("resumed");
    });
    let transfer = transfer(proxy, two.new);
    two.fixture.send(account(0), &transfer).expect("gone");
}

#[test]
fn a_handler_is_replaced_and_a_migration_aborted_through_the_relay() {
    let mut fixture = Fixture::of_one();
    let (first, second) = (fixture.deploy("points-v1"), fixture.deploy("points-v2"));
    let program = fixture.deploy("points-cursor");
    fixture.add("1.0", &first, initial_step());
    let steward = account(0);
    let init = IPoints::initializeCall { steward };
    let proxy = create(&mut fixture, proxy_kind::EVM, &init);
    let award = IPoints::awardCall {
        to: vec![account(1), account(2)],
        points: U256::from(3),
    };
    fixture
        .pay(steward, proxy, &award, U256::ZERO)
        .expect("awarded");
    let old = fixture.registry;
    let new = fixture.deploy_registry(&is(account(0))).expect("another");
    fixture.registry = new;
    fixture.define(&is(account(0))).expect("defined");
    fixture.add("1.0", &first, initial_step());
    let accept = acceptance(proxy, proxy_kind::EVM, old);
    fixture.send(account(0), &accept).expect("accepted");
    fixture.registry = old;
    fixture
        .send(account(0), &transfer(proxy, new))
        .expect("gone");
    fixture.registry = new;
    let way = complex("1.0", &program, account(6));
    migrate_to(&mut fixture, "2.0", &second, way);
    assert_eq!(instance(&fixture, proxy).state, instance_state::MIGRATING);

    let handler = calls::set_handler("A", proxy, account(7));
    fixture.send(account(0), &handler).expect("another handler");
    let next = Complex::migrateNextCall {
        gasBudget: 20_000_000,
    };
    let by_the_old = fixture.pay(account(6), proxy, &next, U256::ZERO);
    by_the_old.expect_err("replaced");
    // whoever is no registry sets nothing, also the first registry for others
    let set = Complex::setHandlerCall {
        handler: account(6),
    };
    fixture
        .pay(account(5), proxy, &set, U256::ZERO)
        .expect_err("a stranger");
    fixture
        .pay(account(7), proxy, &next, U256::ZERO)
        .expect("batch");
    fixture
        .pay(account(7), proxy, &Complex::endMigrationCall {}, U256::ZERO)
        .expect("ended");
    let found = instance(&fixture, proxy);
    assert_eq!(
        (found.version.as_str(), found.state),
        ("2.0", instance_state::LIVE)
    );
    assert_eq!(runs(&fixture, proxy), second.implementation);
}

#[test]
fn a_proxy_that_went_elsewhere_gets_no_vote_back() {
    let mut two = Two::new();
    let name = calls::proxy_address("A", proxy_kind::WASM, B256::repeat_byte(3));
    // named before it exists
    let proxy = two.fixture.view(&name).expect("an address");
    two.fixture.set("audit", &is(proxy));
    let satisfied = |two: &Two| {
        two.fixture.view(&IRegistry::satisfiesCall {
            name: "A".into(),
            role: "audit".into(),
            approvers: vec![proxy],
        })
    };
    assert_eq!(satisfied(&two), Ok(true), "nothing is there yet");
    let create = calls::create_proxy(
        "A",
        "1.0",
        proxy_kind::WASM,
        B256::repeat_byte(3),
        Bytes::new(),
    );
    two.fixture.send(account(0), &create).expect("created");
    assert_eq!(satisfied(&two), Ok(false), "its code may call for anybody");
    two.accept(proxy, proxy_kind::WASM);
    let gone = transfer(proxy, two.new);
    two.fixture.send(account(0), &gone).expect("gone");
    assert_eq!(satisfied(&two), Ok(false), "elsewhere as well");
}

fn migrate_to(
    fixture: &mut Fixture,
    version: &str,
    code: &Code,
    way: stylus_upgrades_interface::registry::Step,
) {
    let migrate = calls::migrate("A", version, code, way);
    fixture.send(account(0), &migrate).expect("migrated");
}

#[test]
fn one_instance_of_either_kind_is_upgraded_alone() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let value = U256::from(VALUE);
    let init = ICounter::initializeCall { value };
    let kinds = [proxy_kind::WASM, proxy_kind::EVM];
    let proxies = kinds.map(|kind| create(&mut fixture, kind, &init));
    let second = fixture.deploy("counter-v2");
    fixture.add("2.0", &second, step("1.0", 1, Bytes::new()));
    let call = ICounter::migrateCall {
        step: U256::from(5),
    };
    for proxy in proxies {
        let upgrade = calls::upgrade_instance(proxy, "2.0", call.abi_encode());
        refused(
            fixture.send(account(5), &upgrade),
            Proxy::UpgradeNotAuthorized {
                caller: account(5),
                from: "1.0".into(),
                to: "2.0".into(),
            },
        );
        let done = fixture.send(account(0), &upgrade).expect("upgraded");
        assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 1);
        assert_eq!(runs(&fixture, proxy), second.implementation);
        let set = fixture.ask(proxy, &ICounter::stepCall {});
        assert_eq!(set, Ok(U256::from(5)));
        refused(
            fixture.send(account(0), &upgrade),
            Proxy::AlreadyAtVersion {
                version: "2.0".into(),
            },
        );
    }
    let name = String::from("A");
    let of = fixture.view(&IRegistry::definitionCall { name });
    assert_eq!(of.expect("it").current, "1.0", "nothing became current");
    assert_ne!(code.codehash, second.codehash);
    assert_ne!(B256::ZERO, second.codehash);
}
