//! The state in a file, and as an answer.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::time::Duration;

use alloy::primitives::Address;
use flate2::{Compression, write::GzEncoder};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::evm::counter;
use crate::support::{
    LONGEST_WAIT, Process, balance, block_number, eventually, latest_block, mine, node, nonce,
    receipt, refused, rpc, rpc_error, set_code, transact, word_at,
};

/// Ends a process, which saves its state.
fn end(mut process: Process) {
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
}

/// The result of work on a thread of its own, which must be there in time.
fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = std::sync::mpsc::channel();
    std::thread::spawn(move || done.send(work()));
    result.recv_timeout(limit).expect("it ends in time")
}

#[test]
fn sigterm_saves_the_state_and_the_next_start_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let file = file.to_str().unwrap();
    let mut first = Process::start(&["--state", file]);
    let from = rpc(first.port, "eth_accounts", json!([]))[0].clone();
    let made = transact(first.port, json!({ "from": from, "data": counter() }));
    let contract = made["contractAddress"].clone();
    rpc(
        first.port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": contract }]),
    );
    first.signal(Signal::TERM);
    assert_eq!(first.wait().code(), Some(0));

    let second = Process::start(&["--state", file]);
    assert_eq!(
        word_at(second.port, &contract, "0x0")
            .as_str()
            .unwrap()
            .trim_start_matches(['0', 'x']),
        "1"
    );
    assert_eq!(block_number(second.port), "0x2");
    let found = nonce(second.port, &from);
    assert_eq!(found, "0x2");
    rpc(
        second.port,
        "eth_sendTransaction",
        json!([{ "from": from, "to": contract }]),
    );
    assert_eq!(block_number(second.port), "0x3");
}

#[test]
fn what_waits_at_sigterm_waits_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let args = ["--no-mining", "--state", file.to_str().expect("text")];
    let mut first = Process::start(&args);
    let accounts = rpc(first.port, "eth_accounts", json!([]));
    let sent = json!([{ "from": accounts[0], "to": accounts[1], "value": "0x1" }]);
    let signed = rpc(first.port, "eth_sendTransaction", sent);
    let contract = Address::repeat_byte(0xc0);
    set_code(first.port, &contract, "0x00");
    let rich = json!([contract, "0xde0b6b3a7640000"]);
    rpc(first.port, "anvil_setBalance", rich);
    let sent = json!([{ "from": contract, "to": accounts[1], "gas": "0x5208" }]);
    let unsigned = rpc(first.port, "eth_sendUnsignedTransaction", sent);
    first.signal(Signal::TERM);
    assert_eq!(first.wait().code(), Some(0));

    let second = Process::start(&args);
    assert_eq!(block_number(second.port), "0x0");
    mine(second.port);
    for hash in [signed, unsigned] {
        assert_eq!(receipt(second.port, &hash)["status"], "0x1", "{hash}");
    }
}

#[test]
fn a_killed_node_leaves_a_whole_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let mut process = Process::start(&[
        "--state",
        file.to_str().unwrap(),
        "--state-interval",
        "0.02",
    ]);
    rpc(process.port, "anvil_mine", json!(["0x64"]));
    eventually("a saved state", || file.exists().then_some(()));
    process.signal(Signal::KILL);
    process.wait();
    let second = Process::start(&["--load-state", file.to_str().unwrap()]);
    rpc(second.port, "eth_chainId", json!([]));
}

