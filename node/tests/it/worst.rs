//! What an honest caller waits beside one who sends the worst requests in a loop, as a table: a benchmark of
//! a release build, `STYLUS_DEVNODE_BINARY=… cargo test … worst -- --ignored --nocapture`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256, U256};
use serde_json::{Value, json};

use crate::bounds::busy;
use crate::connections::memory;
use crate::front::{Front, Script};
use crate::readers::{account, doubling};
use crate::support::{Process, post, rpc};

/// How long each row is measured.
const ROW: Duration = Duration::from_secs(10);

/// A method and its parameters.
type Call = (&'static str, Value);

/// One row: what is done first, and what is then sent in a loop.
struct Row {
    name: &'static str,
    prepare: fn(u16),
    /// So many send it at the same time.
    callers: usize,
    /// The requests of one turn; `turn` makes them differ.
    worst: fn(turn: u64) -> Vec<Call>,
}

fn nothing(_: u16) {}

fn with_code(port: u16) {
    // `RETURN(0, 5 MiB)`; endless; reads slots 15,000 to 1.
    for (at, code) in [
        (0xaa, "0x625000005ff3"),
        (0xee, "0x5b5f56"),
        (0xcc, "0x613a985b80545060019003806003575f5260205ff3"),
    ] {
        rpc(port, "anvil_setCode", json!([account(at), code]));
    }
}

fn with_logs(port: u16) {
    // `LOG0(0, 4096)` a hundred times.
    rpc(
        port,
        "anvil_setCode",
        json!([account(0xdd), "0x60645b6110005fa060019003806002575f5ff3"]),
    );
    let from = rpc(port, "eth_accounts", json!([]))[0].clone();
    for _ in 0..200 {
        let call = json!([{ "from": from, "to": account(0xdd), "gas": "0x1c9c380" }]);
        rpc(port, "eth_sendTransaction", call);
    }
}

fn with_waiting(port: u16) {
    with_code(port);
    rpc(port, "anvil_setAutomine", json!([false]));
}

fn calls(count: usize, to: u8) -> Vec<Value> {
    vec![json!({ "to": account(to), "gas": "0x2faf080" }); count]
}

fn many() -> Vec<Address> {
    let word = |index: u64| Address::from_word(B256::from(U256::from(index)));
    (0..340_000).map(word).collect()
}

const ROWS: [Row; 11] = [
    Row {
        name: "nothing",
        prepare: nothing,
        callers: 1,
        worst: |_| Vec::new(),
    },
    Row {
        name: "1: debug_traceCallMany, 500 calls that return 5 MB",
        prepare: with_code,
        callers: 1,
        worst: |_| {
            let bundle = json!([{ "transactions": calls(500, 0xaa) }]);
            let tracer = json!({ "tracer": "callTracer" });
            vec![("debug_traceCallMany", json!([bundle, {}, tracer]))]
        },
    },
    Row {
        name: "1: eth_simulateV1, 5,000 calls that return 5 MB",
        prepare: with_code,
        callers: 1,
        worst: |_| {
            let blocks = json!({ "blockStateCalls": [{ "calls": calls(5_000, 0xaa) }] });
            vec![("eth_simulateV1", json!([blocks, "latest"]))]
        },
    },
    Row {
        name: "4: eth_signTypedData_v4, types that double 60 times",
        prepare: nothing,
        callers: 1,
        worst: |_| {
            let dev = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
            vec![("eth_signTypedData_v4", json!([dev, doubling(60)]))]
        },
    },
    Row {
        name: "5: eth_getFilterLogs with 340,000 addresses",
        prepare: with_logs,
        callers: 1,
        worst: |turn| {
            let filter =
                json!([{ "fromBlock": "earliest", "toBlock": "latest", "address": many() }]);
            let id = format!("{:#x}", turn + 1);
            vec![
                ("eth_newFilter", filter),
                ("eth_getFilterLogs", json!([id])),
                ("eth_uninstallFilter", json!([id])),
            ]
        },
    },
    Row {
        name: "5: anvil_dealERC20 of a token that reads 15,000 slots",
        prepare: with_code,
        callers: 1,
        worst: |_| vec![("anvil_dealERC20", json!([account(1), account(0xcc), "0x7"]))],
    },
    Row {
        name: "5: two eth_getLogs of 80 MB",
        prepare: with_logs,
        callers: 1,
        worst: |_| {
            let filter = json!([{ "fromBlock": "earliest", "toBlock": "latest" }]);
            vec![("eth_getLogs", filter.clone()), ("eth_getLogs", filter)]
        },
    },
    Row {
        name: "6: a fork whose endpoint takes 20 s for a balance",
        prepare: nothing,
        callers: 1,
        worst: |turn| {
            let of = Address::from_word(B256::from(U256::from(turn + 1_000)));
            let balance = json!([of, "latest"]);
            let call = json!([{ "to": of }, "latest"]);
            vec![("eth_getBalance", balance), ("eth_call", call)]
        },
    },
    Row {
        name: "7: blocks of 100 transactions of 32 M gas",
        prepare: with_waiting,
        callers: 1,
        worst: |_| {
            let dev = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
            let spend = json!([{ "from": dev, "to": account(0xee), "gas": "0x1e84800" }]);
            let mut calls = vec![("eth_sendTransaction", spend); 100];
            calls.push(("evm_mine", json!([])));
            calls
        },
    },
    Row {
        name: "four connections with requests of 16 MB",
        prepare: nothing,
        callers: 4,
        worst: |_| {
            let bytes = format!("0x{}", "ab".repeat(8_000_000));
            vec![("web3_sha3", json!([bytes]))]
        },
    },
    Row {
        name: "four WebSockets with 16 endless requests each",
        prepare: |port| std::mem::forget(busy(port, 4, 16)),
        callers: 1,
        worst: |_| Vec::new(),
    },
];

fn longest(times: &mut [Duration]) -> (u128, u128) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_millis();
    (at(50), at(100))
}

