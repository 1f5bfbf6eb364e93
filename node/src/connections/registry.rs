//! The open connections: never more than the process can hold, and the idle and unfinished ones
//! are closed first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use tokio::sync::Notify;

use super::client::{Client, Phase, Snapshot, Totals};

/// The head of a request must be complete after this time.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// The body of a request must be complete after this time.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// A socket must take bytes again after this time.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// A connection that sends no request for this long is closed. WebSockets stay.
const IDLE_DEADLINE: Duration = Duration::from_secs(120);
/// A request that is not older than this is not taken for an unfinished one, nor one that waits.
const GRACE: Duration = Duration::from_millis(500);
/// How often room is looked for while all slots are in use.
const RETRY: Duration = Duration::from_millis(50);
/// How often the deadlines are looked at.
const CHECK: Duration = Duration::from_secs(1);
/// Bytes of requests that may be held at once.
const MAX_INCOMING: usize = 256 * 1024 * 1024;
/// Share of the connections that are closed at once when all slots are in use.
const CLOSED_AT_ONCE: usize = 64;

/// All open connections.
#[derive(Clone, Debug)]
pub(crate) struct Registry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    open: Mutex<HashMap<u64, Arc<Client>>>,
    /// Most connections at once.
    size: usize,
    last_id: AtomicU64,
    totals: Arc<Totals>,
    freed: Notify,
}

/// One of the connections that may be open at once; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    id: u64,
    client: Arc<Client>,
    registry: Registry,
}

impl ConnectionSlot {
    pub(super) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// Never closes the connection to admit another one.
    pub(crate) fn keep(&self) {
        self.client.enter(Phase::WebSocket);
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.registry.open().remove(&self.id);
        // Whoever answers it stops.
        self.client.close();
        self.registry.0.freed.notify_one();
    }
}

impl Registry {
    /// `wanted` connections, or half of the files that this process may open, if that is less:
    /// the other half is for everybody else in the process.
    pub(crate) fn new(wanted: u32) -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let size = usize::try_from(u64::from(wanted).min(files / 2))
            .unwrap_or(usize::MAX)
            .max(1);
        Self(Arc::new(Shared {
            open: Mutex::default(),
            size,
            last_id: AtomicU64::new(0),
            totals: Arc::default(),
            freed: Notify::new(),
        }))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Client>>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A slot for one connection. When all are in use, unfinished and idle connections lose
    /// theirs; waits when every connection is being answered.
    pub(crate) async fn acquire(&self) -> ConnectionSlot {
        loop {
            let freed = self.0.freed.notified();
            if let Some(slot) = self.try_acquire() {
                return slot;
            }
            self.make_room();
            if let Some(slot) = self.try_acquire() {
                return slot;
            }
            let _ = tokio::time::timeout(RETRY, freed).await;
        }
    }

    fn try_acquire(&self) -> Option<ConnectionSlot> {
        let mut open = self.open();
        if open.len() >= self.0.size {
            return None;
        }
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed);
        let client = Arc::new(Client::new(self.0.totals.clone()));
        open.insert(id, client.clone());
        Some(ConnectionSlot {
            id,
            client,
            registry: self.clone(),
        })
    }

    /// Whether clients should be asked to leave after their answer.
    pub(crate) fn crowded(&self) -> bool {
        self.open().len() > self.0.size / 2
    }

    /// Whether one more WebSocket may be opened: a quarter of the slots is for HTTP. Those that
    /// are silent for longest make room: first those without a subscription, then the others.
    pub(crate) fn admits_websocket(&self) -> bool {
        let most = (self.0.size * 3).div_ceil(4);
        let sockets = &self.0.totals.websockets;
        if sockets.load(Ordering::Relaxed) < most {
            return true;
        }
        let silent = |snapshot: &Snapshot| {
            let is = snapshot.phase == Phase::WebSocket && !snapshot.busy;
            is.then_some(u8::from(snapshot.subscribed))
        };
        self.close_least(silent);
        sockets.load(Ordering::Relaxed) < most
    }

    /// Closes those that are the least loss: unfinished requests first, the oldest of them first,
    /// then connections between two requests.
    fn make_room(&self) {
        self.close_least(loss);
    }

    /// Closes some of those that `loss` gives a number for: the least first, the oldest of equal
    /// ones first.
    fn close_least(&self, loss: impl Fn(&Snapshot) -> Option<u8>) {
        let now = Instant::now();
        let mut open = self.open();
        let mut candidates: Vec<_> = open
            .iter()
            .filter_map(|(id, client)| {
                let snapshot = client.snapshot(now);
                Some((loss(&snapshot)?, std::cmp::Reverse(snapshot.age), *id))
            })
            .collect();
        candidates.sort_unstable();
        let count = self.0.size.div_ceil(CLOSED_AT_ONCE);
        for (_, _, id) in candidates.into_iter().take(count) {
            if let Some(client) = open.remove(&id) {
                client.close();
                client.enter(Phase::Closed);
            }
        }
    }

    /// Closes connections that are too slow or hold too much, until the future is dropped.
    pub(crate) async fn supervise(self) {
        let mut clock = tokio::time::interval(CHECK);
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            self.check(Instant::now());
        }
    }

    fn check(&self, now: Instant) {
        let mut holders = Vec::new();
        for client in self.open().values() {
            let snapshot = client.snapshot(now);
            if expired(&snapshot) {
                client.close();
            } else if snapshot.incoming > 0 {
                holders.push((
                    matches!(snapshot.phase, Phase::Working | Phase::Waiting),
                    snapshot.incoming,
                    client.clone(),
                ));
            }
        }
        let held: usize = holders.iter().map(|(_, bytes, _)| bytes).sum();
        let mut excess = held.saturating_sub(MAX_INCOMING);
        // Unfinished ones first, the largest of them first.
        holders.sort_unstable_by_key(|(working, bytes, _)| (*working, std::cmp::Reverse(*bytes)));
        for (_, bytes, client) in holders {
            if excess == 0 {
                return;
            }
            client.close();
            excess = excess.saturating_sub(bytes);
        }
    }

    /// Whether the bytes of requests that are held leave room for more.
    pub(super) fn overfull(&self) -> bool {
        self.0.totals.incoming.load(Ordering::Relaxed) > MAX_INCOMING
    }

    /// Looks at the deadlines and bounds now.
    pub(super) fn check_now(&self) {
        self.check(Instant::now());
    }
}

/// How bad it is to close a connection; `None` when it must stay.
fn loss(snapshot: &Snapshot) -> Option<u8> {
    match snapshot.phase {
        _ if snapshot.blocked.is_some_and(|age| age > CHECK) => Some(0),
        Phase::Head | Phase::Body | Phase::Waiting if snapshot.age < GRACE => None,
        Phase::Head | Phase::Body => Some(0),
        Phase::Idle if !snapshot.busy => Some(1),
        Phase::Waiting => Some(2),
        Phase::Idle | Phase::Working | Phase::WebSocket | Phase::Closed => None,
    }
}

fn expired(snapshot: &Snapshot) -> bool {
    let deadline = match snapshot.phase {
        Phase::Head => HEAD_DEADLINE,
        Phase::Body => BODY_DEADLINE,
        Phase::Idle => IDLE_DEADLINE,
        Phase::Working | Phase::Waiting | Phase::WebSocket | Phase::Closed => Duration::MAX,
    };
    snapshot.age > deadline || snapshot.blocked.is_some_and(|age| age > WRITE_DEADLINE)
}
