//! Proxies of the framework that go to another registry, and come back.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_interface::orders::IOrders;
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::adopted::fixture::{migrate, runs};
use super::fixture::{
    Done, Fixture, account, add_version, complex, framework, initial_step, is, new_proxy, plain,
    refused, step,
};
use super::kinds::{counters, create};

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

impl std::ops::Deref for Two {
    type Target = Fixture;

    fn deref(&self) -> &Fixture {
        &self.fixture
    }
}

impl std::ops::DerefMut for Two {
    fn deref_mut(&mut self) -> &mut Fixture {
        &mut self.fixture
    }
}

impl Two {
    fn new() -> Self {
        let (mut fixture, code, proxies) = counters(VALUE);
        let old = fixture.registry;
        let new = fixture.another_registry(OTHER);
        let mut two = Self {
            fixture,
            code,
            old,
            new,
            proxies,
        };
        two.define();
        two
    }

    /// The definition A of the other registry, at 1.0.
    fn define(&mut self) {
        let by = is(account(OTHER));
        self.accepted_there(&calls::create_definition("A", by));
        let add = add_version(&self.code, "1.0", initial_step());
        self.accepted_there(&add);
    }

    /// The approver of the other registry's definition sends it a call.
    fn accepted_there<C: SolCall>(&mut self, call: &C) -> Done<C::Return> {
        self.fixture.accepted_by(self.new, OTHER, call)
    }

    /// Does something where calls go to the other registry.
    fn at_the_new<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.fixture.registry = self.new;
        let done = act(self);
        self.fixture.registry = self.old;
        done
    }

    fn accept(&mut self, proxy: Address) {
        let accept = acceptance(self, proxy, self.old);
        let done = self.accepted_there(&accept);
        let [event] = &done.events::<IRegistry::TransferAccepted>()[..] else {
            panic!("one event");
        };
        assert_eq!((event.registry, event.nonce), (self.old, accept.nonce));
    }

    /// Moves a proxy to the other registry.
    fn go(&mut self, kind: u8) -> Address {
        let proxy = self.proxies[usize::from(kind)];
        self.accept(proxy);
        let go = transfer(self, proxy, self.new);
        let done = self.fixture.accepted(0, &go);
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

/// It is accepted at 1.0 from a registry, as it is there.
fn acceptance(
    fixture: &Fixture,
    proxy: Address,
    registry: Address,
) -> IRegistry::acceptTransferCall {
    let nonce = fixture.nonce_at(registry, proxy);
    calls::accept_transfer("A", proxy, "1.0", registry, nonce)
}

/// The registry that calls go to transfers it, as it is there.
fn transfer(fixture: &Fixture, proxy: Address, to: Address) -> IRegistry::transferProxyCall {
    calls::transfer_proxy("A", proxy, to, "A", fixture.nonce(proxy))
}

/// Who orders an EVM proxy.
fn orders_of(fixture: &Fixture, proxy: Address) -> Address {
    let orders = framework().orders.address;
    let asked = fixture.ask(orders, &IOrders::ordersOfCall { proxy });
    asked.expect("an account")
}

#[test]
fn both_kinds_move_to_another_registry_are_upgraded_there_and_come_back() {
    let mut two = Two::new();
    let second = two.deploy("counter-v2");
    let call = calls::migrate_counter(5);
    let data = Bytes::from(call.abi_encode());
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let proxy = two.go(kind);
        two.is_no_instance(proxy);
        let value = two.ask(proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(VALUE)), "users notice nothing");
        assert_eq!(two.slot(proxy, slots::ADMIN), two.new.into_word());
        two.at_the_new(|two| {
            let found = two.instance(proxy);
            assert_eq!((found.version.as_str(), found.kind), ("1.0", kind));
        });
        let is_evm = kind == proxy_kind::EVM;
        let orders = if is_evm { two.new } else { Address::ZERO };
        assert_eq!(orders_of(&two, proxy), orders);
        let question = calls::instance_details(proxy);
        let left = two.view(&question).expect("it");
        assert_eq!((left.nonce, left.created, left.arrived), (1, true, false));
        let here = two.at_the_new(|two| two.view(&question).expect("it"));
        assert_eq!((here.nonce, here.created, here.arrived), (1, false, true));
    }

    // the other registry upgrades both, and the first one cannot any more
    let order = calls::migrate("A", "2.0", &second, step("1.0", 1, data.clone()));
    let done = two.at_the_new(|two| two.migrates(OTHER, &order));
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    for proxy in two.proxies {
        assert_eq!(runs(&two.fixture, proxy), second.implementation);
        let set = two.ask(proxy, &ICounter::stepCall {});
        assert_eq!(set, Ok(U256::from(5)));
        let upgrade = calls::upgrade_instance(proxy, "1.0", Bytes::new());
        two.refuses(0, &upgrade, not_an_instance(proxy));
    }
    // pause and resume reach both
    two.at_the_new(|two| two.pause(OTHER));
    for proxy in two.proxies {
        let answer = two.ask(proxy, &ICounter::valueCall {});
        refused(answer, in_progress());
    }
    two.at_the_new(|two| two.resume(OTHER));

    // and back: their data are at 2.0 by now, so the first registry has to know that version
    migrate(&mut two.fixture, &second, 1, data).expect("no instance lags");
    for (kind, proxy) in (0..).zip(two.proxies) {
        let accept = IRegistry::acceptTransferCall {
            version: "2.0".into(),
            ..acceptance(&two, proxy, two.new)
        };
        two.accepted(0, &accept);
        let old = two.old;
        two.at_the_new(|two| {
            let back = transfer(two, proxy, old);
            two.accepted(OTHER, &back);
        });
        let found = two.instance(proxy);
        assert_eq!((found.version.as_str(), found.kind), ("2.0", kind));
        let details = two.view(&calls::instance_details(proxy)).expect("it");
        assert!(details.created && details.arrived, "it came back");
        assert_eq!(details.nonce, 2);
        if kind == proxy_kind::EVM {
            assert_eq!(orders_of(&two, proxy), two.old);
        }
        two.pause(0);
        let answer = two.ask(proxy, &ICounter::valueCall {});
        refused(answer, in_progress());
        two.resume(0);
    }
}

