//! Dev accounts: derivation, and what the node signs with them.

use alloy::primitives::{Address, Bytes, Signature, address, b256, eip191_hash_message};
use serde_json::json;
use stylus_devnode::accounts::{AccountsConfig, DevAccounts};

use crate::support::{latest_block, node, receipt, rpc, rpc_error};

const NITRO: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");

#[test]
fn default_accounts_are_anvils_and_nitros() {
    let accounts = DevAccounts::derive(&AccountsConfig::default()).unwrap();
    let first = &accounts.mnemonic()[0];
    assert_eq!(accounts.mnemonic().len(), 10);
    let found = first.address();
    assert_eq!(found, address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
    assert_eq!(
        first.to_bytes(),
        b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
    );
    let found = accounts.mnemonic()[9].address();
    assert_eq!(found, address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720"));
    assert_eq!(accounts.nitro().address(), NITRO);
}

#[test]
fn a_phrase_that_is_none_is_refused_with_what_is_expected() {
    let config = AccountsConfig {
        mnemonic: "not a phrase".into(),
        ..AccountsConfig::default()
    };
    let error = DevAccounts::derive(&config).unwrap_err().to_string();
    assert!(error.contains("BIP-39"), "{error}");
}

#[test]
fn eth_accounts_lists_the_phrase_first_and_nitros_account_last() {
    let node = node();
    let accounts: Vec<Address> =
        serde_json::from_value(rpc(node.port(), "eth_accounts", json!([]))).unwrap();
    assert_eq!(accounts.len(), 11);
    assert_eq!(accounts[..10], node.addresses());
    assert_eq!(accounts[10], NITRO);
}

#[test]
fn eth_sign_and_personal_sign_agree_and_recover() {
    let node = node();
    let account = node.addresses()[3];
    let first = rpc(node.port(), "eth_sign", json!([account, "0x68656c6c6f"]));
    let second = rpc(
        node.port(),
        "personal_sign",
        json!(["0x68656c6c6f", account]),
    );
    assert_eq!(first, second);
    let raw: Bytes = serde_json::from_value(first).unwrap();
    let signature = Signature::from_raw(&raw).unwrap();
    assert_eq!(
        signature
            .recover_address_from_prehash(&eip191_hash_message("hello"))
            .unwrap(),
        account
    );
}

#[test]
fn sign_typed_data_takes_an_object_or_its_text() {
    let node = node();
    let account = node.addresses()[0];
    let data = json!({
        "types": {
            "EIP712Domain": [{ "name": "name", "type": "string" }],
            "Permit": [{ "name": "spender", "type": "address" }, { "name": "value", "type": "uint256" }],
        },
        "primaryType": "Permit",
        "domain": { "name": "token" },
        "message": { "spender": account, "value": "7" },
    });
    let object = rpc(node.port(), "eth_signTypedData_v4", json!([account, data]));
    let text = rpc(
        node.port(),
        "eth_signTypedData_v4",
        json!([account, data.to_string()]),
    );
    assert_eq!(object, text);
    let raw: Bytes = serde_json::from_value(object).unwrap();
    let typed: alloy::dyn_abi::TypedData = serde_json::from_value(data).unwrap();
    let hash = typed.eip712_signing_hash().unwrap();
    let found = Signature::from_raw(&raw)
        .unwrap()
        .recover_address_from_prehash(&hash)
        .unwrap();
    assert_eq!(found, account);
}

#[test]
fn signing_for_an_unknown_account_is_refused() {
    let node = node();
    let error = rpc_error(
        node.port(),
        "eth_sign",
        json!([Address::repeat_byte(9), "0x00"]),
    );
    assert_eq!(error["code"], -32000);
}

#[test]
fn proofs_over_rpc_hold_against_the_headers_root() {
    use alloy::primitives::{B256, U256, keccak256};
    use alloy_rpc_types::EIP1186AccountProofResponse;
    use alloy_trie::{Nibbles, TrieAccount, proof::verify_proof};
    let node = node();
    let (port, from) = (node.port(), node.addresses()[0]);
    let deploy = json!([{ "from": from, "data": crate::evm::counter() }]);
    let hash = rpc(port, "eth_sendTransaction", deploy);
    let contract = receipt(port, &hash)["contractAddress"].clone();
    rpc(
        port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": contract }]),
    );
    let header = latest_block(port);
    let root: B256 = serde_json::from_value(header["stateRoot"].clone()).unwrap();
    let answer = rpc(
        port,
        "eth_getProof",
        json!([contract, ["0x0", B256::with_last_byte(7)], "latest"]),
    );
    assert_eq!(answer["storageProof"][0]["key"], "0x0");
    let proof: EIP1186AccountProofResponse = serde_json::from_value(answer).unwrap();
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let key = |bytes: &[u8]| Nibbles::unpack(keccak256(bytes));
    let value = Some(alloy_rlp::encode(account));
    verify_proof(
        root,
        key(proof.address.as_slice()),
        value,
        &proof.account_proof,
    )
    .unwrap();
    for (slot, value) in [(0u64, Some(1u64)), (7, None)] {
        let proved = &proof.storage_proof[usize::from(slot == 7)];
        assert_eq!(proved.value, U256::from(value.unwrap_or_default()));
        let slot = key(&U256::from(slot).to_be_bytes::<32>());
        let value = value.map(|value| alloy_rlp::encode(U256::from(value)));
        verify_proof(proof.storage_hash, slot, value, &proved.proof).unwrap();
    }
    let account = rpc(port, "eth_getAccount", json!([contract, "latest"]));
    assert_eq!(account["storageRoot"], json!(proof.storage_hash));
}
