//! UUPS proxies whose code has no owner: a role, or nobody, decides who upgrades them.

use crate::prelude::*;
use alloy::primitives::hex;
use stylus_upgrades::registry::given_to;

use super::adopted::{ABSENT, deployed, registered};
use super::control::refused_creation;
use super::fixture::Fixture;
use stylus_upgrades_tests::peers::{IBox, UUPS_5};

alloy::sol! {
    interface IRoles {
        function UPGRADER() external view returns (bytes32);
        function grantRole(bytes32 role, address account) external;
    }
}

/// A proxy over code with roles, of which Admin has all.
pub(super) async fn with_roles(fixture: &Fixture, code: Address) -> Address {
    let init = IBox::initialize_1Call {
        start: U256::from(7),
        first: fixture.owner(0).address(),
    };
    let arguments = (code, Bytes::from(init.abi_encode())).abi_encode_params();
    fixture.deploy(UUPS_5, &arguments).await
}

/// Gives the admin of a definition the role that upgrades.
pub(super) async fn grant(fixture: &Fixture, proxy: Address, name: &str) {
    let role = fixture.client.call(proxy, &IRoles::UPGRADERCall {}).await;
    let grant = IRoles::grantRoleCall {
        role: role.expect("a role"),
        account: given_to(fixture.registry(), name),
    };
    fixture.send(proxy, &grant).await;
}

/// Asserts that the overview, the definition and the instance are shown, with nobody as the holder of the proxy.
fn is_listed(fixture: &Fixture, proxy: Address, why: &str) {
    for words in ["status".to_owned(), "status A".to_owned()] {
        let status = fixture.done(&words);
        let listed = status["definitions"][0]["instances"].as_array();
        let listed = listed.unwrap_or_else(|| panic!("{why}: {status}"));
        assert_eq!(listed.len(), 2, "{why}: {status}");
        let found = listed
            .iter()
            .find(|one| text(one, "proxy").parse() == Ok(proxy));
        let found = found.unwrap_or_else(|| panic!("{why}: {status}"));
        assert!(found["registry"].is_null(), "{why}: {found}");
    }
    let status = fixture.done(&format!("status {proxy}"));
    assert!(status["instance"]["registry"].is_null(), "{why}: {status}");
}

#[tokio::test]
async fn an_overview_shows_what_could_not_be_read_of_an_instance_and_all_others() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "RoleVault").await;
    registered(&fixture, code, "RoleVault.json").await;
    let owner = fixture.owner(0).address();
    let initialize = format!("--init initialize(uint256,address) 7 {owner}");
    let create =
        format!("create-proxy A 1.0 --kind evm --accept absent:source,absent:steps {initialize}");
    let created = refused_creation(&fixture.run(&create));
    fixture.done(&format!(
        "{create} --accept CodeReplaceable:{created}:{owner}"
    ));
    let proxy = with_roles(&fixture, code).await;
    grant(&fixture, proxy, "A").await;
    fixture.done(&format!(
        "adopt A {proxy} 1.0 {ABSENT} --accept CodeReplaceable:{proxy}:{owner}"
    ));
    is_listed(&fixture, proxy, "no owner()");
    // What owner() may do instead: it refuses, answers nothing, half a word, or nobody.
    let genuine = fixture.client.code(proxy).await.expect("its code");
    let answers: [(&str, &[u8]); 6] = [
        ("it refuses", &hex!("5f5ffd")),
        ("it answers nothing", &hex!("00")),
        ("it answers half a word", &hex!("60105ff3")),
        ("it answers nobody", &hex!("60205ff3")),
        ("it fails", &hex!("fe")),
        ("it is gone", &[]),
    ];
    for (why, code) in answers {
        let code = Bytes::copy_from_slice(code);
        fixture.request("anvil_setCode", (proxy, code)).await;
        is_listed(&fixture, proxy, why);
    }
    fixture.request("anvil_setCode", (proxy, genuine)).await;
    fixture.done("pause A");
    is_listed(&fixture, proxy, "it is paused");
}

#[tokio::test]
async fn a_definition_of_solidity_is_verified_without_what_only_a_check_takes() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "RoleVault").await;
    registered(&fixture, code, "RoleVault.json").await;
    let verified = fixture.done("verify A");
    assert!(verified["error"].is_null(), "{verified}");
    let coverage = &verified["coverage"];
    assert_eq!(coverage["layout"], "complete", "{verified}");
    assert_eq!(coverage["steps"], "partial", "{verified}");
    assert_eq!(coverage["source"], "partial", "{verified}");
}
