//! Deciding together, by commands: approvals, delays, policies, the way back, what waits.

use crate::governance::sandbox::{MIGRATE, ROLLBACK, Sandbox, error, text};
use serde_json::json;

const BOTH: &str = "AND(Admin,Admin2)";
const DAY: u64 = 86_400;

#[test]
fn two_approvers_type_the_same_and_see_success_1_2_and_success_2_2_activated() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let (exit, first) = sandbox.reported("Admin", &MIGRATE);
    assert_eq!(exit, Some(3));
    assert!(first.contains(&"success 1/2".to_owned()), "{first:?}");
    assert!(first.contains(&"missing    Admin2".to_owned()), "{first:?}");

    let (exit, again) = sandbox.reported("Admin", &MIGRATE);
    assert_eq!(exit, Some(3), "{again:?}");
    assert!(again.contains(&"success 1/2".to_owned()), "{again:?}");

    let (exit, last) = sandbox.reported("Admin2", &MIGRATE);
    assert_eq!(exit, Some(0), "{last:?}");
    let at = last.iter().position(|line| line == "success 2/2 activated");
    let after = &last[at.expect("the exact words") + 1..];
    let checks: Vec<_> = after
        .iter()
        .filter_map(|line| line.trim().strip_prefix("✓ "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(checks, ["pause", "migration", "version", "code", "resume"]);

    let (exit, done) = sandbox.reported("Admin", &MIGRATE);
    assert_eq!(exit, Some(0));
    assert!(
        done.contains(&"A 2.0 is activated already".to_owned()),
        "{done:?}"
    );
    let pending = sandbox.done("Admin", "pending A");
    assert_eq!(pending["actions"], json!([]));
}

#[test]
fn code_that_both_build_is_deployed_once_and_the_action_is_one() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let first = sandbox.run("Admin", &MIGRATE).document;
    let second = sandbox.done("Admin2", &MIGRATE);
    assert_eq!(first["action"], second["action"]);
    assert_eq!(first["implementation"], second["implementation"]);
    assert_eq!(second["transactions"].as_array().map(Vec::len), Some(1));
    let checks = second["checks"].as_array().expect("checks");
    assert!(checks.len() == 5 && checks.iter().all(|check| check["ok"] == true));
}

#[test]
fn code_at_an_address_that_an_open_action_names_is_found_by_its_hash() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let deployed = sandbox.done("Admin", "deploy counter-v2");
    let elsewhere = text(&deployed, "address");
    let by_address = format!("migrate A 2.0 {elsewhere} --call migrate(uint256) 5");
    sandbox.proposed("Admin", &by_address);
    let second = sandbox.done("Admin2", &MIGRATE);
    assert_eq!(text(&second, "implementation"), elsewhere);
    assert_eq!(second["executed"], true);
}

#[test]
fn with_more_than_four_instances_the_rollout_follows_with_its_progress() {
    let sandbox = Sandbox::with_counter("Admin", 6);
    let (exit, lines) = sandbox.reported("Admin", &MIGRATE);
    assert_eq!(exit, Some(0), "{lines:?}");
    let position = |text: &str| {
        let at = lines.iter().position(|line| line == text);
        at.unwrap_or_else(|| panic!("no {text:?} in {lines:?}"))
    };
    assert!(position("success 1/1 activated") < position("activated, rollout 0/6"));
    assert!(position("activated, rollout 0/6") < position("rollout 6/6"));
    let again = sandbox.done("Admin", "upgrade A");
    assert_eq!((&again["upgraded"], &again["left"]), (&json!(0), &json!(0)));
}

