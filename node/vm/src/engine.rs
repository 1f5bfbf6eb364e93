//! The engine, wasmi: an interpreter whose calls can be parked and resumed, without a native stack of
//! their own.

use std::fmt;
use std::sync::Arc;

use wasmi::{
    AsContextMut, Caller, CompilationMode, Config, Engine, Error, Func, FuncType, Linker, Memory,
    Module, ResumableCall, ResumableCallHostTrap, Store, TrapCode, Val, ValType,
};

use crate::error::{ActivationError, Rule, StartError};
use crate::exported::{COUNTERS, ENTRYPOINT, INJECTED_NAMES};
use crate::frame::{Escape, Frame, Interrupt, SuspendedCall};
use crate::guard::{guarded, maybe_panic};
use crate::guest::{Guest, Handles, Host};
use crate::hooks::{Args, Call, Flow};
use crate::signature::{Hook, Kind};
use crate::{BasicBlock, Failure};

/// Most values on the engine's stack, in bytes. The stack budget of the program runs out long
/// before: 262 144 words, the largest budget of any ArbOS version by default, need 2 MiB.
const STACK_BYTES: usize = 64 << 20;
/// Most nested calls; a frame takes at least six words of the budget.
const MAX_CALLS: usize = 1 << 20;
/// Most parameters of a host function.
const MAX_ARGS: usize = 8;

/// Compiles an instrumented module. Every program has an engine of its own, so that dropping the
/// program frees its code.
///
/// Everything is translated at once. wasmi's instruction handlers cannot unwind, so a panic of the
/// translator inside a run would end the process; here it is an error of the activation.
pub(crate) fn compile(
    wasm: &[u8],
    hooks: &[Hook],
    blocks: Vec<BasicBlock>,
) -> Result<Compiled, ActivationError> {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(MAX_CALLS)
        .set_max_stack_height(STACK_BYTES)
        .compilation_mode(CompilationMode::Eager)
        .wasm_reference_types(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_multi_memory(!blocks.is_empty())
        .allow_start_fn(false)
        .ignore_custom_sections(true);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).map_err(|error| refused(&error.to_string()))?;
    let mut linker = Linker::new(&engine);
    linker.allow_shadowing(true);
    for hook in hooks.iter().copied() {
        link(&mut linker, hook).map_err(|error| refused(&error.to_string()))?;
    }
    Ok(Compiled {
        module,
        linker,
        blocks: blocks.into(),
    })
}

fn refused(found: &str) -> ActivationError {
    ActivationError::new(
        Rule::Engine,
        "the instrumented module",
        "a module wasmi compiles",
        found,
    )
}

fn link(linker: &mut Linker<Host>, hook: Hook) -> Result<(), wasmi::errors::LinkerError> {
    let signature = hook.signature();
    let ty = FuncType::new(
        signature.params.iter().map(|kind| val_type(*kind)),
        signature.result.map(val_type),
    );
    linker.func_new(
        hook.module(),
        hook.name(),
        ty,
        move |caller, params, results| host_call(caller, hook, params, results),
    )?;
    Ok(())
}

/// Runs a host function in the middle of the program; suspends it when the function cannot
/// finish at once.
fn host_call(
    mut caller: Caller<'_, Host>,
    hook: Hook,
    params: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let host = caller.data_mut();
    let (Some(mut frame), Some(handles)) = (host.frame.take(), host.handles) else {
        return Err(Error::new("a host function was called without a frame"));
    };
    let mut bits = [0u64; MAX_ARGS];
    for (bits, param) in bits.iter_mut().zip(params) {
        *bits = to_bits(param);
    }
    let mut call = Call {
        guest: Guest {
            store: caller.as_context_mut(),
            handles,
        },
        frame: &mut frame,
        hook,
    };
    let ink_before = call.guest.ink_left();
    // A panic must not reach wasmi: its instruction handlers cannot unwind and would end the process.
    let flow = guarded(|| {
        maybe_panic(hook.name());
        call.run(&Args(&bits))
    })
    .unwrap_or_else(|panic| Err(Escape::Failed(Failure::Internal(panic))));
    let ink_after = call.guest.ink_left();
    let outcome = match flow {
        Ok(Flow::Return(value)) => {
            frame.record(hook, ink_before, ink_after);
            if let (Some(result), Some(kind)) = (results.first_mut(), hook.signature().result) {
                *result = from_bits(kind, value.unwrap_or_default());
            }
            Ok(())
        }
        Ok(Flow::Ask(request, pending)) => {
            frame.interrupt = Some(Interrupt::Request(
                request,
                SuspendedCall {
                    hook,
                    pending,
                    ink_before,
                },
            ));
            Err(Error::host(Suspended))
        }
        Err(escape) => {
            if let Escape::Exit(status) = escape {
                frame.noted.args = status.to_be_bytes().into();
                frame.record(hook, ink_before, ink_after);
            }
            frame.interrupt = Some(Interrupt::Leaving(escape));
            Err(Error::host(Suspended))
        }
    };
    caller.data_mut().frame = Some(frame);
    outcome
}

