//! Small EVM programs, assembled by hand, so that these tests need no compiler.

/// Deploys a counter: any call adds one to slot 0, logs the new value under [`TOPIC`] and
/// returns it.
///
/// `PUSH20 runtime, PUSH0 MSTORE, RETURN(12, 20)`; runtime:
/// `SSTORE(0, SLOAD(0) + 1); MSTORE(0, it); LOG1(0, 32, 42); RETURN(0, 32)`.
pub(crate) const COUNTER: &str = "0x735f5460010180 5f555f52602a60205fa160205ff3 5f526014600cf3";

/// The topic of the counter's log.
pub(crate) const TOPIC: &str = "0x000000000000000000000000000000000000000000000000000000000000002a";

/// The counter's init code without the blanks.
pub(crate) fn counter() -> String {
    COUNTER.replace(' ', "")
}

/// Init code that reverts with `data`: `CODECOPY(0, 9, len); REVERT(0, len)`.
pub(crate) fn reverting(data: &[u8]) -> String {
    let length = u8::try_from(data.len()).expect("at most 255 bytes");
    format!("0x60{length:02x}8060095f395ffd{}", hex::encode(data))
}
