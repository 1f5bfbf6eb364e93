//! `deploy` of a contract with a constructor of the SDK: created, activated and constructed in one transaction, or
//! nothing is sent.

use crate::governance::earlier::killed;
use crate::prelude::*;
use stylus_upgrades_interface::chain::STYLUS_DEPLOYER;

alloy::sol! {
    function owner() external view returns (address);
    function limit() external view returns (uint256);
    function received() external view returns (uint256);
    function lastName() external view returns (string);
}

const OWNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contracts/owned");
const HOSTILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/contracts/hostile");

/// Words of `deploy` with two names.
fn deploy<'a>(limit: &'a str, names: &'a str) -> Vec<&'a str> {
    vec!["deploy", OWNED, "--constructor-args", limit, names]
}

#[test]
fn a_constructor_runs_in_the_transaction_that_creates_the_program() {
    let sandbox = Sandbox::bare();
    let before = sandbox.nonce();
    let mut words = deploy("7", r#"["ana", "ben, the second"]"#);
    words.push("--constructor-value=1gwei");
    let done = sandbox.done("Admin", &words);
    done.has(json!({
        "active": true,
        "activated_days": 365,
        "constructor": "constructor(uint256,string[])",
    }));
    assert_eq!(sandbox.nonce(), before + 1, "one transaction");
    let program = account(&done, "address");
    assert_eq!(
        sandbox.ask(program, ownerCall {}),
        sandbox.node.addresses()[0]
    );
    assert_eq!(sandbox.ask(program, limitCall {}), U256::from(7));
    assert_eq!(
        sandbox.ask(program, receivedCall {}),
        U256::from(1_000_000_000)
    );
    assert_eq!(sandbox.ask(program, lastNameCall {}), "ben, the second");
    // The same once more is another contract, whose code is active.
    let again = sandbox.done("Admin", &words);
    assert_ne!(account(&again, "address"), program);
    assert_eq!(again.get("activated_days"), None);
    let text = sandbox.shown("Admin", &words, 0);
    assert_snapshot!(masked(&text), @"
    address   [address]
    codehash  [hash]
    constructor(uint256,string[]) ran
    active: the same code was activated before
    deploy owned                                 [hash]  [amount] ETH, [number] L1+L2 gas
    ");
}

#[test]
fn a_constructor_that_fails_costs_nothing_and_says_why() {
    let sandbox = Sandbox::bare();
    let before = sandbox.nonce();
    let refused = sandbox.run("Admin", &deploy("0", "[]"));
    refused.ends(1);
    assert_snapshot!(refused.refusal(), @r#"
    message: the constructor of owned would be refused: it reverted with the text "no limit"
    expected: a call that goes through
    found: it reverted with the text "no limit"
    next: correct the arguments, or the contract: its own code refuses
    "#);
    assert_eq!(sandbox.nonce(), before);
    // The value that it does not take.
    let words =
        format!("deploy {HOSTILE} --accept=constructor --constructor-value 1 --constructor-args 5");
    sandbox.run("Admin", &words).ends(1);
    assert_eq!(sandbox.nonce(), before);
}

#[test]
fn arguments_have_the_number_and_the_types_that_the_sources_say() {
    let sandbox = Sandbox::bare();
    let before = sandbox.nonce();
    let without = ["deploy", OWNED];
    let refused = sandbox.run("Admin", &without);
    refused.is(2, "Usage");
    assert_snapshot!(refused.refusal(), @"
    message: constructor(uint256,string[]) of owned takes 2 arguments
    expected: --constructor-args with 2 values
    found: 0 values
    next: give one value for each type
    ");
    let refused = sandbox.run("Admin", &deploy("many", "[]"));
    refused.is(2, "Usage");
    assert_snapshot!(refused.refusal(), @r#"
    message: "many" is not a value of type uint256: it is no whole number
    expected: uint256: digits, or 0x and hexadecimal digits
    found: many
    next: give --constructor-args one value for each type of constructor(uint256,string[])
    "#);
    let words = ["deploy", "counter-v1", "--constructor-args", "7"];
    let refused = sandbox.run("Admin", &words);
    refused.is(2, "Usage");
    assert_snapshot!(refused.refusal(), @"
    message: counter-v1 has no #[constructor]
    expected: a contract with a constructor, or no --constructor options
    found: options for one
    next: leave them out; an #[initializer] gets its arguments from create-proxy --init
    ");
    let signatures = ["constructor(string)", "new(uint256)", "0x1234"];
    let told = signatures.map(|signature| {
        let mut words = deploy("7", "[]");
        words.extend(["--constructor-signature", signature]);
        let refused = sandbox.run("Admin", &words);
        refused.is(2, "Usage").refusal()
    });
    assert_snapshot!(told.join("\n\n"));
    let mut words = deploy("7", "[]");
    words.push("--no-activate");
    let refused = sandbox.run("Admin", &words);
    refused.is(2, "Usage");
    assert_snapshot!(refused.refusal(), @"
    message: the constructor of owned runs code that is active
    expected: a deployment that activates
    found: --no-activate
    next: leave out --no-activate
    ");
    assert_eq!(sandbox.nonce(), before);
}

#[test]
fn who_takes_the_caller_for_the_deployer_is_told_before_anything_is_sent() {
    let sandbox = Sandbox::bare();
    let before = sandbox.nonce();
    let words = format!("deploy {HOSTILE} --constructor-args 5");
    let refused = sandbox.run("Admin", &words);
    refused.is(2, "Unconfirmed");
    assert_snapshot!(refused.refusal(), @"
    message: what the constructor of hostile stores depends on [address], the Stylus deployer, which calls it: msg_sender() is not the account that deploys, tx_origin() is
    expected: --accept constructor
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept constructor
    ");
    assert_eq!(sandbox.nonce(), before);
    let done = sandbox.done("Admin", &format!("{words} --accept=constructor"));
    let program = account(&done, "address");
    let kept = sandbox.chain(move |chain| chain.storage(program, U256::ZERO, BlockId::latest()));
    assert_eq!(kept.expect("a word")[12..], STYLUS_DEPLOYER[..]);
    // The key of a mapping is as good as a word.
    let refused = sandbox.run("Admin", &deploy("13", "[]"));
    refused.is(2, "Unconfirmed");
    assert_snapshot!(refused.refusal(), @"
    message: what the constructor of owned stores depends on [address], the Stylus deployer, which calls it: msg_sender() is not the account that deploys, tx_origin() is
    expected: --accept constructor
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept constructor
    ");
    // Behind a proxy it never runs.
    sandbox.done("Admin", "registry deploy --save");
    sandbox.done("Admin", "define A --migrate Admin");
    let registered = sandbox.run(
        "Admin",
        &format!("register A 1.0 {HOSTILE} --accept slots-by-hand:hostile@ab8850ac42cf7dbd9f7c3e5eda7084b8"),
    );
    registered.ends(0);
    assert_snapshot!(registered.notes(), @"
    warning: hostile has a #[constructor], which never runs behind a proxy: an #[initializer] does
    sending deploy hostile: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    hostile is at [address]: it is new
    sending publish the layout: about [amount] ETH, [number] L1+L2 gas
    register A 1.0  (decided by migrate)
    sending register A 1.0: about [amount] ETH, [number] L1+L2 gas
    A 1.0 is kept in [folder]/stylus-upgrades-versions/412346/A/1.0
    ");
}

#[test]
fn a_deployment_that_was_interrupted_is_reported_and_not_done_twice() {
    let sandbox = Sandbox::bare();
    let words = format!("deploy {OWNED} --constructor-args 7 []");
    killed(&sandbox, &words, "mined:1");
    let before = sandbox.nonce();
    let other = sandbox.done("Admin", &format!("deploy {OWNED} --constructor-args 8 []"));
    assert_eq!(sandbox.nonce(), before + 1, "other arguments");
    assert_eq!(
        sandbox.ask(account(&other, "address"), limitCall {}),
        U256::from(8)
    );

    let sandbox = Sandbox::bare();
    killed(&sandbox, &words, "mined:1");
    let before = sandbox.nonce();
    let done = sandbox.done("Admin", &words);
    assert_eq!(sandbox.nonce(), before, "it is there already");
    assert_eq!(
        sandbox.ask(account(&done, "address"), limitCall {}),
        U256::from(7)
    );
}

#[test]
fn of_several_that_were_interrupted_the_one_that_is_asked_for_is_reported() {
    let sandbox = Sandbox::bare();
    let words = |limit: u8| format!("deploy {OWNED} --constructor-args {limit} []");
    for limit in [7, 8] {
        killed(&sandbox, &words(limit), "mined:1");
    }
    let before = sandbox.nonce();
    let done = sandbox.done("Admin", &words(8));
    assert_eq!(sandbox.nonce(), before, "it is there already");
    let program = account(&done, "address");
    assert_eq!(sandbox.ask(program, limitCall {}), U256::from(8));
}

#[test]
fn an_endpoint_cannot_name_another_contract() {
    let sandbox = Sandbox::bare();
    let other = sandbox.done("Admin", &deploy("1000", "[]"));
    let other = account(&other, "address").into_word().to_string();
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        if request["method"] == "eth_getTransactionReceipt" {
            for log in answer["result"]["logs"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                if log["address"] == json!(STYLUS_DEPLOYER) {
                    log["data"] = json!(other);
                }
            }
        }
    });
    let deployed = sandbox.run_at(&relay, "Admin", &deploy("7", "[]"));
    let program = account(deployed.ends(0), "address");
    assert_eq!(sandbox.ask(program, limitCall {}), U256::from(7));
}

#[test]
fn the_deployers_are_put_on_a_chain_that_lacks_them() {
    let sandbox = crate::governance::deployers::bare();
    let deployed = sandbox.run("Admin", &deploy("7", "[]"));
    deployed.warns(&["deploying the Stylus deployer, which this chain lacks"]);
    deployed.ends(0);
}
