//! Encodes instrumented function bodies.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Function};
use wasmparser::Operator;

use crate::error::{ActivationError, Result, Rule};

type Broken = wasm_encoder::reencode::Error;

pub(super) fn broken(error: Broken) -> ActivationError {
    ActivationError::new(
        Rule::Engine,
        "the instrumented module",
        "a module that can be encoded",
        error.to_string(),
    )
}

/// Collects instrumented function bodies.
#[derive(Default)]
pub(crate) struct CodeEncoder {
    pub(super) section: CodeSection,
}

impl CodeEncoder {
    pub(crate) fn function(
        &mut self,
        locals: &[(u32, wasmparser::ValType)],
        ops: &mut Vec<Operator<'_>>,
    ) -> Result<()> {
        let mut runs = Vec::with_capacity(locals.len());
        for (count, ty) in locals {
            runs.push((*count, RoundtripReencoder.val_type(*ty).map_err(broken)?));
        }
        let mut function = Function::new(runs);
        for op in ops.drain(..) {
            function.instruction(&RoundtripReencoder.instruction(op).map_err(broken)?);
        }
        self.section.function(&function);
        Ok(())
    }
}
