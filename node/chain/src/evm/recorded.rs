//! EVM frames that run opcode by opcode, so that each is recorded and counted.

use super::plain::Pace;
use crate::{session::Ctx, trace::opcodes::Step};
use alloy_primitives::Bytes;
use revm::bytecode::opcode;
use revm::context::{ContextTr, JournalTr};
use revm::interpreter::{
    FrameInput, Gas, InstructionResult, Interpreter, InterpreterAction, Stack,
    instructions::{GasTable, InstructionTable},
    interpreter::EthInterpreter,
    interpreter_types::{Jumps, LegacyBytecode, LoopControl},
};

/// Runs an EVM frame opcode by opcode until it calls, creates or ends, and records and counts each.
pub(crate) fn run<'a>(
    interpreter: &mut Interpreter<EthInterpreter>,
    table: &InstructionTable<EthInterpreter, Ctx<'a>>,
    gas_table: &GasTable,
    ctx: &mut Ctx<'a>,
) -> InterpreterAction {
    let mut begun = if ctx.chain.programs().counts_instructions() {
        vec![0_u64; interpreter.bytecode.bytecode_len()]
    } else {
        Vec::new()
    };
    let records_preimages = ctx.chain.programs().is_recording_preimages();
    let mut pace = Pace::begin(&interpreter.gas);
    let end = loop {
        if let Some(runs) = begun.get_mut(interpreter.bytecode.pc()) {
            *runs += 1;
        }
        let (tracer, depth) = (ctx.chain.tracer.as_ref(), ctx.chain.frames.len());
        let step = tracer.and_then(|tracer| Step::begin(interpreter, tracer, depth));
        // An opcode that runs out of gas has changed the journal already.
        let before = step.as_ref().map(|_| {
            let checkpoint = ctx.journal_mut().checkpoint();
            (interpreter.stack.clone(), interpreter.gas, checkpoint)
        });
        if let Some(accesses) = &mut ctx.chain.accesses {
            accesses.step(interpreter);
        }
        let hashed = read_hash_range(interpreter).filter(|_| records_preimages);
        let failure = interpreter.step(table, gas_table, ctx).err();
        let mut cost = None;
        if let Some((stack, gas, checkpoint)) = before {
            if failure.is_some_and(is_short_of_gas) {
                ctx.journal_mut().checkpoint_revert(checkpoint);
                let step =
                    |again: &mut Interpreter<EthInterpreter>| again.step(table, gas_table, ctx);
                cost = full_cost(interpreter, (stack, gas), step);
            } else {
                ctx.journal_mut().checkpoint_commit()
            }
        }
        // What a creation passes on is no cost of its opcode.
        if let (Some(step), Some(InterpreterAction::NewFrame(FrameInput::Create(create)))) =
            (&step, interpreter.bytecode.action())
        {
            let kept = interpreter.gas.remaining() + create.gas_limit();
            cost = Some(step.gas().saturating_sub(kept));
        }
        if let Some(tracer) = &mut ctx.chain.tracer
            && let Some(step) = step
            && !step.end(interpreter, tracer, failure, cost)
        {
            // The tracer knows that it has reached a bound.
            break InstructionResult::OutOfGas;
        }
        if let Some(end) = failure {
            break end;
        }
        if let Some((from, count)) = hashed
            && let Some(hash) = interpreter.stack.data().last()
        {
            let preimage = Bytes::copy_from_slice(&interpreter.memory.slice_len(from, count));
            ctx.chain.programs().add_preimage((*hash).into(), preimage);
        }
        if pace.stops(&interpreter.gas, ctx) {
            break InstructionResult::FatalExternalError;
        }
    };
    if !begun.is_empty() {
        let code_hash = interpreter.bytecode.get_or_calculate_hash();
        let code = interpreter.bytecode.bytecode_slice();
        ctx.chain.programs().stepped(code_hash, code, begun);
    }
    if interpreter.bytecode.action().is_none() {
        interpreter.halt(end);
    }
    interpreter.take_next_action()
}

/// Reads the offset and the length in bytes of the memory that the next opcode hashes; none if it is not KECCAK256.
fn read_hash_range(interpreter: &Interpreter<EthInterpreter>) -> Option<(usize, usize)> {
    if interpreter.bytecode.opcode() != opcode::KECCAK256 {
        return None;
    }
    let mut stack = interpreter.stack.data().iter().rev();
    let (from, count) = (stack.next()?, stack.next()?);
    let count = usize::try_from(*count).ok()?;
    // An empty range may have any offset, even beyond memory.
    let from = if count == 0 {
        Some(0)
    } else {
        usize::try_from(*from).ok()
    };
    Some((from?, count))
}

/// Gas that every opcode can be paid with, short of memory that nobody can pay.
const PLENTY: u64 = 1 << 30;

fn is_short_of_gas(end: InstructionResult) -> bool {
    use InstructionResult as I;
    matches!(end, I::OutOfGas | I::MemoryOOG | I::InvalidOperandOOG)
}

/// Works out the cost of an opcode that ran out of gas: it runs once more, with plenty. Its frame ends, so that
/// nothing of this stays.
fn full_cost(
    interpreter: &mut Interpreter<EthInterpreter>,
    (stack, gas): (Stack, Gas),
    step: impl FnOnce(&mut Interpreter<EthInterpreter>) -> Result<(), InstructionResult>,
) -> Option<u64> {
    let spent = std::mem::replace(&mut interpreter.gas, Gas::new(PLENTY));
    interpreter.stack = stack;
    interpreter.bytecode.relative_jump(-1);
    let cost = match step(interpreter) {
        Err(end) if is_short_of_gas(end) => None,
        _ => Some(PLENTY.saturating_sub(interpreter.gas.remaining())),
    };
    *interpreter.bytecode.action() = None;
    interpreter.gas = spent;
    cost.filter(|cost| *cost > gas.remaining())
}
