//! A WebSocket that writes and never reads: frames of text, as a client of RFC 6455 masks them.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long a frame may wait to be written.
const PATIENCE: Duration = Duration::from_secs(2);

/// The first byte of a frame that is a whole text.
const TEXT: u8 = 0x81;

/// A connection after its handshake.
pub(crate) struct Socket(TcpStream);

impl Socket {
    pub(crate) fn connect(host: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(host)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://page.example\r\nUpgrade: websocket\r\n\
              Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )?;
        Ok(Self(stream))
    }

    /// Sends the head of a text of so many bytes, and none of them.
    pub(crate) fn announce(&mut self, bytes: u64) -> io::Result<()> {
        const MASKED_64_BITS: u8 = 0x80 | 127;
        let mut head = vec![TEXT, MASKED_64_BITS];
        head.extend(bytes.to_be_bytes());
        head.extend([0; 4]);
        self.0.write_all(&head)
    }

    /// Sends a text of less than 64 KiB.
    pub(crate) fn send(&mut self, text: &str) -> io::Result<()> {
        const MASKED_16_BITS: u8 = 0x80 | 126;
        let length = u16::try_from(text.len()).map_err(io::Error::other)?;
        let mut frame = vec![TEXT, MASKED_16_BITS];
        frame.extend(length.to_be_bytes());
        // A mask of zeros leaves the text as it is.
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.write_all(&frame)
    }
}
