//! Accepting connections, never more than the process can hold. Who comes when the budget is
//! used up waits in the system's queue and is served as soon as somebody leaves; while it is
//! crowded, answers ask clients to leave.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::ws::is_upgrade_request;
use jsonrpsee::server::{HttpResponse, Methods, StopHandle, TowerService, TowerServiceBuilder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;
use tower::layer::util::{Identity, Stack};
use tower_http::cors::CorsLayer;

/// A connection that sends no request for this long is closed.
const IDLE: Duration = Duration::from_secs(120);

/// Pause after the system refused a connection, so that refusals do not keep a core busy.
const REFUSED: Duration = Duration::from_millis(20);

type Middleware = Stack<CorsLayer, Identity>;
type ServiceBuilder = TowerServiceBuilder<Identity, Middleware>;

/// How many connections may be open at once.
#[derive(Clone)]
pub(crate) struct Budget {
    open: Arc<Semaphore>,
    size: usize,
}

impl Budget {
    /// `wanted` connections, or half of the files that this process may open, if that is less:
    /// the other half is for everybody else in the process.
    pub(crate) fn new(wanted: u32) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let size = usize::try_from(u64::from(wanted).min(files / 2))
            .unwrap_or(usize::MAX)
            .max(1);
        Self {
            open: Arc::new(Semaphore::new(size)),
            size,
        }
    }

    /// A place for one connection; waits until there is one.
    pub(crate) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.open.clone().acquire_owned().await.ok()
    }

    fn crowded(&self) -> bool {
        self.open.available_permits() <= self.size / 2
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

/// Accepts until the node stops.
pub(crate) async fn accept(
    listener: TcpListener,
    service: ServiceBuilder,
    methods: Methods,
    stop: StopHandle,
    budget: Budget,
) {
    let stopped = stop.clone().shutdown();
    tokio::pin!(stopped);
    loop {
        let (permit, socket) = tokio::select! {
            () = &mut stopped => return,
            accepted = async { (budget.permit().await, listener.accept().await) } => accepted,
        };
        match (permit, socket) {
            (Some(permit), Ok((socket, _))) => {
                let one = Connection {
                    service: service.clone(),
                    methods: methods.clone(),
                    stop: stop.clone(),
                    budget: budget.clone(),
                    permit: Arc::new(permit),
                };
                tokio::spawn(one.serve(socket));
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection was refused by the system");
                tokio::time::sleep(REFUSED).await;
            }
            (None, Ok(_)) => return,
        }
    }
}

/// One client's connection, and its share of the budget.
struct Connection {
    service: ServiceBuilder,
    methods: Methods,
    stop: StopHandle,
    budget: Budget,
    permit: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    async fn serve(self, socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        let stopped = self.stop.clone().shutdown();
        let answer = hyper::service::service_fn(move |request| self.answer(request));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), answer);
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

    /// Answers a request, or hands the connection over to WebSocket.
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<HttpResponse, Infallible>> + Send + use<> {
        let mut service: TowerService<Identity, Middleware> = self
            .service
            .clone()
            .build(self.methods.clone(), self.stop.clone());
        if is_upgrade_request(&request) {
            // The session outlives this request: its share of the budget goes along.
            let (closed, permit) = (service.on_session_closed(), self.permit.clone());
            tokio::spawn(async move {
                closed.await;
                drop(permit);
            });
        }
        let budget = self.budget.clone();
        async move {
            let answered: Result<HttpResponse, BoxError> = service.call(request).await;
            let mut response = answered.unwrap_or_else(|error| failed(&error));
            if budget.crowded() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
    }
}

fn failed(error: &BoxError) -> HttpResponse {
    tracing::error!(%error, "a request could not be answered");
    let mut response = HttpResponse::default();
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
