//! Proxies of OpenZeppelin from npm become instances, by the command line.

use crate::prelude::*;
use alloy::providers::Provider;
use stylus_upgrades::build::evm;
use stylus_upgrades::registry::{decides, definition_id, registry_of};
use stylus_upgrades_interface::adopted::{IOwnable, IProxyAdmin};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;
use stylus_upgrades_tests::contracts::folder;

use super::fixture::{Fixture, text};
use crate::console::process::Console;

alloy::sol! {
    interface IBox {
        function initialize(uint256 start) external;
        function initialize(uint256 start, address first) external;
        function value() external view returns (uint256);
        function doubled() external view returns (uint256);
        function migrate() external;
    }
}

const TRANSPARENT: &str =
    "@openzeppelin/contracts/build/contracts/TransparentUpgradeableProxy.json";
const UUPS: &str = "@openzeppelin/contracts/build/contracts/ERC1967Proxy.json";
/// What nobody can check of code that others compiled, said on purpose.
pub(super) const ABSENT: [&str; 8] = [
    "--accept",
    "absent:source",
    "--accept",
    "absent:interface",
    "--accept",
    "absent:steps",
    "--accept",
    "absent:live-instances",
];

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
    let code = code.to_string();
    let register = ["register", "A", "1.0", &code, "--layout", layout];
    fixture.done(&[&register[..], &ABSENT].concat());
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
    let init = Bytes::from(init.abi_encode());
    let arguments = (code, fixture.owner(0).address(), init).abi_encode_params();
    let proxy = fixture.deploy(TRANSPARENT, &arguments).await;
    let admin = fixture.client.storage(proxy, slots::ADMIN).await;
    (proxy, Address::from_word(admin.expect("a slot")))
}

/// Admin gives the ownership of a ProxyAdmin to the admin of a definition.
pub(super) async fn give(fixture: &Fixture, admin: Address, name: &str) {
    let give = IOwnable::transferOwnershipCall {
        newOwner: evm::admin_address(fixture.registry(), definition_id(name)),
    };
    fixture.send(admin, &give).await;
}

async fn value(fixture: &Fixture, proxy: Address) -> U256 {
    let value = fixture.client.call(proxy, &IBox::valueCall {}).await;
    value.expect("a value")
}