/// The state that a process saved.
fn saved(file: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Blocks of a state.
fn blocks_of(state: &Value) -> usize {
    state["history"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_chain_grows_while_it_saves() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let first = Process::start(&["--state", file.to_str().expect("text")]);
    rpc(first.port, "anvil_mine", json!(["0x64"]));
    end(first);

    // What is saved goes into a pipe: it has no room for all of it, so the process writes until somebody reads.
    let pipe = folder.path().join("state.json.tmp");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo").success());
    let args = [
        "--state",
        file.to_str().expect("text"),
        "--state-interval",
        "0.1",
    ];
    let process = Process::start(&args);
    let port = process.port;
    let reader = within(LONGEST_WAIT, move || {
        // Somebody writes from here on.
        let reader = File::open(&pipe).expect("a pipe");
        std::fs::remove_file(&pipe).expect("removed");
        reader
    });
    let answered = within(LONGEST_WAIT, move || {
        let accounts = rpc(port, "eth_accounts", json!([]));
        for _ in 0..20 {
            let sent = json!([{ "from": accounts[0], "to": accounts[1], "value": "0x1" }]);
            rpc(port, "eth_sendTransaction", sent);
        }
        block_number(port)
    });
    assert_eq!(answered, "0x78");
    let written: Value = serde_json::from_reader(BufReader::new(reader)).expect("a document");
    assert_eq!(blocks_of(&written), 101, "the chain as it was");
    eventually("the longer chain is saved", || {
        (blocks_of(&saved(&file)?) == 121).then_some(())
    });
}

#[test]
fn a_state_that_a_full_disk_does_not_take_leaves_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let args = ["--state", file.to_str().expect("text")];
    let first = Process::start(&args);
    mine(first.port);
    end(first);
    let whole = saved(&file).expect("a state");

    let beside = folder.path().join("state.json.tmp");
    std::os::unix::fs::symlink("/dev/full", &beside).expect("a link");
    let mut second = Process::start(&args);
    mine(second.port);
    second.signal(Signal::TERM);
    assert_eq!(second.wait().code(), Some(1), "it says so");
    assert_eq!(saved(&file), Some(whole));

    std::fs::remove_file(&beside).expect("removed");
    let third = Process::start(&args);
    assert_eq!(block_number(third.port), "0x1");
}

/// Most memory that a process had, in KiB.
fn most_memory(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.child.id()));
    let status = status.expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("KiB")
}

/// Has a process mine blocks with a contract in each, and another one go on with its state. The most memory of both, in
/// KiB.
fn memory_of_run_and_restart(blocks: usize) -> [u64; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let args = [
        "--state",
        file.to_str().expect("text"),
        "--state-interval",
        "0.5",
    ];
    let run = Process::start(&args);
    let accounts = rpc(run.port, "eth_accounts", json!([]));
    for _ in 0..blocks {
        let sent = json!([{ "from": accounts[0], "data": counter() }]);
        rpc(run.port, "eth_sendTransaction", sent);
    }
    eventually("all is saved", || {
        (blocks_of(&saved(&file)?) == blocks + 1).then_some(())
    });
    let before = most_memory(&run);
    end(run);
    let restart = Process::start(&args);
    let most = [before, most_memory(&restart)];
    let size = std::fs::metadata(&file).expect("a state").len();
    println!(
        "{blocks} blocks, a file of {size} bytes: KiB of the run and of its restart: {most:?}"
    );
    most
}

#[test]
fn a_restart_needs_no_more_memory_than_the_run_before_it() {
    let [run, restart] = memory_of_run_and_restart(500);
    assert!(restart <= run, "{restart} KiB, {run} KiB before");
}

#[test]
#[ignore = "nightly: five thousand blocks, about 20 s"]
fn a_restart_after_many_blocks_needs_no_more_memory_than_the_run_before_it() {
    let [run, restart] = memory_of_run_and_restart(5_000);
    assert!(restart <= run, "{restart} KiB, {run} KiB before");
}

#[test]
fn a_link_leads_to_the_file_of_another_node_and_a_device_is_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (
        folder.path().join("state.json"),
        folder.path().join("link.json"),
    );
    std::os::unix::fs::symlink("state.json", &link).expect("a link");
    let refused = |path: &str| {
        let output = std::process::Command::new(crate::support::binary())
            .args(["-p", "0", "--state", path])
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("text")
    };
    let mut first = Process::start(&["--state", file.to_str().expect("text")]);
    let other = refused(link.to_str().expect("text"));
    assert!(other.contains("belongs to process"), "{other}");
    first.signal(Signal::TERM);
    first.wait();

    // What a node saves by the link is in the file.
    let mut second = Process::start(&["--state", link.to_str().expect("text")]);
    mine(second.port);
    second.signal(Signal::TERM);
    second.wait();
    assert!(std::fs::symlink_metadata(&link).expect("it").is_symlink());
    let third = Process::start(&["--load-state", file.to_str().expect("text")]);
    assert_eq!(block_number(third.port), "0x1");

    let device = refused("/dev/full");
    assert!(device.contains("expected a file or nothing"), "{device}");
}

#[test]
fn a_state_file_that_is_none_ends_the_start_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    std::fs::write(&file, "{}").unwrap();
    for args in [
        ["--state", file.to_str().unwrap()],
        ["--load-state", "/no/such/file"],
    ] {
        let output = std::process::Command::new(crate::support::binary())
            .args(["-p", "0"])
            .args(args)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .contains("cannot load the state from")
        );
    }
}

