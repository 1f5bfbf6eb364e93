//! Instances whose step costs much, reverts, or takes all the gas that there is: `migrate` succeeds for everybody at the
//! same price, and `rollout` moves the others.

use crate::prelude::*;
use alloy::sol_types::Revert;
use stylus_chain::Overrides;
use stylus_upgrades_interface::reasons::step as step_kind;

use super::adopted::fixture::compiled;
use super::fixture::{Fixture, account, initial_step, is, new_proxy, step};

alloy::sol! {
    interface IGreedy {
        function initialize(uint256 count) external;
        function migrate() external;
    }
}

/// Who has nothing but the role `create`.
const CREATOR: usize = 6;
/// Rounds of a step that takes nine million gas and a bit.
const NINE_MILLION: u64 = 60_000;
/// Gas with which everybody migrates.
const MIGRATE_GAS: u64 = 2_000_000;
/// Gas of an ordinary transaction on Arbitrum, at most.
const ORDINARY: u64 = 32_000_000;

/// A definition whose step from 1.0 to 2.0 takes as many rounds as the creator of an instance wants.
fn greedy() -> (Fixture, IRegistry::migrateCall) {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "Greedy");
    fixture.add("1.0", &code, initial_step());
    fixture.set("create", &is(account(CREATOR)));
    let way = step(
        "1.0",
        step_kind::FOREIGN_CALL,
        data(&IGreedy::migrateCall {}),
    );
    let order = calls::migrate("A", "2.0", &code, way);
    (fixture, order)
}

fn create(fixture: &mut Fixture, kind: u8, salt: u64, rounds: u64) -> Address {
    let count = U256::from(rounds);
    let init = IGreedy::initializeCall { count }.abi_encode();
    let create = IRegistry::createProxyCall {
        salt: U256::from(salt).into(),
        ..new_proxy(kind, 0, init)
    };
    fixture.created(CREATOR, &create)
}

/// `migrate` with little gas, and what it takes.
fn migrate(fixture: &mut Fixture, order: &IRegistry::migrateCall) -> u64 {
    let registry = fixture.registry;
    let done = fixture.send_with_gas(account(0), registry, order, MIGRATE_GAS);
    let done = done.expect("nobody stops it");
    assert!(done.returned.executed);
    assert_eq!(done.skipped(), []);
    assert_eq!(fixture.definition().current, "2.0");
    done.gas
}

fn version(fixture: &Fixture, proxy: Address) -> String {
    fixture.instance(proxy).version
}

/// G2.
#[test]
fn four_heavy_instances_stop_nobody_and_move() {
    let (mut fixture, order) = greedy();
    let proxies = [0, 1, 2, 3].map(|salt| {
        let kind = (salt % 2) as u8; // WASM and EVM proxies in turn
        create(&mut fixture, kind, salt, NINE_MILLION)
    });
    migrate(&mut fixture, &order);
    for proxy in &proxies[..2] {
        let done = fixture.rollout([*proxy], ORDINARY).expect("rolled out");
        assert!(done.gas > 9_000_000, "{} gas", done.gas);
        assert_eq!(done.returned, 1);
    }
    let done = fixture
        .rollout(&proxies[2..], ORDINARY)
        .expect("rolled out");
    assert_eq!(done.returned, 2);
    for proxy in proxies {
        assert_eq!(version(&fixture, proxy), "2.0");
    }
}

/// G4.
#[test]
fn an_evm_proxy_is_rolled_out_with_the_gas_that_an_estimator_finds() {
    for rounds in [1, NINE_MILLION] {
        let (mut fixture, order) = greedy();
        let proxy = create(&mut fixture, proxy_kind::EVM, 1, rounds);
        migrate(&mut fixture, &order);
        let rollout = calls::rollout("A", [proxy]);
        let request = CallRequest {
            from: Some(account(5)),
            to: Some(fixture.registry),
            input: data(&rollout),
            ..CallRequest::default()
        };
        let latest = BlockId::latest();
        let estimated = fixture
            .chain
            .estimate_gas(request, latest, &Overrides::default());
        let gas = estimated.expect("an estimate");
        let done = fixture.rollout([proxy], gas).expect("rolled out");
        assert_eq!((done.returned, done.skipped().len()), (1, 0), "{gas} gas");
        assert_eq!(version(&fixture, proxy), "2.0");
    }
}

