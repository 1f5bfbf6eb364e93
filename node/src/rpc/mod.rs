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

use crate::config::Admission;
use crate::error::NodeError;
use crate::events::Events;
use crate::executor::{Executor, Share};
use crate::limits::TELLING;
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::Worker;
use admission::{UnderWay, Waiting};
use args::Args;
use forked::{Question, Upstream};
use method::{Context, Method, RpcResult, Table};

const TABLES: &[Table] = &[
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
pub(crate) struct Methodsets {
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
    worker: Worker,
    executor: Executor,
    events: Events,
    admission: Admission,
) -> Result<Methodsets, NodeError> {
    let context = Arc::new(Context {
        worker,
        executor,
        events,
        admission,
        waiting: Waiting::default(),
        under_way: UnderWay::default(),
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
    Ok(Methodsets { http, socket })
}

fn register(
    module: &mut RpcModule<Context>,
    name: &'static str,
    method: Method,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, caller| async move {
        let args = Args::new(name, &params, context.reading(name))?;
        let share = Share::of(&caller);
        answer((&context, &share), (name, method), args).await
    })?;
    Ok(())
}

/// Answers the method of that name about a node without a fork, on this thread.
///
/// # Errors
/// That of JSON-RPC.
pub(crate) fn answer_at_once(
    node: &mut Node,
    name: &str,
    parameters: Option<&RawValue>,
) -> Result<Box<RawValue>, ErrorObjectOwned> {
    let mut methods = TABLES.iter().copied().flatten();
    let Some((name, method)) = methods.find(|(known, _)| *known == name) else {
        return Err(ErrorCode::MethodNotFound.into());
    };
    let parameters = Params::new(parameters.map(RawValue::get));
    let args = Args::new(name, &parameters, node.admission)?;
    let answer = match method {
        Method::Lookup(reader) | Method::Read(reader) => {
            let view = node.view();
            let read = reader(&view, &args);
            view.chain.check_source().map_err(RpcError::from).and(read)
        }
        Method::Change(handler) => node
            .within(&Budget::default(), |node| handler(node, &args))
            .map_err(RpcError::from)
            .flatten(),
    };
    Ok(answer?)
}

/// This node's answer, or that of the chain that it forked.
async fn answer(
    (context, share): (&Context, &Share),
    (name, method): (&'static str, Method),
    args: Args,
) -> RpcResult {
    let executor = &context.executor;
    let (at_once, reader) = match method {
        Method::Lookup(reader) => (true, reader),
        Method::Read(reader) => (false, reader),
        Method::Change(handler) => {
            let work = move |node: &mut Node| handler(node, &args);
            return context.change(share, work).await;
        }
    };
    let view = View {
        filters_of_caller: share.filters.clone(),
        ..context.worker.view().await?
    };
    let question = forked::question(&view, name, &args);
    let upstream = view.fork.clone().zip(question);
    let before = match &upstream {
        None | Some((_, Question::Unknown)) => Vec::new(),
        Some((fork, question)) => {
            let asked = question.asked(fork, name, &args);
            match executor.at_endpoint(share, asked).await? {
                Upstream::Whole(answer) => return Ok(answer),
                Upstream::Before(entries) => entries,
            }
        }
    };
    let asked = args.clone();
    let read = move |view: &View| forked::joined(&before, reader(view, &asked)?);
    let own = executor.read(view, (at_once, share), read).await;
    match (upstream, &own) {
        // It is known that there is an answer.
        (Some((fork, Question::Unknown)), Err(RpcError::NotFound(_))) => {
            let asked = forked::forwarded(&fork, name, args.to_value());
            executor.at_endpoint(share, asked).await
        }
        _ => own,
    }
}
