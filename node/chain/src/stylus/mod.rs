//! Stylus frames: how a program starts, what it asks, how it ends.

pub(crate) mod programs;
mod requests;

use crate::{
    arbos::{LAYOUT, Params, Program, Store, fine},
    halt::OUT_OF_STACK,
    pages::{self, Pages},
    session::Ctx,
    trace::ProgramStart,
};
use alloy_primitives::{B256, Bytes};
use requests::Waiting;
use revm::{
    context::{Cfg, ContextTr},
    context_interface::{Block, Transaction},
    handler::{EthFrame, FrameData},
    interpreter::{
        Gas, InstructionResult, InterpreterAction, InterpreterResult,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, RuntimeFlag},
    },
};
use stylus_vm::{CallContext, Event, Outcome, OutcomeKind, Run};

/// Returns true if code is run as WASM: a classic program, or from ArbOS 60 the root of a fragmented one.
pub(crate) fn is_program(code: &[u8], arbos_version: u64) -> bool {
    match code.get(..3) {
        Some([0xef, 0xf0, 0x00]) => code.len() > 3,
        Some([0xef, 0xf0, 0x02]) => code.len() > 3 && arbos_version >= 60,
        _ => false,
    }
}

/// Returns true if code is a program or a part of one, from ArbOS 60 a fragment, too. Only such code may
/// begin with 0xEF, and its account cannot destroy itself.
pub(crate) fn is_stylus_code(code: &[u8], arbos_version: u64) -> bool {
    let fragment = code.starts_with(&[0xef, 0xf0, 0x01]) && code.len() > 3;
    is_program(code, arbos_version) || (fragment && arbos_version >= 60)
}

/// The Stylus half of a frame.
#[derive(Default)]
pub(crate) struct WasmFrame {
    run: Option<Run>,
    /// The request that a call or creation is made for.
    waiting: Option<Waiting>,
    /// Pages open before this frame, once it opened its own.
    pages_before: Option<u16>,
    /// Gas of the frame at its start.
    start_gas: u64,
    /// Ink of the program at its start, and the length of its arguments.
    traced: (u64, usize),
    params: Option<Params>,
}

impl WasmFrame {
    /// Gives the frame's pages back, however it ended.
    pub(crate) fn close(&self, pages: &mut Pages) {
        if let Some(before) = self.pages_before {
            pages.open = before;
        }
    }
}

/// Runs a Stylus frame until it calls, creates or ends.
pub(crate) fn run(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    wasm: &mut WasmFrame,
) -> InterpreterAction {
    match drive(ctx, frame, wasm) {
        Ok(action) => action,
        Err(result) => end(frame, result, Bytes::new(), 0),
    }
}

fn drive(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    wasm: &mut WasmFrame,
) -> Result<InterpreterAction, InstructionResult> {
    let (mut run, mut answer) = match wasm.run.take() {
        None => (start(ctx, frame, wasm)?, None),
        Some(run) => (
            run,
            wasm.waiting.take().map(|waiting| waiting.answer(frame)),
        ),
    };
    loop {
        if ctx.chain.must_stop() {
            return Err(InstructionResult::FatalExternalError);
        }
        match run.resume(answer.take()) {
            Event::Done(outcome) => return Ok(finish(ctx, frame, wasm, outcome)),
            Event::Request(request) => match requests::serve(ctx, frame, wasm, request) {
                requests::Response::Now(reply) => answer = Some(reply),
                requests::Response::Frame(input, waiting) => {
                    wasm.waiting = Some(waiting);
                    if let Some(tracer) = &mut ctx.chain.tracer {
                        let (records, bytes) = run.traced();
                        tracer.running(records, bytes);
                    }
                    wasm.run = Some(run);
                    return Ok(InterpreterAction::NewFrame(input));
                }
            },
        }
    }
}

/// Checks the program, charges what a start costs and instantiates it.
fn start(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    wasm: &mut WasmFrame,
) -> Result<Run, InstructionResult> {
    let creation = matches!(frame.data, FrameData::Create(_));
    let code = frame.interpreter.bytecode.original_bytes();
    let code_hash = if creation {
        B256::ZERO
    } else {
        frame.interpreter.bytecode.get_or_calculate_hash()
    };
    let now: u64 = ctx.block().timestamp().saturating_to();
    let params = Params::unpack(fine(ctx.read(LAYOUT.params)));
    let record = fine(Program::load(ctx, code_hash));
    if let Err(reason) = record.check(&params, now) {
        ctx.chain.failure = Some(reason.to_string());
        return Err(InstructionResult::NotActivated);
    }
    let program = programs::load(ctx, code_hash, &code, &params).map_err(|error| {
        ctx.chain.failure = Some(error);
        InstructionResult::NotActivated
    })?;

    let gas = &mut frame.interpreter.gas;
    wasm.start_gas = gas.remaining();
    wasm.params = Some(params);
    let mut cost = pages::cost(&ctx.chain.pages, record.footprint, &params);
    let recent = ctx.chain.arbos_version >= 60
        && ctx
            .chain
            .recent
            .borrow_mut()
            .insert(code_hash, params.block_cache_size);
    let cached = record.cached || recent;
    cost = cost.saturating_add(params.start().start_gas(&record.info(), cached));
    if !gas.record_regular_cost(cost) {
        return Err(InstructionResult::OutOfGas);
    }
    wasm.pages_before = Some(ctx.chain.pages.open);
    pages::open(&mut ctx.chain.pages, record.footprint, &params);

    let call = call_context(ctx, frame, &params);
    let start_ink = call.gas.saturating_mul(u64::from(call.ink_price));
    wasm.traced = (start_ink, call.calldata.len());
    let mut run = Run::start(&program, call).map_err(|error| {
        ctx.chain.failure = Some(error.to_string());
        InstructionResult::NotActivated
    })?;
    if ctx.chain.is_transaction && ctx.chain.budget.is_some() {
        run.ration(INK_AT_ONCE);
    }
    Ok(run)
}

