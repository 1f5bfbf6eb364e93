//! A recorder of calls, logs, opcodes and host functions; each form in which clients read a
//! recording is a file of its own.

mod calls;
mod flat;
pub(crate) mod opcodes;
mod prestate;
mod stylus;
mod transfers;

use crate::{
    Budget, TraceKind, TraceLimit,
    bounds::{MAX_BYTES, MAX_FRAMES},
    halt::halt_text,
};
use alloy_primitives::{Address, Bytes, Log, U256, map::AddressSet};
use opcodes::OpcodeLog;
pub use opcodes::OpcodeTrace;
pub(crate) use prestate::prestate;
use revm::{
    context::{
        LocalContext,
        result::{ExecutionResult, HaltReason},
    },
    handler::FrameResult,
    interpreter::{CallScheme, CreateScheme, FrameInput, InstructionResult, SuccessOrHalt},
};
use serde::Serialize;
use serde_json::{Value, json};
use stylus_vm::{HostioRecord, Outcome};
pub(crate) use transfers::FeeTransfers;

/// Bytes of a frame as JSON, besides its input and output.
const FRAME_BYTES: usize = 512;
/// Bytes of a host function as JSON, besides its arguments and results.
const HOSTIO_BYTES: usize = 128;

/// The kind of a frame in which an account gives its balance away for good.
const SELFDESTRUCT: &str = "SELFDESTRUCT";

/// One recorded call.
#[derive(Default)]
struct Node {
    kind: &'static str,
    from: Address,
    to: Option<Address>,
    value: Option<U256>,
    gas: u64,
    gas_used: u64,
    input: Bytes,
    output: Bytes,
    error: Option<String>,
    calls: Vec<Node>,
    /// The address at which a creation would have put its code, whether it succeeded or not.
    created: Option<Address>,
    /// A call that failed before it had a frame: it is in no callTracer, but is counted here.
    frameless: bool,
    program: Option<ProgramRun>,
    /// Bytes of host functions that are counted already.
    counted: usize,
    /// Logs with the number of calls that were made before each.
    logs: Vec<(usize, Log)>,
    /// At each call of a program: how many opcodes and how many host functions stood before it.
    marks: Vec<(usize, usize)>,
}

/// The record of a Stylus frame.
struct ProgramRun {
    hostios: Vec<HostioRecord>,
    args_len: u32,
    start_ink: u64,
    end_ink: u64,
    /// The status that the program returned; `None` where it did not come to its end.
    status: Option<u32>,
}

/// The start of a program.
pub(crate) struct ProgramStart {
    pub(crate) args_len: usize,
    pub(crate) ink: u64,
    /// Ink of one gas.
    pub(crate) ink_price: u32,
    /// Frames that are open, its own included.
    pub(crate) depth: usize,
}

/// A recording in the form of its kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Trace {
    /// The trace of every kind but the next one.
    Json(Value),
    /// The entries of geth's opcode logger, which may be many.
    Opcodes(OpcodeTrace),
}

impl Trace {
    /// The recording as a value.
    pub fn into_json(self) -> Value {
        match self {
            Self::Json(value) => value,
            // It is made of texts and numbers, which every value can be.
            Self::Opcodes(trace) => serde_json::to_value(trace).unwrap_or_default(),
        }
    }
}

/// Records while a transaction runs.
pub(crate) struct Tracer {
    open: Vec<Node>,
    root: Option<Node>,
    kind: TraceKind,
    /// True if host functions are recorded, too.
    pub(crate) hostios: bool,
    /// Opcodes, where they are recorded.
    pub(crate) opcodes: Option<OpcodeLog>,
    /// Logs of the transaction that frames have already.
    logs: usize,
    frames: usize,
    /// Bytes of the recording as JSON.
    bytes: usize,
    limit: Option<TraceLimit>,
    /// The budget of the request.
    budget: Option<Budget>,
}

impl Tracer {
    /// A recording that ends where the budget does.
    pub(crate) fn new(kind: TraceKind, budget: Option<&Budget>) -> Self {
        Self {
            open: Vec::new(),
            root: None,
            kind,
            hostios: matches!(kind, TraceKind::Stylus | TraceKind::Opcodes(_)),
            opcodes: match kind {
                TraceKind::Opcodes(options) => Some(OpcodeLog::new(options)),
                _ => None,
            },
            logs: 0,
            frames: 0,
            bytes: 0,
            limit: None,
            budget: budget.cloned(),
        }
    }

