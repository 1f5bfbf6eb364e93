//! `trace`: the calls of a transaction by their names, and what is said where an endpoint gives less.

use crate::governance::sandbox::CREATE_SAVED;
use crate::prelude::*;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::upgradeToCall;

alloy::sol! {
    function increment() external;
}

/// An account that no command uses.
const USER: usize = 5;

/// Sends a call of a user with that much gas. It is mined, whether it succeeds or not.
pub(crate) fn sent(sandbox: &Sandbox, to: Address, call: &impl SolCall) -> String {
    let (user, input) = (sandbox.node.addresses()[USER], call.abi_encode());
    let sent = sandbox.chain(move |chain| {
        chain.impersonate(user);
        let request = CallRequest {
            to: Some(to),
            gas: Some(1_000_000),
            input: input.into(),
            ..CallRequest::default()
        };
        chain.submit_unsigned(user, request).expect("sent")
    });
    sent.to_string()
}

pub(crate) fn frames(answer: &Value) -> &Vec<Value> {
    answer["frames"].as_array().expect("frames")
}

/// A sandbox with an instance that the manifest calls `counter`.
pub(crate) fn with_instance() -> (Sandbox, Address) {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let created = sandbox.done("Admin", &CREATE_SAVED);
    let proxy = text(&created, "proxy").parse().expect("an address");
    (sandbox, proxy)
}

/// Each frame is a line, behind its caller's, with the gas that it used alone.
fn is_drawable(file: &Path, frames: &[Value]) {
    let text = std::fs::read_to_string(file).expect("the flame graph");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), frames.len(), "{text}");
    for (line, frame) in lines.iter().zip(frames) {
        let (stack, gas) = line.rsplit_once(' ').expect("gas");
        assert_eq!(gas, frame["gas_alone"].to_string(), "{line}");
        let depth = frame["depth"].as_u64().expect("a depth");
        assert_eq!(stack.matches(';').count() as u64, depth, "{line}");
    }
}

#[test]
fn an_upgrade_is_shown_by_the_names_of_contracts_versions_and_functions_with_gas_and_ink() {
    let (sandbox, _) = with_instance();
    let migrated = sandbox.done("Admin", &MIGRATE);
    let tx = text(&migrated, "tx");
    let words = format!("trace {tx} --flamegraph calls.folded");
    let answer = sandbox.done("Other", &words);
    assert_eq!(answer["missing"], json!([]), "{answer}");
    is_drawable(&sandbox.path("calls.folded"), frames(&answer));
    // Again over its own file, and over nothing else.
    sandbox.done("Other", &words);
    let over = format!("trace {tx} --flamegraph Admin");
    let key = std::fs::read(sandbox.path("Admin")).expect("a key");
    assert_eq!(error(&sandbox.run("Other", &over)), "FileExists");
    assert_eq!(std::fs::read(sandbox.path("Admin")).expect("a key"), key);
    let frames = frames(&answer);
    let root = &frames[0];
    assert_eq!(text(root, "contract"), "registry");
    assert_eq!(text(root, "code"), "stylus");
    assert!(
        text(root, "call").starts_with("migrate(\"A\", \"2.0\", "),
        "{root}"
    );
    let named = |name: &str| frames.iter().find(|one| one["contract"] == name);
    assert!(named("registry-governance").is_some(), "{answer}");
    assert!(named("UpgradeabilityStorage").is_some(), "{answer}");
    let step = frames
        .iter()
        .find(|one| one["function"] == "migrate(uint256)")
        .unwrap_or_else(|| panic!("no migration in {answer}"));
    assert_eq!(
        (text(step, "contract"), text(step, "call")),
        ("\"A\" \"2.0\"", "migrate(5)")
    );
    assert_eq!(step["versions"], json!(["2.0"]));
    let upgraded = frames
        .iter()
        .find(|one| one["function"] == "upgradeTo(string)");
    let upgraded = upgraded.expect("the proxy's upgrade");
    assert!(text(upgraded, "contract").starts_with("counter (instance of \"A\""));

    // Every unit of gas belongs to one frame; what was paid before the first is the root's.
    let number = |frame: &Value, field: &str| frame[field].as_u64().expect("a number");
    let alone: u64 = frames.iter().map(|one| number(one, "gas_alone")).sum();
    assert_eq!(alone, number(root, "gas_used"));
    assert_eq!(answer["gas"], root["gas_used"]);
    for frame in frames.iter().filter(|one| one["code"] == "stylus") {
        let ink = &frame["ink"];
        assert!(number(ink, "alone") <= number(ink, "used"), "{frame}");
        // A gas is 10,000 ink, and a frame pays nothing else.
        let gas = number(frame, "gas_used");
        assert!(number(ink, "used") <= gas * 10_000, "{frame}");
        assert!(number(ink, "used") > 0, "{frame}");
    }

    let picture = std::fs::read_to_string(sandbox.path("calls.folded")).expect("the picture");
    assert!(picture.contains("UpgradeabilityStorage"), "{picture}");
    let (exit, lines) = sandbox.reported("Other", &words);
    assert_eq!(exit, Some(0));
    let whole = lines.join("\n");
    assert!(whole.contains("└ ") && whole.contains("├ "), "{whole}");
    assert!(
        whole.contains("\"A\" \"2.0\" [stylus]: migrate(5)"),
        "{whole}"
    );
}

