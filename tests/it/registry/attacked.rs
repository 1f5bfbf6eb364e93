//! Attacks on issue 33 by somebody who did not write it: what holds, and (named in the findings) what did not.

use crate::prelude::*;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::reasons::step as step_kind;

mod held;
mod second;

use super::adopted::fixture::{Kind, OWNER, UUPS_5, admin_of, adopt, compiled};
use super::fixture::{
    Fixture, account, add_version, complex, framework, initial_step, is, refused, step,
};
use super::kinds::{create, instance, slot};
use crate::review::fixture::{call, data};

alloy::sol! {
    interface IImpostor {
        function create(bytes creation) external returns (address proxy);
        function deliver(address registry, address proxy, bytes32 definition) external;
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
    let victims = std::mem::replace(&mut fixture.registry, registry);
    let define = calls::create_definition("A", by);
    fixture.send(account(ATTACKER), &define).expect("defined");
    let add = add_version(code, "1.0", initial_step());
    fixture.send(account(ATTACKER), &add).expect("added");
    fixture.registry = victims;
    registry
}

fn impostor(fixture: &mut Fixture, code: &Code, at: &str) -> Address {
    let script = deploy(fixture, "Obedience", &[]);
    let thief = deploy(fixture, "Thief", &code.implementation.abi_encode());
    let arguments = (script, thief, slots::UPGRADED, at.to_owned()).abi_encode_params();
    deploy(fixture, "Impostor", &arguments)
}

fn acceptance(proxy: Address, kind: u8, registry: Address) -> IRegistry::acceptTransferCall {
    calls::accept_transfer("A", proxy, kind, "1.0", registry)
}

fn transfer(proxy: Address, to: Address) -> IRegistry::transferProxyCall {
    calls::transfer_proxy("A", proxy, to, "A")
}

/// A definition whose policies `who` alone satisfies.
fn definition_of(fixture: &mut Fixture, who: Address, name: &str) {
    let define = calls::create_definition(name, is(who));
    fixture.send(account(VICTIM), &define).expect("defined");
}

pub(super) fn balance(fixture: &Fixture, who: Address) -> U256 {
    let view = fixture.chain.account(who, BlockId::latest());
    view.expect("latest").balance
}

/// What must be true of whatever a registry lists as its instance.
fn assert_obeys_or_is_no_instance(fixture: &Fixture, proxy: Address) {
    let admin = slot(fixture, proxy, slots::ADMIN);
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
    let ether = U256::from(10u64.pow(18));
    fixture.chain.set_balance(proxy, ether);
    let to = Address::repeat_byte(0x77);
    let drain = IImpostor::drainCall { proxy, to };
    let _ = fixture.pay(account(ATTACKER), impostor, &drain, U256::ZERO);
}

/// FINDING A1.
#[test]
fn a_wasm_proxy_that_obeys_a_foreign_registry_is_not_received() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    fixture.add("1.0", &code, initial_step());
    // the attacker has a proxy elsewhere, whose own code gives it another registry
    let hostile = fixture.deploy("hostile");
    let theirs = attackers_registry(&mut fixture, &hostile);
    let ours = std::mem::replace(&mut fixture.registry, theirs);
    let creation = calls::create_proxy("A", "1.0", proxy_kind::WASM, B256::ZERO, Bytes::new());
    let made = fixture.send(account(ATTACKER), &creation).expect("created");
    let proxy = made.returned.proxy;
    fixture.registry = ours;
    let impostor = impostor(&mut fixture, &code, "1.0");
    let write = IHostile::writeSlotCall {
        slot: slots::ADMIN,
        value: impostor.into_word(),
    };
    let written = fixture.pay(account(ATTACKER), proxy, &write, U256::ZERO);
    written.expect("its storage is its own");

    let accept = acceptance(proxy, proxy_kind::WASM, impostor);
    fixture.send(account(VICTIM), &accept).expect("accepted");
    let deliver = IImpostor::deliverCall {
        registry: ours,
        proxy,
        definition: keccak256("A"),
    };
    let _ = fixture.pay(account(ATTACKER), impostor, &deliver, U256::ZERO);
    take_deposits(&mut fixture, impostor, proxy);
    assert_obeys_or_is_no_instance(&fixture, proxy);
}

