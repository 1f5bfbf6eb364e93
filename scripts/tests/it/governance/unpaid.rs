//! What refuses a command, and what it warns of, is said before anything is sent or paid.

use crate::prelude::*;
use alloy::sol_types::{SolError, SolValue};
use std::sync::{Mutex, PoisonError};
use stylus_upgrades_interface::chain::IArbWasm;

/// Longer than an activation lasts.
#[cfg(feature = "watch")]
const YEAR: u64 = 366 * DAY;

/// Version 2.0 is current and everything that is needed runs, but the program of 1.0 has expired.
#[cfg(feature = "watch")]
fn expired() -> Sandbox {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.agreed(BOTH, MIGRATE);
    sandbox.wait(YEAR);
    let fixed = sandbox.run("Other", "doctor --fix");
    assert!(matches!(fixed.exit, Some(0 | 3)), "{fixed:?}");
    sandbox
}

#[cfg(feature = "watch")]
fn nonce(sandbox: &Sandbox, number: usize) -> u64 {
    let account = sandbox.node.addresses()[number];
    let found = sandbox.chain(move |chain| chain.account(account, BlockId::latest()));
    found.expect("an account").nonce
}

#[test]
#[cfg(feature = "watch")]
fn a_rollback_that_is_refused_activates_no_program_again() {
    let sandbox = expired();
    // No part in the policy.
    let before = nonce(&sandbox, 3);
    sandbox.run("Other", ROLLBACK).is(1, "NotAnApprover");
    assert_eq!(nonce(&sandbox, 3), before, "something was paid");

    // Another action for the same version is open.
    let rival = "register A 3.0 counter-v2 --accept=migration-omitted";
    let rival = sandbox.action("Admin2", rival);
    let before = sandbox.nonce();
    sandbox.run("Admin", ROLLBACK).is(2, "Unconfirmed");
    assert_eq!(sandbox.nonce(), before, "something was paid");

    // Who means it has it activated, and tried on a copy as it will be then.
    let meant = sandbox.proposed(
        "Admin",
        &format!("{ROLLBACK},other-action:{}", &rival[..18]),
    );
    let names = texts(list(&meant, "transactions"), "name");
    assert!(names.contains(&"activate A 1.0"), "{names:?}");
}

/// Words that a command printed on stderr before its last transaction left.
fn said_before_sending(sandbox: &Sandbox, who: &str, words: &str) -> String {
    let heard = Arc::<Mutex<Option<String>>>::default();
    let log = sandbox.path("stderr");
    let relay = {
        let (heard, log) = (heard.clone(), log.clone());
        Relay::interrupting(&sandbox.node.endpoint(), move |request| {
            if request["method"] == "eth_sendRawTransaction" {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                *heard = Some(std::fs::read_to_string(&log).expect("text"));
            }
        })
    };
    let at = relay.endpoint();
    let mut command = sandbox.command_of(who, &format!("{words} --rpc-url {at}"));
    let file = std::fs::File::create(&log).expect("a file");
    command.stderr(file).stdout(std::process::Stdio::null());
    let exit = command.status().expect("it starts").code();
    let all = std::fs::read_to_string(&log).expect("text");
    assert!(matches!(exit, Some(0 | 3)), "{exit:?} {all}");
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner).take();
    heard.unwrap_or_else(|| panic!("nothing was sent: {all}"))
}

#[test]
fn that_no_initializer_runs_is_said_before_the_instance_is_created() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let bare = "create-proxy A 1.0 --accept=initializer-omitted";
    let said = said_before_sending(&sandbox, "Admin", bare);
    assert_snapshot!(masked(&said), @"
    no --init: no initializer runs at creation, and none can ever run on this instance
    create a proxy of A 1.0  (decided by create)
    sending create a proxy of A 1.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
}

#[test]
fn what_an_approval_was_tried_with_is_said_before_it_is_sent() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.agreed(BOTH, "policy update A AND(Admin,Admin2,AFTER(60))");
    let said = said_before_sending(&sandbox, "Admin", MIGRATE);
    assert_snapshot!(masked(&said));
}

#[test]
fn a_data_fee_above_one_ether_is_paid_where_that_much_may_be_paid() {
    const ETHER: u128 = 1_000_000_000_000_000_000;
    let sandbox = Sandbox::bare();
    let selector = hex::encode_prefixed(IArbWasm::activateProgramCall::SELECTOR);
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let call = &request["params"][0];
        let input = call["input"].as_str().or(call["data"].as_str());
        let is_question = request["method"] == "eth_call"
            && input.is_some_and(|input| input.starts_with(&selector));
        if !is_question {
            return;
        }
        let value = call["value"].as_str().and_then(|value| value.parse().ok());
        let value: U256 = value.unwrap_or_default();
        let fee = U256::from(3 * ETHER);
        if value < fee {
            let refused = IArbWasm::ProgramInsufficientValue {
                have: value,
                want: fee,
            };
            let data = hex::encode_prefixed(refused.abi_encode());
            let error = json!({"code": 3, "message": "execution reverted", "data": data});
            *answer = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
            return;
        }
        let returned = (2_u16, fee).abi_encode_params();
        answer["result"] = json!(hex::encode_prefixed(returned));
    });
    let deploy = "deploy counter-v1";
    let refused = sandbox.run_at(&relay, "Admin", deploy);
    refused.is(1, "DataFeeTooHigh");
    let allowed = format!("{deploy} --max-data-fee {}", 4 * ETHER);
    sandbox
        .run_at(&relay, "Admin", &allowed)
        .is(1, "SpendingLimit");
    let allowed = format!("{allowed} --max-spend {}", 5 * ETHER);
    sandbox.run_at(&relay, "Admin", &allowed).ends(0);
}
