//! EVM frames that run opcode by opcode, so that each is recorded and counted.

use crate::{session::Ctx, trace::opcodes::Step};
use revm::interpreter::{
    InstructionResult, Interpreter, InterpreterAction,
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
    let mut begun = match ctx.chain.programs().counts_instructions() {
        true => vec![0_u64; interpreter.bytecode.bytecode_len()],
        false => Vec::new(),
    };
    let end = loop {
        if let Some(runs) = begun.get_mut(interpreter.bytecode.pc()) {
            *runs += 1;
        }
        let (tracer, depth) = (ctx.chain.tracer.as_ref(), ctx.chain.frames.len());
        let step = tracer.and_then(|tracer| Step::begin(interpreter, tracer, depth));
        let stepped = interpreter.step(table, gas_table, ctx);
        let failure = stepped.err();
        if let Some(tracer) = &mut ctx.chain.tracer
            && let Some(step) = step
            && !step.end(interpreter, tracer, failure)
        {
            // The tracer knows that it has reached a bound.
            break InstructionResult::OutOfGas;
        }
        if let Some(end) = failure {
            break end;
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
