//! A socket that takes part in what the server holds: a request that finds no room waits outside, and who reads nothing is
//! neither read nor served, and not kept.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Sleep, sleep};

use crate::held::Connection;
use crate::incoming::{First, Frames};
use crate::limits::{ARRIVAL_TIME, READ_AT_ONCE, UNREAD_TIME};
use crate::outgoing::Outgoing;

/// Bytes that are read at once where only the head of a frame is sought.
const SMALL_READ: usize = 4 << 10;

/// The answer to HTTP/2. Its windows hold back answers that the socket would take, and nothing here bounds these.
const NO_HTTP2: &[u8] =
    b"HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\nContent-Length: 32\r\n\r\n\
    expected HTTP/1.1, found HTTP/2\n";

/// A socket that reads what there is room for, notes what is written, and fails where either takes too long.
pub(crate) struct Socket {
    inner: TcpStream,
    connection: Arc<Connection>,
    /// Bytes that were read and not passed on.
    ahead: Vec<u8>,
    first: First,
    frames: Frames,
    outgoing: Outgoing,
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
    /// A socket whose requests have at most so many bytes.
    pub(crate) fn new(inner: TcpStream, connection: Arc<Connection>, most_bytes: u32) -> Self {
        Self {
            inner,
            connection,
            ahead: Vec::new(),
            first: First::default(),
            frames: Frames::of(usize::try_from(most_bytes).unwrap_or(usize::MAX)),
            outgoing: Outgoing::default(),
            room: None,
            arrival: None,
            until: None,
            reader: None,
        }
    }

