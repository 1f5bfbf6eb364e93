//! EVM frames that run until they call, create or end, and stop where their time is over.

use crate::session::Ctx;
use revm::interpreter::{
    Gas, InstructionResult, Interpreter, InterpreterAction,
    instructions::{GasTable, InstructionTable},
    interpreter::EthInterpreter,
    interpreter_types::LoopControl,
};

/// Gas that a frame uses between two looks at the clock: about a millisecond's work.
const PACE: u64 = 1 << 20;

/// The gas with which a frame looks at the clock again.
pub(super) struct Pace(u64);

impl Pace {
    pub(super) fn begin(gas: &Gas) -> Self {
        Self(gas.remaining().saturating_sub(PACE))
    }

    /// Returns true if the frame must stop.
    #[inline]
    pub(super) fn stops(&mut self, gas: &Gas, ctx: &mut Ctx<'_>) -> bool {
        if gas.remaining() >= self.0 {
            return false;
        }
        *self = Self::begin(gas);
        ctx.chain.must_stop()
    }
}

/// Runs an EVM frame until it calls, creates or ends.
pub(super) fn run<'a>(
    interpreter: &mut Interpreter<EthInterpreter>,
    table: &InstructionTable<EthInterpreter, Ctx<'a>>,
    gas_table: &GasTable,
    ctx: &mut Ctx<'a>,
) -> InterpreterAction {
    let mut pace = Pace::begin(&interpreter.gas);
    let end = loop {
        if let Err(end) = interpreter.step(table, gas_table, ctx) {
            break end;
        }
        if pace.stops(&interpreter.gas, ctx) {
            break InstructionResult::FatalExternalError;
        }
    };
    if interpreter.bytecode.action().is_none() {
        interpreter.halt(end);
    }
    interpreter.take_next_action()
}
