//! What one approver alone can propose, and the others have to live with.

use crate::hostile::sandbox::{Sandbox, node};
use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades::client::Client;
use stylus_upgrades_interface::registry::IRegistry as abi;

#[test]
fn bytes_with_two_readings_are_listed_beside_what_can_be_read() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let other = node.addresses()[1];
    let deployed = sandbox.done("registry deploy --save");
    let registry: Address = deployed["registry"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a registry");
    let both = format!("AND(Admin,{other})");
    sandbox.done(&format!("define A --migrate {both} --policy {both}"));
    let expression = format!("OR({other})");
    let either = format!("OR(Admin,{other})");
    let readable = format!("policy update A --role create {either} --private-key-path key --json");
    let opened = sandbox.run(&readable);
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
        sent.expect("it is proposed");
    });

    let pending = sandbox.done("pending");
    let actions = pending["actions"].as_array().expect("actions");
    assert_eq!(actions.len(), 2, "{pending}");
    let unreadable: Vec<_> = actions
        .iter()
        .filter(|action| action["unreadable"].is_string())
        .collect();
    assert_eq!(unreadable.len(), 1, "{pending}");
    let proposer = unreadable[0]["proposer"].as_str().expect("an account");
    assert!(proposer.eq_ignore_ascii_case(&other.to_string()));
    let shown = sandbox.run("pending A");
    assert_eq!(shown.exit, Some(0), "{shown:?}");
    let id = unreadable[0]["action"].as_str().expect("an id");
    assert!(shown.stdout.contains(id), "{shown:?}");
    assert!(shown.stdout.contains("do not approve it"), "{shown:?}");
}
