//! A second round: what could be done to the mends of the first, and by their combinations.

use crate::prelude::*;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::complex::IComplexMigration;
use stylus_upgrades_interface::orders::IOrders;
use stylus_upgrades_interface::reasons::step as step_kind;

use super::{
    ATTACKER, VICTIM, acceptance, attackers_registry, definition_of, taken_back, transfer,
};
use crate::registry::adopted::fixture::{UUPS_5, compiled};
use crate::registry::fixture::{
    Done, Fixture, Reverted, account, add_version, complex, framework, initial_step, is, new_proxy,
    plain, refused, step,
};
use crate::registry::kinds::create;

alloy::sol! {
    interface IForger {
        function forge(bytes code, bytes32[] slots, bytes32[] values) external returns (address forged);
        function forged() external view returns (address);
        function run(address[] to, bytes[] data) external;
    }
    interface IVanishing {
        function vanish() external;
        function forget(bytes32 slot) external;
    }
}

/// The forger makes calls, all in one transaction.
pub(super) fn run(
    fixture: &mut Fixture,
    forger: Address,
    calls: &[(Address, Bytes)],
) -> Result<Done<()>, Reverted> {
    let (to, data) = calls.iter().cloned().unzip();
    let run = IForger::runCall { to, data };
    Ok(fixture.send_to(account(ATTACKER), forger, &run)?.with(()))
}

fn set_for(name: &str, role: &str, who: Address) -> Bytes {
    data(&calls::set_policy(name, role, is(who)))
}

/// What a forger creates at an address that neither its code nor its words change.
fn forge(code: impl Into<Bytes>, words: Vec<(B256, B256)>) -> Bytes {
    let (slots, values) = words.into_iter().unzip();
    data(&IForger::forgeCall {
        code: code.into(),
        slots,
        values,
    })
}

/// The words of an instance of a registry at 1.0.
fn words_of_an_instance(registry: Address) -> Vec<(B256, B256)> {
    vec![
        (slots::ADMIN, registry.into_word()),
        (slots::INITIALIZED, slots::SET),
        (slots::migrated("1.0"), slots::SET),
    ]
}

/// A definition M of a forger, and the account that it creates; what accepts that from it, and delivers it.
fn forger(fixture: &mut Fixture, code: &Code) -> (Address, Address, [Bytes; 2]) {
    let forger = compiled(fixture, "Forger").implementation;
    definition_of(fixture, forger, "M");
    let forged = fixture.ask(forger, &IForger::forgedCall {}).expect("it");
    let add = calls::add_version("M", "1.0", code, initial_step());
    let registry = fixture.registry;
    run(fixture, forger, &[(registry, data(&add))]).expect("added");
    let accept = calls::accept_transfer("M", forged, "1.0", forger, 4);
    let receive = calls::receive_transfer(forged, "M", 4);
    (forger, forged, [data(&accept), data(&receive)])
}

/// S1: an account with the code of an EVM proxy that the orders contract did not create obeys nobody.
#[test]
fn an_evm_proxy_that_the_orders_contract_did_not_create_is_not_received() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let registry = fixture.registry;
    let built = framework();
    let (forger, forged, [accept, receive]) = forger(&mut fixture, &code);
    let genuine = evm::evm_proxy_code(built.orders.address, built.storage.address);
    let forge = forge(genuine, words_of_an_instance(registry));
    let calls = [(forger, forge), (registry, accept)];
    run(&mut fixture, forger, &calls).expect("its code is an EVM proxy's");
    let received = run(&mut fixture, forger, &[(registry, receive)]);
    received.expect_err("nobody orders it");
    fixture.is_no_instance(forged);
}

/// S1: code says nothing about storage, so a WASM proxy with forged words arrives. The view says that it did.
#[test]
fn a_forged_wasm_proxy_is_known_to_have_arrived() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let registry = fixture.registry;
    let (forger, forged, [accept, receive]) = forger(&mut fixture, &code);
    let genuine = framework().proxy.artifact.code.clone();
    let forge = forge(genuine, words_of_an_instance(registry));
    let calls = [(forger, forge), (registry, accept), (registry, receive)];
    run(&mut fixture, forger, &calls).expect("the chain cannot tell");
    assert_eq!(fixture.instance(forged).name, "M");
    let details = fixture.view(&calls::instance_details(forged)).expect("it");
    assert!(details.arrived && !details.created);
    let honest = new_proxy(proxy_kind::WASM, 1, Bytes::new());
    let honest = fixture.created(VICTIM, &honest);
    let details = fixture.view(&calls::instance_details(honest)).expect("it");
    assert!(details.created && !details.arrived);
}

