//! Frames: an EVM frame of revm that may carry a run of a Stylus program instead of opcodes.

use super::{plain, recorded};
use crate::{
    arbos::PRECOMPILE_CODE,
    console,
    halt::{CODE_STORAGE, opcode_text},
    precompiles::{self, ArbPrecompiles},
    session::{Ctx, OpenFrame, load_account},
    stylus,
};
use revm::{
    bytecode::Bytecode,
    context::{Evm, FrameStack, JournalTr},
    context_interface::context::ContextError,
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, FrameTr, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
    },
    interpreter::{
        CallInputs, FrameInput, InstructionResult, InterpreterAction, interpreter::EthInterpreter,
        interpreter_action::FrameInit,
    },
    primitives::KECCAK_EMPTY,
};

/// An EVM frame, or a Stylus frame whose gas, memory and checkpoint are kept by the EVM frame.
pub(crate) struct Frame {
    pub(crate) eth: EthFrame<EthInterpreter>,
    pub(crate) wasm: Option<Box<stylus::WasmFrame>>,
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            eth: EthFrame::invalid(),
            wasm: None,
        }
    }
}

impl FrameTr for Frame {
    type FrameResult = FrameResult;
    type FrameInit = FrameInit;
}

type Inner<'a> = Evm<Ctx<'a>, (), EthInstructions<EthInterpreter, Ctx<'a>>, ArbPrecompiles, Frame>;

/// revm's EVM with Stylus frames.
pub(crate) struct ArbEvm<'a>(pub(crate) Inner<'a>);

/// The ArbOS version from which a delegation (EIP-7702) to a precompile of Arbitrum is empty code. Before it the byte 0xfe
/// of the precompile's account runs.
const PRECOMPILE_DELEGATION_IS_EMPTY: u64 = 50;

/// Returns true if the called account delegates to a precompile, whose code is empty for it.
fn delegates_to_precompile(ctx: &mut Ctx<'_>, call: &CallInputs) -> bool {
    let version = ctx.chain.arbos_version;
    if version < PRECOMPILE_DELEGATION_IS_EMPTY
        || call.known_bytecode.1.original_byte_slice() != PRECOMPILE_CODE
    {
        return false;
    }
    let code = load_account(ctx, call.bytecode_address).code;
    let delegate = code.and_then(|code| code.eip7702_address());
    delegate.is_some_and(|delegate| {
        precompiles::addresses(version, ctx.chain.debug).contains(&delegate)
    })
}

impl<'a> EvmTr for ArbEvm<'a> {
    type Context = Ctx<'a>;
    type Instructions = EthInstructions<EthInterpreter, Ctx<'a>>;
    type Precompiles = ArbPrecompiles;
    type Frame = Frame;

    fn all(
        &self,
    ) -> (
        &Self::Context,
        &Self::Instructions,
        &Self::Precompiles,
        &FrameStack<Frame>,
    ) {
        (
            &self.0.ctx,
            &self.0.instruction,
            &self.0.precompiles,
            &self.0.frame_stack,
        )
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Frame>,
    ) {
        let evm = &mut self.0;
        (
            &mut evm.ctx,
            &mut evm.instruction,
            &mut evm.precompiles,
            &mut evm.frame_stack,
        )
    }

