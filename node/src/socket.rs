//! A socket that takes part in what the server holds: a request that finds no room waits outside, and who reads nothing is
//! neither read nor served, and not kept.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Sleep, sleep};

use crate::held::Connection;
use crate::limits::{ARRIVAL_TIME, UNREAD_TIME};

/// A socket that reads what there is room for, notes what is written, and fails where either takes too long.
pub(crate) struct Socket {
    inner: TcpStream,
    connection: Arc<Connection>,
    /// Ends once there is room again; set while there is none.
    room: Option<Pin<Box<OwnedNotified>>>,
    /// When a request must have arrived; set while much of one is held, and while it waits for room.
    arrival: Option<Pin<Box<Sleep>>>,
    /// When who reads nothing is disconnected; set while something waits to be written.
    until: Option<Pin<Box<Sleep>>>,
    /// Who waits to read until that is written.
    reader: Option<Waker>,
}

impl Socket {
    pub(crate) fn new(inner: TcpStream, connection: Arc<Connection>) -> Self {
        Self {
            inner,
            connection,
            room: None,
            arrival: None,
            until: None,
            reader: None,
        }
    }

    /// Waits until so many bytes, or fewer, may arrive.
    fn poll_room(&mut self, context: &mut Context<'_>, wanted: usize) -> Poll<usize> {
        loop {
            if let Some(room) = self.connection.room(wanted) {
                self.room = None;
                return Poll::Ready(room);
            }
            match &mut self.room {
                Some(room) => {
                    ready!(room.as_mut().poll(context));
                    self.room = None;
                }
                // Looks again: what is given back from now on is told.
                None => {
                    let given_back = self.connection.given_back().notified_owned();
                    self.room = Some(Box::pin(given_back));
                }
            }
        }
    }

    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Waits until the time for a request to arrive is over.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let arrival = self
            .arrival
            .get_or_insert_with(|| Box::pin(sleep(ARRIVAL_TIME)));
        ready!(arrival.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if let Some(until) = &this.until {
            // Who does not read is not read.
            this.reader = Some(context.waker().clone());
            return match until.is_elapsed() {
                true => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                false => Poll::Pending,
            };
        }
        let Poll::Ready(room) = this.poll_room(context, into.remaining()) else {
            return this.poll_late(context).map(Err);
        };
        let mut part = ReadBuf::new(into.initialize_unfilled_to(room));
        let read = Pin::new(&mut this.inner).poll_read(context, &mut part);
        let bytes = part.filled().len();
        into.advance(bytes);
        let is_large = this.connection.arrived(bytes);
        match (read, is_large) {
            (read, false) => {
                this.arrival = None;
                read
            }
            (Poll::Ready(read), true) => Poll::Ready(read),
            (Poll::Pending, true) => this.poll_late(context).map(Err),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write(context, bytes) {
            Poll::Ready(written) => {
                if self.until.take().is_some() {
                    self.connection.stick(false);
                    self.wake_reader();
                }
                self.connection.written(*written.as_ref().unwrap_or(&0));
                Poll::Ready(written)
            }
            Poll::Pending => {
                if self.until.is_none() {
                    self.connection.stick(true);
                }
                let until = self
                    .until
                    .get_or_insert_with(|| Box::pin(sleep(UNREAD_TIME)));
                ready!(until.as_mut().poll(context));
                self.wake_reader();
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use futures::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use crate::held::Held;
    use crate::limits::{HELD, HELD_FREELY};

    async fn pair(held: &Held) -> (Socket, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (peer, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (accepted, _) = accepted.expect("a connection");
        (
            Socket::new(accepted, held.connection()),
            peer.expect("a connection"),
        )
    }

    #[tokio::test]
    async fn a_request_that_finds_no_room_waits_until_there_is_some() {
        let held = Held::default();
        let full = held.connection();
        full.arrived(HELD.most);
        let (mut socket, mut peer) = pair(&held).await;
        let text = vec![7; 2 * HELD_FREELY];
        peer.write_all(&text).await.expect("sent");
        let mut read = vec![0; 2 * HELD_FREELY];
        let (first, rest) = read.split_at_mut(HELD_FREELY);
        socket
            .read_exact(first)
            .await
            .expect("the first bytes have room");
        socket.inner.readable().await.expect("there are more");
        assert!(socket.read(rest).now_or_never().is_none(), "they wait");
        let waiting = socket.read_exact(rest);
        let (arrived, ()) = tokio::join!(waiting, async { drop(full) });
        arrived.expect("they arrive");
        assert_eq!(read, text);
    }

    #[tokio::test]
    async fn who_does_not_read_is_not_read() {
        let (mut socket, mut peer) = pair(&Held::default()).await;
        peer.write_all(b"more").await.expect("sent");
        socket.inner.readable().await.expect("it has arrived");
        let answer = vec![7; 1 << 20];
        let mut written = 0;
        while let Some(sent) = socket.write(&answer).now_or_never() {
            written += sent.expect("sent");
        }
        let mut read = [0; 4];
        let connection = socket.connection.clone();
        assert!(connection.is_read().now_or_never().is_none(), "unread");
        assert!(socket.read(&mut read).now_or_never().is_none(), "unread");
        let mut answers = vec![0; written];
        peer.read_exact(&mut answers).await.expect("all of it");
        socket.write_all(b"the end").await.expect("sent");
        connection.is_read().await;
        socket.read_exact(&mut read).await.expect("now it is read");
        assert_eq!(&read, b"more");
    }
}
