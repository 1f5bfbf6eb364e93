//! What adoption, transfer and the upgrade of one instance refuse.

use crate::prelude::*;

use super::adopted::fixture::{TRANSPARENT_5, adopt, adopted, compiled, runs};
use super::fixture::{account, framework, plain, refused};
use super::kinds::counters;
use crate::review::fixture::answering;

/// Creation code that makes one call, and leaves an account without code.
fn calling_at_creation(to: Address, input: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(input.len()).expect("short").to_be_bytes();
    // CODECOPY of the bytes after the code, CALL of `to` with that, RETURN of nothing
    let mut code = vec![0x61, high, low, 0x60, 0, 0x5f, 0x39];
    code.extend([0x5f, 0x5f, 0x61, high, low, 0x5f, 0x5f, 0x73]);
    code.extend(to.as_slice());
    code.extend([0x5a, 0xf1, 0x50, 0x5f, 0x5f, 0xf3]);
    code[4] = u8::try_from(code.len()).expect("short");
    code.extend(input);
    code
}

#[test]
fn a_contract_that_is_being_created_orders_no_adopted_proxy() {
    let (mut fixture, first, proxy) = adopted(TRANSPARENT_5);
    let second = compiled(&mut fixture, "Box2");
    fixture.accepted(0, &calls::migrate("A", "2.0", &second, plain("1.0")));
    let rollout = calls::rollout("A", [proxy]);
    let code = calling_at_creation(fixture.registry, &rollout.abi_encode());
    fixture.deploy_code(&code);
    assert_eq!(runs(&fixture, proxy), first.implementation, "not yet");
    let done = fixture.accepted(5, &rollout);
    assert_eq!(done.returned, 1);
    assert_eq!(runs(&fixture, proxy), second.implementation);
}

#[test]
fn an_adopted_proxy_upgraded_alone_takes_neither_calldata_nor_value() {
    let (mut fixture, first, proxy) = adopted(TRANSPARENT_5);
    let second = compiled(&mut fixture, "Box2");
    fixture.add("2.0", &second, plain("1.0"));
    let upgrade = |data: Bytes| calls::upgrade_instance(proxy, "2.0", data);
    let what = "data for an adopted proxy".into();
    let error = IRegistry::NotSupported { what };
    fixture.refuses(0, &upgrade(vec![1].into()), error);
    let value = U256::from(1);
    let (registry, alone) = (fixture.registry, upgrade(Bytes::new()));
    let sent = fixture.pay(account(0), registry, &alone, value);
    refused(sent, Proxy::ValueNotAccepted { value });
    assert_eq!(runs(&fixture, proxy), first.implementation);
    fixture.accepted(0, &alone);
    assert_eq!(runs(&fixture, proxy), second.implementation);
    let version = "2.0".into();
    fixture.refuses(0, &alone, Proxy::AlreadyAtVersion { version });
}

#[test]
fn a_contract_that_pauses_for_good_does_not_obey() {
    let (mut fixture, ..) = counters(7);
    // it answers a question as a paused UUPS proxy does, once anything has been sent to it
    let mut code = vec![0x36, 0x60, 4, 0x14, 0x60, 12, 0x57, 0x60, 1, 0x5f, 0x55, 0];
    code.extend([0x5b, 0x5f, 0x54, 0x60, 19, 0x57, 0, 0x5b, 0x7f]);
    code.extend(slots::IMPLEMENTATION);
    code.extend([0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    let proxy = fixture.deploy_evm(&code);
    let error = IRegistry::InstanceNotObeying { proxy };
    fixture.refuses(0, &adopt(proxy_kind::UUPS, proxy), error);
}

#[test]
fn a_contract_that_answers_something_else_receives_no_proxy() {
    let (mut fixture, _, [proxy, _]) = counters(7);
    let zero = fixture.deploy_evm(&answering(&[0; 32]));
    let transfer = calls::transfer_proxy("A", proxy, zero, "A", 0);
    let what = "transfer to that account".into();
    fixture.refuses(0, &transfer, IRegistry::NotSupported { what });
    assert_eq!(fixture.instance(proxy).version, "1.0");
}

#[test]
fn nothing_is_expected_from_an_account_without_code_or_as_an_instance() {
    let (mut fixture, _, [proxy, _]) = counters(7);
    let registry = fixture.registry;
    let other = fixture.deploy("counter-v1").implementation;
    let expect = |registry| calls::accept_transfer("A", proxy, "1.0", registry, 0);
    let built = framework();
    let ours = [
        built.orders.address,
        built.layouts.address,
        built.stub.address,
    ];
    for from in [registry, account(7), proxy].into_iter().chain(ours) {
        let what = "transfer from that account".into();
        fixture.refuses(0, &expect(from), IRegistry::NotSupported { what });
    }
    fixture.refuses(0, &expect(other), IRegistry::ProxyExists { proxy });
}
