//! What one connection may have going on. Of a caller that asks for more, or that does not take its
//! answers, nothing more is read until it does.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// Most calls or batches that are answered at once. The next ones wait.
const MAX_CALLS: usize = 16;

/// Most calls or batches that were read and are not answered. That many are read, so that a caller who
/// leaves is noticed.
const MAX_REQUESTS: usize = 1024;

/// Bytes of requests that take one of these places.
const BYTES_OF_PLACE: usize = 64 * 1024;

/// Most reads that are long or wait to be: half of those that run at once.
const MAX_LONG: usize = 4;

/// The permits of one connection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Turns(Arc<Permits>);

struct Permits {
    requests: Semaphore,
    calls: Semaphore,
    long: Semaphore,
    /// Whether answers wait until the caller takes them.
    blocked: watch::Sender<bool>,
}

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Permits {
            requests: Semaphore::new(MAX_REQUESTS),
            calls: Semaphore::new(MAX_CALLS),
            long: Semaphore::new(MAX_LONG),
            blocked: watch::Sender::default(),
        }))
    }
}

impl Turns {
    /// Waits until one more request may be read. Nobody closes what is waited for, so that there is one.
    async fn request(&self) -> Option<SemaphorePermit<'_>> {
        self.0.requests.acquire().await.ok()
    }

    /// Takes the place of a request that was read: long ones take the place of several.
    pub(crate) async fn of_bytes(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let places = (1 + bytes / BYTES_OF_PLACE).min(MAX_REQUESTS / 4);
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        self.0.requests.acquire_many(places).await.ok()
    }

    /// Waits until one more may be answered.
    pub(crate) async fn call(&self) -> Option<SemaphorePermit<'_>> {
        let call = self.0.calls.acquire().await;
        self.taken().await;
        call.ok()
    }

    /// Waits until one more read may be long.
    pub(crate) async fn long(&self) -> Option<SemaphorePermit<'_>> {
        self.0.long.acquire().await.ok()
    }

    /// Waits until the caller takes its answers.
    async fn taken(&self) {
        let mut blocked = self.0.blocked.subscribe();
        let _ = blocked.wait_for(|blocked| !blocked).await;
    }

    fn note<T>(&self, written: Poll<T>) -> Poll<T> {
        let now = written.is_pending();
        self.0
            .blocked
            .send_if_modified(|blocked| std::mem::replace(blocked, now) != now);
        written
    }
}

/// A connection's socket.
pub(crate) struct PacedSocket {
    socket: TcpStream,
    turns: Turns,
    /// What is waited for before more is read.
    waiting: Option<BoxFuture<'static, ()>>,
}

impl PacedSocket {
    pub(crate) fn new(socket: TcpStream, turns: Turns) -> Self {
        Self {
            socket,
            turns,
            waiting: None,
        }
    }

    fn socket(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.socket)
    }
}

impl AsyncRead for PacedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let turns = self.turns.clone();
        let waiting = self.waiting.get_or_insert_with(|| {
            Box::pin(async move {
                let _request = turns.request().await;
                turns.taken().await;
            })
        });
        ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        self.socket().poll_read(cx, buffer)
    }
}

impl AsyncWrite for PacedSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.socket().poll_write(cx, bytes);
        self.turns.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket().poll_shutdown(cx)
    }
}
