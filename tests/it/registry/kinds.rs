//! Instances whose proxy is EVM code: created, upgraded and migrated by the same calls.

use crate::prelude::*;
use crate::registry::errors::cannot_run;
use stylus_chain::Overrides;
use stylus_upgrades::build::evm;
use stylus_upgrades_interface::orders::IOrders;
use stylus_upgrades_interface::reasons::not_runnable;

use super::fixture::{Fixture, Reverted, account, framework, initial_step, new_proxy, step};

/// The most that the code of an EVM proxy may have, in bytes.
const SIZE_MAX: usize = 140;

pub(super) fn create(fixture: &mut Fixture, kind: u8, init: &impl SolCall) -> Address {
    let create = new_proxy(kind, 0, init.abi_encode());
    let address = calls::proxy_address("A", kind, B256::ZERO);
    let address = fixture.view(&address).expect("an address");
    let created = fixture.accepted(0, &create);
    assert_eq!(created.returned.proxy, address);
    assert_eq!(created.events::<Proxy::AdminChanged>().len(), 1);
    let upgraded = created.logs.iter().filter(|log| {
        log.address == address && Proxy::Upgraded::decode_log_data(&log.data).is_ok()
    });
    assert_eq!(upgraded.count(), 1);
    address
}

/// Counters at 1.0, each with the value: a WASM proxy and an EVM proxy.
pub(super) fn counters(value: u64) -> (Fixture, Code, [Address; 2]) {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let init = calls::initialize_counter(value);
    let kinds = [proxy_kind::WASM, proxy_kind::EVM];
    let proxies = kinds.map(|kind| create(&mut fixture, kind, &init));
    assert_ne!(proxies[0], proxies[1], "the kind is part of the salt");
    (fixture, code, proxies)
}

/// What an account answers to raw calldata of somebody.
pub(super) fn answer(
    fixture: &Fixture,
    from: Address,
    to: Address,
    input: &[u8],
) -> Result<Bytes, Reverted> {
    let request = CallRequest {
        from: Some(from),
        to: Some(to),
        input: Bytes::copy_from_slice(input),
        ..CallRequest::default()
    };
    let outcome = fixture
        .chain
        .call(request, BlockId::latest(), &Overrides::default())
        .expect("a call");
    match outcome.success {
        true => Ok(outcome.output),
        false => Err(Reverted(outcome.output)),
    }
}

#[test]
fn an_evm_proxy_is_created_and_migrated_as_a_wasm_one_is() {
    let (mut fixture, first, proxies) = counters(7);
    let [_, evm] = proxies;
    let code = fixture.code(evm);
    let (orders, storage) = (framework().orders.address, framework().storage.address);
    assert_eq!(code, evm::evm_proxy_code(orders, storage));
    let orders_of = fixture.ask(orders, &IOrders::ordersOfCall { proxy: evm });
    assert_eq!(orders_of, Ok(fixture.registry));
    assert!(code.len() <= SIZE_MAX, "{} bytes", code.len());
    let found = fixture.instance(evm);
    assert_eq!((found.kind, found.version.as_str()), (1, "1.0"));
    let seen = fixture.slot(evm, slots::IMPLEMENTATION);
    assert_eq!(seen, first.implementation.into_word());
    let seen = fixture.slot(evm, slots::ADMIN);
    assert_eq!(seen, fixture.registry.into_word());

    let second = fixture.deploy("counter-v2");
    let call = calls::migrate_counter(5);
    let way = step("1.0", 1, call.abi_encode().into());
    fixture.migrates(0, &calls::migrate("A", "2.0", &second, way));
    for proxy in proxies {
        assert_eq!(fixture.instance(proxy).version, "2.0");
        let seen = fixture.slot(proxy, slots::IMPLEMENTATION);
        assert_eq!(seen, second.implementation.into_word());
        let increment = ICounter::incrementCall {};
        let done = fixture.send_to(account(5), proxy, &increment);
        done.expect("anybody counts");
        let value = fixture.ask(proxy, &ICounter::valueCall {});
        assert_eq!(value, Ok(U256::from(12)));
    }
}

#[test]
fn an_evm_proxy_answers_the_five_selectors_to_the_orders_contract_alone() {
    let (fixture, code, [_, evm]) = counters(7);
    let (registry, orders) = (fixture.registry, framework().orders.address);
    let answers = |from, input: &[u8]| answer(&fixture, from, evm, input);
    let implementation = Proxy::implementationCall::SELECTOR;
    let word = Bytes::from(code.implementation.into_word().0);
    assert_eq!(answers(orders, &implementation), Ok(word.clone()));
    // which passes on what its registry asks, and nobody else
    let passed_on = [evm.into_word().as_slice(), &implementation].concat();
    assert_eq!(answer(&fixture, registry, orders, &passed_on), Ok(word));
    let stranger = answer(&fixture, account(0), orders, &passed_on);
    assert_eq!(stranger, Err(Reverted(Bytes::new())));
    let word = Bytes::from(registry.into_word().0);
    assert_eq!(answers(orders, &Proxy::registryCall::SELECTOR), Ok(word));
    let version = answers(orders, &Proxy::implementationVersionCall::SELECTOR).expect("a label");
    let version = Proxy::implementationVersionCall::abi_decode_returns(&version);
    assert_eq!(version.expect("text"), "1.0");

    // to everybody else they are the implementation's, which has none of them
    let unknown = answer(&fixture, account(0), code.implementation, &implementation);
    let upgrade = calls::upgrade_to("1.0");
    for input in [
        implementation.to_vec(),
        Proxy::registryCall::SELECTOR.to_vec(),
        Proxy::implementationVersionCall::SELECTOR.to_vec(),
        upgrade.abi_encode(),
    ] {
        let found = answers(account(0), &input);
        assert_eq!(found, unknown, "who may migrate alone");
        let found = answers(registry, &input);
        assert_eq!(found, unknown, "the registry, without the orders contract");
    }
    // and what is called beside them is forwarded
    let value = ICounter::valueCall::SELECTOR;
    assert_eq!(answers(orders, &value), answers(account(5), &value));
    for input in [&[][..], &[1, 2, 3], &implementation[..3], &[1, 2, 3, 4]] {
        assert_eq!(answers(orders, input), answers(account(5), input));
    }
}

#[test]
fn a_proxy_or_what_belongs_to_one_is_no_implementation() {
    let mut fixture = Fixture::of_one();
    let (orders, storage) = (framework().orders.address, framework().storage.address);
    for proxy in [
        evm::evm_proxy_code(orders, storage),
        evm::uups_stub_code(account(7)),
        evm::admin_code(account(7)),
    ] {
        let code = fixture.deploy_code(&evm::creation_code(&proxy));
        let implementation = code.implementation;
        let add = calls::add_version("A", "1.0", &code, initial_step());
        fixture.refuses(0, &add, cannot_run(implementation, not_runnable::PROXY));
    }
}
