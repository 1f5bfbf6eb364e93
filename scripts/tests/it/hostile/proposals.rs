//! What one approver alone can propose, and the others have to live with.

use crate::hostile::sandbox::{Sandbox, node};
use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades::client::Client;

#[test]
fn bytes_with_two_readings_are_listed_beside_what_can_be_read() {
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
        sent.expect("it is proposed");
    });

    let pending = sandbox.done("pending");
    let actions = list(&pending, "actions");
    assert_eq!(actions.len(), 2, "{pending}");
    let unreadable = actions
        .iter()
        .filter(|action| action["unreadable"].is_string());
    let [unreadable] = unreadable.collect::<Vec<_>>()[..] else {
        panic!("{pending}");
    };
    assert_eq!(account(unreadable, "proposer"), other);
    let shown = sandbox.run("pending A");
    assert_eq!(shown.exit, Some(0), "{shown:?}");
    contains(
        &shown.stdout,
        &[text(unreadable, "action"), "do not approve it"],
    );
}
