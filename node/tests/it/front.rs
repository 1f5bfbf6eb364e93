//! A server in front of a node that answers as an archive node of Nitro does: its methods alone, its
//! limits, its errors.

use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use stylus_upgrades_test_support::http::{Message, respond, serve};

use crate::support::{post, rpc};

/// What the front does beside passing requests on.
#[derive(Default)]
pub(crate) struct Script {
    /// So many requests are refused with HTTP 429 and `Retry-After` first.
    pub(crate) limited: u32,
    /// The seconds that it names; 1 where this is 0.
    pub(crate) retry_after: u32,
    /// Every second request is refused with HTTP 429, which names no time.
    pub(crate) every_second: bool,
    /// Requests that arrived, batches as one.
    pub(crate) arrived: u32,
    /// Those of them that were answered.
    pub(crate) answered: u32,
    /// Every request ends with this status.
    pub(crate) broken: Option<u16>,
    /// States of blocks before this one are not kept.
    pub(crate) oldest_state: u64,
    /// The storage word that is answered whatever slot is requests for.
    pub(crate) word: Option<String>,
    /// What is answered to a method, whatever is asked.
    pub(crate) answers: Vec<(&'static str, Value)>,
    /// Fields of blocks that are answered so.
    pub(crate) block: Vec<(&'static str, Value)>,
    /// Places in proofs (JSON pointers into the answer to eth_getProof) that are answered so.
    pub(crate) proof: Vec<(&'static str, Value)>,
    /// Proofs are not given.
    pub(crate) no_proofs: bool,
    /// Methods that were requested.
    pub(crate) requests: Vec<String>,
    /// Heads of the requests, as they arrived.
    pub(crate) heads: Vec<String>,
    /// Every request is an error that names what came along with it.
    pub(crate) telltale: bool,
    /// The id of every answer.
    pub(crate) id: Option<Value>,
    /// How long each answer takes.
    pub(crate) pause: Duration,
    /// Requests whose answer was sent.
    pub(crate) sent: u32,
    /// What every request is answered with, whatever JSON-RPC says.
    pub(crate) page: Option<(u16, String)>,
}

/// What is answered otherwise than the node does.
struct Fields {
    id: Option<Value>,
    block: Vec<(&'static str, Value)>,
    proof: Vec<(&'static str, Value)>,
}

/// The running server.
pub(crate) struct Front {
    pub(crate) port: u16,
    script: Arc<Mutex<Script>>,
}

impl Front {
    /// Starts in front of the node at a port. It ends with the process.
    pub(crate) fn of(node: u16, script: Script) -> Self {
        let script = Arc::new(Mutex::new(script));
        let shared = script.clone();
        let address = serve(move |connection, request| answer(connection, request, node, &shared));
        let port = address.port();
        Self { port, script }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2/secretkeyofsomebody", self.port)
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answer(connection: &TcpStream, request: Message, node: u16, script: &Mutex<Script>) {
    let lock = || script.lock().unwrap_or_else(PoisonError::into_inner);
    let Message { head, body } = request;
    let Ok(body) = String::from_utf8(body) else {
        return;
    };
    lock().heads.push(head.clone());
    let pause = lock().pause;
    let (status, header, answer) = {
        let mut script = lock();
        script.arrived += 1;
        if let Some((status, page)) = script.page.clone() {
            (status, String::new(), page)
        } else if let Some(status) = script.broken {
            (status, String::new(), "out of order".to_owned())
        } else if script.telltale {
            let path = head.split_whitespace().nth(1).unwrap_or_default();
            let words = format!("no quota for {path}: {}", head.replace(['\r', '\n'], " "));
            let error = json!({ "code": -32000, "message": words, "data": { "url": path } });
            let request: Value = serde_json::from_str(&body).expect("requests are JSON");
            let id = request.get("id").cloned().unwrap_or_default();
            let answer = json!({ "jsonrpc": "2.0", "id": id, "error": error });
            (200, String::new(), answer.to_string())
        } else if script.limited > 0 {
            script.limited -= 1;
            let header = format!("Retry-After: {}\r\n", script.retry_after.max(1));
            (429, header, "slow down".to_owned())
        } else if script.every_second && script.arrived % 2 == 1 {
            (429, String::new(), "slow down".to_owned())
        } else {
            script.answered += 1;
            let fields = Fields {
                id: script.id.clone(),
                block: script.block.clone(),
                proof: script.proof.clone(),
            };
            drop(script);
            (
                200,
                String::new(),
                answered(&body, node, script_of(node, lock), &fields),
            )
        }
    };
    std::thread::sleep(pause);
    let _ = respond(connection, &format!("{status} X"), &header, &answer);
    lock().sent += 1;
}

fn script_of<'a>(
    node: u16,
    lock: impl Fn() -> MutexGuard<'a, Script> + 'a,
) -> impl Fn(&Value) -> Option<Value> {
    move |request| own_answer(request, node, &mut lock())
}

/// The answer to a request or a batch.
fn answered(
    body: &str,
    node: u16,
    own: impl Fn(&Value) -> Option<Value>,
    fields: &Fields,
) -> String {
    let one = |request: &Value| {
        let own = own(request).map(|answer| {
            let id = request["id"].clone();
            let mut whole = json!({ "jsonrpc": "2.0", "id": id });
            for (name, value) in answer.as_object().into_iter().flatten() {
                whole[name] = value.clone();
            }
            whole
        });
        own.unwrap_or_else(|| {
            let answer = post(node, &request.to_string()).1;
            let mut answer: Value =
                serde_json::from_str(&answer).expect("the node answers with JSON");
            if request["method"] == "eth_getBlockByNumber" && answer["result"].is_object() {
                for (field, value) in &fields.block {
                    answer["result"][field] = value.clone();
                }
            }
            if request["method"] == "eth_getProof" {
                for (place, value) in &fields.proof {
                    if let Some(found) = answer["result"].pointer_mut(place) {
                        *found = value.clone();
                    }
                }
            }
            answer
        })
    };
    let one = |request: &Value| {
        let mut answer = one(request);
        if let Some(id) = &fields.id {
            answer["id"] = id.clone();
        }
        answer
    };
    let request: Value = serde_json::from_str(body).expect("requests are JSON");
    match request.as_array() {
        Some(batch) => Value::from(batch.iter().map(one).collect::<Vec<_>>()).to_string(),
        None => one(&request).to_string(),
    }
}

/// What Nitro answers otherwise than this repository's node.
fn own_answer(request: &Value, node: u16, script: &mut Script) -> Option<Value> {
    let method = request["method"].as_str().unwrap_or_default();
    script.requests.push(method.to_owned());
    let scripted = script.answers.iter().find(|(name, _)| *name == method);
    if let Some((_, result)) = scripted {
        return Some(json!({ "result": result }));
    }
    if script.no_proofs && method == "eth_getProof" {
        let message = "the method eth_getProof does not exist/is not available";
        return Some(json!({ "error": { "code": -32601, "message": message } }));
    }
    let known = ["eth_", "net_", "web3_", "debug_trace", "arb_", "arbtrace_"];
    if !known.iter().any(|namespace| method.starts_with(namespace)) {
        let message = format!("the method {method} does not exist/is not available");
        return Some(json!({ "error": { "code": -32601, "message": message } }));
    }
    let at = match method {
        "eth_getStorageAt" => &request["params"][2],
        "eth_getBalance" | "eth_getCode" | "eth_getTransactionCount" => &request["params"][1],
        _ => return None,
    };
    let by_hash = &at["blockHash"];
    let block = by_hash
        .as_str()
        .map(|hash| rpc(node, "eth_getBlockByHash", json!([hash, false])));
    let number = block.as_ref().map_or(at, |block| &block["number"]);
    let number = number.as_str()?.strip_prefix("0x")?;
    let number = u64::from_str_radix(number, 16).ok()?;
    if number < script.oldest_state {
        let message = "missing trie node 3b7e (path ) state 0x3b7e is not available";
        return Some(json!({ "error": { "code": -32000, "message": message } }));
    }
    match (&script.word, method) {
        (Some(word), "eth_getStorageAt") => Some(json!({ "result": word })),
        _ => None,
    }
}
