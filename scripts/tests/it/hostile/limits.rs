//! Endpoints in front of a real chain that limit how often they are requests, and how much at once.

use crate::hostile::sandbox::{Run, Sandbox, node};
use crate::hostile::server::{Request, Server, forward, reply, respond};
use crate::prelude::*;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use stylus_devnode::NodeHandle;

const DEPLOY: [&str; 2] = ["deploy", "counter-v1"];

/// An endpoint that lets `refuse` answer in its place; `false` asks the chain.
fn endpoint(
    node: &NodeHandle,
    refuse: impl Fn(&Request, &mut TcpStream) -> std::io::Result<bool> + Clone + Send + 'static,
) -> Server {
    let host = node.address().to_string();
    Server::new(move |request, stream| match refuse(request, stream)? {
        true => Ok(()),
        false => forward(stream, request, &host),
    })
}

fn run_at(sandbox: &Sandbox, url: &str, words: &(impl Words + ?Sized)) -> Run {
    let words = &words.list()[..];
    let more = ["--json", "--private-key-path", "key", "--rpc-url", url];
    sandbox.run(&[words, &more].concat())
}

fn blocks(node: &NodeHandle) -> u64 {
    node.with_chain(|chain| chain.block_number())
        .expect("the chain")
}

#[test]
fn a_limit_of_requests_is_waited_for_as_the_endpoint_asks_and_shown() {
    let limits: [(&str, &str); 3] = [
        ("429 Too Many Requests\r\nretry-after: 1", "slow down"),
        (
            "429 Too Many Requests\r\nretry-after: 1",
            r#"{"jsonrpc":"2.0","id":0,"error":{"code":429,"message":"no"}}"#,
        ),
        ("503 Service Unavailable\r\nretry-after: 1", ""),
    ];
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
        let run = run_at(&sandbox, &server.url(), &DEPLOY);
        assert_eq!(run.exit, Some(0), "{run:?}");
        assert!(begun.elapsed() >= Duration::from_secs(1), "{run:?}");
        let reported = run
            .stderr
            .lines()
            .filter(|line| line.contains("limits requests"));
        let reported: Vec<_> = reported.collect();
        assert_eq!(reported.len(), 1, "{run:?}");
        assert!(
            reported[0].contains("asking again in 1.0 s"),
            "{reported:?}"
        );
        assert_eq!(blocks(&node), 2, "created and activated, each once");
    }
}

/// A registry with a definition and many blocks before and behind it.
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
    sandbox
        .done("policy update A --role create OR(Admin,0x1111111111111111111111111111111111111111)");
    mine(500);
    let whole = sandbox.done("history A");
    assert!(
        whole["entries"]
            .as_array()
            .is_some_and(|all| all.len() >= 3),
        "{whole}"
    );
    (sandbox, whole)
}

#[test]
fn ranges_of_logs_that_a_provider_limits_are_read_in_pages() {
    let node = node();
    let (sandbox, whole) = with_history(&node);
    let newest = blocks(&node);
    // Blocks at once, at most; HTTP status; code and words, as providers choose them.
    let limits = [
        (
            1_000,
            "200 OK",
            -32_005,
            "query returned more than 10000 results. Try with this block range [0x0, 0x3e8]",
        ),
        (
            500,
            "200 OK",
            -32_602,
            "Log response size exceeded. You can make eth_getLogs requests with up to a 500 block range",
        ),
        (
            700,
            "400 Bad Request",
            -32_614,
            "eth_getLogs is limited to a 700 range",
        ),
        (2_000, "200 OK", -32_000, "exceed maximum block range: 2000"),
        (
            333,
            "413 Payload Too Large",
            -32_000,
            "block range is too wide",
        ),
        (
            999,
            "200 OK",
            -32_000,
            "logs matched by query exceeds limit of 10000",
        ),
        (
            512,
            "200 OK",
            35,
            "ranges over 512 blocks are not supported on freetier",
        ),
        (800, "200 OK", -32_047, "Max range: 800"),
        (640, "503 Service Unavailable", 0, ""),
    ];
    for (limit, status, code, words) in limits {
        let (requests, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (all, no) = (requests.clone(), refused.clone());
        let server = endpoint(&node, move |request, stream| {
            if request.method() != "eth_getLogs" {
                return Ok(false);
            }
            all.fetch_add(1, Ordering::SeqCst);
            let filter = &request.body["params"][0];
            let block = |field: &str| {
                let text = filter[field].as_str().unwrap_or_default();
                u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a block")
            };
            let is_too_long = block("toBlock") - block("fromBlock") + 1 > limit;
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
        let run = run_at(&sandbox, &server.url(), &["history", "A"]);
        assert_eq!(run.exit, Some(0), "{words}: {run:?}");
        assert_eq!(run.document()["entries"], whole["entries"], "{words}");
        assert!(
            run.stderr.contains("reading the events"),
            "{words}: {run:?}"
        );
        assert!(refused.load(Ordering::SeqCst) > 0, "{words}");
        // The registry came late: what was before it is not read.
        let least = (newest - 6_000).div_ceil(limit);
        let requests = requests.load(Ordering::SeqCst);
        assert!(
            requests <= 4 * least + 24,
            "{words}: {requests} requests for {least}"
        );
    }
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
        let (from, to) = (
            number(&params[0]["fromBlock"]),
            number(&params[0]["toBlock"]),
        );
        let is_long = request.method() == "eth_getLogs"
            && from.zip(to).is_some_and(|(from, to)| to - from >= 1_000);
        if is_long {
            let error = json!({"code": -32614, "message": "limited to a 1000 range"});
            reply(stream, request, "error", error)?;
        }
        Ok(is_long)
    });
    let run = run_at(&sandbox, &server.url(), &["history", "A"]);
    assert_eq!(run.exit, Some(0), "{run:?}");
    assert_eq!(run.document()["entries"], whole["entries"]);
}
