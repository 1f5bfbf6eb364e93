//! Who can replace the code of an instance without the registry is asked wherever a version, an instance or an adoption
//! is decided.

use crate::prelude::*;
use stylus_upgrades::proxy_code::foreign_parts;
use stylus_upgrades::registry::given_to;
use stylus_upgrades_tests::peers::{IBox, TRANSPARENT_4, TRANSPARENT_5, UUPS_4, UUPS_5};

use super::adopted::{ABSENT, deployed, registered};
use super::fixture::Fixture;
use super::unowned::{grant, with_roles};

alloy::sol! {
    interface IRoleManager {
        function grantRole(uint64 role, address account) external;
    }

    interface IManagedVault {
        function initialize(address manager) external;
    }

    interface IRoleVault {
        function UPGRADER() external view returns (bytes32);
        function grantRole(bytes32 role, address account) external;
    }
}

/// The id of the finding that `account` can replace the code of `proxy`.
fn id(proxy: Address, account: impl std::fmt::Display) -> String {
    format!("CodeReplaceable:{proxy}:{account}")
}

/// The proxy that a refused creation would make, by the id in its refusal.
pub(super) fn refused_creation(answer: &Answer) -> Address {
    let next = answer.error("next");
    let at = next.split("CodeReplaceable:").nth(1);
    let at = at.and_then(|rest| rest.split(':').next());
    let at = at.unwrap_or_else(|| panic!("{answer:?}"));
    at.parse().expect("an address")
}

/// A definition whose versions three accounts decide, two of them at a time; Admin alone decides the rest.
fn two_of_three(fixture: &Fixture) {
    let [one, two] = [1, 2].map(|number| fixture.owner(number).address());
    fixture.done(&format!(
        "policy update A OutOf(2,Admin,{one},{two}) --role migrate"
    ));
}

#[tokio::test]
async fn a_creation_and_a_version_say_that_one_owner_can_replace_the_code() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "UupsBox").await;
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    let registered = fixture.done(&format!(
        "register A 1.0 {code} --layout UupsBox.json {ABSENT}"
    ));
    let says = "has upgradeToAndCall(address,bytes): a caller that it accepts replaces the code";
    assert!(registered.to_string().contains(says), "{registered}");
    two_of_three(&fixture);

    let owner = fixture.owner(0).address();
    let create = format!(
        "create-proxy A 1.0 --kind evm --init initialize(uint256,address) 7 Admin {ABSENT}"
    );
    let refused = fixture.run(&create);
    refused.ends_with(1);
    let proxy = refused_creation(&refused);
    assert!(
        refused.error("next").contains(&id(proxy, owner)),
        "{refused:?}"
    );
    // The id of another account accepts nothing.
    let other = id(proxy, fixture.owner(3).address());
    fixture
        .run(&format!("{create} --accept {other}"))
        .ends_with(1);
    fixture
        .run(&format!("{create} --accept {}", id(proxy, owner)))
        .ends_with(0);
}

#[tokio::test]
async fn a_timelock_that_decides_versions_alone_may_own_an_instance() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "UupsBox").await;
    registered(&fixture, code, "UupsBox.json").await;
    let admin = vec![fixture.owner(0).address()];
    let arguments = (U256::from(1), admin.clone(), admin, Address::ZERO).abi_encode_params();
    let path = "@openzeppelin/contracts/build/contracts/TimelockController.json";
    let timelock = fixture.deploy(path, &arguments).await;
    let create = format!(
        "create-proxy A 1.0 --kind evm --init initialize(uint256,address) 7 {timelock} {ABSENT}"
    );
    let refused = fixture.run(&create);
    refused.ends_with(1);
    let proxy = refused_creation(&refused);
    assert!(
        refused.error("next").contains(&id(proxy, timelock)),
        "{refused:?}"
    );

    let alone = format!("policy update A {timelock} --role migrate --accept excluded-sender");
    fixture.done(&alone);
    let created = fixture.done(&create);
    assert!(
        !created.to_string().contains("CodeReplaceable"),
        "{created}"
    );
}