/// Tells wasmi to park the call.
#[derive(Debug)]
struct Suspended;

impl fmt::Display for Suspended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("suspended in a host function")
    }
}

impl wasmi::errors::HostError for Suspended {}

/// A compiled module.
#[derive(Debug)]
pub(crate) struct Compiled {
    module: Module,
    linker: Linker<Host>,
    /// The basic blocks that count their runs.
    pub(crate) blocks: Arc<[BasicBlock]>,
}

impl Compiled {
    /// Makes a fresh machine that carries the frame.
    pub(crate) fn instantiate(&self, frame: Box<Frame>) -> Result<Instance, StartError> {
        let host = Host {
            frame: Some(frame),
            ..Host::default()
        };
        let mut store = Store::new(self.module.engine(), host);
        let instance = self
            .linker
            .instantiate_and_start(&mut store, &self.module)
            .map_err(|error| StartError(error.to_string()))?;
        let missing = |name: &str| StartError(format!("the module does not export `{name}`"));
        let [ink, status, _, stack] = INJECTED_NAMES;
        let global = |name: &str| {
            instance
                .get_global(&store, name)
                .ok_or_else(|| missing(name))
        };
        let handles = Handles {
            ink: global(ink)?,
            status: global(status)?,
            stack: global(stack)?,
            memory: instance
                .get_memory(&store, "memory")
                .ok_or_else(|| missing("memory"))?,
        };
        let entrypoint = instance
            .get_func(&store, ENTRYPOINT)
            .ok_or_else(|| missing(ENTRYPOINT))?;
        let counters = instance.get_memory(&store, COUNTERS);
        store.data_mut().handles = Some(handles);
        Ok(Instance {
            store,
            handles,
            entrypoint,
            blocks: self.blocks.clone(),
            counters,
            parked: None,
        })
    }
}

/// The point at which a machine stopped.
#[derive(Debug)]
pub(crate) enum Step {
    /// The entry point returned a status.
    Returned(u32),
    /// A host function suspended; the frame's interrupt says why.
    Suspended,
    /// The machine trapped.
    Trapped(Failure),
    /// The engine's own stack ran out.
    StackOverflow,
}

/// A machine: one instance of a module, running or parked.
pub(crate) struct Instance {
    store: Store<Host>,
    handles: Handles,
    entrypoint: Func,
    blocks: Arc<[BasicBlock]>,
    /// The memory with a counter for each of them, where that is counted.
    counters: Option<Memory>,
    parked: Option<(ResumableCallHostTrap, Option<Kind>)>,
}

impl Instance {
    fn step(&mut self, result: Result<ResumableCall, Error>, status: &[Val; 1]) -> Step {
        match result {
            Ok(ResumableCall::Finished) => {
                let [status] = status;
                Step::Returned(status.i32().unwrap_or_default().cast_unsigned())
            }
            Ok(ResumableCall::HostTrap(call)) => {
                let kind = match self
                    .store
                    .data()
                    .frame
                    .as_ref()
                    .and_then(|f| f.interrupt.as_ref())
                {
                    Some(Interrupt::Request(_, suspended)) => suspended.hook.signature().result,
                    _ => None,
                };
                self.parked = Some((call, kind));
                Step::Suspended
            }
            Ok(ResumableCall::OutOfFuel(_)) => Step::Trapped(Failure::Trap("out of fuel".into())),
            Err(error) => trapped(&error),
        }
    }

