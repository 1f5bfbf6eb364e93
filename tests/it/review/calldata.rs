//! Calldata that no encoder produces.

use super::fixture::{SENDER, Scenario, plain};
use crate::prelude::*;
use crate::registry::errors::*;
use crate::registry::fixture::{account, is, refused};

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

/// A scenario where the sender alone may upgrade, and a version to go to.
fn scenario() -> Scenario {
    let mut scenario = Scenario::new();
    scenario.add("2.0", plain("1.0"));
    let order = calls::set_policy("A", "migrate", is(account(SENDER)));
    scenario.govern(&order).expect("set");
    scenario
}

#[test]
fn an_upgrade_means_what_a_decoder_reads_and_nothing_else() {
    let mut scenario = scenario();
    let proxy = scenario.proxy;
    let to = Proxy::upgradeToCall::SELECTOR.as_slice();
    // the length of the label says more, less or other bytes than stand there
    for (length, bytes, read) in [
        (2u64, b"2.0".as_slice(), "2."),
        (4, b"2.0", "2.0\0"),
        (0, b"2.0", ""),
        (3, b"2.0 ", "2.0"),
    ] {
        let mut padded = bytes.to_vec();
        padded.resize(32, 0);
        let calldata = [to, &word(32), &word(length), &padded].concat();
        let id = scenario.chain.snapshot();
        let upgraded = scenario.raw(
            account(SENDER),
            proxy,
            calldata.into(),
            U256::ZERO,
            30_000_000,
        );
        if read == "2.0" {
            upgraded.expect("what follows the label counts nothing");
            assert_eq!(scenario.version(proxy), "2.0");
        } else {
            let unknown = version_not_found(read);
            refused(upgraded, unknown);
        }
        assert!(scenario.chain.revert(id));
    }
    // one offset for both arguments: the data is the label
    let and_call = Proxy::upgradeToAndCallCall::SELECTOR.as_slice();
    let label = [word(3).as_slice(), b"2.0", &[0; 29]].concat();
    let shared = [and_call, &word(64), &word(64), &label].concat();
    scenario
        .raw(
            account(SENDER),
            proxy,
            shared.into(),
            U256::ZERO,
            30_000_000,
        )
        .expect("`2.0` is a call as well");
    assert_eq!(scenario.version(proxy), "2.0");
}

#[test]
fn governed_calls_refuse_dirty_words_and_bind_every_byte() {
    let mut scenario = Scenario::new();
    let creation = scenario.creation(2, "1.0");
    let clean = creation.abi_encode();
    let registry = scenario.registry;
    let kind = 4 + 2 * 32;
    let mut dirty = clean.clone();
    dirty[kind] = 1;
    let mut wide = clean.clone();
    wide[kind + 30] = 1;
    let mut far = clean.clone();
    far[4..36].fill(0xff);
    // nor what follows the arguments: it would be another action with the same meaning
    let longer = [clean.as_slice(), &[0; 32]].concat();
    for calldata in [dirty, wide, far, longer] {
        let call = calldata.clone().into();
        let asked = scenario.view(&IRegistry::actionOfCall { call });
        refused(asked, not_supported("calldata encoding"));
        let sent = scenario.boss(vec![hostile::send(registry, calldata)]);
        refused(sent, not_supported("calldata encoding"));
    }
    scenario
        .view(&IRegistry::actionOfCall { call: clean.into() })
        .expect("an action");
}

#[test]
fn labels_that_look_alike_are_others() {
    let mut scenario = Scenario::new();
    let refused_label = |scenario: &mut Scenario, label: &str, reason: u8| {
        let order = calls::add_version("A", label, &scenario.code, plain("1.0"));
        refused(scenario.govern(&order), bad_label(label, reason));
    };
    for look_alike in [
        "1.0\0",
        "1.0 ",
        " 1.0",
        "1.0\u{200b}",
        "1\u{2024}0",
        "\u{0417}.0",
    ] {
        refused_label(&mut scenario, look_alike, 3);
    }
    scenario.add("1.00", plain("1.0"));
    scenario.add("2.0", plain("1.00"));
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "2.0").expect("two steps");
    assert_eq!(scenario.version(proxy), "2.0");
}
