//! Named errors of the precompiles in the words of Nitro's RPC.

use super::{
    debug::ArbDebug,
    retryable::{ArbRetryableTx, ArbosActs},
    sys::ArbSys,
    wasm::ArbWasm,
};
use alloy_sol_types::SolError;

/// `error Name(values)` for revert data that is a precompile's named error, as Nitro writes it, else
/// `None`. The data alone decides, whoever reverted with it.
pub fn named_error(data: &[u8]) -> Option<String> {
    let values = of_programs(data).or_else(|| of_others(data))?;
    Some(format!("error {values}"))
}

/// The error if the data is one, in words.
fn written<E: SolError>(data: &[u8], words: impl FnOnce(E) -> String) -> Option<String> {
    let arguments = data.strip_prefix(&E::SELECTOR)?;
    E::abi_decode_raw(arguments).ok().map(words)
}

fn of_programs(data: &[u8]) -> Option<String> {
    use ArbWasm::*;
    let plain = |name: &str| format!("{name}()");
    written(data, |_: ProgramUpToDate| plain("ProgramUpToDate"))
        .or_else(|| written(data, |_: ProgramNotActivated| plain("ProgramNotActivated")))
        .or_else(|| written(data, |_: ProgramNotWasm| plain("ProgramNotWasm")))
        .or_else(|| {
            written(data, |e: ProgramNeedsUpgrade| {
                format!("ProgramNeedsUpgrade({}, {})", e.version, e.stylusVersion)
            })
        })
        .or_else(|| {
            written(data, |e: ProgramExpired| {
                format!("ProgramExpired({})", e.ageInSeconds)
            })
        })
        .or_else(|| {
            written(data, |e: ProgramKeepaliveTooSoon| {
                format!("ProgramKeepaliveTooSoon({})", e.ageInSeconds)
            })
        })
        .or_else(|| {
            written(data, |e: ProgramInsufficientValue| {
                format!("ProgramInsufficientValue({}, {})", e.have, e.want)
            })
        })
}

fn of_others(data: &[u8]) -> Option<String> {
    written(data, |e: ArbSys::InvalidBlockNumber| {
        format!("InvalidBlockNumber({}, {})", e.requested, e.current)
    })
    .or_else(|| {
        written(data, |e: ArbDebug::Custom| {
            format!("Custom({}, {}, {})", e.number, e.message, e.flag)
        })
    })
    .or_else(|| written(data, |_: ArbDebug::Unused| "Unused()".into()))
    .or_else(|| {
        written(data, |_: ArbRetryableTx::NoTicketWithID| {
            "NoTicketWithID()".into()
        })
    })
    .or_else(|| {
        written(data, |_: ArbRetryableTx::NotCallable| {
            "NotCallable()".into()
        })
    })
    .or_else(|| {
        written(data, |_: ArbosActs::CallerNotArbOS| {
            "CallerNotArbOS()".into()
        })
    })
}
