//! Endpoints that do not answer, answer for ever, slowly, elsewhere, or with anything.

use crate::hostile::sandbox::{Run, Sandbox, node};
use crate::hostile::server::{Server, forward, reply, respond};
use crate::prelude::*;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use stylus_upgrades::client::ANSWER_MAX;

const REGISTRY: &str = "0x1111111111111111111111111111111111111111";

/// How an answer begins whose end nobody knows.
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// A command that asks the endpoint.
fn ask(url: &str, more: &[&str]) -> Run {
    let words = ["status", "--json", "--registry", REGISTRY, "--rpc-url", url];
    Sandbox::new().run(&[&words, more].concat())
}

/// It must say that there is no answer, with everything that a reader needs.
fn assert_unreachable(run: &Run) {
    run.is(4, "Unreachable").is_explained();
}

#[test]
fn an_endpoint_that_accepts_and_never_answers_ends_with_exit_4() {
    let server = Server::new(|_, _| {
        std::thread::sleep(Duration::from_secs(600));
        Ok(())
    });
    let run = ask(&server.url(), &["--rpc-timeout", "1"]);
    assert_unreachable(&run);
    assert_eq!(run.error("expected"), "an answer within 1 s");
    assert_snapshot!(run.refusal(), @"
    message: no answer from http://127.0.0.1:[port]: no whole answer within [duration]
    expected: an answer within [duration]
    found: no whole answer within [duration]
    next: try again, give a longer --rpc-timeout, or another --rpc-url
    ");
}

#[test]
fn an_https_address_at_which_nobody_speaks_tls_is_named() {
    let node = node();
    let url = node.endpoint().replace("http://", "https://");
    let run = ask(&url, &[]);
    run.is(4, "NoTls").is_explained();
    assert_snapshot!(run.refusal(), @"
    message: no answer from https://127.0.0.1:[port]: no TLS at an https:// address: error sending request: client error (Connect): received corrupt message of type InvalidContentType
    expected: an endpoint that speaks TLS, as https:// says
    found: no TLS at an https:// address: error sending request: client error (Connect): received corrupt message of type InvalidContentType
    next: give the same address with http:// if it is your own, else the https:// address of the endpoint
    ");
}

#[test]
fn an_answer_that_drips_for_ever_ends_with_the_deadline() {
    let server = Server::new(|_, stream| {
        stream.write_all(CHUNKED)?;
        loop {
            write!(stream, "1\r\n \r\n")?;
            stream.flush()?;
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_unreachable(&ask(&server.url(), &["--rpc-timeout", "1"]));
}

#[test]
fn an_endless_answer_is_not_read_into_memory() {
    let taken = Arc::new(AtomicU64::new(0));
    let count = taken.clone();
    let server = Server::new(move |_, stream| {
        stream.write_all(CHUNKED)?;
        let chunk = format!("100000\r\n{}\r\n", "0".repeat(1 << 20));
        loop {
            stream.write_all(chunk.as_bytes())?;
            count.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        }
    });
    let run = ask(&server.url(), &[]);
    assert_unreachable(&run);
    assert_snapshot!(run.refusal(), @"
    message: no answer from http://127.0.0.1:[port]: an answer of more than [size] bytes
    expected: an answer of at most [size] bytes
    found: an answer of more than [size] bytes
    next: give the --rpc-url of a node that you trust
    ");
    // two questions are asked at first, and what stands in the buffers of their sockets comes on top
    let bound = 2 * ANSWER_MAX as u64 + (64 << 20);
    assert!(taken.load(Ordering::Relaxed) <= bound, "{taken:?}");
}

#[test]
fn a_redirect_is_reported_and_not_followed() {
    let requests = Arc::new(AtomicU64::new(0));
    let count = requests.clone();
    let other = Server::new(move |request, stream| {
        count.fetch_add(1, Ordering::Relaxed);
        reply(stream, request, "result", json!("0x1"))
    });
    let mut told = Vec::new();
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let to = other.url();
        let server = Server::new(move |_, stream| {
            let head = format!("{status}\r\nlocation: {to}/secretsecretsecret");
            respond(stream, &head, "")
        });
        let run = ask(&server.url(), &[]);
        assert_unreachable(&run);
        run.hides("secretsecret");
        told.push(run.refusal());
    }
    assert_snapshot!(told.join("\n\n"));
    assert_eq!(requests.load(Ordering::Relaxed), 0);
}

#[test]
fn an_answer_that_is_no_json_rpc_is_reported_in_few_words() {
    let nested = "[".repeat(1 << 20);
    let answers = [
        ("200 OK", String::new()),
        ("200 OK", "<html>".repeat(100_000)),
        ("200 OK", nested),
        ("200 OK", r#"{"jsonrpc":"2.0","id":0}"#.into()),
        (
            "200 OK",
            r#"{"jsonrpc":"2.0","id":0,"result":{"a":[]}}"#.into(),
        ),
        ("401 Unauthorized", "no\r\n\u{1b}[2Ksuccess 2/2".into()),
        ("502 Bad Gateway", "x".repeat(1 << 20)),
        ("204 No Content", String::new()),
    ];
    for (status, body) in answers {
        let server = Server::new(move |_, stream| respond(stream, status, &body));
        let run = ask(&server.url(), &[]);
        assert_unreachable(&run);
        let length = run.stdout.len() + run.stderr.len();
        assert!(length < 8_000, "{length}");
    }
}

#[test]
fn an_endpoint_that_hangs_up_ends_with_exit_4() {
    let server = Server::new(|_, _| Ok(()));
    assert_unreachable(&ask(&server.url(), &[]));
    let server =
        Server::new(|_, stream| write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{{"));
    assert_unreachable(&ask(&server.url(), &[]));
}

#[test]
fn what_is_no_url_of_an_endpoint_is_wrong_use() {
    for url in ["ftp://127.0.0.1", "127.0.0.1:8547", "", "http://"] {
        ask(url, &[]).is(2, "Url");
    }
}

#[test]
fn an_endpoint_that_keeps_a_transaction_to_itself_ends_with_exit_4_and_the_next_run_continues() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let silent = Server::new({
        let host = node.address().to_string();
        move |request, stream| {
            if request.method() == "eth_sendRawTransaction" {
                std::thread::sleep(Duration::from_secs(600));
            }
            forward(stream, request, &host)
        }
    });
    let bad = format!(
        "deploy counter-v1 --rpc-timeout 3 --rpc-url {}",
        silent.url()
    );
    // It may have arrived.
    sandbox.run_with_key(&bad).is(4, "MaybeSent");
    sandbox
        .done("deploy counter-v1")
        .has(json!({"active": true}));
}
