//! Attacks on instances that come and go, by somebody who did not write that.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::step as step_kind;

mod arrivals;
mod deaf;
mod direct_steps;
mod gas;
mod held;
mod kept_back;
mod one_transaction;
mod orders;
mod second;
mod stopped_late;
mod veto;

use super::adopted::fixture::{OWNER, UUPS_5, admin_of, adopt, compiled, runs};
use super::errors::{not_obeying, stale};
use super::fixture::{
    Fixture, Reverted, account, add_version, complex, framework, initial_step, is, new_proxy,
    plain, refused, set_policy, step,
};
use super::kinds::create;
use crate::review::fixture::call;

alloy::sol! {
    interface IImpostor {
        function create(address orders, string version) external returns (address proxy);
        function give(address orders, address proxy, address to) external;
        function deliver(address registry, address proxy, bytes32 definition, uint64 nonce) external;
        function drain(address proxy, address to) external;
        function plan(address to, bytes data) external;
        function turnDeaf() external;
        function outcomes(uint256 n) external view returns (bool);
    }
    interface IRole {
        function grant(address to) external;
    }
    interface IGreedy {
        function initialize(uint256 count) external;
        function migrate() external;
        function count() external view returns (uint256);
    }
}

const VICTIM: usize = 0;
const ATTACKER: usize = 5;

fn deploy(fixture: &mut Fixture, name: &str, arguments: &[u8]) -> Address {
    let solidity = Solidity::compile(&Lines).expect("compiled");
    let creation = &solidity.contract(name).expect("it").creation;
    let creation = [creation, arguments].concat();
    fixture.deploy_code(&creation).implementation
}

/// A registry of the attacker's, with a definition A at 1.0.
pub(super) fn attackers_registry(fixture: &mut Fixture, code: &Code) -> Address {
    let by = is(account(ATTACKER));
    let registry = fixture.deploy_registry(&by).expect("another");
    fixture.at(registry, |other| {
        other.accepted(ATTACKER, &calls::create_definition("A", by));
        other.accepted(ATTACKER, &add_version(code, "1.0", initial_step()));
    });
    registry
}

fn impostor(fixture: &mut Fixture, code: &Code, at: &str) -> Address {
    let script = deploy(fixture, "Obedience", &[]);
    let thief = deploy(fixture, "Thief", &code.implementation.abi_encode());
    let arguments = (script, thief, at.to_owned()).abi_encode_params();
    deploy(fixture, "Impostor", &arguments)
}

/// The nonce that it says its proxy has.
const SAID: u64 = 3;

/// The impostor delivers a proxy to the definition "A" of a registry.
fn deliver(
    fixture: &mut Fixture,
    impostor: Address,
    registry: Address,
    proxy: Address,
) -> Result<(), Reverted> {
    let deliver = IImpostor::deliverCall {
        registry,
        proxy,
        definition: keccak256("A"),
        nonce: SAID,
    };
    let sent = fixture.send_to(account(ATTACKER), impostor, &deliver);
    sent.map(drop)
}

/// An EVM proxy that the impostor creates at that version, and that obeys it.
fn created_by(fixture: &mut Fixture, impostor: Address, version: &str) -> Address {
    let create = IImpostor::createCall {
        orders: framework().orders.address,
        version: version.into(),
    };
    fixture.accepted_by(impostor, ATTACKER, &create).returned
}

