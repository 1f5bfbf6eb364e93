//! The fork of this node: `anvil_reset` with a fork, `anvil_setRpcUrl`.

use alloy::primitives::{B256, U256};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{Budget, Chain};

use super::answer::done;
use super::args::Args;
use super::change::in_turn;
use super::method::{Context, RpcResult};
use crate::config::Admission;
use crate::error::NodeError;
use crate::executor::Share;
use crate::fork::{Fork, ForkBlock, ForkError, ForkOptions, Verify};
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;

/// Methods that ask an endpoint before they change the node: the chain's thread does not wait for it.
pub(super) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    for name in ["anvil_setRpcUrl", "hardhat_setRpcUrl"] {
        module.register_async_method(name, move |params, context, caller| async move {
            let args = Args::new(name, &params, Admission::Lenient)?;
            set_rpc_url((&context, &Share::of(&caller)), &args).await
        })?;
    }
    for name in ["anvil_reset", "hardhat_reset"] {
        module.register_async_method(name, move |params, context, caller| async move {
            let args = Args::new(name, &params, Admission::Lenient)?;
            reset((&context, &Share::of(&caller)), &args).await
        })?;
    }
    Ok(())
}

/// The block to fork and its endpoint.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Forking {
    json_rpc_url: Option<String>,
    block_number: Option<U256>,
}

/// Asks another endpoint of the same chain from now on, where a chain is forked.
async fn set_rpc_url((context, share): (&Context, &Share), args: &Args) -> RpcResult {
    let url: String = args.get(0, "URL")?;
    let Some(fork) = context.worker.view().await?.fork else {
        // Without a fork anvil takes it, and nothing is asked from then on either.
        return done();
    };
    let asked = move |budget: &Budget| Ok(fork.set_url(&url, budget)?);
    context.executor.wait_for_endpoint(share, asked).await?;
    done()
}

/// Back to the first block: of a chain of its own when no fork is named, of the fork otherwise. An
/// empty `forking` is what clients send for a plain reset.
async fn reset((context, share): (&Context, &Share), args: &Args) -> RpcResult {
    let options: Value = args.opt(0, "options")?.unwrap_or_default();
    let forking = match options.get("forking") {
        Some(forking) if !forking.is_null() => Some(forking),
        _ => options.get("jsonRpcUrl").map(|_| &options),
    };
    let forking: Option<Forking> = forking
        .map(Forking::deserialize)
        .transpose()
        .map_err(|error| RpcError::Params(format!("parameter 0 (options): {error}")))?;
    let view = context.worker.view().await?;
    let next = match (forking, view.fork) {
        (Some(forking), current) if is_named(&forking) => {
            Next::Fork(wanted(forking, current, view.verify)?)
        }
        (Some(_), Some(current)) => Next::Again(current),
        (None, Some(_)) => return start_over((context, share), Start::Leave).await,
        (_, None) => return start_over((context, share), Start::Reset).await,
    };
    let (plain, dev) = (view.plain, view.accounts.nitro().address());
    let forked = move |budget: &Budget| {
        let fork = match next {
            Next::Again(fork) => fork,
            Next::Fork(options) => Fork::connect_within(options, budget)?,
        };
        let chain = fork.chain(&plain, dev, budget)?;
        Ok(Start::Fork(Box::new(chain), fork))
    };
    let start = context.executor.wait_for_endpoint(share, forked).await?;
    start_over((context, share), start).await
}

/// Starts over, in the caller's turn.
async fn start_over((context, share): (&Context, &Share), start: Start) -> RpcResult {
    let begin = move |node: &mut Node| {
        let snapshots = node.chain.next_snapshot();
        match start {
            Start::Reset => node.chain.reset(),
            Start::Leave => node.leave_fork(),
            Start::Fork(chain, fork) => (node.chain, node.fork) = (*chain, Some(fork)),
        }
        // A number of a snapshot of before means none of those that follow.
        node.chain.number_snapshots_from(snapshots);
        node.instance_id = B256::random();
        node.rewound();
    };
    let begin = in_turn(share.turn().await, begin);
    context.worker.run(begin).await?;
    done()
}

/// The fork that a reset asks for.
enum Next {
    Again(Fork),
    Fork(ForkOptions),
}

/// The start of a node that starts over.
enum Start {
    Reset,
    Leave,
    Fork(Box<Chain>, Fork),
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
        Self::Unread(error.to_string())
    }
}
