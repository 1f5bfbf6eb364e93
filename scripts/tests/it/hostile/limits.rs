//! Endpoints in front of a real chain that limit how often they are requests, and how much at once.

use crate::hostile::sandbox::{Run, Sandbox, blocks, node};
use crate::hostile::server::{Request, Server, forward, reply, respond};
use crate::prelude::*;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use stylus_chain::Chain;
use stylus_devnode::{NodeHandle, spawn};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;

/// An endpoint that lets `refuse` answer in its place; `false` asks the chain.
fn endpoint(
    node: &NodeHandle,
    refuse: impl Fn(&Request, &mut &TcpStream) -> std::io::Result<bool> + Clone + Send + 'static,
) -> Server {
    let host = node.address().to_string();
    Server::new(move |request, stream| {
        // Each question is judged alone, also on a machine so busy that this endpoint seems far.
        if request.body.is_array() {
            let error = json!({"code": -32600, "message": "batches are not taken"});
            let answer = json!({"jsonrpc": "2.0", "id": null, "error": error});
            return respond(stream, "200 OK", &answer.to_string());
        }
        if refuse(request, stream)? {
            return Ok(());
        }
        forward(stream, request, &host)
    })
}

fn run_at(sandbox: &Sandbox, server: &Server, words: &str) -> Run {
    sandbox.run_with_key(&format!("{words} --rpc-url {}", server.url()))
}