#[tokio::test]
async fn a_transparent_proxy_is_adopted_upgraded_and_given_back() {
    let fixture = Fixture::new().await;
    let (first, before) = (
        deployed(&fixture, "Box").await,
        deployed(&fixture, "Box").await,
    );
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
    let adopt = [&["adopt", "A", &adopted, "1.0"][..], &ABSENT[..2]].concat();
    let early = fixture.run(&adopt);
    assert_eq!(early.exit, Some(3), "{early:?}");
    assert_eq!(early.document["error"]["name"], "NotGiven");
    let next = early.document["error"]["next"].as_str().expect("a step");
    let registry = fixture.registry();
    let to = evm::admin_address(registry, definition_id("A"));
    let order = format!("cast send {admin} \"transferOwnership(address)\" {to}");
    assert!(next.contains(&order), "{next}");
    let give = IOwnable::transferOwnershipCall { newOwner: to };
    fixture.send(admin, &give).await;
    // another definition, whose code would fit, cannot take it
    fixture.done("define B --migrate Admin");
    let code = first.to_string();
    let register = ["register", "B", "1.0", &code, "--layout", "Box.json"];
    fixture.done(&[&register[..], &ABSENT].concat());
    let taken = fixture.run(&[&["adopt", "B", &adopted, "1.0"][..], &ABSENT[..2]].concat());
    assert_eq!(taken.document["error"]["name"], "NotGiven", "{taken:?}");
    let done = fixture.done(&adopt);
    assert_eq!(text(&done, "admin").parse::<Address>().ok(), Some(to));
    assert_eq!(decides(&fixture.client, proxy).await.ok(), Some(to));
    assert_eq!(done["executed"], true, "{done}");
    assert_eq!(
        registry_of(&fixture.client, proxy).await.ok(),
        Some(registry)
    );
    let status = fixture.done(&format!("status {adopted}"));
    let instance = &status["instance"];
    assert_eq!(text(instance, "kind"), "transparent-5");
    assert_eq!(text(instance, "version"), "1.0");
    let decides = text(instance, "registry").parse::<Address>();
    assert_eq!(decides.ok(), Some(registry));

    // storage of another contract is refused, that of the next one is not
    let shifted = deployed(&fixture, "Shifted").await.to_string();
    let words = ["migrate", "A", "2.0", &shifted, "--layout", "Shifted.json"];
    let refused = fixture.run(&[&words[..], &ABSENT].concat());
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert_eq!(refused.document["error"]["name"], "LayoutRefused");
    let second = deployed(&fixture, "Box2").await.to_string();
    let words = ["A", "2.0", &second, "--layout", "Box2.json"];
    let step = ["--call", "migrate()", "--foreign"];
    // Its functions are compared, by the ABI beside the layout.
    let lost = ["--accept", "function-removed:initialize(uint256)"];
    let words = [&words[..], &ABSENT[..2], &ABSENT[4..], &lost, &step].concat();
    let planned = fixture.done(&[&["plan"][..], &words].concat());
    assert_eq!(planned["instances"].as_array().map(Vec::len), Some(1));
    let migrated = fixture.done(&[&["migrate"][..], &words].concat());
    assert!(holds(&migrated), "{migrated}");
    let doubled = fixture.client.call(proxy, &IBox::doubledCall {}).await;
    assert_eq!(doubled.ok(), Some(U256::from(14)));
    let upgrade = fixture.run(&format!("upgrade {adopted} 1.0"));
    assert_eq!(upgrade.document["error"]["name"], "NoPath");
    fixture.done("pause A");
    let paused = fixture.client.call(proxy, &IBox::valueCall {}).await;
    paused.expect_err("it is paused");
    let verify = [&["verify", "A", "--framework"][..], &ABSENT[..6]].concat();
    assert!(holds(&fixture.done(&verify)));
    fixture.done("resume A");
    assert_eq!(value(&fixture, proxy).await, U256::from(7));
    assert!(holds(&fixture.done(&verify)));
    let history = fixture.done("history A");
    assert!(holds(&history), "{history}");
    let examined = fixture.done("doctor");
    assert_eq!(examined["findings"], Value::Array(vec![]), "{examined}");

    // an admin of a registry that nobody knows receives nothing
    let stranger = Address::repeat_byte(0x5a);
    let code = (stranger, evm::admin_code(Address::repeat_byte(0x5b)));
    let provider = fixture.client.provider();
    let set = provider.raw_request::<_, Value>("anvil_setCode".into(), code);
    set.await.expect("set");
    let refused = fixture.run(&format!("transfer {adopted} {stranger}"));
    assert_eq!(refused.document["error"]["name"], "Missing", "{refused:?}");

    let back = fixture.done(&format!("transfer {adopted} Admin"));
    assert_eq!(back["executed"], true, "{back}");
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
    let account = (fixture.owner(0).address(), code);
    let provider = fixture.client.provider();
    let set = provider.raw_request::<_, Value>("anvil_setCode".into(), account);
    set.await.expect("set");
}

/// The proxies that wait for an account without code.
fn waits_for_direct_call(document: &Value, proxy: &str) {
    let waiting = document["waiting"].as_array().expect("a list");
    assert_eq!(waiting.len(), 1, "{document:#}");
    assert_eq!(
        text(&waiting[0], "proxy").to_lowercase(),
        proxy.to_lowercase()
    );
    assert_eq!(waiting[0]["needs_direct_call"], true, "{document:#}");
}

