//! JSON-RPC over a Unix socket (`--ipc`): documents one after the other, without framing.

use std::io::{self, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonrpsee::server::{Methods, StopHandle};
use jsonrpsee::types::error::reject_too_big_request;
use jsonrpsee::types::{ErrorCode, ErrorObject, Id, Response, ResponsePayload};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Deserializer, from_str};
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Answers, and messages of a subscription, that may wait to be written.
const BACKLOG: usize = 1024;

/// How long the last answers may take to be written once nothing more is read. A subscription may have
/// messages for ever.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The socket, whose file goes when it is dropped.
pub(crate) struct IpcSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// What answers documents.
#[derive(Clone)]
pub(crate) struct IpcServer {
    /// Requests, subscriptions among them.
    pub(crate) methods: Methods,
    /// Bytes of a document.
    pub(crate) limit: u32,
    pub(crate) stop: StopHandle,
}

impl IpcSocket {
    /// Binds, inside a runtime. A file that a killed node left behind is replaced; one that
    /// somebody listens on is not.
    pub(crate) fn bind(path: &Path) -> io::Result<Self> {
        if path.exists() && UnixStream::connect(path).is_err() {
            std::fs::remove_file(path)?;
        }
        Ok(Self {
            listener: UnixListener::bind(path)?,
            path: path.to_owned(),
        })
    }

    /// Accepts until the node stops.
    pub(crate) async fn accept(self, server: IpcServer) {
        let stopped = server.stop.clone().shutdown();
        tokio::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                () = &mut stopped => return,
                accepted = self.listener.accept() => accepted,
            };
            let Ok((socket, _)) = accepted else { continue };
            let server = server.clone();
            tokio::spawn(async move {
                if let Err(error) = connection(socket, server).await {
                    tracing::debug!(%error, "an IPC connection ended early");
                }
            });
        }
    }
}

impl Drop for IpcSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Serves one connection until either side ends it. Threads of its own read and write.
async fn connection(socket: tokio::net::UnixStream, server: IpcServer) -> io::Result<()> {
    let socket = socket.into_std()?;
    socket.set_nonblocking(false)?;
    let (reader, writer) = (socket.try_clone()?, socket.try_clone()?);
    let stopped = server.stop.clone().shutdown();
    let (answers, written) = channel(BACKLOG);
    let last = tokio::task::spawn_blocking(move || write(writer, written));
    let read = tokio::task::spawn_blocking(move || serve(reader, &server, &answers));
    tokio::select! {
        () = stopped => {}
        _ = read => drop(tokio::time::timeout(LAST_ANSWERS, last).await),
    }
    socket.shutdown(Shutdown::Both)
}

/// Reads documents, answers each, in order.
fn serve(socket: UnixStream, server: &IpcServer, answers: &Sender<Box<RawValue>>) {
    let documents = Deserializer::from_reader(BufReader::new(socket));
    for document in documents.into_iter::<Box<RawValue>>() {
        let answer = match &document {
            Ok(document) if document.get().len() > server.limit as usize => {
                failed(reject_too_big_request(server.limit))
            }
            Ok(document) => Handle::current().block_on(answer(server, document, answers)),
            Err(error) if error.is_syntax() => failed(ErrorCode::ParseError),
            Err(_) => return,
        };
        // Behind what is no JSON, where the next document begins cannot be known.
        if answers.blocking_send(answer).is_err() || document.is_err() {
            return;
        }
    }
}

fn write(mut writer: UnixStream, mut answers: Receiver<Box<RawValue>>) {
    while let Some(answer) = answers.blocking_recv() {
        if writer.write_all(format!("{answer}\n").as_bytes()).is_err() {
            return;
        }
    }
}

/// The answer to a document, which is a request or a list of requests.
async fn answer(
    server: &IpcServer,
    document: &RawValue,
    messages: &Sender<Box<RawValue>>,
) -> Box<RawValue> {
    match from_str::<Vec<Box<RawValue>>>(document.get()) {
        Ok(batch) if !batch.is_empty() => {
            let mut answers = Vec::new();
            for request in &batch {
                answers.push(one(server, request, messages).await);
            }
            to_raw_value(&answers).unwrap_or_default()
        }
        _ => one(server, document, messages).await,
    }
}

async fn one(
    server: &IpcServer,
    request: &RawValue,
    messages: &Sender<Box<RawValue>>,
) -> Box<RawValue> {
    let answered = server.methods.raw_json_request(request.get(), BACKLOG);
    let Ok((answer, mut subscribed)) = answered.await else {
        return failed(ErrorCode::InvalidRequest);
    };
    let messages = messages.clone();
    tokio::spawn(async move {
        while let Some(message) = subscribed.recv().await {
            if messages.send(message).await.is_err() {
                return;
            }
        }
    });
    answer
}

fn failed(error: impl Into<ErrorObject<'static>>) -> Box<RawValue> {
    let response = Response::new(ResponsePayload::<()>::error(error.into()), Id::Null);
    to_raw_value(&response).unwrap_or_default()
}
