//! Proxies of OpenZeppelin from npm become instances, by the command line.

use crate::prelude::*;
use stylus_upgrades::build::evm;
use stylus_upgrades::registry::{decides, given_to, registry_of};
use stylus_upgrades_interface::adopted::{IOwnable, IProxyAdmin, IUpgradeableProxy};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;
use stylus_upgrades_tests::contracts::folder;
use stylus_upgrades_tests::peers::{IBox, TRANSPARENT_5, UUPS_5};

use super::fixture::Fixture;
use crate::console::process::Console;

/// What nobody can check of code that others compiled, said on purpose.
pub(super) const ABSENT: &str =
    "--accept absent:source,absent:interface,absent:steps,absent:live-instances,absent:code";
const LOST: &str = "--accept function-removed:initialize(uint256)";
const NO_SOURCE: &str = "--accept absent:source,absent:code";
const NO_INTERFACE: &str = "--accept absent:source,absent:interface,absent:code";
const NO_STEPS: &str = "--accept absent:source,absent:interface,absent:steps";

/// Deploys a compiled contract, and writes its layout with its interface beside the manifest. It has no
/// namespaces, and the layout says so as upgrades-core does.
pub(super) async fn deployed(fixture: &Fixture, name: &str) -> Address {
    let solidity = Solidity::compile(&Lines).expect("compiled");
    let contract = solidity.contract(name).expect("it");
    let mut layout = contract.layout.clone();
    layout["namespaces"] = json!({});
    let known = json!({ "abi": contract.abi, "layout": layout });
    std::fs::write(fixture.path(&format!("{name}.json")), known.to_string()).expect("written");
    fixture.create(name, contract.creation.clone()).await
}

/// Whether all of a command's checks hold.
fn holds(document: &Value) -> bool {
    let checks = document["checks"].as_array().expect("checks");
    !checks.is_empty() && checks.iter().all(|check| check["ok"] == true)
}

/// A definition `A` that Admin decides alone, with version 1.0 at that code.
pub(super) async fn registered(fixture: &Fixture, code: Address, layout: &str) {
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    fixture.done(&format!("register A 1.0 {code} --layout {layout} {ABSENT}"));
}

/// A transparent proxy over that code, which holds 7, and its ProxyAdmin, which Admin owns.
async fn transparent(fixture: &Fixture, code: Address) -> (Address, Address) {
    let start = U256::from(7);
    transparent_with(fixture, code, &IBox::initialize_0Call { start }).await
}

/// The same with a call that initializes it.
pub(super) async fn transparent_with(
    fixture: &Fixture,
    code: Address,
    init: &impl SolCall,
) -> (Address, Address) {
    created_with(fixture, code, init.abi_encode()).await
}

/// The same with a call that changes nothing.
pub(super) async fn transparent_asking(
    fixture: &Fixture,
    code: Address,
    getter: &impl SolCall,
) -> (Address, Address) {
    created_with(fixture, code, getter.abi_encode()).await
}

async fn created_with(fixture: &Fixture, code: Address, init: Vec<u8>) -> (Address, Address) {
    let arguments = (code, fixture.owner(0).address(), Bytes::from(init)).abi_encode_params();
    let proxy = fixture.deploy(TRANSPARENT_5, &arguments).await;
    let admin = fixture.client.storage(proxy, slots::ADMIN).await;
    (proxy, Address::from_word(admin.expect("a slot")))
}

/// Admin gives the ownership of a ProxyAdmin, or of a UUPS proxy, to the admin of a definition.
pub(super) async fn give(fixture: &Fixture, owned: Address, name: &str) {
    let give = calls::give_to(given_to(fixture.registry(), name));
    fixture.send(owned, &give).await;
}

/// Whether that proxy holds that number in both forms.
async fn doubled(fixture: &Fixture, proxy: Address) -> Option<U256> {
    let doubled = fixture.client.call(proxy, &IBox::doubledCall {}).await;
    doubled.ok()
}

/// Accepts that a proxy came from elsewhere.
fn arrived(proxy: Address) -> String {
    format!("--accept arrival:{proxy}")
}

