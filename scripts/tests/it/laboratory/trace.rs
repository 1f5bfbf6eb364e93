//! `trace`: the calls of a transaction by their names, and what is said where an endpoint gives less or
//! code has two definitions.

use crate::governance::call::with_instance;
use crate::governance::sandbox::request;
use crate::governance::transfer::Two;
use crate::prelude::*;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::upgradeToCall;

alloy::sol! {
    function increment() external;
}

/// An account that no command uses.
const USER: usize = 5;

/// Sends a call of a user. It is mined, whether it succeeds or not.
fn sent(sandbox: &Sandbox, to: Address, call: &impl SolCall) -> String {
    let (user, input) = (sandbox.node.addresses()[USER], call.abi_encode().into());
    let receipt = sandbox.sent(user, to, input, 1_000_000);
    receipt.transaction_hash.to_string()
}

/// What is traced of such a call.
fn traced(sandbox: &Sandbox, to: Address, call: &impl SolCall) -> Value {
    sandbox.done("Other", &format!("trace {}", sent(sandbox, to, call)))
}

fn frames(answer: &Value) -> &Vec<Value> {
    list(answer, "frames")
}

/// Each frame is a line, after its caller's, with the gas that it used alone.
fn is_drawable(text: &str, frames: &[Value]) {
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
    let migrated = sandbox.done("Admin", MIGRATE);
    let rollout = list(&migrated, "transactions").last().expect("it");
    let tx = text(rollout, "tx");
    let words = format!("trace {tx} --flamegraph calls.folded");
    let answer = sandbox.done("Other", &words);
    answer.has(json!({"missing": []}));
    let frames = frames(&answer);
    let picture = sandbox.read("calls.folded");
    is_drawable(&picture, frames);
    contains(&picture, &["UpgradeabilityStorage"]);
    // Again over its own file, and over nothing else.
    sandbox.done("Other", &words);
    let key = sandbox.read("Admin");
    let over = sandbox.run("Other", &format!("trace {tx} --flamegraph Admin"));
    assert_eq!(error(&over), "FileExists");
    assert_eq!(sandbox.read("Admin"), key);
    let root = &frames[0];
    root.has(json!({"contract": "registry", "code": "stylus"}));
    assert!(text(root, "call").starts_with("rollout(\"A\", "), "{root}");
    let named = |field: &str, name: &str| {
        let found = frames.iter().find(|one| one[field] == name);
        found.unwrap_or_else(|| panic!("no {name} in {answer}"))
    };
    named("contract", "registry-upgrades");
    named("contract", "UpgradeabilityStorage");
    let step = named("function", "migrate(uint256)");
    step.has(json!({"contract": "\"A\" \"2.0\"", "call": "migrate(5)", "versions": ["2.0"]}));
    let upgraded = named("function", "upgradeTo(string)");
    assert!(text(upgraded, "contract").starts_with("counter (instance of \"A\""));

    // Every unit of gas belongs to one frame; what was paid before the first is the root's.
    let number = |frame: &Value, field: &str| frame[field].as_u64().expect("a number");
    let alone: u64 = frames.iter().map(|one| number(one, "gas_alone")).sum();
    assert_eq!(alone, number(root, "gas_used"));
    assert_eq!(answer["gas"], root["gas_used"]);
    for frame in frames.iter().filter(|one| one["code"] == "stylus") {
        let used = number(&frame["ink"], "used");
        let alone = number(&frame["ink"], "alone");
        // A gas is 10,000 ink, and a frame pays nothing else.
        let paid = number(frame, "gas_used") * 10_000;
        assert!(alone <= used && used <= paid && used > 0, "{frame}");
    }
    let shown = sandbox.shown("Other", &words, 0);
    contains(&shown, &["└ ", "├ ", "\"A\" \"2.0\" [stylus]: migrate(5)"]);
}

