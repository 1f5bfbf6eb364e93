//! Methods that read the chain and may take long: they run on the executor's threads, on the chain
//! as it was when they were requested.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use stylus_chain::{Chain, ChainReader};
use tokio::sync::oneshot;

use super::args::Args;
use super::error::RpcError;
use super::{Context, RpcResult, account_for, forked};
use crate::connections::{Client, WaitGuard};
use crate::executor::{Call, Job};
use crate::worker::WorkError;

/// A method's function.
pub(super) type ReadHandler = fn(&Chain, &Args) -> RpcResult;

/// A namespace's methods that run beside the chain's thread.
pub(super) type ReadTable = &'static [(&'static str, ReadHandler)];

pub(super) fn register(
    module: &mut RpcModule<Context>,
    name: &'static str,
    handler: ReadHandler,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, extensions| async move {
        let client = extensions.get::<Arc<Client>>().cloned();
        let args = Args::new(&params)?;
        let _guard = client.as_ref().map(Client::call);
        if let Some(client) = &client {
            client.room().await;
        }
        let answer = answer(&context, client.clone(), name, handler, args);
        match &client {
            Some(client) => tokio::select! {
                answer = answer => answer,
                () = client.ended() => Err(RpcError::Interrupted),
            },
            None => answer.await,
        }
    })?;
    Ok(())
}

/// This node's answer, or that of the chain that it forked.
async fn answer(
    context: &Context,
    client: Option<Arc<Client>>,
    name: &'static str,
    handler: ReadHandler,
    args: Args,
) -> RpcResult {
    let Some(fork) = context.fork.get() else {
        return run(context, client, handler, args).await;
    };
    if let Some(theirs) = forked::instead(&fork, name, &args).await {
        return account_for(client.as_deref(), theirs);
    }
    let ours = run(context, client, handler, args.clone()).await;
    forked::after(&fork, name, &args, ours).await
}

async fn run(
    context: &Context,
    client: Option<Arc<Client>>,
    handler: ReadHandler,
    args: Args,
) -> RpcResult {
    let (answer, answered) = oneshot::channel();
    let cancelled = Arc::new(AtomicBool::new(false));
    let _cancel = CancelOnDrop(cancelled.clone());
    let call = Box::new(Read {
        handler,
        args,
        client,
        waiting: None,
        answer: Some(answer),
    });
    let executor = context.executor.clone();
    let submitted = context.worker.run(move |node| {
        executor.submit(Job {
            chain: node.chain.reader(),
            cancelled,
            call,
        });
    });
    submitted.await?;
    answered.await.unwrap_or(Err(WorkError::Stopped.into()))
}

/// Ends a call whose caller has gone.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One request.
struct Read {
    handler: ReadHandler,
    args: Args,
    client: Option<Arc<Client>>,
    waiting: Option<WaitGuard>,
    answer: Option<oneshot::Sender<RpcResult>>,
}

impl Read {
    fn answer(&mut self, result: RpcResult) {
        if let Some(answer) = self.answer.take() {
            let _ = answer.send(result);
        }
    }
}

impl Call for Read {
    fn attempt(&mut self, chain: &ChainReader) -> bool {
        let result = (self.handler)(chain, &self.args);
        let result = chain.check_source().map_err(RpcError::from).and(result);
        if matches!(result, Err(RpcError::Interrupted)) {
            return false;
        }
        let result = account_for(self.client.as_deref(), result);
        self.answer(result);
        true
    }

    fn running(&mut self, running: bool) {
        self.waiting = match running {
            true => None,
            false => self.client.as_ref().map(Client::waiting),
        };
    }

    fn panicked(&mut self, reason: String) {
        self.answer(Err(WorkError::Panicked(reason).into()));
    }
}
