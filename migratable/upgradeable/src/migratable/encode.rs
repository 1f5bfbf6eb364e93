//! Errors and events of texts, encoded by hand: an ABI codec would double a small program.

use alloc::vec::Vec;

use crate::migratable::words::{padded, word};

/// `head`, then `abi.encode(texts…)`.
pub(crate) fn texts(head: &[u8], texts: &[&str]) -> Vec<u8> {
    let mut out = Vec::from(head);
    let mut offset = texts.len() * 32;
    for text in texts {
        out.extend_from_slice(&word(offset));
        offset += 32 + padded(text.len());
    }
    for text in texts {
        out.extend_from_slice(&word(text.len()));
        out.extend_from_slice(text.as_bytes());
        out.resize(out.len() + padded(text.len()) - text.len(), 0);
    }
    out
}