#[test]
fn a_proxy_moves_on_to_a_third_registry_and_needs_the_first_two_no_more() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let mut two = Two::new();
        let proxy = two.go(kind);
        let [first, second] = [two.old, two.new];
        let third = two.another_registry(OTHER);
        two.new = third;
        two.define();
        let accept = acceptance(&two, proxy, second);
        two.accepted_there(&accept);
        two.new = second;
        two.at_the_new(|two| {
            let on = transfer(two, proxy, third);
            two.accepted(OTHER, &on);
        });
        // their code is gone: nobody asks them
        for gone in [first, second] {
            two.chain.set_code(gone, Bytes::new());
        }
        two.new = third;
        two.at_the_new(|two| {
            two.pause(OTHER);
            refused(two.ask(proxy, &ICounter::valueCall {}), in_progress());
            two.resume(OTHER);
            assert_eq!(two.instance(proxy).version, "1.0");
        });
        let value = two.ask(proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(VALUE)));
        if kind == proxy_kind::EVM {
            assert_eq!(orders_of(&two, proxy), third);
        }
    }
}

#[test]
fn nobody_receives_what_was_not_accepted_and_nobody_takes_what_was_not_sent() {
    let mut two = Two::new();
    let [proxy, evm] = two.proxies;
    let (old, new) = (two.old, two.new);
    let not_accepted = |name: &str, registry| not_accepted(name, proxy, registry);
    let go = |to| calls::transfer_proxy("A", proxy, to, "A", 0);
    two.refuses(0, &go(new), not_accepted("A", old));
    let unknown = calls::transfer_proxy("A", proxy, new, "B", 0);
    two.refuses(0, &unknown, not_accepted("B", old));
    // accounts without code, this registry itself, and what the framework has on every chain
    let built = framework();
    let ours = [
        built.orders.address,
        built.layouts.address,
        built.stub.address,
    ];
    let ours = ours
        .into_iter()
        .chain([built.storage.address, built.parts[0].address]);
    for to in [Address::ZERO, account(7), old, evm]
        .into_iter()
        .chain(ours)
    {
        let error = not_supported("transfer to that account");
        two.refuses(0, &go(to), error);
    }
    // a contract that answers nothing receives nothing
    let mute = two.deploy_code(&[0x60, 0x01, 0x5f, 0xf3]).implementation;
    let sent = two.send(account(0), &go(mute));
    sent.expect_err("it said nothing");
    assert_eq!(two.instance(proxy).version, "1.0");
    // an acceptance from another registry does not help, and a withdrawn one neither
    let elsewhere = calls::accept_transfer("A", proxy, "1.0", mute, 0);
    two.accepted_there(&elsewhere);
    two.refuses(0, &go(new), not_accepted("A", old));
    two.accept(proxy);
    let withdrawn = calls::accept_transfer("A", proxy, "1.0", Address::ZERO, 0);
    two.accepted_there(&withdrawn);
    two.refuses(0, &go(new), not_accepted("A", old));
    // what is no proxy of this set of contracts
    let expected = not_supported("transfer of that proxy");
    let of_another_set = two.deploy_evm(&evm_proxy_of_another_set());
    for other in [mute, of_another_set, account(7)] {
        let call = calls::accept_transfer("A", other, "1.0", old, 0);
        two.fixture.refuses_at(new, OTHER, &call, expected.clone());
    }
    // strangers
    let receive = calls::receive_transfer(proxy, "A", 0);
    for registry in [old, new] {
        let sent = two.send_bytes(OTHER, registry, data(&receive));
        sent.expect_err("a stranger");
    }
    for caller in [account(OTHER), new] {
        two.give_ether(caller);
        let give = IOrders::giveCall {
            proxy: evm,
            to: caller,
        };
        let sent = two.send_to(caller, built.orders.address, &give);
        sent.expect_err("it does not order that proxy");
    }
    assert_eq!(orders_of(&two, evm), old);
}