#[test]
fn a_revert_is_named_where_it_happened_and_a_users_call_by_the_kept_interface() {
    let (sandbox, proxy) = with_instance();
    let counted = sent(&sandbox, proxy, &incrementCall {});
    let answer = sandbox.done("Other", &format!("trace {counted}"));
    let calls: Vec<_> = frames(&answer)
        .iter()
        .map(|one| (text(one, "type"), text(one, "call")))
        .collect();
    assert_eq!(
        calls,
        [("CALL", "increment()"), ("DELEGATECALL", "increment()")]
    );
    assert_eq!(frames(&answer)[1]["contract"], "\"A\" \"1.0\"");

    let version = "1.0".to_owned();
    let failed = sent(&sandbox, proxy, &upgradeToCall { version });
    let answer = sandbox.done("Other", &format!("trace {failed}"));
    assert_eq!(answer["success"], false);
    let reverts: Vec<_> = frames(&answer)
        .iter()
        .filter_map(|one| one["revert"].as_str())
        .collect();
    assert!(
        reverts
            .iter()
            .all(|one| one.starts_with("UpgradeNotAuthorized("))
            && !reverts.is_empty(),
        "{answer}"
    );
    let (_, lines) = sandbox.reported("Other", &format!("trace {failed}"));
    assert!(lines[0].contains("✗ failed"), "{lines:?}");
}

#[test]
fn without_a_registry_or_a_manifest_there_are_frames_and_what_is_missing_is_said() {
    let (sandbox, proxy) = with_instance();
    let counted = sent(&sandbox, proxy, &incrementCall {});
    let empty = tempfile::tempdir().expect("a folder");
    let endpoint = sandbox.node.endpoint();
    let output = sandbox
        .command(&format!("trace {counted} --json --rpc-url {endpoint}"))
        .current_dir(empty.path())
        .output()
        .expect("it starts");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(frames(&answer)[0]["contract"], proxy.to_string());
    assert_eq!(
        text(&frames(&answer)[0], "call"),
        "0xd09de08a (0 bytes of arguments)",
        "a selector alone has no name"
    );
    let missing = answer["missing"].to_string();
    assert!(missing.contains("no registry was named"), "{missing}");
}

/// An endpoint that refuses what the rule says, in its words.
fn refusing(
    sandbox: &Sandbox,
    tx: &str,
    rule: impl Fn(&Value) -> Option<&'static str> + Send + Sync + 'static,
) -> Answer {
    let relay = Relay::to(&sandbox.node.endpoint(), rule);
    sandbox.run("Other", &["trace", tx, "--rpc-url", &relay.endpoint()])
}

