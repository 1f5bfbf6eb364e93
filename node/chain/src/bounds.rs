//! Numbers and times that no chain reaches: what claims to be beyond them is refused where it comes
//! from outside, so that counting on from it never overflows.

/// The newest block that a chain can be continued from.
pub const LAST_BLOCK: u64 = 1 << 53;
/// The end of the year 9999, in unix seconds.
pub const LAST_SECOND: u64 = 253_402_300_799;