/// The code of an EVM proxy whose orders come from another contract, as in earlier releases from the registry itself.
fn evm_proxy_of_another_set() -> Bytes {
    evm::evm_proxy_code(account(8), framework().storage.address)
}

#[test]
fn a_proxy_is_received_only_at_a_version_that_its_data_were_brought_to() {
    let mut two = Two::new();
    let to = two.new;
    let [proxy, _] = two.proxies;
    let second = two.deploy("counter-v2");
    let order = calls::migrate("A", "2.0", &second, plain("1.0"));
    let old = two.old;
    two.accepted_there(&order);
    let accept = calls::accept_transfer("A", proxy, "2.0", old, 0);
    two.accepted_there(&accept);
    let error = IMigratable::PredecessorMissing {
        version: "2.0".into(),
    };
    let go = transfer(&two, proxy, to);
    two.refuses(0, &go, error);
    assert_eq!(two.instance(proxy).version, "1.0", "it stays");
}

#[test]
fn an_instance_leaves_while_it_is_paused_and_none_arrives_where_that_is_paused() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let mut two = Two::new();
        let to = two.new;
        let proxy = two.proxies[usize::from(kind)];
        two.accept(proxy);
        // the receiver is paused
        two.at_the_new(|two| two.pause(OTHER));
        let go = transfer(&two, proxy, to);
        two.refuses(0, &go, definition_paused());
        assert_eq!(two.instance(proxy).state, instance_state::LIVE);
        two.at_the_new(|two| two.resume(OTHER));
        // the sender is
        two.pause(0);
        refused(two.ask(proxy, &ICounter::valueCall {}), in_progress());
        two.executes(0, &go);
        let value = two.ask(proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(VALUE)), "users are back");
        two.is_no_instance(proxy);
        two.at_the_new(|two| assert_eq!(two.instance(proxy).state, instance_state::LIVE));
        // and what it left behind counts nothing that is stopped
        let other = two.proxies[usize::from(1 - kind)];
        two.resume(0);
        assert_eq!(two.instance(other).state, instance_state::LIVE);
        two.set("migrate", "NONE");
    }
}