#[tokio::test]
async fn an_account_takes_the_rights_first_that_it_may_give_itself() {
    let fixture = Fixture::new().await;
    // An ownership that is offered.
    let code = deployed(&fixture, "TwoStepBox").await;
    registered(&fixture, code, "TwoStepBox.json").await;
    let next = fixture.owner(3).address();
    let create =
        format!("create-proxy A 1.0 --kind evm --init initialize(address) {next} {ABSENT}");
    let refused = fixture.run(&create);
    refused.ends_with(1);
    let proxy = refused_creation(&refused);
    assert!(
        refused.error("next").contains(&id(proxy, next)),
        "{refused:?}"
    );
    assert_snapshot!(refused.refusal(), @"
    message: [address], to whom its ownership is offered, can replace the code of [address] by upgradeToAndCall(address,bytes), after acceptOwnership(), once it is created, without the registry
    expected: code that only the registry replaces
    found: a call that goes through and writes the words of the proxy that decide what it runs (ERC-1967)
    next: leave that function out, or take the right away; to accept it: --accept CodeReplaceable:[address]:[address]
    ");

    // A role that nobody has and that its administrator grants, with a function of any name.
    let first = deployed(&fixture, "ControlBox").await;
    let second = deployed(&fixture, "ControlBox2").await;
    fixture.done("define B --migrate Admin --policy Admin --create Admin");
    fixture.done(&format!(
        "register B 1.0 {first} --layout ControlBox.json {ABSENT}"
    ));
    let created = fixture.done(&format!(
        "create-proxy B 1.0 --kind evm --init initialize(address) {next} {ABSENT}"
    ));
    let proxy: Address = text(&created, "proxy").parse().expect("an address");
    let lost = "function-removed:initialize(address)";
    let words = format!("B 2.0 {second} --layout ControlBox2.json {ABSENT} --accept {lost}");
    let mut texts = Vec::new();
    for command in ["plan", "migrate"] {
        let refused = fixture.run(&format!("{command} {words}"));
        refused.ends_with(1);
        let told = refused.document.to_string();
        assert!(told.contains(&id(proxy, next)), "{command}: {refused:?}");
        texts.push(refused.refusal());
    }
    assert_snapshot!(texts.join("\n\n"));
    fixture.done(&format!("migrate {words} --accept {}", id(proxy, next)));
}

#[tokio::test]
async fn code_that_nobody_is_known_to_replace_is_reported_all_the_same() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "FrozenBox").await;
    registered(&fixture, code, "FrozenBox.json").await;
    let create = format!("create-proxy A 1.0 --kind evm --init initialize(uint256) 7 {ABSENT}");
    let refused = fixture.run(&create);
    refused.ends_with(1);
    let proxy = refused_creation(&refused);
    fixture.done(&format!("{create} --accept {}", id(proxy, "unlisted")));

    let open = deployed(&fixture, "OpenBox").await;
    fixture.done("define B --migrate Admin --policy Admin --create Admin");
    fixture.done(&format!(
        "register B 1.0 {open} --layout OpenBox.json {ABSENT}"
    ));
    let create = format!(
        "create-proxy B 1.0 --kind evm --init initialize(uint256,address) 7 Admin {ABSENT}"
    );
    let refused = fixture.run(&create);
    let open = "stranger:upgradeToAndCall(address,bytes)";
    assert!(refused.error("next").contains(open), "{refused:?}");
}

