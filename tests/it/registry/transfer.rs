//! Proxies of the framework that go to another registry, and come back.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::migratable::IMigratable;
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::adopted::fixture::{migrate, runs};
use super::fixture::{
    Done, Fixture, account, add_version, complex, initial_step, is, new_proxy, plain, refused, step,
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

    fn accept(&mut self, proxy: Address, kind: u8) {
        let accept = acceptance(proxy, kind, self.old);
        let done = self.accepted_there(&accept);
        assert_eq!(done.events::<IRegistry::TransferAccepted>().len(), 1);
    }

    /// Moves a proxy to the other registry.
    fn go(&mut self, kind: u8) -> Address {
        let proxy = self.proxies[usize::from(kind)];
        self.accept(proxy, kind);
        let done = self.fixture.accepted(0, &transfer(proxy, self.new));
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
        let of = IRegistry::transferOfCall { proxy };
        let relays = two.view(&of).expect("it").registry;
        assert_eq!(relays, if is_evm { two.new } else { Address::ZERO });
        let relay = two.at_the_new(|two| two.view(&of).expect("it").relay);
        assert_eq!(relay, if is_evm { two.old } else { Address::ZERO });
    }

    // the other registry upgrades both, and the first one cannot any more
    let order = calls::migrate("A", "2.0", &second, step("1.0", 1, data.clone()));
    let done = two.accepted_there(&order);
    assert_eq!(done.events::<IRegistry::InstanceUpgraded>().len(), 2);
    for proxy in two.proxies {
        assert_eq!(runs(&two.fixture, proxy), second.implementation);
        let set = two.ask(proxy, &ICounter::stepCall {});
        assert_eq!(set, Ok(U256::from(5)));
        let upgrade = calls::upgrade_instance(proxy, "1.0", Bytes::new());
        two.refuses(0, &upgrade, not_an_instance(proxy));
    }
    // pause and resume reach both
    two.accepted_there(&calls::pause("A"));
    for proxy in two.proxies {
        let answer = two.ask(proxy, &ICounter::valueCall {});
        refused(answer, in_progress());
    }
    two.accepted_there(&calls::resume("A"));

    // and back: their data are at 2.0 by now, so the first registry has to know that version
    migrate(&mut two.fixture, &second, 1, data).expect("no instance lags");
    for (kind, proxy) in (0..).zip(two.proxies) {
        let accept = calls::accept_transfer("A", proxy, kind, "2.0", two.new);
        two.accepted(0, &accept);
        let back = transfer(proxy, two.old);
        two.accepted_there(&back);
        let found = two.instance(proxy);
        assert_eq!((found.version.as_str(), found.kind), ("2.0", kind));
        let of = two.view(&IRegistry::transferOfCall { proxy });
        let of = of.expect("it");
        assert_eq!((of.relay, of.registry), (Address::ZERO, Address::ZERO));
        two.pause(0);
        let answer = two.ask(proxy, &ICounter::valueCall {});
        refused(answer, in_progress());
        two.resume(0);
    }
}