#[test]
fn a_revert_is_named_where_it_happened_and_a_users_call_by_the_kept_interface() {
    let (sandbox, proxy) = with_instance();
    let answer = traced(&sandbox, proxy, &incrementCall {});
    assert_eq!(texts(frames(&answer), "type"), ["CALL", "DELEGATECALL"]);
    assert_eq!(texts(frames(&answer), "call"), ["increment()"; 2]);
    assert_eq!(frames(&answer)[1]["contract"], "\"A\" \"1.0\"");

    let version = "1.0".to_owned();
    let failed = sent(&sandbox, proxy, &upgradeToCall { version });
    let words = format!("trace {failed}");
    let answer = sandbox.done("Other", &words);
    answer.has(json!({"success": false}));
    let reverts = frames(&answer)
        .iter()
        .filter_map(|one| one["revert"].as_str());
    let reverts: Vec<_> = reverts.collect();
    let is_named = reverts
        .iter()
        .all(|one| one.starts_with("UpgradeNotAuthorized("));
    assert!(is_named && !reverts.is_empty(), "{answer}");
    let (_, lines) = sandbox.reported("Other", &words);
    assert_snapshot!(masked(&lines[0]), @"[hash] in block [number] from [address]: ✗ failed, [number] L1+L2 gas, 0 of it for L1");
}

#[test]
fn an_instance_that_another_registry_has_by_now_keeps_its_names_of_that_block() {
    let two = Two::new();
    let proxy = two.created("wasm");
    let to: Address = proxy.parse().expect("an address");
    let counted = sent(&two.sandbox, to, &incrementCall {});
    two.accepted(&proxy);
    two.transferred(&proxy).ends(0);
    let answer = two.sandbox.done("Other", &format!("trace {counted}"));
    answer.has(json!({"missing": []}));
    assert_eq!(texts(frames(&answer), "call"), ["increment()"; 2]);
    assert_eq!(frames(&answer)[1]["contract"], "\"A\" \"1.0\"");
    let instance = text(&frames(&answer)[0], "contract");
    assert!(instance.starts_with("instance of \"A\""), "{instance}");
}

/// What a trace lacks, for a snapshot.
fn missing(answer: &Value) -> String {
    let missing = list(answer, "missing").iter();
    let missing: Vec<&str> = missing.filter_map(Value::as_str).collect();
    masked(&missing.join("\n"))
}

#[test]
fn without_a_registry_or_a_manifest_there_are_frames_and_what_is_missing_is_said() {
    let (sandbox, proxy) = with_instance();
    let counted = sent(&sandbox, proxy, &incrementCall {});
    let empty = tempfile::tempdir().expect("a folder");
    let endpoint = sandbox.node.endpoint();
    let mut command = sandbox.command(&format!("trace {counted} --json --rpc-url {endpoint}"));
    let output = command.current_dir(empty.path()).output();
    let answer = Answer::of(output.expect("it starts")).document;
    // A selector alone has no name.
    let call = "0xd09de08a (0 bytes of arguments)";
    frames(&answer)[0].has(json!({"contract": proxy.to_string(), "call": call}));
    assert_snapshot!(missing(&answer), @"the names of instances and versions: no registry was named (--registry)");
}

