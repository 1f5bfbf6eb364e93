//! `node`: the local chain, in this process, until it is signalled to end.

use super::context::Context;
use super::help::shown_examples;
use crate::app_error::Error;
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::report::CommandReport;
use alloy::primitives::{Address, B256};
use serde::Serialize;
use std::ffi::OsString;
use std::net::SocketAddr;
use stylus_devnode::{NodeError, NodeHandle, process};

pub(super) async fn run(context: &Context, flags: &[OsString]) -> Result<Outcome, Error> {
    let program = OsString::from("stylus-upgrades node");
    let flags = flags.iter().filter(|flag| *flag != "--json").cloned();
    let args = std::iter::once(program).chain(flags.clone());
    let ready = |node: &NodeHandle| {
        let running = Outcome::of(&Running::of(node), &context.names());
        context.output.result(&running);
        if let Some(other) = other_endpoint(context, node) {
            let here = node.endpoint();
            let place = match context.network() {
                Some(network) => format!("rpc_url = {here:?} in [networks.{network}]"),
                None => format!("rpc = {here:?}"),
            };
            context.output.note(&format!(
                "commands here ask {other}, as the manifest says: give them --rpc-url {here}, or set {place} there"
            ));
        }
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
#[derive(Serialize)]
struct Running {
    endpoint: String,
    ws_endpoint: String,
    chain_id: u64,
    accounts: Vec<Account>,
    #[serde(skip)]
    listens: SocketAddr,
}

#[derive(Serialize)]
struct Account {
    address: Address,
    private_key: B256,
}

impl Running {
    fn of(node: &NodeHandle) -> Self {
        let accounts = node.accounts().all().map(|signer| Account {
            address: signer.address(),
            private_key: signer.to_bytes(),
        });
        Self {
            endpoint: node.endpoint(),
            ws_endpoint: node.ws_endpoint(),
            chain_id: node.chain_id(),
            accounts: accounts.collect(),
            listens: node.address(),
        }
    }
}

impl CommandReport for Running {
    fn lines(&self, _: &Names) -> Vec<String> {
        let accounts = self.accounts.iter();
        let line = |one: &Account| format!("account {}  key {}", one.address, one.private_key);
        let mut lines: Vec<_> = accounts.map(line).collect();
        lines.push(format!("chain id {}", self.chain_id));
        lines.push(format!("Listening on {}", self.listens));
        lines
    }
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
