//! Methods: each is a function, by what it does to the node.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::admission::{SenderCounts, WaitingTransactions};
use super::args::RpcArgs;
use crate::config::AdmissionPolicy;
use crate::events::EventLog;
use crate::executor::{CallerShare, ReadExecutor};
use crate::node::DevNode;
use crate::rpc_error::RpcError;
use crate::view::NodeView;
use crate::worker::ChainWorker;

/// The result of a method's function.
pub(super) type RpcResult = Result<Box<RawValue>, RpcError>;

/// A method's function.
#[derive(Clone, Copy)]
pub(super) enum RpcMethod {
    /// Looks something up that is never large, and executes nothing.
    Lookup(fn(&NodeView, &RpcArgs) -> RpcResult),
    /// Reads, on the threads for that.
    Read(fn(&NodeView, &RpcArgs) -> RpcResult),
    /// Changes the node, on the chain's thread.
    Change(fn(&mut DevNode, &RpcArgs) -> RpcResult),
}

/// A namespace: names, aliases included, and their functions.
pub(super) type MethodTable = &'static [(&'static str, RpcMethod)];

/// The data with which methods are answered.
pub(crate) struct RpcContext {
    pub(super) worker: ChainWorker,
    pub(super) executor: ReadExecutor,
    pub(super) events: EventLog,
    pub(super) admission: AdmissionPolicy,
    /// Transactions that wait for those before them.
    pub(super) waiting: WaitingTransactions,
    /// The senders whose transactions are being sent.
    pub(super) under_way: SenderCounts,
    /// Turns of subscribers to find out what to tell next.
    pub(super) telling: Arc<Semaphore>,
}

/// A request: the data that it is answered with, and the share of its caller.
#[derive(Clone, Copy)]
pub(super) struct RpcRequest<'a> {
    pub(super) context: &'a RpcContext,
    pub(super) share: &'a CallerShare,
}

impl RpcContext {
    /// Returns the rule for reading the parameters of a method. Methods that anvil added are as lenient as anvil is.
    pub(super) fn reading(&self, method: &str) -> AdmissionPolicy {
        if ["eth_", "debug_", "web3_"]
            .iter()
            .any(|start| method.starts_with(start))
        {
            self.admission
        } else {
            AdmissionPolicy::Lenient
        }
    }
}