    /// Waits until there is room.
    fn poll_room<T>(
        &mut self,
        context: &mut Context<'_>,
        room: impl Fn(&Connection) -> Option<T>,
    ) -> Poll<T> {
        loop {
            if let Some(found) = room(&self.connection) {
                self.room = None;
                return Poll::Ready(found);
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

    /// Reads more, after what was read and not passed on; whether there is any.
    fn poll_more(&mut self, context: &mut Context<'_>, most: usize) -> Poll<io::Result<bool>> {
        let before = self.ahead.len();
        self.ahead.resize(before + most, 0);
        let mut part = ReadBuf::new(&mut self.ahead[before..]);
        let read = Pin::new(&mut self.inner).poll_read(context, &mut part);
        let bytes = part.filled().len();
        self.ahead.truncate(before + bytes);
        read.map_ok(|()| bytes > 0)
    }

    /// Passes on bytes that were read.
    fn pass(&mut self, bytes: usize, into: &mut ReadBuf<'_>) {
        into.put_slice(&self.ahead[..bytes]);
        self.ahead.drain(..bytes);
        if self.ahead.is_empty() {
            self.ahead = Vec::new();
        }
    }

    /// Reads HTTP, no further than to the end of a head after which a WebSocket may begin.
    fn poll_http(
        &mut self,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wanted = into.remaining();
        let Poll::Ready(room) = self.poll_room(context, |connection| connection.room(wanted))
        else {
            return self.poll_late(context).map(Err);
        };
        if self.ahead.is_empty() {
            match self.poll_more(context, room) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(read) => return Poll::Ready(read.map(drop)),
                Poll::Pending => {
                    return match self.connection.is_large() {
                        true => self.poll_late(context).map(Err),
                        false => Poll::Pending,
                    };
                }
            }
        }
        let most = room.min(self.ahead.len());
        let Ok((bytes, is_asked)) = self.first.pass(&self.ahead[..most]) else {
            // Nothing was written before: there is room for it.
            let _ = self.inner.try_write(NO_HTTP2);
            return Poll::Ready(Err(io::ErrorKind::Unsupported.into()));
        };
        if is_asked {
            self.connection.protocol.asks();
        }
        self.connection.arrived(bytes);
        self.pass(bytes, into);
        if !self.connection.is_large() {
            self.arrival = None;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads a WebSocket. The head of a frame is passed on once there is room for all that it announces.
    fn poll_frames(
        &mut self,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.frames.rest == 0
                && let Some(head) = self.frames.head(&self.ahead)?
            {
                if let Some(announced) = self.frames.announced(head) {
                    let room = self.poll_room(context, |connection| connection.announce(announced));
                    if room.is_pending() {
                        return self.poll_late(context).map(Err);
                    }
                }
                self.frames.begin(head);
            }
            let bytes = self.frames.rest.min(self.ahead.len()).min(into.remaining());
            if bytes > 0 {
                self.frames.rest -= bytes;
                self.pass(bytes, into);
                return Poll::Ready(Ok(()));
            }
            let is_late = self.connection.is_large() && self.frames.is_within();
            if !is_late {
                self.arrival = None;
            }
            let wanted = self.frames.rest.clamp(SMALL_READ, READ_AT_ONCE);
            match self.poll_more(context, wanted) {
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(read) => return Poll::Ready(read.map(drop)),
                Poll::Pending if is_late => return self.poll_late(context).map(Err),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn wake_reader(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Notes what was written of these parts, or that nobody reads.
    fn note_written(
        &mut self,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(written) => {
                if self.until.take().is_some() {
                    self.connection.stick(false);
                    self.wake_reader();
                }
                let bytes = *written.as_ref().unwrap_or(&0);
                if self.connection.protocol.is_websocket() {
                    self.count_messages(parts, bytes);
                }
                self.connection.written(bytes);
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

    /// Counts the messages that end with so many bytes of these parts.
    fn count_messages(&mut self, parts: &[IoSlice<'_>], mut bytes: usize) {
        for part in parts {
            let written = &part[..part.len().min(bytes)];
            bytes -= written.len();
            for _ in 0..self.outgoing.ended(written) {
                self.connection.message_written();
            }
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
        match ready!(this.connection.protocol.poll_is_websocket(context)) {
            true => this.poll_frames(context, into),
            false => this.poll_http(context, into),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.note_written(context, &[IoSlice::new(bytes)], written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.note_written(context, parts, written)
    }

    /// Otherwise hyper copies each answer into a buffer of the connection, which stays as large as the largest one.
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
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
            Socket::new(accepted, held.connection(), u32::MAX),
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

    /// The head of the last frame of a text, with a mask of zeros.
    fn frame(payload: u64) -> Vec<u8> {
        [&[0x81, 0xff], &payload.to_be_bytes()[..], &[0; 4]].concat()
    }

    const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";

    /// Reads the upgrade, after which frames begin.
    async fn upgrade(socket: &mut Socket) {
        let mut read = [0; 1_024];
        let bytes = socket.read(&mut read).await.expect("the head");
        assert_eq!(&read[..bytes], UPGRADE, "no frame is passed with it");
        assert!(socket.read(&mut read).now_or_never().is_none(), "unseen");
        assert!(
            socket.connection.protocol.answers(true),
            "it is the first request"
        );
    }

    #[tokio::test]
    async fn a_frame_is_not_begun_before_there_is_room_for_all_that_it_announces() {
        let held = Held::default();
        let full = held.connection();
        full.arrived(HELD.most - (1 << 20));
        let (mut socket, mut peer) = pair(&held).await;
        // The frame comes at once, before the upgrade is answered.
        let head = frame(5 << 20);
        let sent = [UPGRADE, &head].concat();
        peer.write_all(&sent).await.expect("sent");
        upgrade(&mut socket).await;
        let mut read = vec![0; head.len()];
        assert!(socket.read(&mut read).now_or_never().is_none(), "it waits");
        drop(full);
        socket.read_exact(&mut read).await.expect("it is begun");
        assert_eq!(read, head);

        // All of it is held from now on.
        let rest = held.connection().room(HELD.most);
        assert!(rest.is_some());
        let other = held.connection();
        let announced = crate::incoming::Announced::First(HELD.most - (4 << 20));
        assert!(other.announce(announced).is_none());
    }

    #[tokio::test]
    async fn frames_of_control_need_no_room_and_leave_nothing() {
        let held = Held::default();
        let (mut socket, mut peer) = pair(&held).await;
        peer.write_all(UPGRADE).await.expect("sent");
        upgrade(&mut socket).await;
        socket.connection.has_answered();
        let full = held.connection();
        full.arrived(HELD.most);
        let ping = [0x89, 0x80, 0, 0, 0, 0];
        let pings = ping.repeat(20_000);
        let mut read = vec![0; pings.len()];
        let (sent, arrived) = tokio::join!(peer.write_all(&pings), socket.read_exact(&mut read));
        sent.expect("sent");
        arrived.expect("all of them arrive");
        assert_eq!(read, pings);
        assert!(!socket.connection.is_large());
    }

    #[tokio::test]
    async fn what_is_no_request_is_held_until_it_is_answered() {
        let held = Held::default();
        let (mut socket, mut peer) = pair(&held).await;
        peer.write_all(UPGRADE).await.expect("sent");
        upgrade(&mut socket).await;
        socket.connection.has_answered();
        let text = vec![b'x'; 1 << 20];
        let message = [frame(1 << 20), text].concat();
        for _ in 0..2 * HELD.most / message.len() {
            let mut read = vec![0; message.len()];
            let (sent, arrived) =
                tokio::join!(peer.write_all(&message), socket.read_exact(&mut read));
            sent.expect("sent");
            arrived.expect("there is room");
            assert_eq!(read, message);
            socket.connection.message_written();
        }
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
