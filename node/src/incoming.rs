//! How far a connection may be read at once. What reads a WebSocket takes memory by the head of a frame alone, before the
//! rest arrives: so each head is passed on by itself, once there is room for what it announces. Where its frames begin is
//! known as the request for it is the first one of its connection, and nothing after that one is passed on before it is
//! looked at.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use soketto::Parsing;
use soketto::base::Codec;

/// What a connection speaks.
#[derive(Debug, Default)]
pub(crate) struct Protocol(Mutex<Spoken>);

#[derive(Debug, Default)]
enum Spoken {
    /// HTTP, as long as nothing else was asked for.
    #[default]
    Http,
    /// Its first request has arrived and was not looked at: who waits to read more.
    Asked(Option<Waker>),
    /// WebSocket, from the end of its first request on.
    WebSocket,
}

impl Protocol {
    fn spoken(&self) -> MutexGuard<'_, Spoken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of its first request, a GET, has arrived: nothing is read before it was looked at.
    pub(crate) fn asks(&self) {
        *self.spoken() = Spoken::Asked(None);
    }

    /// A request was looked at, which asks for a WebSocket or not; whether the connection speaks what it asks for.
    pub(crate) fn answers(&self, is_websocket: bool) -> bool {
        let mut spoken = self.spoken();
        let Spoken::Asked(reader) = &mut *spoken else {
            return !is_websocket;
        };
        let reader = reader.take();
        *spoken = match is_websocket {
            true => Spoken::WebSocket,
            false => Spoken::Http,
        };
        if let Some(reader) = reader {
            reader.wake();
        }
        true
    }

    /// Whether it is known to speak WebSocket.
    pub(crate) fn is_websocket(&self) -> bool {
        matches!(*self.spoken(), Spoken::WebSocket)
    }

