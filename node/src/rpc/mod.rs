//! The JSON-RPC methods, one file per namespace. Each file exports a table of names and functions:
//! those that read a view of the node, on the threads for that, and those that change the node, on
//! the chain's thread.

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
use jsonrpsee::server::{Methods, ResponsePayload};
use tokio::sync::Semaphore;

use crate::error::NodeError;
use crate::events::Events;
use crate::executor::Executor;
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::Worker;
use args::Args;
pub(crate) use batch::BatchLayer;
use forked::Theirs;
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

/// Most calls of one WebSocket that are being answered, or whose answers it has not taken. Its next
/// ones wait.
const MAX_CALLS: usize = 16;

/// A permit for each of them.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_CALLS)))
    }
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
    let batches = BatchLayer(context);
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
        let turn = match extensions.get::<Turns>() {
            Some(turns) => turns.0.clone().acquire_owned().await.ok(),
            None => None,
        };
        let answer = match Args::new(&params) {
            Ok(args) => answer(&context, name, method, args).await,
            Err(error) => Err(error),
        };
        let answer = match answer {
            Ok(answer) => ResponsePayload::success(answer),
            Err(error) => ResponsePayload::error(error),
        };
        let Some(turn) = turn else { return answer };
        let (answer, written) = answer.notify_on_completion();
        tokio::spawn(async move {
            let _ = written.await;
            drop(turn);
        });
        answer
    })?;
    Ok(())
}

/// This node's answer, or that of the chain that it forked.
async fn answer(context: &Context, name: &'static str, method: Method, args: Args) -> RpcResult {
    let reader = match method {
        Method::Read(reader) => reader,
        Method::Prepare(prepare) => {
            let view = context.worker.view().await?;
            let prepare = move |view: &View| prepare(view, &args);
            let work = context.executor.read(view, prepare).await?;
            return change(context, None, work).await;
        }
        Method::Change(handler) => {
            let gas = send::named_gas(name, &args);
            let work = Box::new(move |node: &mut Node| handler(node, &args));
            return change(context, gas, work).await;
        }
    };
    let view = context.worker.view().await?;
    let theirs = match (&view.fork, forked::question(&view, name, &args)) {
        (Some(fork), Some(question)) => Some((fork.clone(), question)),
        _ => None,
    };
    let before = match &theirs {
        Some((fork, question)) => match question.asked(fork, name, &args).await? {
            Theirs::Whole(answer) => return Ok(answer),
            Theirs::Before(entries) => entries,
            Theirs::Nothing => Vec::new(),
        },
        None => Vec::new(),
    };
    let asked = args.clone();
    let read = move |view: &View| forked::joined(&before, reader(view, &asked)?);
    let ours = context.executor.read(view, read).await;
    match theirs {
        Some((fork, question)) => question.after(&fork, name, &args, ours).await,
        None => ours,
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
