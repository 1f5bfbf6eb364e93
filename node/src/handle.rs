//! A node inside this process: [`spawn`] starts it, dropping the [`NodeHandle`] ends it.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy::primitives::{Address, B256};
use stylus_chain::{Chain, Execution};

use crate::accounts::DevAccounts;
use crate::config::NodeConfig;
use crate::error::NodeError;
use crate::events::EventLog;
use crate::executor::ReadExecutor;
use crate::limits::EXECUTION_TIME;
use crate::node::DevNode;
use crate::rpc;
use crate::server::ServerThread;
use crate::work_error::WorkError;
use crate::worker::{ChainThread, ChainWorker};

/// A running node. Dropping it closes the port, saves the state if the configuration names a
/// file, and ends every thread.
pub struct NodeHandle {
    address: SocketAddr,
    accounts: DevAccounts,
    chain_id: u64,
    worker: ChainWorker,
    server: Option<ServerThread>,
    chain: Option<ChainThread>,
    /// Set at the end, which no transaction delays.
    ended: Arc<AtomicBool>,
    /// The file that the state is saved to.
    state: Option<PathBuf>,
}

/// Starts a node: binds, builds the chain, serves. It runs on threads of its own, so the caller
/// may be async or not.
///
/// # Errors
/// [`NodeError::AddressInUse`] and the other variants, before anything is served.
pub fn spawn(config: NodeConfig) -> Result<NodeHandle, NodeError> {
    let ended = Arc::<AtomicBool>::default();
    let execution = Execution {
        time: Some(EXECUTION_TIME),
        ended: ended.clone(),
    };
    let accounts = DevAccounts::derive(&config.accounts)?;
    let (listeners, address) = bind(&config)?;
    let events = EventLog::new();
    let served = config.clone();
    let (worker, chain) = {
        let (accounts, events) = (accounts.clone(), events.clone());
        ChainWorker::start(move || DevNode::new(config, accounts, events, execution))?
    };
    let mut handle = NodeHandle {
        address,
        accounts,
        chain_id: 0,
        worker: worker.clone(),
        server: None,
        chain: Some(chain),
        ended,
        state: served.state.dump.clone(),
    };
    handle.chain_id = handle.with_chain(|chain| chain.chain_id())?;
    let methods = rpc::methods(worker, ReadExecutor::new(), events, served.admission)?;
    handle.server = Some(ServerThread::start(listeners, &served, methods)?);
    Ok(handle)
}

impl NodeHandle {
    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `ws://127.0.0.1:PORT`, the same port.
    pub fn ws_endpoint(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The address that is listened on (the first one, if there are several).
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The chain id.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The dev accounts with their keys.
    pub fn accounts(&self) -> &DevAccounts {
        &self.accounts
    }

    /// Addresses of the phrase's accounts, by index.
    pub fn addresses(&self) -> Vec<Address> {
        let signers = self.accounts.mnemonic().iter();
        signers.map(|signer| signer.address()).collect()
    }

    /// Private keys of the phrase's accounts, by index.
    pub fn keys(&self) -> Vec<B256> {
        let signers = self.accounts.mnemonic().iter();
        signers.map(|signer| signer.to_bytes()).collect()
    }

    /// Runs `work` on the chain itself, between two requests. Blocks this thread until it is
    /// done; for reading what RPC does not offer, and for benchmarks.
    ///
    /// # Errors
    /// [`NodeError::Chain`] when `work` panicked, [`NodeError::Stopped`] after [`Self::stop`].
    pub fn with_chain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Chain) -> T + Send + 'static,
    ) -> Result<T, NodeError> {
        self.worker
            .run_blocking(move |node| work(&mut node.chain))
            .map_err(|error| match error {
                WorkError::Stopped => NodeError::Stopped,
                WorkError::Panicked(message) => NodeError::Chain(message),
            })
    }

    /// Ends the node and says whether the state was saved. Dropping does the same silently.
    ///
    /// # Errors
    /// [`NodeError::File`] when the state could not be saved.
    pub fn stop(mut self) -> Result<(), NodeError> {
        self.end()
    }

    /// Lets [`Self::stop`] wait no longer for work of the chain.
    pub(crate) fn hurry(&self) -> Option<impl Fn() + Send + 'static> {
        self.chain.as_ref().map(ChainThread::hurry)
    }

    fn end(&mut self) -> Result<(), NodeError> {
        self.ended.store(true, Ordering::Relaxed);
        let server = self.server.take();
        if let Some(server) = &server {
            server.close();
        }
        // The state is saved while callers leave: it waits for no read.
        self.worker.stop();
        let end = |chain: ChainThread| chain.end(&self.worker, self.state.as_deref());
        let saved = self.chain.take().map_or(Ok(()), end);
        if let Some(server) = server {
            server.wait();
        }
        saved
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the node did not stop cleanly");
        }
    }
}

impl std::fmt::Debug for NodeHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeHandle")
            .field("address", &self.address)
            .field("chain_id", &self.chain_id)
            .finish()
    }
}

/// Binds every host; with port 0 the first one chooses for all.
fn bind(config: &NodeConfig) -> Result<(Vec<TcpListener>, SocketAddr), NodeError> {
    let mut listeners = Vec::new();
    let mut first: Option<SocketAddr> = None;
    for host in &config.hosts {
        let wanted = SocketAddr::new(*host, first.map_or(config.port, |address| address.port()));
        let listener = TcpListener::bind(wanted).map_err(|source| match source.kind() {
            std::io::ErrorKind::AddrInUse => NodeError::AddressInUse { address: wanted },
            _ => NodeError::Bind {
                address: wanted,
                source,
            },
        })?;
        first = first.or(Some(listener.local_addr()?));
        listeners.push(listener);
    }
    let address = first
        .ok_or_else(|| NodeError::Chain("no host to listen on: expected at least one".into()))?;
    Ok((listeners, address))
}
