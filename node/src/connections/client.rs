//! One connection as the server accounts for it: what it is doing, and which bytes it holds.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;
use tokio::sync::Notify;

use crate::limits::MAX_ANSWER;
use crate::rpc_error::RpcError;

/// Answers of one connection that may wait to be written before its next call is served.
const MAX_UNWRITTEN: usize = 3 * MAX_ANSWER;

/// Answers of all connections that may wait to be written; beyond it only small ones are made.
const MAX_UNWRITTEN_OF_ALL: usize = 8 * MAX_ANSWER;

/// An answer that is always made.
const SMALL_ANSWER: usize = 64 * 1024;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The head of a request is not complete.
    Head,
    /// The body of a request is not complete.
    Body,
    /// A request is being answered.
    Working,
    /// A request is answered as soon as a block takes its transaction: nothing is computed.
    Waiting,
    /// Between two requests.
    Idle,
    /// Upgraded; `since` is the time of the last message.
    WebSocket,
    /// Closed by the server to admit another one.
    Closed,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    /// Since when the socket takes no more bytes.
    blocked: Option<Instant>,
    /// Calls being answered.
    calls: usize,
    subscriptions: usize,
    /// Request bytes held.
    incoming: usize,
    /// Answer bytes that the socket has not taken.
    unwritten: usize,
}

/// Bytes held by all connections.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) incoming: AtomicUsize,
    pub(super) unwritten: AtomicUsize,
    pub(super) websockets: AtomicUsize,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Client {
    state: Mutex<State>,
    totals: Arc<Totals>,
    drained: Notify,
    closed: AtomicBool,
    pub(super) reader: AtomicWaker,
    pub(super) writer: AtomicWaker,
}

/// A connection at one moment, for deciding which one to close.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    pub(super) phase: Phase,
    pub(super) age: Duration,
    pub(super) blocked: Option<Duration>,
    pub(super) subscribed: bool,
    pub(super) busy: bool,
    pub(super) incoming: usize,
}

impl Client {
    pub(super) fn new(totals: Arc<Totals>) -> Self {
        Self {
            state: Mutex::new(State {
                phase: Phase::Head,
                since: Instant::now(),
                blocked: None,
                calls: 0,
                subscriptions: 0,
                incoming: 0,
                unwritten: 0,
            }),
            totals,
            drained: Notify::new(),
            closed: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self, now: Instant) -> Snapshot {
        let state = self.state();
        Snapshot {
            phase: state.phase,
            age: now.saturating_duration_since(state.since),
            blocked: state
                .blocked
                .map(|since| now.saturating_duration_since(since)),
            subscribed: state.subscriptions > 0,
            busy: state.calls > 0 || state.unwritten > 0,
            incoming: state.incoming,
        }
    }

    /// Ends the connection: its next read or write fails.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
        self.drained.notify_waiters();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase == Phase::Closed {
            return;
        }
        self.count_websocket(state.phase, phase);
        (state.phase, state.since) = (phase, Instant::now());
        if phase == Phase::Idle {
            self.forget_request(&mut state);
        }
    }

    /// Bytes came in.
    pub(super) fn received(&self, bytes: usize) {
        let mut state = self.state();
        state.incoming += bytes;
        self.totals.incoming.fetch_add(bytes, Ordering::Relaxed);
        match state.phase {
            Phase::Idle => (state.phase, state.since) = (Phase::Head, Instant::now()),
            Phase::WebSocket => state.since = Instant::now(),
            Phase::Head | Phase::Body | Phase::Working | Phase::Waiting | Phase::Closed => {}
        }
    }

    /// The socket took bytes.
    pub(super) fn sent(&self, bytes: usize) {
        let mut state = self.state();
        state.blocked = None;
        let written = bytes.min(state.unwritten);
        self.release_unwritten(&mut state, written);
    }

    /// The socket takes no more bytes for now.
    pub(super) fn blocked(&self) {
        self.state().blocked.get_or_insert_with(Instant::now);
    }

    /// Everything that was handed to the socket was taken.
    pub(super) fn flushed(&self) {
        let mut state = self.state();
        state.blocked = None;
        if state.calls == 0 && matches!(state.phase, Phase::WebSocket | Phase::Idle) {
            let rest = state.unwritten;
            self.release_unwritten(&mut state, rest);
        }
    }

