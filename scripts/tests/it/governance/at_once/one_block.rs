//! Two transactions in one block, whose order decides: what each of the two senders is shown.

use super::fixture::Fixture;
use crate::prelude::*;
use alloy::primitives::hex;
use std::process::{Child, Stdio};
use std::time::Instant;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// How long both may take to send.
const TIMEOUT: Duration = Duration::from_secs(300);

/// Admin and Admin2 type the same words; one block takes both transactions.
fn in_one_block(fixture: &Fixture, words: &(impl Words + ?Sized)) -> [Answer; 2] {
    fixture.by_hand();
    let commands = ["Admin", "Admin2"].map(|key| typed(fixture, key, words));
    sent(fixture, 2);
    mined(fixture, commands)
}

/// Somebody types these words.
fn typed(fixture: &Fixture, key: &str, words: &(impl Words + ?Sized)) -> Child {
    let words = &words.list()[..];
    let words = [words, ["--json", "--private-key-path", key].as_slice()].concat();
    let mut command = fixture.sandbox.command(&words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Waits until so many transactions wait for a block.
fn sent(fixture: &Fixture, transactions: usize) {
    let begun = Instant::now();
    let waiting = || {
        let waiting = fixture
            .sandbox
            .node
            .with_chain(|chain| chain.pool().pending.len());
        waiting.expect("the chain")
    };
    while waiting() < transactions {
        assert!(begun.elapsed() < TIMEOUT, "they never sent all");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// One block with all of it, and what each of them is told.
fn mined(fixture: &Fixture, commands: [Child; 2]) -> [Answer; 2] {
    let node = &fixture.sandbox.node;
    node.with_chain(|chain| {
        chain.mine(1, None).expect("a block");
        chain.set_automine(true);
    })
    .expect("the chain");
    commands.map(|command: Child| {
        let output = command.wait_with_output().expect("it ends");
        let stdout = String::from_utf8(output.stdout).expect("text");
        let stderr = String::from_utf8(output.stderr).expect("text");
        Answer {
            exit: output.status.code(),
            document: serde_json::from_str(&stdout)
                .unwrap_or_else(|_| panic!("one document, not {stdout:?} {stderr}")),
            stderr,
        }
    })
}

#[test]
fn two_approvers_in_one_block_both_learn_that_it_was_executed() {
    let fixture = Fixture::timeless();
    let name = fixture.defined();
    fixture.hand_over(&name, "policy", "AND(Admin,Admin2)");
    let update = format!("policy update {name} --role migrate OR(Admin,Admin2)");
    let answers = in_one_block(&fixture, &update);
    let by_another = |answer: &&Answer| answer.document.get("executed_by").is_some();
    for answer in &answers {
        assert_eq!(answer.exit, Some(0), "{answer:?}");
        assert_eq!(answer.document["executed"], true);
        assert_eq!(
            (&answer.document["approvals"], &answer.document["required"]),
            (&2.into(), &2.into())
        );
    }
    assert_eq!(answers.iter().filter(by_another).count(), 1);
    let (first, last) = match by_another(&&answers[0]) {
        true => (&answers[0], &answers[1]),
        false => (&answers[1], &answers[0]),
    };
    assert_eq!(first.document["executed_by"]["tx"], last.document["tx"]);
    assert_ne!(first.document["tx"], last.document["tx"]);
}

/// Either of them creates a definition.
fn either(fixture: &Fixture) -> (String, String) {
    let deploy = "registry deploy --define OR(Admin,Admin2) --accept excluded-sender";
    let deployed = fixture.sandbox.done("Other", &deploy);
    (text(&deployed, "registry").to_owned(), fixture.name())
}

/// One did it, and the other one learns that it is there.
fn one_exists(answers: &[Answer; 2], name: &str) {
    let exits = answers.each_ref().map(|answer| answer.exit);
    let late = match exits {
        [Some(0), Some(1)] => &answers[1],
        [Some(1), Some(0)] => &answers[0],
        _ => panic!("{answers:?}"),
    };
    assert_eq!(error(late), name, "{late:?}");
}

#[test]
fn of_two_definers_in_one_block_the_second_learns_that_it_exists() {
    let fixture = Fixture::timeless();
    let (registry, name) = either(&fixture);
    let define =
        format!("define {name} --migrate Admin --accept excluded-sender --registry {registry}");
    one_exists(&in_one_block(&fixture, &define), "DefinitionExists");
}

#[test]
fn a_mined_failure_is_named_without_a_tracing_endpoint() {
    let fixture = Fixture::timeless();
    let (registry, name) = either(&fixture);
    let relay = Relay::to(&fixture.sandbox.node.endpoint(), |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        is_trace.then_some("the method is not available")
    });
    let endpoint = relay.endpoint();
    let define = format!(
        "define {name} --migrate Admin --accept excluded-sender --registry \
                       {registry} --rpc-url {endpoint}"
    );
    one_exists(&in_one_block(&fixture, &define), "DefinitionExists");
    let requests = relay.methods();
    assert!(
        requests
            .iter()
            .any(|method| method == "debug_traceTransaction"),
        "{requests:?}"
    );
}

#[test]
fn a_mined_failure_that_nothing_explains_is_reported_as_that_and_nothing_is_sent_again() {
    let fixture = Fixture::timeless();
    let (registry, name) = either(&fixture);
    // It traces nothing, and does not answer the same call as of the block that holds it.
    let block = format!("{:#x}", fixture.block() + 1);
    let call = hex::encode(abi::createDefinitionCall::SELECTOR);
    let relay = Relay::to(&fixture.sandbox.node.endpoint(), move |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        let is_behind = request["params"][1] == block.as_str();
        let is_same = is_behind && request["params"][0].to_string().contains(&call);
        (is_trace || is_same).then_some("the method is not available")
    });
    let endpoint = relay.endpoint();
    let define = format!(
        "define {name} --migrate Admin --accept excluded-sender --registry \
                       {registry} --rpc-url {endpoint}"
    );
    let from = fixture.block();
    let answers = in_one_block(&fixture, &define);
    let exits = answers.each_ref().map(|answer| answer.exit);
    let late = match exits {
        [Some(0), Some(1)] => &answers[1],
        [Some(1), Some(0)] => &answers[0],
        _ => panic!("{answers:?}"),
    };
    assert_eq!(error(late), "Unexplained", "{late:?}");
    let report = &late.document["error"];
    for part in ["expected", "found", "next"] {
        assert!(!text(report, part).is_empty(), "{report}");
    }
    assert!(
        text(report, "found").contains("the method is not available"),
        "{report}"
    );
    assert_eq!(
        fixture.block() - from,
        1,
        "one block, with both transactions"
    );
}

#[test]
fn who_approves_in_the_block_in_which_another_cancels_learns_it() {
    let fixture = Fixture::timeless();
    let name = fixture.defined();
    fixture.hand_over(&name, "migrate", "AND(Admin,Admin2,Admin3)");
    let proposed = fixture.sandbox.proposed("Admin", &fixture.migrate(&name));
    let action = text(&proposed, "action");
    fixture.by_hand();
    let cancel = typed(&fixture, "Admin", &format!("cancel {action}"));
    sent(&fixture, 1);
    let approve = typed(&fixture, "Admin2", &format!("approve {action}"));
    sent(&fixture, 2);
    let [cancelled, approved] = mined(&fixture, [cancel, approve]);
    assert_eq!(cancelled.exit, Some(0), "{cancelled:?}");
    let admin = fixture.account("Admin").to_string();
    match approved.exit {
        Some(1) => {
            assert_eq!(error(&approved), "ActionNotFound", "{approved:?}");
            let message = text(&approved.document["error"], "message");
            assert!(message.contains("cancelled"), "{message}");
            assert!(message.contains(&admin), "{message}");
        }
        // Its gas was enough to propose the same call once more.
        Some(3) => {
            assert_eq!(approved.document["ended_before"], action);
            assert_ne!(approved.document["action"], action);
        }
        _ => panic!("{approved:?}"),
    }
}

#[test]
fn of_two_who_may_each_do_it_alone_the_second_learns_that_it_is_there() {
    let fixture = Fixture::timeless();
    let name = fixture.defined();
    for role in ["migrate", "create"] {
        fixture.hand_over(&name, role, "OR(Admin,Admin2)");
    }
    let way = ["--call", "migrate(uint256)", "5"];
    let register = [&["register", &name, "2.0", &fixture.v2][..], &way].concat();
    one_exists(&in_one_block(&fixture, &register), "VersionExists");
    let init = ["--init", "initialize(uint256)", "7"];
    let create = [&["create-proxy", &name, "1.0", "--salt", "7"][..], &init].concat();
    one_exists(&in_one_block(&fixture, &create), "ProxyExists");
}
