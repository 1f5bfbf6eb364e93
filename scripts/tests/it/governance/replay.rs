//! `plan --replay`: what the new version would have done with the transactions that there were.

use crate::governance::relay::ask;
use crate::governance::sandbox::ROLLBACK;
use crate::prelude::*;
use stylus_chain::Overrides;

alloy::sol! {
    function increment() external;
}

/// An account that no command uses.
pub(crate) const USER: usize = 5;

pub(crate) fn proxy(sandbox: &Sandbox) -> Address {
    let tried = sandbox.done("Other", &plan("5", &[]));
    let proxy = text(&tried["instances"][0], "proxy");
    proxy.parse().expect("an address")
}

/// Sends `increment()` to the instance, so many times.
pub(crate) fn increment(sandbox: &Sandbox, from: Address, times: usize) {
    let proxy = proxy(sandbox);
    sandbox.chain(move |chain| {
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
}

pub(crate) fn plan<'a>(step: &'a str, more: &[&'a str]) -> Vec<&'a str> {
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

pub(crate) fn groups(replay: &Value) -> Vec<(&str, u64)> {
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
    let before = sandbox.block();
    let words = plan("5", &["--replay", "3"]);
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
    let after = sandbox.block();
    assert_eq!(before, after, "something was sent");
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
    assert_eq!(text(problem, "id"), "ReplayFails");
    let replay = &answer.document["replay"];
    assert_eq!(replay["faithful"], true, "{replay}");
    assert_eq!(groups(replay)[0], ("fails_now", 3));
    let first = &replay["differences"][0];
    assert_eq!(
        (text(first, "function"), text(first, "selector")),
        ("increment()", "0xd09de08a")
    );
    assert!(first["reason"].is_string(), "{first}");
    let example = &first["examples"][0];
    assert_eq!(text(example, "from"), user.to_string().to_lowercase());
    assert!(
        text(example, "after").starts_with("it reverts: "),
        "{example}"
    );
    assert_eq!(text(example, "call"), "increment()");
}

#[test]
fn a_replay_that_is_not_what_happened_says_so() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    increment(&sandbox, sandbox.node.addresses()[USER], 1);
    // Paid from outside of any block: no copy of the block before knows it.
    let pauper = Address::repeat_byte(0x77);
    sandbox.chain(move |chain| {
        chain.set_balance(pauper, U256::from(10u64.pow(18)));
    });
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

#[test]
fn a_span_that_reaches_back_past_an_upgrade_begins_behind_it() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let user = sandbox.node.addresses()[USER];
    increment(&sandbox, user, 2);
    sandbox.done("Admin", &MIGRATE);
    let upgraded = sandbox.block();
    increment(&sandbox, user, 3);
    let mut words = ROLLBACK.to_vec();
    words.splice(..6, ["plan", "A", "3.0", "counter-v1"]);
    words.extend(["--replay", "5"]);
    let answer = sandbox.run("Other", &words);
    let replay = &answer.document["replay"];
    assert_eq!(replay["block"], upgraded, "{answer:?}");
    assert_eq!(replay["transactions"], 3, "{replay}");
    assert_eq!(replay["not_done"], Value::Null, "{replay}");
    assert_eq!(replay["faithful"], true, "{replay}");
    let cut = format!("3 of 5 transactions: those up to block {upgraded} ran other code");
    assert_eq!(replay["notes"], json!([cut]));
    // Steps of 1 instead of 5.
    assert!(!replay["storage"].as_array().expect("it").is_empty());
}

#[test]
fn an_upgrade_that_does_not_go_through_before_the_transactions_is_no_all_clear() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let user = sandbox.node.addresses()[USER];
    let proxy = proxy(&sandbox);
    let set = |account| {
        let slot = stylus_upgrades_interface::slots::IMPLEMENTATION.into();
        sandbox.chain(move |chain| {
            let latest = stylus_chain::BlockId::latest();
            let before = chain.storage(proxy, slot, latest).expect("the slot");
            chain.set_storage_at(proxy, slot, account);
            chain.mine(1, None).expect("a block");
            before
        })
    };
    // For one block the instance runs what nobody registered, and no event tells of it.
    let implementation = set(B256::repeat_byte(9));
    set(implementation);
    increment(&sandbox, user, 1);
    assert_eq!(
        sandbox.done("Other", &plan("5", &["--replay", "1"]))["ok"],
        true
    );
    let block = set(B256::repeat_byte(9));
    assert_eq!(block, implementation);
    sandbox.chain(move |chain| {
        chain.impersonate(user);
        let request = CallRequest {
            to: Some(proxy),
            gas: Some(1_000_000),
            ..CallRequest::default()
        };
        let _ = chain.submit_unsigned(user, request);
    });
    set(implementation);
    let answer = sandbox.run("Other", &plan("5", &["--replay", "1"]));
    assert_eq!(answer.exit, Some(1), "{answer:?}");
    assert_eq!(error(&answer), "ReplayNotDone", "{answer:?}");
    assert_eq!(answer.document["ok"], false);
    let replay = &answer.document["replay"];
    assert_eq!(replay["faithful"], false, "{replay}");
    assert!(
        text(replay, "not_done").starts_with("HiddenProxy"),
        "{replay}"
    );
    let (_, lines) = sandbox.reported("Other", &plan("5", &["--replay", "1"]));
    assert!(
        !lines.iter().any(|line| line.contains("does the same")),
        "{lines:?}"
    );
}

#[test]
fn an_endpoint_that_answers_other_blocks_than_were_requested_is_not_believed() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    increment(&sandbox, sandbox.node.addresses()[USER], 1);
    let target = sandbox.node.endpoint();
    for (empty, number) in [(false, true), (true, true), (false, false)] {
        // Always the newest block, or that one under the number that was asked for.
        let node = target.trim_start_matches("http://").to_owned();
        let relay = Relay::lying(&target, move |request, answer| {
            let is_full = request["params"][1] == true;
            if request["method"] != "eth_getBlockByNumber" || !is_full {
                return;
            }
            let newest = json!({"jsonrpc": "2.0", "id": request["id"],
                "method": "eth_getBlockByNumber", "params": ["latest", true]});
            *answer = ask(&node, &newest);
            if empty {
                answer["result"]["transactions"] = json!([]);
            }
            if !number {
                answer["result"]["number"] = request["params"][0].clone();
            }
        });
        let endpoint = relay.endpoint();
        let words = plan("5", &["--replay", "10", "--rpc-url", &endpoint]);
        let answer = sandbox.run("Other", &words);
        assert_eq!(answer.exit, Some(4), "{answer:?}");
        assert_eq!(error(&answer), "Unreachable", "{answer:?}");
    }
}

#[test]
fn code_that_was_deployed_after_the_transactions_is_tried_before_them() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    increment(&sandbox, sandbox.node.addresses()[USER], 2);
    let deployed = sandbox.done("Admin", "deploy counter-v2");
    let mut words = plan("5", &["--replay", "2"]);
    words[3] = text(&deployed, "address");
    let replay = &sandbox.done("Other", &words)["replay"];
    assert_eq!(replay["not_done"], Value::Null, "{replay}");
    assert_eq!(replay["transactions"], 2, "{replay}");
    // Deployment and activation of that code.
    assert_eq!(replay["not_compared"], 2, "{replay}");
    assert_eq!(groups(replay), [("gas", 2)], "{replay}");
}

