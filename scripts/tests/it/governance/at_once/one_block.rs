//! Two transactions in one block, whose order decides: what each of the two senders is shown.

use super::fixture::Fixture;
use crate::governance::sandbox::Heard;
use crate::prelude::*;

/// Admin and Admin2 type the same words; one block takes both transactions.
fn in_one_block(fixture: &Fixture, words: &str) -> [Answer; 2] {
    fixture.sandbox.in_one_block(["Admin", "Admin2"], words)
}

/// The answer of the one who came first, and of the one who was too late.
fn first_and_late(answers: &[Answer; 2]) -> (&Answer, &Answer) {
    let [one, other] = answers;
    match (one.exit, other.exit) {
        (Some(0), Some(1)) => (one, other),
        (Some(1), Some(0)) => (other, one),
        _ => panic!("{answers:?}"),
    }
}

#[test]
fn two_approvers_in_one_block_both_learn_that_it_was_executed() {
    let fixture = Fixture::timeless();
    let name = fixture.defined();
    fixture.hand_over(&name, "policy", BOTH);
    let update = format!("policy update {name} --role migrate OR(Admin,Admin2)");
    let answers = in_one_block(&fixture, &update);
    for answer in &answers {
        let expected = json!({"executed": true, "approvals": 2, "required": 2});
        answer.ends(0).has(expected);
    }
    let by_another = |answer: &&Answer| answer.document.get("executed_by").is_some();
    let (first, last): (Vec<_>, Vec<_>) = answers.iter().partition(by_another);
    assert_eq!((first.len(), last.len()), (1, 1), "{answers:?}");
    let tx = &last[0].document["tx"];
    assert_eq!(&first[0].document["executed_by"]["tx"], tx);
    assert_ne!(&first[0].document["tx"], tx);
}

/// The command by which either of them creates a definition.
fn either(fixture: &Fixture) -> String {
    let deploy = "registry deploy --define OR(Admin,Admin2) --accept excluded-sender";
    let deployed = fixture.sandbox.done("Other", deploy);
    let (name, registry) = (fixture.name(), text(&deployed, "registry"));
    format!("define {name} --migrate Admin --accept excluded-sender --registry {registry}")
}

/// One did it, and the other one learns that it is there.
fn one_exists(answers: &[Answer; 2], name: &str) {
    first_and_late(answers).1.is(1, name);
}

#[test]
fn of_two_definers_in_one_block_the_second_learns_that_it_exists() {
    let fixture = Fixture::timeless();
    let define = either(&fixture);
    one_exists(&in_one_block(&fixture, &define), "DefinitionExists");
}

#[test]
fn a_mined_failure_is_named_without_a_tracing_endpoint() {
    let fixture = Fixture::timeless();
    let relay = Relay::to(&fixture.sandbox.node.endpoint(), |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        is_trace.then_some("the method is not available")
    });
    let define = format!("{} --rpc-url {}", either(&fixture), relay.endpoint());
    one_exists(&in_one_block(&fixture, &define), "DefinitionExists");
    let requests = relay.methods();
    let is_asked = requests
        .iter()
        .any(|method| method == "debug_traceTransaction");
    assert!(is_asked, "{requests:?}");
}

#[test]
fn a_mined_failure_that_nothing_explains_is_reported_as_that_and_nothing_is_sent_again() {
    let fixture = Fixture::timeless();
    let define = either(&fixture);
    let from = fixture.block();
    // It traces nothing, and does not answer the same call as of the block that holds it.
    let block = format!("{:#x}", from + 1);
    let call = hex::encode(abi::createDefinitionCall::SELECTOR);
    let relay = Relay::to(&fixture.sandbox.node.endpoint(), move |request: &Value| {
        let is_trace = request["method"].as_str()?.starts_with("debug_");
        let is_next = request["params"][1] == block.as_str();
        let is_same = is_next && request["params"][0].to_string().contains(&call);
        (is_trace || is_same).then_some("the method is not available")
    });
    let define = format!("{define} --rpc-url {}", relay.endpoint());
    let answers = in_one_block(&fixture, &define);
    let (_, late) = first_and_late(&answers);
    late.is(1, "Unexplained");
    assert_snapshot!(late.refusal(), @"
    message: define D0 reverted ([hash]), and the reason is unknown: http://127.0.0.1:[port] refused define D0: the method is not available (code -32000)
    expected: an endpoint that traces transactions, or has the state of the block before
    found: http://127.0.0.1:[port] refused define D0: the method is not available (code -32000)
    next: trace [hash] with another endpoint (debug_traceTransaction)
    ");
    assert!(!late.said("expected").is_empty() && !late.said("next").is_empty());
    assert_eq!(
        fixture.block() - from,
        1,
        "one block, with both transactions"
    );
}

#[test]
fn who_approves_in_the_block_in_which_another_cancels_learns_it() {
    let fixture = Fixture::timeless();
    let (sandbox, name) = (&fixture.sandbox, fixture.defined());
    fixture.hand_over(&name, "migrate", "AND(Admin,Admin2,Admin3)");
    let action = sandbox.action("Admin", &fixture.migrate(&name));
    sandbox.automine(false);
    let cancel = sandbox.start_heard("Admin", &format!("cancel {action}"));
    sandbox.until_pooled(1);
    let approve = sandbox.start_heard("Admin2", &format!("approve {action}"));
    sandbox.until_pooled(2);
    sandbox.mine();
    sandbox.automine(true);
    let [cancelled, approved] = [cancel, approve].map(Heard::answer);
    cancelled.ends(0);
    let admin = fixture.account("Admin").to_string();
    match approved.exit {
        Some(1) => {
            approved.is(1, "ActionNotFound");
            approved.says("message", &["cancelled", &admin]);
        }
        // Its gas was enough to propose the same call once more.
        _ => {
            let document = approved.ends(3);
            document.has(json!({"ended_before": action}));
            assert_ne!(document["action"], action);
        }
    }
}

#[test]
fn of_two_who_may_each_do_it_alone_the_second_learns_that_it_is_there() {
    let fixture = Fixture::timeless();
    let name = fixture.defined();
    for role in ["migrate", "create"] {
        fixture.hand_over(&name, role, "OR(Admin,Admin2)");
    }
    let register = |name: &str| fixture.migrate(name).replace("migrate D", "register D");
    // The layout is published here, so each of the two below sends one transaction.
    fixture.sandbox.done("Admin", &register(&fixture.defined()));
    let register = register(&name);
    one_exists(&in_one_block(&fixture, &register), "VersionExists");
    let create = format!("create-proxy {name} 1.0 --salt 7 --init initialize(uint256) 7");
    one_exists(&in_one_block(&fixture, &create), "ProxyExists");
}
