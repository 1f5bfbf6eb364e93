//! Endpoints as providers have them, in front of a chain: none of them signs, and each lacks something else.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stylus_upgrades_test_support::http::{Message, post, respond, serve};

/// What an endpoint lacks, beside keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lacks {
    /// Logs of more than ten blocks at once.
    Logs,
    /// State of blocks that are older than a few.
    OldState,
    /// Proofs.
    Proofs,
    /// Tracers, and calls with other state.
    Debug,
    /// Requests: some are answered 429, with a time to wait.
    Requests,
    /// The newest block, for a while: one of the nodes behind it is late.
    NewestBlock,
}

/// Blocks of which logs are given at once.
const LOGS: u64 = 10;
/// Blocks of which the state is kept.
const KEPT: u64 = 8;
/// One of so many requests is refused where they are limited.
const REFUSED: u64 = 20;
/// How long the late node lacks a block.
pub(crate) const LATE: Duration = Duration::from_millis(400);
/// What reads the state after a block, with the place of the block among its parameters.
const READS: [(&str, usize); 6] = [
    ("eth_call", 1),
    ("eth_estimateGas", 1),
    ("eth_getCode", 1),
    ("eth_getBalance", 1),
    ("eth_getTransactionCount", 1),
    ("eth_getStorageAt", 2),
];

/// A running endpoint, which ends with the process.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    node: String,
    lacks: Lacks,
    requests: AtomicU64,
    refused: AtomicU64,
    /// The newest block, and when it was first seen.
    newest: Mutex<(u64, Option<Instant>)>,
}

impl Endpoint {
    /// Starts in front of the chain at `node`.
    pub(crate) fn before(node: &str, lacks: Lacks) -> Self {
        let shared = Arc::new(Shared {
            node: node.trim_start_matches("http://").to_owned(),
            lacks,
            requests: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            newest: Mutex::default(),
        });
        let of_server = shared.clone();
        let address = serve(move |connection, request| {
            let turn = of_server.requests.fetch_add(1, Relaxed) + 1;
            let (status, headers, answer) = of_server.answer(&request, turn);
            // A client that has hung up is none of its business.
            let _ = respond(connection, status, headers, &answer.to_string());
        });
        let url = format!("http://{address}");
        Self { url, shared }
    }

    /// How many questions it did not answer as the chain would have.
    pub(crate) fn refused(&self) -> u64 {
        self.shared.refused.load(Relaxed)
    }
}

impl Shared {
    fn answer(&self, request: &Message, turn: u64) -> (&'static str, &'static str, Value) {
        if self.lacks == Lacks::Requests && turn.is_multiple_of(REFUSED) {
            self.refused.fetch_add(1, Relaxed);
            let message = json!({ "code": 429, "message": "too many requests" });
            let answer = json!({ "jsonrpc": "2.0", "id": null, "error": message });
            return ("429 Too Many Requests", "Retry-After: 1\r\n", answer);
        }
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let head = self.head();
        let seen = match self.is_late(head) && turn.is_multiple_of(2) {
            true => head - 1,
            false => head,
        };
        let answer = match asked.as_array() {
            Some(all) => all.iter().map(|one| self.one(one, (head, seen))).collect(),
            None => self.one(&asked, (head, seen)),
        };
        ("200 OK", "", answer)
    }

    /// The chain's newest block.
    fn head(&self) -> u64 {
        let answer = self.of_chain(
            &json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": [] }),
        );
        number(&answer["result"]).expect("the chain answers")
    }

    fn is_late(&self, head: u64) -> bool {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.0 != head {
            *newest = (head, Some(Instant::now()));
        }
        self.lacks == Lacks::NewestBlock
            && newest.1.is_some_and(|since| since.elapsed() < LATE)
            && head > 0
    }

    fn one(&self, asked: &Value, (head, seen): (u64, u64)) -> Value {
        let refused = |code: i64, message: &str| {
            self.refused.fetch_add(1, Relaxed);
            let error = json!({ "code": code, "message": message });
            json!({ "jsonrpc": "2.0", "id": asked["id"], "error": error })
        };
        let method = asked["method"].as_str().unwrap_or_default();
        if let Some(why) = self.lacking(asked, method, head) {
            return refused(why.0, &why.1);
        }
        if seen == head {
            return self.of_chain(asked);
        }
        match self.late(asked, method, seen) {
            Ok(answer) => answer,
            Err(why) => refused(-32000, why),
        }
    }

