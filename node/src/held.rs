//! What the server holds for its callers, in one account of bytes: requests from their first byte on, and answers until they
//! are written.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::incoming::{Announced, Protocol};
use crate::limits::{Exceeded, HELD, HELD_BY_CALLER, HELD_FREELY, MESSAGE, READ_AT_ONCE, REQUEST};

/// Bytes that are held for all connections; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<Totals>);

#[derive(Debug, Default)]
struct Totals {
    bytes: Mutex<Bytes>,
    /// Told when bytes are given back.
    room: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Bytes {
    all: usize,
    /// Those of web pages, which are one caller.
    pages: usize,
}

impl Totals {
    fn bytes(&self) -> MutexGuard<'_, Bytes> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bytes {
    /// Whether a connection may hold more. What it needs for small requests fits always.
    fn check(&self, part: &Part, more: usize) -> Result<(), Exceeded> {
        if part.held + more > HELD_FREELY {
            let of_caller = match part.is_page {
                true => self.pages,
                false => part.held,
            };
            HELD_BY_CALLER.check(of_caller + more)?;
            HELD.check(self.all + more)?;
        }
        Ok(())
    }

    /// Holds more, unless that is too much.
    fn take(&mut self, part: &mut Part, more: usize) -> Result<(), Exceeded> {
        self.check(part, more)?;
        self.add(part, more);
        Ok(())
    }

    fn add(&mut self, part: &mut Part, bytes: usize) {
        part.held += bytes;
        self.all += bytes;
        if part.is_page {
            self.pages += bytes;
        }
    }

    fn give_back(&mut self, part: &mut Part, bytes: usize) {
        part.held -= bytes;
        self.all -= bytes;
        if part.is_page {
            self.pages -= bytes;
        }
    }
}

impl Held {
    /// The part of a new connection.
    pub(crate) fn connection(&self) -> Arc<Connection> {
        Arc::new(Connection {
            totals: self.0.clone(),
            part: Mutex::default(),
            protocol: Protocol::default(),
            is_stuck: watch::Sender::default(),
        })
    }
}

/// What is held for one connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    totals: Arc<Totals>,
    part: Mutex<Part>,
    /// What it speaks.
    pub(crate) protocol: Protocol,
    /// Whether something waits to be written because nobody reads.
    is_stuck: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Part {
    /// Whether a web page called over it.
    is_page: bool,
    /// All bytes of it.
    held: usize,
    /// Those of requests that are not whole.
    arriving: usize,
    /// Requests that are served.
    requests: usize,
    /// Messages of a WebSocket that were passed on and are not answered.
    messages: usize,
    /// Bytes of each of them that is not served, in the order of their arrival. Which of them is served does not matter:
    /// in the end all are, or were no requests and are answered.
    announced: VecDeque<usize>,
    /// Messages to subscribers that are not written.
    told: usize,
    /// Answers that are not written, in their order.
    unread: VecDeque<Unread>,
}

impl Part {
    /// Whether an answer of so many bytes is held with the message that it answers.
    fn holds_answer(&self, bytes: usize) -> bool {
        self.messages > 0 && bytes <= MESSAGE
    }
}

/// An answer, or a message to a subscriber.
#[derive(Debug)]
struct Unread {
    /// Bytes that are to be written.
    rest: usize,
    /// Bytes that are held until all of them are.
    held: usize,
}

impl Connection {
    fn part(&self) -> MutexGuard<'_, Part> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds more, whatever is held already.
    fn add(&self, part: &mut Part, bytes: usize) {
        self.totals.bytes().add(part, bytes);
    }

    fn give_back(&self, part: &mut Part, bytes: usize) {
        if bytes > 0 {
            self.totals.bytes().give_back(part, bytes);
            self.totals.room.notify_waiters();
        }
    }

    /// A web page calls over it, which shares its part with all others.
    pub(crate) fn is_of_a_page(&self) {
        let mut part = self.part();
        if !part.is_page {
            part.is_page = true;
            self.totals.bytes().pages += part.held;
        }
    }