    /// An answer over HTTP is complete: from now on exactly these bytes wait to be written.
    pub(super) fn answered(&self, bytes: usize) {
        let mut state = self.state();
        let before = std::mem::replace(&mut state.unwritten, bytes);
        self.totals.unwritten.fetch_add(bytes, Ordering::Relaxed);
        self.totals.unwritten.fetch_sub(before, Ordering::Relaxed);
    }

    /// Waits until enough of the former answers was read.
    pub(crate) async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            if self.state().unwritten <= MAX_UNWRITTEN || self.is_closed() {
                return;
            }
            drained.await;
        }
    }

    /// Notes that the answer waits for a block, until the guard is dropped. Such a connection may
    /// be closed to admit others.
    pub(crate) fn waiting(self: &Arc<Self>) -> WaitGuard {
        let before = self.state().phase;
        if before == Phase::Working {
            self.enter(Phase::Waiting);
        }
        WaitGuard(self.clone())
    }

    /// Waits until the connection is closed by the server.
    pub(crate) async fn ended(&self) {
        loop {
            let woken = self.drained.notified();
            tokio::pin!(woken);
            // From here on no wake-up is missed.
            woken.as_mut().enable();
            if self.is_closed() {
                return;
            }
            woken.await;
        }
    }

    /// Accounts for an answer that was made.
    ///
    /// # Errors
    /// [`RpcError::Unread`] when too many answers wait already; then it must be dropped.
    pub(crate) fn promise(&self, bytes: usize) -> Result<(), RpcError> {
        let waiting = self.totals.unwritten.fetch_add(bytes, Ordering::Relaxed);
        if bytes > SMALL_ANSWER && waiting.saturating_add(bytes) > MAX_UNWRITTEN_OF_ALL {
            self.totals.unwritten.fetch_sub(bytes, Ordering::Relaxed);
            return Err(RpcError::Unread { waiting });
        }
        self.state().unwritten += bytes;
        Ok(())
    }

    /// Notes that a call is being answered, until the guard is dropped.
    pub(crate) fn call(self: &Arc<Self>) -> CallGuard {
        let mut state = self.state();
        state.calls += 1;
        if state.phase == Phase::WebSocket {
            self.forget_request(&mut state);
        }
        drop(state);
        CallGuard(self.clone())
    }

    /// Notes a subscription, until the guard is dropped.
    pub(crate) fn subscription(self: &Arc<Self>) -> SubscriptionGuard {
        self.state().subscriptions += 1;
        SubscriptionGuard(self.clone())
    }

    fn count_websocket(&self, before: Phase, after: Phase) {
        if after == Phase::WebSocket && before != Phase::WebSocket {
            self.totals.websockets.fetch_add(1, Ordering::Relaxed);
        } else if before == Phase::WebSocket && after != Phase::WebSocket {
            self.totals.websockets.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn forget_request(&self, state: &mut State) {
        let held = std::mem::take(&mut state.incoming);
        self.totals.incoming.fetch_sub(held, Ordering::Relaxed);
    }

    fn release_unwritten(&self, state: &mut State, bytes: usize) {
        state.unwritten -= bytes;
        self.totals.unwritten.fetch_sub(bytes, Ordering::Relaxed);
        if state.unwritten <= MAX_UNWRITTEN {
            self.drained.notify_waiters();
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (incoming, unwritten, phase) = (state.incoming, state.unwritten, state.phase);
        self.count_websocket(phase, Phase::Closed);
        self.totals.incoming.fetch_sub(incoming, Ordering::Relaxed);
        self.totals
            .unwritten
            .fetch_sub(unwritten, Ordering::Relaxed);
    }
}

/// See [`Client::call`].
#[derive(Debug)]
pub(crate) struct CallGuard(Arc<Client>);

impl Drop for CallGuard {
    fn drop(&mut self) {
        self.0.state().calls -= 1;
    }
}

/// See [`Client::waiting`].
#[derive(Debug)]
pub(crate) struct WaitGuard(Arc<Client>);

impl Drop for WaitGuard {
    fn drop(&mut self) {
        let phase = self.0.state().phase;
        if phase == Phase::Waiting {
            self.0.enter(Phase::Working);
        }
    }
}

/// See [`Client::subscription`].
#[derive(Debug)]
pub(crate) struct SubscriptionGuard(Arc<Client>);

impl Drop for SubscriptionGuard {
    fn drop(&mut self) {
        self.0.state().subscriptions -= 1;
    }
}