/// That proxy obeys another registry from now on.
fn given_by(fixture: &mut Fixture, impostor: Address, proxy: Address, to: Address) {
    let give = IImpostor::giveCall {
        orders: framework().orders.address,
        proxy,
        to,
    };
    fixture.accepted_by(impostor, ATTACKER, &give);
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

/// A registry transfers it, as it is there.
fn transfer(
    fixture: &Fixture,
    from: Address,
    proxy: Address,
    to: Address,
) -> IRegistry::transferProxyCall {
    calls::transfer_proxy("A", proxy, to, "A", fixture.nonce_at(from, proxy))
}

/// A definition whose policies `who` alone satisfies.
fn definition_of(fixture: &mut Fixture, who: Address, name: &str) {
    fixture.accepted(VICTIM, &calls::create_definition(name, is(who)));
}

/// What must be true of whatever a registry lists as its instance.
fn assert_obeys_or_is_no_instance(fixture: &Fixture, proxy: Address) {
    let admin = fixture.slot(proxy, slots::ADMIN);
    if let Ok(found) = fixture.view(&IRegistry::instanceOfCall { proxy }) {
        assert_eq!(
            admin,
            fixture.registry.into_word(),
            "an instance of {} at {} obeys somebody else",
            found.name,
            found.version
        );
    }
}

/// Users trust what the registry says, and the attacker comes for it.
fn take_deposits(fixture: &mut Fixture, impostor: Address, proxy: Address) {
    fixture.give_ether(proxy);
    let to = Address::repeat_byte(0x77);
    let drain = IImpostor::drainCall { proxy, to };
    let _ = fixture.send_to(account(ATTACKER), impostor, &drain);
}

/// FINDING A1.
#[test]
fn a_wasm_proxy_that_obeys_a_foreign_registry_is_not_received() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    // the attacker has a proxy elsewhere, whose own code gives it another registry
    let hostile = fixture.deploy("hostile");
    let other = attackers_registry(&mut fixture, &hostile);
    let creation = new_proxy(proxy_kind::WASM, 0, Bytes::new());
    let proxy = fixture.at(other, |it| it.created(ATTACKER, &creation));
    let impostor = impostor(&mut fixture, &code, "1.0");
    let write = IHostile::writeSlotCall {
        slot: slots::ADMIN,
        value: impostor.into_word(),
    };
    fixture.accepted_by(proxy, ATTACKER, &write);

    let accept = calls::accept_transfer("A", proxy, "1.0", impostor, SAID);
    fixture.accepted(VICTIM, &accept);
    let own = fixture.registry;
    let delivered = deliver(&mut fixture, impostor, own, proxy);
    refused(delivered, not_obeying(proxy));
    take_deposits(&mut fixture, impostor, proxy);
    assert_obeys_or_is_no_instance(&fixture, proxy);
}

/// FINDING A2.
#[test]
fn an_evm_proxy_whose_orders_another_gives_is_not_received() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let own = fixture.registry;
    let impostor = impostor(&mut fixture, &code, "");
    let proxy = created_by(&mut fixture, impostor, "1.0");
    assert_eq!(fixture.slot(proxy, slots::ADMIN), impostor.into_word());
    let accept = calls::accept_transfer("A", proxy, "1.0", impostor, SAID);
    fixture.accepted(VICTIM, &accept);
    let delivered = deliver(&mut fixture, impostor, own, proxy);
    delivered.expect_err("the orders contract has not heard of it");
    fixture.is_no_instance(proxy);
    // and with another nonce than was accepted
    given_by(&mut fixture, impostor, proxy, own);
    let accept = calls::accept_transfer("A", proxy, "1.0", impostor, SAID + 1);
    fixture.accepted(VICTIM, &accept);
    let delivered = deliver(&mut fixture, impostor, own, proxy);
    refused(delivered, stale(SAID + 1, SAID));
    fixture.is_no_instance(proxy);
}

/// FINDING A2: a contract cannot tell a genuine registry from this one. What it left behind runs no more, and the view
/// shows that the proxy came from elsewhere.
#[test]
fn what_a_foreign_registry_delivers_runs_the_accepted_code_and_is_known_to_have_arrived() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let own = fixture.registry;
    let impostor = impostor(&mut fixture, &code, "");
    let proxy = created_by(&mut fixture, impostor, "1.0");
    let thief = runs(&fixture, proxy);
    assert_ne!(thief, code.implementation);
    let accept = calls::accept_transfer("A", proxy, "1.0", impostor, SAID);
    fixture.accepted(VICTIM, &accept);
    given_by(&mut fixture, impostor, proxy, own);
    deliver(&mut fixture, impostor, own, proxy).expect("delivered");
    assert_eq!(runs(&fixture, proxy), code.implementation);
    take_deposits(&mut fixture, impostor, proxy);
    assert_ne!(fixture.balance(proxy), U256::ZERO, "the thief is out");
    let details = fixture.view(&calls::instance_details(proxy)).expect("it");
    assert!(details.arrived && !details.created);

    // the registry that it came from is needed no more
    fixture.accepted_by(impostor, ATTACKER, &IImpostor::turnDeafCall {});
    fixture.pause(VICTIM);
    assert_eq!(fixture.instance(proxy).state, instance_state::PAUSED);
    fixture.resume(VICTIM);
    let order = calls::migrate("A", "2.0", &code, plain("1.0"));
    fixture.migrates(VICTIM, &order);
    assert_eq!(fixture.instance(proxy).version, "2.0");
}