#[test]
fn a_delay_is_reported_with_its_end_and_anybody_may_complete_it() {
    let policy = "AND(OutOf(2,Admin,Admin2,Admin3),AFTER(172800))";
    let sandbox = Sandbox::new();
    let define = format!("define A --migrate {policy} --policy Admin --create Admin");
    sandbox.done("Admin", &define);
    let register = "register A 1.0 counter-v1";
    assert_eq!(sandbox.run("Admin", &register).exit, Some(3));
    let second = sandbox.proposed("Admin3", &register);
    assert_eq!(
        (&second["approvals"], &second["required"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(text(&second, "blocked_by"), "delay");
    let early = sandbox.run("Admin3", &register);
    assert_eq!(
        (early.exit, text(&early.document, "blocked_by")),
        (Some(3), "delay")
    );
    sandbox.run("Other", &register).is(1, "NotAnApprover");
    sandbox.wait(2 * DAY);
    let pending = sandbox.done("Other", "pending A");
    assert_eq!(text(&pending["actions"][0], "blocked_by"), "nothing");
    let done = sandbox.done("Other", &register);
    assert_eq!(
        (&done["approvals"], &done["executed"]),
        (&json!(2), &json!(true))
    );
}

#[test]
fn a_policy_is_updated_by_names_and_explained_in_words() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let update = "policy update A OR(Admin,Admin2)";
    let done = sandbox.done("Admin", &update);
    assert_eq!(done["executed"], true);
    let again = sandbox.done("Admin", &update);
    assert!(again.get("tx").is_none(), "nothing to do: {again}");
    let explained = sandbox.done("Admin", "policy explain A --role migrate");
    let policy = &explained["policies"][0];
    assert_eq!(text(policy, "named"), "OR(Admin,Admin2)");
    assert_eq!(
        (&policy["fewest"], policy["alone"].as_array().map(Vec::len)),
        (&json!(1), Some(2))
    );
    let (_, lines) = sandbox.reported("Admin", "policy explain A");
    assert!(
        lines.contains(&"migrate: OR(Admin,Admin2)".to_owned()),
        "{lines:?}"
    );
    let alone = sandbox.done("Admin2", &MIGRATE);
    assert_eq!(alone["executed"], true);
    let stranger = sandbox.run("Other", "policy update A Other");
    stranger.is(1, "NotAnApprover");
}

#[test]
fn a_key_that_the_policy_does_not_name_pays_for_no_deployment() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let before = sandbox.block();
    let stranger = sandbox.run("Other", &MIGRATE);
    stranger.is(1, "NotAnApprover");
    assert_eq!(sandbox.block(), before, "nothing was sent");
}

#[test]
fn a_change_of_a_policy_is_shown_from_the_old_one_to_the_new_one() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let delayed = "AND(Admin,Admin2,AFTER(172800))";
    sandbox.done("Admin", &format!("policy update A {delayed}"));
    let shared = format!("policy update A --role policy {}", BOTH);
    sandbox.done("Admin", &shared);
    let migration = sandbox.run("Admin", &MIGRATE).document;
    let ends = format!(
        "cancels 1 open action, which must be proposed again: {}",
        text(&migration, "action")
    );
    let update = "policy update A OR(Admin,Admin2)";
    let proposed = sandbox.proposed("Admin", &update);
    let action = text(&proposed, "action");

    let review = sandbox.done("Other", &format!("pending {action}"));
    let change = &review["policy_change"];
    assert_eq!(text(change, "role"), "migrate");
    assert_eq!(text(change, "was"), delayed);
    assert_eq!(text(change, "becomes"), "OR(Admin,Admin2)");
    let effects = change["effects"].as_array().expect("effects");
    let warnings = effects.iter().filter(|one| one["severity"] == "warning");
    let warnings: Vec<_> = warnings.map(|one| text(one, "message")).collect();
    let named = |text: &str| warnings.iter().any(|one| one.starts_with(text));
    for effect in [
        "removes the delay of 2 days",
        "takes at least 1 approval, not 2",
        "Admin (0x",
        &ends,
    ] {
        assert!(named(effect), "{effect}: {warnings:?}");
    }
    // Of one action and of all of them, before each approves.
    let lines = |words: &[&str]| sandbox.reported("Admin2", words).1.join("\n");
    for shown in [lines(&["pending", action]), lines(&["pending", "A"])] {
        for line in [
            format!("  now           {delayed}"),
            "  afterwards    OR(Admin,Admin2)".into(),
            "  ! policy-change: removes the delay of 2 days".into(),
            format!("  ! policy-change: {ends}"),
        ] {
            assert!(shown.contains(&line), "{line}\n{shown}");
        }
    }
    let done = sandbox.done("Admin2", &format!("approve {action}"));
    assert_eq!(done["executed"], true);
    let left = sandbox.done("Other", "pending A");
    assert_eq!(left["actions"], json!([]), "the migration was ended");
    let review = sandbox.done("Other", &format!("pending {action}"));
    assert!(review.get("policy_change").is_none(), "{review:#}");
}

