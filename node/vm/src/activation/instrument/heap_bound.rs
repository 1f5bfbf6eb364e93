//! Makes memory growth pay.

use wasmparser::Operator;

use super::super::injected::{Injected, get, set};
use super::super::module::Module;
use crate::error::{ActivationError, Result, Rule};
use crate::signature::{MODULE, PAY_FOR_MEMORY_GROW};

/// Largest number of initial pages a module is compiled for.
const HEAP_BOUND_PAGES: u64 = 128;

/// Judges the memory; gives the function to call before `memory.grow`, or `None` when the memory
/// cannot grow.
pub(super) fn heap_bound_import(module: &Module<'_>) -> Result<Option<u32>> {
    let memory = the_memory(module)?;
    if memory.initial > HEAP_BOUND_PAGES {
        return Err(ActivationError::new(
            Rule::HeapBound,
            "the memory",
            format!("at most {HEAP_BOUND_PAGES} initial pages"),
            memory.initial.to_string(),
        ));
    }
    if memory.maximum == Some(memory.initial) {
        return Ok(None);
    }
    let import = module
        .imports
        .iter()
        .position(|import| import.module == MODULE && import.name == PAY_FOR_MEMORY_GROW)
        .and_then(|index| u32::try_from(index).ok());
    let Some(import) = import else {
        return Err(ActivationError::new(
            Rule::PayForMemoryGrow,
            "imports",
            "vm_hooks.pay_for_memory_grow, because the memory can grow",
            "no such import",
        ));
    };
    match module.function_type(import) {
        Some(ty) if ty.params() == [wasmparser::ValType::I32] && ty.results().is_empty() => {
            Ok(Some(import))
        }
        other => Err(ActivationError::new(
            Rule::PayForMemoryGrowSignature,
            "import vm_hooks.pay_for_memory_grow",
            "(i32) -> ()",
            other.map_or_else(String::new, ToString::to_string),
        )),
    }
}

/// The one memory, exported as `memory`.
pub(super) fn the_memory<'m>(module: &'m Module<'_>) -> Result<&'m wasmparser::MemoryType> {
    let exported = module.exports.get("memory") == Some(&(wasmparser::ExternalKind::Memory, 0));
    match module.memories.as_slice() {
        [memory] if exported => Ok(memory),
        _ => Err(ActivationError::new(
            Rule::Memory,
            "exports",
            "one memory exported as `memory`",
            format!("{} memories, exported: {exported}", module.memories.len()),
        )),
    }
}

/// Puts 4 operators before every `memory.grow`.
pub(super) fn heap_bound<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    pay: u32,
) {
    let scratch = globals.scratch();
    for op in input.drain(..) {
        if matches!(op, Operator::MemoryGrow { .. }) {
            output.extend([
                set(scratch),
                get(scratch),
                get(scratch),
                Operator::Call {
                    function_index: pay,
                },
            ]);
        }
        output.push(op);
    }
}