/// A manager of roles whose deployer keeps its administration, and who upgraded the proxy: no event names them.
#[tokio::test]
async fn an_adoption_names_the_deployer_whom_a_manager_of_roles_lets_upgrade() {
    let mut fixture = Fixture::new().await;
    let code = deployed(&fixture, "ManagedVault").await;
    registered(&fixture, code, "ManagedVault.json").await;
    let (admin, deployer) = (fixture.owner(0), fixture.owner(2));
    fixture.client = fixture.client.with_signer(deployer.clone());
    let manager = deployed(&fixture, "RoleManager").await;
    let init = IManagedVault::initializeCall { manager };
    let arguments = (code, Bytes::from(init.abi_encode())).abi_encode_params();
    let proxy = fixture.deploy(UUPS_5, &arguments).await;
    let grant = IRoleManager::grantRoleCall {
        role: 0,
        account: given_to(fixture.registry(), "A"),
    };
    fixture.send(manager, &grant).await;
    fixture.client = fixture.client.with_signer(admin);

    let adopt = format!("adopt A {proxy} 1.0 {ABSENT}");
    let refused = fixture.run(&adopt);
    let found = id(proxy, deployer.address());
    assert!(refused.error("next").contains(&found), "{refused:?}");
    assert_snapshot!(refused.refusal(), @"
    message: [address], its deployer, can replace the code of [address] by upgradeToAndCall(address,bytes), once it is adopted, without the registry
    expected: --accept CodeReplaceable:[address]:[address]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept CodeReplaceable:[address]:[address]
    ");
    fixture.done(&format!("{adopt} --accept {found}"));

    // It is said again, and asked no more.
    let next = deployed(&fixture, "ManagedVault2").await;
    let lost = "function-removed:initialize(address)";
    let words = format!(
        "A 2.0 {next} --layout ManagedVault2.json {ABSENT} --accept {lost},arrival:{proxy}"
    );
    let planned = fixture.done(&format!("plan {words}"));
    let told = planned["control_trials"]["open"].to_string();
    let says = format!("as before the upgrade: {}", deployer.address());
    assert!(told.contains(&says), "{planned:#}");
}

#[tokio::test]
async fn an_adoption_names_each_account_with_a_role_by_an_id_of_its_own() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "RoleVault").await;
    registered(&fixture, code, "RoleVault.json").await;
    let proxy = with_roles(&fixture, code).await;
    grant(&fixture, proxy, "A").await;
    let role = fixture
        .client
        .call(proxy, &IRoleVault::UPGRADERCall {})
        .await;
    let account = fixture.owner(3).address();
    let grant = IRoleVault::grantRoleCall {
        role: role.expect("a role"),
        account,
    };
    fixture.send(proxy, &grant).await;
    let [first, second] = [fixture.owner(0).address(), account].map(|account| id(proxy, account));
    let adopt = format!("adopt A {proxy} 1.0 {ABSENT}");
    for (accepted, missing) in [(&first, &second), (&second, &first)] {
        let refused = fixture.run(&format!("{adopt} --accept {accepted}"));
        assert!(refused.error("next").contains(missing), "{refused:?}");
    }
    fixture.done(&format!("{adopt} --accept {first},{second}"));
}

#[tokio::test]
async fn a_proxy_with_a_variable_or_a_function_of_its_own_is_adopted_on_purpose_only() {
    let fixture = Fixture::new().await;
    for path in [UUPS_4, UUPS_5, TRANSPARENT_4, TRANSPARENT_5] {
        let artifact = fixture.artifact(path);
        let code: Bytes = text(&artifact, "deployedBytecode").parse().expect("code");
        assert_eq!(foreign_parts(&code), Ok(Vec::new()), "{path}");
    }
    let code = deployed(&fixture, "UupsBox").await;
    registered(&fixture, code, "UupsBox.json").await;
    let solidity = Solidity::compile(&Lines).expect("compiled");
    let init = IBox::initialize_1Call {
        start: U256::from(7),
        first: fixture.owner(0).address(),
    };
    let arguments = (code, Bytes::from(init.abi_encode())).abi_encode_params();
    let mut told = Vec::new();
    for name in ["MeteredProxy", "CountingProxy"] {
        let contract = solidity.contract(name).expect("it");
        let creation = [contract.creation.as_ref(), &arguments].concat();
        let proxy = fixture.create(name, creation.into()).await;
        super::adopted::give(&fixture, proxy, "A").await;
        let adopt = format!("adopt A {proxy} 1.0 {ABSENT}");
        let refused = fixture.run(&adopt);
        let found = format!("unknown-proxy-code:{proxy}");
        assert!(refused.error("next").contains(&found), "{refused:?}");
        told.push(refused.refusal());
        // The other one cannot be asked without a change of its storage.
        if name == "MeteredProxy" {
            fixture.done(&format!("{adopt} --accept {found}"));
        }
    }
    assert_snapshot!(told.join("\n\n"));
}

/// The call that would hand it over is none that a ProxyAdmin makes.
#[tokio::test]
async fn a_proxy_that_a_proxy_admin_owns_is_adopted_by_nobody() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "Box").await;
    registered(&fixture, code, "Box.json").await;
    let mut owner = fixture.owner(0).address();
    let init = IBox::initialize_0Call {
        start: U256::from(7),
    };
    let init = Bytes::from(init.abi_encode());
    let mut proxy = Address::ZERO;
    for _ in 0..2 {
        let arguments = (code, owner, init.clone()).abi_encode_params();
        proxy = fixture.deploy(TRANSPARENT_5, &arguments).await;
        let admin = fixture.client.storage(proxy, slots::ADMIN).await;
        owner = Address::from_word(admin.expect("a slot"));
    }
    let refused = fixture.run(&format!("adopt A {proxy} 1.0 {ABSENT}"));
    refused.ends_with(3);
    assert_eq!(refused.error("name"), "NotGiven");
    assert_snapshot!(refused.refusal(), @"
    message: [address] is upgraded by [address], a ProxyAdmin, which upgrades proxies and calls nothing else: nobody can hand it over
    expected: [address], the admin of A
    found: [address]
    next: nothing was sent; a proxy whose owner is a ProxyAdmin can be neither upgraded nor adopted: create another one
    ");
}