    /// The bound that was reached, after which nothing is recorded any more.
    pub(crate) fn limit(&self) -> Option<TraceLimit> {
        self.limit
    }

    /// Bytes of the recording as JSON.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts what is about to be recorded; false when it would be too much.
    fn count(&mut self, frames: usize, bytes: usize) -> bool {
        self.frames += frames;
        self.bytes = self.bytes.saturating_add(bytes);
        let is_over = self.budget.as_ref().is_some_and(Budget::is_reached);
        let reached = [
            (self.frames > MAX_FRAMES, TraceLimit::Frames),
            (self.bytes > MAX_BYTES, TraceLimit::Bytes),
            (is_over, TraceLimit::Budget),
        ];
        let reached = reached.into_iter().find(|(reached, _)| *reached);
        self.limit = self.limit.or(reached.map(|(_, limit)| limit));
        self.limit.is_none()
    }

    /// Opens a frame; false when the recording has reached a bound.
    pub(crate) fn enter(&mut self, input: &FrameInput, local: &LocalContext) -> bool {
        let input_bytes = match input {
            FrameInput::Call(call) => call.input.len(),
            FrameInput::Create(create) => create.init_code().len(),
            FrameInput::Empty => 0,
        };
        // Before the input is copied.
        if !self.count(1, FRAME_BYTES.saturating_add(2 * input_bytes)) {
            return false;
        }
        self.open.push(match input {
            FrameInput::Call(call) => Node {
                kind: match call.scheme {
                    CallScheme::Call => "CALL",
                    CallScheme::CallCode => "CALLCODE",
                    CallScheme::DelegateCall => "DELEGATECALL",
                    CallScheme::StaticCall => "STATICCALL",
                },
                from: match call.scheme {
                    CallScheme::DelegateCall | CallScheme::CallCode => call.target_address,
                    _ => call.caller,
                },
                to: Some(call.bytecode_address),
                value: (!call.scheme.is_static_call()).then(|| call.value.get()),
                gas: call.gas_limit,
                input: call.input.bytes_local(local),
                ..Node::default()
            },
            FrameInput::Create(create) => Node {
                kind: match create.scheme() {
                    CreateScheme::Create2 { .. } => "CREATE2",
                    _ => "CREATE",
                },
                from: create.caller(),
                value: Some(create.value()),
                gas: create.gas_limit(),
                input: create.init_code().clone(),
                ..Node::default()
            },
            FrameInput::Empty => Node::default(),
        });
        true
    }