    /// Why this question is not answered at all.
    fn lacking(&self, asked: &Value, method: &str, head: u64) -> Option<(i64, String)> {
        let unknown = || {
            (
                -32601,
                format!("the method {method} does not exist/is not available"),
            )
        };
        let parameters = &asked["params"];
        let is_of_dev_chains = [
            "anvil_",
            "evm_",
            "hardhat_",
            "eth_sendTransaction",
            "eth_accounts",
            "eth_sign",
        ];
        let lacks = self.lacks;
        let is_lacking = match method {
            _ if is_of_dev_chains.iter().any(|one| method.starts_with(one)) => true,
            "eth_getProof" => lacks == Lacks::Proofs,
            _ if method.starts_with("debug_") || method.starts_with("trace_") => {
                lacks == Lacks::Debug
            }
            _ => false,
        };
        if is_lacking {
            return Some(unknown());
        }
        if method == "eth_call"
            && lacks == Lacks::Debug
            && parameters.as_array().is_some_and(|all| all.len() > 2)
        {
            return Some((-32602, "too many arguments, want at most 2".into()));
        }
        if method == "eth_getLogs" && lacks == Lacks::Logs {
            let filter = &parameters[0];
            let from = number(&filter["fromBlock"]).unwrap_or(head);
            let to = number(&filter["toBlock"]).unwrap_or(head);
            let is_wide = filter["blockHash"].is_null() && to.saturating_sub(from) >= LOGS;
            let says =
                format!("You can make eth_getLogs requests with up to a {LOGS} block range.");
            return is_wide.then_some((-32600, says));
        }
        if let (Lacks::OldState, Some(at)) = (lacks, place(method)) {
            let block = number(&parameters[at])?;
            let says = format!("missing trie node {block:064x} (path ) state is not available");
            return (block + KEPT < head).then_some((-32000, says));
        }
        None
    }

    /// The answer of a node whose newest block is `seen`.
    fn late(&self, asked: &Value, method: &str, seen: u64) -> Result<Value, &'static str> {
        let mut asked = asked.clone();
        let newest = json!(format!("{seen:#x}"));
        let is_newest = |block: &Value| matches!(block.as_str(), None | Some("latest" | "pending"));
        if method == "eth_blockNumber" {
            return Ok(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": newest }));
        }
        if let Some(at) = place(method) {
            let parameters = asked["params"].as_array_mut().ok_or("no parameters")?;
            match parameters.get_mut(at) {
                Some(block) if is_newest(block) => *block = newest,
                Some(block) if number(block).is_some_and(|block| block > seen) => {
                    return Err("header not found");
                }
                Some(_) => {}
                None => parameters.push(newest),
            }
            return Ok(self.of_chain(&asked));
        }
        if method == "eth_getBlockByNumber" && is_newest(&asked["params"][0]) {
            asked["params"][0] = newest;
            return Ok(self.of_chain(&asked));
        }
        if method == "eth_getLogs" {
            let to = &mut asked["params"][0]["toBlock"];
            if number(to).is_some_and(|block| block > seen) {
                return Err("invalid block range params");
            }
            if is_newest(to) {
                *to = newest;
            }
            return Ok(self.of_chain(&asked));
        }
        let mut answer = self.of_chain(&asked);
        let result = &answer["result"];
        let block = number(&result["blockNumber"]).or_else(|| number(&result["number"]));
        if block.is_some_and(|block| block > seen) {
            answer["result"] = Value::Null;
        }
        Ok(answer)
    }

    fn of_chain(&self, asked: &Value) -> Value {
        let connection = std::net::TcpStream::connect(&self.node).expect("the chain listens");
        post(&connection, &self.node, &asked.to_string()).expect("sent");
        let answer = Message::read(&connection).expect("an answer");
        serde_json::from_slice(&answer.body).expect("JSON")
    }
}

/// Where a question has the block of which it reads the state.
fn place(method: &str) -> Option<usize> {
    let found = READS.iter().find(|(name, _)| *name == method);
    found.map(|(_, at)| *at)
}

/// A number in hexadecimal digits.
fn number(value: &Value) -> Option<u64> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    u64::from_str_radix(digits, 16).ok()
}