#[test]
fn the_call_of_a_script_is_told_in_words() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let migrate = ["migrate", "A", "2.0", "counter-v2", "--accept"];
    let script = ["migration-omitted", "--script", "counter-v2"];
    let call = ["--call", "increment()"];
    sandbox.proposed("Admin", &[&migrate[..], &script, &call].concat());
    let pending = sandbox.done("Admin2", "pending A");
    let decoded = &pending["actions"][0]["decoded"][0];
    assert_eq!(text(decoded, "function"), "increment()");
    let (_, lines) = sandbox.reported("Admin2", "pending A");
    let line = "  migration     calls increment()".to_owned();
    assert!(lines.iter().any(|one| one.ends_with(&line)), "{lines:?}");
}

#[test]
fn going_back_is_a_new_version_with_the_old_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", &MIGRATE);
    let output = sandbox.raw(&[&ROLLBACK[..], &["--private-key-path", "Admin"]].concat());
    let [lines, said] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    assert!(output.status.success(), "{lines:?} {said}");
    let headline = "A 3.0 has the code of 1.0 again; accepted losses: function-removed:step()";
    assert!(lines.contains(&headline.to_owned()), "{lines:?}");
    assert!(
        lines.contains(&"success 1/1 activated".to_owned()),
        "{lines:?}"
    );
    let status = sandbox.done("Admin", "status A");
    let definition = &status["definitions"][0];
    assert_eq!(text(definition, "current"), "3.0");
    assert_eq!(
        definition["versions"][0]["codehash"],
        definition["versions"][2]["codehash"]
    );
    let unknown = sandbox.run("Admin", "rollback A --to 9.0 --as 10.0");
    unknown.is(1, "VersionNotFound");
}

#[test]
fn what_is_pending_names_who_approved_who_is_missing_and_what_blocks() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Admin3)", 1);
    sandbox.run("Admin", &MIGRATE);
    let pending = sandbox.done("Other", "pending");
    let action = &pending["actions"][0];
    assert_eq!(text(action, "definition"), "A");
    assert_eq!(
        (&action["approvals"], &action["required"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(action["approved"].as_array().map(Vec::len), Some(1));
    assert_eq!(action["missing"].as_array().map(Vec::len), Some(2));
    assert_eq!(text(action, "blocked_by"), "approvals");
    assert_eq!(text(&action["display"], "function"), "migrate");
    assert_eq!(action["facts"][0]["is_as_named"], true);
    assert!(
        action["facts"][0]["size"]
            .as_u64()
            .is_some_and(|size| size > 1000)
    );
    let (exit, lines) = sandbox.reported("Other", "pending A");
    assert_eq!(exit, Some(0));
    let all = lines.join("\n");
    for part in [
        "approvals  1/2",
        "approved   Admin",
        "missing    1 of Admin2, Admin3",
        "not executed: 1 more approval needed",
        "code hash     0x",
        "open until 20",
    ] {
        assert!(all.contains(part), "{part:?} in {all}");
    }
}

#[test]
fn an_approval_is_withdrawn_and_an_action_is_cancelled() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let open = sandbox.run("Admin", &MIGRATE).document;
    let action = text(&open, "action");
    let revoked = sandbox.done("Admin", &format!("revoke {action}"));
    assert_eq!(revoked["approvals"], 0);
    let twice = sandbox.run("Admin", &format!("revoke {action}"));
    twice.is(1, "NotApproved");
    let stranger = sandbox.run("Admin2", &format!("cancel {action}"));
    stranger.is(1, "NotAnApprover");
    sandbox.done("Admin", &["cancel", &action[..10]]);
    let ended = sandbox.raw(&format!("pending {action}"));
    let ended = String::from_utf8(ended.stdout).expect("text");
    assert!(ended.contains("not open: cancelled\n"), "{ended}");
    let gone = sandbox.run("Admin", &format!("cancel {action}"));
    gone.is(1, "ActionNotFound");
    let none = sandbox.run("Admin", "cancel 0x1234");
    none.is(2, "Usage");
}

#[test]
fn an_action_is_approved_by_its_id_after_review_of_its_very_bytes() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let open = sandbox.run("Admin", &MIGRATE).document;
    let action = text(&open, "action");
    let reviewed = sandbox.done("Admin2", "pending A");
    let write = |name: &str, document: &serde_json::Value| {
        std::fs::write(sandbox.path(name), document.to_string()).expect("written");
    };
    write("honest.json", &reviewed);
    let mut other = reviewed.clone();
    other["actions"][0]["display"]["fields"][1]["value"] = json!("something harmless");
    write("display.json", &other);
    let mut other = reviewed.clone();
    other["actions"][0]["call"] = json!("0x1234");
    write("payload.json", &other);
    write("broken.json", &json!({"actions": 7}));

    for (file, exit, name) in [
        ("display.json", 1, "DisplayDiffers"),
        ("payload.json", 1, "PayloadDiffers"),
        ("broken.json", 2, "Reviewed"),
    ] {
        let refused = sandbox.run("Admin2", &format!("approve {action} --reviewed {file}"));
        assert_eq!((refused.exit, error(&refused)), (Some(exit), name));
    }
    let pending = sandbox.done("Admin2", "pending A");
    assert_eq!(pending["actions"][0]["approvals"], 1, "nothing was sent");
    let done = sandbox.done(
        "Admin2",
        &format!("approve {action} --reviewed honest.json"),
    );
    assert_eq!(
        (&done["executed"], text(&done, "action")),
        (&json!(true), action)
    );
    assert_eq!(done["checks"].as_array().map(Vec::len), Some(5));
    // ERC-8213: the length as a word, and the bytes.
    let call = text(&reviewed["actions"][0], "call");
    let call: alloy::primitives::Bytes = call.parse().expect("bytes");
    let length = alloy::primitives::U256::from(call.len()).to_be_bytes::<32>();
    let digest = alloy::primitives::keccak256([&length[..], &call].concat());
    assert_eq!(done["calldata_digest"], digest.to_string());
}