#[test]
fn a_handler_is_replaced_where_an_evm_proxy_arrived() {
    let mut fixture = Fixture::of_one();
    let (first, second) = (fixture.deploy("points-v1"), fixture.deploy("points-v2"));
    let program = fixture.deploy("points-cursor");
    fixture.add("1.0", &first, initial_step());
    let steward = account(0);
    let init = IPoints::initializeCall { steward };
    let proxy = create(&mut fixture, proxy_kind::EVM, &init);
    let award = calls::award(vec![account(1), account(2)], 3);
    fixture.send_to(steward, proxy, &award).expect("awarded");
    let old = fixture.registry;
    let new = fixture.another_registry(0);
    fixture.registry = new;
    fixture.defined(&is(account(0)));
    fixture.add("1.0", &first, initial_step());
    let accept = acceptance(&fixture, proxy, old);
    fixture.accepted(0, &accept);
    fixture.registry = old;
    let go = transfer(&fixture, proxy, new);
    fixture.accepted(0, &go);
    fixture.registry = new;
    let way = complex("1.0", &program, account(6));
    fixture.migrates(0, &calls::migrate("A", "2.0", &second, way));
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);

    let handler = calls::set_handler("A", proxy, account(7), fixture.nonce(proxy));
    fixture.accepted(0, &handler);
    let next = calls::migrate_next(20_000_000);
    let by_the_old = fixture.send_to(account(6), proxy, &next);
    by_the_old.expect_err("replaced");
    // who is no registry sets nothing, nor does the first one
    let handler = account(6);
    let set = Complex::setHandlerCall { handler };
    fixture.give_ether(old);
    for caller in [account(5), old] {
        let sent = fixture.send_to(caller, proxy, &set);
        sent.expect_err("a stranger");
        let passed_on = [proxy.into_word().as_slice(), &set.abi_encode()].concat();
        let orders = framework().orders.address;
        let sent = fixture.raw(caller, orders, passed_on.into(), U256::ZERO, 5_000_000);
        sent.expect_err("a stranger");
    }
    fixture.accepted_by(proxy, 7, &next);
    fixture.accepted_by(proxy, 7, &Complex::endMigrationCall {});
    let found = fixture.instance(proxy);
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
    let proxy = two.view(&name).expect("an address");
    two.set("audit", &is(proxy));
    let satisfied = |two: &Two| two.view(&calls::satisfies("A", "audit", vec![proxy]));
    assert_eq!(satisfied(&two), Ok(true), "nothing is there yet");
    two.accepted(0, &new_proxy(proxy_kind::WASM, 3, Bytes::new()));
    assert_eq!(satisfied(&two), Ok(false), "its code may call for anybody");
    two.accept(proxy);
    let gone = transfer(&two, proxy, two.new);
    two.accepted(0, &gone);
    assert_eq!(satisfied(&two), Ok(false), "elsewhere as well");
}

#[test]
fn one_instance_of_either_kind_is_upgraded_alone() {
    let (mut fixture, code, proxies) = counters(VALUE);
    let second = fixture.deploy("counter-v2");
    fixture.add("2.0", &second, step("1.0", 1, Bytes::new()));
    let call = calls::migrate_counter(5);
    for proxy in proxies {
        let upgrade = calls::upgrade_instance(proxy, "2.0", call.abi_encode());
        fixture.refuses(5, &upgrade, not_authorized(account(5), "1.0", "2.0"));
        let done = fixture.accepted(0, &upgrade);
        assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 1);
        assert_eq!(runs(&fixture, proxy), second.implementation);
        let set = fixture.ask(proxy, &ICounter::stepCall {});
        assert_eq!(set, Ok(U256::from(5)));
        fixture.refuses(0, &upgrade, already_at("2.0"));
    }
    let current = fixture.definition().current;
    assert_eq!(current, "1.0", "nothing became current");
    assert_ne!(code.codehash, second.codehash);
    assert_ne!(B256::ZERO, second.codehash);
}
