//! Initializers that stay open after an upgrade, though nobody tries them with what they ask.

use crate::prelude::*;

use super::adopted::{ABSENT, registered};
use super::adopter::given;
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
        fixture.run(&format!(
            "plan A 2.0 {code} --layout info.json:{name} {ABSENT}"
        ))
    };
    mark(1).await;
    let open = "initializer-open:Keyed.again";
    let told = plan("Keyed", keyed);
    assert!(told.error("next").contains(open), "{told:?}");
    assert_snapshot!(told.refusal(), @"
    message: Keyed.again can still be called once [address] is upgraded, by any caller that meets its conditions: _initialized is 1
    expected: _initialized of at least 2, which Keyed.again leaves there
    found: 1
    next: call it in the upgrade (--call); to accept it: --accept initializer-open:Keyed.again
    ");
    mark(2).await;
    let told = plan("Keyed", keyed).document.to_string();
    assert!(!told.contains("initializer-open"), "{told}");
    let told = plan("Computed", computed).document.to_string();
    let not_read = "not checked: whether Computed.again can still be called";
    assert!(told.contains(not_read), "{told}");

    // An instance that is not tried keeps something, too.
    fixture.done("create-proxy A 1.0 --kind evm --accept initializer-omitted");
    let told = fixture.run(&format!(
        "plan A 2.0 {keyed} --layout info.json:Keyed --instances 1 {ABSENT}"
    ));
    assert!(told.error("next").contains(open), "{told:?}");
    assert_snapshot!(told.refusal(), @"
    message: Keyed.again can still be called once [address] is upgraded, by any caller that meets its conditions: _initialized is 0
    expected: _initialized of at least 2, which Keyed.again leaves there
    found: 0
    next: call it in the upgrade (--call); to accept it: --accept initializer-open:Keyed.again
    ");

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

#[tokio::test]
async fn an_initializer_that_can_never_run_is_told() {
    let fixture = Fixture::new().await;
    let names = [
        "Marked", "Weighed", "Measured", "Reused", "Twins", "Passing",
    ];
    let [first, weighed, measured, reused, twins, passing] = placed(&fixture, names).await;
    registered(&fixture, first, "info.json:Marked").await;
    let proxy = given(&fixture, first).await;
    let set = (proxy, B256::with_last_byte(MARK), B256::with_last_byte(1));
    fixture.request("anvil_setStorageAt", set).await;
    fixture.done(&format!(
        "adopt A {proxy} 1.0 --layout info.json:Marked --runs-layout info.json:Marked {ABSENT}"
    ));
    let run = |command: &str, name: &str, code: Address, rest: &str| {
        fixture.run(&format!(
            "{command} A 2.0 {code} --layout info.json:{name} {ABSENT},arrival:{proxy} {rest}"
        ))
    };

    // `weigh` leaves 2, `measure` leaves 3: after it, `weigh` is lost.
    let jump = "--foreign --call measure(uint256) 9";
    let skipped = "initializer-skipped:Weighed.weigh";
    let mut texts = Vec::new();
    for command in ["plan", "migrate"] {
        let refused = run(command, "Measured", measured, jump);
        refused.is_refused("InitializerSkipped");
        let told = refused.document.to_string();
        assert!(told.contains(skipped), "{told}");
        texts.push(refused.refusal());
    }
    assert_snapshot!(texts.join("\n\n"));
    let twin = "--foreign --call weigh(uint256) 9";
    let refused = run("plan", "Twins", twins, twin);
    refused.is_refused("InitializerSkipped");
    let told = refused.document.to_string();
    assert!(told.contains("initializer-skipped:Twins.measure"), "{told}");
    let refused = run(
        "plan",
        "Passing",
        passing,
        "--foreign --call pass(uint256) 9",
    );
    refused.is_refused("InitializerSkipped");
    let told = refused.document.to_string();
    assert!(told.contains(skipped), "{told}");
    let both = "--foreign --call weighAndMeasure(uint256) 9";
    run("plan", "Measured", measured, both).ends_with(0);
    let accepted = format!("--accept {skipped} {jump}");
    run("plan", "Measured", measured, &accepted).ends_with(0);

    // The next code uses the number of `weigh` once more, and that of `initialize` under another name. Where only the
    // arguments of `initialize` are others, it is for new instances.
    run(
        "migrate",
        "Weighed",
        weighed,
        "--foreign --call weigh(uint256) 7",
    )
    .ends_with(0);
    let refused = fixture.run(&format!(
        "plan A 3.0 {reused} --layout info.json:Reused {ABSENT},arrival:{proxy}"
    ));
    let told = refused.document.to_string();
    refused.is_refused("InitializerSpent");
    assert!(
        told.contains("initializer-spent:Reused.weighAgain"),
        "{told}"
    );
    assert!(told.contains("initializer-spent:Reused.begin"), "{told}");
    assert!(!told.contains("Reused.initialize"), "{told}");
    let next = format!(
        "plan A 3.0 {measured} --layout info.json:Measured {ABSENT},arrival:{proxy} {jump}"
    );
    fixture.run(&next).ends_with(0);
}

/// Code of `Exchanged.sol` that is on the chain, with its build-info beside the manifest.
async fn placed<const N: usize>(fixture: &Fixture, names: [&str; N]) -> [Address; N] {
    let tools = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi", "metadata", "evm"];
    let info = exchanged::compiled(tools.path(), &outputs);
    std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
    let mut placed = [Address::ZERO; N];
    for (place, name) in placed.iter_mut().zip(names) {
        *place = fixture.create(name, exchanged::code(&info, name)).await;
    }
    placed
}

#[tokio::test]
async fn an_initializer_that_stays_open_on_a_new_instance_is_told() {
    let fixture = Fixture::new().await;
    let [keyed, marked] = placed(&fixture, ["Keyed", "Marked"]).await;
    registered(&fixture, keyed, "info.json:Keyed").await;
    fixture.done(&format!("register A 2.0 {marked} --layout info.json:Marked {ABSENT} --accept function-removed:again(bytes,uint256)"));
    let create = |version: &str, name: &str| {
        format!(
            "create-proxy A {version} --kind evm --init initialize() --layout info.json:{name} {ABSENT}"
        )
    };
    let refused = fixture.run(&create("1.0", "Keyed"));
    refused.is_refused("InitializerOpen");
    let open = "initializer-open:Keyed.again";
    assert!(refused.error("next").contains(open), "{refused:?}");
    assert_snapshot!(refused.refusal(), @"
    message: Keyed.again can still be called once [address] is created, by any caller that meets its conditions: _initialized is 1
    expected: _initialized of at least 2, which Keyed.again leaves there
    found: 1
    next: run it at the creation (--init), or register code whose initializer leaves that number; to accept it: --accept initializer-open:Keyed.again
    ");
    let unknown = format!("create-proxy A 1.0 --kind evm --init initialize() --dry-run {ABSENT}");
    let told = fixture.done(&unknown).to_string();
    assert!(told.contains("not checked: which initializers"), "{told}");
    // A file of other code is none of this.
    let other = fixture.run(&create("1.0", "Marked"));
    other.is_refused("LayoutOfOther");
    fixture.done(&format!("{} --accept {open}", create("1.0", "Keyed")));
    fixture.done(&create("2.0", "Marked"));
    // Nobody runs it: anybody can.
    let bare =
        "create-proxy A 2.0 --kind evm --layout info.json:Marked --accept initializer-omitted";
    let refused = fixture.run(bare);
    refused.is_refused("InitializerOpen");
    let told = refused.document.to_string();
    assert!(
        told.contains("initializer-open:Marked.initialize"),
        "{told}"
    );
}

#[tokio::test]
async fn an_initializer_that_stays_open_on_an_adopted_proxy_is_told_before_and_after() {
    let fixture = Fixture::new().await;
    let [before, keyed, other] = placed(&fixture, ["Marked", "Keyed", "Keyed"]).await;
    registered(&fixture, keyed, "info.json:Keyed").await;
    let mark = async |proxy: Address, number: u8| {
        let word = B256::with_last_byte(number);
        let set = (proxy, B256::with_last_byte(MARK), word);
        fixture.request("anvil_setStorageAt", set).await;
    };
    let adopt = |proxy: Address, runs: &str, accept: &str| {
        fixture.run(&format!("adopt A {proxy} 1.0 --layout info.json:Keyed --runs-layout info.json:{runs} --dry-run {ABSENT} {accept}"))
    };
    let open = "initializer-open:Keyed.again";
    // It runs that code already.
    let same = given(&fixture, other).await;
    mark(same, 1).await;
    let told = adopt(same, "Keyed", "");
    assert_eq!(told.error("name"), "Unconfirmed", "{told:?}");
    assert_snapshot!(told.refusal(), @"
    message: Keyed.again can still be called of [address], as it is, by any caller that meets its conditions: _initialized is 1
    expected: --accept initializer-open:Keyed.again
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept initializer-open:Keyed.again
    ");
    let told = told.document.to_string();
    assert!(told.contains(open), "{told}");
    mark(same, 2).await;
    adopt(same, "Keyed", "").ends_with(0);

    // Of what it runs nothing is open, and of the version something is.
    let proxy = given(&fixture, before).await;
    mark(proxy, 1).await;
    let told = adopt(proxy, "Marked", "");
    assert_eq!(told.error("name"), "Unconfirmed", "{told:?}");
    assert_snapshot!(told.refusal(), @"
    message: Keyed.again can still be called once [address] is adopted, by any caller that meets its conditions: _initialized is 1
    expected: --accept initializer-open:Keyed.again
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept initializer-open:Keyed.again
    ");
    let told = told.document.to_string();
    assert!(told.contains(open), "{told}");
    adopt(proxy, "Marked", &format!("--accept {open}")).ends_with(0);
    mark(proxy, 0).await;
    let told = adopt(proxy, "Marked", &format!("--accept {open}"));
    assert_eq!(told.error("name"), "Unconfirmed", "{told:?}");
    let told = told.document.to_string();
    assert!(
        told.contains("initializer-open:Marked.initialize"),
        "{told}"
    );
    mark(proxy, 2).await;
    adopt(proxy, "Marked", "").ends_with(0);
}
