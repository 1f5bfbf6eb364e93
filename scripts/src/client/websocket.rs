//! JSON-RPC over WebSocket with the limits of the transport over HTTP: a bound on the answer, no redirects, and no
//! URL in its errors.
//!
//! A connection carries one request at a time. Further requests open connections of their own, up to
//! a bound, and those that are idle are used again.

use super::endpoint::Endpoint;
use super::retry::{limit_in, retry_after};
use super::same_chain::other_chain;
use super::transport::{ANSWER_MAX, Unanswered, quoted};
use alloy::primitives::U64;
use alloy::rpc::json_rpc::{Id, Request, RequestPacket, ResponsePacket};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use futures::{SinkExt, StreamExt};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::http::{HeaderMap, Uri, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use tower::Service;

/// Connections at once, at most.
const CONNECTIONS_MAX: usize = 8;

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The transport of one endpoint.
#[derive(Clone)]
pub(super) struct WebSocket {
    uri: Uri,
    headers: HeaderMap,
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
    /// The chain that the first connection led to.
    chain: Arc<OnceLock<u64>>,
}

impl WebSocket {
    pub(super) fn new(endpoint: &Endpoint) -> Result<Self, Unanswered> {
        let broken = |error: String| Unanswered::Broken(quoted(&error));
        let headers = endpoint.headers().map_err(Unanswered::broken)?;
        let mut url = endpoint.url().clone();
        let _ = (url.set_username(""), url.set_password(None));
        Ok(Self {
            uri: url
                .as_str()
                .parse()
                .map_err(|_| broken("the URL has no use here".into()))?,
            headers,
            idle: Arc::default(),
            places: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            chain: Arc::default(),
        })
    }

    /// A connection that fails, or whose answer nobody waits for any more, is not used again.
    async fn exchange(self, request: RequestPacket) -> Result<ResponsePacket, Unanswered> {
        let _place = self.places.acquire().await;
        let text = request.clone().serialize();
        let text = text.map_err(|error| Unanswered::Broken(quoted(&error.to_string())))?;
        let idle = self.idle().pop();
        if let Some(mut connection) = idle {
            // It may have ended since; what is sent twice is the same request.
            if let Ok(answer) = answer(&mut connection, text.get(), &request).await {
                self.idle().push(connection);
                return Ok(answer);
            }
        }
        let mut connection = self.connect().await?;
        let answer = answer(&mut connection, text.get(), &request).await?;
        self.idle().push(connection);
        Ok(answer)
    }

    async fn connect(&self) -> Result<Connection, Unanswered> {
        let request = self.uri.clone().into_client_request();
        let mut request = request.map_err(unanswered)?;
        request.headers_mut().extend(self.headers.clone());
        let config = WebSocketConfig::default()
            .max_message_size(Some(ANSWER_MAX))
            .max_frame_size(Some(ANSWER_MAX));
        let connected = connect_async_with_config(request, Some(config), true).await;
        let (mut connection, _) = connected.map_err(unanswered)?;
        self.require_chain(&mut connection).await?;
        Ok(connection)
    }

    /// Another node may stand behind the same address by now.
    async fn require_chain(&self, connection: &mut Connection) -> Result<(), Unanswered> {
        let request = Request::new("eth_chainId", Id::Number(0), ()).serialize();
        let broken = |error: serde_json::Error| Unanswered::Broken(quoted(&error.to_string()));
        let request = RequestPacket::from(request.map_err(broken)?);
        let text = request.clone().serialize().map_err(broken)?;
        let packet = answer(connection, text.get(), &request).await?;
        if let Some(error) = packet.iter_errors().next() {
            let words = format!("eth_chainId: {} (code {})", error.message, error.code);
            return Err(limit_in(error).unwrap_or_else(|| Unanswered::Broken(quoted(&words))));
        }
        let result = packet.payloads().find_map(|payload| payload.as_success());
        let result = result.map(|result| result.get()).unwrap_or_default();
        let found = serde_json::from_str::<U64>(result).map_err(|error| Unanswered::Malformed {
            reason: error.to_string(),
            text: quoted(result),
        })?;
        let (found, before) = (found.to(), *self.chain.get_or_init(|| found.to()));
        match found == before {
            true => Ok(()),
            false => Err(Unanswered::Contradiction(other_chain(before, found))),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a request and reads until its answer comes; what answers nothing is passed over.
async fn answer(
    connection: &mut Connection,
    text: &str,
    request: &RequestPacket,
) -> Result<ResponsePacket, Unanswered> {
    let sent = connection.send(Message::text(text)).await;
    sent.map_err(unanswered)?;
    let mut read = 0;
    while let Some(message) = connection.next().await {
        let message = message.map_err(unanswered)?;
        read += message.len();
        if read > ANSWER_MAX {
            return Err(Unanswered::TooLarge { limit: ANSWER_MAX });
        }
        let body = match &message {
            Message::Text(text) => text.as_str().as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Close(frame) => {
                let words = frame.as_ref().map(ToString::to_string);
                return Err(Unanswered::Broken(quoted(&format!(
                    "the endpoint closed the connection: {}",
                    words.unwrap_or_default()
                ))));
            }
            _ => continue,
        };
        let packet = serde_json::from_slice::<ResponsePacket>(body);
        let packet = packet.map_err(|error| Unanswered::Malformed {
            reason: error.to_string(),
            text: quoted(&String::from_utf8_lossy(body)),
        })?;
        let is_known = |id| request.requests().iter().any(|one| one.id() == id);
        let is_answer = packet.response_ids().any(|id| id.is_none() || is_known(id));
        if is_answer {
            return Ok(packet);
        }
    }
    Err(Unanswered::Broken(
        "the connection ended before the answer".into(),
    ))
}

/// What the library says, without the URL and in few words.
fn unanswered(error: Error) -> Unanswered {
    match error {
        Error::Capacity(_) => Unanswered::TooLarge { limit: ANSWER_MAX },
        Error::Http(response) => {
            let (status, headers) = (response.status(), response.headers());
            if status.is_redirection() && headers.contains_key(header::LOCATION) {
                return Unanswered::Redirect {
                    status: status.as_u16(),
                };
            }
            let body = response.body().as_deref().unwrap_or_default();
            Unanswered::status(
                status.as_u16(),
                retry_after(headers),
                &String::from_utf8_lossy(body),
            )
        }
        Error::Url(UrlError::UnableToConnect(_)) => Unanswered::Broken("no connection".into()),
        Error::Io(error) => Unanswered::connection(&error.to_string()),
        other => Unanswered::connection(&other.to_string()),
    }
}

impl Service<RequestPacket> for WebSocket {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let answer = self.clone().exchange(request);
        Box::pin(async { answer.await.map_err(TransportErrorKind::custom) })
    }
}