#[test]
fn a_limit_of_requests_is_waited_for_as_the_endpoint_asks_and_shown() {
    let too_many = "429 Too Many Requests\r\nretry-after: 1";
    let no = r#"{"jsonrpc":"2.0","id":0,"error":{"code":429,"message":"no"}}"#;
    let unavailable = "503 Service Unavailable\r\nretry-after: 1";
    let limits = [(too_many, "slow down"), (too_many, no), (unavailable, "")];
    let mut told = Vec::new();
    for (head, body) in limits {
        let node = node();
        let sandbox = Sandbox::with_node(&node);
        let refused = Arc::new(AtomicU64::new(0));
        let count = refused.clone();
        let server = endpoint(&node, move |request, stream| {
            // The first of the deploying transaction, whatever happens to be requests then.
            let is_due = request.method() == "eth_sendRawTransaction"
                && count.fetch_add(1, Ordering::SeqCst) == 0;
            if is_due {
                respond(stream, head, body)?;
            }
            Ok(is_due)
        });
        let begun = Instant::now();
        let run = run_at(&sandbox, &server, "deploy counter-v1");
        assert_eq!(run.exit, Some(0), "{run:?}");
        assert!(begun.elapsed() >= Duration::from_secs(1), "{run:?}");
        let reported = run
            .stderr
            .lines()
            .filter(|line| line.contains("limits requests"));
        let [reported] = reported.collect::<Vec<_>>()[..] else {
            panic!("{run:?}");
        };
        contains(reported, &["1.0 s"]);
        told.push(masked(reported));
        assert_eq!(blocks(&node), 2, "created and activated, each once");
    }
    assert_snapshot!(told.join("\n\n"), @"
    http://127.0.0.1:[port] limits requests (HTTP status 429): asking again in [duration]

    http://127.0.0.1:[port] limits requests (HTTP status 429): asking again in [duration]

    http://127.0.0.1:[port] limits requests (HTTP status 503): asking again in [duration]
    ");
}

#[test]
fn a_limit_that_lasts_longer_than_a_command_is_refused_with_when_to_come_back() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let server = endpoint(&node, |request, stream| {
        let is_transaction = request.method() == "eth_sendRawTransaction";
        if is_transaction {
            respond(stream, "429 Too Many Requests\r\nretry-after: 3600", "")?;
        }
        Ok(is_transaction)
    });
    let refused = run_at(&sandbox, &server, "deploy counter-v1");
    refused.is(4, "RateLimited").says("next", "3600 s");
    assert_snapshot!(refused.refusal(), @"
    message: no answer from http://127.0.0.1:[port]: it limits requests: HTTP status 429
    expected: an answer within [duration] of waiting
    found: HTTP status 429, to be asked again in [duration]
    next: run the command again in [duration]: it looks at the chain first; or give another --rpc-url
    ");
    assert_eq!(blocks(&node), 0, "nothing was sent");
    // The limit over, the same command does it.
    sandbox.done("deploy counter-v1");
}

/// A registry with a definition and many blocks before and after it.
fn with_history(node: &NodeHandle) -> (Sandbox, Value) {
    let sandbox = Sandbox::with_node(node);
    let mine = |count| {
        node.with_chain(move |chain| chain.mine(count, None).expect("blocks"))
            .expect("the chain");
    };
    mine(6_000);
    sandbox.done("registry deploy --save");
    sandbox.done("define A --migrate Admin");
    mine(1_500);
    let policy = "OR(Admin,0x1111111111111111111111111111111111111111)";
    sandbox.done(&format!("policy update A --role create {policy}"));
    mine(500);
    let whole = sandbox.done("history A");
    assert!(list(&whole, "entries").len() >= 3, "{whole}");
    (sandbox, whole)
}

#[test]
fn ranges_of_logs_that_a_provider_limits_are_read_in_pages() {
    let node = node();
    let (sandbox, whole) = with_history(&node);
    let newest = blocks(&node);
    // Blocks at once, at most; HTTP status; code and words, as providers choose them.
    let limits = "
        1000 | 200 OK                  | -32005 | query returned more than 10000 results. Try with this block range [0x0, 0x3e8]
         500 | 200 OK                  | -32602 | Log response size exceeded. You can make eth_getLogs requests with up to a 500 block range
         700 | 400 Bad Request         | -32614 | eth_getLogs is limited to a 700 range
        2000 | 200 OK                  | -32000 | exceed maximum block range: 2000
         333 | 413 Payload Too Large   | -32000 | block range is too wide
         999 | 200 OK                  | -32000 | logs matched by query exceeds limit of 10000
         512 | 200 OK                  |     35 | ranges over 512 blocks are not supported on freetier
         800 | 200 OK                  | -32047 | Max range: 800
         640 | 503 Service Unavailable |      0 | ";
    for limit in limits.lines().skip(1) {
        let [limit, status, code, words] = limit.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{limit}");
        };
        let (limit, code): (u64, i64) = (limit.parse().expect("it"), code.parse().expect("it"));
        let (requests, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (all, no) = (requests.clone(), refused.clone());
        let server = endpoint(&node, move |request, stream| {
            if request.method() != "eth_getLogs" {
                return Ok(false);
            }
            all.fetch_add(1, Ordering::SeqCst);
            let is_too_long = block(request, "toBlock") - block(request, "fromBlock") + 1 > limit;
            if is_too_long {
                no.fetch_add(1, Ordering::SeqCst);
                let error = json!({"code": code, "message": words});
                let body = match code {
                    0 => String::new(),
                    _ => json!({"jsonrpc": "2.0", "id": request.body["id"], "error": error})
                        .to_string(),
                };
                respond(stream, status, &body)?;
            }
            Ok(is_too_long)
        });
        let run = run_at(&sandbox, &server, "history A");
        assert_eq!(run.exit, Some(0), "{words}: {run:?}");
        assert_eq!(run.document()["entries"], whole["entries"], "{words}");
        contains(&run.stderr, &["reading the events"]);
        assert!(refused.load(Ordering::SeqCst) > 0, "{words}");
        // The registry came late: what was before it is not read.
        let least = (newest - 6_000).div_ceil(limit);
        let requests = requests.load(Ordering::SeqCst);
        let bound = 4 * least + 24;
        assert!(
            requests <= bound,
            "{words}: {requests} requests for {least}"
        );
    }
}

/// The block that a filter of logs names.
fn block(request: &Request, field: &str) -> u64 {
    let text = request.body["params"][0][field].as_str();
    u64::from_str_radix(text.unwrap_or_default().trim_start_matches("0x"), 16).expect("a block")
}

/// An endpoint that gives the events of ten blocks a request, and counts all requests.
fn ten_blocks(node: &NodeHandle) -> (Server, Arc<AtomicU64>) {
    let requests = Arc::new(AtomicU64::new(0));
    let count = requests.clone();
    let server = endpoint(node, move |request, stream| {
        count.fetch_add(1, Ordering::SeqCst);
        let is_too_long = request.method() == "eth_getLogs"
            && block(request, "toBlock") - block(request, "fromBlock") >= 10;
        if is_too_long {
            let error = json!({"code": -32_600, "message": "up to a 10 block range"});
            reply(stream, request, "error", error)?;
        }
        Ok(is_too_long)
    });
    (server, requests)
}

#[test]
fn a_day_after_the_last_command_pending_needs_few_requests_where_ten_blocks_are_one() {
    let node = node();
    let (sandbox, _) = with_history(&node);
    let other = "0x1111111111111111111111111111111111111111";
    sandbox.done(&format!("define B --migrate AND(Admin,{other})"));
    let proposed = sandbox.run_with_key("policy update B --role create Admin");
    assert_eq!(proposed.exit, Some(3), "{proposed:?}");
    // An endpoint of this machine keeps nothing, so the same one is called by another address.
    let run = |server: &Server, words: &str| {
        let url = server.url().replace("127.0.0.1", "0.0.0.0");
        let words = format!("{words} --json --rpc-url {url}");
        let mut command = sandbox.command(&words);
        Run::of(command.env("STYLUS_UPGRADES_STATE", sandbox.path("state")))
    };
    let all = endpoint(&node, |_, _| Ok(false));
    let before = run(&all, "pending").document();
    assert_eq!(list(&before, "actions").len(), 1, "{before}");
    assert!(before.get("events_unread_from").is_none(), "{before}");
    let mined = node.with_chain(|chain| chain.mine(20_000, None));
    mined.expect("the chain").expect("blocks");

    let (server, requests) = ten_blocks(&node);
    let later = run(&server, "pending");
    let requests = requests.load(Ordering::SeqCst);
    assert_eq!(later.exit, Some(0), "{later:?}");
    assert!(requests <= 20, "{requests} requests");
    let document = later.document();
    let ids = |document: &Value| document["actions"][0]["action"].clone();
    assert_eq!(ids(&document), ids(&before));
    assert!(document["events_unread_from"].is_u64(), "{document}");
    assert_snapshot!(later.notes(), @"warning: events from block [number] on were not read, for which this endpoint wants many requests: definitions created since are not listed (`pending NAME` lists one), and who refused an action since is listed as missing; `status` reads them once, and a network's logs_url names another endpoint for them");

    // In an empty folder, and with the registry's block alone.
    std::fs::remove_dir_all(sandbox.path("state")).expect("it is there");
    let (server, requests) = ten_blocks(&node);
    let alone = run(&server, "pending");
    let first = requests.swap(0, Ordering::SeqCst);
    assert_eq!(alone.exit, Some(0), "{alone:?}");
    assert!(first <= 20, "{first} requests");
    assert!(alone.document()["events_unread_from"].is_u64(), "{alone:?}");
    let named = run(&server, "pending B");
    let second = requests.load(Ordering::SeqCst);
    assert_eq!(ids(&named.document()), ids(&before), "{named:?}");
    assert!(second <= 20, "{second} requests");

    // What was read in pages is not read again, by whichever command.
    let (server, requests) = ten_blocks(&node);
    let whole = run(&server, "history A");
    assert_eq!(whole.exit, Some(0), "{whole:?}");
    let first = requests.swap(0, Ordering::SeqCst);
    let again = run(&server, "history A");
    assert_eq!(again.document()["entries"], whole.document()["entries"]);
    let second = requests.load(Ordering::SeqCst);
    assert!(
        first > 2_000 && second < 100,
        "{first}, then {second} requests"
    );
}

#[test]
fn what_one_endpoint_kept_back_is_not_believed_when_another_one_is_asked() {
    let node = node();
    let (sandbox, _) = with_history(&node);
    let run = |server: &Server| {
        let url = server.url().replace("127.0.0.1", "0.0.0.0");
        let mut command = sandbox.command(&format!("status --json --rpc-url {url}"));
        Run::of(command.env("STYLUS_UPGRADES_STATE", sandbox.path("state")))
    };
    let honest = endpoint(&node, |_, _| Ok(false));
    let before = run(&honest);
    assert_eq!(before.exit, Some(0), "{before:?}");
    std::fs::remove_dir_all(sandbox.path("state/events")).expect("they are kept");
    let silent = endpoint(&node, |request, stream| {
        let is_asked = request.method() == "eth_getLogs";
        if is_asked {
            let body = json!({"jsonrpc": "2.0", "id": request.body["id"], "result": []});
            respond(stream, "200 OK", &body.to_string())?;
        }
        Ok(is_asked)
    });
    let hidden = run(&silent);
    assert_ne!(hidden.exit, Some(0), "{hidden:?}");
    contains(&hidden.stdout, &["EventsHidden"]);
    let after = run(&honest);
    assert_eq!(after.exit, Some(0), "{after:?}");
    assert_eq!(
        after.document()["definitions"],
        before.document()["definitions"]
    );
}

#[test]
fn an_endpoint_that_answers_for_old_blocks_without_their_state_hides_no_events() {
    let node = node();
    let (sandbox, whole) = with_history(&node);
    let kept = blocks(&node) - 1_000;
    let server = endpoint(&node, move |request, stream| {
        let params = &request.body["params"];
        let number = |value: &Value| {
            let text = value.as_str().unwrap_or_default();
            u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()
        };
        if request.method() == "eth_getCode" && number(&params[1]).is_some_and(|at| at < kept) {
            reply(stream, request, "result", json!("0x"))?;
            return Ok(true);
        }
        let [from, to] = ["fromBlock", "toBlock"].map(|field| number(&params[0][field]));
        let is_long = request.method() == "eth_getLogs"
            && from.zip(to).is_some_and(|(from, to)| to - from >= 1_000);
        if is_long {
            let error = json!({"code": -32614, "message": "limited to a 1000 range"});
            reply(stream, request, "error", error)?;
        }
        Ok(is_long)
    });
    let run = run_at(&sandbox, &server, "history A");
    assert_eq!(run.exit, Some(0), "{run:?}");
    assert_eq!(run.document()["entries"], whole["entries"]);
}

/// The state of an ability that `doctor --endpoint` found.
fn ability<'a>(document: &'a Value, name: &str) -> &'a str {
    let all = list(document, "abilities").iter();
    let one = all.filter(|one| one["name"] == name).collect::<Vec<_>>();
    one.first()
        .and_then(|one| one["state"].as_str())
        .unwrap_or("not asked")
}

