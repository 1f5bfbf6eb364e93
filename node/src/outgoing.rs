//! What is written to a WebSocket, as far as it takes to count its messages.

use soketto::Parsing;
use soketto::base::Codec;

/// What a server writes: the head of HTTP that begins a WebSocket, then frames (RFC 6455, section 5.2).
#[derive(Debug)]
pub(crate) struct Outgoing {
    codec: Codec,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The head of HTTP.
    Http {
        /// Whether nothing follows the end of a line yet.
        is_line_empty: bool,
    },
    /// The head of a frame, as far as it was written.
    Head(Vec<u8>),
    /// So many bytes of a frame are not written.
    Payload {
        rest: usize,
        /// Whether a message ends with it.
        is_end: bool,
    },
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            codec: Codec::new(),
            stage: Stage::Http {
                is_line_empty: false,
            },
        }
    }
}

impl Outgoing {
    /// How many messages end with these bytes, the next ones that are written.
    pub(crate) fn ended(&mut self, mut bytes: &[u8]) -> usize {
        let mut ended = 0;
        while let Some((first, after)) = bytes.split_first() {
            bytes = after;
            match &mut self.stage {
                Stage::Http { is_line_empty } => match first {
                    b'\n' if *is_line_empty => self.stage = Stage::Head(Vec::new()),
                    b'\n' => *is_line_empty = true,
                    b'\r' => {}
                    _ => *is_line_empty = false,
                },
                Stage::Head(head) => {
                    head.push(*first);
                    if let Ok(Parsing::Done { value, .. }) = self.codec.decode_header(head) {
                        self.stage = Stage::Payload {
                            rest: value.payload_len(),
                            is_end: value.is_fin() && !value.opcode().is_control(),
                        };
                    }
                }
                Stage::Payload { rest, .. } => {
                    let more = (*rest - 1).min(bytes.len());
                    *rest -= 1 + more;
                    bytes = &bytes[more..];
                }
            }
            if let Stage::Payload { rest: 0, is_end } = self.stage {
                ended += usize::from(is_end);
                self.stage = Stage::Head(Vec::new());
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_however_they_are_cut() {
        let long = vec![b'a'; 70_000];
        let written = [
            &b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"[..],
            &[0x81, 2, b'{', b'}'],
            // pings, a pong and an empty message
            &[0x89, 0, 0x8a, 1, 7, 0x81, 0],
            // two fragments with a ping between them
            &[0x01, 1, b'[', 0x89, 0, 0x80, 1, b']'],
            &[0x81, 126, 0, 200],
            &long[..200],
            &[0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70],
            &long,
        ]
        .concat();
        for size in [1, 2, 3, 7, 61, 4_096, written.len()] {
            let mut outgoing = Outgoing::default();
            let parts = written.chunks(size).map(|part| outgoing.ended(part));
            assert_eq!(parts.sum::<usize>(), 5, "in parts of {size}");
        }
    }
}