    pub(crate) fn exit(&mut self, result: &FrameResult, failure: Option<&str>) {
        let Some(mut node) = self.open.pop() else {
            return;
        };
        let end = result.instruction_result();
        let gas = result.gas();
        node.gas_used = if end.is_halt() {
            node.gas
        } else {
            gas.limit().saturating_sub(gas.remaining())
        };
        if let FrameResult::Create(create) = result {
            node.to = create.address.filter(|_| end.is_ok());
        }
        if end.is_ok_or_revert() {
            // Twice: a revert's reason is shown as text, too.
            let output = result.output().into_data();
            if self.count(0, 4 * output.len()) {
                node.output = output;
            }
        }
        node.error = (!end.is_ok()).then(|| describe(end, failure));
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(node),
            None => self.root = Some(node),
        }
    }

    /// Notes where the innermost frame puts the code that it creates.
    pub(crate) fn creates_at(&mut self, address: Address) {
        if let Some(node) = self.open.last_mut() {
            node.created = Some(address);
        }
    }

    /// Gives the innermost frame the logs that were written since the last look.
    pub(crate) fn logged(&mut self, logs: &[Log]) {
        let new = logs.get(self.logs..).unwrap_or_default();
        self.logs = logs.len();
        let bytes = new.iter().map(|log| 2 * log.data.data.len());
        if new.is_empty() || !self.count(0, new.len() * FRAME_BYTES + bytes.sum::<usize>()) {
            return;
        }
        if let Some(node) = self.open.last_mut() {
            let position = node.calls.iter().filter(|call| !call.frameless).count();
            let placed = new.iter().map(|log| (position, log.clone()));
            node.logs.extend(placed);
        }
    }

    /// A frame ended: logs of one that failed are gone.
    pub(crate) fn unwound(&mut self, logs: usize) {
        self.logs = logs;
    }

    /// Notes a call of the innermost frame that failed before it became a frame.
    pub(crate) fn frameless(&mut self, to: Address) {
        if !self.count(1, FRAME_BYTES) {
            return;
        }
        if let Some(node) = self.open.last_mut() {
            node.calls.push(Node {
                to: Some(to),
                frameless: true,
                ..Node::default()
            });
        }
    }

    /// Notes that the innermost frame gave the balance of its account away for good.
    pub(crate) fn destroyed(&mut self, account: Address, receiver: Address, balance: U256) {
        self.moved(SELFDESTRUCT, account, receiver, balance);
    }

    /// Notes ether that a precompile moved: Nitro shows it as a call without gas.
    pub(crate) fn moved_by_precompile(&mut self, from: Address, to: Address, wei: U256) {
        self.moved("CALL", from, to, wei);
    }

    fn moved(&mut self, kind: &'static str, from: Address, to: Address, wei: U256) {
        if !self.count(1, FRAME_BYTES) {
            return;
        }
        if let Some(node) = self.open.last_mut() {
            node.calls.push(Node {
                kind,
                from,
                to: Some(to),
                value: Some(wei),
                ..Node::default()
            });
        }
    }

    /// Counts the host functions that the program of the innermost frame has recorded so far:
    /// `records` of them, with `bytes` of arguments and results.
    pub(crate) fn running(&mut self, records: usize, bytes: usize) {
        let json = records * HOSTIO_BYTES + 2 * bytes;
        let opcodes = self.opcodes.as_ref().map_or(0, OpcodeLog::len);
        let counted = self.open.last_mut().map_or(0, |node| {
            node.marks.push((opcodes, records));
            let before = std::mem::replace(&mut node.counted, json);
            json.saturating_sub(before)
        });
        self.count(0, counted);
    }

    /// Notes what the program of the innermost frame did.
    pub(crate) fn ran(&mut self, outcome: &mut Outcome, start: &ProgramStart) {
        let hostios = std::mem::take(&mut outcome.trace);
        let sizes = hostios.iter().map(|h| h.args.len() + h.outs.len());
        self.running(hostios.len(), sizes.sum());
        if outcome.trace_cut {
            self.limit = self.limit.or(Some(TraceLimit::Bytes));
        }
        if self.limit.is_some() {
            return;
        }
        if let Some(node) = self.open.last_mut() {
            if let Some(opcodes) = &mut self.opcodes {
                opcodes.insert_hostios(&hostios, &node.marks, start);
            }
            node.program = Some(ProgramRun {
                hostios,
                args_len: u32::try_from(start.args_len).unwrap_or(u32::MAX),
                start_ink: start.ink,
                end_ink: outcome.ink_left,
                status: outcome.status,
            });
        }
    }

    /// The recording in the form of its kind, with what the message paid. `None` for a form that is not made from frames.
    /// The first frame has the gas of the whole message there, except for stylusTracer and Parity's list.
    pub(crate) fn finish(
        self,
        fees: &FeeTransfers,
        result: &ExecutionResult,
        precompiles: &AddressSet,
    ) -> Option<Trace> {
        Some(Trace::Json(match self.kind {
            TraceKind::Stylus => self.root.map_or(Value::Null, stylus::json),
            TraceKind::Call(options) => self.root.map_or(Value::Null, |mut root| {
                (root.gas, root.gas_used) = (fees.gas_limit, fees.gas_used);
                calls::json(root, options, fees)
            }),
            TraceKind::FourByte => self
                .root
                .map_or(Value::Null, |root| calls::selectors(&root)),
            TraceKind::Flat(options) => self.root.map_or(Value::Null, |mut root| {
                if options.message {
                    (root.gas, root.gas_used) = (fees.gas_limit, fees.gas_used);
                }
                flat::json(&root, options, fees, precompiles)
            }),
            TraceKind::Opcodes(_) => return Some(Trace::Opcodes(self.opcodes?.finish(result))),
            TraceKind::Noop => json!({}),
            TraceKind::Prestate { .. } => return None,
        }))
    }

    /// The logs of the whole execution in order, and between them one for each transfer of ether,
    /// as eth_simulateV1 shows it.
    pub(crate) fn logs_with_transfers(self) -> Vec<Log> {
        let mut logs = Vec::new();
        if let Some(root) = &self.root {
            calls::logs_with_transfers(root, &mut logs);
        }
        logs
    }
}

fn describe(end: InstructionResult, failure: Option<&str>) -> String {
    match SuccessOrHalt::<HaltReason>::from(end) {
        SuccessOrHalt::Halt(reason) => halt_text(&reason, failure.map(ToOwned::to_owned)),
        _ => "execution reverted".into(),
    }
}
