//! What is not exported.

use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::rpc::types::TransactionRequest;

use super::fixture::{Answer, Fixture, text};

/// Names the refusal of a command; nothing is written.
fn refused(fixture: &Fixture, answer: &Answer) -> (Option<i32>, String) {
    assert!(
        !fixture.path("call").exists(),
        "a file was written: {answer:?}"
    );
    let name = text(&answer.document["error"], "name");
    (answer.exit, name.to_owned())
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 29 s"]
async fn what_an_approver_could_not_send_is_not_written() {
    let fixture = Fixture::new().await;
    let together = fixture.owner(1).address();
    fixture.decided_with(together);
    let register = ["register", "A", "1.0", "counter-v1"];
    let export = |words: &[&str], who: &str| {
        fixture.run(&[words, &["--as", who, "--export", "call"]].concat())
    };
    let is = |answer: &Answer, exit: i32, name: &str| {
        assert_eq!(refused(&fixture, answer), (Some(exit), name.to_owned()));
    };
    let stranger = Address::repeat_byte(0x11).to_string();
    is(&export(&register, &stranger), 1, "NotAnApprover");
    let elsewhere = format!("arb1:{together}");
    is(&export(&register, &elsewhere), 1, "ExportChainId");
    let unknown = format!("somewhere:{together}");
    is(&export(&register, &unknown), 2, "ExportChainName");
    is(
        &export(&["status", "A"], "Together"),
        2,
        "ExportNotGoverned",
    );
    let alone = fixture.run(&[&register[..], &["--export", "call"]].concat());
    is(&alone, 2, "ExportIncomplete");
    let alone = fixture.run(&[&register[..], &["--as", "Together"]].concat());
    is(&alone, 2, "ExportIncomplete");
    let policy = ["policy", "update", "A", "AND(Admin,Together)"];
    is(&export(&policy, "Admin"), 1, "ExportNothing");
    let create = [
        "create-proxy",
        "A",
        "1.0",
        "--accept=initializer-omitted",
        "--save",
        "mine",
    ];
    is(&export(&create, "Admin"), 2, "ExportSave");

    fixture.approved(&register);
    is(&export(&register, "Admin"), 1, "AlreadyApproved");
    let here = format!("eip155:412346:{together}");
    assert_eq!(export(&register, &here).exit, Some(0));
    assert!(fixture.path("call").exists());
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 22 s"]
async fn an_approver_with_a_key_of_its_own_is_no_contract_that_is_missing() {
    let fixture = Fixture::new().await;
    let together = fixture.owner(1);
    fixture.decided_with(together.address());
    let words = ["register", "A", "1.0", "counter-v1"];
    let words = [&words[..], &["--as", "Together", "--export", "call"]].concat();
    let unseen = fixture.run(&words);
    assert_eq!(unseen.exit, Some(0), "{unseen:?}");
    let warning = "has neither code nor transactions on this chain";
    let named = format!("warning: Together ({}) {warning}", together.address());
    assert!(unseen.said.contains(&named), "{}", unseen.said);

    let own = fixture.client.with_signer(together);
    let nothing = TransactionRequest::default().with_to(Address::repeat_byte(7));
    own.transact("nothing", nothing).await.expect("sent");
    let known = fixture.run(&words);
    assert_eq!(known.exit, Some(0), "{known:?}");
    assert!(!known.said.contains("warning"), "{}", known.said);
}
