//! Activation: from bytes to a program that can run.

mod code_section;
mod cost;
mod emit;
mod engine_form;
mod injected;
mod instrument;
mod limits;
mod link;
mod module;
mod names;
mod parse;

use self::instrument::Form;
use crate::error::Result;
use crate::guard::guarded;
use crate::{Activated, ActivationError, Program, Rule, Rules};

/// Validates, instruments, prices and compiles a module. `gas` is reduced by what is charged for
/// the module: nothing when its structure is refused, everything when the gas does not suffice.
/// The chain's own charges around it (ArbWasm's fixed part) are not included.
///
/// # Errors
/// [`ActivationError`] names the first broken rule, in the order in which Arbitrum checks them.
pub fn activate(wasm: &[u8], rules: &Rules, gas: &mut u64) -> Result<Activated> {
    activate_as(wasm, rules, gas, Form::Engine)
}

/// The same with a counter in every basic block: [`crate::Outcome::blocks`] says how often each ran. Ink, gas and
/// results are those of the program without counters; its runs take more time.
///
/// # Errors
/// As [`activate`].
pub fn activate_counting(wasm: &[u8], rules: &Rules, gas: &mut u64) -> Result<Activated> {
    activate_as(wasm, rules, gas, Form::Counting)
}

fn activate_as(wasm: &[u8], rules: &Rules, gas: &mut u64, form: Form) -> Result<Activated> {
    guarded(|| validate_and_compile(wasm, rules, gas, form)).unwrap_or_else(|panic| {
        Err(ActivationError::new(
            Rule::Engine,
            "the module",
            "an activation that comes to an end",
            format!("a panic: {panic}"),
        ))
    })
}

fn validate_and_compile(
    wasm: &[u8],
    rules: &Rules,
    gas: &mut u64,
    form: Form,
) -> Result<Activated> {
    let mut module = parse::parse(wasm, rules)?;
    let mut instrumented = instrument::instrument(&mut module, rules, form)?;
    let info = cost::program_info(&module, rules)?;
    limits::check(&module, &instrumented, rules)?;
    cost::charge(&module, &instrumented, rules, gas)?;
    let hooks = link::check(&module, &instrumented, rules)?;
    let bytes = emit::emit(&module, &mut instrumented)?;
    let program = Program::compile(&bytes, &hooks, instrumented.blocks, rules.stylus_version)?;
    Ok(Activated { info, program })
}

/// The instrumented module as it is metered and counted, without what is rewritten for the engine.
/// Another engine that runs it must come to the same results.
///
/// # Errors
/// As [`activate`], except that gas and imports are not looked at.
pub fn metered_module(wasm: &[u8], rules: &Rules) -> Result<Vec<u8>> {
    let mut module = parse::parse(wasm, rules)?;
    let mut instrumented = instrument::instrument(&mut module, rules, Form::Metered)?;
    emit::emit(&module, &mut instrumented)
}

/// A program that runs the metered module as it is, mistakes of the engine included.
///
/// # Errors
/// As [`activate`].
pub fn activate_unrewritten(wasm: &[u8], rules: &Rules) -> Result<Activated> {
    validate_and_compile(wasm, rules, &mut { u64::MAX }, Form::Metered)
}
