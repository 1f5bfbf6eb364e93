//! Bounds. No chain reaches these numbers and times: input beyond them is refused, so that counting
//! from it never overflows. No request may need more memory than these bytes.

/// The newest block that a chain can be continued from.
pub const LAST_BLOCK: u64 = 1 << 53;
/// The end of the year 9999, in unix seconds.
pub const LAST_SECOND: u64 = 253_402_300_799;
/// Most gas that one transaction computes with, whatever an owner allows: eight times what Nitro allows it. Memory, logs
/// and answers of calls that cost no more have less than a GiB, and a precompile with so much ends within seconds.
pub(crate) const COMPUTE_GAS_MAX: u64 = 1 << 28;
/// Most runs of waiting transactions with nonces that follow each other: a sender has one, and one more for each gap.
pub(crate) const MAX_RUNS: usize = 4_096;
/// Most bytes that the results of one request have together.
pub(crate) const MAX_BYTES: usize = 64 << 20;
/// Most frames of one recording.
pub(crate) const MAX_FRAMES: usize = 50_000;