/// The severity of a finding in a document, wherever it stands there.
fn severity<'d>(document: &'d Value, id: &str) -> Option<&'d str> {
    if document["id"] == id {
        return document["severity"].as_str();
    }
    match document {
        Value::Array(all) => all.iter().find_map(|inner| severity(inner, id)),
        Value::Object(fields) => fields.values().find_map(|inner| severity(inner, id)),
        _ => None,
    }
}

/// Asserts that `pending` shows a danger, and that `approve` asks the second approver for it, and for everything once.
fn asks_who_approves(fixture: &Fixture, action: &str, id: &str, absent: &str) {
    let pending = fixture.done(&format!("pending {action}"));
    assert_eq!(severity(&pending, id), Some("danger"), "{pending:#}");
    let approve = format!("approve {action}");
    let refused = fixture.run_as_together(&format!("{approve} {absent}"));
    refused.ends_with(1);
    assert!(refused.error("next").contains(id), "{refused:?}");
    // The ids that the refused command accepted are not asked again.
    let approved = fixture.run_as_together(&format!("{approve} --accept {id}"));
    approved.ends_with(0);
    assert_eq!(approved.document["executed"], true, "{approved:?}");
}

#[tokio::test]
async fn an_approver_is_asked_who_can_replace_the_code_in_pending_and_approve() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "UupsBox").await;
    fixture.decided_with(fixture.owner(1).address());
    let register = format!("register A 1.0 {code} --layout UupsBox.json {ABSENT}");
    let proposed = fixture.run(&register);
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    let pending = fixture.done(&format!("pending {action}"));
    let found = severity(&pending, "replacing-functions");
    assert_eq!(found, Some("warning"), "{pending:#}");
    let approved = fixture.run_as_together(&format!("approve {action} {ABSENT}"));
    approved.ends_with(0);
    let found = severity(&approved.document, "replacing-functions");
    assert_eq!(found, Some("warning"), "{approved:?}");

    fixture.done("policy update A AND(Admin,Together) --role create");
    let create = format!(
        "create-proxy A 1.0 --kind evm --init initialize(uint256,address) 7 Admin {ABSENT}"
    );
    let proxy = refused_creation(&fixture.run(&create));
    let id = id(proxy, fixture.owner(0).address());
    let proposed = fixture.run(&format!("{create} --accept {id}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    asks_who_approves(&fixture, action, &id, ABSENT);
}

#[tokio::test]
async fn an_approver_of_an_upgrade_is_asked_who_can_replace_the_code_from_then_on() {
    let fixture = Fixture::new().await;
    let (first, second) = (
        deployed(&fixture, "ControlBox").await,
        deployed(&fixture, "ControlBox2").await,
    );
    registered(&fixture, first, "ControlBox.json").await;
    let next = fixture.owner(3).address();
    let created = fixture.done(&format!(
        "create-proxy A 1.0 --kind evm --init initialize(address) {next} {ABSENT}"
    ));
    let proxy: Address = text(&created, "proxy").parse().expect("an address");
    let id = id(proxy, next);
    fixture.done("policy update A AND(Admin,Together) --role migrate");
    let lost = "--accept function-removed:initialize(address)";
    let words = format!("A 2.0 {second} --layout ControlBox2.json {ABSENT} {lost}");
    let proposed = fixture.run(&format!("migrate {words} --accept {id}"));
    proposed.ends_with(3);
    let action = text(&proposed.document, "action");
    asks_who_approves(&fixture, action, &id, &format!("{ABSENT} {lost}"));

    // The next upgrade changes nothing about it.
    let third = deployed(&fixture, "ControlBox2").await;
    let planned = fixture.done(&format!(
        "plan A 3.0 {third} --layout ControlBox2.json {ABSENT}"
    ));
    let told = planned["control_trials"]["open"].to_string();
    assert!(told.contains("as before the upgrade"), "{planned:#}");
    assert_eq!(severity(&planned, &id), None, "{planned:#}");
}
