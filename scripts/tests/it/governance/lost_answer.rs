//! The answer to a transaction is lost on a chain that does not begin anew: what may have been sent is said, and
//! the same command in another folder does not send it again.

use crate::prelude::*;
use stylus_devnode::ChainConfig;

/// A chain that is nobody's local one.
const PUBLIC: u64 = 421_614_000;

/// Runs a command of Admin in a folder, with the user's folder for state.
fn run(
    sandbox: &Sandbox,
    folder: &str,
    endpoint: &str,
    words: &(impl Words + ?Sized),
) -> (Option<i32>, Value) {
    let words = &words.list()[..];
    let key = sandbox.path("Admin").display().to_string();
    let common = [
        "--json",
        "--not-verifiable",
        "--private-key-path",
        &key,
        "--rpc-url",
        endpoint,
    ];
    let output = sandbox
        .command(&[words, &common].concat())
        .env("STYLUS_UPGRADES_STATE", sandbox.path("state"))
        .current_dir(sandbox.path(folder))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let document = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        document.unwrap_or_else(|_| panic!("{words:?}: no document: {said}")),
    )
}

#[test]
fn what_may_have_been_sent_is_said_and_is_not_sent_again_from_another_folder() {
    lost(PUBLIC, "other", |_, _| {});
}

/// On a chain that begins anew only the same folder knows it, as the message says.
#[test]
fn on_a_local_chain_it_is_not_sent_again_from_the_same_folder() {
    lost(ChainConfig::default().chain_id, ".", |_, _| {});
}

/// The answer to a creation is lost, and the same command is typed in another folder, once that was prepared.
fn lost(chain_id: u64, folder: &str, prepare: impl Fn(&Path, &Path)) {
    let sandbox = Sandbox::on(NodeConfig {
        chain: ChainConfig {
            chain_id,
            ..ChainConfig::default()
        },
        ..NodeConfig::default()
    });
    let endpoint = sandbox.node.endpoint();
    let done = |words: &str| {
        let (exit, document) = run(&sandbox, ".", &endpoint, words);
        assert_eq!(exit, Some(0), "{words:?}: {document:#}");
        document
    };
    done("registry deploy --save");
    done("define A --migrate Admin");
    done("register A 1.0 counter-v1");
    let create = "create-proxy A 1.0 --init initialize(uint256) 7";

    let relay = Relay::lying(&endpoint, |request, answer| {
        if request["method"] == "eth_sendRawTransaction" {
            *answer = json!("nothing that a node says");
        }
    });
    let (exit, document) = run(&sandbox, ".", &relay.endpoint(), &create);
    assert_eq!(
        (exit, &document["error"]["name"]),
        (Some(4), &"MaybeSent".into()),
        "{document:#}"
    );
    let said = document["error"]["message"].as_str().expect("a message");
    assert!(
        said.contains("may have been sent, in the transaction 0x"),
        "{said}"
    );

    let next = document["error"]["next"].as_str().expect("what to do");
    assert!(
        next.contains("on a local chain or a fork, run it from this folder"),
        "{next}"
    );

    // Somebody goes on in that folder.
    let other = sandbox.path(folder);
    if folder != "." {
        std::fs::create_dir(&other).expect("made");
        std::fs::copy(
            sandbox.path("stylus-upgrades.toml"),
            other.join("stylus-upgrades.toml"),
        )
        .expect("copied");
    }
    prepare(&sandbox.path("state"), &other);
    let (exit, document) = run(&sandbox, folder, &endpoint, &create);
    assert_eq!(exit, Some(0), "{document:#}");
    let status = done("status A");
    let instances = status["definitions"][0]["instances"].as_array();
    assert_eq!(instances.map(Vec::len), Some(1), "{status:#}");
}
