//! The answer to a transaction is lost on a chain that does not restart: what may have been sent is said, and
//! the same command in another folder does not send it again.

use crate::prelude::*;
use stylus_devnode::ChainConfig;

/// A chain that is no local one.
const PUBLIC: u64 = 421_614_000;

/// Runs a command of Admin in a folder, with the user's folder for state.
fn run(sandbox: &Sandbox, folder: &str, endpoint: &str, words: &str) -> Answer {
    let key = sandbox.path("Admin").display().to_string();
    let words = format!("{words} --rpc-url {endpoint}");
    let mut command = sandbox.command_of(&key, &words);
    command.env("STYLUS_UPGRADES_STATE", sandbox.path("state"));
    let output = command.current_dir(sandbox.path(folder)).output();
    Answer::of(output.expect("it starts"))
}

#[test]
fn what_may_have_been_sent_is_said_and_is_not_sent_again_from_another_folder() {
    lost(PUBLIC, "other");
}

/// On a chain that can restart only the same folder knows it, as the message says.
#[test]
fn on_a_local_chain_it_is_not_sent_again_from_the_same_folder() {
    lost(ChainConfig::default().chain_id, ".");
}

#[test]
fn what_may_have_been_sent_is_a_link_to_the_explorer() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let manifest = sandbox.read(MANIFEST);
    let explorer = "https://explorer.example";
    sandbox.write(MANIFEST, format!("explorer = \"{explorer}\"\n{manifest}"));
    let relay = Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        if request["method"] == "eth_sendRawTransaction" {
            *answer = json!("nothing that a node says");
        }
    });
    let words = format!("{CREATE} --rpc-url {}", relay.endpoint());
    let answer = sandbox.run("Admin", &words);
    answer.is(4, "MaybeSent");
    answer.warns(&["in the transaction https://explorer.example/tx/0x"]);
}

/// The answer to a creation is lost, and the same command is typed in that folder.
fn lost(chain_id: u64, folder: &str) {
    let mut config = NodeConfig::default();
    config.chain.chain_id = chain_id;
    let sandbox = Sandbox::on(config);
    let endpoint = sandbox.node.endpoint();
    let done = |words: &str| run(&sandbox, ".", &endpoint, words).ends(0).clone();
    done("registry deploy --save");
    done("define A --migrate Admin");
    done("register A 1.0 counter-v1");

    let relay = Relay::lying(&endpoint, |request, answer| {
        if request["method"] == "eth_sendRawTransaction" {
            *answer = json!("nothing that a node says");
        }
    });
    let answer = run(&sandbox, ".", &relay.endpoint(), CREATE);
    answer.is(4, "MaybeSent");
    answer.says("message", &["may have been sent, in the transaction 0x"]);
    answer.says(
        "next",
        &["on a local chain or a fork, run it from this folder"],
    );

    // Somebody continues in that folder.
    if folder != "." {
        std::fs::create_dir(sandbox.path(folder)).expect("made");
        sandbox.write(sandbox.path(folder).join(MANIFEST), sandbox.read(MANIFEST));
    }
    run(&sandbox, folder, &endpoint, CREATE).ends(0);
    let status = done("status A");
    let found = list(&status["definitions"][0], "instances").len();
    assert_eq!(found, 1, "{status:#}");
}
