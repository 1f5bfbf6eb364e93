//! Activated programs.

use std::sync::Arc;

use crate::engine::{self, Compiled};
use crate::signature::Hook;
use crate::{ActivationError, BasicBlock};

/// Values that the chain keeps about an activated program.
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

/// An instrumented, compiled program. Cheap to clone; one engine per program, freed with its
/// last clone.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) stylus_version: u16,
    instrumented_len: usize,
}

impl Program {
    /// Stylus version the program was activated for.
    pub fn stylus_version(&self) -> u16 {
        self.stylus_version
    }

    /// Bytes of the instrumented module, by which a cache can bound itself: compiled code takes
    /// three to eight times as much memory.
    pub fn instrumented_len(&self) -> usize {
        self.instrumented_len
    }

    /// Returns true if its runs say how often each basic block ran.
    pub fn is_counting(&self) -> bool {
        !self.compiled.blocks.is_empty()
    }

    pub(crate) fn compile(
        wasm: &[u8],
        hooks: &[Hook],
        blocks: Vec<BasicBlock>,
        stylus_version: u16,
    ) -> Result<Self, ActivationError> {
        let compiled = Arc::new(engine::compile(wasm, hooks, blocks)?);
        Ok(Self {
            compiled,
            stylus_version,
            instrumented_len: wasm.len(),
        })
    }
}

/// The result of an activation.
#[derive(Clone, Debug)]
pub struct Activated {
    /// Values that the chain keeps.
    pub info: ProgramInfo,
    /// The program that runs.
    pub program: Program,
}