/// FINDING A2.
#[test]
fn what_a_foreign_registry_in_an_evm_proxys_code_can_do_is_in_sight_of_whoever_accepts_it() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    fixture.add("1.0", &code, initial_step());
    let genuine = attackers_registry(&mut fixture, &code);
    let ours = fixture.registry;
    let impostor = impostor(&mut fixture, &code, "");
    let built = framework();
    let creation = evm::evm_proxy_creation_code(built.stub_address, built.storage.address);
    let creation = IImpostor::createCall { creation };
    let made = fixture.pay(account(ATTACKER), impostor, &creation, U256::ZERO);
    let proxy = made.expect("created").returned;
    assert_eq!(slot(&fixture, proxy, slots::ADMIN), impostor.into_word());

    // the attacker's own definition at a genuine registry
    fixture.registry = genuine;
    let accept = acceptance(proxy, proxy_kind::EVM, impostor);
    fixture.send(account(ATTACKER), &accept).expect("accepted");
    let deliver = IImpostor::deliverCall {
        registry: genuine,
        proxy,
        definition: keccak256("A"),
    };
    let _ = fixture.pay(account(ATTACKER), impostor, &deliver, U256::ZERO);
    // the victim accepts it from that genuine registry
    fixture.registry = ours;
    let accept = acceptance(proxy, proxy_kind::EVM, genuine);
    fixture.send(account(VICTIM), &accept).expect("accepted");
    fixture.registry = genuine;
    let _ = fixture.send(account(ATTACKER), &transfer(proxy, ours));
    fixture.registry = ours;
    // A contract cannot tell a genuine registry from this one. The view shows which one the proxy takes orders from,
    // and `adopt --from` makes first contact with that as well.
    let of = fixture.view(&IRegistry::transferOfCall { proxy });
    assert_eq!(of.expect("it").relay, impostor);
}

/// FINDING A3.
#[test]
fn instances_that_burn_their_gas_are_no_veto_where_the_step_skips_what_fails() {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "Greedy");
    fixture.add("1.0", &code, initial_step());
    fixture.set("create", &is(account(6)));
    let mut proxies = Vec::new();
    for (salt, count) in [(1, u64::MAX), (2, u64::MAX), (3, 3)] {
        let creation = calls::create_proxy(
            "A",
            "1.0",
            proxy_kind::WASM,
            B256::repeat_byte(salt),
            data(&IGreedy::initializeCall {
                count: U256::from(count),
            }),
        );
        let made = fixture.send(account(6), &creation).expect("created");
        proxies.push(made.returned.proxy);
    }
    let order = calls::migrate(
        "A",
        "2.0",
        &code,
        step(
            "1.0",
            step_kind::FOREIGN_CALL | step_kind::SKIP_FAILING,
            data(&IGreedy::migrateCall {}),
        ),
    );
    let registry = fixture.registry;
    let mut executed = false;
    for gas in [30_000_000, 32_000_000, 100_000_000, 1_000_000_000] {
        let sent = fixture.pay_with_gas(account(VICTIM), registry, &order, U256::ZERO, gas);
        if sent.is_ok() {
            executed = true;
            break;
        }
    }
    assert!(executed, "role create vetoes role migrate");
    let rollout = calls::rollout("A", 1);
    for _ in 0..3 {
        let sent = fixture.pay_with_gas(account(8), registry, &rollout, U256::ZERO, 32_000_000);
        sent.expect("anybody may");
    }
    assert_eq!(instance(&fixture, proxies[2]).version, "2.0");
    assert_eq!(instance(&fixture, proxies[0]).version, "1.0");
}

/// FINDING A4.
#[test]
fn a_proxy_that_destroyed_itself_at_its_creation_is_not_recorded_twice() {
    let mut fixture = Fixture::of_one();
    // CALLDATASIZE ISZERO PUSH1 7 JUMPI CALLER SELFDESTRUCT JUMPDEST STOP
    let bytes = [0x36, 0x15, 0x60, 0x07, 0x57, 0x33, 0xff, 0x5b, 0x00];
    let code = fixture.deploy_code(&evm::creation_code(&bytes));
    fixture.add("1.0", &code, initial_step());
    fixture.set("create", &is(account(6)));
    let creation = calls::create_proxy(
        "A",
        "1.0",
        proxy_kind::EVM,
        B256::ZERO,
        Bytes::from_static(&[1]),
    );
    let first = fixture.send(account(6), &creation);
    let Ok(first) = first else {
        panic!("{first:?}")
    };
    let proxy = first.returned.proxy;
    let second = fixture.send(account(6), &creation);
    refused(second, IRegistry::ProxyExists { proxy });
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture
        .send(account(VICTIM), &pause)
        .expect("a definition can be paused whatever role create did");
    let resume = IRegistry::resumeCall { name: "A".into() };
    fixture.send(account(VICTIM), &resume).expect("resumed");
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
    let made = fixture.send(account(VICTIM), &creation).expect("created");
    let proxy = made.returned.proxy;
    let freeze = calls::set_policy("A", "migrate", "NONE");
    let through = |actions| IHostile::actCall { actions };
    let act = through(vec![call(boss, &through(vec![call(registry, &freeze)]))]);
    fixture.add("1.0", &code, step("0.9", 4, data(&act)));
    fixture.add("2.0", &code, complex("1.0", &program, account(7)));
    fixture.set("migrate", &is(boss));
    fixture.set("policy", &is(boss));
    let upgrade = Proxy::upgradeToCall {
        version: "2.0".into(),
    };
    let order = through(vec![call(proxy, &upgrade)]);
    let _ = fixture.pay(account(8), boss, &order, U256::ZERO);
    let name = String::from("A");
    let found = fixture.view(&IRegistry::definitionCall { name });
    let is_frozen = found.expect("it").state == 2;
    let is_migrating = instance(&fixture, proxy).state == instance_state::MIGRATING;
    assert!(!(is_frozen && is_migrating), "nobody could abort it");
}