#[test]
fn a_dumped_state_is_loaded_into_another_node() {
    let (first, second) = (node(), node());
    let account = Address::repeat_byte(0x66);
    rpc(first.port(), "anvil_setBalance", json!([account, "0x123"]));
    let state = rpc(first.port(), "anvil_dumpState", json!([]));
    let found = rpc(second.port(), "hardhat_loadState", json!([state]));
    assert_eq!(found, true);
    let found = balance(second.port(), &account);
    assert_eq!(found, "0x123");
    let found = refused(second.port(), "anvil_loadState", json!(["0x1234"]));
    assert_eq!(found, -32602);
}

#[test]
fn of_a_state_whose_blocks_cannot_be_made_nothing_is_loaded() {
    let node = node();
    let account = Address::repeat_byte(0x66);
    // The time after the third of five blocks is no longer in the year 9999.
    let state = json!({
        "block": { "number": "0x5", "timestamp": stylus_chain::LAST_SECOND - 2 },
        "accounts": { account.to_string(): { "balance": "0x123" } },
    });
    let bytes = alloy::primitives::hex::encode_prefixed(state.to_string());
    let snapshot = rpc(node.port(), "evm_snapshot", json!([]));
    rpc(node.port(), "anvil_setBlockTimestampInterval", json!([1]));
    refused(node.port(), "anvil_loadState", json!([bytes]));
    assert_eq!(balance(node.port(), &account), "0x0");
    assert_eq!(block_number(node.port()), "0x0");
    assert_eq!(rpc(node.port(), "evm_revert", json!([snapshot])), true);
}

/// As `geth dumpgenesis` writes one: addresses without prefix, short words, nulls.
const GENESIS: &str = r#"{
    "config": { "chainId": 777, "homesteadBlock": 0, "terminalTotalDifficulty": 0 },
    "nonce": "0x0", "timestamp": "0x65000000", "extraData": "0x", "gasLimit": "0x1c9c380",
    "difficulty": "0x0", "coinbase": "0x00000000000000000000000000000000000000aa",
    "alloc": {
        "7777777777777777777777777777777777777777": {
            "balance": "1000", "nonce": "0x3", "code": "0xfe",
            "storage": { "0x0000000000000000000000000000000000000000000000000000000000000001": "0x07" }
        }
    },
    "number": "0x0", "gasUsed": "0x0", "baseFeePerGas": "0x77", "excessBlobGas": null
}"#;

#[test]
fn a_genesis_of_geth_is_taken_and_flags_come_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("genesis.json");
    std::fs::write(&file, GENESIS).unwrap();
    let init = ["--init", file.to_str().unwrap()];
    let process = Process::start(&init);
    let port = process.port;
    let account = Address::repeat_byte(0x77);
    let latest = |method| rpc(port, method, json!([account, "latest"]));
    assert_eq!(rpc(port, "eth_chainId", json!([])), "0x309");
    assert_eq!(latest("eth_getBalance"), "0x3e8");
    assert_eq!(latest("eth_getTransactionCount"), "0x3");
    assert_eq!(latest("eth_getCode"), "0xfe");
    let word = word_at(port, &account, "0x1");
    assert_eq!(word, format!("{:#066x}", 7));
    let first = rpc(port, "eth_getBlockByNumber", json!(["0x0", false]));
    let fields = ["timestamp", "gasLimit", "baseFeePerGas"];
    let of = |block: &Value| fields.map(|name| block[name].as_str().unwrap().to_owned());
    assert_eq!(of(&first), ["0x65000000", "0x1c9c380", "0x77"]);
    mine(port);
    let next = latest_block(port);
    assert_eq!(next["miner"], "0x00000000000000000000000000000000000000aa");
    assert!(
        process.lines.iter().any(|line| line == "Chain ID: 777"),
        "{:?}",
        process.lines
    );

    let flags = [
        "--timestamp",
        "1700000001",
        "--chain-id",
        "5",
        "--gas-limit",
        "9000000",
    ];
    let process = Process::start(&[&init, &flags[..]].concat());
    let first = rpc(process.port, "eth_getBlockByNumber", json!(["0x0", false]));
    assert_eq!(of(&first)[..2], ["0x6553f101", "0x895440"]);
    assert_eq!(rpc(process.port, "eth_chainId", json!([])), "0x5");
}

