//! JSON-RPC over a Unix socket (`--ipc`): documents one after the other, without framing.

use std::io;
use std::path::{Path, PathBuf};

use jsonrpsee::server::{Methods, StopHandle};
use jsonrpsee::types::error::reject_too_big_batch_response;
use jsonrpsee::types::{ErrorCode, ErrorObject, Id, Response, ResponsePayload};
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{Sender, channel};

use crate::connections::Registry;
use crate::json_stream::JsonStream;
use crate::limits::MAX_ANSWER;

/// Answers and messages of one connection that may wait to be written.
const BACKLOG: usize = 16;

/// Messages of one subscription that may wait.
const SUBSCRIPTION_BACKLOG: usize = 1024;

/// The socket, whose file goes when it is dropped.
pub(crate) struct IpcSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl IpcSocket {
    /// Binds, inside a runtime. A file that a killed node left behind is replaced; one that
    /// somebody listens on is not.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        if path.exists() && std::os::unix::net::UnixStream::connect(path).is_err() {
            std::fs::remove_file(path)?;
        }
        Ok(Self {
            listener: UnixListener::bind(path)?,
            path: path.to_owned(),
        })
    }

    /// Accepts until the node stops.
    pub(crate) async fn accept(
        self,
        methods: Methods,
        stop: StopHandle,
        registry: Registry,
        limit: usize,
    ) {
        let stopped = stop.clone().shutdown();
        tokio::pin!(stopped);
        loop {
            let (slot, socket) = tokio::select! {
                () = &mut stopped => return,
                accepted = async { (registry.acquire().await, self.listener.accept().await) } => accepted,
            };
            // A local user's: it is never closed for its silence.
            slot.keep();
            let Ok((socket, _)) = socket else { continue };
            let (methods, stop) = (methods.clone(), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.shutdown() => {}
                    ended = serve(socket, methods, limit) => {
                        if let Err(error) = ended {
                            tracing::debug!(%error, "an IPC connection ended early");
                        }
                    }
                }
                drop(slot);
            });
        }
    }
}

impl Drop for IpcSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Reads documents, answers each, in order.
async fn serve(socket: UnixStream, methods: Methods, limit: usize) -> io::Result<()> {
    let (mut reader, writer) = socket.into_split();
    let (answers, written) = channel(BACKLOG);
    tokio::spawn(write(writer, written));
    let mut stream = JsonStream::default();
    loop {
        if reader.read_buf(stream.buffer()).await? == 0 {
            return Ok(());
        }
        let documents = stream.take();
        for document in documents.complete {
            let answer = answer(&methods, document.get(), &answers).await;
            if answers.send(answer).await.is_err() {
                return Ok(());
            }
        }
        if documents.malformed || stream.pending() > limit {
            // Where the next document begins cannot be known.
            let _ = answers.send(failed(ErrorCode::ParseError)).await;
            return Ok(());
        }
    }
}

async fn write(
    mut writer: OwnedWriteHalf,
    mut answers: tokio::sync::mpsc::Receiver<Box<RawValue>>,
) {
    while let Some(answer) = answers.recv().await {
        let line = format!("{answer}\n");
        if writer.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One answer to one document; a batch is an array of them.
async fn answer(
    methods: &Methods,
    document: &str,
    subscriptions: &Sender<Box<RawValue>>,
) -> Box<RawValue> {
    if !document.starts_with('[') {
        return answer_one(methods, document, subscriptions).await;
    }
    let Ok(requests) = serde_json::from_str::<Vec<&RawValue>>(document) else {
        return failed(ErrorCode::ParseError);
    };
    if requests.is_empty() {
        return failed(ErrorCode::InvalidRequest);
    }
    let mut answers = Vec::new();
    let mut bytes = 0;
    for request in requests {
        let answer = answer_one(methods, request.get(), subscriptions).await;
        bytes += answer.get().len() + 1;
        if bytes > MAX_ANSWER {
            return failed(reject_too_big_batch_response(MAX_ANSWER));
        }
        answers.push(answer);
    }
    serde_json::value::to_raw_value(&answers).unwrap_or_else(|_| failed(ErrorCode::InternalError))
}

async fn answer_one(
    methods: &Methods,
    request: &str,
    subscriptions: &Sender<Box<RawValue>>,
) -> Box<RawValue> {
    match methods
        .raw_json_request(request, SUBSCRIPTION_BACKLOG)
        .await
    {
        Ok((answer, mut messages)) => {
            let subscriptions = subscriptions.clone();
            tokio::spawn(async move {
                while let Some(message) = messages.recv().await {
                    if subscriptions.send(message).await.is_err() {
                        return;
                    }
                }
            });
            answer
        }
        Err(_) => failed(ErrorCode::InvalidRequest),
    }
}

fn failed(error: impl Into<ErrorObject<'static>>) -> Box<RawValue> {
    let response = Response::new(ResponsePayload::<()>::error(error.into()), Id::Null);
    serde_json::value::to_raw_value(&response).unwrap_or_default()
}
