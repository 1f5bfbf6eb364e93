//! Accepting connections and answering their requests.

mod client;
mod registry;
mod socket;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use jsonrpsee::core::BoxError;
use jsonrpsee::server::ws::is_upgrade_request;
use jsonrpsee::server::{HttpResponse, Methods, StopHandle, TowerService, TowerServiceBuilder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;
use tower::layer::util::{Identity, Stack};
use tower_http::cors::CorsLayer;

use crate::access::Access;
use crate::rpc::BatchLayer;
use client::Phase;
pub(crate) use client::{Client, WaitGuard};
pub(crate) use registry::{ConnectionSlot, Registry};
use socket::Socket;

/// hyper's own deadline for heads, behind the registry's.
const HEAD_DEADLINE: Duration = Duration::from_secs(130);

/// Most bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;

/// Bytes that an answer's head takes at most.
const ANSWER_HEAD: usize = 1024;

/// Pause after the system refused a connection, so that refusals do not keep a core busy.
const REFUSED: Duration = Duration::from_millis(20);

type Middleware = Stack<CorsLayer, Identity>;
type Batching = Stack<BatchLayer, Identity>;
type ServiceBuilder = TowerServiceBuilder<Batching, Middleware>;

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
    pub(crate) service: ServiceBuilder,
    /// Over WebSocket.
    pub(crate) methods: Methods,
    /// Over HTTP.
    pub(crate) http_methods: Methods,
    pub(crate) stop: StopHandle,
    pub(crate) registry: Registry,
    pub(crate) access: Arc<Access>,
}

/// Accepts until the node stops.
pub(crate) async fn accept(listener: TcpListener, server: Server) {
    let stopped = server.stop.clone().shutdown();
    tokio::pin!(stopped);
    loop {
        let accepted = async {
            let socket = listener.accept().await?.0;
            Ok::<_, std::io::Error>((server.registry.acquire().await, socket))
        };
        let accepted = tokio::select! {
            () = &mut stopped => return,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((slot, socket)) => {
                tokio::spawn(serve(server.clone(), slot, socket));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was refused by the system");
                tokio::time::sleep(REFUSED).await;
            }
        }
    }
}

/// Serves one connection until either side ends it.
async fn serve(server: Server, slot: ConnectionSlot, socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let _ = socket2::SockRef::from(&socket).set_keepalive(true);
    let stopped = server.stop.clone().shutdown();
    let client = slot.client().clone();
    let socket = Socket::new(socket, slot);
    let service =
        hyper::service::service_fn(move |request| answer(server.clone(), client.clone(), request));
    let mut builder = auto::Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(MAX_HEAD);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
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
async fn answer(
    server: Server,
    client: Arc<Client>,
    mut request: Request<Incoming>,
) -> Result<HttpResponse, Infallible> {
    if let Err(refusal) = server.access.check(&request) {
        client.enter(Phase::Working);
        return Ok(finished(&server, &client, refused(&refusal)));
    }
    let upgrade = is_upgrade_request(&request);
    if upgrade && !server.registry.admits_websocket() {
        client.enter(Phase::Working);
        return Ok(finished(&server, &client, busy()));
    }
    let phase = match (upgrade, request.body().is_end_stream()) {
        (true, _) => Phase::WebSocket,
        (false, true) => Phase::Working,
        (false, false) => Phase::Body,
    };
    client.enter(phase);
    request.extensions_mut().insert(client.clone());
    let request = request.map(|body| RequestBody {
        body,
        client: client.clone(),
        registry: server.registry.clone(),
    });
    let methods = match upgrade {
        true => server.methods.clone(),
        false => server.http_methods.clone(),
    };
    let mut service: TowerService<Batching, Middleware> =
        server.service.clone().build(methods, server.stop.clone());
    let answered: Result<HttpResponse, BoxError> = service.call(request).await;
    let response = answered.unwrap_or_else(|error| failed(&error));
    match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => Ok(response),
        _ => Ok(finished(&server, &client, response)),
    }
}

/// The answer is complete; what is left is to write it.
fn finished(server: &Server, client: &Client, mut response: HttpResponse) -> HttpResponse {
    let bytes = response.body().size_hint().lower();
    client.answered(
        usize::try_from(bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(ANSWER_HEAD),
    );
    client.enter(Phase::Idle);
    if server.registry.crowded() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn refused(refusal: &crate::access::Refusal) -> HttpResponse {
    text(StatusCode::FORBIDDEN, format!("{refusal}\n"))
}

fn busy() -> HttpResponse {
    let reason =
        "every WebSocket connection that this node admits is in use: close one, or use HTTP\n";
    text(StatusCode::SERVICE_UNAVAILABLE, reason.into())
}

fn failed(error: &BoxError) -> HttpResponse {
    tracing::error!(%error, "a request could not be answered");
    text(StatusCode::INTERNAL_SERVER_ERROR, String::new())
}

fn text(status: StatusCode, text: String) -> HttpResponse {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response
}

/// A request's body that notifies the connection when it is complete.
struct RequestBody {
    body: Incoming,
    client: Arc<Client>,
    registry: Registry,
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Ready(None) => self.client.enter(Phase::Working),
            Poll::Ready(Some(_)) if self.registry.overfull() => self.registry.check_now(),
            Poll::Ready(_) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