#[cfg(feature = "watch")]
#[test]
fn doctor_says_what_an_endpoint_can_do_and_which_commands_need_the_rest() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let ask = |server: &Server| {
        let run = sandbox.run(&format!(
            "doctor --endpoint --json --rpc-url {}",
            server.url()
        ));
        assert_eq!(run.exit, Some(0), "{run:?}");
        run.document()
    };
    let own = ask(&endpoint(&node, |_, _| Ok(false)));
    for name in [
        "questions",
        "transactions",
        "old state",
        "events",
        "proofs",
        "overrides",
        "traces",
        "deployments",
    ] {
        assert_eq!(ability(&own, name), "yes", "{name}: {own:#}");
    }
    // As a Nitro dev node begins: no deployer, and a price on L1 at which it cannot be mined.
    let mut dear = NodeConfig::default();
    dear.chain.l1_price = 50_000_000_000;
    let dear = spawn(dear).expect("a node");
    let clear = |chain: &mut Chain| chain.set_code(CREATE2_DEPLOYER, Bytes::new());
    dear.with_chain(clear).expect("the chain");
    let bare = ask(&endpoint(&dear, |_, _| Ok(false)));
    assert_eq!(ability(&bare, "deployments"), "no", "{bare:#}");
    assert!(bare.to_string().contains("setL1PricePerUnit"), "{bare:#}");

    let mined = node.with_chain(|chain| chain.mine(50, None));
    mined.expect("the chain").expect("blocks");
    let limited = ask(&ten_blocks(&node).0);
    assert_eq!(ability(&limited, "events"), "limited", "{limited:#}");
    assert!(
        limited.to_string().contains("34560 requests for a day"),
        "{limited:#}"
    );

    // A public sequencer takes transactions and nothing else.
    let sequencer = endpoint(&node, |request, stream| {
        let is_question = request.method() != "eth_sendRawTransaction";
        if is_question {
            let error = json!({"code": -32_601, "message": "the method does not exist"});
            reply(stream, request, "error", error)?;
        }
        Ok(is_question)
    });
    let taken = ask(&sequencer);
    let found = ["questions", "transactions", "events"].map(|name| ability(&taken, name));
    assert_eq!(found, ["no", "yes", "not asked"], "{taken:#}");
    assert_eq!(taken["ok"], false);

    // One at which nobody listens is no endpoint without abilities.
    let gone = sandbox.run("doctor --endpoint --json --rpc-url http://127.0.0.1:1");
    assert_eq!(gone.exit, Some(4), "{gone:?}");

    // Beside one that answers, it is where transactions go.
    let quiet = endpoint(&node, |request, stream| {
        let is_transaction = request.method() == "eth_sendRawTransaction";
        if is_transaction {
            let error = json!({"code": -32_601, "message": "no transactions here"});
            reply(stream, request, "error", error)?;
        }
        Ok(is_transaction)
    });
    let chain_id = taken_chain_id(&node);
    let manifest = format!(
        "network = \"live\"\n\n[networks.live]\nchain_id = {chain_id}\nrpc_url = \"{}\"\nsend_url = \"{}\"\n",
        quiet.url(),
        sequencer.url()
    );
    sandbox.write("stylus-upgrades.toml", &manifest);
    sandbox.done("deploy counter-v1");
}

