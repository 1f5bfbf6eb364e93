//! `plan --replay`: what the new version would have done with the transactions that there were.

use crate::sandbox::{Sandbox, text};
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use serde_json::{Value, json};
use stylus_chain::CallRequest;

alloy::sol! {
    function increment() external;
}

/// An account that no command uses.
const USER: usize = 5;

fn proxy(sandbox: &Sandbox) -> Address {
    let tried = sandbox.done("Other", &plan("5", &[]));
    let proxy = text(&tried["instances"][0], "proxy");
    proxy.parse().expect("an address")
}

/// Sends `increment()` to the instance, so many times.
fn increment(sandbox: &Sandbox, from: Address, times: usize) {
    let proxy = proxy(sandbox);
    let sent = sandbox.node.with_chain(move |chain| {
        chain.impersonate(from);
        for _ in 0..times {
            let request = CallRequest {
                to: Some(proxy),
                gas: Some(1_000_000),
                input: incrementCall {}.abi_encode().into(),
                ..CallRequest::default()
            };
            let hash = chain.submit_unsigned(from, request).expect("sent");
            assert!(chain.receipt(hash).expect("mined").success);
        }
    });
    sent.expect("the chain");
}

fn plan<'a>(step: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec![
        "plan",
        "A",
        "2.0",
        "counter-v2",
        "--call",
        "migrate(uint256)",
    ];
    words.push(step);
    words.extend(more);
    words
}

fn groups(replay: &Value) -> Vec<(&str, u64)> {
    let groups = replay["differences"].as_array().expect("groups").iter();
    groups
        .map(|group| {
            (
                text(group, "kind"),
                group["count"].as_u64().expect("a count"),
            )
        })
        .collect()
}

#[test]
fn transactions_are_sent_again_with_and_without_the_upgrade_and_compared() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    increment(&sandbox, sandbox.node.addresses()[USER], 3);
    let before = sandbox.node.with_chain(|chain| chain.block_number());
    let words = plan("5", &["--replay", "3", "--replay-report", "replay.md"]);
    let answer = sandbox.done("Other", &words);
    let replay = &answer["replay"];
    assert_eq!(replay["faithful"], true, "{replay}");
    assert_eq!(replay["transactions"], 3);
    assert_eq!(replay["unfaithful"], json!([]));
    assert!(
        groups(replay).iter().all(|(kind, _)| *kind == "gas"),
        "{replay}"
    );
    // 7 and three steps of 1, or of 5.
    let storage = replay["storage"].as_array().expect("storage").iter();
    let word = |number: u64| json!(format!("{:#066x}", U256::from(number)));
    let ends: Vec<_> = storage
        .map(|one| {
            (
                one["before"].clone(),
                one["after"].clone(),
                one["by_upgrade"] == true,
            )
        })
        .collect();
    assert!(ends.contains(&(word(10), word(22), false)), "{replay}");
    assert!(ends.contains(&(word(0), word(5), true)), "{replay}");
    assert_eq!(ends.len(), 2, "{replay}");
    let report = std::fs::read_to_string(sandbox.path("replay.md")).expect("the report");
    assert!(report.contains("# Replay of A 1.0 → 2.0"), "{report}");
    let after = sandbox.node.with_chain(|chain| chain.block_number());
    assert_eq!(
        before.expect("it"),
        after.expect("it"),
        "something was sent"
    );
}

#[test]
fn a_mistake_that_the_plan_does_not_see_is_found_by_the_replay() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let user = sandbox.node.addresses()[USER];
    increment(&sandbox, user, 4);
    let step = U256::MAX.to_string();
    let tried = sandbox.done("Other", &plan(&step, &[]));
    assert_eq!(tried["ok"], true, "the plan alone finds nothing");
    let answer = sandbox.run("Other", &plan(&step, &["--replay", "3"]));
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    let problem = &answer.document["problems"][0];
    assert_eq!(text(problem, "name"), "ReplayFails");
    let replay = &answer.document["replay"];
    assert_eq!(replay["faithful"], true, "{replay}");
    assert_eq!(groups(replay)[0], ("fails_now", 3));
    let first = &replay["differences"][0];
    assert_eq!(text(first, "function"), "0xd09de08a");
    let example = &first["examples"][0];
    assert_eq!(text(example, "from"), user.to_string().to_lowercase());
    assert!(
        text(example, "after").starts_with("it reverts: "),
        "{example}"
    );
}

#[test]
fn a_replay_that_is_not_what_happened_says_so() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    increment(&sandbox, sandbox.node.addresses()[USER], 1);
    // Paid from outside of any block: no copy of the block before knows it.
    let pauper = Address::repeat_byte(0x77);
    let paid = sandbox.node.with_chain(move |chain| {
        chain.set_balance(pauper, U256::from(10u64.pow(18)));
    });
    paid.expect("the chain");
    increment(&sandbox, pauper, 1);
    let answer = sandbox.run("Other", &plan("5", &["--replay", "2"]));
    let replay = &answer.document["replay"];
    assert_eq!(replay["faithful"], false, "{replay}");
    let unfaithful = replay["unfaithful"].as_array().expect("a list");
    assert_eq!(unfaithful.len(), 1, "{replay}");
    assert!(
        text(&unfaithful[0], "what").contains("insufficient funds"),
        "{replay}"
    );
}
