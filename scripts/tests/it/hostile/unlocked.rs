//! Accounts that the endpoint signs for.

use crate::hostile::policies::team;
use crate::hostile::sandbox::{Run, Sandbox, nonce};
use crate::hostile::server::{Request, Server, forward};
use crate::prelude::*;

/// A policy that the team's first account may set alone.
const UPDATE: &str =
    "policy update A OR(Admin,0x1111111111111111111111111111111111111111) --role create --json";

#[test]
fn an_unlocked_account_of_the_endpoint_decides_without_a_key() {
    let (node, sandbox) = team();
    let admin = node.addresses()[0];
    let before = nonce(&node, admin);
    let stranger = "0x00000000000000000000000000000000000000aa";
    let of_stranger = format!("{UPDATE} --unlocked {stranger} --accept excluded-sender");
    let run = sandbox.run(&of_stranger);
    assert_ne!(run.exit, Some(0), "{run:?}");
    let own = format!("{UPDATE} --unlocked Admin");
    let mut command = sandbox.command(&own);
    Run::of(command.env("ETH_FROM", stranger)).is(2, "OtherAddress");
    assert_eq!(nonce(&node, admin), before, "nothing was sent");

    let run = sandbox.run(&own);
    assert_eq!(run.exit, Some(0), "{run:?}");
    assert_eq!(nonce(&node, admin), before + 1);
}

#[test]
fn an_endpoint_that_signs_another_transaction_is_found_out_before_it_is_sent() {
    let (node, sandbox) = team();
    let admin = node.addresses()[0];
    let before = nonce(&node, admin);
    let target = node.address().to_string();
    let server = Server::new(move |request, stream| {
        let mut changed = Request {
            path: request.path.clone(),
            body: request.body.clone(),
        };
        if request.method() == "eth_signTransaction" {
            changed.body["params"][0]["to"] = json!("0x00000000000000000000000000000000000000bb");
        }
        forward(stream, &changed, &target)
    });
    let words = format!("{UPDATE} --unlocked Admin --rpc-url {}", server.url());
    let run = sandbox.run(&words);
    assert_eq!(run.error("name"), "Unsigned", "{run:?}");
    assert_snapshot!(run.refusal(), @"
    message: set policy create of A could not be signed: the endpoint signed another transaction than it was asked to
    expected: a transaction that can be signed
    found: the endpoint signed another transaction than it was asked to
    next: check the key and the transaction's values
    ");
    assert_eq!(nonce(&node, admin), before, "nothing was sent");
}

#[test]
fn an_endpoint_that_signs_for_nobody_is_told_with_what_signs() {
    let (node, sandbox) = team();
    let admin = node.addresses()[0];
    let before = nonce(&node, admin);
    let target = node.address().to_string();
    let server = Server::new(move |request, stream| {
        let mut changed = Request {
            path: request.path.clone(),
            body: request.body.clone(),
        };
        if request.method() == "eth_signTransaction" {
            changed.body["method"] = json!("eth_unknownMethod");
        }
        forward(stream, &changed, &target)
    });
    let words = format!("{UPDATE} --unlocked Admin --rpc-url {}", server.url());
    let run = sandbox.run(&words);
    assert_eq!(run.error("name"), "Unsigned", "{run:?}");
    assert_eq!(run.exit, Some(4), "{run:?}");
    assert_snapshot!(run.refusal(), @"
    message: set policy create of A could not be signed: the endpoint does not sign for [address]: http://127.0.0.1:[port] refused eth_signTransaction: the method eth_unknownMethod does not exist/is not available (code -32601)
    expected: an endpoint that holds the key of [address]
    found: the endpoint does not sign for [address]: http://127.0.0.1:[port] refused eth_signTransaction: the method eth_unknownMethod does not exist/is not available (code -32601)
    next: give a key in place of --unlocked (--keystore, --account or --private-key-path), or the --rpc-url of a node or signer that holds it; its eth_accounts lists the accounts
    ");
    assert_eq!(nonce(&node, admin), before, "nothing was sent");
}

#[test]
fn no_key_and_an_unlocked_account_are_not_given_at_once() {
    let words = format!("{UPDATE} --unlocked Admin --private-key-path key");
    assert_eq!(Sandbox::new().run(&words).exit, Some(2));
}