/// No findings of `doctor` but that this proxy came from elsewhere, which is accepted.
fn assert_healthy(fixture: &Fixture, proxy: Address) {
    let examined = fixture.run("doctor");
    examined.ends_with(1);
    assert_eq!(examined.error("name"), "Arrival", "{examined:?}");
    let examined = fixture.done(&format!("doctor {}", arrived(proxy)));
    let found = examined["findings"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{examined}");
    assert_eq!(found[0]["id"], json!(format!("arrival:{proxy}")));
    assert_eq!(found[0]["severity"], "note");

    // The project answers for it once, in its manifest.
    let manifest = fixture.path("stylus-upgrades.toml");
    let before = std::fs::read_to_string(&manifest).expect("it");
    let with_arrival = format!("arrivals = [\"{proxy}\"]\n{before}");
    std::fs::write(&manifest, with_arrival).expect("written");
    fixture.done("doctor");
    std::fs::write(&manifest, before).expect("written");
}

/// Asserts that what a command decides holds already.
async fn sends_nothing(fixture: &Fixture, words: &str) {
    let before = fixture.client.newest_block().await.ok();
    let again = fixture.done(words);
    assert_eq!(again["executed"], true, "{again}");
    assert_eq!(again.get("tx"), None, "{again}");
    assert_eq!(fixture.client.newest_block().await.ok(), before);
}

async fn assert_paused(fixture: &Fixture, proxy: Address) {
    let paused = fixture.client.call(proxy, &IBox::valueCall {}).await;
    paused.expect_err("it is paused");
}

async fn value(fixture: &Fixture, proxy: Address) -> U256 {
    let value = fixture.client.call(proxy, &IBox::valueCall {}).await;
    value.expect("a value")
}

#[tokio::test]
async fn a_transparent_proxy_is_adopted_upgraded_and_given_back() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "Box").await;
    let before = deployed(&fixture, "Box").await;
    registered(&fixture, first, "Box.json").await;
    let owner = fixture.owner(0).address();
    let (proxy, admin) = transparent(&fixture, first).await;
    // its owner upgrades it by his own means
    let upgrade = IProxyAdmin::upgradeAndCallCall {
        proxy,
        implementation: before,
        data: Bytes::new(),
    };
    fixture.send(admin, &upgrade).await;

    let adopted = proxy.to_string();
    let adopt = format!("adopt A {adopted} 1.0 {NO_SOURCE}");
    let early = fixture.run(&adopt);
    early.ends_with(3);
    assert_eq!(early.error("name"), "NotGiven");
    let registry = fixture.registry();
    let to = given_to(registry, "A");
    let order = format!("stylus-upgrades send {admin} \"transferOwnership(address)\" {to}");
    assert!(early.error("next").contains(&order), "{early:?}");
    give(&fixture, admin, "A").await;
    // another definition, whose code would fit, cannot take it
    fixture.done("define B --migrate Admin");
    fixture.done(&format!(
        "register B 1.0 {first} --layout Box.json {ABSENT}"
    ));
    let taken = fixture.run(&format!("adopt B {adopted} 1.0 {NO_SOURCE}"));
    assert_eq!(taken.error("name"), "NotGiven", "{taken:?}");
    let done = fixture.done(&adopt);
    sends_nothing(&fixture, &adopt).await;
    assert_eq!(text(&done, "admin").parse::<Address>().ok(), Some(to));
    assert_eq!(decides(&fixture.client, proxy).await.ok(), Some(to));
    assert_eq!(done["executed"], true, "{done}");
    let seen = registry_of(&fixture.client, proxy).await.ok();
    let seen = seen.map(|registry| registry.address);
    assert_eq!(seen, Some(registry));
    let status = fixture.done(&format!("status {adopted}"));
    let instance = &status["instance"];
    assert_eq!(text(instance, "kind"), "transparent-5");
    assert_eq!(text(instance, "version"), "1.0");
    let decides = text(instance, "registry").parse::<Address>();
    assert_eq!(decides.ok(), Some(registry));

    // storage of another contract is refused, that of the next one is not
    let shifted = deployed(&fixture, "Shifted").await;
    let migrate = format!("migrate A 2.0 {shifted} --layout Shifted.json {ABSENT}");
    fixture.run(&migrate).is_refused("LayoutRefused");
    let second = deployed(&fixture, "Box2").await;
    // Its functions are compared, by the ABI beside the layout.
    let accepts = "--accept absent:source,absent:steps,absent:live-instances,absent:code";
    let step = format!("{LOST} --call migrate() --foreign");
    let words = format!("A 2.0 {second} --layout Box2.json {accepts} {step}");
    let plan = format!("plan {words}");
    let refused = fixture.run(&plan);
    assert_eq!(refused.error("name"), "Arrival", "{refused:?}");
    let planned = fixture.done(&format!("{plan} {}", arrived(proxy)));
    assert_eq!(planned["instances"].as_array().map(Vec::len), Some(1));
    let migrated = fixture.done(&format!("migrate {words} {}", arrived(proxy)));
    assert!(holds(&migrated), "{migrated}");
    assert_eq!(doubled(&fixture, proxy).await, Some(U256::from(14)));
    let upgrade = fixture.run(&format!("upgrade {adopted} 1.0"));
    assert_eq!(upgrade.error("name"), "NoPath");
    fixture.done("pause A");
    assert_paused(&fixture, proxy).await;
    // Its next owner could not take it from the pause stub.
    let before = fixture.client.newest_block().await.ok();
    let refused = fixture.run(&format!("transfer {adopted} Admin"));
    refused.ends_with(1);
    assert_eq!(refused.error("name"), "UpgradeInProgress", "{refused:?}");
    assert_snapshot!(refused.refusal(), @"
    message: [address] is adopted and runs the pause stub, from which its next owner could not take it
    expected: a live instance
    found: paused
    next: nothing was sent; first resume it: stylus-upgrades resume A
    ");
    assert_eq!(fixture.client.newest_block().await.ok(), before);
    let verify = format!("verify A --framework {NO_STEPS} {}", arrived(proxy));
    assert!(holds(&fixture.done(&verify)));
    fixture.done(&format!("resume A {}", arrived(proxy)));
    assert_eq!(value(&fixture, proxy).await, U256::from(7));
    assert!(holds(&fixture.done(&verify)));
    let history = fixture.done("history A");
    assert!(holds(&history), "{history}");
    assert_healthy(&fixture, proxy);

    // an admin of a registry that nobody knows receives nothing
    let stranger = Address::repeat_byte(0x5a);
    let code = evm::admin_code(Address::repeat_byte(0x5b));
    fixture.request("anvil_setCode", (stranger, code)).await;
    let refused = fixture.run(&format!("transfer {adopted} {stranger}"));
    assert_eq!(refused.error("name"), "Missing", "{refused:?}");

    let back = fixture.done(&format!("transfer {adopted} Admin"));
    assert_eq!(back["executed"], true, "{back}");
    sends_nothing(&fixture, &format!("transfer {adopted} Admin")).await;
    let found = fixture.client.call(admin, &IOwnable::ownerCall {}).await;
    assert_eq!(found.ok(), Some(owner));
    let history = fixture.done("history A");
    assert!(holds(&history), "{history}");
}