#[test]
fn what_a_killed_node_was_writing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let leftover = folder.path().join("state.json.tmp");
    std::fs::write(&leftover, "{".repeat(1_000_000)).unwrap();
    let mut process = Process::start(&["--state", file.to_str().unwrap()]);
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    assert!(!leftover.exists());
    drop(Process::start(&["--state", file.to_str().unwrap()]));
}

/// Every place of a document that has no places below it.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| leaves(value, &format!("{at}/{name}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| leaves(value, &format!("{at}/{index}"), found)),
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn a_state_file_with_any_value_changed_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let path = file.to_str().expect("text");
    let mut process = Process::start(&["--dump-state", path]);
    let accounts = rpc(process.port, "eth_accounts", json!([]));
    transact(
        process.port,
        json!({ "from": accounts[0], "data": counter() }),
    );
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    let whole: Value =
        serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    let loads = |state: &Value| {
        let bytes = format!("0x{}", alloy::primitives::hex::encode(state.to_string()));
        crate::support::request(node().port(), "anvil_loadState", json!([bytes]))
    };
    assert_eq!(loads(&whole)["result"], true, "as it was written");
    for name in whole.as_object().expect("fields").keys() {
        let mut changed = whole.clone();
        let value = changed[name].take();
        let fields = changed.as_object_mut().expect("fields");
        fields.remove(name);
        fields.insert(format!("{name}_"), value);
        let answer = loads(&changed);
        assert_eq!(answer["error"]["code"], -32602, "{name}: {answer}");
    }
    let mut places = Vec::new();
    leaves(&whole, "", &mut places);
    let step = places.len().div_ceil(40);
    for place in places.iter().step_by(step) {
        let mut changed = whole.clone();
        let value = changed.pointer_mut(place).expect("a place");
        *value = match value.clone() {
            Value::String(text) if text.starts_with("0x") && text.len() > 2 => {
                let last = if text.ends_with('1') { "2" } else { "1" };
                json!(format!("{}{last}", &text[..text.len() - 1]))
            }
            Value::String(text) => json!(format!("{text}00")),
            Value::Number(number) => json!(number.as_u64().unwrap_or_default() + 1),
            Value::Bool(bool) => json!(!bool),
            _ => json!(1),
        };
        let answer = loads(&changed);
        assert_eq!(answer["error"]["code"], -32602, "{place}: {answer}");
    }
}

#[test]
fn a_state_file_belongs_to_one_process_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let path = file.to_str().expect("text");
    let mut first = Process::start(&["--state", path]);
    let output = std::process::Command::new(crate::support::binary())
        .args(["-p", "0", "--state", path])
        .output()
        .expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).expect("text");
    let owner = format!("process {}", first.child.id());
    assert!(words.contains(&owner) && words.contains(path), "{words}");
    // Reading alone disturbs nobody, and after a kill the file is free.
    mine(first.port);
    first.signal(Signal::KILL);
    first.wait();
    let mut second = Process::start(&["--state", path]);
    second.signal(Signal::TERM);
    assert_eq!(second.wait().code(), Some(0));
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(names.iter().any(|name| name == "state.json"), "{names:?}");
}

#[test]
fn what_a_short_text_unpacks_to_is_counted_before_it_is_read() {
    let values = format!(
        "{{\"format\":5,\"chain_id\":412346,\"x\":[0{}]}}",
        ",0".repeat(3_000_000)
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(values.as_bytes()).expect("written");
    let bytes = encoder.finish().expect("written");
    let bytes = alloy::primitives::hex::encode_prefixed(bytes);
    let refused = rpc_error(node().port(), "anvil_loadState", json!([bytes]));
    assert_eq!(refused["code"], -32602, "{refused}");
    let words = refused["message"].as_str().expect("words");
    assert!(words.contains("values in the state"), "{words}");
}

#[test]
fn a_state_is_read_beside_the_chain_and_not_on_its_thread() {
    let node = node();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let (begin, begun) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            node.with_chain(move |_| {
                begin.send(()).expect("the test waits");
                // Until the test ends.
                let _ = ended.recv_timeout(LONGEST_WAIT);
            })
        });
        begun.recv().expect("the chain's thread is busy");
        let found = refused(node.port(), "anvil_loadState", json!(["0x1234"]));
        assert_eq!(found, -32602);
        assert!(!busy.is_finished(), "it is answered meanwhile");
        drop(end);
        busy.join().expect("a thread").expect("the chain");
    });
}
