//! Instances that destroyed themselves in their creation: they can be removed, and nothing is created there again.

use crate::prelude::*;
use crate::registry::errors::{not_applied, not_supported};
use stylus_upgrades::build::evm;

use super::fixture::{Fixture, account, initial_step, is, new_proxy, plain};

const CREATOR: usize = 6;

/// A definition whose code destroys the account that runs it, where it is called with anything.
fn definition() -> Fixture {
    let mut fixture = Fixture::of_one();
    // CALLDATASIZE ISZERO PUSH1 7 JUMPI CALLER SELFDESTRUCT JUMPDEST STOP
    let bytes = [0x36, 0x15, 0x60, 0x07, 0x57, 0x33, 0xff, 0x5b, 0x00];
    let code = fixture.deploy_code(&evm::creation_code(&bytes));
    fixture.add("1.0", &code, initial_step());
    fixture.set("create", &is(account(CREATOR)));
    fixture
}

/// An instance that destroyed itself in its creation, what created it, and an honest one.
fn vanished() -> (Fixture, IRegistry::createProxyCall, [Address; 2]) {
    let mut fixture = definition();
    let kind = proxy_kind::EVM;
    let honest = fixture.created(CREATOR, &new_proxy(kind, 1, Bytes::new()));
    let creation = new_proxy(kind, 0, Bytes::from_static(&[1]));
    let proxy = fixture.created(CREATOR, &creation);
    assert_eq!(fixture.code(proxy), Bytes::new(), "it is gone");
    assert_eq!(fixture.instance(proxy).version, "1.0");
    (fixture, creation, [proxy, honest])
}

/// The chain refuses a program that destroys its account.
#[test]
fn a_wasm_proxy_does_not_destroy_itself() {
    let mut fixture = definition();
    let creation = new_proxy(proxy_kind::WASM, 0, Bytes::from_static(&[1]));
    fixture.refuses(CREATOR, &creation, not_applied("", "1.0"));
    assert_eq!(fixture.definition().instances, 0);
}

/// G3.
#[test]
fn an_instance_without_code_is_removed_and_its_salt_is_used_up() {
    let (mut fixture, creation, [proxy, honest]) = vanished();
    fixture.refuses(CREATOR, &creation, IRegistry::ProxyExists { proxy });
    let obeys = not_supported("removal of an instance that obeys");
    fixture.refuses(0, &calls::remove_instance("A", honest, 0), obeys);
    let remove = calls::remove_instance("A", proxy, 0);
    let done = fixture.executes(0, &remove);
    assert_eq!(done.events::<IRegistry::InstanceRemoved>().len(), 1);
    fixture.is_no_instance(proxy);
    assert_eq!(fixture.instances(), [honest]);
    let details = fixture.view(&calls::instance_details(proxy)).expect("it");
    assert_eq!((details.nonce, details.created), (1, true));
    // by whomever, with whichever first call
    let plain = IRegistry::createProxyCall {
        initData: Bytes::new(),
        ..creation.clone()
    };
    for again in [creation, plain] {
        fixture.refuses(CREATOR, &again, IRegistry::ProxyExists { proxy });
    }
    assert_eq!(fixture.code(proxy), Bytes::new());
}

#[test]
fn an_instance_without_code_stops_neither_migrations_nor_pauses() {
    let (mut fixture, _, [proxy, honest]) = vanished();
    let state = |fixture: &Fixture| fixture.instance(honest).state;
    let done = fixture.pause(0);
    let skipped: Vec<_> = done.skipped().iter().map(|one| one.proxy).collect();
    assert_eq!(skipped, [proxy]);
    assert_eq!(state(&fixture), instance_state::PAUSED);
    fixture.resume(0);
    assert_eq!(state(&fixture), instance_state::LIVE);
    let code = calls::get_version("A", "1.0");
    let code = fixture.view(&code).expect("it").code;
    let order = calls::migrate("A", "2.0", &code, plain("1.0"));
    let done = fixture.migrates(0, &order);
    let skipped: Vec<_> = done.skipped().iter().map(|one| one.proxy).collect();
    assert_eq!(skipped, [proxy]);
    assert_eq!(fixture.instance(honest).version, "2.0");
}
