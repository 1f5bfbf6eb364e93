//! Changes of the node. The chain's thread makes them, and waits for no endpoint: what a change of a fork lacks is read
//! first, by a rehearsal on a copy of the node, in a place of the reads that wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use alloy::primitives::B256;
use stylus_chain::{Budget, ChainError};

use super::method::RpcContext;
use crate::caller::WaitingCaller;
use crate::executor::{CallerShare, ReadPermit};
use crate::limits::{CHANGE_TIME, ENDPOINT_WAIT};
use crate::node::DevNode;
use crate::rpc_error::RpcError;

/// The number of rehearsals of a change. One that lacks something else each time, such as what the time of its block
/// names, waits for it on the chain's thread then, for a short time.
const REHEARSALS: usize = 3;

/// The result of an attempt at a change.
enum ChangeAttempt<T> {
    Made(Result<T, RpcError>),
    /// Nothing, because something is not known here. The node as it is.
    Lacking(Box<DevNode>),
}

/// The chain that something is meant for: the one that it reached first.
#[derive(Clone, Default)]
pub(super) struct ChainInstance(Arc<OnceLock<B256>>);

impl ChainInstance {
    /// # Errors
    /// [`RpcError::Refused`] where the node has begun another chain since.
    fn check(&self, node: &DevNode) -> Result<(), RpcError> {
        if *self.0.get_or_init(|| node.instance_id) == node.instance_id {
            Ok(())
        } else {
            Err(RpcError::Refused(
                "the chain was reset before this was done: nothing of it was".into(),
            ))
        }
    }
}

impl RpcContext {
    /// Changes the node. What takes long in it ends when the future is dropped. Where a fork's source cannot be read, nothing
    /// has changed.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        share: &CallerShare,
        work: impl Fn(&mut DevNode) -> Result<T, RpcError> + Send + Sync + 'static,
    ) -> Result<T, RpcError> {
        let instance = ChainInstance::default();
        self.change_of(share, &instance, |_| false, work).await
    }

    /// The same for one of several changes that are meant for one chain. Before quick work no view is made.
    pub(super) async fn change_of<T: Send + 'static>(
        &self,
        share: &CallerShare,
        instance: &ChainInstance,
        is_quick: impl FnOnce(&DevNode) -> bool + Copy + Send + 'static,
        work: impl Fn(&mut DevNode) -> Result<T, RpcError> + Send + Sync + 'static,
    ) -> Result<T, RpcError> {
        let instance = instance.clone();
        let work = move |node: &mut DevNode| {
            instance.check(node)?;
            work(node)
        };
        let (caller, work) = (WaitingCaller::default(), Arc::new(work));
        for _ in 0..REHEARSALS {
            let change = in_turn(share.turn().await, attempt(caller.left(), work.clone()));
            match self.worker.run_unless_quick(is_quick, change).await? {
                ChangeAttempt::Made(made) => return made,
                ChangeAttempt::Lacking(copy) => self.rehearse(share, *copy, work.clone()).await?,
            }
        }
        let left = caller.left();
        let change = move |node: &mut DevNode| {
            let budget = Budget::new(Some(CHANGE_TIME), left).waiting(ENDPOINT_WAIT);
            in_words(node.within(&budget, |node| work(node)))
        };
        let change = in_turn(share.turn().await, change);
        self.worker.run(change).await?
    }

    /// Reads what a change lacks: makes it on a copy, on another thread.
    async fn rehearse<T>(
        &self,
        share: &CallerShare,
        mut copy: DevNode,
        work: Arc<impl Fn(&mut DevNode) -> Result<T, RpcError> + Send + Sync + 'static>,
    ) -> Result<(), RpcError> {
        let rehearse = move |budget: &Budget| {
            // What comes of it, panics included, comes of the change as well.
            let rehearsed = || copy.within(budget, |node| drop(work(node)));
            let read = catch_unwind(AssertUnwindSafe(rehearsed));
            Ok(read.unwrap_or(Ok(()))?)
        };
        self.executor.wait_for_endpoint(share, rehearse).await
    }
}

/// Work in its caller's turn, which ends with the work: also where the caller has left before.
pub(super) fn in_turn<T>(
    turn: ReadPermit,
    work: impl FnOnce(&mut DevNode) -> T,
) -> impl FnOnce(&mut DevNode) -> T {
    move |node| {
        let _turn = turn;
        work(node)
    }
}

/// Makes a change without waiting for an endpoint. Its time begins with it: what it waits for its turn is that of others.
fn attempt<T>(
    left: Arc<AtomicBool>,
    work: Arc<impl Fn(&mut DevNode) -> Result<T, RpcError>>,
) -> impl FnOnce(&mut DevNode) -> ChangeAttempt<T> {
    move |node| {
        let budget = Budget::new(Some(CHANGE_TIME), left).without_waiting();
        let made: Result<_, ChainError> = node.within(&budget, |node| work(node));
        match made {
            Err(_) if budget.was_refused_to_wait() => ChangeAttempt::Lacking(Box::new(node.copy())),
            made => ChangeAttempt::Made(in_words(made)),
        }
    }
}

/// Returns the result of a change, or the error that it took too long.
fn in_words<T>(made: Result<Result<T, RpcError>, ChainError>) -> Result<T, RpcError> {
    match made.map_err(RpcError::from).flatten() {
        Err(RpcError::Interrupted) => Err(RpcError::Limit(format!(
            "the change took more than {} seconds: what is done until then stays, but for a reorganisation; ask for less \
             at once",
            CHANGE_TIME.as_secs()
        ))),
        made => made,
    }
}