#[test]
fn a_call_whose_gas_was_only_enough_for_the_old_code_is_no_failure() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let (proxy, user) = (proxy(&sandbox), sandbox.node.addresses()[USER]);
    increment(&sandbox, user, 1);
    let limit = sandbox.node.with_chain(move |chain| {
        let call = CallRequest {
            from: Some(user),
            to: Some(proxy),
            input: incrementCall {}.abi_encode().into(),
            ..CallRequest::default()
        };
        let latest = BlockId::latest();
        // The estimator adds to what is needed: the lowest limit that succeeds is what counts.
        let (mut low, mut high) = (
            21_000,
            chain
                .estimate_gas(call.clone(), latest, &Overrides::default())
                .expect("it succeeds"),
        );
        while high - low > 1 {
            let gas = Some((low + high) / 2);
            let tried = CallRequest {
                gas,
                ..call.clone()
            };
            let done = chain.call(tried, latest, &Overrides::default());
            match done.is_ok_and(|done| done.success) {
                true => high = (low + high) / 2,
                false => low = (low + high) / 2,
            }
        }
        let gas = Some(high);
        let hash = chain.submit_unsigned(user, CallRequest { gas, ..call });
        assert!(chain.receipt(hash.expect("sent")).expect("mined").success);
        high
    });
    let limit = limit.expect("the chain");
    let answer = sandbox.done("Other", &plan("5", &["--replay", "2"]));
    let replay = &answer["replay"];
    assert_eq!(replay["faithful"], true, "{replay}");
    assert_eq!(groups(replay), [("needs_more_gas", 1), ("gas", 1)]);
    // With more gas it counted: 7 and twice 5.
    let storage = replay["storage"].as_array().expect("storage").iter();
    let after = format!("{:#066x}", U256::from(17));
    assert!(storage.clone().any(|one| one["after"] == after), "{replay}");
    let (_, lines) = sandbox.reported("Other", &plan("5", &["--replay", "2"]));
    let whole = lines.join("\n");
    assert!(
        whole.contains("! 1 call of increment() of ") && whole.contains("would need more gas"),
        "{whole} {limit}"
    );
}
