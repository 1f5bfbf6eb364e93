//! Instrumentation: start mover, ink meter, dynamic meter, depth checker, heap bound, each on
//! the output of the one before; last, and not counted, the counters of blocks, if they are wanted, and the engine's
//! form.

mod block_counters;
mod depth;
mod dynamic_meter;
mod heap_bound;
mod ink_meter;
mod prices;

use wasmparser::{ExternalKind, Operator};

use super::code_section::CodeEncoder;
use super::engine_form::engine_form;
use super::injected::Injected;
use super::module::Module;
use crate::error::{ActivationError, Result, Rule};
use crate::exported::{ENTRYPOINT, INJECTED_NAMES};
use crate::{BasicBlock, Rules};

/// Name a start function is demoted to on debug chains.
const DEMOTED_START: &str = "stylus_start";

/// The parts of a module that are left after instrumentation.
pub(crate) struct Instrumented {
    /// Index of `user_entrypoint`.
    pub(crate) entrypoint: u32,
    /// Exports that count, injected globals included.
    pub(crate) export_names: Vec<String>,
    /// Per function: declared locals and operators after instrumentation.
    pub(crate) bodies: Vec<BodyCounts>,
    /// The first floating-point operation, as function index and text.
    pub(crate) float: Option<(usize, String)>,
    /// The encoded code section.
    pub(crate) code: CodeEncoder,
    pub(crate) globals: Injected,
    /// The basic blocks that are counted; none in other forms than [`Form::Counting`].
    pub(crate) blocks: Vec<BasicBlock>,
}

/// The form of the function bodies that is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The form that the engine runs.
    Engine,
    /// The same with a counter in every basic block.
    Counting,
    /// The form that is metered, as the chain prescribes it.
    Metered,
}

/// Counts of one function body.
pub(crate) struct BodyCounts {
    pub(crate) locals: usize,
    pub(crate) operators: usize,
}

/// Runs the module passes, then every function through the function passes.
pub(crate) fn instrument(
    module: &mut Module<'_>,
    rules: &Rules,
    form: Form,
) -> Result<Instrumented> {
    move_start(module, rules)?;
    let globals = Injected(module.first_injected_global());
    let pay = heap_bound::heap_bound_import(module)?;

    let mut out = Instrumented {
        entrypoint: 0,
        export_names: export_names(module),
        bodies: Vec::with_capacity(module.bodies.len()),
        float: None,
        code: CodeEncoder::default(),
        globals,
        blocks: Vec::new(),
    };
    // Every pass empties the one and fills the other.
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for (index, body) in module.bodies.iter().enumerate() {
        let locals = read_locals(body)?;
        let declared = locals
            .iter()
            .map(|(count, _)| *count)
            .fold(0, u32::saturating_add);

        let counted = number(out.blocks.len());
        let mut reader = body.get_operators_reader().map_err(unreadable)?;
        let mut begins_block = true;
        while !reader.eof() {
            let (op, offset) = reader.read_with_offset().map_err(unreadable)?;
            if form == Form::Counting && begins_block {
                out.blocks.push(BasicBlock {
                    function: number(module.imports.len().saturating_add(index)),
                    offset,
                    runs: 0,
                });
            }
            begins_block = prices::ends_block(&op);
            if out.float.is_none() && is_float_operation(&op) {
                out.float = Some((index, format!("{op:?}")));
            }
            from.push(op);
        }
        ink_meter::ink_meter(&mut from, &mut to, globals, &module.types);
        dynamic_meter::dynamic_meter(&mut to, &mut from, globals, index)?;
        depth::depth_checker(&mut from, &mut to, globals, module, index, declared)?;
        if let Some(pay) = pay {
            heap_bound::heap_bound(&mut to, &mut from, globals, pay);
            std::mem::swap(&mut from, &mut to);
        }

        out.bodies.push(BodyCounts {
            locals: usize::try_from(declared).unwrap_or(usize::MAX),
            operators: to.len(),
        });
        if form == Form::Counting {
            let memory = number(module.memories.len());
            block_counters::block_counters(&mut to, &mut from, globals, (memory, counted));
            std::mem::swap(&mut from, &mut to);
        }
        if matches!(form, Form::Engine | Form::Counting) {
            engine_form(&mut to, &mut from, globals, module);
            std::mem::swap(&mut from, &mut to);
        }
        out.code.function(&locals, &mut to)?;
    }
    out.entrypoint = entrypoint(module)?;
    Ok(out)
}

