//! A governed call has one form: canonical ABI encoding. No other counts as an approval of anything.

use crate::prelude::*;
use alloy::sol_types::SolInterface;
use stylus_upgrades_interface::registry::IRegistry::IRegistryCalls;
use stylus_upgrades_interface::signed::SOURCES;

use super::errors::not_supported;
use super::fixture::{Fixture, account, all_of, initial_step, plain, refused};

/// One call of each type, with values in all of its parameters.
fn every_call(code: &Code) -> Vec<Bytes> {
    let (name, proxy) = (String::from("A"), account(7));
    let step = Step {
        data: Bytes::from_static(&[1; 37]),
        ..plain("1.0")
    };
    vec![
        data(&calls::define("B", "0x01", "0x02", "")),
        data(&calls::add_version("A", "2.0", code, step.clone())),
        data(&calls::add_step("A", "2.0", step.clone())),
        data(&calls::migrate("A", "2.0", code, initial_step())),
        data(&calls::set_handler("A", proxy, account(6), 3)),
        data(&calls::abort_migration("A", proxy, 3)),
        data(&calls::adopt("A", proxy, 3, "1.0")),
        data(&IRegistry::acceptTransferCall {
            name: name.clone(),
            proxy,
            version: "1.0".into(),
            registry: account(5),
            nonce: 2,
        }),
        data(&calls::transfer_proxy(
            "A",
            proxy,
            account(4),
            String::from("B"),
            1,
        )),
        data(&calls::remove_instance("A", proxy, 1)),
        data(&calls::set_policy("A", "audit", "0x03")),
        data(&calls::create_proxy(
            "A",
            "1.0",
            1,
            B256::repeat_byte(7),
            Bytes::from_static(&[9; 33]),
        )),
        data(&calls::pause_first("A", vec![proxy, account(3)])),
        data(&calls::resume("A", "1.0")),
    ]
}

/// The revert data of `actionOf`, or none.
fn refuses(fixture: &Fixture, call: Bytes) -> Option<Bytes> {
    let asked = fixture.view(&IRegistry::actionOfCall { call });
    asked.err().map(|reverted| reverted.0)
}

#[test]
fn a_governed_call_in_any_other_form_is_refused() {
    let (fixture, code) = Fixture::with_first_version("counter-v1");
    let encoding: Bytes = not_supported("calldata encoding").abi_encode().into();
    let all = every_call(&code);
    assert_eq!(all.len(), SOURCES.len(), "one of each");
    let mut refusals = 0;
    for call in all {
        assert_ne!(
            refuses(&fixture, call.clone()),
            Some(encoding.clone()),
            "{call}"
        );
        let mut others = vec![
            [&call[..], &[0]].concat(),
            [&call[..], &[0; 32]].concat(),
            call[..call.len() - 1].to_vec(),
            call[..call.len() - 32].to_vec(),
            call[..4].to_vec(),
        ];
        // one bit of each byte: nothing else decodes to the same, and where other values come out, that is another call
        // in its one form
        for at in 4..call.len() {
            let mut other = call.to_vec();
            other[at] ^= 1;
            others.push(other);
        }
        // the tail of the first dynamic parameter moved one word back, behind a gap
        let mut gap = call.to_vec();
        gap[4 + 31] = gap[4 + 31].wrapping_add(32);
        gap.splice(
            4 + usize::from(call[4 + 31])..4 + usize::from(call[4 + 31]),
            [0; 32],
        );
        others.push(gap);
        for other in others {
            let is_call = IRegistryCalls::abi_decode(&other)
                .is_ok_and(|decoded| decoded.abi_encode() == other);
            let found = refuses(&fixture, other.clone().into());
            if is_call {
                assert_ne!(found, Some(encoding.clone()), "{}", Bytes::from(other));
            } else {
                assert_eq!(found, Some(encoding.clone()), "{}", Bytes::from(other));
                refusals += 1;
            }
        }
    }
    assert!(refusals > 1_000, "{refusals}");
}

/// N7: a `resume` that was approved in another form counted in the next pause.
#[test]
fn an_approval_in_another_form_is_none() {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    fixture.set("migrate", &all_of(&[0, 1]));
    fixture.accepted(0, &calls::pause("A"));
    let resume = data(&calls::resume("A", "1.0"));
    let other = [&resume[..], &[0]].concat();
    let registry = fixture.registry;
    let sent = fixture.send_bytes(0, registry, other.clone());
    refused(sent, not_supported("calldata encoding"));
    let submitted = IRegistry::submitSignedCall {
        action: other.into(),
        deadline: u64::MAX,
        approvals: vec![],
    };
    fixture.refuses(0, &submitted, not_supported("calldata encoding"));
    // a wallet's data suffix is refused, too
    let suffix = [&resume[..], &hex::decode("dc").expect("hex")].concat();
    refused(
        fixture.send_bytes(0, registry, suffix),
        not_supported("calldata encoding"),
    );
}