    /// Whether it speaks WebSocket, once that is known.
    pub(crate) fn poll_is_websocket(&self, context: &Context<'_>) -> Poll<bool> {
        match &mut *self.spoken() {
            Spoken::Http => Poll::Ready(false),
            Spoken::WebSocket => Poll::Ready(true),
            Spoken::Asked(reader) => {
                *reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// The first request of a connection, as its bytes are passed on.
#[derive(Debug)]
pub(crate) enum First {
    /// It may be a GET: so many bytes of the method were passed on.
    Method(usize),
    /// It may be none of HTTP/1: so many bytes of HTTP/2's preface were passed on.
    Preface(usize),
    /// It is one, and its head has not ended.
    Head {
        /// Whether nothing follows the end of a line yet.
        is_line_empty: bool,
    },
    /// It has another method, or its head has ended.
    Passed,
}

impl Default for First {
    fn default() -> Self {
        Self::Method(0)
    }
}

impl First {
    /// How many of these bytes, the next ones of the connection, may be passed on, and whether the head of a GET ends
    /// with them.
    ///
    /// # Errors
    /// [`Http2`].
    pub(crate) fn pass(&mut self, bytes: &[u8]) -> Result<(usize, bool), Http2> {
        const METHOD: &[u8] = b"GET ";
        const PREFACE: &[u8] = b"PRI ";
        for (at, byte) in bytes.iter().enumerate() {
            match self {
                Self::Method(seen) if METHOD[*seen] == *byte => match *seen + 1 < METHOD.len() {
                    true => *seen += 1,
                    false => {
                        *self = Self::Head {
                            is_line_empty: false,
                        };
                    }
                },
                Self::Method(0) if PREFACE[0] == *byte => *self = Self::Preface(1),
                Self::Preface(seen) if PREFACE[*seen] == *byte => match *seen + 1 < PREFACE.len() {
                    true => *seen += 1,
                    false => return Err(Http2),
                },
                Self::Method(_) | Self::Preface(_) => *self = Self::Passed,
                Self::Head { is_line_empty } => match byte {
                    b'\n' if *is_line_empty => {
                        *self = Self::Passed;
                        return Ok((at + 1, true));
                    }
                    b'\n' => *is_line_empty = true,
                    b'\r' => {}
                    _ => *is_line_empty = false,
                },
                Self::Passed => break,
            }
        }
        Ok((bytes.len(), false))
    }
}

/// The connection speaks HTTP/2 (RFC 9113, section 3.4).
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Http2;

/// The frames of a WebSocket (RFC 6455, section 5.2).
#[derive(Debug)]
pub(crate) struct Frames {
    codec: Codec,
    /// Bytes of the frame, its head included, that may be passed on.
    pub(crate) rest: usize,
    /// Whether a message has begun and its last frame has not.
    is_inside: bool,
    /// Bytes of the frames of a message so far.
    length: usize,
    /// Most bytes of a message in several frames.
    most: usize,
}

/// The head of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Bytes of the head itself.
    length: usize,
    payload: usize,
    is_control: bool,
    is_last: bool,
}

/// What a frame adds to a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Announced {
    /// The first bytes of a new message.
    First(usize),
    /// More bytes of the same one.
    More(usize),
}

impl Frames {
    /// Those of a connection whose messages have at most so many bytes.
    pub(crate) fn of(most: usize) -> Self {
        Self {
            codec: Codec::new(),
            rest: 0,
            is_inside: false,
            length: 0,
            most,
        }
    }

    /// The head of the next frame, once it is whole.
    ///
    /// # Errors
    /// What is no frame; and one with which a message in several frames is too long: soketto loses its place in the
    /// stream there.
    pub(crate) fn head(&self, bytes: &[u8]) -> io::Result<Option<Head>> {
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
        let parsed = self.codec.decode_header(bytes);
        let parsed = parsed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        match parsed {
            Parsing::NeedMore(_) => Ok(None),
            Parsing::Done { value, .. } if !value.is_masked() => Err(refused(
                "a frame of a client is not masked (RFC 6455, section 5.1)",
            )),
            Parsing::Done { value, .. }
                if self.is_inside
                    && !value.opcode().is_control()
                    && self.length.saturating_add(value.payload_len()) > self.most =>
            {
                Err(refused("a message in several frames is too long"))
            }
            Parsing::Done { value, offset } => Ok(Some(Head {
                length: offset,
                payload: value.payload_len(),
                is_control: value.opcode().is_control(),
                is_last: value.is_fin(),
            })),
        }
    }

    /// What room a frame needs. One of control has at most 125 bytes, which nobody keeps.
    pub(crate) fn announced(&self, head: Head) -> Option<Announced> {
        match (head.is_control, self.is_inside) {
            (true, _) => None,
            (false, false) => Some(Announced::First(head.payload)),
            (false, true) => Some(Announced::More(head.payload)),
        }
    }

    /// A frame begins.
    pub(crate) fn begin(&mut self, head: Head) {
        self.rest = head.length + head.payload;
        if !head.is_control {
            let before = if self.is_inside { self.length } else { 0 };
            self.length = before.saturating_add(head.payload);
            self.is_inside = !head.is_last;
        }
    }

    /// Whether part of a message has not arrived.
    pub(crate) fn is_within(&self) -> bool {
        self.is_inside || self.rest > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_first_get_ends_after_an_empty_line_however_it_is_cut() {
        for (text, ends) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest", Some(27)),
            ("GET / HTTP/1.1\nHost: a\n\nrest", Some(24)),
            ("GET / HTTP/1.1\r\nHost: a\r\n", None),
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\nrest", None),
            ("GOT / HTTP/1.1\r\n\r\n", None),
        ] {
            for cut in 0..=text.len() {
                let mut first = First::default();
                let (before, after) = text.as_bytes().split_at(cut);
                let found = match first.pass(before).expect("HTTP/1") {
                    (passed, true) => Some(passed),
                    (passed, false) => {
                        let (more, is_end) = first.pass(after).expect("HTTP/1");
                        is_end.then_some(passed + more)
                    }
                };
                assert_eq!(found, ends, "{text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn the_preface_of_http_2_is_known_however_it_is_cut() {
        for cut in 0..4 {
            let mut first = First::default();
            let (before, after) = b"PRI * HTTP/2.0\r\n\r\n".split_at(cut);
            assert_eq!(first.pass(before), Ok((cut, false)));
            assert_eq!(first.pass(after), Err(Http2), "cut at {cut}");
        }
    }

    fn masked(first: u8, payload: u8) -> [u8; 6] {
        [first, 0x80 | payload, 1, 2, 3, 4]
    }

    fn announced(frames: &mut Frames, bytes: &[u8]) -> Option<Announced> {
        let head = frames.head(bytes).expect("a frame").expect("whole");
        let announced = frames.announced(head);
        frames.begin(head);
        frames.rest = 0;
        announced
    }

    #[test]
    fn fragments_are_one_message_and_control_frames_between_them_none() {
        const TEXT: u8 = 1;
        const CONTINUE: u8 = 0;
        const LAST: u8 = 0x80;
        const PING: u8 = 0x89;
        let mut frames = Frames::of(1 << 20);
        let first = announced(&mut frames, &masked(TEXT, 100));
        assert_eq!(first, Some(Announced::First(100)));
        assert_eq!(announced(&mut frames, &masked(PING, 5)), None);
        let more = announced(&mut frames, &masked(LAST | CONTINUE, 90));
        assert_eq!(more, Some(Announced::More(90)));
        let next = announced(&mut frames, &masked(LAST | TEXT, 7));
        assert_eq!(next, Some(Announced::First(7)));
        assert!(!frames.is_within());
    }

    #[test]
    fn a_message_in_several_frames_has_a_bound_and_one_in_a_frame_is_refused_by_its_reader() {
        let mut frames = Frames::of(200);
        announced(&mut frames, &masked(1, 100));
        announced(&mut frames, &masked(0, 90));
        assert!(frames.head(&masked(0x89, 50)).is_ok(), "a ping is no part");
        frames.head(&masked(0x80, 11)).expect_err("201 bytes");
        announced(&mut frames, &masked(0x80, 10));
        // The next message.
        announced(&mut frames, &masked(1, 120));
        announced(&mut frames, &masked(0x80, 80));
        let long = [0x81, 0xfe, 1, 0, 1, 2, 3, 4];
        assert!(frames.head(&long).is_ok());
    }

    #[test]
    fn a_head_is_read_once_it_is_whole_and_what_is_none_is_refused() {
        let frames = Frames::of(1 << 20);
        let head = [0x81, 0xff, 0, 0, 0, 0, 0, 80, 0, 0, 1, 2, 3, 4];
        for cut in 0..head.len() {
            let found = frames.head(&head[..cut]).expect("no error");
            assert!(found.is_none(), "{cut}");
        }
        let found = frames.head(&head).expect("a frame").expect("whole");
        assert_eq!((found.length, found.payload), (14, 80 << 16));
        frames.head(b"POST / HTTP/1.1").expect_err("no frame");
        frames
            .head(&[0x81, 2, b'{', b'}'])
            .expect_err("clients mask their frames");
    }
}