/// A start function is refused, or on a debug chain demoted to an export that never runs.
/// Production chains then forget all exports but the ones that matter.
fn move_start(module: &mut Module<'_>, rules: &Rules) -> Result<()> {
    if let Some(start) = module.start.take() {
        if !rules.debug {
            return Err(ActivationError::new(
                Rule::StartFunction,
                "the start section",
                "no start function",
                format!("function {start}"),
            ));
        }
        module
            .exports
            .insert(DEMOTED_START, (ExternalKind::Func, start));
    }
    if !rules.debug {
        module.exports.retain(|name, (kind, _)| {
            matches!(
                (*name, *kind),
                (ENTRYPOINT | DEMOTED_START, ExternalKind::Func) | ("memory", ExternalKind::Memory)
            )
        });
    }
    Ok(())
}

fn export_names(module: &Module<'_>) -> Vec<String> {
    module
        .exports
        .keys()
        .copied()
        .chain(INJECTED_NAMES)
        .map(str::to_owned)
        .collect()
}

fn entrypoint(module: &Module<'_>) -> Result<u32> {
    let Some((ExternalKind::Func, index)) = module.exports.get(ENTRYPOINT).copied() else {
        return Err(ActivationError::new(
            Rule::Entrypoint,
            "exports",
            "a function exported as `user_entrypoint`",
            "none",
        ));
    };
    let i32 = [wasmparser::ValType::I32];
    match module.function_type(index) {
        Some(ty) if ty.params() == i32 && ty.results() == i32 => Ok(index),
        other => Err(ActivationError::new(
            Rule::EntrypointSignature,
            "export user_entrypoint",
            "(i32) -> i32",
            other.map_or_else(String::new, ToString::to_string),
        )),
    }
}

fn read_locals(body: &wasmparser::FunctionBody<'_>) -> Result<Vec<(u32, wasmparser::ValType)>> {
    let reader = body.get_locals_reader().map_err(unreadable)?;
    reader
        .into_iter()
        .map(|run| run.map_err(unreadable))
        .collect()
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn unreadable(error: wasmparser::Error) -> ActivationError {
    ActivationError::new(
        Rule::Validation,
        format!("byte {:#x}", error.offset()),
        "a readable function body",
        error.message(),
    )
}

/// Floating-point operations that have no implementation. Constants, loads, stores and
/// reinterpretation have one.
fn is_float_operation(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::F32Eq
            | O::F32Ne
            | O::F32Lt
            | O::F32Gt
            | O::F32Le
            | O::F32Ge
            | O::F64Eq
            | O::F64Ne
            | O::F64Lt
            | O::F64Gt
            | O::F64Le
            | O::F64Ge
            | O::F32Abs
            | O::F32Neg
            | O::F32Ceil
            | O::F32Floor
            | O::F32Trunc
            | O::F32Nearest
            | O::F32Sqrt
            | O::F32Add
            | O::F32Sub
            | O::F32Mul
            | O::F32Div
            | O::F32Min
            | O::F32Max
            | O::F32Copysign
            | O::F64Abs
            | O::F64Neg
            | O::F64Ceil
            | O::F64Floor
            | O::F64Trunc
            | O::F64Nearest
            | O::F64Sqrt
            | O::F64Add
            | O::F64Sub
            | O::F64Mul
            | O::F64Div
            | O::F64Min
            | O::F64Max
            | O::F64Copysign
            | O::I32TruncF32S
            | O::I32TruncF32U
            | O::I32TruncF64S
            | O::I32TruncF64U
            | O::I64TruncF32S
            | O::I64TruncF32U
            | O::I64TruncF64S
            | O::I64TruncF64U
            | O::I32TruncSatF32S
            | O::I32TruncSatF32U
            | O::I32TruncSatF64S
            | O::I32TruncSatF64U
            | O::I64TruncSatF32S
            | O::I64TruncSatF32U
            | O::I64TruncSatF64S
            | O::I64TruncSatF64U
            | O::F32ConvertI32S
            | O::F32ConvertI32U
            | O::F32ConvertI64S
            | O::F32ConvertI64U
            | O::F64ConvertI32S
            | O::F64ConvertI32U
            | O::F64ConvertI64S
            | O::F64ConvertI64U
            | O::F32DemoteF64
            | O::F64PromoteF32
    )
}
