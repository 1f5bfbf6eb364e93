//! `--fork-verify`: accounts and storage words count with a proof against the block's state root alone.

use alloy::primitives::{Address, B256, U256, keccak256};
use serde_json::{Value, json};
use stylus_devnode::{Fork, ForkError, ForkOptions, NodeHandle, VerifyMode};

use crate::fork::{INPUT, Origin, call, forked, options, origin, sent};
use crate::front::{Front, Script};
use crate::support::{Process, balance, binary, mine, ready, rpc, rpc_error, set_code};

/// Returns the word of slot 0.
const READER: &str = "0x5f545f5260205ff3";

/// An account with code and a storage word.
const CONTRACT: Address = Address::repeat_byte(0xc0);

/// A chain with [`CONTRACT`], whose newest block has all of its state.
fn chain() -> Origin {
    let origin = origin();
    let port = origin.node.port();
    set_code(port, &CONTRACT, READER);
    let (slot, word) = (B256::ZERO, B256::with_last_byte(0x2a));
    rpc(port, "anvil_setStorageAt", json!([CONTRACT, slot, word]));
    rpc(port, "anvil_setBalance", json!([CONTRACT, "0x77"]));
    mine(port);
    origin
}

fn verified(url: String) -> ForkOptions {
    ForkOptions {
        verify: VerifyMode::Always,
        ..options(url)
    }
}

/// What a fork that verifies answers, or its error.
fn asked(fork: &NodeHandle, method: &str, params: Value) -> Result<Value, String> {
    let answer = crate::support::request(fork.port(), method, params);
    match answer.get("error") {
        Some(error) => Err(error["message"].to_string()),
        None => Ok(answer["result"].clone()),
    }
}

fn read() -> Value {
    json!([{ "to": CONTRACT }, "latest"])
}

#[test]
fn what_is_proven_is_believed_and_runs_as_on_its_chain() {
    let origin = chain();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(verified(front.url()));
    assert_eq!(rpc(fork.port(), "eth_call", call(&origin)), INPUT);
    let word = rpc(fork.port(), "eth_call", read());
    assert_eq!(word, json!(B256::with_last_byte(0x2a)));
    let balance = json!([CONTRACT, "latest"]);
    assert_eq!(rpc(fork.port(), "eth_getBalance", balance), "0x77");
    // Neither the account nor the slot exists.
    let nobody = Address::repeat_byte(0x99);
    let balance = json!([nobody, "latest"]);
    assert_eq!(rpc(fork.port(), "eth_getBalance", balance), "0x0");
    for of in [nobody, CONTRACT] {
        let slot = json!([of, "0x7", "latest"]);
        let found = rpc(fork.port(), "eth_getStorageAt", slot);
        assert_eq!(found, json!(B256::ZERO));
    }
    let here = sent(fork.port(), &origin);
    assert_eq!(here["status"], "0x1");
    assert_eq!(
        here["gasUsed"],
        sent(origin.node.port(), &origin)["gasUsed"]
    );
    let requests = front.script().requests.clone();
    for unproven in ["eth_getBalance", "eth_getTransactionCount"] {
        assert!(!requests.iter().any(|one| one == unproven), "{unproven}");
    }
}

