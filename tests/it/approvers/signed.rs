//! Approvals that tools of others sign: ethers, viem and cast from npm with keys, and a Safe as a
//! contract (ERC-1271). Somebody else submits them.

use crate::prelude::*;
use std::io::Write;
use std::process::Stdio;

use alloy::sol_types::{SolStruct, eip712_domain};
use stylus_upgrades_interface::signed::{SOURCES, text};

use super::fixture::Fixture;
use super::safe::Safe;
use crate::tools::now;

alloy::sol! {
    struct SetPolicy { string name; string role; string expression; uint64 epoch; uint32 round; uint64 deadline; address approver; }
}

/// Fields of a type such as `Name(string a,uint64 b)`.
fn fields(encoded: &str) -> Vec<Value> {
    let (_, inner) = encoded.split_once('(').expect("a type");
    let inner = inner.trim_end_matches(')');
    let fields = inner.split(',').filter_map(|field| field.split_once(' '));
    fields
        .map(|(kind, name)| json!({"type": kind, "name": name}))
        .collect()
}

/// The typed data of a `setPolicy`, as wallets take it.
fn typed_data(message: &SetPolicy, chain_id: u64, registry: Address) -> Value {
    let mut sources = SOURCES.into_iter();
    let source = sources.find(|(selector, ..)| *selector == IRegistry::setPolicyCall::SELECTOR);
    let encoded = text(source.expect("a governed call")).concat();
    json!({
        "domain": {
            "name": "stylus-upgrades",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": registry,
        },
        "types": {
            "EIP712Domain": fields("D(string name,string version,uint256 chainId,address verifyingContract)"),
            "SetPolicy": fields(&encoded),
        },
        "primaryType": "SetPolicy",
        "message": {
            "name": message.name,
            "role": message.role,
            "expression": message.expression,
            "epoch": message.epoch.to_string(),
            "round": message.round,
            "deadline": message.deadline.to_string(),
            "approver": message.approver,
        },
    })
}

/// What a tool prints that reads the data.
fn printed(command: &mut Command, data: &Value) -> Bytes {
    let mut tool = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut input = tool.stdin.take().expect("its input");
    input.write_all(data.to_string().as_bytes()).ok(); // cast reads the file
    drop(input);
    let output = tool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let printed = String::from_utf8(output.stdout).expect("text");
    printed.trim().parse().expect("a signature")
}

#[tokio::test]
async fn approvals_signed_by_tools_of_others_are_accepted() {
    let fixture = Fixture::new().await;
    let safe = Safe::of(&fixture, "safe-smart-account").await;
    let keys = [4, 5, 6].map(|number| fixture.owner(number));
    let mut all: Vec<_> = keys.iter().map(|key| key.address()).collect();
    all.push(safe.address);
    fixture.decided_with(all[0]);
    let registry = fixture.registry();
    let together = all.iter().map(|who| format!("{who:?}")).collect::<Vec<_>>();
    let together = format!("AND({})", together.join(","));
    let role = ["policy", "update", "A", "--role", "policy", &together];
    fixture.done(&[&role[..], &["--accept", "excluded-sender"]].concat());

    let call = calls::set_policy("A", "audit", "NONE");
    let deadline = tomorrow(&fixture).await;
    // What is signed names its approver, so each signs data of its own.
    let message = |approver: &Address| SetPolicy {
        name: call.name.clone(),
        role: call.role.clone(),
        expression: call.expression.clone(),
        epoch: 1,
        round: 0,
        deadline,
        approver: *approver,
    };
    let messages: Vec<_> = all.iter().map(message).collect();
    let chain_id = fixture.client.chain_id();
    let data = messages
        .iter()
        .map(|message| typed_data(message, chain_id, registry));
    let data: Vec<_> = data.collect();
    let domain = eip712_domain! {
        name: "stylus-upgrades",
        version: "1",
        chain_id: chain_id,
        verifying_contract: registry,
    };
    let hashes = messages
        .iter()
        .map(|message| message.eip712_signing_hash(&domain));
    let hashes: Vec<B256> = hashes.collect();

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("solidity/sign-typed-data.js");
    let key = |n: usize| keys[n].to_bytes().to_string();
    let library = |name: &str, n: usize| {
        let mut node = Command::new("node");
        node.arg(&script).arg(fixture.npm()).args([name, &key(n)]);
        printed(&mut node, &data[n])
    };
    let calldata = Bytes::from(call.abi_encode()).to_string();
    let file = |n: usize| format!("typed-{n}.json");
    for (n, approver) in all.iter().enumerate() {
        let file = file(n);
        let sign = format!(
            "approve --offline {calldata} --typed-data {file} --approver {approver} \
             --deadline {deadline} --accept policy-none --accept new-role"
        );
        let signed = fixture.keyless(&sign);
        assert_eq!(signed.exit, Some(0), "{signed:?}");
        assert_eq!(signed.document["digests"]["eip712"], json!(hashes[n]));
        let written = std::fs::read(fixture.path(&file)).expect("a file");
        let written: Value = serde_json::from_slice(&written).expect("JSON");
        for part in ["types", "primaryType", "domain"] {
            assert_eq!(written[part], data[n][part]);
        }
    }
    let mut cast = Command::new(fixture.cast());
    cast.args([
        "wallet",
        "sign",
        "--private-key",
        &key(2),
        "--data",
        "--from-file",
    ]);
    cast.arg(fixture.path(&file(2)));
    let signatures = [
        library("ethers", 0),
        library("viem", 1),
        printed(&mut cast, &data[2]),
        safe.signs(hashes[3]).await,
    ];
    let mut submit = vec!["submit".to_owned(), file(0)];
    for (signer, signature) in all.iter().zip(signatures) {
        let words = ["--signature", &signature.to_string(), "--signer"];
        submit.extend(words.map(str::to_owned));
        submit.push(signer.to_string());
    }
    submit.extend(["--accept", "policy-none", "--accept", "new-role"].map(str::to_owned));
    let submit: Vec<&str> = submit.iter().map(String::as_str).collect();
    assert_eq!(fixture.done(&submit)["executed"], true);
    let policy = calls::policy("A", "audit");
    let policy = fixture.client.call(registry, &policy).await;
    assert_eq!(policy.expect("set"), "NONE");
}

/// A day after the newest block, in Unix seconds.
async fn tomorrow(fixture: &Fixture) -> u64 {
    now(fixture.client.provider()).await + 24 * 60 * 60
}
