//! A document that is longer than a chain takes: one leading byte, and a stream of its JSON.

use std::borrow::Cow;
use std::io::Read;

use brotli::enc::BrotliEncoderParams;

use super::{DOCUMENT_MAX, UNPACKED_MAX, refused};
use crate::error::LayoutError;

/// The leading byte of a brotli stream (RFC 7932), as this crate's encoder writes it with [`QUALITY`] and [`WINDOW`].
/// Another encoder, or other parameters, take another byte: the bytes are what the registry records the hash of.
pub(super) const BROTLI: u8 = 1;
/// The quality of a stream.
const QUALITY: i32 = 9;
/// The binary logarithm of the window of a stream, in bytes.
const WINDOW: i32 = 22;
/// Bytes that are unpacked at once.
const BUFFER: usize = 4_096;

/// The bytes that are published of a document's JSON: itself, or a stream where it is longer than [`DOCUMENT_MAX`].
pub(super) fn pack(json: Vec<u8>) -> Vec<u8> {
    if json.len() <= DOCUMENT_MAX {
        return json;
    }
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        ..BrotliEncoderParams::default()
    };
    let mut packed = vec![BROTLI];
    // Neither end is a file, so nothing fails; what is longer than a document may be is refused by its length.
    match brotli::BrotliCompress(&mut json.as_slice(), &mut packed, &params) {
        Ok(_) => packed,
        Err(_) => json,
    }
}

/// The JSON of published bytes.
///
/// # Errors
/// [`LayoutError::Document`], [`LayoutError::Unpacked`].
pub(super) fn unpack(bytes: &[u8]) -> Result<Cow<'_, [u8]>, LayoutError> {
    let stream = match bytes {
        [BROTLI, stream @ ..] => stream,
        [b'{', ..] => return Ok(bytes.into()),
        [other, ..] => {
            return Err(refused(format!(
                "bytes that begin with {other:#04x}, which is neither JSON nor a compression of this release"
            )));
        }
        [] => return Err(refused("no bytes")),
    };
    let mut json = Vec::new();
    let limit = UNPACKED_MAX as u64 + 1;
    let unpacked = brotli::Decompressor::new(stream, BUFFER)
        .take(limit)
        .read_to_end(&mut json);
    match unpacked {
        Ok(_) if json.len() > UNPACKED_MAX => Err(LayoutError::Unpacked { most: UNPACKED_MAX }),
        Ok(_) => Ok(json.into()),
        Err(error) => Err(refused(format!(
            "a compressed document that is not whole: {error}"
        ))),
    }
}
