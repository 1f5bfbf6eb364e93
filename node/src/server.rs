//! JSON-RPC over HTTP and WebSocket on one port: settings, start, stop. jsonrpsee bounds what one request may take, `traffic` what all of them do.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::header::{CONTENT_LENGTH, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, body::Incoming};
use jsonrpsee::core::middleware::RpcServiceBuilder;
use jsonrpsee::server::ws::is_upgrade_request;
use jsonrpsee::server::{
    BatchRequestConfig, HttpBody, IdProvider, Methods, Server, ServerConfig, ServerHandle,
    StopHandle, TowerServiceBuilder, serve_with_graceful_shutdown, stop_channel,
};
use jsonrpsee::types::SubscriptionId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tower::layer::layer_fn;
use tower::layer::util::{Identity, Stack};
use tower::{Service, ServiceBuilder};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::access::AccessPolicy;
use crate::allocator;
use crate::config::{AdmissionPolicy, CorsPolicy, NodeConfig};
use crate::error::NodeError;
use crate::executor::CallerShare;
use crate::limits::{LARGEST, STACK};
use crate::memory_ledger::{MemoryLedger, ReservedBody, ReservedMemory};
use crate::rpc::MethodSets;
use crate::rpc_error::LENIENT;
use crate::traffic::{ConnectionKind, MeteredService};

/// The time in which open connections may finish their answer when the node stops.
const GRACE: Duration = Duration::from_millis(200);

/// The time in which the threads may end after that. What they read ends with its caller, within milliseconds but for a
/// program that asks the chain for nothing.
const THREADS_END: Duration = Duration::from_secs(1);

/// Messages that wait for a subscriber who reads slowly, for each of its connections.
const MESSAGES: u32 = 64;

/// Threads that read and write sockets and parse requests; the chain has its own.
const IO_THREADS: usize = 8;

/// Pause after the system refused a connection, so that refusals do not keep a core busy.
const REFUSED: Duration = Duration::from_millis(20);

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
        methods: MethodSets,
    ) -> Result<Self, NodeError> {
        allocator::give_back_soon();
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

    /// Begins to close the port and every connection.
    pub(crate) fn close(&self) {
        let _ = self.server.stop();
    }

    /// Waits until they are closed, and the threads have ended.
    pub(crate) fn wait(self) {
        let _ = self.thread.join();
    }
}

/// Allows this process as many open files as the system lets it have.
pub(crate) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::info!(%error, "the limit of open files stays as it is");
    }
}

/// The data with which every connection is served.
#[derive(Clone)]
struct ConnectionContext {
    service: TowerServiceBuilder<Identity, Stack<CorsLayer, Identity>>,
    methods: MethodSets,
    stop: StopHandle,
    access: Arc<AccessPolicy>,
    held: MemoryLedger,
    admission: AdmissionPolicy,
    /// Most bytes of a request.
    most_bytes: u32,
}

fn listen(
    runtime: &Runtime,
    listeners: Vec<TcpListener>,
    config: &NodeConfig,
    methods: MethodSets,
    stop: &StopHandle,
) -> Result<(), NodeError> {
    let most_bytes = config.request_bytes.unwrap_or(LARGEST);
    let limits = ServerConfig::builder()
        .max_request_body_size(most_bytes)
        .max_response_body_size(LARGEST)
        .max_connections(u32::MAX)
        .set_message_buffer_capacity(MESSAGES)
        .set_batch_request_config(BatchRequestConfig::Limit(AdmissionPolicy::Lenient.batch()))
        .set_id_provider(HexIds)
        .build();
    let connections = ConnectionContext {
        service: Server::builder()
            .set_config(limits)
            .set_http_middleware(ServiceBuilder::new().layer(cors_layer(&config.cors)?))
            .to_service_builder(),
        methods,
        stop: stop.clone(),
        access: Arc::new(AccessPolicy::new(
            config.cors.clone(),
            &config.allowed_hosts,
        )),
        held: MemoryLedger::default(),
        admission: config.admission,
        most_bytes,
    };
    let _inside = runtime.enter();
    for listener in listeners {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        runtime.spawn(connections.clone().accept(listener));
    }
    Ok(())
}