#[test]
fn the_descriptors_for_wallets_name_the_registry_and_its_chain() {
    let sandbox = Sandbox::with_counter(BOTH, 0);
    let done = sandbox.done("Other", "registry descriptors --out wallets");
    assert_eq!(done["files"].as_array().map(Vec::len), Some(2));
    for (file, kind) in [("calldata", "contract"), ("eip712", "eip712")] {
        let path = sandbox.path(format!("wallets/{file}-stylus-upgrades.json"));
        let text = std::fs::read_to_string(path).expect("written");
        let descriptor: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let place = &descriptor["context"][kind]["deployments"][0];
        assert_eq!(place["address"], sandbox.saved("registry"));
        assert_eq!(place["chainId"], done["chain_id"]);
    }
    // Again over one's own, and over nothing else: neither file is written.
    let again = "registry descriptors --out wallets";
    sandbox.done("Other", &again);
    let key = sandbox.path("wallets/eip712-stylus-upgrades.json");
    std::fs::write(&key, "a key").expect("written");
    assert_eq!(error(&sandbox.run("Other", &again)), "FileExists");
    assert_eq!(std::fs::read_to_string(&key).expect("it"), "a key");
    let nobody = alloy::primitives::Address::repeat_byte(7).to_string();
    let words = format!("registry descriptors --registry {nobody}");
    let refused = sandbox.run("Other", &words);
    refused.is(4, "Missing");
}

#[test]
fn a_definition_that_two_must_create_waits_for_the_second() {
    let sandbox = Sandbox::bare();
    let deploy = format!("registry deploy --save --define {}", BOTH);
    sandbox.done("Admin", &deploy);
    let define = "define B --migrate Admin";
    let first = sandbox.run("Admin", &define);
    assert_eq!(
        (first.exit, &first.document["required"]),
        (Some(3), &json!(2))
    );
    let pending = sandbox.done("Other", "pending");
    assert_eq!(text(&pending["actions"][0], "definition"), "");
    assert_eq!(sandbox.done("Admin2", &define)["executed"], true);
}
