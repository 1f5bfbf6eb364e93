//! Which chain this node forks: `anvil_reset` with a fork, `anvil_setRpcUrl`.

use std::sync::Arc;

use alloy::primitives::{B256, U256};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::done;
use super::args::Args;
use super::method::Method::Change;
use super::method::{RpcResult, Table};
use crate::error::NodeError;
use crate::fork::{Fork, ForkBlock, ForkError, ForkOptions, Verify};
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;

pub(super) const METHODS: Table = &[
    ("anvil_setRpcUrl", Change(set_rpc_url)),
    ("hardhat_setRpcUrl", Change(set_rpc_url)),
    ("anvil_reset", Change(reset)),
    ("hardhat_reset", Change(reset)),
];

/// What is to be forked.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Forking {
    json_rpc_url: Option<String>,
    block_number: Option<U256>,
}

/// Asks another endpoint of the same chain from now on.
fn set_rpc_url(node: &mut Node, args: &Args) -> RpcResult {
    let url: String = args.get(0, "URL")?;
    let Some(fork) = node.fork.clone() else {
        return Err(RpcError::NotSupported(
            "an endpoint, as long as no chain is forked (anvil_reset forks one),".into(),
        ));
    };
    fork.set_url(&url)?;
    done()
}

/// Back to the first block: of a chain of its own when no fork is named, of the fork otherwise. An
/// empty `forking` is what clients send for a plain reset.
fn reset(node: &mut Node, args: &Args) -> RpcResult {
    let options: Value = args.opt(0, "options")?.unwrap_or_default();
    let forking = match options.get("forking") {
        Some(forking) if !forking.is_null() => Some(forking),
        _ => options.get("jsonRpcUrl").map(|_| &options),
    };
    let forking: Option<Forking> = forking
        .map(Forking::deserialize)
        .transpose()
        .map_err(|error| RpcError::Params(format!("parameter 0 (options): {error}")))?;
    match (forking, node.fork.clone()) {
        (None, None) => node.chain.reset(),
        (None, Some(_)) => node.leave_fork(),
        (Some(forking), current) if is_named(&forking) => {
            let fork = Fork::connect(wanted(forking, current, node.verify)?)?;
            node.enter_fork(fork)?;
        }
        (Some(_), None) => node.chain.reset(),
        (Some(_), Some(current)) => node.enter_fork(current)?,
    }
    node.snapshots = Arc::default();
    node.instance_id = B256::random();
    node.rewound();
    done()
}

fn is_named(forking: &Forking) -> bool {
    forking.json_rpc_url.is_some() || forking.block_number.is_some()
}

fn wanted(
    forking: Forking,
    current: Option<Fork>,
    verify: Verify,
) -> Result<ForkOptions, RpcError> {
    let current = current.map(|fork| fork.options());
    let mut options = match (forking.json_rpc_url, current) {
        (Some(url), Some(current)) if url == current.url => current,
        (Some(url), _) => ForkOptions {
            verify,
            ..ForkOptions::new(url)
        },
        (None, Some(current)) => current,
        (None, None) => {
            return Err(RpcError::Params(
                "parameter 0 (options): expected forking.jsonRpcUrl, found a block number alone"
                    .into(),
            ));
        }
    };
    options.block = match forking.block_number {
        Some(number) => ForkBlock::Number(number.saturating_to()),
        None => ForkBlock::Latest,
    };
    Ok(options)
}

/// `forkConfig` of anvil_nodeInfo. Providers put keys into paths and queries: those are not shown.
pub(super) fn config(view: &View) -> Value {
    match &view.fork {
        Some(fork) => json!({
            "forkUrl": fork.shown(),
            "forkBlockNumber": fork.head().number,
            "forkRetryBackoff": fork.options().backoff.as_millis(),
        }),
        None => json!({ "forkUrl": null, "forkBlockNumber": null, "forkRetryBackoff": null }),
    }
}

/// `forkedNetwork` of anvil_metadata.
pub(super) fn network(view: &View) -> Value {
    match &view.fork {
        Some(fork) => json!({
            "chainId": fork.head().chain_id,
            "forkBlockNumber": fork.head().number,
            "forkBlockHash": fork.head().hash,
        }),
        None => Value::Null,
    }
}

impl From<NodeError> for RpcError {
    fn from(error: NodeError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<ForkError> for RpcError {
    fn from(error: ForkError) -> Self {
        Self::Internal(error.to_string())
    }
}