impl ConnectionContext {
    /// Accepts until the node stops.
    async fn accept(self, listener: tokio::net::TcpListener) {
        let stopped = self.stop.clone().shutdown();
        tokio::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                () = &mut stopped => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((socket, _)) => self.serve(socket),
                Err(error) => {
                    tracing::warn!(%error, "a connection was refused by the system");
                    tokio::time::sleep(REFUSED).await;
                }
            }
        }
    }

    /// Serves one connection until either side ends it.
    fn serve(&self, socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        let (held, admission) = (self.held.clone(), self.admission);
        let service = |methods: &Methods, carrier| {
            let held = held.clone();
            let counting = layer_fn(move |inner| MeteredService {
                inner,
                held: held.clone(),
                carrier,
                admission,
            });
            let counting = RpcServiceBuilder::new().layer(counting);
            let service = self.service.clone().set_rpc_middleware(counting);
            service.build(methods.clone(), self.stop.clone())
        };
        let http = service(&self.methods.http, ConnectionKind::Http);
        let websocket = service(&self.methods.socket, ConnectionKind::WebSocket);
        let (access, most_bytes, share) =
            (self.access.clone(), self.most_bytes, CallerShare::new());
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(share.clone());
            let allowed = access.check(&request);
            let allowed = allowed.map_err(|refusal| (StatusCode::FORBIDDEN, refusal));
            let refusal = allowed
                .and_then(|()| checked_length(&request, most_bytes))
                .err();
            let mut service = if is_upgrade_request(&request) {
                websocket.clone()
            } else {
                http.clone()
            };
            async move {
                let answered = match refusal {
                    Some((status, refusal)) => return Ok(failed(status, &refusal)),
                    None => service.call(request).await,
                };
                let answered = answered.map(held_until_sent);
                answered.or_else(|error| {
                    Ok::<_, Infallible>(failed(StatusCode::INTERNAL_SERVER_ERROR, &error))
                })
            }
        });
        let stopped = self.stop.clone().shutdown();
        tokio::spawn(async move {
            if let Err(error) = serve_with_graceful_shutdown(socket, service, stopped).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

/// An answer whose bytes are held until its body is sent.
fn held_until_sent(mut response: Response<HttpBody>) -> Response<HttpBody> {
    match response.extensions_mut().remove::<Arc<ReservedMemory>>() {
        Some(held) => response.map(|body| HttpBody::new(ReservedBody::new(body, held))),
        None => response,
    }
}

/// Refuses a body that is too large, in geth's words, before it is read.
fn checked_length(request: &Request<Incoming>, most: u32) -> Result<(), (StatusCode, String)> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > u64::from(most) => Err((
            StatusCode::PAYLOAD_TOO_LARGE,
            format!(
                "content length too large ({length}>{most}) ({LENIENT}, and --no-request-size-limit {LARGEST})"
            ),
        )),
        _ => Ok(()),
    }
}

fn failed(status: StatusCode, reason: &impl ToString) -> Response<HttpBody> {
    let mut response = Response::new(format!("{}\n", reason.to_string()).into());
    *response.status_mut() = status;
    response
}

/// The headers by which a browser lets pages of allowed origins call.
fn cors_layer(cors: &CorsPolicy) -> Result<CorsLayer, NodeError> {
    let open = CorsLayer::new().allow_methods(Any).allow_headers(Any);
    match cors {
        CorsPolicy::Off => Ok(CorsLayer::new()),
        CorsPolicy::Any => Ok(open.allow_origin(Any)),
        CorsPolicy::Origins(origins) => {
            let is_value = |origin: &String| HeaderValue::from_str(origin).is_ok();
            if !origins.iter().all(is_value) {
                return Err(NodeError::Origin(format!("{cors:?}")));
            }
            let cors = cors.clone();
            let allowed = move |origin: &HeaderValue, _: &Parts| {
                origin.to_str().is_ok_and(|origin| cors.allows(origin))
            };
            Ok(open.allow_origin(AllowOrigin::predicate(allowed)))
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
