//! Accepting connections and answering their requests. What is slow or unfinished is hyper's and
//! tower-http's to end, and how much one request may be is jsonrpsee's.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use jsonrpsee::server::middleware::rpc::RpcServiceBuilder;
use jsonrpsee::server::ws::is_upgrade_request;
use jsonrpsee::server::{
    HttpBody, HttpResponse, Methods, StopHandle, TowerService, TowerServiceBuilder,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tower::layer::util::{Identity, Stack};
use tower::{BoxError, Service};
use tower_http::cors::CorsLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::access::{Access, Refusal};
use crate::rpc::BatchLayer;
use crate::turns::{PacedSocket, Turns};

/// A head must be complete after this time, which counts from the answer before.
const HEAD_DEADLINE: Duration = Duration::from_secs(120);

/// A body that does not grow for this time is given up.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;

/// Pause after the system refused a connection, so that refusals do not keep a core busy.
const REFUSED: Duration = Duration::from_millis(20);

/// Layers around every HTTP request.
pub(crate) type Middleware = Stack<RequestBodyTimeoutLayer, Stack<CorsLayer, Identity>>;
type Batching = Stack<BatchLayer, Identity>;
/// Answers HTTP requests, or hands the connection over to WebSocket.
pub(crate) type HttpService = TowerService<Batching, Middleware>;

/// The layers, of which CORS is a setting.
pub(crate) fn middleware(cors: CorsLayer) -> tower::ServiceBuilder<Middleware> {
    tower::ServiceBuilder::new()
        .layer(cors)
        .layer(RequestBodyTimeoutLayer::new(BODY_DEADLINE))
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

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) service: TowerServiceBuilder<Batching, Middleware>,
    pub(crate) batches: BatchLayer,
    /// Over WebSocket.
    pub(crate) methods: Methods,
    /// Over HTTP.
    pub(crate) http_methods: Methods,
    pub(crate) stop: StopHandle,
    pub(crate) access: Arc<Access>,
}

/// Accepts until the node stops.
pub(crate) async fn accept(listener: TcpListener, server: Server) {
    let stopped = server.stop.clone().shutdown();
    tokio::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => drop(tokio::spawn(serve(server.clone(), socket))),
            Err(error) => {
                tracing::warn!(%error, "a connection was refused by the system");
                tokio::time::sleep(REFUSED).await;
            }
        }
    }
}

/// Serves one connection until either side ends it.
async fn serve(server: Server, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let stopped = server.stop.clone().shutdown();
    let turns = Turns::default();
    let layers = RpcServiceBuilder::new().layer(server.batches.with(turns.clone()));
    let service = server.service.set_rpc_middleware(layers);
    let build = |methods| service.clone().build(methods, server.stop.clone());
    let (http, websocket) = (build(server.http_methods), build(server.methods));
    let access = server.access;
    let service = hyper::service::service_fn(move |request| {
        let refusal = access.check(&request).err();
        let mut service = match is_upgrade_request(&request) {
            true => websocket.clone(),
            false => http.clone(),
        };
        async move {
            match refusal {
                Some(refusal) => Ok(refused(&refusal)),
                None => service.call(request).await.or_else(|error| failed(&error)),
            }
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD);
    let connection = builder
        .serve_connection_with_upgrades(TokioIo::new(PacedSocket::new(socket, turns)), service);
    tokio::pin!(stopped, connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = &mut stopped => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn refused(refusal: &Refusal) -> HttpResponse {
    let mut response = Response::new(format!("{refusal}\n").into());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

fn failed(error: &BoxError) -> Result<HttpResponse, Infallible> {
    tracing::error!(%error, "a request could not be answered");
    let mut response = Response::new(HttpBody::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    Ok(response)
}
