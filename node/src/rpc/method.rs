//! Methods: each is a function, by what it does to the node.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::Semaphore;

use super::admission::{UnderWay, Waiting};
use super::args::Args;
use crate::config::Admission;
use crate::events::Events;
use crate::executor::Executor;
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;
use crate::worker::Worker;

/// The result of a method's function.
pub(super) type RpcResult = Result<Box<RawValue>, RpcError>;

/// A method's function.
#[derive(Clone, Copy)]
pub(super) enum Method {
    /// Looks something up that is never large, and executes nothing.
    Lookup(fn(&View, &Args) -> RpcResult),
    /// Reads, on the threads for that.
    Read(fn(&View, &Args) -> RpcResult),
    /// Changes the node, on the chain's thread.
    Change(fn(&mut Node, &Args) -> RpcResult),
}

/// A namespace: names, aliases included, and their functions.
pub(super) type Table = &'static [(&'static str, Method)];

/// The data with which methods are answered.
pub(crate) struct Context {
    pub(super) worker: Worker,
    pub(super) executor: Executor,
    pub(super) events: Events,
    pub(super) admission: Admission,
    /// Transactions that wait for those before them.
    pub(super) waiting: Waiting,
    /// The senders whose transactions are being sent.
    pub(super) under_way: UnderWay,
    /// Turns of subscribers to find out what to tell next.
    pub(super) telling: Arc<Semaphore>,
}

impl Context {
    /// Returns the rule for reading the parameters of a method. Methods that anvil added are as lenient as anvil is.
    pub(super) fn reading(&self, method: &str) -> Admission {
        if ["eth_", "debug_", "web3_"]
            .iter()
            .any(|start| method.starts_with(start))
        {
            self.admission
        } else {
            Admission::Lenient
        }
    }
}