/// S2: a proxy that was created, transferred and destroyed in one transaction leaves nothing that orders the next one
/// at its address: nothing is created there again, by whichever definition, registry or account.
#[test]
fn where_a_proxy_was_transferred_and_vanished_none_is_created_again() {
    // a WASM proxy does not vanish: the chain refuses that to a program
    let kind = proxy_kind::EVM;
    let mut fixture = Fixture::new(&is(account(VICTIM)));
    let registry = fixture.registry;
    let forger = compiled(&mut fixture, "Forger").implementation;
    let vanishing = compiled(&mut fixture, "Vanishing");
    definition_of(&mut fixture, forger, "A");
    let add = add_version(&vanishing, "0.9", initial_step());
    let creation =
        |version: &str| calls::create_proxy("A", version, kind, B256::ZERO, Bytes::new());
    let address = calls::proxy_address("A", kind, B256::ZERO);
    let proxy = fixture.view(&address).expect("an address");
    let forget = IVanishing::forgetCall {
        slot: slots::UPGRADED,
    };
    let transfer = calls::transfer_proxy("A", proxy, forger, "A", 0);
    let calls = [
        (registry, data(&add)),
        (registry, data(&creation("0.9"))),
        (proxy, data(&forget)),
        (registry, data(&transfer)),
        (proxy, data(&IVanishing::vanishCall {})),
        // somebody else decides from now on
        (registry, set_for("A", "migrate", account(VICTIM))),
        (registry, set_for("A", "create", account(VICTIM))),
        (registry, set_for("A", "policy", account(VICTIM))),
    ];
    run(&mut fixture, forger, &calls).expect("one that was transferred and vanished");
    assert_eq!(fixture.code(proxy), Bytes::new());
    fixture.is_no_instance(proxy);

    let code = fixture.deploy("hostile");
    fixture.accepted(VICTIM, &add_version(&code, "1.0", initial_step()));
    let exists = IRegistry::ProxyExists { proxy };
    fixture.refuses(VICTIM, &creation("1.0"), exists);
    // whoever orders that address orders nothing
    let create = IOrders::createCall {
        salt: create2_salt("A", kind, B256::ZERO),
    };
    let orders = framework().orders.address;
    fixture.give_ether(registry);
    let again = fixture.send_to(registry, orders, &create);
    again.expect_err("somebody ordered an account there before");
    let orders_of = fixture.ask(orders, &IOrders::ordersOfCall { proxy });
    assert_eq!(orders_of, Ok(forger));
    let next = calls::create_proxy("A", "1.0", kind, B256::repeat_byte(1), Bytes::new());
    let next = fixture.created(VICTIM, &next);
    assert_ne!(next, proxy, "another salt");
}

/// The salt with which a registry has a proxy created.
fn create2_salt(name: &str, kind: u8, salt: B256) -> B256 {
    keccak256((name.to_owned(), U256::from(kind), salt).abi_encode_params())
}

/// Words that only the end of a complex step compares.
fn traps() -> [(B256, B256); 3] {
    let two = B256::with_last_byte(2);
    [
        (slots::BEACON, two),
        (slots::INITIALIZED, two),
        (slots::migrated("1.0"), two),
    ]
}

fn trap(fixture: &mut Fixture, proxy: Address, (slot, value): (B256, B256)) {
    let write = IHostile::writeSlotCall { slot, value };
    fixture.accepted_by(proxy, ATTACKER, &write);
}

/// A proxy of the attacker's registry, at 1.0.
fn created_elsewhere(fixture: &mut Fixture, other: Address) -> Address {
    let init = data(&IHostile::initializeCall { actions: vec![] });
    let creation = new_proxy(proxy_kind::WASM, 0, init);
    fixture.at(other, |it| it.created(ATTACKER, &creation))
}

/// It is accepted and transferred.
fn arrives(fixture: &mut Fixture, other: Address, proxy: Address) {
    let accept = acceptance(fixture, proxy, other);
    fixture.accepted(VICTIM, &accept);
    let gone = transfer(fixture, other, proxy, fixture.registry);
    fixture.accepted_by(other, ATTACKER, &gone);
}

