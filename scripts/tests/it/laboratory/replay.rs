//! `plan --replay`: what the new version would have done with the transactions that there were.

use crate::governance::relay::ask;
use crate::governance::sandbox::request;
use crate::governance::untried::plan;
use crate::prelude::*;
use stylus_chain::Overrides;

alloy::sol! {
    function increment() external;
}

/// An account that no command uses.
pub(crate) const USER: usize = 5;

/// Sends `increment()` to the instance, `times` times.
pub(crate) fn increment(sandbox: &Sandbox, from: Address, times: usize) {
    let proxy = sandbox.proxies()[0];
    for _ in 0..times {
        let input = incrementCall {}.abi_encode().into();
        assert!(sandbox.sent(from, proxy, input, 1_000_000).success);
    }
}

/// One counter, incremented by the user `times` times.
pub(crate) fn incremented(times: usize) -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let user = sandbox.node.addresses()[USER];
    increment(&sandbox, user, times);
    (sandbox, user)
}

pub(crate) fn groups(replay: &Value) -> Vec<(&str, u64)> {
    let groups = list(replay, "differences").iter();
    groups
        .map(|group| (text(group, "kind"), group["count"].as_u64().expect("it")))
        .collect()
}

/// Methods that read the state of a block.
const STATE_METHODS: [&str; 6] = [
    "eth_getProof",
    "eth_getBalance",
    "eth_getStorageAt",
    "eth_getCode",
    "eth_getTransactionCount",
    "eth_call",
];

#[test]
fn transactions_are_sent_again_with_and_without_the_upgrade_and_compared() {
    let (sandbox, _) = incremented(3);
    let before = sandbox.block();
    let answer = sandbox.done("Other", &plan("5", "--replay 3"));
    let replay = &answer["replay"];
    replay.has(json!({"faithful": true, "transactions": 3, "unfaithful": []}));
    assert!(
        groups(replay).iter().all(|(kind, _)| *kind == "gas"),
        "{replay}"
    );
    // 7 and three steps of 1, or of 5.
    let word = |number: u64| json!(format!("{:#066x}", U256::from(number)));
    let storage = list(replay, "storage").iter();
    let ends = storage.map(|one| (&one["before"], &one["after"], one["by_upgrade"] == true));
    let ends: Vec<_> = ends.collect();
    assert!(ends.contains(&(&word(10), &word(22), false)), "{replay}");
    assert!(ends.contains(&(&word(0), &word(5), true)), "{replay}");
    assert_eq!(ends.len(), 2, "{replay}");
    assert_eq!(before, sandbox.block(), "something was sent");
}

#[test]
fn a_mistake_that_the_plan_does_not_see_is_found_by_the_replay() {
    let (sandbox, user) = incremented(4);
    let step = U256::MAX.to_string();
    let tried = sandbox.done("Other", &plan(&step, ""));
    assert_eq!(tried["ok"], true, "the plan alone finds nothing");
    let answer = sandbox.run("Other", &plan(&step, "--replay 3"));
    assert_eq!(text(&answer.ends(1)["problems"][0], "id"), "ReplayFails");
    let replay = &answer.document["replay"];
    replay.has(json!({"faithful": true}));
    assert_eq!(groups(replay)[0], ("fails_now", 3));
    let first = &replay["differences"][0];
    first.has(json!({"function": "increment()", "selector": "0xd09de08a"}));
    assert!(first["reason"].is_string(), "{first}");
    let example = &first["examples"][0];
    example.has(json!({"from": user.to_string().to_lowercase(), "call": "increment()"}));
    assert!(
        text(example, "after").starts_with("it reverts: "),
        "{example}"
    );
}

#[test]
fn a_replay_that_is_not_what_happened_says_so() {
    let (sandbox, _) = incremented(1);
    // Paid from outside of any block: no copy of the block before knows it.
    let pauper = Address::repeat_byte(0x77);
    sandbox.chain(move |chain| chain.set_balance(pauper, U256::from(10u64.pow(18))));
    increment(&sandbox, pauper, 1);
    let answer = sandbox.run("Other", &plan("5", "--replay 2"));
    let replay = &answer.document["replay"];
    replay.has(json!({"faithful": false}));
    let [unfaithful] = &list(replay, "unfaithful")[..] else {
        panic!("{replay}");
    };
    assert_snapshot!(masked(text(unfaithful, "what")), @"no block takes it here: transaction rejected: insufficient funds for gas * price + value: address [address] have 0 want [number]");
}

#[test]
fn a_span_that_reaches_back_past_an_upgrade_begins_after_it() {
    let (sandbox, user) = incremented(2);
    sandbox.done("Admin", MIGRATE);
    let upgraded = sandbox.block();
    increment(&sandbox, user, 3);
    let back = ROLLBACK.replace("rollback A --to 1.0 --label 3.0", "plan A 3.0 counter-v1");
    let answer = sandbox.run("Other", &format!("{back} --replay 5"));
    let replay = &answer.document["replay"];
    let cut = format!("3 of 5 transactions: those up to block {upgraded} ran other code");
    replay.has(
        json!({"block": upgraded, "transactions": 3, "not_done": null, "faithful": true,
        "notes": [cut]}),
    );
    // Steps of 1 instead of 5.
    assert!(!list(replay, "storage").is_empty());
}