#[tokio::test]
async fn an_adopted_proxy_waits_for_an_account_without_code_and_everybody_is_told() {
    let fixture = Fixture::new().await;
    let first = deployed(&fixture, "Box").await;
    registered(&fixture, first, "Box.json").await;
    let (proxy, admin) = transparent(&fixture, first).await;
    give(&fixture, admin, "A").await;
    let adopted = proxy.to_string();
    let adopt = [&["adopt", "A", &adopted, "1.0"][..], &ABSENT[..2]].concat();

    delegated(&fixture, true).await;
    let early = fixture.run(&adopt);
    assert_eq!(early.exit, Some(3), "{early:?}");
    assert_eq!(early.document["blocked_by"], "direct call", "{early:?}");
    let pending = fixture.done("pending A");
    let open = &pending["actions"][0];
    assert_eq!(open["blocked_by"], "direct call");
    let action = text(open, "action");
    assert!(
        text(open, "next").contains("whose account has no code"),
        "{open}"
    );
    let console = Console::start(fixture.folder(), &[]);
    let sender = fixture.owner(0).address();
    let path = format!("/action?id={action}&account={sender}");
    let told = console.get(&path).body;
    assert!(
        told.contains("An account without code has to send it itself"),
        "{told}"
    );
    assert!(told.contains(">Execute<"), "{told}");
    delegated(&fixture, false).await;
    let approved = fixture.done(&[&["approve", action][..], &ABSENT[..4]].concat());
    assert_eq!(approved["executed"], true, "{approved}");

    let second = deployed(&fixture, "Box2").await.to_string();
    let migrate = ["migrate", "A", "2.0", &second, "--layout", "Box2.json"];
    let step = ["--call", "migrate()", "--foreign"];
    delegated(&fixture, true).await;
    let lost = ["--accept", "function-removed:initialize(uint256)"];
    let waits = fixture.run(&[&migrate[..], &ABSENT, &step, &lost].concat());
    assert_eq!(waits.exit, Some(3), "{waits:?}");
    assert_eq!(waits.document["executed"], true);
    waits_for_direct_call(&waits.document, &adopted);
    let status = fixture.done("status A");
    waits_for_direct_call(&status["definitions"][0], &adopted);
    let examined = fixture.run("doctor");
    let found = &examined.document["findings"][0];
    assert_eq!(found["id"], "InstanceWaits", "{examined:?}");
    let rolled = fixture.run(&[&["upgrade", "A"][..], &ABSENT].concat());
    assert_eq!(rolled.exit, Some(5), "{rolled:?}");

    delegated(&fixture, false).await;
    fixture.done(&[&["upgrade", "A"][..], &ABSENT].concat());
    let doubled = fixture.client.call(proxy, &IBox::doubledCall {}).await;
    assert_eq!(doubled.ok(), Some(U256::from(14)));

    delegated(&fixture, true).await;
    let paused = fixture.run("pause A");
    assert_eq!(paused.exit, Some(5), "{paused:?}");
    waits_for_direct_call(&paused.document, &adopted);
    assert_eq!(value(&fixture, proxy).await, U256::from(7), "it runs on");
    delegated(&fixture, false).await;
    let again = fixture.done("pause A");
    assert!(again["waiting"].is_null(), "{again}");
    let paused = fixture.client.call(proxy, &IBox::valueCall {}).await;
    paused.expect_err("it is paused");
    fixture.done("resume A");
    let examined = fixture.done("doctor");
    assert_eq!(examined["findings"], Value::Array(vec![]), "{examined}");
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
    let proxy = fixture
        .deploy(UUPS, &(first, init).abi_encode_params())
        .await;
    let to = evm::admin_address(fixture.registry(), definition_id("A"));
    let give = IOwnable::transferOwnershipCall { newOwner: to };
    fixture.send(proxy, &give).await;
    let adopted = proxy.to_string();
    let adopt = [&["adopt", "A", &adopted, "1.0"][..], &ABSENT[..2]].concat();
    let refused = fixture.run(&adopt);
    assert_eq!(refused.document["error"]["name"], "LayoutNotCompared");
    let runs = ["--runs-layout", "UupsBox.json"];
    // Nobody knows the functions of either code, so nobody compared what callers lose.
    let adopt = [&adopt[..], &runs].concat();
    let refused = fixture.run(&adopt);
    let error = &refused.document["error"];
    assert_eq!(error["name"], "NotChecked", "{refused:?}");
    assert!(text(error, "found").contains("nobody compared what callers lose"));
    let next = text(error, "next");
    assert!(next.ends_with("--accept absent:interface"), "{next}");
    let done = fixture.done(&[&adopt[..], &ABSENT[2..4]].concat());
    assert_eq!(done["executed"], true, "{done}");
    assert_eq!(done["coverage"]["interface"], "absent", "{done}");
    let status = fixture.done(&format!("status {adopted}"));
    assert_eq!(text(&status["instance"], "kind"), "uups");
    assert_eq!(value(&fixture, proxy).await, U256::from(7));
    fixture.done("pause A");
    fixture.done("resume A");
    // What such a proxy asks the code that comes is no call that could be answered otherwise.
    let next = deployed(&fixture, "UupsBox2").await.to_string();
    let plan = ["plan", "A", "2.0", &next, "--layout", "UupsBox2.json"];
    let step = ["--call", "migrate()", "--foreign"];
    let planned = fixture.done(&[&plan[..], &ABSENT, &step].concat());
    assert_eq!(planned["instances"].as_array().map(Vec::len), Some(1));
    let reads = planned["reads"].as_array().expect("what it reads");
    let no_calls = |one: &Value| one["calls"] == Value::Array(vec![]);
    assert!(reads.iter().all(no_calls), "{planned:#}");
    let verify = [&["verify", "A"][..], &ABSENT[..6]].concat();
    assert!(holds(&fixture.done(&verify)));
    let examined = fixture.done("doctor");
    assert_eq!(examined["findings"], Value::Array(vec![]), "{examined}");
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 47 s"]
async fn a_new_field_of_an_adopted_proxy_on_bytes_that_are_not_zero_is_refused() {
    let fixture = Fixture::new().await;
    let (old, new) = (
        deployed(&fixture, "Box").await,
        deployed(&fixture, "Box2").await,
    );
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
    let adopted = proxy.to_string();
    let adopt = ["adopt", "A", &adopted, "1.0", "--runs-layout", "Box.json"];
    let adopt = [&adopt[..], &ABSENT[..4]].concat();
    let refused = fixture.run(&adopt);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    let error = &refused.document["error"];
    assert_eq!(error["name"], "DirtyField");
    let word = |number| B256::from(U256::from(number));
    let found = format!("doubled: slot {} of {proxy} holds {}", word(1), word(14));
    assert_eq!(text(error, "found"), found);

    let allowed = [&adopt[..], &["--accept", "dirty:doubled"]].concat();
    let done = fixture.done(&allowed);
    assert_eq!(done["executed"], true, "{done}");
    assert_eq!(done["storage"][0]["accepted"][0]["id"], "dirty:doubled");
    assert_eq!(done["coverage"]["live_instances"], "complete", "{done}");
    let doubled = fixture.client.call(proxy, &IBox::doubledCall {}).await;
    assert_eq!(doubled.ok(), Some(U256::from(14)));
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 79 s"]
async fn a_program_whose_constructor_anybody_could_run_in_the_proxy_is_not_adopted() {
    let fixture = Fixture::new().await;
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    // a program with the SDK's #[constructor]
    let hostile = folder("hostile").display().to_string();
    let register = ["register", "A", "1.0", &hostile];
    fixture.done(&[&register[..], &ABSENT].concat());
    let (proxy, admin) = transparent(&fixture, deployed(&fixture, "Box").await).await;
    give(&fixture, admin, "A").await;
    let adopted = proxy.to_string();
    let adopt = [&["adopt", "A", &adopted, "1.0"][..], &ABSENT[..2]].concat();
    let nonce = async || {
        fixture
            .client
            .transactions_of(fixture.owner(0).address())
            .await
    };
    let before = nonce().await;
    let uncompared = ["--accept", "not-compared,absent:interface"];
    let refused = fixture.run(&[&adopt[..], &uncompared].concat());
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert_eq!(refused.document["error"]["name"], "ConstructorOpen");
    assert_eq!(nonce().await.ok(), before.ok(), "something was sent");

    // Nor does an instance get to it later.
    let box_2 = deployed(&fixture, "Box2").await.to_string();
    fixture.done("define B --migrate Admin");
    let register = ["register", "B", "1.0", &box_2, "--layout", "Box2.json"];
    fixture.done(&[&register[..], &ABSENT].concat());
    let (other, admin) = transparent(&fixture, deployed(&fixture, "Box").await).await;
    give(&fixture, admin, "B").await;
    let other = other.to_string();
    let first = ["adopt", "B", &other, "1.0", "--runs-layout", "Box.json"];
    fixture.done(&[&first[..], &ABSENT[..4]].concat());
    let migrate = [
        "migrate",
        "B",
        "2.0",
        &hostile,
        "--accept=migration-omitted",
    ];
    let refused = fixture.run(&[&migrate[..], &ABSENT].concat());
    let error = &refused.document["error"];
    assert_eq!(error["name"], "LayoutRefused", "{refused:?}");
    let found = text(error, "found").to_owned();
    let found = found.split(", ");
    let allow: Vec<&str> = found.flat_map(|id| ["--accept", id]).collect();
    let lost = [
        "removed:doubled()",
        "removed:value()",
        "removed:add()",
        "changed:migrate()",
    ];
    let lost = lost.map(|one| format!("function-{one}"));
    let lost = lost.iter().flat_map(|id| ["--accept", id.as_str()]);
    let allow = [allow, lost.collect()].concat();
    let refused = fixture.run(&[&migrate[..], &allow, &ABSENT].concat());
    let error = &refused.document["error"];
    assert_eq!(error["name"], "ConstructorOpen", "{refused:?}");

    // Once it has run in the proxy's storage it marks that itself.
    let mark = (proxy, slots::CONSTRUCTED, slots::CONSTRUCTED_SET);
    let provider = fixture.client.provider();
    let set = provider.raw_request::<_, bool>("anvil_setStorageAt".into(), mark);
    set.await.expect("set");
    let later = fixture.run(&adopt);
    assert_eq!(
        later.document["error"]["name"], "LayoutNotCompared",
        "{later:?}"
    );
}
