//! The process contract that spawn wrappers rely on.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use alloy::primitives::{Address, U256};
use alloy_node_bindings::Anvil;
use rustix::process::Signal;
use serde_json::json;

use crate::support::{
    Process, begun, binary, block_number, eventually, mine, nonce, post, rpc, set_code, transact,
};

/// Position of the first line that starts like this.
fn position(lines: &[String], start: &str) -> usize {
    lines
        .iter()
        .position(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no line {start:?} in {lines:#?}"))
}

#[test]
fn start_up_lines_come_in_anvils_order() {
    let process = Process::start(&[]);
    let order = [
        "Available Accounts",
        "Private Keys",
        "Wallet",
        "Mnemonic:",
        "Derivation path:",
        "Chain ID: 412346",
        "Base Fee",
        "Gas Limit",
        "Genesis Timestamp",
        "Listening on 127.0.0.1:",
    ];
    let positions: Vec<usize> = order
        .iter()
        .map(|start| position(&process.lines, start))
        .collect();
    assert!(positions.is_sorted(), "{:#?}", process.lines);
    assert_eq!(
        positions.last(),
        Some(&(process.lines.len() - 1)),
        "the ready line is the last one"
    );
}

#[test]
fn key_lines_are_as_many_as_requested_accounts() {
    let process = Process::start(&["-a", "20"]);
    let keys = position(&process.lines, "Private Keys");
    let listed = |lines: &[String]| lines.iter().filter(|line| line.starts_with('(')).count();
    assert_eq!(listed(&process.lines[..keys]), 20);
    assert_eq!(listed(&process.lines[keys..]), 20);
}

#[test]
fn alloys_anvil_wrapper_reads_port_keys_and_chain_id() {
    let node = Anvil::new()
        .path(binary())
        .arg("--accounts")
        .arg("20")
        .spawn();
    assert_ne!(node.port(), 0);
    assert_eq!(node.keys().len(), 20);
    assert_eq!(node.addresses().len(), 20);
    assert_eq!(node.chain_id(), 412_346);
    assert_eq!(rpc(node.port(), "eth_chainId", json!([])), "0x64aba");
}

#[test]
fn alloys_anvil_wrapper_passes_its_options() {
    let phrase = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
    let node = Anvil::new()
        .path(binary())
        .mnemonic(phrase)
        .chain_id(1337)
        .block_time(60)
        .spawn();
    assert_eq!(node.chain_id(), 1337);
    // The first address of this well-known phrase.
    let found = node.addresses()[0].to_string();
    assert_eq!(found, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
    assert_eq!(rpc(node.port(), "eth_chainId", json!([])), "0x539");
    assert_eq!(rpc(node.port(), "anvil_getAutomine", json!([])), false);
}

#[test]
fn an_address_in_use_ends_the_process_with_the_reason() {
    let first = Process::start(&[]);
    let output = Command::new(binary())
        .args(["-p", &first.port.to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let reason = String::from_utf8(output.stderr).unwrap();
    assert!(reason.contains("already in use"), "{reason}");
}

#[test]
fn flags_that_cannot_be_honored_exit_with_2_and_the_reason() {
    let refused: [&[&str]; 10] = [
        &["--hardfork", "nobody"],
        &["--hardfork", "osaka", "--arbos-version", "40"],
        &["--order", "tips"],
        &["--celo"],
        &["--fork-transaction-hash", "0x00"],
        &["--fork-block-number", "1"],
        &["--fork-url", "http://localhost:1", "--arbos-version", "51"],
        &["--optimism"],
        &["--arbos-version", "7"],
        &["--no-such-flag"],
    ];
    for args in refused {
        let output = Command::new(binary())
            .args(["-p", "0"])
            .args(args)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn flags_of_anvil_that_change_nothing_here_are_accepted() {
    let process = Process::start(&[
        "--hardfork",
        "osaka",
        "--slots-in-an-epoch",
        "1",
        "--steps-tracing",
        "--prune-history",
        "--max-persisted-states",
        "5",
        "--transaction-block-keeper",
        "5",
        "--memory-limit",
        "1000",
        "--disable-min-priority-fee",
        "--cache-path",
        "cache",
        "--color",
        "never",
        "--no-storage-caching",
        "--timeout",
        "1000",
        "--retries",
        "1",
        "--no-rate-limit",
        "--auto-impersonate",
        "--no-request-size-limit",
    ]);
    assert_eq!(rpc(process.port, "net_version", json!([])), "412346");
}

#[test]
fn a_hardfork_that_the_chain_has_is_taken_and_another_one_is_named_in_the_refusal() {
    for (version, name) in [
        ("32", "cancun"),
        ("41", "Prague"),
        ("61", "prague"),
        ("61", "latest"),
    ] {
        let process = Process::start(&["--arbos-version", version, "--hardfork", name]);
        assert_eq!(block_number(process.port), "0x0");
    }
    let mut command = Command::new(binary());
    command.args(["-p", "0", "--hardfork", "osaka", "--arbos-version", "41"]);
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(
        said.contains("the rules of ArbOS 41, which are those of prague"),
        "{said}"
    );
}

#[test]
fn waiting_transactions_are_included_in_the_order_and_number_that_the_flags_say() {
    let hashes = |flags: &[&str]| {
        let process = Process::start(&[&["--no-mining"], flags].concat());
        let accounts = rpc(process.port, "eth_accounts", json!([]));
        let sent: Vec<_> = [(0, 1_u64), (1, 3), (2, 2)]
            .map(|(sender, gwei)| {
                let fee = format!("{:#x}", gwei * 1_000_000_000);
                let transfer = json!([{
                    "from": accounts[sender], "to": accounts[9], "gas": "0x5208",
                    "maxFeePerGas": fee, "maxPriorityFeePerGas": "0x0",
                }]);
                rpc(process.port, "eth_sendTransaction", transfer)
            })
            .into();
        mine(process.port);
        let block = rpc(process.port, "eth_getBlockByNumber", json!(["0x1", false]));
        let included = block["transactions"].as_array().unwrap().clone();
        let at = |hash| sent.iter().position(|sent| sent == hash).unwrap();
        included.iter().map(at).collect::<Vec<_>>()
    };
    assert_eq!(hashes(&[]), [0, 1, 2]);
    assert_eq!(hashes(&["--order", "fees"]), [1, 2, 0]);
    let found = hashes(&["--order", "fees", "--max-transactions", "2"]);
    assert_eq!(found, [1, 2]);
}

#[test]
fn quiet_prints_nothing_at_all() {
    let mut child = Command::new(binary())
        .args(["-p", "0", "--silent"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.kill().unwrap();
    assert!(child.wait_with_output().unwrap().stdout.is_empty());
}

#[test]
fn config_out_describes_what_was_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.json");
    let process = Process::start(&["--config-out", file.to_str().unwrap(), "-a", "3"]);
    let config: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(config["available_accounts"].as_array().unwrap().len(), 3);
    assert_eq!(config["private_keys"].as_array().unwrap().len(), 3);
    assert_eq!(config["wallet"]["derivation_path"], "m/44'/60'/0'/0/");
    drop(process);
}

#[test]
fn a_seeded_phrase_is_the_same_each_time() {
    let (first, second) = (
        Process::start(&["--mnemonic-seed-unsafe", "7"]),
        Process::start(&["--mnemonic-seed-unsafe", "7"]),
    );
    let phrase = |process: &Process| process.lines[position(&process.lines, "Mnemonic:")].clone();
    assert_eq!(phrase(&first), phrase(&second));
    assert!(!phrase(&first).contains("junk"));
}

#[test]
fn sigterm_and_sigint_exit_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut process = Process::start(&[]);
        process.signal(signal);
        assert_eq!(process.wait().code(), Some(0));
    }
}

#[test]
fn a_thousand_transactions_after_stdout_was_closed_leave_the_process_alive() {
    // `start` has dropped the reading end of the pipe.
    let mut process = Process::start(&["-vv"]);
    let accounts = rpc(process.port, "eth_accounts", json!([]));
    let transactions: Vec<_> = (0..1000)
        .map(|id| {
            let transaction = json!({ "from": accounts[0], "to": accounts[1], "value": "0x1", "gas": "0x186a0" });
            json!({ "jsonrpc": "2.0", "id": id, "method": "eth_sendTransaction", "params": [transaction] })
        })
        .collect();
    let (status, answer) = post(process.port, &json!(transactions).to_string());
    assert_eq!(status, 200);
    assert!(
        !answer.contains("\"error\""),
        "{}",
        &answer[..answer.len().min(500)]
    );
    let nonce: U256 = serde_json::from_value(nonce(process.port, &accounts[0])).unwrap();
    assert_eq!(nonce, U256::from(1000));
    assert!(process.child.try_wait().unwrap().is_none());
}

#[test]
fn until_parent_exits_ends_with_a_parent_that_was_killed() {
    let mut shell = Command::new("sh")
        .args(["-c", "\"$0\" -p 0 --until-parent-exits & wait", &binary()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(shell.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let ready = lines.filter_map(|line| line.strip_prefix("Listening on ").map(str::to_owned));
    let address = ready.take(1).next().expect("a ready line");
    assert!(TcpStream::connect(&address).is_ok());
    shell.kill().unwrap();
    shell.wait().unwrap();
    eventually("the end of the orphan", || {
        TcpStream::connect(&address).is_err().then_some(())
    });
}

/// Starts a node whose state is kept in a file, with one block, and sends it a transaction that calls this code.
fn kept_busy(file: &std::path::Path, code: &str) -> Process {
    let file = file.to_str().expect("text");
    let process = Process::start(&["--state", file, "--arbos-version", "41"]);
    let port = process.port;
    let from = rpc(port, "eth_accounts", json!([]))[0].clone();
    // As much gas as a chain's owner may allow.
    let owner = json!({
        "from": "0x3f1eae7d46d88f08fc2f8ed27fcb2ab183eb2d0e",
        "to": "0x0000000000000000000000000000000000000070",
        "data": "0x39673611000000000000000000000000000000000000000000000000ffffffffffffffff",
    });
    assert_eq!(transact(port, owner)["status"], "0x1");
    let busy = Address::repeat_byte(0xee);
    set_code(port, &busy, code);
    mine(port);
    rpc(port, "anvil_setNextBlockBaseFeePerGas", json!(["0x1"]));
    let transaction =
        json!([{ "from": from, "to": busy, "gas": "0x2000000000000", "gasPrice": "0x1" }]);
    let caller = begun(port, "close", "eth_sendTransaction", &transaction);
    std::thread::sleep(Duration::from_millis(500));
    drop(caller);
    process
}

fn number_after_restart(file: &std::path::Path) -> serde_json::Value {
    let file = file.to_str().expect("text");
    block_number(Process::start(&["--state", file, "--arbos-version", "41"]).port)
}

#[test]
fn a_signal_ends_the_node_between_two_steps_of_a_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    // Call after call of BLAKE2, each of a million rounds.
    let code = "0x630010000060e01b5f525b5f5f60d55f60095afa50600a56";
    let mut process = kept_busy(&file, code);
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    assert_eq!(number_after_restart(&file), "0x2");
}