#[test]
fn events_come_from_the_endpoint_that_is_named_for_them() {
    let node = node();
    let (sandbox, whole) = with_history(&node);
    let registry = sandbox.read("stylus-upgrades.toml");
    let without = endpoint(&node, |request, stream| {
        let is_of_events = request.method() == "eth_getLogs";
        if is_of_events {
            let error = json!({"code": -32_601, "message": "no events here"});
            reply(stream, request, "error", error)?;
        }
        Ok(is_of_events)
    });
    let asked = Arc::new(AtomicU64::new(0));
    let count = asked.clone();
    let events = endpoint(&node, move |request, _| {
        let is_of_events = request.method() == "eth_getLogs";
        count.fetch_add(u64::from(is_of_events), Ordering::SeqCst);
        Ok(false)
    });
    let (_, rest) = registry.split_once('\n').expect("the endpoint's line");
    let network = |more: &str| format!("rpc_url = \"{}\"\n{more}\n{rest}", without.url());
    sandbox.write("stylus-upgrades.toml", &network(""));
    let refused = sandbox.run("history A --json");
    refused.is(4, "MethodNotFound");
    assert_snapshot!(refused.refusal(), @"
    message: http://127.0.0.1:[port] refused eth_getLogs: no events here (code -32601)
    expected: an endpoint that has this method
    found: no events here (code -32601)
    next: stylus-upgrades doctor --endpoint shows what this one can do: give another --rpc-url, or name one beside it in the manifest (logs_url for events, send_url for transactions)
    ");
    let logs_url = format!("logs_url = \"{}\"", events.url());
    sandbox.write("stylus-upgrades.toml", &network(&logs_url));
    let found = sandbox.done("history A");
    assert_eq!(found["entries"], whole["entries"]);
    assert!(asked.load(Ordering::SeqCst) > 0);
}

fn taken_chain_id(node: &NodeHandle) -> u64 {
    node.with_chain(|chain| chain.config().chain_id)
        .expect("the chain")
}