    /// For how many bytes there is room, of so many that may arrive; nothing where they have to wait.
    pub(crate) fn room(&self, wanted: usize) -> Option<usize> {
        let part = self.part();
        let wanted = wanted.min(READ_AT_ONCE);
        // While one request is served, a read tells when its caller leaves.
        let is_served = part.requests == 1 && part.arriving == 0;
        if is_served || self.totals.bytes().check(&part, wanted).is_ok() {
            return Some(wanted);
        }
        let free = HELD_FREELY.saturating_sub(part.held);
        (free > 0).then_some(wanted.min(free))
    }

    /// So many bytes of a request arrived.
    pub(crate) fn arrived(&self, bytes: usize) {
        let mut part = self.part();
        part.arriving += bytes;
        self.add(&mut part, bytes);
    }

    /// Holds what a frame announces: who reads it takes its memory at once. Nothing where it has to wait.
    pub(crate) fn announce(&self, announced: Announced) -> Option<()> {
        let mut part = self.part();
        let bytes = match announced {
            Announced::First(bytes) => {
                self.totals.bytes().take(&mut part, bytes + MESSAGE).ok()?;
                part.messages += 1;
                part.announced.push_back(bytes);
                bytes
            }
            Announced::More(bytes) => {
                self.totals.bytes().take(&mut part, bytes).ok()?;
                if let Some(last) = part.announced.back_mut() {
                    *last += bytes;
                }
                bytes
            }
        };
        part.arriving += bytes;
        Some(())
    }

    /// Whether the connection holds a large part of a request.
    pub(crate) fn is_large(&self) -> bool {
        self.part().arriving > HELD_FREELY
    }

    /// What arrived was this request, or this batch: it is held as long as the value lasts.
    pub(crate) fn request(
        self: &Arc<Self>,
        Text {
            requests,
            parameters,
        }: Text,
    ) -> Served {
        /// About the bytes of a request beside its parameters.
        const ENVELOPE: usize = 256;
        let bytes = parameters + REQUEST;
        let mut part = self.part();
        let arrived = match part.announced.pop_front() {
            Some(bytes) => bytes,
            None => parameters + requests * ENVELOPE,
        };
        let arrived = part.arriving.min(arrived);
        part.arriving -= arrived;
        part.requests += 1;
        self.add(&mut part, bytes);
        self.give_back(&mut part, arrived);
        let connection = self.clone();
        Served { connection, bytes }
    }

    /// A text that is written or read in parts.
    pub(crate) fn growing(self: &Arc<Self>) -> Growing {
        let connection = self.clone();
        Growing {
            connection,
            length: 0,
            held: 0,
        }
    }

    /// What is told when bytes are given back.
    pub(crate) fn given_back(&self) -> Arc<Notify> {
        self.totals.room.clone()
    }

    /// An HTTP request was answered, or refused: nothing of it is left.
    pub(crate) fn has_answered(&self) {
        let mut part = self.part();
        let arriving = std::mem::take(&mut part.arriving);
        self.give_back(&mut part, arriving);
    }

    /// Holds an answer until it was written.
    ///
    /// # Errors
    /// [`Exceeded`]: its caller, or all of them, left too much unread.
    pub(crate) fn answer(&self, text: &str) -> Result<(), Exceeded> {
        let mut part = self.part();
        let is_held = part.holds_answer(text.len());
        self.hold_unread(&mut part, text, is_held)
    }

    /// Holds a message to a subscriber until it was written.
    ///
    /// # Errors
    /// [`Exceeded`]: its caller, or all of them, left too much unread.
    pub(crate) fn message(&self, text: &str) -> Result<(), Exceeded> {
        let mut part = self.part();
        self.hold_unread(&mut part, text, false)?;
        part.told += 1;
        Ok(())
    }

    /// A subscriber is told that the subscription has ended.
    pub(crate) fn tells_the_end(&self) {
        self.part().told += 1;
    }

