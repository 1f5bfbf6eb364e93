//! `node`: the local chain, in this process, until it is signalled to end.

use super::context::Context;
use crate::app_error::Error;
use crate::output::Outcome;
use crate::progress::Progress;

use serde_json::json;
use std::ffi::OsString;
use stylus_devnode::{NodeError, NodeHandle, process};

pub(super) async fn run(context: &Context, flags: &[OsString]) -> Result<Outcome, Error> {
    let program = OsString::from("stylus-upgrades node");
    let flags = flags.iter().filter(|flag| *flag != "--json").cloned();
    let args = std::iter::once(program).chain(flags.clone());
    let ready = |node: &NodeHandle| {
        context.output.result(&described(node));
        if let Some(other) = other_endpoint(context, node) {
            let here = node.endpoint();
            context.output.note(&format!(
                "commands here ask {other}, as the manifest says: give them --rpc-url {here}, or set rpc = {here:?} there"
            ));
        }
    };
    match process::serve(args, ready).await {
        Err(NodeError::Usage(help)) if flags.clone().any(|flag| is_help(&flag)) => Ok(Outcome {
            lines: help.lines().map(str::to_owned).collect(),
            ..Outcome::default()
        }),
        Err(NodeError::Usage(text)) => Err(misused(&text)),
        ended => {
            ended?;
            Ok(Outcome::default())
        }
    }
}

/// The chain of this machine that the manifest names, if it is another port than the node's: whoever
/// chooses a port means its own commands to find it.
fn other_endpoint(context: &Context, node: &NodeHandle) -> Option<String> {
    let (url, _) = context.manifest.rpc_url().ok()??;
    let url = url.expose();
    let port = url
        .strip_prefix("http://127.0.0.1:")
        .or_else(|| url.strip_prefix("http://localhost:"))?;
    let port: u16 = port.trim_end_matches('/').parse().ok()?;
    (port != node.address().port()).then(|| url.to_owned())
}

/// What people and programs need to talk to the node. Its accounts are public knowledge.
fn described(node: &NodeHandle) -> Outcome {
    let mut outcome = Outcome::default();
    let mut accounts = Vec::new();
    for signer in node.accounts().all() {
        let (address, key) = (signer.address(), signer.to_bytes());
        outcome.line(format!("account {address}  key {key}"));
        accounts.push(json!({"address": address, "private_key": key}));
    }
    outcome.line(format!("chain id {}", node.chain_id()));
    outcome.line(format!("Listening on {}", node.address()));
    outcome.field("endpoint", node.endpoint());
    outcome.field("ws_endpoint", node.ws_endpoint());
    outcome.field("chain_id", node.chain_id());
    outcome.field("accounts", accounts);
    outcome
}

fn is_help(flag: &OsString) -> bool {
    flag == "--help" || flag == "-h"
}

/// What the node says of flags that it does not take, on one line.
fn misused(text: &str) -> Error {
    let lines = text.lines().map(str::trim);
    let said = lines.take_while(|line| !line.starts_with("Usage:"));
    let said = said.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let said = said.collect::<Vec<_>>().join(" ");
    let said = said.trim_start_matches("error:").trim();
    Error::Usage {
        message: said.to_owned(),
        expected: "flags that the node takes".into(),
        found: said.to_owned(),
        next: "stylus-upgrades node --help".into(),
    }
}