#[test]
fn a_lie_about_an_account_or_a_word_is_a_named_error_and_the_fork_continues() {
    let origin = chain();
    let front = Front::of(origin.node.port(), Script::default());
    let there = |slots: Value| {
        let params = json!([CONTRACT, slots, "latest"]);
        rpc(origin.node.port(), "eth_getProof", params)
    };
    let other = json!([Address::repeat_byte(0x42), [B256::ZERO], "latest"]);
    let other = rpc(origin.node.port(), "eth_getProof", other);
    let shorter = |list: &Value| {
        let nodes = list.as_array().expect("nodes");
        json!(nodes[..nodes.len() - 1])
    };
    let own = there(json!([B256::ZERO]));
    let of_account = [
        vec![("/balance", json!("0x78"))],
        vec![("/nonce", json!("0x7"))],
        vec![("/codeHash", json!(keccak256([0xfe])))],
        vec![("/storageHash", json!(B256::repeat_byte(1)))],
        vec![("/accountProof", json!([]))],
        vec![("/accountProof", shorter(&own["accountProof"]))],
        vec![("/accountProof/0", json!("0xc0"))],
        // The account of somebody else, whose proof says that there is none.
        vec![
            ("/balance", other["balance"].clone()),
            ("/codeHash", other["codeHash"].clone()),
            ("/storageHash", other["storageHash"].clone()),
            ("/accountProof", other["accountProof"].clone()),
        ],
    ];
    for lie in of_account {
        let fork = forked(verified(front.url()));
        front.script().proof = lie.clone();
        let error = asked(&fork, "eth_getBalance", json!([CONTRACT, "latest"]));
        let error = error.expect_err(&format!("{lie:?}"));
        assert!(error.contains("ForkProofMismatch"), "{lie:?}: {error}");
        assert!(!error.contains("secretkey"), "{error}");
        front.script().proof.clear();
        let found = asked(&fork, "eth_call", read());
        assert_eq!(found, Ok(json!(B256::with_last_byte(0x2a))));
    }
    let of_word = [
        vec![("/storageProof/0/value", json!("0x2b"))],
        vec![("/storageProof/0/value", json!("0x0"))],
        vec![("/storageProof/0/proof", json!([]))],
        vec![
            ("/storageProof/0/value", json!("0x0")),
            ("/storageProof/0/proof", json!([])),
            ("/storageHash", json!(alloy::consensus::EMPTY_ROOT_HASH)),
        ],
    ];
    for lie in of_word {
        let fork = forked(verified(front.url()));
        balance(fork.port(), &CONTRACT);
        front.script().proof = lie.clone();
        let error = asked(&fork, "eth_call", read());
        let error = error.expect_err(&format!("{lie:?}"));
        assert!(error.contains("ForkProofMismatch"), "{lie:?}: {error}");
        front.script().proof.clear();
        let found = asked(&fork, "eth_call", read());
        assert_eq!(found, Ok(json!(B256::with_last_byte(0x2a))));
    }
}

#[test]
fn code_that_is_not_the_proven_one_is_a_named_error() {
    let origin = chain();
    let front = Front::of(origin.node.port(), Script::default());
    for code in ["0x", "0x00", "0x5f545f5260205ff300"] {
        let fork = forked(verified(front.url()));
        front.script().answers = vec![("eth_getCode", json!(code))];
        let error = rpc_error(fork.port(), "eth_call", read()).to_string();
        assert!(error.contains("ForkProofMismatch: the code of"), "{error}");
        front.script().answers.clear();
        let found = rpc(fork.port(), "eth_call", read());
        assert_eq!(found, json!(B256::with_last_byte(0x2a)));
    }
}

#[test]
fn a_header_that_is_not_the_blocks_is_refused_at_the_start() {
    let origin = chain();
    let front = Front::of(origin.node.port(), Script::default());
    for (field, value) in [
        ("stateRoot", json!(B256::repeat_byte(3))),
        ("timestamp", json!("0x7")),
        ("miner", json!(Address::repeat_byte(3))),
        ("baseFeePerGas", json!("0x1")),
        ("l1BlockNumber", json!("0x7777")),
        ("hash", json!(B256::repeat_byte(3))),
    ] {
        front.script().block = vec![(field, value)];
        let error = Fork::connect(verified(front.url())).expect_err(field);
        assert!(matches!(error, ForkError::Endpoint { .. }), "{error}");
        assert!(error.to_string().contains("ForkProofMismatch"), "{error}");
    }
    front.script().block.clear();
    // The version of ArbOS chooses the rules.
    front.script().proof = vec![("/storageProof/0/value", json!(U256::from(30)))];
    let error = Fork::connect(verified(front.url())).expect_err("a lie about ArbOS");
    assert!(error.to_string().contains("ForkProofMismatch"), "{error}");
}

#[test]
fn an_endpoint_without_proofs_is_refused_where_they_are_asked_for() {
    let origin = chain();
    let script = Script {
        no_proofs: true,
        ..Script::default()
    };
    let front = Front::of(origin.node.port(), script);
    let error = Fork::connect(verified(front.url())).expect_err("no proofs");
    assert!(matches!(error, ForkError::NoProofs { .. }), "{error}");
    assert!(error.to_string().contains("--fork-verify"), "{error}");
    assert!(!error.to_string().contains("secretkey"), "{error}");
    // Without the flag an endpoint on this machine is believed, with proofs or without.
    let fork = forked(options(front.url()));
    assert_eq!(rpc(fork.port(), "eth_call", call(&origin)), INPUT);
    let url = front.url();
    let refused = std::process::Command::new(binary())
        .args(["-p", "0", "--fork-url", &url, "--fork-verify"])
        .output()
        .expect("it runs");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("gives no proofs"), "{said}");
    front.script().no_proofs = false;
    let process = Process::start(&["--fork-url", &url, "--fork-verify"]);
    assert_eq!(rpc(process.port, "eth_call", call(&origin)), INPUT);
}

