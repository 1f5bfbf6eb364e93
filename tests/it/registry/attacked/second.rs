//! A second round: what could be done to the mends of the first, and by their combinations.

use crate::prelude::*;
use crate::registry::errors::not_an_instance;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::complex::{IComplexMigration, IComplexStep};
use stylus_upgrades_interface::instance::IInstanceRegistry;
use stylus_upgrades_interface::reasons::step as step_kind;

use super::{
    ATTACKER, VICTIM, acceptance, attackers_registry, definition_of, taken_back, transfer,
};
use crate::registry::adopted::fixture::{UUPS_5, admin_of, adopt, adopted, compiled, runs, value};
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
    interface ITransient {
        function writeTransient(bytes32 slot, bytes32 value) external payable;
    }
    interface IVanishing {
        function vanish() external;
        function forget(bytes32 slot) external;
    }
}

/// The forger makes calls, all in one transaction.
fn run(
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

/// S1: who has another definition at the same registry breaks UUPS proxies of this one while they are paused.
/// An instance of his vanishes, and comes back at the same account with the victim's proxy as the registry in its
/// code: the registry then "relays" an order to the victim's proxy, whose stub takes any word from the registry as
/// its next implementation.
#[test]
fn an_order_to_an_instance_of_another_definition_does_not_reach_a_paused_proxy() {
    let (mut fixture, _, victim) = adopted(UUPS_5);
    let registry = fixture.registry;
    fixture.pause(VICTIM);
    let stub = runs(&fixture, victim);

    let forger = compiled(&mut fixture, "Forger").implementation;
    let vanishing = compiled(&mut fixture, "Vanishing");
    definition_of(&mut fixture, forger, "M");
    let add = calls::add_version("M", "1.0", &vanishing, initial_step());
    let storage = framework().storage.address;
    let marked = vec![slots::ADMIN, slots::INITIALIZED, slots::migrated("1.0")];
    let forge = |in_code| {
        data(&IForger::forgeCall {
            code: evm::evm_proxy_code(in_code, storage),
            slots: marked.clone(),
            values: vec![registry.into_word(), slots::SET, slots::SET],
        })
    };
    let forged = fixture.ask(forger, &IForger::forgedCall {}).expect("it");
    let accept = calls::accept_transfer("M", forged, proxy_kind::EVM, "1.0", forger);
    let receive = calls::receive_transfer(forged, "M");
    let calls = [
        (registry, data(&add)),
        (forger, forge(forger)),
        (registry, data(&accept)),
        (registry, data(&receive)),
        (forged, data(&IVanishing::vanishCall {})),
    ];
    run(&mut fixture, forger, &calls).expect("an instance that vanished");
    assert_eq!(fixture.instance(forged).name, "M");
    run(&mut fixture, forger, &[(forger, forge(victim))]).expect("it is back");
    let order = data(&calls::pause("M"));
    let sent = run(&mut fixture, forger, &[(registry, order)]).expect("paused");
    assert_eq!(sent.skipped().len(), 1);
    assert_eq!(runs(&fixture, victim), stub);
    fixture.resume(VICTIM);
    assert_eq!(value(&fixture, victim), Ok(U256::from(7)));
}

/// S2: a proxy that was transferred and vanished leaves its relay behind: whom it went to gives orders to the proxy
/// that somebody else creates there later, past every policy.
#[test]
fn a_registry_relays_to_no_proxy_that_is_its_own_instance() {
    let mut fixture = Fixture::new(&is(account(VICTIM)));
    let registry = fixture.registry;
    let forger = compiled(&mut fixture, "Forger").implementation;
    let vanishing = compiled(&mut fixture, "Vanishing");
    definition_of(&mut fixture, forger, "A");
    let add = add_version(&vanishing, "0.9", initial_step());
    let creation = |version: &str| {
        calls::create_proxy("A", version, proxy_kind::EVM, B256::ZERO, Bytes::new())
    };
    let address = calls::proxy_address("A", proxy_kind::EVM, B256::ZERO);
    let proxy = fixture.view(&address).expect("an address");
    let forget = IVanishing::forgetCall {
        slot: slots::UPGRADED,
    };
    let calls = [
        (registry, data(&add)),
        (registry, data(&creation("0.9"))),
        (proxy, data(&forget)),
        (registry, data(&transfer(proxy, forger))),
        (proxy, data(&IVanishing::vanishCall {})),
        // somebody else decides from now on
        (registry, set_for("A", "migrate", account(VICTIM))),
        (registry, set_for("A", "create", account(VICTIM))),
        (registry, set_for("A", "policy", account(VICTIM))),
    ];
    run(&mut fixture, forger, &calls).expect("one that was transferred and vanished");

    let code = fixture.deploy("hostile");
    let program = fixture.deploy("points-cursor");
    let add = add_version(&code, "1.0", initial_step());
    fixture.accepted(VICTIM, &add);
    let made = fixture.send(account(VICTIM), &creation("1.0"));
    assert_eq!(made.expect("created").returned.proxy, proxy);
    let add = add_version(&code, "2.0", complex("1.0", &program, account(7)));
    fixture.accepted(VICTIM, &add);
    fixture.accepted(VICTIM, &calls::upgrade_instance(proxy, "2.0", Bytes::new()));
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
    let relayed = |order: Bytes| {
        let relay = IInstanceRegistry::relayCall { proxy, order };
        [(registry, data(&relay))]
    };
    let handler = IComplexMigration::setHandlerCall { handler: forger };
    let finish = IComplexStep::finishStepCall { back: false };
    for order in [data(&handler), data(&finish)] {
        let sent = run(&mut fixture, forger, &relayed(order));
        let refusal = not_an_instance(forger);
        assert_eq!(sent.err(), Some(Reverted(refusal.abi_encode().into())));
    }
    assert_eq!(fixture.instance(proxy).state, instance_state::MIGRATING);
}

/// S2, with another proxy: the one that vanished comes back as a UUPS proxy, which somebody adopts in good faith. While
/// it is paused, whom the former one went to gives its stub the next code through the relay.
#[test]
fn a_relay_that_was_left_behind_does_not_reach_an_adopted_proxy() {
    let mut fixture = Fixture::of_one();
    let registry = fixture.registry;
    let code = compiled(&mut fixture, UUPS_5.codes[0]);
    fixture.add("1.0", &code, initial_step());
    let other = compiled(&mut fixture, UUPS_5.codes[0]);
    let model = UUPS_5.create(&mut fixture, &other);
    let forger = compiled(&mut fixture, "Forger").implementation;
    let vanishing = compiled(&mut fixture, "Vanishing");
    definition_of(&mut fixture, forger, "M");
    let add = calls::add_version("M", "1.0", &vanishing, initial_step());
    let forge = |code: Bytes, words: Vec<(B256, B256)>| {
        let (slots, values) = words.into_iter().unzip();
        data(&IForger::forgeCall {
            code,
            slots,
            values,
        })
    };
    let storage = framework().storage.address;
    let own = vec![
        (slots::ADMIN, registry.into_word()),
        (slots::INITIALIZED, slots::SET),
        (slots::migrated("1.0"), slots::SET),
    ];
    let forged = fixture.ask(forger, &IForger::forgedCall {}).expect("it");
    let accept = calls::accept_transfer("M", forged, proxy_kind::EVM, "1.0", forger);
    let receive = calls::receive_transfer(forged, "M");
    let forget = IVanishing::forgetCall {
        slot: slots::UPGRADED,
    };
    let away = calls::transfer_proxy("M", forged, forger, "A");
    let calls = [
        (registry, data(&add)),
        (forger, forge(evm::evm_proxy_code(registry, storage), own)),
        (registry, data(&accept)),
        (registry, data(&receive)),
        (forged, data(&forget)),
        (registry, data(&away)),
        (forged, data(&IVanishing::vanishCall {})),
    ];
    run(&mut fixture, forger, &calls).expect("one that was transferred and vanished");
    let view = fixture.chain.account(model, BlockId::latest());
    let words = fixture.slots_of(model).into_iter().collect();
    let again = forge(view.expect("latest").code, words);
    run(&mut fixture, forger, &[(forger, again)]).expect("a UUPS proxy");

    let admin = admin_of(&fixture, "A");
    UUPS_5.give(&mut fixture, forged, admin);
    fixture.accepted(VICTIM, &adopt(UUPS_5.kind, forged));
    fixture.pause(VICTIM);
    let stub = runs(&fixture, forged);
    let relay = calls::relay(forged, vanishing.implementation.into_word());
    let sent = run(&mut fixture, forger, &[(registry, data(&relay))]);
    let refusal = not_an_instance(forger);
    assert_eq!(
        sent.err(),
        Some(Reverted(refusal.abi_encode().into())),
        "its next code is the attacker's"
    );
    assert_eq!(runs(&fixture, forged), stub);
    fixture.resume(VICTIM);
    assert_eq!(value(&fixture, forged), Ok(U256::from(7)));
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
    fixture.accepted(VICTIM, &acceptance(proxy, proxy_kind::WASM, other));
    let gone = transfer(proxy, fixture.registry);
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
        fixture.accepted(VICTIM, &order);
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
        let sent = fixture.send(account(VICTIM), &order);
        refused(sent, Proxy::UpgradeSlotsTouched { slot: left.0 });
        assert_eq!(fixture.instance(proxy).state, instance_state::LIVE);
    }
}