#[test]
fn an_evm_proxy_moves_on_to_a_third_registry_and_its_first_one_relays_for_that() {
    let mut two = Two::new();
    let proxy = two.go(proxy_kind::EVM);
    let second = two.new;
    let third = two.another_registry(OTHER);
    two.new = third;
    two.at_the_new(|two| {
        two.define();
        two.accepted(OTHER, &acceptance(proxy, proxy_kind::EVM, second));
    });
    two.new = second;
    let on = transfer(proxy, third);
    two.accepted_there(&on);
    let of = two.view(&IRegistry::transferOfCall { proxy });
    assert_eq!(of.expect("it").registry, third, "the first one relays");
    // the second has no say any more
    let relay = calls::relay(proxy, Proxy::implementationCall::SELECTOR);
    two.give_ether(second);
    refused(two.send(second, &relay), not_an_instance(second));
    two.new = third;
    two.accepted_there(&calls::pause("A"));
    refused(two.ask(proxy, &ICounter::valueCall {}), in_progress());
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
    two.refuses(0, &transfer(proxy, new), not_accepted("A", old));
    let unknown = calls::transfer_proxy("A", proxy, new, "B");
    two.refuses(0, &unknown, not_accepted("B", old));
    // accounts without code, and this registry itself
    for to in [Address::ZERO, account(7), old] {
        let error = not_supported("transfer to that account");
        two.refuses(0, &transfer(proxy, to), error);
    }
    // a contract that answers nothing receives nothing
    let mute = two.deploy_code(&[0x60, 0x01, 0x5f, 0xf3]);
    let sent = two.send(account(0), &transfer(proxy, mute.implementation));
    sent.expect_err("it said nothing");
    assert_eq!(two.instance(proxy).version, "1.0");
    // an acceptance from another registry does not help, and a withdrawn one neither
    let elsewhere = acceptance(proxy, proxy_kind::WASM, mute.implementation);
    two.accepted_there(&elsewhere);
    two.refuses(0, &transfer(proxy, new), not_accepted("A", old));
    two.accept(proxy, proxy_kind::WASM);
    let withdrawn = acceptance(proxy, proxy_kind::WASM, Address::ZERO);
    two.accepted_there(&withdrawn);
    two.refuses(0, &transfer(proxy, new), not_accepted("A", old));
    // of another kind than it is
    two.at_the_new(|two| {
        let what = "transfer of that proxy";
        let wrong = acceptance(proxy, proxy_kind::EVM, old);
        two.refuses(OTHER, &wrong, not_supported(what));
        let wrong = acceptance(evm, proxy_kind::UUPS, old);
        two.refuses(OTHER, &wrong, not_supported(what));
        let wrong = acceptance(evm, proxy_kind::WASM, old);
        let refusal = two.send(account(OTHER), &wrong);
        refusal.expect_err("other code");
    });
    // strangers: to receive, to relay, to pass the relay on
    let (definition, registry) = (keccak256("A"), account(5));
    let receive = IInstanceRegistry::receiveTransferCall { proxy, definition };
    let (proxy, order) = (evm, Bytes::new());
    let relay = IInstanceRegistry::relayCall { proxy, order };
    let pass_on = IInstanceRegistry::transferRelayCall { proxy, registry };
    for call in [data(&receive), data(&relay), data(&pass_on)] {
        for registry in [old, new] {
            let sent = two.send_bytes(OTHER, registry, call.clone());
            sent.expect_err("a stranger");
        }
    }
}

#[test]
fn a_proxy_is_received_only_at_a_version_that_its_data_were_brought_to() {
    let mut two = Two::new();
    let to = two.new;
    let [proxy, _] = two.proxies;
    let second = two.deploy("counter-v2");
    let add = add_version(&second, "2.0", plain("1.0"));
    let old = two.old;
    two.accepted_there(&add);
    let accept = calls::accept_transfer("A", proxy, proxy_kind::WASM, "2.0", old);
    two.accepted_there(&accept);
    let error = IMigratable::PredecessorMissing {
        version: "2.0".into(),
    };
    two.refuses(0, &transfer(proxy, to), error);
    assert_eq!(two.instance(proxy).version, "1.0", "it stays");
}

#[test]
fn a_proxy_in_a_complex_step_a_paused_one_and_one_in_a_call_stay() {
    let mut two = Two::new();
    let to = two.new;
    let [proxy, evm] = two.proxies;
    two.accept(proxy, proxy_kind::WASM);
    two.pause(0);
    two.refuses(0, &transfer(proxy, to), in_progress());
    two.resume(0);
    // the receiver is paused
    two.accepted_there(&calls::pause("A"));
    two.refuses(0, &transfer(proxy, to), definition_paused());
    assert_eq!(two.instance(evm).state, instance_state::LIVE);
    two.accepted_there(&calls::resume("A"));
    two.accepted(0, &transfer(proxy, to));
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
    let award = calls::award(vec![account(1), account(2)], 3);
    fixture.send_to(steward, proxy, &award).expect("awarded");
    let old = fixture.registry;
    let new = fixture.another_registry(0);
    fixture.registry = new;
    fixture.defined(&is(account(0)));
    fixture.add("1.0", &first, initial_step());
    fixture.accepted(0, &acceptance(proxy, proxy_kind::EVM, old));
    fixture.registry = old;
    fixture.accepted(0, &transfer(proxy, new));
    fixture.registry = new;
    let way = complex("1.0", &program, account(6));
    fixture.accepted(0, &calls::migrate("A", "2.0", &second, way));
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);

    let handler = calls::set_handler("A", proxy, account(7));
    fixture.accepted(0, &handler);
    let next = calls::migrate_next(20_000_000);
    let by_the_old = fixture.send_to(account(6), proxy, &next);
    by_the_old.expect_err("replaced");
    // who is no registry sets nothing, also the first registry for others
    let handler = account(6);
    let set = Complex::setHandlerCall { handler };
    let sent = fixture.send_to(account(5), proxy, &set);
    sent.expect_err("a stranger");
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
    two.accept(proxy, proxy_kind::WASM);
    let gone = transfer(proxy, two.new);
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
