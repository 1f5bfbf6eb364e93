//! Two of three owners of a Safe, of the versions that are in use, decide with a key.

use crate::prelude::*;
use alloy::sol;
use stylus_upgrades::client::Sent;
use stylus_upgrades_tests::peers::{self, ISafe};

use super::fixture::Fixture;

sol! {
    interface IHandler {
        function getMessageHashForSafe(address safe, bytes message) external view returns (bytes32 hash);
    }
}

/// Owners of the Safe among the node's accounts.
const OWNERS: [usize; 3] = [1, 2, 3];
const CREATE: &str = "create-proxy A 1.0 --init initialize(uint256) 7 --save=counter";
const MIGRATE: &str = "migrate A 2.0 counter-v2 --call migrate(uint256) 5";

/// A Safe of one package of npm.
pub(super) struct Safe<'a> {
    fixture: &'a Fixture,
    pub(super) address: Address,
    handler: Address,
}

impl<'a> Safe<'a> {
    pub(super) async fn of(fixture: &'a Fixture, package: &str) -> Self {
        let contracts = format!("@safe-global/{package}/build/artifacts/contracts");
        let singleton = fixture
            .deploy(&format!("{contracts}/Safe.sol/Safe.json"), &[])
            .await;
        let factory = format!("{contracts}/proxies/SafeProxyFactory.sol/SafeProxyFactory.json");
        let factory = fixture.deploy(&factory, &[]).await;
        let handler = format!("{contracts}/handler/CompatibilityFallbackHandler.sol");
        let handler = format!("{handler}/CompatibilityFallbackHandler.json");
        let handler = fixture.deploy(&handler, &[]).await;
        let owners = OWNERS.map(|number| fixture.owner(number).address());
        let create = peers::safe_of_two(singleton, owners.into(), handler);
        // 1.4.1 has its argument indexed, 1.3.0 had not: the address is in the call's answer.
        let address = fixture
            .client
            .call(factory, &create)
            .await
            .expect("an address");
        fixture.send(factory, &create).await;
        Self {
            fixture,
            address,
            handler,
        }
    }

    /// Two owners sign what the Safe is asked about (ERC-1271).
    pub(super) async fn signs(&self, hash: B256) -> Bytes {
        let query = IHandler::getMessageHashForSafeCall {
            safe: self.address,
            message: hash.as_slice().to_vec().into(),
        };
        let hash = self.fixture.client.call(self.handler, &query).await;
        let hash = hash.expect("the hash of a message");
        self.by_two_owners(hash)
    }

    fn by_two_owners(&self, hash: B256) -> Bytes {
        let owners = OWNERS[..2].iter().map(|n| self.fixture.owner(*n));
        peers::signatures(owners.collect(), hash).expect("signed")
    }

    /// Two owners sign the call, and anybody sends it.
    async fn executes(&self, call: &Bytes) -> Sent {
        let (client, to) = (&self.fixture.client, self.fixture.registry());
        let nonce = client.call(self.address, &ISafe::nonceCall {}).await;
        let query = peers::safe_hash(to, call.clone(), nonce.expect("a nonce"));
        let hash = client.call(self.address, &query).await.expect("a hash");
        let execute = peers::safe_execution(to, call.clone(), self.by_two_owners(hash));
        let answer = client.call(self.address, &execute).await;
        assert!(
            answer.expect("an answer"),
            "execTransaction answers success"
        );
        let sent = self.fixture.send(self.address, &execute).await;
        assert!(
            sent.event_of::<ISafe::ExecutionSuccess>(self.address)
                .is_some(),
            "the Safe says ExecutionSuccess"
        );
        sent
    }
}

/// The registry executed an action in that transaction.
fn executed(fixture: &Fixture, sent: &Sent) -> bool {
    sent.event_of::<IRegistry::Executed>(fixture.registry())
        .is_some()
}

/// The file is one that the app takes: what it makes of it is what would have been sent.
fn require_safe_file(fixture: &Fixture, safe: Address, call: &Bytes) {
    let file = std::fs::read_to_string(fixture.path("call")).expect("a file");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(text(&file, "chainId"), "412346");
    let found = text(&file["meta"], "createdFromSafeAddress");
    assert_eq!(found, safe.to_string());
    assert_eq!(file["transactions"][0]["data"], json!(null));
    let found = text(&file["transactions"][0], "to");
    assert_eq!(found, fixture.registry().to_string());
    assert_eq!(fixture.encoded_by_ethers(), *call);
}

/// The key first, the Safe completes; then the Safe first, the key completes.
async fn decides(package: &str) {
    let fixture = Fixture::new().await;
    let safe = Safe::of(&fixture, package).await;
    fixture.decided_with(safe.address);

    let register = "register A 1.0 counter-v1";
    fixture.approved(&register);
    let (document, call) = fixture.exported(&register, "safe");
    assert_eq!(document["executes"], true, "{document}");
    require_safe_file(&fixture, safe.address, &call);
    assert!(executed(&fixture, &safe.executes(&call).await));
    assert_eq!(fixture.current(), "1.0");
    fixture.done(&CREATE);

    // A key that is no approver's may pay for the deployment; nothing is proposed by that.
    let flags = "--as Together --export call";
    let answer = fixture.done(&format!("{MIGRATE} {flags}"));
    assert_eq!(answer["executes"], false, "{answer}");
    assert_eq!(
        (&answer["approvals"], &answer["required"]),
        (&json!(1), &json!(2))
    );
    let call: Bytes = text(&answer["exported"]["call"], "data")
        .parse()
        .expect("calldata");
    require_safe_file(&fixture, safe.address, &call);
    let open = fixture.done("pending A");
    assert_eq!(open["actions"], json!([]), "{open}");
    assert!(!executed(&fixture, &safe.executes(&call).await));
    let done = fixture.done(&MIGRATE);
    assert_eq!(done["executed"], true);
    assert_eq!(fixture.current(), "2.0");
    let shown = fixture.done("status counter");
    assert_eq!(text(&shown["instance"], "version"), "2.0");
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 33 s"]
async fn a_safe_1_4_1_is_an_approver() {
    decides("safe-contracts").await;
}

#[tokio::test]
async fn a_safe_1_5_0_is_an_approver() {
    decides("safe-smart-account").await;
}

#[tokio::test]
#[ignore = "nightly: contracts of others as approvers, several commands, about 31 s"]
async fn a_safe_approves_by_the_actions_id_takes_it_back_and_ends_an_action() {
    let fixture = Fixture::new().await;
    let safe = Safe::of(&fixture, "safe-smart-account").await;
    fixture.decided_with(safe.address);
    let register = "register A 1.0 counter-v1";
    let proposed = fixture.run(&register);
    let action = text(&proposed.document, "action").to_owned();
    let (_, approve) = fixture.exported(&format!("approve {action}"), "safe");
    let (_, same) = fixture.exported(&register, "json");
    assert_eq!(approve, same);
    fixture.done(&format!("revoke {action}"));
    safe.executes(&approve).await;
    let (_, revoke) = fixture.exported(&format!("revoke {action}"), "safe");
    assert_eq!(fixture.encoded_by_ethers(), revoke);
    let open = fixture.done("pending A");
    assert_eq!(open["actions"][0]["approved"], json!([safe.address]));
    safe.executes(&revoke).await;
    let open = fixture.done("pending A");
    assert_eq!(open["actions"][0]["approved"], json!([]));
}
