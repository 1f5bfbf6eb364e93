//! Activation: from bytes to a program that can run.

mod cost;
mod emit;
mod error;
mod instrument;
mod limits;
mod link;
mod module;
mod parse;

pub(crate) use emit::INJECTED_NAMES;
pub use error::{ActivationError, Rule};
pub(crate) use instrument::ENTRYPOINT;

use crate::{Activated, Program, Rules};

/// Validates, instruments, prices and compiles a module. `gas` is reduced by what is charged for
/// the module: nothing when its structure is refused, everything when the gas does not suffice.
/// The chain's own charges around it (ArbWasm's fixed part) are not included.
///
/// # Errors
/// [`ActivationError`] names the first broken rule, in the order Arbitrum judges them.
pub fn activate(wasm: &[u8], rules: &Rules, gas: &mut u64) -> Result<Activated, ActivationError> {
    let mut module = parse::parse(wasm, rules)?;
    let mut instrumented = instrument::instrument(&mut module, rules)?;
    let info = cost::program_info(&module, rules)?;
    limits::judge(&module, &instrumented, rules)?;
    cost::charge(&module, &instrumented, rules, gas)?;
    let hooks = link::judge(&module, &instrumented, rules)?;
    let bytes = emit::emit(&module, &mut instrumented)?;
    let program = Program::compile(&bytes, &hooks, rules.stylus_version)?;
    Ok(Activated { info, program })
}
