//! The JSON-RPC methods, one file per namespace. Each file exports a table of names and functions:
//! those that look up or read a view of the node, and those that change the node, on the chain's thread.

mod account;
mod answer;
mod anvil;
mod args;
mod batch;
mod block;
mod call;
mod debug;
mod erc20;
mod eth;
mod evm;
mod fill;
mod filter;
mod fork;
mod forked;
mod json;
mod method;
mod otterscan;
mod raw;
mod reorg;
mod request;
mod send;
mod sign;
mod simulate;
mod subscribe;
mod trace;
mod tracer;
mod txpool;
mod wait;
mod web3;

use std::sync::Arc;

use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::server::Methods;

use crate::error::NodeError;
use crate::events::Events;
use crate::executor::{Begin, Executor};
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::turns::Turns;
use crate::view::View;
use crate::worker::Worker;
use args::Args;
pub(crate) use batch::BatchLayer;
use forked::{Question, Theirs};
use method::{Context, Method, RpcResult, Table, Work};

const TABLES: [Table; 20] = [
    account::METHODS,
    anvil::METHODS,
    block::METHODS,
    call::METHODS,
    debug::METHODS,
    erc20::METHODS,
    eth::METHODS,
    evm::METHODS,
    fill::METHODS,
    filter::METHODS,
    fork::METHODS,
    otterscan::METHODS,
    raw::METHODS,
    reorg::METHODS,
    send::METHODS,
    sign::METHODS,
    simulate::METHODS,
    trace::METHODS,
    txpool::METHODS,
    web3::METHODS,
];

/// The node's methods, by how they are asked for.
pub(crate) struct Methodsets {
    /// Over HTTP, where nobody can be notified: a subscription is an unknown method.
    pub(crate) http: Methods,
    /// Over WebSocket and Unix sockets.
    pub(crate) socket: Methods,
    /// How batches of both are answered.
    pub(crate) batches: BatchLayer,
}

/// Every method of the node.
///
/// # Errors
/// [`NodeError::Chain`] when two tables name the same method (a test would have seen it).
pub(crate) fn methods(
    worker: Worker,
    executor: Executor,
    events: Events,
) -> Result<Methodsets, NodeError> {
    let context = Arc::new(Context {
        worker,
        executor,
        events,
    });
    let mut module = RpcModule::from_arc(context.clone());
    let twice = |error: RegisterMethodError| NodeError::Chain(error.to_string());
    for (name, method) in TABLES.into_iter().flatten() {
        register(&mut module, name, *method).map_err(twice)?;
    }
    send::register(&mut module).map_err(twice)?;
    wait::register(&mut module).map_err(twice)?;
    let http = Methods::clone(&module);
    subscribe::register(&mut module).map_err(twice)?;
    let socket = module.into();
    let batches = BatchLayer::new(context);
    Ok(Methodsets {
        http,
        socket,
        batches,
    })
}

fn register(
    module: &mut RpcModule<Context>,
    name: &'static str,
    method: Method,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, extensions| async move {
        let args = Args::new(&params)?;
        let turns = extensions.get::<Turns>().cloned().unwrap_or_default();
        answer(&context, &turns, (name, method), args).await
    })?;
    Ok(())
}

/// This node's answer, or that of the chain that it forked.
async fn answer(
    context: &Context,
    turns: &Turns,
    (name, method): (&'static str, Method),
    args: Args,
) -> RpcResult {
    let executor = &context.executor;
    let (begin, reader) = match method {
        Method::Lookup(reader) => (Begin::AtOnce, reader),
        Method::Read(reader) => (Begin::InLane, reader),
        Method::Prepare(prepare) => {
            let view = context.worker.view().await?;
            let prepare = move |view: &View| prepare(view, &args);
            let work = executor.read(view, Begin::InLane, turns, prepare).await?;
            return change(context, None, work).await;
        }
        Method::Change(handler) => {
            let gas = send::named_gas(name, &args);
            let work = Box::new(move |node: &mut Node| handler(node, &args));
            return change(context, gas, work).await;
        }
    };
    let view = context.worker.view().await?;
    let question = forked::question(&view, name, &args);
    let theirs = view.fork.clone().zip(question);
    let before = match &theirs {
        Some((fork, question)) => match question.asked(fork, name, &args).await? {
            Theirs::Whole(answer) => return Ok(answer),
            Theirs::Before(entries) => entries,
        },
        None => Vec::new(),
    };
    let asked = args.clone();
    let read = move |view: &View| forked::joined(&before, reader(view, &asked)?);
    let ours = executor.read(view, begin, turns, read).await;
    match (theirs, &ours) {
        // It is known that there is an answer.
        (Some((fork, Question::Unknown)), Err(RpcError::NotFound(_))) => {
            forked::forwarded(&fork, name, args.to_value()).await
        }
        _ => ours,
    }
}

/// Does a method's work on the chain's thread. `gas` is known where it is a transaction's.
async fn change(context: &Context, gas: Option<u64>, work: Work) -> RpcResult {
    let work = move |node: &mut Node| {
        let answer = node.or_as_before(work);
        answer.map_err(RpcError::from).flatten()
    };
    let is_quick = send::quick(gas.unwrap_or(u64::MAX));
    let answered = context.worker.run_unless_quick(is_quick, work).await;
    answered.unwrap_or_else(|error| Err(error.into()))
}
