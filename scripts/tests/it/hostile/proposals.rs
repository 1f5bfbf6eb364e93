//! What one approver alone cannot propose: bytes that the others read in more than one way.

use crate::hostile::sandbox::{Sandbox, node};
use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades::client::Client;

#[test]
fn bytes_with_two_readings_are_refused_and_what_can_be_read_stays() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let other = node.addresses()[1];
    let deployed = sandbox.done("registry deploy --save");
    let registry = account(&deployed, "registry");
    let both = format!("AND(Admin,{other})");
    sandbox.done(&format!("define A --migrate {both} --policy {both}"));
    let expression = format!("OR({other})");
    let either = format!("OR(Admin,{other})");
    let readable = format!("policy update A --role create {either}");
    let opened = sandbox.run_with_key(&readable);
    assert_eq!(opened.exit, Some(3), "{opened:?}");

    let call = abi::setPolicyCall {
        name: "A".into(),
        role: "migrate".into(),
        expression: expression.to_lowercase().replace("or(", "OR("),
    };
    let calldata = [call.abi_encode(), vec![0; 32]].concat();
    let signer = node.accounts().mnemonic()[1].clone();
    let endpoint = node.endpoint();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = Client::connect(&endpoint).await.expect("it answers");
        let request = TransactionRequest::default()
            .with_to(registry)
            .with_input(calldata);
        let client = client.with_signer(signer);
        let sent = client.transact("propose", request).await;
        let refused = sent
            .expect_err("the registry takes one encoding")
            .to_string();
        contains(&refused, &["NotSupported", "calldata encoding"]);
    });

    let pending = sandbox.done("pending");
    let actions = list(&pending, "actions");
    assert_eq!(actions.len(), 1, "{pending}");
    assert!(actions[0]["unreadable"].is_null(), "{pending}");
}
