//! The EVM programs of the framework, executed.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use stylus_devnode::{NodeConfig, NodeHandle, spawn};
use stylus_upgrades::build::evm;
use stylus_upgrades::client::{ChainError, Client, Sent};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{AdminChanged, implementationCall};
use stylus_upgrades_interface::slots;

async fn chain() -> (NodeHandle, Client) {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let signer = node.accounts().mnemonic()[0].clone();
    let client = Client::connect(&node.endpoint())
        .await
        .expect("the node answers");
    let client = client.with_signer(signer);
    (node, client)
}

async fn create(client: &Client, creation_code: Bytes) -> (Address, Sent) {
    let request = TransactionRequest::default().with_deploy_code(creation_code);
    let sent = client
        .transact("create", request)
        .await
        .expect("it is created");
    (sent.receipt.contract_address.expect("an address"), sent)
}

#[tokio::test]
async fn creation_code_leaves_exactly_the_code() {
    let (_node, client) = chain().await;
    let code = Bytes::from(vec![0x5f; 300]);
    let (account, _) = create(&client, evm::creation_code(&code)).await;
    assert_eq!(client.code(account).await.expect("code"), code);
}

#[tokio::test]
async fn the_stub_reverts_to_every_call_with_and_without_calldata_and_value() {
    let (_node, client) = chain().await;
    let (stub, _) = create(&client, evm::creation_code(&evm::stub_code())).await;
    let revert = |outcome: Result<Address, ChainError>| {
        outcome
            .expect_err("it reverts")
            .revert()
            .expect("with data")
            .to_string()
    };
    let reported = revert(client.call(stub, &implementationCall {}).await);
    assert_eq!(reported, "UpgradeInProgress()");
    let reported = revert(
        client
            .call_with_value(stub, &implementationCall {}, U256::from(1))
            .await,
    );
    assert_eq!(reported, "UpgradeInProgress()");
    let plain = TransactionRequest::default().with_to(stub);
    let error = client.provider().call(plain).await.expect_err("it reverts");
    let data = error
        .as_error_resp()
        .and_then(|payload| payload.as_revert_data());
    assert_eq!(data.map(|data| data.len()), Some(4));
}

#[tokio::test]
async fn the_creation_of_a_proxy_sets_both_slots_and_emits_its_admin() {
    let (_node, client) = chain().await;
    let (stub, code) = (Address::repeat_byte(0x11), Bytes::from(vec![0x5f; 700]));
    let (proxy, sent) = create(&client, evm::proxy_creation_code(stub, &code)).await;
    let creator = client.sender("test").expect("a key");
    assert_eq!(client.code(proxy).await.expect("code"), code);
    let admin: B256 = client.storage(proxy, slots::ADMIN).await.expect("the slot");
    assert_eq!(Address::from_word(admin), creator);
    let implementation = client
        .storage(proxy, slots::IMPLEMENTATION)
        .await
        .expect("the slot");
    assert_eq!(Address::from_word(implementation), stub);
    let reported: AdminChanged = sent.require().expect("AdminChanged");
    assert_eq!(
        (reported.previousAdmin, reported.newAdmin),
        (Address::ZERO, creator)
    );
    assert!(sent.receipt.logs().iter().all(|log| log.address() == proxy));
}
