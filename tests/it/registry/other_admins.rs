//! Calls of other authorities over a proxy revert with what to use instead, for everybody, in the
//! words that every tool shows. `docs/evidence/other-tools.md` has the same table.

use std::fmt::Write;

use alloy::primitives::Bytes;
use alloy::sol_types::Revert;
use stylus_upgrades_harness::home;
use stylus_upgrades_interface::other_admins::OTHER_ADMINS;
use stylus_upgrades_test_support::page::compare_part;

use super::fixture::{Fixture, account, is, refused};

#[test]
fn calls_of_other_admins_say_what_to_use_instead() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    for other in OTHER_ADMINS {
        let reason = format!("NotSupported: {}: {}", other.call.name(), other.instead);
        for arguments in [0, 96] {
            let calldata = [&other.call.selector[..], &vec![0; arguments]].concat();
            for who in [0, 3] {
                let called = fixture.send_bytes(who, registry, Bytes::from(calldata.clone()));
                let reason = reason.clone();
                refused(called, Revert { reason });
            }
        }
    }
}

#[test]
fn the_page_shows_the_calls_of_others_as_the_table_has_them() {
    let mut table = String::from("| call | the registry says |\n|---|---|\n");
    for other in OTHER_ADMINS {
        let (signature, instead) = (other.call.signature, other.instead);
        writeln!(table, "| `{signature}` | {instead} |").expect("a text takes everything");
    }
    compare_part(
        &home().join("docs/evidence/other-tools.md"),
        "calls of others",
        &table,
    );
}
