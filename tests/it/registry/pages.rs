//! A page of instances in one view, and what the registry counts.

use crate::prelude::*;
use stylus_upgrades_interface::limits::INSTANCE_VIEW_GAS;
use stylus_upgrades_interface::registry::InstanceEntry;
use stylus_upgrades_interface::registry_storage::{Whole, Word, registry_parts, root};

use super::adopted::fixture::{KINDS, admin_of, compiled};
use super::fixture::{Fixture, account, framework, initial_step, is, new_proxy};

fn page(start: u32, count: u32) -> IRegistry::instancePageCall {
    IRegistry::instancePageCall {
        name: "A".into(),
        start,
        count,
    }
}

/// An instance of each kind, in that order: 0, 1, 3, 4, 5, 5.
fn one_of_each() -> Fixture {
    let mut fixture = Fixture::of_one();
    let code = compiled(&mut fixture, "UupsBox");
    fixture.add("1.0", &code, initial_step());
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        fixture.created(0, &new_proxy(kind, 1, Bytes::new()));
    }
    let admin = admin_of(&fixture, "A");
    for kind in KINDS {
        let own = compiled(&mut fixture, kind.codes[0]);
        let label = format!("1.{}", own.implementation);
        fixture.add(&label, &own, initial_step());
        let proxy = kind.create(&mut fixture, &own);
        kind.give(&mut fixture, proxy, admin);
        fixture.executes(0, &calls::adopt("A", proxy, kind.kind, label));
    }
    fixture
}

/// The page as other views and the slots have it.
fn expected(fixture: &Fixture) -> Vec<InstanceEntry> {
    let all = fixture.instances().into_iter();
    let entries = all.map(|proxy| {
        let instance = fixture.instance(proxy);
        let is_asked = !matches!(instance.kind, proxy_kind::TRANSPARENT_5 | proxy_kind::UUPS);
        let slot = Address::from_word(fixture.slot(proxy, slots::IMPLEMENTATION));
        InstanceEntry {
            proxy,
            version: instance.version,
            kind: instance.kind,
            state: instance.state,
            implementation: if is_asked { slot } else { Address::ZERO },
        }
    });
    entries.collect()
}

#[test]
fn a_page_shows_every_instance_as_the_other_views_do() {
    let mut fixture = one_of_each();
    let all = expected(&fixture);
    assert_eq!(all.len(), 6);
    assert_eq!(fixture.view(&page(0, 100)), Ok(all.clone()));
    // the last one, and beyond it
    assert_eq!(fixture.view(&page(5, 1)), Ok(all[5..].to_vec()));
    assert_eq!(fixture.view(&page(5, u32::MAX)), Ok(all[5..].to_vec()));
    assert_eq!(fixture.view(&page(2, 3)), Ok(all[2..5].to_vec()));
    for (start, count) in [(6, 1), (u32::MAX, u32::MAX), (0, 0)] {
        assert_eq!(fixture.view(&page(start, count)), Ok(vec![]));
    }
    fixture.pause(0);
    let paused = expected(&fixture);
    assert!(
        paused
            .iter()
            .all(|entry| entry.state == instance_state::PAUSED)
    );
    assert_eq!(paused[0].implementation, framework().stub.address);
    assert_eq!(fixture.view(&page(0, 100)), Ok(paused));
}

#[test]
fn an_answer_that_is_none_is_zero_and_costs_what_is_bounded() {
    let mut fixture = one_of_each();
    let good = expected(&fixture);
    let reverts: &[u8] = &[0x5f, 0x5f, 0xfd];
    let burns: &[u8] = &[0x5b, 0x5f, 0x56]; // JUMPDEST PUSH0 JUMP
    let long: &[u8] = &[0x62, 0x10, 0x00, 0x00, 0x5f, 0xf3]; // returns 1 MB of zeros
    let two_words: &[u8] = &[0x60, 0x40, 0x5f, 0xf3];
    for code in [reverts, burns, long, two_words, &[]] {
        let id = fixture.chain.snapshot();
        let proxy = good[0].proxy;
        fixture.chain.set_code(proxy, Bytes::copy_from_slice(code));
        let mut now = good.clone();
        now[0].implementation = Address::ZERO;
        assert_eq!(fixture.view(&page(0, 100)), Ok(now));
        assert!(fixture.chain.revert(id));
    }
}

#[test]
fn a_page_with_too_little_gas_shows_no_zeros() {
    let mut fixture = one_of_each();
    let (registry, all) = (fixture.registry, expected(&fixture));
    let (mut refused, mut shown) = (0, 0);
    for gas in (100_000..700_000).step_by(25_000) {
        match fixture.send_with_gas(account(5), registry, &page(0, 100), gas) {
            Ok(done) => {
                assert_eq!(done.returned, all);
                shown += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 2 && shown > 2, "{refused} refused, {shown} shown");
    let needed = INSTANCE_VIEW_GAS + INSTANCE_VIEW_GAS / 63;
    assert!(
        needed < 120_000,
        "a hundred of them fit an `eth_call` of 50,000,000 gas"
    );
}

/// N4: a definition that an endpoint hides is missing in the count.
#[test]
fn the_registry_counts_its_definitions() {
    let mut fixture = Fixture::new(&is(account(0)));
    let count = |fixture: &Fixture| {
        let slot = U256::from_be_bytes(root(0).0) + U256::from(registry_parts::COUNTS.first());
        let word = fixture.slot(fixture.registry, slot.into());
        registry_parts::Counts::from_word(&Word(word.0)).definitions
    };
    assert_eq!(count(&fixture), 0);
    for (n, name) in (1..).zip(["A", "B", "C"]) {
        let define = calls::define(name, is(account(0)), is(account(0)), "NONE");
        fixture.accepted(0, &define);
        assert_eq!(count(&fixture), n);
        let exists = IRegistry::DefinitionExists { name: name.into() };
        fixture.refuses(0, &define, exists);
    }
    fixture.set("migrate", "NONE");
    assert_eq!(count(&fixture), 3);
}
