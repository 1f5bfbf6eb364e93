//! alloy's provider with its default fillers, end to end.

use alloy::network::{NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{Panic, PanicKind, Revert, SolError};
use serde_json::json;
use stylus_devnode::NodeHandle;

use crate::evm::{TOPIC, counter, reverting};
use crate::support::{node, receipt, rpc, rpc_error};

fn provider(node: &NodeHandle) -> impl Provider + use<> {
    alloy::transports::choose_tls_cryptography();
    ProviderBuilder::new()
        .wallet(node.accounts().mnemonic()[0].clone())
        .connect_http(node.endpoint().parse().unwrap())
}

fn word(value: u64) -> Bytes {
    B256::from(U256::from(value)).0.into()
}

#[tokio::test]
async fn default_fillers_deploy_call_estimate_send_and_wait() {
    let node = node();
    let provider = provider(&node);
    let deploy =
        TransactionRequest::default().with_deploy_code(counter().parse::<Bytes>().unwrap());
    let receipt = provider
        .send_transaction(deploy)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    let address = receipt.contract_address.expect("a new contract");
    assert!(receipt.status());
    assert_eq!(receipt.block_number, Some(1));

    let call = TransactionRequest::default().with_to(address);
    assert_eq!(provider.call(call.clone()).await.unwrap(), word(1));
    let gas = provider.estimate_gas(call.clone()).await.unwrap();
    assert!(gas > 21_000, "{gas}");

    let receipt = provider
        .send_transaction(call.clone())
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    assert!(receipt.gas_used <= gas);
    assert_eq!(receipt.logs().len(), 1);
    assert_eq!(receipt.logs()[0].address(), address);
    assert_eq!(receipt.logs()[0].topics()[0].to_string(), TOPIC);
    assert_eq!(receipt.logs()[0].data().data, word(1));
    assert_eq!(provider.call(call).await.unwrap(), word(2));
    let found = provider.get_storage_at(address, U256::ZERO).await.unwrap();
    assert_eq!(found, U256::ONE);
}

#[tokio::test]
async fn blocks_transactions_and_receipts_agree_with_each_other() {
    let node = node();
    let provider = provider(&node);
    let to = Address::repeat_byte(7);
    let transfer = TransactionRequest::default()
        .with_to(to)
        .with_value(U256::from(5));
    let hash = provider
        .send_transaction(transfer)
        .await
        .unwrap()
        .watch()
        .await
        .unwrap();
    let receipt = provider
        .get_transaction_receipt(hash)
        .await
        .unwrap()
        .unwrap();
    let transaction = provider
        .get_transaction_by_hash(hash)
        .await
        .unwrap()
        .unwrap();
    let block = provider
        .get_block_by_number(1.into())
        .full()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(receipt.block_hash, Some(block.header.hash));
    assert_eq!(transaction.block_hash, Some(block.header.hash));
    let found = block.header.hash_slow();
    assert_eq!(found, block.header.hash, "the header hashes to its hash");
    assert_eq!(block.transactions.as_transactions().unwrap(), [transaction]);
    assert_eq!(
        provider
            .get_block_by_hash(block.header.hash)
            .await
            .unwrap()
            .unwrap()
            .header,
        block.header
    );
    assert_eq!(
        provider
            .get_block_receipts(1.into())
            .await
            .unwrap()
            .unwrap(),
        [receipt]
    );
    assert_eq!(provider.get_balance(to).await.unwrap(), U256::from(5));
    let found = provider.get_balance(to).number(0).await.unwrap();
    assert_eq!(found, U256::ZERO, "history is kept");
    assert_eq!(
        provider
            .get_transaction_by_sender_nonce(node.addresses()[0], 0)
            .await
            .unwrap()
            .unwrap()
            .inner
            .tx_hash(),
        &hash
    );
}

#[tokio::test]
async fn fee_history_answers_on_a_chain_of_one_block() {
    let node = node();
    let history = provider(&node)
        .get_fee_history(10, Default::default(), &[20.0])
        .await
        .unwrap();
    assert_eq!(history.oldest_block, 0);
    assert_eq!(history.base_fee_per_gas.len(), 2);
    assert_eq!(history.gas_used_ratio.len(), 1);
    assert_eq!(history.reward, Some(vec![vec![0]]));
}

#[tokio::test]
async fn send_raw_transaction_sync_answers_with_the_receipt() {
    let node = node();
    let provider = provider(&node);
    let signer = &node.accounts().mnemonic()[0];
    let request = TransactionRequest::default()
        .with_to(Address::repeat_byte(7))
        .with_chain_id(node.chain_id())
        .with_nonce(0)
        .with_gas_limit(100_000)
        .with_max_fee_per_gas(1_000_000_000)
        .with_max_priority_fee_per_gas(0);
    let raw = request
        .build(&alloy::network::EthereumWallet::from(signer.clone()))
        .await
        .unwrap();
    let raw = alloy::eips::Encodable2718::encoded_2718(&raw);
    let receipt = provider.send_raw_transaction_sync(&raw).await.unwrap();
    assert!(receipt.status());
}

#[test]
fn a_revert_is_code_3_with_its_data_and_its_reason() {
    let node = node();
    let reason = Revert::from("nope").abi_encode();
    let overflow = Panic::from(PanicKind::UnderOverflow).abi_encode();
    let cases = [
        (reason, "execution reverted: nope"),
        (
            overflow,
            "execution reverted: arithmetic underflow or overflow",
        ),
        (vec![0xde, 0xad, 0xbe, 0xef], "execution reverted"),
        (vec![], "execution reverted"),
    ];
    for (data, message) in cases {
        for method in ["eth_call", "eth_estimateGas"] {
            let error = rpc_error(node.port(), method, json!([{ "data": reverting(&data) }]));
            assert_eq!(error["code"], 3, "{method}: {error}");
            assert_eq!(error["message"], message, "{method}");
            assert_eq!(
                error["data"],
                format!("0x{}", hex::encode(&data)),
                "{method}"
            );
        }
    }
}

#[test]
fn send_transaction_signs_for_dev_accounts_and_refuses_unknown_accounts() {
    let node = node();
    let nitro = node.accounts().nitro().address();
    let hash = rpc(
        node.port(),
        "eth_sendTransaction",
        json!([{ "from": nitro, "to": Address::ZERO, "value": "0x1" }]),
    );
    assert_eq!(receipt(node.port(), &hash)["status"], "0x1");
    let error = rpc_error(
        node.port(),
        "eth_sendTransaction",
        json!([{ "from": Address::repeat_byte(3), "to": nitro }]),
    );
    assert_eq!(error["code"], -32000, "{error}");
}

#[test]
fn what_does_not_exist_is_null() {
    let node = node();
    let nothing = B256::repeat_byte(1);
    for method in [
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "eth_getRawTransactionByHash",
    ] {
        assert!(
            rpc(node.port(), method, json!([nothing])).is_null(),
            "{method}"
        );
    }
    assert!(rpc(node.port(), "eth_getBlockByNumber", json!(["0x999", false])).is_null());
    assert!(rpc(node.port(), "eth_getBlockByHash", json!([nothing, false])).is_null());
}