/// Ink that a program whose time is bounded may use without asking the chain for anything: about a minute's work, and three
/// times what a transaction may use on a live chain.
const INK_AT_ONCE: u64 = 1 << 40;

fn call_context(ctx: &Ctx<'_>, frame: &EthFrame<EthInterpreter>, params: &Params) -> CallContext {
    let interpreter = &frame.interpreter;
    let acting = interpreter.input.target_address();
    let (block, tx) = (ctx.block(), ctx.tx());
    let basefee = block.basefee();
    CallContext {
        calldata: interpreter.input.input().bytes(ctx),
        gas: interpreter.gas.remaining(),
        start_ink: None,
        ink_price: params.ink_price,
        max_depth_words: params.max_stack_depth,
        arbos_version: ctx.chain.arbos_version,
        read_only: interpreter.runtime_flag.is_static(),
        reentrant: ctx.chain.reentrant(acting),
        block_basefee: alloy_primitives::U256::from(basefee),
        chain_id: ctx.cfg().chain_id(),
        block_coinbase: block.beneficiary(),
        block_gas_limit: block.gas_limit(),
        block_number: block.number().saturating_to(),
        block_timestamp: block.timestamp().saturating_to(),
        contract_address: acting,
        msg_sender: interpreter.input.caller_address(),
        msg_value: interpreter.input.call_value(),
        tx_gas_price: alloy_primitives::U256::from(ctx.chain.message_price),
        tx_origin: tx.caller(),
        trace: ctx.chain.tracer.as_ref().is_some_and(|t| t.hostios),
        records_preimages: ctx.chain.programs().is_recording_preimages(),
    }
}

/// Turns the end of a program into the end of its frame.
fn finish(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    wasm: &WasmFrame,
    mut outcome: Outcome,
) -> InterpreterAction {
    let depth = ctx.chain.frames.len();
    if let Some(tracer) = ctx.chain.tracer.as_mut().filter(|t| t.hostios) {
        let start = ProgramStart {
            args_len: wasm.traced.1,
            ink: wasm.traced.0,
            ink_price: wasm.params.as_ref().map_or(1, |params| params.ink_price),
            depth,
        };
        tracer.ran(&mut outcome, &start);
    }
    for line in outcome.console {
        ctx.chain.console.push(line);
    }
    let preimages = outcome.preimages.into_iter();
    preimages.for_each(|(hash, preimage)| ctx.chain.programs().add_preimage(hash, preimage));
    if !outcome.blocks.is_empty() {
        let code_hash = frame.interpreter.bytecode.get_or_calculate_hash();
        ctx.chain.programs().ran(code_hash, outcome.blocks);
    }
    let result = match outcome.kind {
        OutcomeKind::Success => InstructionResult::Return,
        OutcomeKind::Revert => InstructionResult::Revert,
        OutcomeKind::Failure => {
            ctx.chain.failure = outcome.error.map(|error| error.to_string());
            return end(
                frame,
                InstructionResult::Revert,
                Bytes::new(),
                outcome.gas_left,
            );
        }
        OutcomeKind::OutOfInk => {
            return end(frame, InstructionResult::OutOfGas, Bytes::new(), 0);
        }
        OutcomeKind::TooLong => {
            ctx.chain.is_stopped = true;
            return end(frame, InstructionResult::OutOfGas, Bytes::new(), 0);
        }
        OutcomeKind::OutOfStack => {
            ctx.chain.failure = Some(OUT_OF_STACK.into());
            return end(frame, InstructionResult::StackOverflow, Bytes::new(), 0);
        }
    };
    let mut gas_left = outcome.gas_left;
    if ctx.chain.arbos_version >= 31 && !outcome.output.is_empty() {
        let floor = stylus_vm::output_gas_floor(outcome.output.len());
        if wasm.start_gas < floor {
            return end(frame, InstructionResult::OutOfGas, Bytes::new(), 0);
        }
        gas_left = gas_left.min(wasm.start_gas - floor);
    }
    end(frame, result, outcome.output, gas_left)
}

fn end(
    frame: &mut EthFrame<EthInterpreter>,
    result: InstructionResult,
    output: Bytes,
    gas_left: u64,
) -> InterpreterAction {
    let interpreter = &mut frame.interpreter;
    let mut gas = Gas::new(interpreter.gas.limit());
    gas.set_remaining(gas_left);
    gas.set_refunded(interpreter.gas.refunded());
    InterpreterAction::Return(InterpreterResult {
        result,
        output,
        gas,
    })
}
