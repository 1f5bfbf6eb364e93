//! JSON-RPC over HTTP and WebSocket on one port: settings, start, stop.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jsonrpsee::server::middleware::rpc::RpcServiceBuilder;
use jsonrpsee::server::{
    BatchRequestConfig, IdProvider, Server, ServerConfig, ServerHandle, StopHandle, stop_channel,
};
use jsonrpsee::types::SubscriptionId;
use tokio::runtime::Runtime;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::access::Access;
use crate::config::{Cors, NodeConfig};
use crate::connections::{Server as Connections, accept, middleware};
use crate::error::NodeError;
use crate::ipc::{IpcServer, IpcSocket};
use crate::limits::MAX_ANSWER;
use crate::rpc::Methodsets;

/// How long open connections may take to finish their answer when the node stops.
const GRACE: Duration = Duration::from_millis(200);

/// How long the threads may take to end after that, which is at once where none is kept busy.
const THREADS_END: Duration = Duration::from_secs(5);

/// Most requests in one batch.
const MAX_BATCH: u32 = 50_000;

/// Messages of one WebSocket connection that may wait to be written.
const MESSAGES: u32 = 8;

/// Native stack of a thread in bytes, as that of the chain's thread: it may read the chain.
const STACK: usize = 64 * 1024 * 1024;

/// Threads that read and write sockets and parse requests; the chain has its own. More than there are
/// processors, so that who parses a long request does not keep the others from being served.
const IO_THREADS: usize = 8;

/// The server's thread, and the way to end it.
pub(crate) struct ServerThread {
    server: ServerHandle,
    thread: JoinHandle<()>,
}

impl ServerThread {
    /// Serves `methods` on every listener, on a runtime of its own.
    ///
    /// # Errors
    /// [`NodeError::Threads`] when the system refuses threads or sockets.
    pub(crate) fn start(
        listeners: Vec<TcpListener>,
        config: &NodeConfig,
        methods: Methodsets,
    ) -> Result<Self, NodeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(IO_THREADS)
            .thread_name("stylus-rpc")
            .thread_stack_size(STACK)
            .enable_all()
            .build()?;
        let (stop, server) = stop_channel();
        listen(&runtime, listeners, config, methods, &stop)?;
        let ended = server.clone();
        let thread = std::thread::Builder::new()
            .name("stylus-server".into())
            .spawn(move || {
                runtime.block_on(async {
                    stop.shutdown().await;
                    let _ = tokio::time::timeout(GRACE, ended.stopped()).await;
                });
                runtime.shutdown_timeout(THREADS_END);
            })?;
        Ok(Self { server, thread })
    }

    /// Closes the port and every connection, and ends the threads.
    pub(crate) fn stop(self) {
        let _ = self.server.stop();
        let _ = self.thread.join();
    }
}

fn listen(
    runtime: &Runtime,
    listeners: Vec<TcpListener>,
    config: &NodeConfig,
    methods: Methodsets,
    stop: &StopHandle,
) -> Result<(), NodeError> {
    let request_bytes = config.request_bytes.unwrap_or(u32::MAX);
    let access = Arc::new(Access::new(config.cors.clone(), &config.allowed_hosts));
    let limits = ServerConfig::builder()
        .max_request_body_size(request_bytes)
        .max_response_body_size(u32::try_from(MAX_ANSWER).unwrap_or(u32::MAX))
        .max_connections(u32::MAX)
        .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
        .set_message_buffer_capacity(MESSAGES)
        .set_id_provider(HexIds)
        .build();
    let service = Server::builder()
        .set_config(limits)
        .set_rpc_middleware(RpcServiceBuilder::new().layer(methods.batches.clone()))
        .set_http_middleware(middleware(cors_layer(&config.cors)?))
        .to_service_builder();
    let _inside = runtime.enter();
    for listener in listeners {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let connections = Connections {
            service: service.clone(),
            batches: methods.batches.clone(),
            methods: methods.socket.clone(),
            http_methods: methods.http.clone(),
            stop: stop.clone(),
            access: access.clone(),
        };
        runtime.spawn(accept(listener, connections));
    }
    if let Some(path) = &config.ipc {
        let fail = NodeError::file("cannot listen on the Unix socket", path);
        let socket = IpcSocket::bind(path).map_err(|error| fail(error.to_string()))?;
        runtime.spawn(socket.accept(IpcServer {
            batches: service.build(methods.http, stop.clone()),
            methods: methods.socket,
            limit: request_bytes,
            stop: stop.clone(),
        }));
    }
    Ok(())
}

fn cors_layer(cors: &Cors) -> Result<CorsLayer, NodeError> {
    let open = CorsLayer::new().allow_methods(Any).allow_headers(Any);
    match cors {
        Cors::Off => Ok(CorsLayer::new()),
        Cors::Any => Ok(open.allow_origin(Any)),
        Cors::Origins(origins) => {
            let origins = origins
                .iter()
                .map(|origin| origin.parse())
                .collect::<Result<Vec<_>, _>>();
            let origins = origins.map_err(|_| NodeError::Origin(format!("{cors:?}")))?;
            Ok(open.allow_origin(AllowOrigin::list(origins)))
        }
    }
}

/// Subscription ids as every Ethereum client expects them: hexadecimal text.
#[derive(Debug)]
struct HexIds;

impl IdProvider for HexIds {
    fn next_id(&self) -> SubscriptionId<'static> {
        format!("{:#x}", alloy::primitives::FixedBytes::<16>::random()).into()
    }
}