    /// Runs the entry point.
    pub(crate) fn begin(&mut self, argument: u32) -> Step {
        let mut status = [Val::I32(0)];
        let argument = [Val::I32(argument.cast_signed())];
        let result = self
            .entrypoint
            .call_resumable(&mut self.store, &argument, &mut status);
        self.step(result, &status)
    }

    /// Continues after a host function, with the bits of its result.
    pub(crate) fn resume(&mut self, result: Option<u64>) -> Step {
        let Some((call, kind)) = self.parked.take() else {
            return Step::Trapped(Failure::Trap("resumed, but not suspended".into()));
        };
        let value = kind.map(|kind| from_bits(kind, result.unwrap_or_default()));
        let mut status = [Val::I32(0)];
        let result = call.resume(&mut self.store, value.as_slice(), &mut status);
        self.step(result, &status)
    }

    /// Returns the view of it that host functions have.
    pub(crate) fn guest(&mut self) -> Guest<'_> {
        Guest {
            store: self.store.as_context_mut(),
            handles: self.handles,
        }
    }

    pub(crate) fn exhausted(&self) -> bool {
        self.handles.status.get(&self.store).i32() != Some(0)
    }

    pub(crate) fn stack_left(&self) -> u32 {
        let words = self.handles.stack.get(&self.store).i32();
        words.unwrap_or_default().cast_unsigned()
    }

    pub(crate) fn set_stack_left(&mut self, words: u32) {
        let words = Val::I32(words.cast_signed());
        let set = self.handles.stack.set(&mut self.store, words);
        assert!(set.is_ok(), "the stack global is a mutable i32");
    }

    /// Returns the number of runs of each basic block, where that is counted.
    pub(crate) fn blocks(&self) -> Vec<BasicBlock> {
        let counters = self.counters.map(|memory| memory.data(&self.store));
        let counters = counters.unwrap_or_default().as_chunks().0.iter();
        let counted = self.blocks.iter().zip(counters);
        let counted = counted.map(|(block, runs)| BasicBlock {
            runs: u64::from_le_bytes(*runs),
            ..*block
        });
        counted.collect()
    }

    /// The frame; `None` only while it is taken.
    pub(crate) fn frame(&mut self) -> &mut Option<Box<Frame>> {
        &mut self.store.data_mut().frame
    }

    pub(crate) fn memory(&self) -> &[u8] {
        self.handles.memory.data(&self.store)
    }
}

fn trapped(error: &Error) -> Step {
    let failure = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Failure::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Failure::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Failure::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Failure::IndirectNull,
        Some(TrapCode::IntegerDivisionByZero) => Failure::DivisionByZero,
        Some(TrapCode::IntegerOverflow) => Failure::IntegerOverflow,
        Some(TrapCode::BadSignature) => Failure::IndirectSignature,
        Some(TrapCode::StackOverflow) => return Step::StackOverflow,
        _ => Failure::Trap(error.to_string()),
    };
    Step::Trapped(failure)
}

fn val_type(kind: Kind) -> ValType {
    match kind {
        Kind::I32 => ValType::I32,
        Kind::I64 => ValType::I64,
        Kind::F32 => ValType::F32,
        Kind::F64 => ValType::F64,
    }
}

fn to_bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(value.cast_unsigned()),
        Val::I64(value) => value.cast_unsigned(),
        Val::F32(value) => u64::from(value.to_bits()),
        Val::F64(value) => value.to_bits(),
        _ => 0,
    }
}

fn from_bits(kind: Kind, bits: u64) -> Val {
    let low = (bits & u64::from(u32::MAX)) as u32;
    match kind {
        Kind::I32 => Val::I32(low.cast_signed()),
        Kind::I64 => Val::I64(bits.cast_signed()),
        Kind::F32 => Val::F32(wasmi::F32::from_bits(low)),
        Kind::F64 => Val::F64(wasmi::F64::from_bits(bits)),
    }
}