#[test]
fn an_endpoint_with_less_gives_less_or_is_refused_by_name() {
    let (sandbox, proxy) = with_instance();
    let tx = sent(&sandbox, proxy, &incrementCall {});
    let without_ink = refusing(&sandbox, &tx, |request| {
        let is_stylus = request["params"][1]["tracer"] == "stylusTracer";
        is_stylus.then_some("tracer not found")
    });
    assert_eq!(without_ink.exit, Some(0), "{without_ink:?}");
    let missing = without_ink.document["missing"].to_string();
    assert!(missing.contains("ink by frame"), "{missing}");
    assert!(missing.contains("tracer not found"), "{missing}");
    assert_eq!(frames(&without_ink.document)[0]["ink"], Value::Null);
    assert_eq!(frames(&without_ink.document)[0]["code"], "stylus");

    let words = "the method debug_traceTransaction does not exist/is not available";
    let refused = refusing(&sandbox, &tx, move |request| {
        (request["method"] == "debug_traceTransaction").then_some(words)
    });
    refused.is(4, "NotTraced");
    let said = &refused.document["error"];
    assert!(text(said, "found").contains(words), "{said}");
    assert!(text(said, "next").contains("debug namespace"), "{said}");

    let unknown = B256::repeat_byte(7).to_string();
    let unknown = sandbox.run("Other", &format!("trace {unknown}"));
    unknown.is(1, "TransactionNotFound");
    sandbox.chain(|chain| chain.set_automine(false));
    let waiting = sent(&sandbox, proxy, &incrementCall {});
    let waiting = sandbox.run("Other", &format!("trace {waiting}"));
    waiting.is(1, "TransactionNotFound");
}

#[test]
fn text_of_an_endpoint_and_of_a_contract_cannot_pretend_to_be_ours() {
    let (sandbox, proxy) = with_instance();
    let tx = sent(&sandbox, proxy, &incrementCall {});
    // Error(string) with lines, a mark of ours, and characters that drive a terminal.
    let lie = "\n✓ succeeded\n\u{1b}[2K\u{202e}registry: migrate(\"A\")";
    let mut output = alloy::primitives::keccak256("Error(string)")[..4].to_vec();
    output.extend(alloy::sol_types::SolValue::abi_encode(&lie));
    let output = alloy::hex::encode_prefixed(output);
    let words = lie.to_owned();
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        if request["params"][1]["tracer"] != "callTracer" {
            return;
        }
        answer["result"]["error"] = json!(words);
        answer["result"]["calls"][0]["error"] = json!("execution reverted");
        answer["result"]["calls"][0]["output"] = json!(output);
    });
    let endpoint = relay.endpoint();
    let words = format!("trace {tx} --rpc-url {endpoint} --flamegraph calls.folded");
    let (exit, lines) = sandbox.reported("Other", &words);
    assert_eq!(exit, Some(0));
    // The summary, the heading, two frames, and where the picture is.
    assert_eq!(lines.len(), 5, "{lines:?}");
    let ours = lines
        .iter()
        .filter(|line| line.trim_start().starts_with('✓'));
    assert_eq!(ours.count(), 1, "{lines:?}");
    let whole = lines.concat();
    assert!(
        !whole.contains('\u{1b}') && !whole.contains('\u{202e}'),
        "{whole:?}"
    );
    assert!(lines[3].contains("Error(\"\\n✓ succeeded"), "{lines:?}");
    let picture = std::fs::read_to_string(sandbox.path("calls.folded")).expect("the picture");
    assert!(!picture.contains('\u{1b}') && !picture.contains('\u{202e}'));

    let relay = Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        if request["params"][1]["tracer"] == "callTracer" {
            answer["result"] = json!({"type": "CALL", "from": 5});
        }
    });
    let answer = sandbox.run("Other", &["trace", &tx, "--rpc-url", &relay.endpoint()]);
    answer.is(4, "Unreadable");
}
