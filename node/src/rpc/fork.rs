//! The fork of this node: `anvil_reset` with a fork, `anvil_setRpcUrl`.

use alloy::primitives::{B256, U256};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde::Deserialize;
use serde_json::{Value, json};
use stylus_chain::{Budget, Chain};

use super::answer::done;
use super::args::RpcArgs;
use super::change::in_turn;
use super::method::{RpcContext, RpcRequest, RpcResult};
use crate::config::AdmissionPolicy;
use crate::error::NodeError;
use crate::executor::CallerShare;
use crate::fork::{Fork, ForkBlock, ForkError, ForkOptions, VerifyMode};
use crate::node::DevNode;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

/// Methods that ask an endpoint before they change the node: the chain's thread does not wait for it.
pub(super) fn register(module: &mut RpcModule<RpcContext>) -> Result<(), RegisterMethodError> {
    for name in ["anvil_setRpcUrl", "hardhat_setRpcUrl"] {
        module.register_async_method(name, move |params, context, caller| async move {
            let args = RpcArgs::new(name, &params, AdmissionPolicy::Lenient)?;
            let request = RpcRequest {
                context: &context,
                share: &CallerShare::from_extensions(&caller),
            };
            set_rpc_url(request, &args).await
        })?;
    }
    for name in ["anvil_reset", "hardhat_reset"] {
        module.register_async_method(name, move |params, context, caller| async move {
            let args = RpcArgs::new(name, &params, AdmissionPolicy::Lenient)?;
            let request = RpcRequest {
                context: &context,
                share: &CallerShare::from_extensions(&caller),
            };
            reset(request, &args).await
        })?;
    }
    Ok(())
}

/// The block to fork and its endpoint.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ForkParameter {
    json_rpc_url: Option<String>,
    block_number: Option<U256>,
}

/// Asks another endpoint of the same chain from now on, where a chain is forked.
async fn set_rpc_url(request: RpcRequest<'_>, args: &RpcArgs) -> RpcResult {
    let RpcRequest { context, share } = request;
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
async fn reset(request: RpcRequest<'_>, args: &RpcArgs) -> RpcResult {
    let RpcRequest { context, share } = request;
    let options: Value = args.opt(0, "options")?.unwrap_or_default();
    let forking = match options.get("forking") {
        Some(forking) if !forking.is_null() => Some(forking),
        _ => options.get("jsonRpcUrl").map(|_| &options),
    };
    let forking: Option<ForkParameter> = forking
        .map(ForkParameter::deserialize)
        .transpose()
        .map_err(|error| RpcError::Params(format!("parameter 0 (options): {error}")))?;
    let view = context.worker.view().await?;
    let next = match (forking, view.fork) {
        (Some(forking), current) if is_named(&forking) => {
            ForkTarget::Fork(wanted(forking, current, view.verify)?)
        }
        (Some(_), Some(current)) => ForkTarget::Again(current),
        (None, Some(_)) => return start_over(request, RestartMode::Leave).await,
        (_, None) => return start_over(request, RestartMode::Reset).await,
    };
    let (plain, dev) = (view.plain, view.accounts.nitro().address());
    let forked = move |budget: &Budget| {
        let fork = match next {
            ForkTarget::Again(fork) => fork,
            ForkTarget::Fork(options) => Fork::connect_within(options, budget)?,
        };
        let chain = fork.chain(&plain, dev, budget)?;
        Ok(RestartMode::Fork(Box::new(chain), fork))
    };
    let start = context.executor.wait_for_endpoint(share, forked).await?;
    start_over(request, start).await
}

/// Starts over, in the caller's turn.
async fn start_over(request: RpcRequest<'_>, start: RestartMode) -> RpcResult {
    let RpcRequest { context, share } = request;
    let begin = move |node: &mut DevNode| {
        let snapshots = node.chain.next_snapshot();
        match start {
            RestartMode::Reset => node.chain.reset(),
            RestartMode::Leave => node.leave_fork(),
            RestartMode::Fork(chain, fork) => (node.chain, node.fork) = (*chain, Some(fork)),
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
enum ForkTarget {
    Again(Fork),
    Fork(ForkOptions),
}

/// The start of a node that starts over.
enum RestartMode {
    Reset,
    Leave,
    Fork(Box<Chain>, Fork),
}

fn is_named(forking: &ForkParameter) -> bool {
    forking.json_rpc_url.is_some() || forking.block_number.is_some()
}

fn wanted(
    forking: ForkParameter,
    current: Option<Fork>,
    verify: VerifyMode,
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
pub(super) fn config(view: &NodeView) -> Value {
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
pub(super) fn network(view: &NodeView) -> Value {
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