/// Gives Admin's account an EIP-7702 designator, or takes it away.
async fn delegated(fixture: &Fixture, is_delegated: bool) {
    let code = match is_delegated {
        true => Bytes::from([&DESIGNATOR_PREFIX[..], &[7; 20]].concat()),
        false => Bytes::new(),
    };
    let account = fixture.owner(0).address();
    fixture.request("anvil_setCode", (account, code)).await;
}

/// That proxy alone waits, for an account without code.
fn waits_for_direct_call(waiting: &Value, proxy: &str) {
    let all = waiting.as_array().expect("a list");
    assert_eq!(all.len(), 1, "{waiting:#}");
    let found = text(&all[0], "proxy").to_lowercase();
    assert_eq!(found, proxy.to_lowercase());
    assert_eq!(all[0]["needs_direct_call"], true, "{waiting:#}");
}

#[tokio::test]
async fn an_adopted_proxy_waits_for_an_account_without_code_and_everybody_is_told() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "Box").await;
    registered(&fixture, first, "Box.json").await;
    let (proxy, admin) = transparent(&fixture, first).await;
    give(&fixture, admin, "A").await;
    let adopted = proxy.to_string();
    let adopt = format!("adopt A {adopted} 1.0 {NO_SOURCE}");

    delegated(&fixture, true).await;
    let early = fixture.run(&adopt);
    early.ends_with(3);
    assert_eq!(early.document["blocked_by"], "nothing", "{early:?}");
    // It was tried on: on the copy somebody without code executes it.
    assert!(early.document["not_tried"].is_null(), "{early:?}");
    let pending = fixture.done("pending A");
    let open = &pending["actions"][0];
    assert_eq!(open["blocked_by"], "nothing");
    assert_eq!(open["obstacle"]["name"], "DirectCallRequired");
    let action = text(open, "action");
    assert_snapshot!(masked(text(open, "next")), @"anybody executes it with a key whose account has no code: `stylus-upgrades execute [hash]`");
    let console = Console::start(fixture.folder(), &[]);
    let sender = fixture.owner(0).address();
    let path = format!("/action?id={action}&account={sender}");
    let told = console.get(&path).body;
    assert!(
        told.contains("anybody executes it with a key whose account has no code"),
        "{told}"
    );
    assert!(told.contains(">Execute<"), "{told}");
    delegated(&fixture, false).await;
    let approved = fixture.done(&format!("approve {action} {NO_INTERFACE}"));
    assert_eq!(approved["executed"], true, "{approved}");

    let second = deployed(&fixture, "Box2").await;
    let arrived = arrived(proxy);
    let migrate = format!("migrate A 2.0 {second} --layout Box2.json {ABSENT} {arrived}");
    delegated(&fixture, true).await;
    let waits = fixture.run(&format!("{migrate} {LOST} --call migrate() --foreign"));
    waits.ends_with(5);
    assert_eq!(waits.document["executed"], true);
    waits_for_direct_call(&waits.document["skipped"], &adopted);
    let status = fixture.done("status A");
    waits_for_direct_call(&status["definitions"][0]["waiting"], &adopted);
    let examined = fixture.run(&format!("doctor {arrived}"));
    let found = &examined.document["findings"][0];
    assert_eq!(
        found["id"],
        json!(format!("InstanceWaits:{proxy}")),
        "{examined:?}"
    );
    let rolled = fixture.run(&format!("upgrade A {ABSENT} {arrived}"));
    rolled.ends_with(5);

    delegated(&fixture, false).await;
    fixture.done(&format!("upgrade A {ABSENT} {arrived}"));
    assert_eq!(doubled(&fixture, proxy).await, Some(U256::from(14)));

    delegated(&fixture, true).await;
    let paused = fixture.run("pause A");
    paused.ends_with(5);
    waits_for_direct_call(&paused.document["waiting"], &adopted);
    assert_eq!(value(&fixture, proxy).await, U256::from(7), "it runs on");
    delegated(&fixture, false).await;
    let again = fixture.done("pause A");
    assert!(again["waiting"].is_null(), "{again}");
    assert_paused(&fixture, proxy).await;
    fixture.done(&format!("resume A {arrived}"));
    assert_healthy(&fixture, proxy);
}

