//! Accounts that the endpoint signs for.

use crate::hostile::policies::{nonce, team};
use crate::hostile::sandbox::{Run, Sandbox};
use crate::hostile::server::{Request, Server, forward};
use serde_json::json;

/// A policy that the team's first account may set alone.
const UPDATE: [&str; 6] = [
    "update-policy",
    "A",
    "OR(Admin,0x1111111111111111111111111111111111111111)",
    "--role",
    "create",
    "--json",
];

#[test]
fn an_unlocked_account_of_the_endpoint_decides_without_a_key() {
    let (node, sandbox) = team();
    let admin = node.addresses()[0];
    let before = nonce(&node, admin);
    let stranger = "0x00000000000000000000000000000000000000aa";
    let words = [
        &UPDATE[..],
        &["--unlocked", stranger, "--accept", "excluded-sender"],
    ]
    .concat();
    let run = sandbox.run(&words);
    assert_ne!(run.exit, Some(0), "{run:?}");
    let mut command = sandbox.command(&[&UPDATE[..], &["--unlocked", "Admin"]].concat());
    let run = Run::of(command.env("ETH_FROM", stranger));
    assert_eq!(
        (run.exit, run.error("name").as_str()),
        (Some(2), "OtherAddress")
    );
    assert_eq!(nonce(&node, admin), before, "nothing was sent");

    let words = [&UPDATE[..], &["--unlocked", "Admin"]].concat();
    let run = sandbox.run(&words);
    assert_eq!(run.exit, Some(0), "{run:?}");
    assert_eq!(nonce(&node, admin), before + 1);
}

#[test]
fn an_endpoint_that_signs_another_transaction_is_found_out_before_it_is_sent() {
    let (node, sandbox) = team();
    let admin = node.addresses()[0];
    let before = nonce(&node, admin);
    let target = node.endpoint().trim_start_matches("http://").to_owned();
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
    let url = server.url();
    let words = [&UPDATE[..], &["--unlocked", "Admin", "--rpc-url", &url]].concat();
    let run = sandbox.run(&words);
    assert_eq!(run.error("name"), "Unsigned", "{run:?}");
    assert!(
        run.error("message").contains("another transaction"),
        "{run:?}"
    );
    assert_eq!(nonce(&node, admin), before, "nothing was sent");
}

#[test]
fn no_key_and_an_unlocked_account_are_not_given_at_once() {
    let sandbox = Sandbox::new();
    let words = [
        &UPDATE[..],
        &["--unlocked", "Admin", "--private-key-path", "key"],
    ]
    .concat();
    assert_eq!(sandbox.run(&words).exit, Some(2));
}