#[test]
fn an_upgrade_that_does_not_go_through_before_the_transactions_is_no_all_clear() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let user = sandbox.node.addresses()[USER];
    let proxy = sandbox.proxies()[0];
    let set = |account| {
        let slot = slots::IMPLEMENTATION.into();
        sandbox.chain(move |chain| {
            let before = chain
                .storage(proxy, slot, BlockId::latest())
                .expect("the slot");
            chain.set_storage_at(proxy, slot, account);
            chain.mine(1, None).expect("a block");
            before
        })
    };
    // For one block the instance runs what nobody registered, and no event tells of it.
    let implementation = set(B256::repeat_byte(9));
    set(implementation);
    increment(&sandbox, user, 1);
    let words = plan("5", "--replay 1");
    sandbox.done("Other", &words).has(json!({"ok": true}));
    assert_eq!(set(B256::repeat_byte(9)), implementation);
    sandbox.sent(user, proxy, Bytes::new(), 1_000_000);
    set(implementation);
    let answer = sandbox.run("Other", &words);
    answer.is(1, "ReplayNotDone");
    answer
        .document
        .has(json!({"ok": false, "replay": {"faithful": false}}));
    let why = text(&answer.document["replay"], "not_done");
    assert!(why.starts_with("HiddenProxy"), "{why}");
    let shown = sandbox.shown("Other", &words, 1);
    assert_snapshot!(masked(&shown));
}

#[test]
fn an_endpoint_that_answers_other_blocks_than_were_requested_is_not_believed() {
    let (sandbox, _) = incremented(1);
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
        let answer = sandbox.run_at(&relay, "Other", &plan("5", "--replay 10"));
        answer.is(4, "Unreachable");
    }
}

/// A node that is no archive has the newest state and older blocks: the plan stays, the replay is what is missing.
#[test]
fn a_node_without_old_state_gives_a_plan_whose_replay_is_not_done() {
    let (sandbox, _) = incremented(3);
    let target = sandbox.node.endpoint();
    let node = target.trim_start_matches("http://").to_owned();
    let newest = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber",
        "params": ["latest", false]});
    let newest = ask(&node, &newest)["result"].clone();
    let relay = Relay::lying(&target, move |request, answer| {
        let method = text(request, "method");
        let block = request["params"].as_array().and_then(|all| all.last());
        let (Some(block), true) = (block, STATE_METHODS.contains(&method)) else {
            return;
        };
        let is_new = [
            "latest",
            "pending",
            text(&newest, "number"),
            text(&newest, "hash"),
        ]
        .iter()
        .any(|known| block.to_string().contains(known));
        if !is_new {
            *answer = json!({"jsonrpc": "2.0", "id": request["id"], "error":
                {"code": -32000, "message": "missing trie node 00 (path ) state 0x00 is not available"}});
        }
    });
    let answer = sandbox.run_at(&relay, "Other", &plan("5", "--replay 3"));
    answer.is(1, "ReplayNotDone");
    assert_eq!(list(&answer.document, "instances").len(), 1);
    assert_snapshot!(answer.refusal(), @"
    message: the endpoint does not serve the state of block [number]
    expected: the state before the transactions that are sent again
    found: the copy of the chain: the source chain could not be read: slot [hash] of [address] at block [number]: http://127.0.0.1:[port] refused eth_getStorageAt: missing trie node 00 (path ) state 0x00 is not available (code -32000)
    next: give the --rpc-url of an archive node, or --replay a smaller number
    ");
}

#[test]
fn code_that_was_deployed_after_the_transactions_is_tried_before_them() {
    let (sandbox, _) = incremented(2);
    let deployed = sandbox.done("Admin", "deploy counter-v2");
    let words = plan("5", "--replay 2").replace("counter-v2", text(&deployed, "address"));
    let replay = &sandbox.done("Other", &words)["replay"];
    // Deployment and activation of that code are not compared.
    replay.has(json!({"not_done": null, "transactions": 2, "not_compared": 2}));
    assert_eq!(groups(replay), [("gas", 2)], "{replay}");
}

#[test]
fn a_call_whose_gas_was_only_enough_for_the_old_code_is_no_failure() {
    let (sandbox, user) = incremented(1);
    let proxy = sandbox.proxies()[0];
    let limit = sandbox.chain(move |chain| {
        let mut call = request(proxy, &incrementCall {}, None);
        call.from = Some(user);
        let (latest, none) = (BlockId::latest(), Overrides::default());
        // The estimator adds to what is needed: the lowest limit that succeeds is what counts.
        let estimate = chain.estimate_gas(call.clone(), latest, &none);
        let (mut low, mut high) = (21_000, estimate.expect("it succeeds"));
        while high - low > 1 {
            call.gas = Some((low + high) / 2);
            let done = chain.call(call.clone(), latest, &none);
            match done.is_ok_and(|done| done.success) {
                true => high = (low + high) / 2,
                false => low = (low + high) / 2,
            }
        }
        high
    });
    let input = incrementCall {}.abi_encode().into();
    assert!(sandbox.sent(user, proxy, input, limit).success);
    let words = plan("5", "--replay 2");
    let answer = sandbox.done("Other", &words);
    let replay = &answer["replay"];
    replay.has(json!({"faithful": true}));
    assert_eq!(groups(replay), [("needs_more_gas", 1), ("gas", 1)]);
    // With more gas it counted: 7 and twice 5.
    let after = format!("{:#066x}", U256::from(17));
    let is_counted = |one: &Value| one["after"] == after;
    assert!(list(replay, "storage").iter().any(is_counted), "{replay}");
    let shown = sandbox.shown("Other", &words, 0);
    assert_snapshot!(masked(&shown));
}