    fn frame_init(
        &mut self,
        mut init: FrameInit,
    ) -> Result<FrameInitResult<'_, Frame>, ContextDbError<Ctx<'a>>> {
        let Evm {
            ctx,
            precompiles,
            frame_stack,
            ..
        } = &mut self.0;
        ctx.chain.refusal = None;
        if let FrameInput::Call(call) = &mut init.frame_input
            && delegates_to_precompile(ctx, call)
        {
            call.known_bytecode = (KECCAK_EMPTY, Bytecode::default());
        }
        let open = open_frame(&init.frame_input);
        if let FrameInput::Call(call) = &init.frame_input
            && call.bytecode_address == console::ADDRESS
        {
            ctx.chain
                .console
                .called(&call.input.bytes_local(&ctx.local));
        }
        if let Some(tracer) = &mut ctx.chain.tracer
            && !tracer.enter(&init.frame_input, &ctx.local)
        {
            return Err(trace_limit());
        }

        let first = frame_stack.index().is_none();
        let mut slot = if first {
            frame_stack.start_init()
        } else {
            frame_stack.get_next()
        };
        let frame = slot.get(Frame::default);
        frame.wasm = None;
        let eth = revm::context_interface::local::OutFrame::new_init(&mut frame.eth);
        if let ItemOrResult::Result(result) =
            EthFrame::init_with_context(eth, ctx, precompiles, init)?
        {
            // A precompile has run, and may have written logs.
            if let Some(tracer) = &mut ctx.chain.tracer {
                tracer.logged(ctx.journaled_state.logs());
                tracer.exit(&result, ctx.chain.failure.as_deref());
            }
            return Ok(ItemOrResult::Result(result));
        }

        if stylus::is_program(
            frame.eth.interpreter.bytecode.original_byte_slice(),
            ctx.chain.arbos_version,
        ) {
            frame.wasm = Some(Box::default());
        }
        let created = match &frame.eth.data {
            revm::handler::FrameData::Create(create) => Some(create.created_address),
            revm::handler::FrameData::Call(_) => None,
        };
        if let (Some(tracer), Some(created)) = (&mut ctx.chain.tracer, created) {
            tracer.creates_at(created);
        }
        ctx.chain.enter(OpenFrame {
            counted: created.or(open.counted),
            ..open
        });

        let token = slot.consume();
        // SAFETY: `slot` came from this stack just now and `get` initialized it.
        unsafe {
            if first {
                frame_stack.end_init(token)
            } else {
                frame_stack.push(token)
            }
        }
        Ok(ItemOrResult::Item(frame_stack.get()))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Frame>, ContextDbError<Ctx<'a>>> {
        let Evm {
            ctx,
            instruction,
            frame_stack,
            ..
        } = &mut self.0;
        if ctx.chain.must_stop() {
            return Err(stopped());
        }
        let frame = frame_stack.get();
        let mut action = if let Some(wasm) = &mut frame.wasm {
            stylus::run(ctx, &mut frame.eth, wasm)
        } else {
            let (table, gas_table) = (instruction.instruction_table(), instruction.gas_table());
            let interpreter = &mut frame.eth.interpreter;
            let tracer = ctx.chain.tracer.as_ref();
            let is_recorded = tracer.is_some_and(|tracer| tracer.opcodes.is_some())
                || ctx.chain.accesses.is_some();
            let is_recorded = is_recorded
                || ctx.chain.programs().counts_instructions()
                || ctx.chain.programs().is_recording_preimages();
            if is_recorded {
                recorded::run(interpreter, table, gas_table, ctx)
            } else {
                plain::run(interpreter, table, gas_table, ctx)
            }
        };
        if ctx.chain.is_stopped {
            return Err(stopped());
        }
        if let Some(tracer) = &mut ctx.chain.tracer {
            tracer.logged(ctx.journaled_state.logs());
            if tracer.limit().is_some() {
                return Err(trace_limit());
            }
        }
        let mut was_ok = false;
        if let InterpreterAction::Return(result) = &mut action {
            refuse_foreign_ef(&frame.eth, result, ctx.chain.arbos_version);
            was_ok = result.result.is_ok();
            if frame.wasm.is_none()
                && let Some(text) = opcode_text(&frame.eth.interpreter, result.result)
            {
                ctx.chain.failure = Some(text);
            }
        }
        let next: FrameInitOrResult<EthFrame> = frame
            .eth
            .process_next_action::<_, ContextDbError<Ctx<'a>>>(ctx, action)?;
        Ok(match next {
            ItemOrResult::Item(init) => ItemOrResult::Item(init),
            ItemOrResult::Result(result) => {
                frame.eth.set_finished(true);
                if let Some(wasm) = frame.wasm.take() {
                    wasm.close(&mut ctx.chain.pages);
                }
                ctx.chain.leave();
                if result.instruction_result() == InstructionResult::OutOfGas {
                    // A creation that ended well and could not pay for its code; no older one counts.
                    let failure = &mut ctx.chain.failure;
                    failure.take_if(|text| text == CODE_STORAGE);
                    if was_ok {
                        *failure = Some(CODE_STORAGE.into());
                    }
                }
                if let Some(tracer) = &mut ctx.chain.tracer {
                    tracer.unwound(ctx.journaled_state.logs().len());
                    tracer.exit(&result, ctx.chain.failure.as_deref());
                }
                ItemOrResult::Result(result)
            }
        })
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Ctx<'a>>> {
        let Evm {
            ctx, frame_stack, ..
        } = &mut self.0;
        if frame_stack.get().eth.is_finished() {
            frame_stack.pop();
        }
        if frame_stack.index().is_none() {
            return Ok(Some(result));
        }
        frame_stack
            .get()
            .eth
            .return_result::<_, ContextDbError<Ctx<'a>>>(ctx, result)?;
        Ok(None)
    }
}

/// Ends an execution whose recording has reached a bound; the tracer knows which.
fn trace_limit<E>() -> ContextError<E> {
    ContextError::Custom("the recording reached a bound".into())
}

/// Ends an execution that takes more than it may; the session knows that.
fn stopped<E>() -> ContextError<E> {
    ContextError::Custom("the execution was stopped".into())
}

fn open_frame(input: &FrameInput) -> OpenFrame {
    match input {
        FrameInput::Call(call) => {
            let delegate = call.scheme.is_delegate_call() || call.scheme.is_call_code();
            OpenFrame {
                caller: call.caller,
                counted: (!delegate).then_some(call.target_address),
            }
        }
        FrameInput::Create(create) => OpenFrame {
            caller: create.caller(),
            counted: None,
        },
        FrameInput::Empty => OpenFrame::default(),
    }
}

/// EIP-3541 with Arbitrum's exception: new code may start with 0xEF only as a Stylus prefix.
fn refuse_foreign_ef(
    frame: &EthFrame<EthInterpreter>,
    result: &mut revm::interpreter::InterpreterResult,
    arbos_version: u64,
) {
    let creates = matches!(frame.data, revm::handler::FrameData::Create(_));
    if creates
        && result.result.is_ok()
        && result.output.first() == Some(&0xef)
        && !stylus::is_stylus_code(&result.output, arbos_version)
    {
        result.result = InstructionResult::CreateContractStartingWithEF;
    }
}