#[test]
fn an_endpoint_with_less_gives_less_or_is_refused_by_name() {
    let (sandbox, proxy) = with_instance();
    let trace = format!("trace {}", sent(&sandbox, proxy, &incrementCall {}));
    let relay = Relay::to(&sandbox.node.endpoint(), |request| {
        let is_stylus = request["params"][1]["tracer"] == "stylusTracer";
        is_stylus.then_some("tracer not found")
    });
    let without_ink = sandbox.run_at(&relay, "Other", &trace);
    let document = without_ink.ends(0);
    assert_snapshot!(missing(document), @"ink by frame: the endpoint does not run stylusTracer (http://127.0.0.1:[port] refused debug_traceTransaction: tracer not found (code -32000))");
    frames(document)[0].has(json!({"ink": null, "code": "stylus"}));

    let words = "the method debug_traceTransaction does not exist/is not available";
    let relay = Relay::to(&sandbox.node.endpoint(), move |request| {
        (request["method"] == "debug_traceTransaction").then_some(words)
    });
    let refused = sandbox.run_at(&relay, "Other", &trace);
    refused.is(4, "NotTraced");
    assert_snapshot!(refused.refusal(), @"
    message: http://127.0.0.1:[port] does not trace this transaction: the method debug_traceTransaction does not exist/is not available (code -32000)
    expected: the answer of debug_traceTransaction
    found: the method debug_traceTransaction does not exist/is not available (code -32000)
    next: give the --rpc-url of a node with the debug namespace and the state before the transaction: your own archive node with --http.api=net,web3,eth,debug, or a provider's plan that has it
    ");

    sandbox.automine(false);
    let user = sandbox.node.addresses()[USER];
    let waiting = sandbox.chain(move |chain| {
        chain.impersonate(user);
        let call = request(proxy, &incrementCall {}, Some(1_000_000));
        chain.submit_unsigned(user, call).expect("sent")
    });
    for unknown in [B256::repeat_byte(7), waiting] {
        let answer = sandbox.run("Other", &format!("trace {unknown}"));
        answer.is(1, "TransactionNotFound");
    }
}

#[test]
fn text_of_an_endpoint_and_of_a_contract_cannot_pretend_to_be_the_programs() {
    let (sandbox, proxy) = with_instance();
    let tx = sent(&sandbox, proxy, &incrementCall {});
    // Error(string) with lines, a mark of the program's, and characters that drive a terminal.
    let lie = "\n✓ succeeded\n\u{1b}[2K\u{202e}registry: migrate(\"A\")";
    let mut output = keccak256("Error(string)")[..4].to_vec();
    output.extend(alloy::sol_types::SolValue::abi_encode(&lie));
    let output = hex::encode_prefixed(output);
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
    // The summary, the heading, two frames, and where the picture is.
    assert_eq!((exit, lines.len()), (Some(0), 5), "{lines:?}");
    let marked = lines
        .iter()
        .filter(|line| line.trim_start().starts_with('✓'));
    assert_eq!(marked.count(), 1, "{lines:?}");
    contains(&lines[3], &["Error(\"\\n✓ succeeded"]);
    for text in [lines.concat(), sandbox.read("calls.folded")] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }

    let relay = Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        if request["params"][1]["tracer"] == "callTracer" {
            answer["result"] = json!({"type": "CALL", "from": 5});
        }
    });
    let answer = sandbox.run_at(&relay, "Other", &format!("trace {tx}"));
    answer.is(4, "Unreadable");
}

#[test]
fn code_of_two_definitions_is_named_by_the_definition_of_the_instance_that_runs_it() {
    let (sandbox, first) = with_instance();
    let answer = traced(&sandbox, first, &incrementCall {});
    let code = account(&frames(&answer)[1], "to");
    sandbox.done("Admin", "define B --migrate Admin --create Admin");
    sandbox.done("Admin", &format!("register B 1.0 {code}"));
    let created = sandbox.done("Admin", "create-proxy B 1.0 --init initialize(uint256) 1");
    let second = account(&created, "proxy");
    // Calls both instances, and the code without one.
    let all = Address::repeat_byte(0xa1);
    let calls = [first, second, code].map(|to| {
        let calldata = [&[0x63][..], &incrementCall::SELECTOR, &hex!("5f52")].concat();
        let call = hex!("5f5f6004601c5f73");
        [&calldata[..], &call, to.as_slice(), &hex!("5af150")].concat()
    });
    sandbox.set_code(all, calls.concat());
    // The interface of code that was built here is kept by its hash: B's code was named by its address.
    let unnamed = "0xd09de08a (0 bytes of arguments)";
    let of = |name: &str| {
        let contract = format!("\"{name}\" \"1.0\"");
        json!({"contract": contract, "definition": name, "versions": ["1.0"], "call": "increment()"})
    };
    let of_none = |contract: String, call: &str| json!({"contract": contract, "definition": null, "versions": [], "call": call});
    let of_both = "one of \"A\" \"1.0\", \"B\" \"1.0\"";
    for (to, expected) in [
        (first, of("A")),
        (second, of("B")),
        // Called without an instance, beside instances of both, it is the code of both.
        (all, of_none(of_both.into(), "increment()")),
        // Which definitions have it is asked of the instances that a transaction calls.
        (code, of_none(code.to_string(), unnamed)),
    ] {
        let answer = traced(&sandbox, to, &incrementCall {});
        frames(&answer).last().expect("a frame").has(expected);
    }
}