/// FINDING A6.
#[test]
fn what_former_approvers_accepted_does_not_arrive_once_the_policy_is_another() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    fixture.registry = theirs;
    let creation = calls::create_proxy(
        "A",
        "1.0",
        proxy_kind::WASM,
        B256::ZERO,
        data(&ICounter::initializeCall {
            value: U256::from(1),
        }),
    );
    let made = fixture.send(account(ATTACKER), &creation).expect("created");
    let proxy = made.returned.proxy;
    fixture.registry = ours;
    let accept = acceptance(proxy, proxy_kind::WASM, theirs);
    fixture.send(account(VICTIM), &accept).expect("accepted");
    // the key was stolen: another one decides from now on
    fixture.set("create", &is(account(8)));
    fixture.set("migrate", &is(account(8)));
    fixture.registry = theirs;
    let sent = fixture.send(account(ATTACKER), &transfer(proxy, ours));
    fixture.registry = ours;
    assert!(sent.is_err(), "nobody who decides now has accepted it");
}

/// FINDING A7.
#[test]
fn no_policy_names_a_proxy_whose_vote_never_counts() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    let init = ICounter::initializeCall {
        value: U256::from(1),
    };
    let proxy = create(&mut fixture, proxy_kind::WASM, &init);
    fixture.registry = theirs;
    let accept = acceptance(proxy, proxy_kind::WASM, ours);
    fixture.send(account(ATTACKER), &accept).expect("accepted");
    fixture.registry = ours;
    let gone = transfer(proxy, theirs);
    fixture.send(account(VICTIM), &gone).expect("gone");
    let policy = super::fixture::set_policy("migrate", &is(proxy));
    let sent = fixture.send(account(VICTIM), &policy);
    assert!(sent.is_err(), "nobody can ever satisfy it");
}

/// FINDING A8.
#[test]
fn a_proxy_that_comes_back_at_a_version_that_its_data_have_left_vetoes_nothing() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let second = fixture.deploy("counter-v2");
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    let init = ICounter::initializeCall {
        value: U256::from(7),
    };
    let proxy = create(&mut fixture, proxy_kind::WASM, &init);
    fixture.registry = theirs;
    let accept = acceptance(proxy, proxy_kind::WASM, ours);
    fixture.send(account(ATTACKER), &accept).expect("accepted");
    fixture.registry = ours;
    let gone = transfer(proxy, theirs);
    fixture.send(account(VICTIM), &gone).expect("gone");
    fixture.registry = theirs;
    let migration = data(&ICounter::migrateCall {
        step: U256::from(5),
    });
    let order = calls::migrate("A", "2.0", &second, step("1.0", 1, migration.clone()));
    let migrated = fixture.send(account(ATTACKER), &order).expect("migrated");
    assert_eq!(migrated.events::<IRegistry::InstanceUpgraded>().len(), 1);
    // the first registry still knows 1.0 only
    fixture.registry = ours;
    let accept = acceptance(proxy, proxy_kind::WASM, theirs);
    fixture.send(account(VICTIM), &accept).expect("accepted");
    fixture.registry = theirs;
    let back = fixture.send(account(ATTACKER), &transfer(proxy, ours));
    fixture.registry = ours;
    let sent = fixture.send(account(VICTIM), &order);
    back.expect("its mark of 1.0 is set: who accepts compares what runs");
    let skipped = sent
        .expect("no veto")
        .events::<IRegistry::InstanceSkipped>();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0].proxy, proxy);
}