/// S3: an earlier owner of a proxy leaves a word in it that only the end of a complex step compares. The step begins
/// and never ends, forward or back.
#[test]
fn a_complex_step_ends_whatever_who_had_the_proxy_before_has_left_there() {
    for left in traps() {
        let (mut fixture, code) = Fixture::with_first_version("hostile");
        let program = fixture.deploy("points-cursor");
        let other = attackers_registry(&mut fixture, &code);
        let proxy = created_elsewhere(&mut fixture, other);
        trap(&mut fixture, proxy, left);
        arrives(&mut fixture, other, proxy);
        let order = calls::migrate("A", "2.0", &code, complex("1.0", &program, account(7)));
        fixture.migrates(VICTIM, &order);
        assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
        let end = IComplexMigration::endMigrationCall {};
        let ended = fixture.send_to(account(7), proxy, &end);
        ended.expect("nothing is left to do");
        assert_eq!(fixture.instance(proxy).version, "2.0");
    }
}

/// S3, by the code that the proxy has now.
#[test]
fn a_complex_step_that_could_not_end_does_not_begin() {
    for left in traps() {
        let (mut fixture, code) = Fixture::with_first_version("hostile");
        let program = fixture.deploy("points-cursor");
        let init = IHostile::initializeCall { actions: vec![] };
        let proxy = create(&mut fixture, proxy_kind::WASM, &init);
        trap(&mut fixture, proxy, left);
        let order = calls::migrate("A", "2.0", &code, complex("1.0", &program, account(7)));
        let sent = fixture.tries(VICTIM, &order);
        refused(sent, Proxy::UpgradeSlotsTouched { slot: left.0 });
        assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
    }
}

/// S4: instances that fail with much data fill the memory of the registry's part, which it never frees.
#[test]
fn instances_that_fail_with_much_data_keep_no_other_from_moving() {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let mut proxies = Vec::new();
    for salt in 1..=4 {
        proxies.push(fixture.created(VICTIM, &new_proxy(proxy_kind::WASM, salt, Bytes::new())));
    }
    // 1.0 of the hostile code reverts with a megabyte
    let wanted = B256::from(U256::from(1 << 20));
    let pattern = [&keccak256("revertPattern(uint256)")[..4], &wanted[..]].concat();
    let act = act(vec![pattern.into()]);
    let way = step("1.0", step_kind::FOREIGN_CALL, data(&act));
    let order = calls::migrate("A", "2.0", &code, way);
    fixture.accepted(VICTIM, &order);
    for proxy in proxies {
        let done = fixture.rollout([proxy], 32_000_000).expect("tried");
        assert_eq!(done.skipped().len(), 1);
    }
}

/// S5: an earlier owner of a proxy opens the guard of the SDK's constructor, and runs it later.
#[test]
fn nobody_runs_the_sdk_constructor_in_a_proxy_that_came_from_elsewhere() {
    use stylus_upgrades_interface::chain::CONSTRUCTOR_SELECTOR;
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let other = attackers_registry(&mut fixture, &code);
    let proxy = created_elsewhere(&mut fixture, other);
    trap(&mut fixture, proxy, (slots::CONSTRUCTED, B256::ZERO));
    arrives(&mut fixture, other, proxy);
    let construct = [&CONSTRUCTOR_SELECTOR[..], &B256::with_last_byte(9)[..]].concat();
    let ran = fixture.send_bytes(8, proxy, construct);
    ran.expect_err("it ran");
    assert_eq!(fixture.slot(proxy, B256::ZERO), B256::ZERO);
}

/// S8: who gets an adopted proxy back puts code behind it that burns all gas: a pause continues, and the proxy can
/// be removed.
#[test]
fn a_proxy_that_burns_all_gas_is_removed_and_stops_no_pause() {
    let (mut fixture, other, [proxy, honest]) = taken_back();
    let burning = compiled(&mut fixture, "Burning");
    UUPS_5.upgrade_before(&mut fixture, proxy, burning.implementation);
    fixture.pause(VICTIM);
    assert_eq!(fixture.instance(honest).state, instance_state::PAUSED);
    fixture.resume(VICTIM);
    let order = calls::migrate("A", "2.0", &other, plain("1.0"));
    fixture.migrates(VICTIM, &order);
    assert_eq!(fixture.instance(honest).version, "2.0");
    let remove = calls::remove_instance("A", proxy, fixture.nonce(proxy));
    fixture.accepted(VICTIM, &remove);
    fixture.is_no_instance(proxy);
}