/// FINDING A3.
#[test]
fn instances_that_burn_their_gas_stop_neither_migrate_nor_the_others() {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "Greedy");
    fixture.add("1.0", &code, initial_step());
    fixture.set("create", &is(account(6)));
    let mut proxies = Vec::new();
    for (salt, count) in [(1, u64::MAX), (2, u64::MAX), (3, 3)] {
        let count = U256::from(count);
        let init = data(&IGreedy::initializeCall { count });
        let creation = new_proxy(proxy_kind::WASM, salt, init);
        proxies.push(fixture.created(6, &creation));
    }
    let way = step(
        "1.0",
        step_kind::FOREIGN_CALL,
        data(&IGreedy::migrateCall {}),
    );
    let order = calls::migrate("A", "2.0", &code, way);
    let registry = fixture.registry;
    let done = fixture.send_with_gas(account(VICTIM), registry, &order, 2_000_000);
    assert!(done.expect("migrate moves nobody").returned.executed);
    for proxy in proxies.clone() {
        let sent = fixture.rollout([proxy], 32_000_000);
        sent.expect("anybody may");
    }
    assert_eq!(fixture.instance(proxies[2]).version, "2.0");
    assert_eq!(fixture.instance(proxies[0]).version, "1.0");
}

/// FINDING A5.
#[test]
fn no_instance_enters_a_complex_step_of_a_definition_that_was_frozen_in_the_same_transaction() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("hostile");
    let boss = fixture.deploy("hostile").implementation;
    let program = fixture.deploy("points-cursor");
    let registry = fixture.registry;
    fixture.add("0.9", &code, initial_step());
    let creation = calls::create_proxy("A", "0.9", proxy_kind::WASM, B256::ZERO, Bytes::new());
    let proxy = fixture.created(VICTIM, &creation);
    let freeze = calls::set_policy("A", "migrate", "NONE");
    let through = |actions| act(actions);
    let act = through(vec![call(boss, &through(vec![call(registry, &freeze)]))]);
    fixture.add("1.0", &code, step("0.9", 4, data(&act)));
    fixture.add("2.0", &code, complex("1.0", &program, account(7)));
    fixture.set("migrate", &is(boss));
    fixture.set("policy", &is(boss));
    let upgrade = calls::upgrade_to("2.0");
    let order = through(vec![call(proxy, &upgrade)]);
    let _ = fixture.send_to(account(8), boss, &order);
    let is_frozen = fixture.definition().state == 2;
    let is_migrating = fixture.instance(proxy).state == instance_state::MIGRATING;
    assert!(!(is_frozen && is_migrating), "nobody could abort it");
}

/// FINDING A6.
#[test]
fn what_former_approvers_accepted_does_not_arrive_once_the_policy_is_another() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let own = fixture.registry;
    let other = attackers_registry(&mut fixture, &code);
    let creation = new_proxy(proxy_kind::WASM, 0, data(&calls::initialize_counter(1)));
    let proxy = fixture.at(other, |it| it.created(ATTACKER, &creation));
    let accept = acceptance(&fixture, proxy, other);
    fixture.accepted(VICTIM, &accept);
    // the key was stolen: another one decides from now on
    fixture.set("create", &is(account(8)));
    fixture.set("migrate", &is(account(8)));
    let go = transfer(&fixture, other, proxy, own);
    let sent = fixture.send_to(account(ATTACKER), other, &go);
    assert!(sent.is_err(), "nobody who decides now has accepted it");
}

/// FINDING A7.
#[test]
fn no_policy_names_a_proxy_whose_vote_never_counts() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let own = fixture.registry;
    let other = attackers_registry(&mut fixture, &code);
    let init = calls::initialize_counter(1);
    let proxy = create(&mut fixture, proxy_kind::WASM, &init);
    let accept = acceptance(&fixture, proxy, own);
    fixture.accepted_by(other, ATTACKER, &accept);
    let gone = transfer(&fixture, own, proxy, other);
    fixture.accepted(VICTIM, &gone);
    let policy = set_policy("migrate", &is(proxy));
    let sent = fixture.send(account(VICTIM), &policy);
    assert!(sent.is_err(), "nobody can ever satisfy it");
}

