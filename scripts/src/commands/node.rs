//! `node`: the local chain, in this process, until it is signalled to end.

use super::help::shown_examples;
use super::prelude::*;
use super::said_by_clap;
use serde_json::json;
use std::ffi::OsString;
use stylus_devnode::{NodeError, NodeHandle, process};

pub(super) async fn run(context: &Context, flags: &[OsString]) -> Result<Outcome> {
    let program = OsString::from("stylus-upgrades node");
    let flags = flags.iter().filter(|flag| *flag != "--json").cloned();
    let args = std::iter::once(program).chain(flags.clone());
    let ready = |node: &NodeHandle| {
        context.output.result(&running(node));
    };
    match process::serve(args, ready).await {
        Err(NodeError::Usage(help)) if flags.clone().any(|flag| is_help(&flag)) => Ok(Outcome {
            lines: [help.as_str(), "\n", &shown_examples("node")]
                .iter()
                .flat_map(|part| part.lines().map(str::to_owned))
                .collect(),
            ..Outcome::default()
        }),
        Err(NodeError::Usage(text)) => Err(misused(&text)),
        ended => {
            ended?;
            Ok(Outcome::default())
        }
    }
}

/// What people and programs need to use the node. Its keys are public.
fn running(node: &NodeHandle) -> Outcome {
    let mut outcome = Outcome::default();
    let mut accounts = Vec::new();
    for signer in node.accounts().all() {
        let (address, key) = (signer.address(), signer.to_bytes());
        outcome.line(format!("account {address}  key {key}"));
        accounts.push(json!({ "address": address, "private_key": key }));
    }
    outcome.field("endpoint", node.endpoint());
    outcome.field("ws_endpoint", node.ws_endpoint());
    outcome.field("chain_id", node.chain_id());
    outcome.field("accounts", accounts);
    outcome.line(format!("chain id {}", node.chain_id()));
    outcome.line(format!("Listening on {}", node.address()));
    outcome
}

fn is_help(flag: &OsString) -> bool {
    flag == "--help" || flag == "-h"
}

/// The error of the node about flags that it does not accept.
fn misused(text: &str) -> Error {
    let said = said_by_clap(text);
    Error::Usage {
        message: said.clone(),
        expected: "flags that the node takes".into(),
        found: said,
        next: "stylus-upgrades node --help".into(),
    }
}