#[test]
fn what_was_kept_unverified_is_not_believed() {
    let origin = chain();
    let front = Front::of(origin.node.port(), Script::default());
    let folder = tempfile::tempdir().expect("a folder");
    let kept = |verify| ForkOptions {
        cache: Some(folder.path().to_owned()),
        verify,
        ..options(front.url())
    };
    let lie = B256::with_last_byte(0x66);
    let word = |fork: &NodeHandle| {
        let slot = json!([CONTRACT, "0x0", "latest"]);
        rpc(fork.port(), "eth_getStorageAt", slot)
    };
    {
        let fork = forked(kept(VerifyMode::Never));
        front.script().answers = vec![("eth_getStorageAt", json!(lie))];
        assert_eq!(word(&fork), json!(lie));
        front.script().answers.clear();
    }
    let found = word(&forked(kept(VerifyMode::Never)));
    assert_eq!(found, json!(lie), "it was kept");
    let found = word(&forked(kept(VerifyMode::Always)));
    assert_eq!(found, json!(B256::with_last_byte(0x2a)));
}

#[test]
fn a_reset_to_another_url_verifies_as_before() {
    let origin = chain();
    let fork = forked(verified(origin.node.endpoint()));
    let front = Front::of(origin.node.port(), Script::default());
    let forking = json!([{ "forking": { "jsonRpcUrl": front.url() } }]);
    rpc(fork.port(), "anvil_reset", forking);
    front.script().answers = vec![("eth_getCode", json!("0x00"))];
    let error = rpc_error(fork.port(), "eth_call", read()).to_string();
    assert!(error.contains("ForkProofMismatch"), "{error}");
}

#[test]
fn an_endpoint_elsewhere_that_takes_the_place_of_a_local_one_is_verified() {
    let origin = chain();
    let fork = forked(options(origin.node.endpoint()));
    let front = Front::of(origin.node.port(), Script::default());
    rpc(fork.port(), "anvil_setRpcUrl", json!([elsewhere(&front)]));
    front.script().answers = vec![("eth_getCode", json!("0x00"))];
    let error = rpc_error(fork.port(), "eth_call", read()).to_string();
    assert!(error.contains("ForkProofMismatch"), "{error}");
}

/// The endpoint under a name that does not show that it is on this machine: 127.0.0.1 as one number.
fn elsewhere(front: &Front) -> String {
    front.url().replace("127.0.0.1", "2130706433")
}

#[test]
fn by_default_an_endpoint_elsewhere_is_verified_where_it_gives_proofs() {
    let origin = chain();
    let front = Front::of(origin.node.port(), Script::default());
    let fork = forked(options(elsewhere(&front)));
    front.script().answers = vec![("eth_getCode", json!("0x00"))];
    let error = rpc_error(fork.port(), "eth_call", read()).to_string();
    assert!(error.contains("ForkProofMismatch"), "{error}");
    let believing = ForkOptions {
        verify: VerifyMode::Never,
        ..options(elsewhere(&front))
    };
    let fork = forked(believing);
    assert_eq!(rpc(fork.port(), "eth_call", read()), "0x");
}

#[test]
fn by_default_an_endpoint_without_proofs_is_told_of_once_and_believed() {
    let origin = chain();
    let script = Script {
        no_proofs: true,
        ..Script::default()
    };
    let front = Front::of(origin.node.port(), script);
    let url = elsewhere(&front);
    let mut child = std::process::Command::new(binary())
        .args(["-p", "0", "--fork-url", &url, "--no-storage-caching"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let (port, _) = ready(&mut child);
    assert_eq!(rpc(port, "eth_call", call(&origin)), INPUT);
    let found = balance(port, &CONTRACT);
    assert_eq!(found, "0x77");
    child.kill().expect("our own child");
    let said = child.wait_with_output().expect("it ended").stderr;
    let said = String::from_utf8_lossy(&said);
    assert_eq!(said.matches("gives no proofs").count(), 1, "{said}");
    assert!(!said.contains("secretkey"), "{said}");
}
