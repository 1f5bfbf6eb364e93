//! The admin of adopted proxies.

use crate::prelude::*;
use stylus_upgrades::build::evm::{admin_code, admin_creation_code};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

use super::fixture::{Fixture, account, echoed, order};
use super::programs::{echo, refusing};

/// An admin of account 1, and what it calls.
fn admin(program: &[u8]) -> (Fixture, Address, Address) {
    let mut fixture = Fixture::new();
    let adopted = fixture.create2(program);
    let admin = fixture.create2(&admin_code(account(1)));
    (fixture, admin, adopted)
}

#[test]
fn its_registry_calls_through_it_and_it_ends_with_what_came_back() {
    let (mut fixture, admin, adopted) = admin(&echo());
    let done = fixture.done(account(1), admin, 7, order(adopted, b"upgrade"));
    assert_eq!(done.output, echoed(admin, 7, b"upgrade"));
    let (mut fixture, admin, adopted) = self::admin(&refusing());
    let sent = fixture.send(account(1), admin, 0, order(adopted, b"upgrade"));
    assert!(!sent.success && sent.halt.is_none());
    assert_eq!(sent.output, echoed(admin, 0, b"upgrade"));
}

#[test]
fn others_are_refused_whatever_they_ask() {
    let (mut fixture, admin, adopted) = admin(&echo());
    let version = keccak256("UPGRADE_INTERFACE_VERSION()")[..4].to_vec();
    for who in [account(2), adopted, admin] {
        fixture.refused(who, admin, 0, order(adopted, b"upgrade"));
        fixture.refused(who, admin, 0, version.clone());
        fixture.refused(who, admin, 0, Bytes::new());
    }
}

/// A registry asks approvers and lambdas: what it calls them with is no order.
#[test]
fn a_function_that_its_registry_calls_is_refused() {
    let (mut fixture, admin, adopted) = admin(&echo());
    let selector = &keccak256("isValidSignature(bytes32,bytes)")[..4];
    let input = [selector, &order(adopted, b"upgrade")].concat();
    fixture.refused(account(1), admin, 0, input);
    for byte in 0..12 {
        let mut input = order(adopted, b"upgrade").to_vec();
        input[byte] = 1;
        fixture.refused(account(1), admin, 0, input);
    }
}

#[test]
fn whoever_creates_it_is_its_registry() {
    let mut fixture = Fixture::new();
    let deployer = CREATE2_DEPLOYER;
    let salt = keccak256("definition");
    let input = [salt.as_slice(), &admin_creation_code()].concat();
    fixture.done(account(3), deployer, 0, input);
    let found = deployer.create2(salt, keccak256(admin_creation_code()));
    assert_eq!(fixture.code(found), admin_code(deployer));
}
