//! The on-chain form of a program: a prefix and a brotli stream.

use thiserror::Error;

/// First bytes of a classic program; the fourth byte names the dictionary.
pub const CLASSIC_PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];

/// Why bytes on chain are not a program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CodeError {
    /// The prefix is missing.
    #[error(
        "code starts with {found:02x?}, expected a Stylus program: EF F0 00 and a dictionary id"
    )]
    NotStylus {
        /// At most the first four bytes.
        found: Vec<u8>,
    },
    /// Dictionary 1 exists on Arbitrum, but this crate does not carry it.
    #[error(
        "code was compressed with the Stylus program dictionary (id 1), which is not available here; compress it with dictionary 0"
    )]
    DictionaryNotAvailable,
    /// No such dictionary.
    #[error("code names dictionary {found}, expected 0 (none) or 1")]
    UnknownDictionary {
        /// The fourth byte.
        found: u8,
    },
    /// The stream is not brotli, or ends early.
    #[error("the brotli stream is invalid or truncated: {0}")]
    Brotli(String),
    /// Bytes follow the end of the stream.
    #[error("{extra} bytes follow the end of the brotli stream, expected none")]
    TrailingBytes {
        /// Bytes after the end.
        extra: usize,
    },
    /// The module is too large.
    #[error(
        "the module is larger than {max} bytes when decompressed; make it smaller or raise the chain's limit"
    )]
    TooLarge {
        /// Largest size in bytes.
        max: usize,
    },
}

/// Whether account code is dispatched to Stylus as a classic program.
pub fn is_program(code: &[u8]) -> bool {
    code.len() > CLASSIC_PREFIX.len() && code.starts_with(&CLASSIC_PREFIX)
}