    /// A message to a subscriber, of so many bytes, is not written: the subscription has ended.
    pub(crate) fn not_sent(&self, bytes: usize) {
        let mut part = self.part();
        let last = part.unread.iter().rposition(|one| one.rest == bytes);
        if let Some(unread) = last.and_then(|at| part.unread.remove(at)) {
            self.give_back(&mut part, unread.held);
        }
        drop(part);
        // As many are written as there were, but for this one.
        self.message_written();
    }

    /// Holds a text, unless it is held with the message that it answers.
    fn hold_unread(&self, part: &mut Part, text: &str, is_held: bool) -> Result<(), Exceeded> {
        let rest = text.len();
        let mut held = 0;
        if !is_held {
            // Its buffer grew by doubling.
            held = rest.next_power_of_two();
            self.totals.bytes().take(part, held)?;
        }
        part.unread.push_back(Unread { rest, held });
        Ok(())
    }

    /// A message of a WebSocket needs no answer: it has been served.
    pub(crate) fn needs_no_answer(&self) {
        let mut part = self.part();
        if part.messages > 0 {
            part.messages -= 1;
            self.give_back(&mut part, MESSAGE);
        }
        // One that was no request was answered and not served.
        while part.announced.len() > part.messages.saturating_sub(part.requests)
            && let Some(bytes) = part.announced.pop_front()
        {
            let ended = part.arriving.min(bytes);
            part.arriving -= ended;
            self.give_back(&mut part, ended);
        }
    }

    /// A message was written to a WebSocket whole: one to a subscriber, or an answer. Which of them does not matter: as
    /// many of both are written as there were.
    pub(crate) fn message_written(&self) {
        let mut part = self.part();
        if part.told > 0 {
            part.told -= 1;
            return;
        }
        drop(part);
        self.needs_no_answer();
    }

    /// Notes whether something waits to be written because nobody reads.
    pub(crate) fn stick(&self, is_stuck: bool) {
        self.is_stuck.send_replace(is_stuck);
    }

    pub(crate) fn is_stuck(&self) -> bool {
        *self.is_stuck.borrow()
    }

    /// Waits until what was answered before is read.
    pub(crate) async fn is_read(&self) {
        // It fails where the connection has ended: then nobody waits for this.
        let _ = self
            .is_stuck
            .subscribe()
            .wait_for(|is_stuck| !is_stuck)
            .await;
    }

