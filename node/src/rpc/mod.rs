//! The JSON-RPC methods, one file per namespace. Each file exports a table of names and
//! functions; a function runs on the chain's thread and has it to itself, or beside it on a copy
//! of the chain (`read`).

mod account;
mod answer;
mod anvil;
mod args;
mod block;
mod call;
mod debug;
mod erc20;
mod error;
mod eth;
mod evm;
mod fill;
mod filter;
mod fork;
mod forked;
mod json;
mod otterscan;
mod raw;
mod read;
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
use serde_json::value::RawValue;

use crate::connections::Client;
use crate::error::NodeError;
use crate::events::Events;
use crate::executor::Executor;
use crate::fork::CurrentFork;
use crate::node::Node;
use crate::worker::Worker;
pub(crate) use answer::MAX_ANSWER;
use answer::{done, list, ok};
use args::Args;
pub(crate) use error::RpcError;
use read::ReadTable;

/// What a method's function returns.
type RpcResult = Result<Box<RawValue>, RpcError>;

/// A method's function.
type Handler = fn(&mut Node, &Args) -> RpcResult;

/// A namespace: names, aliases included, and their functions.
type Table = &'static [(&'static str, Handler)];

/// What subscriptions and waiting methods need.
pub(crate) struct Context {
    worker: Worker,
    executor: Executor,
    events: Events,
    fork: CurrentFork,
}

const READ_TABLES: [ReadTable; 7] = [
    account::READS,
    block::READS,
    call::READS,
    debug::READS,
    otterscan::READS,
    simulate::READS,
    trace::READS,
];

const TABLES: [Table; 16] = [
    account::METHODS,
    anvil::METHODS,
    block::METHODS,
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
    txpool::METHODS,
    web3::METHODS,
];

/// The node's methods, by how they are asked for.
pub(crate) struct Methodsets {
    /// Over HTTP, where nobody can be notified: a subscription is an unknown method.
    pub(crate) http: Methods,
    /// Over WebSocket and Unix sockets.
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
    fork: CurrentFork,
) -> Result<Methodsets, NodeError> {
    let mut module = RpcModule::new(Context {
        worker,
        executor,
        events,
        fork,
    });
    let twice = |error: RegisterMethodError| NodeError::Chain(error.to_string());
    for (name, handler) in TABLES.into_iter().flatten() {
        register(&mut module, name, *handler).map_err(twice)?;
    }
    for (name, handler) in READ_TABLES.into_iter().flatten() {
        read::register(&mut module, name, *handler).map_err(twice)?;
    }
    send::register(&mut module).map_err(twice)?;
    wait::register(&mut module).map_err(twice)?;
    let http = Methods::clone(&module);
    subscribe::register(&mut module).map_err(twice)?;
    let socket = module.into();
    Ok(Methodsets { http, socket })
}

fn register(
    module: &mut RpcModule<Context>,
    name: &'static str,
    handler: Handler,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, extensions| async move {
        let client = extensions.get::<Arc<Client>>().cloned();
        let args = Args::new(&params)?;
        let guard = client.as_ref().map(Client::call);
        if let Some(client) = &client {
            client.room().await;
        }
        let fork = context.fork.get();
        let theirs = match &fork {
            Some(fork) => forked::instead(fork, name, &args).await,
            None => None,
        };
        let answered = match (theirs, fork) {
            (Some(theirs), _) => account_for(client.as_deref(), theirs),
            (None, None) => run(&context, client, handler, args).await,
            (None, Some(fork)) => {
                let ours = run(&context, client, handler, args.clone()).await;
                forked::after(&fork, name, &args, ours).await
            }
        };
        drop(guard);
        answered
    })?;
    Ok(())
}

/// Runs a method's function on the chain's thread.
async fn run(
    context: &Context,
    client: Option<Arc<Client>>,
    handler: Handler,
    args: Args,
) -> RpcResult {
    let work = move |node: &mut Node| {
        let answer = node.or_as_before(|node| handler(node, &args));
        account_for(client.as_deref(), answer.map_err(RpcError::from).flatten())
    };
    let answered = context.worker.run(work).await;
    answered.unwrap_or_else(|error| Err(error.into()))
}

/// Counts an answer among those that its connection waits to read. On the thread that made it, so
/// that it does not make the next one before.
fn account_for(client: Option<&Client>, answer: RpcResult) -> RpcResult {
    let answer = answer?;
    if let Some(client) = client {
        client.promise(answer.get().len())?;
    }
    Ok(answer)
}