/// FINDING A8.
#[test]
fn a_proxy_that_comes_back_at_a_version_that_its_data_have_left_vetoes_nothing() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let second = fixture.deploy("counter-v2");
    let own = fixture.registry;
    let other = attackers_registry(&mut fixture, &code);
    let init = calls::initialize_counter(7);
    let proxy = create(&mut fixture, proxy_kind::WASM, &init);
    let accept = acceptance(&fixture, proxy, own);
    fixture.accepted_by(other, ATTACKER, &accept);
    let gone = transfer(&fixture, own, proxy, other);
    fixture.accepted(VICTIM, &gone);
    let migration = data(&calls::migrate_counter(5));
    let order = calls::migrate("A", "2.0", &second, step("1.0", 1, migration));
    let migrated = fixture.at(other, |it| it.migrates(ATTACKER, &order));
    assert_eq!(migrated.events::<IRegistry::InstanceUpgraded>().len(), 1);
    // the first registry still knows 1.0 only
    let accept = acceptance(&fixture, proxy, other);
    fixture.accepted(VICTIM, &accept);
    let back = transfer(&fixture, other, proxy, own);
    let back = fixture.send_to(account(ATTACKER), other, &back);
    let sent = fixture.migrates(VICTIM, &order);
    back.expect("its mark of 1.0 is set: who accepts compares what runs");
    let skipped = sent.skipped();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxy);
}

/// An adopted proxy whose role its owner has taken back, and an honest EVM proxy beside it; the next code.
fn taken_back() -> (Fixture, Code, [Address; 2]) {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "RoleBox");
    fixture.add("1.0", &code, initial_step());
    let other = compiled(&mut fixture, "RoleBox");
    let proxy = UUPS_5.create(&mut fixture, &other);
    let grant = |to| IRole::grantCall { to };
    let admin = admin_of(&fixture, "A");
    fixture.accepted_by(proxy, OWNER, &grant(admin));
    fixture.accepted(VICTIM, &adopt(UUPS_5.kind, proxy));
    let creation = new_proxy(proxy_kind::EVM, 0, Bytes::new());
    let honest = fixture.created(VICTIM, &creation);
    fixture.accepted_by(proxy, OWNER, &grant(account(OWNER)));
    (fixture, other, [proxy, honest])
}

/// FINDING A9.
#[test]
fn an_adopted_proxy_whose_role_somebody_else_takes_back_is_skipped_and_removed() {
    let (mut fixture, other, [proxy, honest]) = taken_back();
    let order = calls::migrate("A", "2.0", &other, plain("1.0"));
    let done = fixture.migrates(VICTIM, &order);
    let skipped = done.skipped();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxy);
    assert_eq!(fixture.instance(honest).version, "2.0");
    let remove = calls::remove_instance("A", proxy, fixture.nonce(proxy));
    fixture.accepted(VICTIM, &remove);
    fixture.is_no_instance(proxy);
}

/// FINDING A10.
#[test]
fn a_proxy_that_claims_to_be_fresh_is_not_received_or_is_no_veto() {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let own = fixture.registry;
    let other = attackers_registry(&mut fixture, &code);
    let init = IHostile::initializeCall { actions: vec![] };
    let honest = create(&mut fixture, proxy_kind::WASM, &init);
    let creation = new_proxy(proxy_kind::WASM, 1, data(&init));
    let proxy = fixture.at(other, |it| it.created(ATTACKER, &creation));
    let write = IHostile::writeSlotCall {
        slot: slots::INITIALIZED,
        value: B256::ZERO,
    };
    fixture.accepted_by(proxy, ATTACKER, &write);
    let accept = acceptance(&fixture, proxy, other);
    fixture.accepted(VICTIM, &accept);
    let go = transfer(&fixture, other, proxy, own);
    let _ = fixture.send_to(account(ATTACKER), other, &go);
    let order = calls::migrate("A", "2.0", &code, plain("1.0"));
    fixture.migrates(VICTIM, &order);
    assert_eq!(fixture.instance(honest).version, "2.0");
}
