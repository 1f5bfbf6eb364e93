//! Initializers that stay open after an upgrade, though nobody tries them with what they ask.

use crate::prelude::*;

use super::adopted::ABSENT;
use super::exchanged;
use super::fixture::Fixture;
use crate::command::key_file;

/// The slot of `_initialized` in the contracts of `Exchanged.sol`.
const MARK: u8 = 2;

#[tokio::test]
async fn an_initializer_that_stays_open_is_told_whatever_it_asks() {
    let fixture = Fixture::new().await;
    let tools = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi", "metadata", "evm"];
    let info = exchanged::compiled(tools.path(), &outputs);
    std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
    let code = |name: &str| exchanged::code(&info, name);
    let [first, keyed, computed] = [
        fixture.create("the first", code("Marked")).await,
        fixture.create("the next", code("Keyed")).await,
        fixture.create("another", code("Computed")).await,
    ];
    let together = fixture.owner(1);
    key_file(&fixture.path("together"), &together);
    fixture.decided_with(together.address());
    fixture.done("policy update A Admin");
    fixture.done(&format!(
        "migrate A 1.0 {first} --layout info.json:Marked {ABSENT}"
    ));
    let created = fixture.done("create-proxy A 1.0 --kind evm --accept initializer-omitted");
    let proxy: Address = text(&created, "proxy").parse().expect("an address");
    let mark = async |number: u8| {
        let word = B256::with_last_byte(number);
        let set = (proxy, B256::with_last_byte(MARK), word);
        fixture.request("anvil_setStorageAt", set).await;
    };

    let plan = |name: &str, code: Address| {
        let answer = fixture.run(&format!(
            "plan A 2.0 {code} --layout info.json:{name} {ABSENT}"
        ));
        answer.document.to_string()
    };
    mark(1).await;
    let open = "initializer-open:Keyed.again";
    let told = plan("Keyed", keyed);
    assert!(
        told.contains(open) && told.contains("_initialized is 1"),
        "{told}"
    );
    mark(2).await;
    let told = plan("Keyed", keyed);
    assert!(!told.contains("initializer-open"), "{told}");
    let told = plan("Computed", computed);
    let not_read = "not checked: whether Computed.again can still be called";
    assert!(told.contains(not_read), "{told}");

    // An instance that is not tried keeps something, too.
    fixture.done("create-proxy A 1.0 --kind evm --accept initializer-omitted");
    let told = fixture
        .run(&format!(
            "plan A 2.0 {keyed} --layout info.json:Keyed --instances 1 {ABSENT}"
        ))
        .document
        .to_string();
    assert!(
        told.contains(open) && told.contains("_initialized is 0"),
        "{told}"
    );

    // Each approver is asked.
    mark(1).await;
    fixture.done("policy update A AND(Admin,Together)");
    let migrate = format!("migrate A 2.0 {keyed} --layout info.json:Keyed {ABSENT}");
    let refused = fixture.run(&migrate);
    refused.is_refused("InitializerOpen");
    let proposed = fixture.run(&format!("{migrate} --accept {open}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    let review = "--layout info.json:Keyed --private-key-path together --dry-run";
    let approve = format!("approve {action} {review} {ABSENT}");
    fixture.keyless(&approve).is_refused("InitializerOpen");
    let approved = fixture.keyless(&format!("{approve} --accept {open}"));
    approved.ends_with(0);

    // Proposer and approver are told the same of code that an older version has, too.
    fixture.done("policy update A Admin");
    let accepted = format!("--accept {open}");
    fixture.done(&format!("{migrate} {accepted}"));
    // The second instance was never initialized.
    let lost = "--accept function-removed:again(bytes,uint256),initializer-open:Marked.initialize";
    fixture.done(&format!(
        "migrate A 3.0 {first} --layout info.json:Marked {ABSENT} {lost}"
    ));
    fixture.done("policy update A AND(Admin,Together)");
    let back = format!("migrate A 4.0 {keyed} --layout info.json:Keyed {ABSENT}");
    fixture.run(&back).is_refused("InitializerOpen");
    let proposed = fixture.run(&format!("{back} {accepted}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    let approve = format!("approve {action} {review} {ABSENT}");
    fixture.keyless(&approve).is_refused("InitializerOpen");
    let approved = fixture.keyless(&format!("{approve} {accepted}"));
    approved.ends_with(0);
}
