//! `node`: the local chain, in this process, until it is signaled to end.

use super::spec::{Governs, Group, Spec, report_type, shown_examples};
use crate::context::prelude::*;
use clap::Args;
use std::ffi::OsString;
use stylus_devnode::{NodeError, NodeHandle, process};

/// `node`.
pub(crate) static SPEC: Spec<NodeArgs> = Spec {
    name: "node",
    about: "Run the local chain",
    group: Group::Chain,
    examples: &[
        "node",
        "node --port 8548 --block-time 2 --state chain.json",
        "node --fork-url https://rpc.example.org",
    ],
    writes: |_| Some("node"),
    governed: Governs::Never,
    reports: || vec![report_type::<Running>()],
    run: |context, args| Box::pin(run(context, &args.flags)),
};

/// The flags of the node.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct NodeArgs {
    /// anvil's flags, see `stylus-upgrades node --help`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FLAGS"
    )]
    pub flags: Vec<OsString>,
}

pub(crate) async fn run(context: &Context, flags: &[OsString]) -> Result<Outcome> {
    let program = OsString::from("stylus-upgrades node");
    let flags = flags.iter().filter(|flag| *flag != "--json").cloned();
    let args = std::iter::once(program).chain(flags.clone());
    let ready = |node: &NodeHandle, lines: Vec<String>| {
        let running = Running::new(node, lines);
        (context.output).result(&context.outcome(&running));
    };
    match process::serve(args, ready).await {
        Err(NodeError::Usage(help)) if flags.clone().any(|flag| is_help(&flag)) => Ok(Outcome {
            lines: [
                help.as_str(),
                "\n",
                &shown_examples(SPEC.examples.iter().copied()),
            ]
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

/// The addresses and accounts that people and programs need to use the node.
#[derive(Serialize)]
pub(crate) struct Running {
    /// Its HTTP address.
    endpoint: String,
    /// Its WebSocket address.
    ws_endpoint: String,
    /// Its chain id.
    chain_id: u64,
    /// The accounts that have ether. Their keys are public.
    accounts: Vec<Account>,
    #[serde(skip)]
    lines: Vec<String>,
}

/// An account of the node.
#[derive(Serialize)]
struct Account {
    /// The account.
    address: Address,
    /// Its key.
    private_key: B256,
}

impl Running {
    fn new(node: &NodeHandle, lines: Vec<String>) -> Self {
        let accounts = node.accounts().all();
        let accounts = accounts.map(|signer| Account {
            address: signer.address(),
            private_key: signer.to_bytes(),
        });
        Self {
            endpoint: node.endpoint(),
            ws_endpoint: node.ws_endpoint(),
            chain_id: node.chain_id(),
            accounts: accounts.collect(),
            lines,
        }
    }
}

impl CommandReport for Running {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.lines.clone()
    }
}

fn is_help(flag: &OsString) -> bool {
    flag == "--help" || flag == "-h"
}

/// The error of the node about flags that it does not accept, in its words.
fn misused(text: &str) -> Error {
    let refusal = Refusal::new("Usage", "the node does not take these flags").with(
        "flags that the node takes",
        "others",
        "stylus-upgrades node --help",
    );
    let said = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty());
    let said: Vec<&str> = said.collect();
    refusal.detailed(&said.join("\n")).usage().into()
}