/// S4: instances that fail with much data fill the memory of the registry's part, which it never frees.
#[test]
fn instances_that_fail_with_much_data_are_no_veto_where_the_step_skips_what_fails() {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    for salt in 1..=4 {
        fixture.accepted(VICTIM, &new_proxy(proxy_kind::WASM, salt, Bytes::new()));
    }
    // 1.0 of the hostile code reverts with a megabyte
    let wanted = B256::from(U256::from(1 << 20));
    let pattern = [&keccak256("revertPattern(uint256)")[..4], &wanted[..]].concat();
    let act = act(vec![pattern.into()]);
    let order = calls::migrate(
        "A",
        "2.0",
        &code,
        step(
            "1.0",
            step_kind::FOREIGN_CALL | step_kind::SKIP_FAILING,
            data(&act),
        ),
    );
    let registry = fixture.registry;
    let sent = fixture.send_with_gas(account(VICTIM), registry, &order, 32_000_000);
    let skipped = sent.expect("no veto");
    assert_eq!(skipped.skipped().len(), 4);
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
    let sent = fixture.send(account(VICTIM), &order);
    sent.expect_err("all the gas is gone");
    fixture.accepted(VICTIM, &calls::remove_instance("A", proxy));
    fixture.accepted(VICTIM, &order);
    assert_eq!(fixture.instance(honest).version, "2.0");
}
