//! The JSON-RPC methods, one file per namespace. Each file exports a table of names and functions:
//! those that look up or read a view of the node, and those that change the node, on the chain's thread.

mod account;
mod admission;
mod answer;
mod anvil;
mod arbitrum;
mod args;
mod block;
mod block_override;
mod call;
mod call_parameter;
mod change;
mod conditional;
mod debug;
#[cfg(feature = "other-tools")]
mod erc20;
mod eth;
mod evm;
mod faults;
mod fill;
mod filter;
mod filter_words;
mod fork;
mod forked;
mod go_duration;
mod hexadecimal;
mod json;
mod method;
#[cfg(feature = "other-tools")]
mod otterscan;
mod raw;
mod reorg;
mod request;
mod send;
mod sign;
mod simulate;
mod subscribe;
#[cfg(feature = "other-tools")]
mod trace;
mod tracer;
mod tracer_options;
#[cfg(feature = "other-tools")]
mod txpool;
mod wait;
mod web3;

use std::sync::Arc;

use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::server::Methods;
use jsonrpsee::types::{ErrorCode, ErrorObjectOwned, Params};
use serde_json::value::RawValue;
use stylus_chain::Budget;
use tokio::sync::Semaphore;

use crate::config::AdmissionPolicy;
use crate::error::NodeError;
use crate::events::EventLog;
use crate::executor::{CallerShare, ReadExecutor};
use crate::limits::TELLING;
use crate::node::DevNode;
use crate::rpc_error::RpcError;
use crate::view::NodeView;
use crate::worker::ChainWorker;
use admission::{SenderCounts, WaitingTransactions};
use args::RpcArgs;
use forked::{UpstreamAnswer, UpstreamQuery};
use method::{MethodTable, RpcContext, RpcMethod, RpcRequest, RpcResult};

const TABLES: &[MethodTable] = &[
    account::METHODS,
    anvil::METHODS,
    arbitrum::METHODS,
    block::METHODS,
    call::METHODS,
    debug::METHODS,
    #[cfg(feature = "other-tools")]
    erc20::METHODS,
    eth::METHODS,
    evm::METHODS,
    fill::METHODS,
    filter::METHODS,
    #[cfg(feature = "other-tools")]
    otterscan::METHODS,
    raw::METHODS,
    reorg::METHODS,
    send::METHODS,
    sign::METHODS,
    simulate::METHODS,
    #[cfg(feature = "other-tools")]
    trace::METHODS,
    #[cfg(feature = "other-tools")]
    txpool::METHODS,
    web3::METHODS,
];

/// The node's methods, by how they are asked for.
#[derive(Clone)]
pub(crate) struct MethodSets {
    /// Over HTTP, without notifications: a subscription is an unknown method.
    pub(crate) http: Methods,
    /// Over WebSocket.
    pub(crate) socket: Methods,
}

/// Every method of the node.
///
/// # Errors
/// [`NodeError::Chain`] when two tables name the same method (a test would have seen it).
pub(crate) fn methods(
    worker: ChainWorker,
    executor: ReadExecutor,
    events: EventLog,
    admission: AdmissionPolicy,
) -> Result<MethodSets, NodeError> {
    let context = Arc::new(RpcContext {
        worker,
        executor,
        events,
        admission,
        waiting: WaitingTransactions::default(),
        under_way: SenderCounts::default(),
        telling: Arc::new(Semaphore::new(TELLING)),
    });
    let mut module = RpcModule::from_arc(context);
    let twice = |error: RegisterMethodError| NodeError::Chain(error.to_string());
    for (name, method) in TABLES.iter().copied().flatten() {
        register(&mut module, name, *method).map_err(twice)?;
    }
    send::register(&mut module).map_err(twice)?;
    conditional::register(&mut module).map_err(twice)?;
    fork::register(&mut module).map_err(twice)?;
    anvil::register(&mut module).map_err(twice)?;
    wait::register(&mut module).map_err(twice)?;
    let http = Methods::clone(&module);
    subscribe::register(&mut module).map_err(twice)?;
    let socket = module.into();
    Ok(MethodSets { http, socket })
}

fn register(
    module: &mut RpcModule<RpcContext>,
    name: &'static str,
    method: RpcMethod,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, caller| async move {
        let args = RpcArgs::new(name, &params, context.reading(name))?;
        let request = RpcRequest {
            context: &context,
            share: &CallerShare::from_extensions(&caller),
        };
        answer(request, name, method, args).await
    })?;
    Ok(())
}

/// Answers the method of that name about a node without a fork, on this thread.
///
/// # Errors
/// That of JSON-RPC.
pub(crate) fn answer_at_once(
    node: &mut DevNode,
    name: &str,
    parameters: Option<&RawValue>,
) -> Result<Box<RawValue>, ErrorObjectOwned> {
    let mut methods = TABLES.iter().copied().flatten();
    let Some((name, method)) = methods.find(|(known, _)| *known == name) else {
        return Err(ErrorCode::MethodNotFound.into());
    };
    let parameters = Params::new(parameters.map(RawValue::get));
    let args = RpcArgs::new(name, &parameters, node.admission)?;
    let answer = match method {
        RpcMethod::Lookup(reader) | RpcMethod::Read(reader) => {
            let view = node.view();
            let read = reader(&view, &args);
            view.chain.check_source().map_err(RpcError::from).and(read)
        }
        RpcMethod::Change(handler) => node
            .within(&Budget::default(), |node| handler(node, &args))
            .map_err(RpcError::from)
            .flatten(),
    };
    Ok(answer?)
}

/// This node's answer, or that of the chain that it forked.
async fn answer(
    request: RpcRequest<'_>,
    name: &'static str,
    method: RpcMethod,
    args: RpcArgs,
) -> RpcResult {
    let RpcRequest { context, share } = request;
    let executor = &context.executor;
    let (at_once, reader) = match method {
        RpcMethod::Lookup(reader) => (true, reader),
        RpcMethod::Read(reader) => (false, reader),
        RpcMethod::Change(handler) => {
            let work = move |node: &mut DevNode| handler(node, &args);
            return context.change(share, work).await;
        }
    };
    let view = NodeView {
        filters_of_caller: share.filters.clone(),
        ..context.worker.view().await?
    };
    let question = forked::question(&view, name, &args);
    let upstream = view.fork.clone().zip(question);
    let before = match &upstream {
        None | Some((_, UpstreamQuery::Unknown)) => Vec::new(),
        Some((fork, question)) => {
            let asked = question.asked(fork, name, &args);
            match executor.at_endpoint(share, asked).await? {
                UpstreamAnswer::Whole(answer) => return Ok(answer),
                UpstreamAnswer::Before(entries) => entries,
            }
        }
    };
    let asked = args.clone();
    let read = move |view: &NodeView| forked::joined(&before, reader(view, &asked)?);
    let own = if at_once {
        executor.read_at_once(view, share, read).await
    } else {
        executor.read(view, share, read).await
    };
    match (upstream, &own) {
        // It is known that there is an answer.
        (Some((fork, UpstreamQuery::Unknown)), Err(RpcError::NotFound(_))) => {
            let asked = forked::forwarded(&fork, name, args.to_value());
            executor.at_endpoint(share, asked).await
        }
        _ => own,
    }
}
