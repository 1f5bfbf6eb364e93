//! The on-chain form of a program: a prefix and a brotli stream.

use brotli::enc::encode::{BrotliEncoderOperation, BrotliEncoderStateStruct};
use brotli::enc::{BrotliEncoderParams, StandardAlloc};
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use thiserror::Error;

/// First bytes of a classic program; the fourth byte names the dictionary.
const CLASSIC_PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];

/// The reason why bytes on chain are not a program.
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
        "code was compressed with the Stylus program dictionary (id 1), which is not \
         available here; compress it with dictionary 0"
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
    /// The module is too large.
    #[error(
        "the module is larger than {max} bytes when decompressed; make it smaller or raise the chain's limit"
    )]
    TooLarge {
        /// Largest size in bytes.
        max: usize,
    },
}

/// Decompresses a classic program into at most `max` bytes.
///
/// # Errors
/// [`CodeError`] when the prefix, the dictionary or the stream is wrong or the module too large.
pub fn decompress(code: &[u8], max: usize) -> Result<Vec<u8>, CodeError> {
    match code {
        [0xef, 0xf0, 0x00, dictionary, stream @ ..] => decompress_stream(*dictionary, stream, max),
        _ => Err(CodeError::NotStylus {
            found: code.iter().copied().take(4).collect(),
        }),
    }
}

/// Decompresses a brotli stream into at most `max` bytes. Bytes after the end of the stream are ignored, as
/// Nitro ignores them.
///
/// # Errors
/// [`CodeError`] when the dictionary or the stream is wrong or the module too large.
pub fn decompress_stream(dictionary: u8, stream: &[u8], max: usize) -> Result<Vec<u8>, CodeError> {
    match dictionary {
        0 => {}
        1 => return Err(CodeError::DictionaryNotAvailable),
        found => return Err(CodeError::UnknownDictionary { found }),
    }
    let mut state = BrotliState::new_strict(
        StandardAlloc::default(),
        StandardAlloc::default(),
        StandardAlloc::default(),
    );
    let mut wasm = vec![0; max];
    let (mut input_left, mut input_offset) = (stream.len(), 0);
    let (mut output_left, mut output_offset, mut total) = (max, 0, 0);
    let result = BrotliDecompressStream(
        &mut input_left,
        &mut input_offset,
        stream,
        &mut output_left,
        &mut output_offset,
        &mut wasm,
        &mut total,
        &mut state,
    );
    match result {
        BrotliResult::ResultSuccess => {
            wasm.truncate(output_offset);
            Ok(wasm)
        }
        BrotliResult::NeedsMoreOutput => Err(CodeError::TooLarge { max }),
        BrotliResult::NeedsMoreInput => Err(CodeError::Brotli("the stream ends early".into())),
        BrotliResult::ResultFailure => Err(CodeError::Brotli("a malformed stream".into())),
    }
}

/// Bytes that data has once it is compressed with brotli (window 22) as batches for L1 are, with a quality of 0 to 11.
///
/// The encoder gets all bytes in one call, as Nitro's does: one that is fed in pieces compresses each piece alone.
///
/// # Errors
/// [`CodeError::Brotli`] when the encoder fails.
pub fn compressed_len(data: &[u8], quality: u8) -> Result<u64, CodeError> {
    let mut encoder = BrotliEncoderStateStruct::new(StandardAlloc::default());
    encoder.params = BrotliEncoderParams {
        quality: quality.into(),
        lgwin: 22,
        ..BrotliEncoderParams::default()
    };
    let mut output = [0; 4_096];
    let (mut input_left, mut input_offset, mut total) = (data.len(), 0, Some(0));
    while !encoder.is_finished() {
        let (mut output_left, mut output_offset) = (output.len(), 0);
        let is_good = encoder.compress_stream(
            BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
            &mut input_left,
            data,
            &mut input_offset,
            &mut output_left,
            &mut output,
            &mut output_offset,
            &mut total,
            &mut |_, _, _, _| (),
        );
        if !is_good {
            return Err(CodeError::Brotli("the encoder failed".into()));
        }
    }
    Ok(total.unwrap_or_default() as u64)
}

/// The on-chain form of a module: prefix, dictionary 0, brotli with quality 11 and window 22.
///
/// # Errors
/// [`CodeError::Brotli`] when the encoder fails.
pub fn compress(wasm: &[u8]) -> Result<Vec<u8>, CodeError> {
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..BrotliEncoderParams::default()
    };
    let mut code = CLASSIC_PREFIX.to_vec();
    code.push(0);
    brotli::BrotliCompress(&mut &*wasm, &mut code, &params)
        .map_err(|error| CodeError::Brotli(error.to_string()))?;
    Ok(code)
}
