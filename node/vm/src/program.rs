//! Activation: from bytes to a program that can run.

use std::sync::Arc;

use thiserror::Error;

use crate::{CodeError, Rules};

/// What the chain keeps about an activated program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramInfo {
    /// Stylus version it was activated for.
    pub version: u16,
    /// Initial memory pages.
    pub footprint: u16,
    /// Cost of a start that is not cached, before scalars, in gas.
    pub init_cost: u16,
    /// Cost of a cached start, before scalars, in gas.
    pub cached_cost: u16,
    /// Estimated size of the compiled program in bytes; the data fee is charged for it.
    pub asm_estimate: u32,
}

/// An instrumented, compiled program. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) _inner: Arc<()>,
}

/// The result of an activation.
#[derive(Clone, Debug)]
pub struct Activated {
    /// What the chain keeps.
    pub info: ProgramInfo,
    /// What runs.
    pub program: Program,
}

/// Why an activation failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("rule `{rule}` at {location}: expected {expected}, found {found}")]
pub struct ActivationError {
    /// Stable label of the rule.
    pub rule: &'static str,
    /// Where in the module.
    pub location: String,
    /// What the rule asks for.
    pub expected: String,
    /// What the module has.
    pub found: String,
}

/// Decompresses code with an `EF F0 00` prefix into at most `max` bytes.
///
/// # Errors
/// See [`CodeError`].
pub fn decompress(_code: &[u8], _max: usize) -> Result<Vec<u8>, CodeError> {
    Err(CodeError::Brotli("not built yet".into()))
}

/// Validates, instruments and compiles a module; `gas` is reduced by what is charged.
///
/// # Errors
/// See [`ActivationError`].
pub fn activate(
    _wasm: &[u8],
    _rules: &Rules,
    _gas: &mut u64,
) -> Result<Activated, ActivationError> {
    Err(ActivationError {
        rule: "not_built",
        location: "stylus-vm".into(),
        expected: "an activation".into(),
        found: "a skeleton".into(),
    })
}
