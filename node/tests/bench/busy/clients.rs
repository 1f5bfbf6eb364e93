//! The clients, each as a tool that developers run.

use std::time::Duration;

use alloy::primitives::{Address, address};
use serde_json::{Value, json};

use crate::Fallible;
use crate::client::Client;

/// A contract that answers 42: what the measured client calls.
pub(crate) const CONTRACT: Address = address!("00000000000000000000000000000000000c0de1");
const CONTRACT_CODE: &str = "0x602a5f5260205ff3";
/// Counts, and logs what it counted: `SSTORE(0, SLOAD(0) + 1); LOG1(0, 32, 1)`
const COUNTER: Address = address!("00000000000000000000000000000000000c0de2");
const COUNTER_CODE: &str = "0x5f5460010180600055600052600160205fa100";
/// Transactions that the chain has before the clients begin.
const TRANSACTIONS: usize = 200;
/// Reads that a test of forge makes at once.
const READS: usize = 64;
/// Blocks that an indexer reads at once.
const BLOCKS: usize = 100;

/// One kind of client.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// How many of them work at once.
    pub(crate) number: usize,
    /// What each of them waits after its work.
    pub(crate) pause: Duration,
    /// Its work, `round` being another number each time; how many requests it made.
    pub(crate) work: fn(&mut Client, &Scene, u64) -> Fallible<usize>,
}

/// 200 clients.
pub(crate) const KINDS: [Kind; 6] = [
    Kind {
        name: "40 tests of forge",
        number: 40,
        pause: Duration::from_millis(500),
        work: read_state,
    },
    Kind {
        name: "80 dapps",
        number: 80,
        pause: Duration::from_millis(1_000),
        work: poll,
    },
    Kind {
        name: "30 indexers",
        number: 30,
        pause: Duration::from_millis(1_000),
        work: index,
    },
    Kind {
        name: "20 tracers",
        number: 20,
        pause: Duration::from_millis(1_000),
        work: trace,
    },
    Kind {
        name: "20 senders",
        number: 20,
        pause: Duration::from_millis(500),
        work: send,
    },
    Kind {
        name: "10 fuzzers",
        number: 10,
        pause: Duration::from_millis(500),
        work: simulate,
    },
];

/// A node with what the clients need.
pub(crate) struct Scene {
    pub(crate) host: String,
    sender: Value,
    transactions: Vec<Value>,
}

impl Scene {
    /// Puts the contracts and some blocks there.
    pub(crate) fn prepare(host: &str) -> Fallible<Self> {
        let mut client = Client::connect(host)?;
        for (account, code) in [(CONTRACT, CONTRACT_CODE), (COUNTER, COUNTER_CODE)] {
            client.ask("anvil_setCode", json!([account, code]))?;
        }
        let sender = client.ask("eth_accounts", json!([]))?[0].clone();
        let mut transactions = Vec::new();
        for _ in 0..TRANSACTIONS {
            transactions.push(client.ask("eth_sendTransaction", counting(&sender))?);
        }
        let host = host.to_owned();
        Ok(Self {
            host,
            sender,
            transactions,
        })
    }

    /// One of the transactions.
    fn transaction(&self, round: u64) -> &Value {
        let at = usize::try_from(round).unwrap_or_default();
        &self.transactions[at % self.transactions.len()]
    }
}

/// The parameters of a transaction that counts.
fn counting(sender: &Value) -> Value {
    json!([{ "from": sender, "to": COUNTER, "gas": "0x30d40" }])
}

/// Sends a batch of these requests.
fn batch(client: &mut Client, requests: Vec<(&str, Value)>) -> Fallible<usize> {
    let number = requests.len();
    let requests = requests.into_iter().enumerate();
    let body: Vec<Value> = requests
        .map(|(id, (method, params))| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
        .collect();
    let answers: Vec<Value> =
        serde_json::from_slice(&client.post(&Value::from(body).to_string())?)?;
    match answers.iter().find(|answer| answer.get("error").is_some()) {
        Some(refused) => Err(format!("refused: {refused}").into()),
        None if answers.len() == number => Ok(number),
        None => Err("an answer is missing".into()),
    }
}

fn read_state(client: &mut Client, _: &Scene, round: u64) -> Fallible<usize> {
    for at in 0..READS as u64 {
        let slot = format!("{:#x}", round.wrapping_mul(READS as u64) + at);
        match at % 3 {
            0 => client.ask("eth_getStorageAt", json!([COUNTER, slot, "latest"]))?,
            1 => client.ask("eth_getCode", json!([COUNTER, "latest"]))?,
            _ => client.ask("eth_getBalance", json!([COUNTER, "latest"]))?,
        };
    }
    Ok(READS)
}

fn poll(client: &mut Client, scene: &Scene, _: u64) -> Fallible<usize> {
    let filter = client.ask("eth_newBlockFilter", json!([]))?;
    batch(
        client,
        vec![
            ("eth_blockNumber", json!([])),
            ("eth_gasPrice", json!([])),
            ("eth_call", json!([{ "to": CONTRACT }, "latest"])),
            ("eth_getBalance", json!([scene.sender, "latest"])),
            ("eth_getFilterChanges", json!([filter])),
            ("eth_uninstallFilter", json!([filter])),
        ],
    )
}

fn index(client: &mut Client, _: &Scene, round: u64) -> Fallible<usize> {
    let from = round % TRANSACTIONS as u64;
    let blocks = (0..BLOCKS as u64).map(|at| format!("{:#x}", (from + at) % TRANSACTIONS as u64));
    let requests = blocks.map(|block| ("eth_getBlockReceipts", json!([block])));
    let number = batch(client, requests.collect())?;
    let logs = json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": COUNTER }]);
    client.ask("eth_getLogs", logs)?;
    Ok(number + 1)
}

fn trace(client: &mut Client, scene: &Scene, round: u64) -> Fallible<usize> {
    let transaction = scene.transaction(round);
    for options in [json!({ "tracer": "callTracer" }), json!({})] {
        client.ask("debug_traceTransaction", json!([transaction, options]))?;
    }
    Ok(2)
}

fn send(client: &mut Client, scene: &Scene, _: u64) -> Fallible<usize> {
    let hash = client.ask("eth_sendTransaction", counting(&scene.sender))?;
    client.ask("eth_getTransactionReceipt", json!([hash]))?;
    Ok(2)
}

fn simulate(client: &mut Client, scene: &Scene, _: u64) -> Fallible<usize> {
    let call = json!({ "from": scene.sender, "to": COUNTER });
    client.ask("eth_estimateGas", json!([call]))?;
    let blocks = json!([{ "calls": vec![call; 20] }]);
    client.ask(
        "eth_simulateV1",
        json!([{ "blockStateCalls": blocks }, "latest"]),
    )?;
    Ok(2)
}