/// A UUPS proxy over that code, which holds that number and which Admin owns.
async fn uups(fixture: &Fixture, code: Address, start: u64) -> Address {
    let init = IBox::initialize_1Call {
        start: U256::from(start),
        first: fixture.owner(0).address(),
    };
    let init = Bytes::from(init.abi_encode());
    let arguments = (code, init).abi_encode_params();
    fixture.deploy(UUPS_5, &arguments).await
}

/// A UUPS proxy over such code, which is an instance of `A`.
async fn adopted(fixture: &Fixture, name: &str) -> Address {
    let code = deployed(fixture, name).await;
    registered(fixture, code, &format!("{name}.json")).await;
    let proxy = uups(fixture, code, 7).await;
    give(fixture, proxy, "A").await;
    fixture.done(&format!("adopt A {proxy} 1.0 {NO_SOURCE}"));
    proxy
}

#[tokio::test]
async fn a_proxy_that_refuses_upgrades_is_not_given_away() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "UupsBox").await;
    let stuck = deployed(&fixture, "Stuck").await;
    registered(&fixture, first, "UupsBox.json").await;
    let proxy = uups(&fixture, first, 7).await;
    let upgrade = IUpgradeableProxy::upgradeToAndCallCall {
        implementation: stuck,
        data: Bytes::new(),
    };
    fixture.send(proxy, &upgrade).await;
    let refused = fixture.run(&format!("adopt A {proxy} 1.0 {NO_SOURCE}"));
    refused.ends_with(3);
    assert_eq!(refused.error("name"), "AdoptionFails", "{refused:?}");
    assert_snapshot!(refused.refusal(), @r#"
    message: [address] cannot be adopted: tried on a copy of block [number] adopt [address] would be refused: Error("stuck")
    expected: a proxy that can be handed over and upgraded
    found: "stuck"
    next: nothing was sent; do not give it away: A could not give it back
    "#);
}

