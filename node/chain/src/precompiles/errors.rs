//! Named errors of the precompiles in the words of Nitro's RPC.

use super::{
    debug::ArbDebug,
    retryable::{ArbRetryableTx, ArbosActs},
    sys::ArbSys,
    wasm::ArbWasm,
};
use alloy_sol_types::{SolError, SolType};
use std::fmt::Display;

/// `error Name(values)` for revert data that is a precompile's named error, as Nitro writes it, else
/// `None`. The data alone decides, not the contract that reverted.
pub fn named_error(data: &[u8]) -> Option<String> {
    let known = [
        written::<ArbWasm::ProgramUpToDate>,
        written::<ArbWasm::ProgramNotActivated>,
        written::<ArbWasm::ProgramNotWasm>,
        written::<ArbWasm::ProgramNeedsUpgrade>,
        written::<ArbWasm::ProgramExpired>,
        written::<ArbWasm::ProgramKeepaliveTooSoon>,
        written::<ArbWasm::ProgramInsufficientValue>,
        written::<ArbSys::InvalidBlockNumber>,
        written::<ArbDebug::Custom>,
        written::<ArbDebug::Unused>,
        written::<ArbRetryableTx::NoTicketWithID>,
        written::<ArbRetryableTx::NotCallable>,
        written::<ArbosActs::CallerNotArbOS>,
    ];
    known.iter().find_map(|written| written(data))
}

/// The error if the data is one.
fn written<E: SolError>(data: &[u8]) -> Option<String>
where
    for<'a> <E::Parameters<'a> as SolType>::RustType: Values,
{
    let arguments = data.strip_prefix(&E::SELECTOR)?;
    let values = E::Parameters::abi_decode_params(arguments).ok()?;
    let (name, _) = E::SIGNATURE.split_once('(')?;
    Some(format!("error {name}({})", values.listed()))
}

/// Arguments, separated by commas.
trait Values {
    fn listed(&self) -> String;
}

impl Values for () {
    fn listed(&self) -> String {
        String::new()
    }
}

impl<A: Display> Values for (A,) {
    fn listed(&self) -> String {
        self.0.to_string()
    }
}

impl<A: Display, B: Display> Values for (A, B) {
    fn listed(&self) -> String {
        format!("{}, {}", self.0, self.1)
    }
}

impl<A: Display, B: Display, C: Display> Values for (A, B, C) {
    fn listed(&self) -> String {
        format!("{}, {}, {}", self.0, self.1, self.2)
    }
}
