//! The address of a registry, as the deployer derives it.

use super::*;
use crate::build::Framework;
use alloy::primitives::{address, hex};

fn pinned() -> Release {
    let registry = &Framework::pinned().expect("the pinned programs").registry;
    release(&registry.code, &registry.creation_code())
}

fn origin(policy: &str, salt: u64) -> Origin {
    Origin {
        define_policy: policy.into(),
        salt: Salt::counted(salt).expect("not zero"),
    }
}

#[test]
fn the_deployer_lies_where_its_init_code_puts_it_and_has_the_known_code() {
    let init = include_str!("../../../../../node/chain/genesis/StylusDeployer.hex");
    let init = hex::decode(init.trim()).expect("hexadecimal digits");
    assert_eq!(crate::build::evm::create2_address(&init), STYLUS_DEPLOYER);
    // What is before the runtime code only copies it.
    assert_eq!(keccak256(&init[32..]), STYLUS_DEPLOYER_CODEHASH);
}

#[test]
fn an_address_follows_from_release_policy_and_salt() {
    // The deployer's derivation, by hand: keccak256(salt ++ initData) is the salt of CREATE2.
    let one = origin("0x01", 1);
    let data = hex!(
        "5585258d"
        "0000000000000000000000000000000000000000000000000000000000000020"
        "0000000000000000000000000000000000000000000000000000000000000004"
        "3078303100000000000000000000000000000000000000000000000000000000"
    );
    assert_eq!(one.constructor_data()[..], data);
    let salt = keccak256([U256::from(1).to_be_bytes::<32>().as_slice(), &data].concat());
    let deployer = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
    let release = pinned();
    let found = one.address(release);
    assert_eq!(found, deployer.create2(salt, release.init_codehash));

    let other = Release {
        init_codehash: B256::ZERO,
        ..release
    };
    for differing in [
        origin("0x02", 1).address(release),
        origin("0x01", 2).address(release),
        one.address(other),
    ] {
        assert_ne!(one.address(release), differing);
    }
}

#[test]
fn a_salt_is_a_number_or_a_word_and_never_zero() {
    let salt = |text: &str| text.parse::<Salt>().map(B256::from);
    assert_eq!(salt("3"), Ok(B256::from(U256::from(3))));
    assert_eq!(salt("0x10"), Ok(B256::from(U256::from(16))));
    for wrong in ["0", "0x0", "", "-1", "x", &format!("0x1{}", "0".repeat(64))] {
        assert!(salt(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Salt::counted(0), None);
    assert_eq!(Salt::counted(7).expect("a salt").to_string(), "7");
}

#[test]
fn the_pinned_registry_is_not_listed_as_an_earlier_one() {
    assert!(!EARLIER_REGISTRIES.contains(&pinned()));
    assert_eq!(releases(&[pinned()])[0], pinned());
}