    /// Notes that bytes were written. What is written around answers is not told from them.
    pub(crate) fn written(&self, mut bytes: usize) {
        let mut part = self.part();
        while bytes > 0
            && let Some(first) = part.unread.front_mut()
        {
            let written = first.rest.min(bytes);
            first.rest -= written;
            bytes -= written;
            if first.rest > 0 {
                return;
            }
            let held = first.held;
            part.unread.pop_front();
            self.give_back(&mut part, held);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut part = std::mem::take(self.part.get_mut().unwrap_or_else(PoisonError::into_inner));
        let held = part.held;
        self.give_back(&mut part, held);
    }
}

/// What a request or a batch consists of.
pub(crate) struct Text {
    pub(crate) requests: usize,
    /// Bytes of their parameters.
    pub(crate) parameters: usize,
}

/// A request that is served.
pub(crate) struct Served {
    connection: Arc<Connection>,
    bytes: usize,
}

impl Drop for Served {
    fn drop(&mut self) {
        let mut part = self.connection.part();
        part.requests -= 1;
        self.connection.give_back(&mut part, self.bytes);
    }
}

/// A text that grows, such as the answers to a batch. It is held as long as the value lasts.
pub(crate) struct Growing {
    pub(crate) connection: Arc<Connection>,
    length: usize,
    /// Bytes of its buffer, which grows by doubling.
    held: usize,
}

impl Growing {
    /// Holds more of it.
    ///
    /// # Errors
    /// [`Exceeded`]: its caller, or all of them, hold too much.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exceeded> {
        let length = self.length + bytes;
        let mut part = self.connection.part();
        let held = match part.holds_answer(length) {
            true => 0,
            false => length.next_power_of_two(),
        };
        let mut totals = self.connection.totals.bytes();
        totals.take(&mut part, held.saturating_sub(self.held))?;
        (self.length, self.held) = (length, held.max(self.held));
        Ok(())
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        let mut part = self.connection.part();
        self.connection.give_back(&mut part, self.held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: usize = 1 << 20;
    const SMALL: Text = Text {
        requests: 1,
        parameters: 10,
    };

    fn all(held: &Held) -> usize {
        held.0.bytes().all
    }

    fn page(held: &Held) -> Arc<Connection> {
        let connection = held.connection();
        connection.is_of_a_page();
        connection
    }

    /// Lets so many bytes of a request arrive, or fewer where there is no room for more.
    fn arrive(connection: &Connection, bytes: usize) -> usize {
        let mut arrived = 0;
        while let Some(room) = connection.room(bytes - arrived)
            && arrived < bytes
        {
            connection.arrived(room);
            arrived += room;
        }
        arrived
    }

    #[test]
    fn requests_that_arrive_have_a_bound_for_pages_and_for_all() {
        let held = Held::default();
        let pages: Vec<_> = (0..40).map(|_| page(&held)).collect();
        for page in &pages {
            arrive(page, 16 * MEBIBYTE);
        }
        let of_pages = all(&held);
        assert!(of_pages >= HELD_BY_CALLER.most - READ_AT_ONCE, "{of_pages}");
        assert!(
            of_pages <= HELD_BY_CALLER.most + pages.len() * HELD_FREELY,
            "{of_pages}"
        );

        let own = held.connection();
        assert_eq!(
            arrive(&own, 16 * MEBIBYTE),
            16 * MEBIBYTE,
            "pages leave room"
        );
        let others: Vec<_> = (0..40).map(|_| held.connection()).collect();
        for other in &others {
            assert!(
                arrive(other, 16 * MEBIBYTE) >= HELD_FREELY,
                "a small request has room"
            );
        }
        let connections = pages.len() + others.len();
        assert!(
            all(&held) <= HELD.most + connections * HELD_FREELY,
            "{}",
            all(&held)
        );

        drop((pages, others));
        assert_eq!(
            arrive(&page(&held), 16 * MEBIBYTE),
            16 * MEBIBYTE,
            "there is room again"
        );
    }

    #[test]
    fn one_connection_has_a_bound() {
        let held = Held::default();
        assert_eq!(arrive(&held.connection(), HELD.most), HELD_BY_CALLER.most);
    }

    #[test]
    fn a_request_is_held_from_its_first_byte_to_its_end() {
        let held = Held::default();
        let connection = held.connection();
        let parameters = 2 * MEBIBYTE;
        arrive(&connection, parameters + 60);
        let served = connection.request(Text {
            requests: 1,
            parameters,
        });
        assert_eq!(all(&held), parameters + REQUEST);
        drop(served);
        assert_eq!(all(&held), 0);

        // What cannot be read is no request; over HTTP nothing of it is left after its answer.
        arrive(&connection, MEBIBYTE);
        connection.has_answered();
        assert_eq!(all(&held), 0);
    }

    #[test]
    fn an_answer_is_held_until_all_of_it_is_written() {
        let held = Held::default();
        let connection = held.connection();
        let answer = "a".repeat(3 * MEBIBYTE);
        for _ in 0..2 {
            connection.answer(&answer).expect("room");
        }
        connection.written(answer.len() - 1);
        assert_eq!(all(&held), 8 * MEBIBYTE);
        connection.written(2);
        assert_eq!(all(&held), 4 * MEBIBYTE);
        connection.written(answer.len());
        assert_eq!(all(&held), 0);
    }

    #[test]
    fn answers_to_a_batch_are_held_while_they_grow() {
        let held = Held::default();
        let connection = held.connection();
        let mut answers = connection.growing();
        answers.grow(3 * MEBIBYTE).expect("room");
        answers.grow(2 * MEBIBYTE).expect("room");
        assert_eq!(all(&held), 8 * MEBIBYTE);
        answers
            .grow(HELD_BY_CALLER.most)
            .expect_err("more than a caller may hold");
        assert_eq!(all(&held), 8 * MEBIBYTE, "what is refused is not held");
        drop(answers);
        assert_eq!(all(&held), 0);
    }

    #[test]
    fn answers_that_nobody_reads_are_refused_to_their_caller_alone() {
        let held = Held::default();
        let (first, second, own) = (page(&held), page(&held), held.connection());
        let answer = "a".repeat(16 * MEBIBYTE);
        let fitting = HELD_BY_CALLER.most / answer.len();
        for _ in 0..fitting {
            first.answer(&answer).expect("room");
        }
        let refusal = second
            .answer(&answer)
            .expect_err("pages are one caller")
            .to_string();
        assert!(
            refusal.contains("unread answers, of this caller"),
            "{refusal}"
        );
        second.answer("small").expect("what is small has room");
        own.answer(&answer).expect("others have room");
        drop(first);
        second.answer(&answer).expect("there is room again");
    }

    #[test]
    fn requests_that_wait_for_their_answers_are_held() {
        let held = Held::default();
        let connection = held.connection();
        let mut served = Vec::new();
        while connection.room(1).is_some() {
            assert!(served.len() <= HELD_BY_CALLER.most / REQUEST);
            served.push(connection.request(SMALL));
        }
        drop(served);
        assert!(connection.room(1).is_some());
    }

    #[test]
    fn messages_that_are_not_answered_have_a_bound_and_those_after_them_wait() {
        let held = Held::default();
        let (first, second, own) = (page(&held), page(&held), held.connection());
        let mut passed = 0;
        while first.announce(Announced::First(100)).is_some() {
            drop(first.request(SMALL));
            passed += 1;
        }
        assert!(passed * MESSAGE <= HELD_BY_CALLER.most, "{passed}");
        assert!(second.announce(Announced::First(100)).is_some(), "one each");
        assert!(second.announce(Announced::First(100)).is_none());
        for _ in 0..8 {
            own.announce(Announced::First(100))
                .expect("others have room");
        }
        // Their answers have room, the larger ones as well as there is some.
        for _ in 0..passed {
            first.answer("small").expect("it is held with its message");
        }
        first
            .answer(&"a".repeat(2 * MESSAGE))
            .expect_err("this one is not");

        // Answered, or in no need of an answer. The second page has more than there was room for.
        first.message_written();
        first.message_written();
        assert!(second.announce(Announced::First(100)).is_some());
        first.needs_no_answer();
        assert!(second.announce(Announced::First(100)).is_some());
        // What subscribers are told is not taken for an answer.
        first.message("news").expect("room");
        first.message_written();
        assert!(second.announce(Announced::First(100)).is_none());
        first.message("news").expect("room");
        first.not_sent("news".len());
        first.message_written();
        assert!(second.announce(Announced::First(100)).is_some());
        // An answer was taken for news that were not sent then.
        first.message("news").expect("room");
        first.message_written();
        first.not_sent("news".len());
        assert!(second.announce(Announced::First(100)).is_some());
    }

    #[test]
    fn nothing_of_a_message_is_held_once_it_was_answered_whatever_it_was_made_of() {
        let held = Held::default();
        let connection = held.connection();
        connection.announce(Announced::First(100)).expect("room");
        let waiting = connection.request(SMALL);
        let before = all(&held);
        // Mostly spaces, in two frames; and what is no request.
        connection
            .announce(Announced::First(MEBIBYTE))
            .expect("room");
        connection
            .announce(Announced::More(MEBIBYTE))
            .expect("room");
        drop(connection.request(SMALL));
        connection
            .announce(Announced::First(MEBIBYTE))
            .expect("room");
        for _ in 0..2 {
            connection.message_written();
        }
        assert_eq!(all(&held), before);
        drop(waiting);
        connection.message_written();
        assert_eq!(all(&held), 0);
    }
}