/// FINDING A9.
#[test]
fn an_adopted_proxy_whose_role_somebody_else_takes_back_is_skipped_and_removed() {
    let mut fixture = Fixture::of_one();
    let kind = Kind {
        codes: ["RoleBox", "RoleBox"],
        ..UUPS_5
    };
    let code = compiled(&mut fixture, "RoleBox");
    fixture.add("1.0", &code, initial_step());
    let other = compiled(&mut fixture, "RoleBox");
    let proxy = kind.create(&mut fixture, &other);
    let grant = |to| IRole::grantCall { to };
    let admin = admin_of(&fixture, "A");
    let given = fixture.pay(account(OWNER), proxy, &grant(admin), U256::ZERO);
    given.expect("given");
    let adopted = fixture.send(account(VICTIM), &adopt(kind.kind, proxy));
    adopted.expect("adopted");
    // an honest instance of the other kinds, which is to be upgraded as well
    let creation = calls::create_proxy("A", "1.0", proxy_kind::EVM, B256::ZERO, Bytes::new());
    let made = fixture.send(account(VICTIM), &creation).expect("created");
    let honest = made.returned.proxy;
    let taken = fixture.pay(account(OWNER), proxy, &grant(account(OWNER)), U256::ZERO);
    taken.expect("taken back");
    let order = calls::migrate("A", "2.0", &other, step("1.0", 0, Bytes::new()));
    let sent = fixture.send(account(VICTIM), &order);
    // what holds: it can be removed, and then nothing is in the way
    let name = String::from("A");
    let remove = IRegistry::removeInstanceCall { name, proxy };
    fixture.send(account(VICTIM), &remove).expect("removed");
    if sent.is_err() {
        fixture.send(account(VICTIM), &order).expect("migrated");
    }
    assert_eq!(instance(&fixture, honest).version, "2.0");
    assert!(sent.is_ok(), "a stranger to the registry vetoes migrate");
}

/// FINDING A10.
#[test]
fn a_proxy_that_claims_to_be_fresh_is_not_received_or_is_no_veto() {
    let (mut fixture, code) = Fixture::with_first_version("hostile");
    let ours = fixture.registry;
    let theirs = attackers_registry(&mut fixture, &code);
    let init = IHostile::initializeCall { actions: vec![] };
    let honest = create(&mut fixture, proxy_kind::WASM, &init);
    fixture.registry = theirs;
    let creation = calls::create_proxy(
        "A",
        "1.0",
        proxy_kind::WASM,
        B256::repeat_byte(1),
        data(&init),
    );
    let made = fixture.send(account(ATTACKER), &creation).expect("created");
    let proxy = made.returned.proxy;
    let write = IHostile::writeSlotCall {
        slot: slots::INITIALISED,
        value: B256::ZERO,
    };
    let written = fixture.pay(account(ATTACKER), proxy, &write, U256::ZERO);
    written.expect("its storage is its own");
    fixture.registry = ours;
    let accept = acceptance(proxy, proxy_kind::WASM, theirs);
    fixture.send(account(VICTIM), &accept).expect("accepted");
    fixture.registry = theirs;
    let _ = fixture.send(account(ATTACKER), &transfer(proxy, ours));
    fixture.registry = ours;
    let remove = IRegistry::removeInstanceCall {
        name: "A".into(),
        proxy,
    };
    let _ = fixture.send(account(VICTIM), &remove);
    let order = calls::migrate("A", "2.0", &code, step("1.0", 0, Bytes::new()));
    let sent = fixture.send(account(VICTIM), &order);
    assert!(sent.is_ok(), "whoever gave the proxy away vetoes migrate");
    assert_eq!(instance(&fixture, honest).version, "2.0");
}

/// FINDING A2, second half: the registry in the code of an EVM proxy that came from elsewhere vetoes for ever.
#[test]
fn a_relay_that_goes_deaf_is_no_veto_or_its_proxy_can_be_removed() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let ours = fixture.registry;
    let impostor = impostor(&mut fixture, &code, "");
    let built = framework();
    let creation = evm::evm_proxy_creation_code(built.stub_address, built.storage.address);
    let creation = IImpostor::createCall { creation };
    let made = fixture.pay(account(ATTACKER), impostor, &creation, U256::ZERO);
    let proxy = made.expect("created").returned;
    let accept = acceptance(proxy, proxy_kind::EVM, impostor);
    fixture.send(account(VICTIM), &accept).expect("accepted");
    let deliver = IImpostor::deliverCall {
        registry: ours,
        proxy,
        definition: keccak256("A"),
    };
    let sent = fixture.pay(account(ATTACKER), impostor, &deliver, U256::ZERO);
    sent.expect("delivered");
    let deaf = IImpostor::turnDeafCall {};
    let sent = fixture.pay(account(ATTACKER), impostor, &deaf, U256::ZERO);
    sent.expect("deaf");
    let order = calls::migrate("A", "2.0", &code, step("1.0", 0, Bytes::new()));
    let sent = fixture.send(account(VICTIM), &order);
    let name = String::from("A");
    let remove = IRegistry::removeInstanceCall { name, proxy };
    let removed = fixture.send(account(VICTIM), &remove);
    assert!(sent.is_ok() || removed.is_ok(), "a veto for ever");
}