/// G2.
#[test]
fn migrate_costs_the_same_with_four_hundred_heavy_instances() {
    let mut costs = Vec::new();
    for count in [1, 401] {
        let (mut fixture, order) = greedy();
        let proxies: Vec<_> = (0..count)
            .map(|salt| create(&mut fixture, (salt % 2) as u8, salt, NINE_MILLION))
            .collect();
        costs.push(migrate(&mut fixture, &order));
        let last = proxies[proxies.len() - 1];
        let done = fixture.rollout([last], ORDINARY).expect("rolled out");
        assert_eq!(done.returned, 1);
        assert_eq!(version(&fixture, last), "2.0");
        // and the whole definition stops and continues at the same price
        let pause = calls::pause_first("A", [last]);
        costs.push(fixture.executes(0, &pause).gas);
        costs.push(fixture.executes(0, &calls::resume("A", "2.0")).gas);
    }
    let (one, all) = costs.split_at(3);
    for (one, all) in one.iter().zip(all) {
        assert!(one.abs_diff(*all) < 5_000, "{costs:?}");
    }
}

/// G2.
#[test]
fn instances_that_burn_all_gas_and_are_named_first_keep_no_other_from_moving() {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let (mut fixture, order) = greedy();
        let burning = [1, 2].map(|salt| create(&mut fixture, kind, salt, u64::MAX));
        let honest = create(&mut fixture, kind, 3, 3);
        migrate(&mut fixture, &order);
        // what burns leaves too little for the next: nothing is done, and nobody is taken for one that fails
        let all = [burning[0], burning[1], honest];
        let sent = fixture.rollout(all, ORDINARY);
        let reverted = sent.expect_err("too little gas is left");
        let error = IRegistry::InsufficientGas::abi_decode(&reverted.0);
        error.expect("InsufficientGas");
        assert_eq!(version(&fixture, honest), "1.0");
        // named by itself each fails by itself
        let done = fixture.rollout([burning[0]], ORDINARY).expect("skipped");
        assert_eq!((done.returned, done.skipped()[0].proxy), (0, burning[0]));
        let done = fixture
            .rollout([honest, burning[1]], ORDINARY)
            .expect("done");
        assert_eq!((done.returned, done.skipped()[0].proxy), (1, burning[1]));
        assert_eq!(version(&fixture, honest), "2.0");
        assert_eq!(version(&fixture, burning[0]), "1.0");
        // they are paused as any other
        let done = fixture.executes(0, &calls::pause_first("A", all));
        assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 3);
    }
}

/// G2.
#[test]
fn an_instance_whose_step_reverts_stops_itself_alone() {
    let mut fixture = Fixture::of_one();
    let [one, two] = ["Bank1", "Bank2"].map(|name| compiled(&mut fixture, name));
    alloy::sol! {
        function initialize(bool refuses) external;
        function migrate() external;
    }
    fixture.add("1.0", &one, initial_step());
    fixture.set("create", &is(account(CREATOR)));
    let proxies = [(1, true), (2, false), (3, true), (4, false)].map(|(salt, refuses)| {
        let init = initializeCall { refuses }.abi_encode();
        let proxy = fixture.created(CREATOR, &new_proxy(salt % 2, salt, init));
        fixture.give_ether(proxy);
        proxy
    });
    let way = step("1.0", step_kind::FOREIGN_CALL, data(&migrateCall {}));
    migrate(&mut fixture, &calls::migrate("A", "2.0", &two, way));
    let held = proxies.map(|proxy| fixture.balance(proxy));
    let done = fixture.follow();
    let skipped = done.skipped();
    let named: Vec<_> = skipped.iter().map(|one| one.proxy).collect();
    assert_eq!(named, [proxies[0], proxies[2]]);
    let reason = Bytes::from(Revert::from("refuses").abi_encode());
    assert!(skipped.iter().all(|one| one.reason == reason));
    let versions = proxies.map(|proxy| version(&fixture, proxy));
    assert_eq!(versions, ["1.0", "2.0", "1.0", "2.0"]);
    assert_eq!(proxies.map(|proxy| fixture.balance(proxy)), held);
}