#[tokio::test]
async fn what_anybody_can_do_to_a_proxy_is_told_before_it_is_adopted() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "OpenBox").await;
    registered(&fixture, first, "OpenBox.json").await;
    let proxy = uups(&fixture, first, 7).await;
    let adopt = format!("adopt A {proxy} 1.0 {NO_SOURCE}");
    let refused = fixture.run(&adopt);
    assert_eq!(refused.error("name"), "Unconfirmed", "{refused:?}");
    let open = "stranger:upgradeToAndCall(address,bytes)";
    assert!(refused.error("expected").contains(open), "{refused:?}");
    let told = refused.document.to_string();
    assert!(!told.contains("transferOwnership"), "{told}");
    // Who knows it and accepts it is told how, and that all of it was tried.
    let early = fixture.run(&format!("{adopt},{open}"));
    assert_eq!(early.error("name"), "NotGiven", "{early:?}");
    assert_snapshot!(early.refusal(), @r#"
    message: [address] is upgraded by [address], not by [address]
    expected: [address], the admin of A
    found: [address]
    next: nothing was sent. Once it is given away, only A can give it back (stylus-upgrades transfer). Hand-over and adoption went through on a copy of block [number]; first send from [address]: stylus-upgrades send [address] "transferOwnership(address)" [address]
    "#);
    give(&fixture, proxy, "A").await;
    let refused = fixture.run(&adopt);
    assert!(refused.error("expected").contains(open), "{refused:?}");
    // An initializer that nobody has called.
    let code = deployed(&fixture, "UupsBox").await;
    fixture.done(&format!(
        "register A 1.1 {code} --layout UupsBox.json {ABSENT}"
    ));
    let proxy = uups(&fixture, code, 0).await;
    let refused = fixture.run(&format!("adopt A {proxy} 1.1 {NO_SOURCE}"));
    let open = "stranger:initialize(uint256,address)";
    assert!(refused.error("expected").contains(open), "{refused:?}");
}

/// What a proxy keeps decides what anybody can do to it: of two with the same code the second one is open.
#[tokio::test]
async fn what_anybody_can_do_to_one_instance_of_several_is_told_before_the_upgrade() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "UupsBox").await;
    registered(&fixture, code, "UupsBox.json").await;
    let proxies = [uups(&fixture, code, 7).await, uups(&fixture, code, 8).await];
    for proxy in proxies {
        give(&fixture, proxy, "A").await;
        fixture.done(&format!("adopt A {proxy} 1.0 {NO_SOURCE}"));
    }
    let next = deployed(&fixture, "UupsBox").await;
    let [first, second] = proxies;
    let plan = format!(
        "plan A 2.0 {next} --layout UupsBox.json {ABSENT} --accept arrival:{first},arrival:{second}"
    );
    let open = "stranger:initialize(uint256,address)";
    let closed = fixture.run(&plan);
    assert!(!closed.document.to_string().contains(open), "{closed:?}");
    // What its initializer asks: `value`, which is nothing again.
    let nobody = (second, B256::with_last_byte(1), B256::ZERO);
    fixture.request("anvil_setStorageAt", nobody).await;
    let planned = fixture.run(&plan);
    let told = planned.document.to_string();
    let of_second = format!("{second}, once upgraded");
    assert!(told.contains(open), "{planned:?}");
    assert!(told.contains(&of_second), "{planned:?}");
}