#[test]
#[ignore = "nightly: a benchmark"]
fn honest_callers_beside_the_worst_requests() {
    println!(
        "| beside | requests of the other | eth_blockNumber, median and longest, ms | eth_call, median and longest, ms | memory, MiB |"
    );
    println!("|---|---|---|---|---|");
    for row in &ROWS {
        measure(row);
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load {load}");
}

fn measure(row: &Row) {
    // A fork of a slow endpoint, or a chain of its own.
    let origin = Process::start(&[]);
    let front = Front::of(origin.port, Script::default());
    let url = front.url();
    let process = match row.name.starts_with('6') {
        true => Process::start(&["--fork-url", &url]),
        false => Process::start(&[]),
    };
    let port = process.port;
    (row.prepare)(port);
    let target = json!([{ "to": account(0x10), "data": "0x" }, "latest"]);
    rpc(port, "eth_call", target.clone());
    if row.name.starts_with('6') {
        front.script().pause = Duration::from_secs(20);
    }
    let (done, turns) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut number, mut call) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let send = || {
            while !done.load(Ordering::Relaxed) {
                let turn = turns.fetch_add(1, Ordering::Relaxed);
                let requests: Vec<_> = (row.worst)(turn)
                    .into_iter()
                    .map(|(method, params)| {
                        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
                    })
                    .collect();
                let body = Value::from(requests).to_string();
                match body.len() > 2 && !done.load(Ordering::Relaxed) {
                    true => drop(post(port, &body)),
                    false => std::thread::sleep(Duration::from_millis(50)),
                }
            }
        };
        for _ in 0..row.callers {
            scope.spawn(send);
        }
        let begun = Instant::now();
        while begun.elapsed() < ROW {
            let at = Instant::now();
            rpc(port, "eth_blockNumber", json!([]));
            number.push(at.elapsed());
            let at = Instant::now();
            rpc(port, "eth_call", target.clone());
            call.push(at.elapsed());
            std::thread::sleep(Duration::from_millis(5));
        }
        done.store(true, Ordering::Relaxed);
        front.script().pause = Duration::ZERO;
        let (number, call) = (longest(&mut number), longest(&mut call));
        println!(
            "| {} | {} | {} and {} | {} and {} | {} |",
            row.name,
            turns.load(Ordering::Relaxed),
            number.0,
            number.1,
            call.0,
            call.1,
            memory(&process, "VmHWM:")
        );
        // Its last requests end with it.
        drop(process);
    });
}
