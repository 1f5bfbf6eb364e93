//! Words of others that try to look like the program's own.

use crate::hostile::sandbox::{Run, Sandbox, node, nonce};
use crate::hostile::server::{Server, reply};
use crate::prelude::*;
use alloy::sol_types::{Revert, SolError};
use std::process::Stdio;

/// What somebody would like an approver to see at the start of a line.
const LIE: &str = "no\r\n\u{1b}[2K\u{1b}[1Gsuccess 2/2 activated\u{2028}success 2/2\u{85}success \
                   \u{202e}detavitca\u{202c}\u{200b}\u{7}\nsuccess 2/2 activated";

/// Nothing that drives a terminal, and no line that begins as the lie wants.
fn assert_harmless(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        for line in text.split('\n') {
            let begins = line.trim_start();
            assert!(!begins.starts_with("success"), "{line:?} in {run:?}");
            let invisible = "\u{2028}\u{202e}\u{202c}\u{200b}";
            let harmful = |c: char| c.is_control() || invisible.contains(c);
            assert!(!line.contains(harmful), "{line:?}");
        }
    }
}

/// Code that reverts with `Error(text)`, whatever it is called with.
fn reverting(text: &str) -> Bytes {
    let data = Revert::from(text).abi_encode();
    let length = u16::try_from(data.len()).expect("short").to_be_bytes();
    // PUSH2 length, PUSH1 offset, PUSH0, CODECOPY, PUSH2 length, PUSH0, REVERT
    let mut code = vec![0x61, length[0], length[1], 0x60, 0x0c, 0x5f, 0x39];
    code.extend([0x61, length[0], length[1], 0x5f, 0xfd]);
    code.extend(data);
    code.into()
}

#[test]
fn a_contract_cannot_print_a_line_of_its_own_with_a_revert_string() {
    let node = node();
    let liar = Address::repeat_byte(0x11);
    node.with_chain(move |chain| chain.set_code(liar, reverting(LIE)))
        .expect("the chain");
    let sandbox = Sandbox::with_node(&node);
    for words in [
        format!("run-migration {liar}"),
        format!("status --registry {liar}"),
        format!("pending --registry {liar}"),
        format!("register A 1.0 {liar} --registry {liar}"),
    ] {
        let words = format!("{words} --private-key-path key --trust-registry {liar}");
        let run = sandbox.run(&words);
        assert_eq!(run.exit, Some(1), "{run:?}");
        contains(&run.stderr, &["success 2/2 activated"]);
        assert_harmless(&run);
        let run = sandbox.run(&format!("{words} --json"));
        assert_harmless(&run);
        let quoted = format!("{LIE:?}");
        assert_eq!(run.error("found"), quoted, "{run:?}");
    }
}

#[test]
fn a_command_in_the_words_of_a_contract_is_not_completed_to_one_of_the_operator() {
    let node = node();
    let liar = Address::repeat_byte(0x11);
    let lie = "all is well\n  next      stylus-upgrades policy update A NONE";
    node.with_chain(move |chain| chain.set_code(liar, reverting(lie)))
        .expect("the chain");
    let sandbox = Sandbox::with_node(&node);
    let words = format!("status --registry {liar} --trust-registry {liar}");
    let run = sandbox.run(&words);
    assert_eq!(run.exit, Some(1), "{run:?}");
    contains(&run.stderr, &["stylus-upgrades policy update A NONE"]);
}

#[test]
fn an_endpoint_cannot_print_a_line_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.write_private("key", &"1".repeat(64));
    let refusing = Server::new(|request, stream| {
        let error = json!({"code": -32000, "message": LIE, "data": LIE});
        reply(stream, request, "error", error)
    });
    let reverting = Server::new(|request, stream| match request.method() {
        "eth_chainId" => reply(stream, request, "result", json!("0x1")),
        _ => {
            let error = json!({"code": 3, "message": format!("execution reverted: {LIE}")});
            reply(stream, request, "error", error)
        }
    });
    let wrong = Server::new(|request, stream| match request.method() {
        "eth_chainId" => reply(stream, request, "result", json!("0x1")),
        _ => reply(stream, request, "result", json!({ LIE: LIE })),
    });
    let who = Address::repeat_byte(0x11);
    let action = format!("0x{}", "ab".repeat(32));
    let commands = format!(
        "status
         status {who}
         pending
         history A
         verify A
         approve {action}
         cancel {action}
         upgrade A
         upgrade {who} 2.0
         define A --migrate {who}
         plan A 2.0
         policy explain A
         create-proxy A 1.0
         run-migration {who} --retry-for 1"
    );
    for server in [refusing, reverting, wrong] {
        let more = format!(
            "--registry {who} --rpc-url {} --private-key-path key",
            server.url()
        );
        for words in commands.lines() {
            for json in ["", "--json"] {
                let run = sandbox.run(&format!("{words} {more} {json}"));
                assert!(matches!(run.exit, Some(1 | 4)), "{words:?}: {run:?}");
                assert_harmless(&run);
            }
        }
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success_and_the_next_run_gives_it() {
    let node = node();
    let sandbox = Sandbox::with_node(&node);
    let full = std::fs::File::create("/dev/full").expect("a device that is full");
    let mut command = sandbox.command("deploy counter-back --json --private-key-path key");
    let output = command.stdout(full).output().expect("it starts");
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    sandbox
        .done("deploy counter-back")
        .has(json!({"active": true}));
    let sent = nonce(&node, node.addresses()[0]);
    assert!(sent <= 2, "one creation, one activation");
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("layout show counter-v1 --json");
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
