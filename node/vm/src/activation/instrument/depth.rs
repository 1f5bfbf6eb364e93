//! Charges every function's frame to a stack budget.

use wasmparser::{
    BlockType, ContType, FrameKind, FuncType, ModuleArity, Operator, RefType, SubType,
};

use super::super::injected::{Injected, get, if_then, number, set};
use super::super::module::Module;
use crate::error::{ActivationError, Result, Rule};

/// Largest frame, in words.
const FRAME_LIMIT: u32 = 10_240;
/// Most values on one frame's stack.
const VALUE_LIMIT: u32 = 4_096;
/// Words of a frame besides values and declared locals.
const FRAME_OVERHEAD: u32 = 4;

/// Puts a check at the function's start and gives the frame back before every `return`.
///
/// A branch to the function's own outermost label skips the credit: so it is on the real chain.
pub(super) fn depth_checker<'a>(
    input: &mut Vec<Operator<'a>>,
    output: &mut Vec<Operator<'a>>,
    globals: Injected,
    module: &Module<'a>,
    function: usize,
    locals: u32,
) -> Result<()> {
    let size = frame_words(input, module, function, locals)?;
    let space = globals.stack_left();
    let value = size.cast_signed();
    output.extend([
        // if space <= frame { space = 0; trap }
        get(space),
        number(value),
        Operator::I32LeU,
        if_then(),
        number(0),
        set(space),
        Operator::Unreachable,
        Operator::End,
        // space -= frame
        get(space),
        number(value),
        Operator::I32Sub,
        set(space),
    ]);
    let credit = [get(space), number(value), Operator::I32Add, set(space)];
    let last = input.pop();
    for op in input.drain(..) {
        if matches!(op, Operator::Return) {
            output.extend_from_slice(&credit);
        }
        output.push(op);
    }
    output.extend_from_slice(&credit);
    output.push(Operator::Return);
    output.extend(last);
    Ok(())
}

/// Words of a function's frame: the highest stack, the declared locals, and 4.
fn frame_words(
    ops: &[Operator<'_>],
    module: &Module<'_>,
    function: usize,
    locals: u32,
) -> Result<u32> {
    let worst = worst_height(ops, module).ok_or_else(|| {
        ActivationError::new(
            Rule::Opcode,
            format!("function {function}"),
            "operators with a known effect on the stack",
            "another one",
        )
    })?;
    let location = || format!("function {function}");
    if worst > VALUE_LIMIT {
        return Err(ActivationError::new(
            Rule::ValueStack,
            location(),
            format!("at most {VALUE_LIMIT} values on the stack"),
            worst.to_string(),
        ));
    }
    let size = worst.saturating_add(locals).saturating_add(FRAME_OVERHEAD);
    if size > FRAME_LIMIT {
        return Err(ActivationError::new(
            Rule::Frame,
            location(),
            format!("a frame of at most {FRAME_LIMIT} words"),
            size.to_string(),
        ));
    }
    Ok(size)
}

/// The meter's own model of the stack: results are pushed before arguments are popped, popping
/// stops at zero, branches do nothing, and `else` and `end` go back to their scope's height.
fn worst_height(ops: &[Operator<'_>], module: &Module<'_>) -> Option<u32> {
    let mut height = Height::default();
    let mut scopes = vec![0u32];
    for op in ops {
        match op {
            Operator::Block { blockty } | Operator::Loop { blockty } => {
                height.block(*blockty, module)?;
                scopes.push(height.now);
            }
            Operator::If { blockty } => {
                height.pop(1);
                height.block(*blockty, module)?;
                scopes.push(height.now);
            }
            Operator::Else => height.now = *scopes.last()?,
            Operator::End => height.now = scopes.pop()?,
            Operator::Br { .. } | Operator::Return | Operator::Unreachable | Operator::Nop => {}
            Operator::BrIf { .. } | Operator::BrTable { .. } => height.pop(1),
            Operator::LocalGet { .. } | Operator::GlobalGet { .. } => height.push(1),
            Operator::I32Const { .. } | Operator::I64Const { .. } => height.push(1),
            Operator::LocalSet { .. } | Operator::GlobalSet { .. } => height.pop(1),
            Operator::Call { function_index } => {
                height.call(module.function_type(*function_index)?);
            }
            Operator::CallIndirect { type_index, .. } => {
                height.call(module.types.get(usize::try_from(*type_index).ok()?)?);
                height.pop(1);
            }
            simple => {
                let (pops, pushes) = simple.operator_arity(&NoTypes)?;
                height.push(pushes.saturating_sub(pops));
                height.pop(pops.saturating_sub(pushes));
            }
        }
    }
    Some(height.worst)
}

#[derive(Default)]
struct Height {
    now: u32,
    worst: u32,
}

impl Height {
    fn push(&mut self, count: u32) {
        self.now = self.now.saturating_add(count);
        self.worst = self.worst.max(self.now);
    }

    fn pop(&mut self, count: u32) {
        self.now = self.now.saturating_sub(count);
    }

    fn call(&mut self, ty: &FuncType) {
        self.push(u32::try_from(ty.results().len()).unwrap_or(u32::MAX));
        self.pop(u32::try_from(ty.params().len()).unwrap_or(u32::MAX));
    }

    fn block(&mut self, ty: BlockType, module: &Module<'_>) -> Option<()> {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(index) => {
                self.call(module.types.get(usize::try_from(index).ok()?)?);
            }
        }
        Some(())
    }
}

/// Arity of operators that depend on no type of the module.
struct NoTypes;

impl ModuleArity for NoTypes {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }

    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }

    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }

    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        0
    }

    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