#[tokio::test]
async fn a_uups_proxy_that_runs_other_code_is_adopted_once_its_layout_is_compared() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "UupsBox").await;
    let second = deployed(&fixture, "UupsBox2").await;
    registered(&fixture, second, "UupsBox2.json").await;
    let init = IBox::initialize_1Call {
        start: U256::from(7),
        first: fixture.owner(0).address(),
    };
    let init = Bytes::from(init.abi_encode());
    let arguments = (first, init).abi_encode_params();
    let proxy = fixture.deploy(UUPS_5, &arguments).await;
    give(&fixture, proxy, "A").await;
    let adopted = proxy.to_string();
    let adopt = format!("adopt A {adopted} 1.0 {NO_SOURCE}");
    let refused = fixture.run(&adopt);
    assert_eq!(refused.error("name"), "LayoutNotCompared");
    // Nobody knows the functions of either code, so nobody compared what callers lose.
    let adopt = format!("{adopt} --runs-layout UupsBox.json");
    let refused = fixture.run(&adopt);
    assert_eq!(refused.error("name"), "NotChecked", "{refused:?}");
    assert_snapshot!(refused.refusal(), @"
    message: functions cannot be checked: the functions, events and errors of what it runs are neither published nor kept here: nobody compared what callers lose
    expected: functions known
    found: interface: the functions, events and errors of what it runs are neither published nor kept here: nobody compared what callers lose
    next: name the folder of its sources (of an action: --source DIR; of Solidity: --layout BUILD_INFO:NAME, with its solc in PATH), or compare the sources of both versions (of check: --against git:REVISION, or a version whose files are committed to the default branch); to accept it: --accept absent:interface
    ");
    let done = fixture.done(&format!("{adopt} --accept absent:interface"));
    assert_eq!(done["executed"], true, "{done}");
    assert_eq!(done["coverage"]["interface"], "absent", "{done}");
    let status = fixture.done(&format!("status {adopted}"));
    assert_eq!(text(&status["instance"], "kind"), "uups");
    assert_eq!(value(&fixture, proxy).await, U256::from(7));
    let arrived = arrived(proxy);
    fixture.done("pause A");
    fixture.done(&format!("resume A {arrived}"));
    // What such a proxy asks the code that comes is no call that could be answered otherwise.
    let next = deployed(&fixture, "UupsBox2").await;
    let plan = format!("plan A 2.0 {next} --layout UupsBox2.json {ABSENT}");
    let step = "--call migrate() --foreign";
    let planned = fixture.done(&format!("{plan} {step} {arrived}"));
    assert_eq!(planned["instances"].as_array().map(Vec::len), Some(1));
    let reads = planned["reads"].as_array().expect("what it reads");
    let no_calls = |one: &Value| one["calls"] == Value::Array(vec![]);
    assert!(reads.iter().all(no_calls), "{planned:#}");
    let verify = format!("verify A {NO_STEPS} {arrived}");
    assert!(holds(&fixture.done(&verify)));
    assert_healthy(&fixture, proxy);
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 47 s"]
async fn a_new_field_of_an_adopted_proxy_on_bytes_that_are_not_zero_is_refused() {
    let fixture = Fixture::new().await;
    let old = deployed(&fixture, "Box").await;
    let new = deployed(&fixture, "Box2").await;
    registered(&fixture, new, "Box2.json").await;
    let (proxy, admin) = transparent(&fixture, old).await;
    // Its owner has run the new code before, and went back.
    let migrate = IBox::migrateCall {}.abi_encode();
    for (implementation, data) in [(new, migrate), (old, Vec::new())] {
        let upgrade = IProxyAdmin::upgradeAndCallCall {
            proxy,
            implementation,
            data: data.into(),
        };
        fixture.send(admin, &upgrade).await;
    }
    give(&fixture, admin, "A").await;
    let adopt = format!("adopt A {proxy} 1.0 --runs-layout Box.json {NO_INTERFACE}");
    let refused = fixture.run(&adopt);
    refused.is_refused("DirtyField");
    let word = |number| B256::from(U256::from(number));
    let found = format!("doubled: slot {} of {proxy} holds {}", word(1), word(14));
    assert_eq!(refused.error("found"), found);

    let done = fixture.done(&format!("{adopt} --accept dirty:doubled"));
    assert_eq!(done["executed"], true, "{done}");
    assert_eq!(done["storage"][0]["accepted"][0]["id"], "dirty:doubled");
    assert_eq!(done["coverage"]["live_instances"], "complete", "{done}");
    assert_eq!(doubled(&fixture, proxy).await, Some(U256::from(14)));
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 79 s"]
async fn a_program_whose_constructor_anybody_could_run_in_the_proxy_is_not_adopted() {
    let fixture = Fixture::new().await;
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    // a program with the SDK's #[constructor]
    let hostile = folder("hostile").display().to_string();
    fixture.done(&format!("register A 1.0 {hostile} {ABSENT}"));
    let (proxy, admin) = transparent(&fixture, deployed(&fixture, "Box").await).await;
    give(&fixture, admin, "A").await;
    let adopted = proxy.to_string();
    let adopt = format!("adopt A {adopted} 1.0 {NO_SOURCE}");
    let owner = fixture.owner(0).address();
    let before = fixture.client.transactions_of(owner).await;
    let uncompared = "--accept not-compared,absent:interface";
    let refused = fixture.run(&format!("{adopt} {uncompared}"));
    refused.is_refused("ConstructorOpen");
    let after = fixture.client.transactions_of(owner).await;
    assert_eq!(after.ok(), before.ok(), "something was sent");

    // Nor does an instance get to it later.
    let box_2 = deployed(&fixture, "Box2").await;
    fixture.done("define B --migrate Admin");
    let register = format!("register B 1.0 {box_2} --layout Box2.json");
    fixture.done(&format!("{register} {ABSENT}"));
    let (other, admin) = transparent(&fixture, deployed(&fixture, "Box").await).await;
    give(&fixture, admin, "B").await;
    let first = format!("adopt B {other} 1.0 --runs-layout Box.json");
    fixture.done(&format!("{first} {NO_INTERFACE}"));
    let migrate = format!("migrate B 2.0 {hostile} --accept=migration-omitted {ABSENT}");
    let refused = fixture.run(&migrate);
    assert_eq!(refused.error("name"), "LayoutRefused", "{refused:?}");
    let allow = refused.accepts();
    // Its migration of the same name is no function that callers can use.
    let lost = ["doubled", "value", "add", "migrate"];
    let lost = lost.map(|one| format!("--accept function-removed:{one}()"));
    let lost = lost.join(" ");
    let refused = fixture.run(&format!("{migrate} {allow} {lost}"));
    assert_eq!(refused.error("name"), "ConstructorOpen", "{refused:?}");

    // Once it has run in the proxy's storage it marks that itself.
    let mark = (proxy, slots::CONSTRUCTED, slots::CONSTRUCTED_SET);
    fixture.request("anvil_setStorageAt", mark).await;
    let later = fixture.run(&adopt);
    assert_eq!(later.error("name"), "LayoutNotCompared", "{later:?}");
}

/// A call that gives control away is reported, also behind the contract's own pause; a function for everybody is not.
#[tokio::test]
async fn control_that_anybody_can_take_is_reported_before_the_upgrade() {
    let fixture = Fixture::new().await;
    let proxy = adopted(&fixture, "UupsBox").await;
    let arrived = arrived(proxy);
    let of = format!(" of {proxy}, once upgraded");
    let plan = |version: &str, code: Address, layout: &str| {
        let step = match version {
            "2.0" => "--call migrate() --foreign",
            _ => "",
        };
        let words = format!("A {version} {code} --layout {layout} {ABSENT} {step} {arrived}");
        (format!("plan {words}"), format!("migrate {words}"))
    };
    let taking = deployed(&fixture, "Taking").await;
    let (taken, _) = plan("2.0", taking, "Taking.json");
    let planned = fixture.run(&taken);
    let told = planned.document.to_string();
    let begins = (
        "begin(uint256)",
        ": one call goes through and then none, as of an initializer",
    );
    let owned = (
        "reinitialize(address)",
        ": event OwnershipTransferred(address,address), ",
    );
    let stored = ("setTreasury(address)", ": the caller becomes its treasury");
    for (function, effect) in [begins, owned, stored] {
        let message = format!("anybody can call {function}{of}{effect}");
        assert!(told.contains(&message), "{message}: {planned:?}");
    }
    for purpose in ["deposit", "depositTo", "note", "add", "unpause"] {
        let id = format!("stranger:{purpose}(");
        assert!(!told.contains(&id), "{purpose}: {planned:?}");
    }

    // Who joined before may join on; a role that is new has to be accepted once.
    let joins = "stranger:join()";
    let closed = deployed(&fixture, "Closed").await;
    let (planned, migrate) = plan("2.0", closed, "Closed.json");
    let refused = fixture.run(&planned);
    assert!(refused.error("next").contains(joins), "{refused:?}");
    fixture.done(&format!("{migrate} --accept {joins}"));
    let next = deployed(&fixture, "Closed2").await;
    let (planned, _) = plan("3.0", next, "Closed2.json");
    let planned = fixture.done(&planned);
    let as_before = planned["control_trials"]["open"]
        .as_array()
        .expect("a list");
    let [join] = &as_before[..] else {
        panic!("{planned:#}");
    };
    assert!(join.to_string().contains("call join() of"), "{join}");

    // It is found behind the contract's own pause, which its owner ends on the copy.
    let pause = (proxy, B256::with_last_byte(5), B256::with_last_byte(1));
    fixture.request("anvil_setStorageAt", pause).await;
    let taking = deployed(&fixture, "Taking").await;
    let (planned, _) = plan("3.0", taking, "Taking.json");
    let planned = fixture.run(&planned);
    let (function, effect) = begins;
    let message = format!("anybody can call {function}{of}{effect}");
    assert!(
        planned.document.to_string().contains(&message),
        "{planned:?}"
    );
}

/// An owner whom nobody wrote, and one who only sent the upgrade, are told.
#[tokio::test]
async fn an_instance_that_an_upgrade_gives_to_somebody_else_is_told_before_it() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "UupsBox").await;
    registered(&fixture, first, "UupsBox.json").await;
    let words = "--kind evm --init initialize(uint256,address) 7 Admin";
    let create = format!("create-proxy A 1.0 {words} {ABSENT}");
    let admin = fixture.owner(0).address();
    let refused = fixture.run(&create);
    let proxy = super::control::refused_creation(&refused);
    let code = format!("CodeReplaceable:{proxy}:{admin}");
    fixture.done(&format!("{create} --accept {code}"));
    let owner = format!("OwnerChanged:{proxy}");
    let (replaces, as_before) = (
        "can replace the code of",
        "as before the upgrade".to_owned(),
    );
    for (name, step, says, id) in [
        (
            "Seized",
            "--call initializeV2() --foreign",
            "keeper is ",
            &owner,
        ),
        ("Disowned", "", "owner() was ", &owner),
        // The owner can upgrade this UUPS proxy: that was accepted when it was created.
        (
            "UupsBox2",
            "--accept migration-omitted",
            replaces,
            &as_before,
        ),
    ] {
        let code = deployed(&fixture, name).await;
        let closed = "stranger:initializeV2()";
        let words =
            format!("plan A 2.0 {code} --layout {name}.json {ABSENT} {step} --accept {closed}");
        let planned = fixture.run(&words);
        let told = planned.document.to_string();
        assert!(told.contains(id) && told.contains(says), "{planned:?}");
    }
}
