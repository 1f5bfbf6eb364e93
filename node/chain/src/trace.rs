//! A recorder of calls and host functions, in the forms of geth's callTracer and Nitro's
//! stylusTracer.

use crate::TraceKind;
use crate::evm::halt_text;
use alloy_primitives::{Address, Bytes, U64, U256};
use revm::{
    context::{LocalContext, result::HaltReason},
    handler::FrameResult,
    interpreter::{CallScheme, CreateScheme, FrameInput, InstructionResult, SuccessOrHalt},
};
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use stylus_vm::{HostioRecord, Outcome, OutcomeKind};

/// Most frames of one recording.
const MAX_FRAMES: usize = 50_000;
/// Most bytes of one recording, as JSON.
const MAX_BYTES: usize = 64 << 20;
/// Longest execution that is recorded.
const MAX_TIME: Duration = Duration::from_secs(30);
/// Bytes of a frame as JSON, besides its input and output.
const FRAME_BYTES: usize = 512;
/// Bytes of a host function as JSON, besides its arguments and results.
const HOSTIO_BYTES: usize = 128;

/// The bound that a recording reached; execution ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceLimit {
    /// Too many frames.
    #[error("more than {MAX_FRAMES} frames")]
    Frames,
    /// Too many bytes.
    #[error("more than {} MiB", MAX_BYTES >> 20)]
    Bytes,
    /// Too long.
    #[error("more than {} seconds", MAX_TIME.as_secs())]
    Time,
}

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
    /// A call that failed before it had a frame: it is in no callTracer, but is counted here.
    frameless: bool,
    program: Option<ProgramRun>,
    /// Bytes of host functions that are counted already.
    counted: usize,
}

/// What a Stylus frame did.
struct ProgramRun {
    hostios: Vec<HostioRecord>,
    args_len: u32,
    start_ink: u64,
    end_ink: u64,
    status: u32,
}

/// Records while a transaction runs.
pub(crate) struct Tracer {
    open: Vec<Node>,
    root: Option<Node>,
    /// Whether host functions are recorded, too.
    pub(crate) hostios: bool,
    started: Instant,
    frames: usize,
    /// Bytes of the recording as JSON.
    bytes: usize,
    limit: Option<TraceLimit>,
}

impl Tracer {
    pub(crate) fn new(kind: TraceKind) -> Self {
        Self {
            open: Vec::new(),
            root: None,
            hostios: kind == TraceKind::Stylus,
            started: Instant::now(),
            frames: 0,
            bytes: 0,
            limit: None,
        }
    }

    /// The bound that was reached, after which nothing is recorded any more.
    pub(crate) fn limit(&self) -> Option<TraceLimit> {
        self.limit
    }

    /// Counts what is about to be recorded; false when it would be too much.
    fn count(&mut self, frames: usize, bytes: usize) -> bool {
        self.frames += frames;
        self.bytes = self.bytes.saturating_add(bytes);
        let reached = [
            (self.frames > MAX_FRAMES, TraceLimit::Frames),
            (self.bytes > MAX_BYTES, TraceLimit::Bytes),
            (self.started.elapsed() > MAX_TIME, TraceLimit::Time),
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

    /// Counts the host functions that the program of the innermost frame has recorded so far:
    /// `records` of them, with `bytes` of arguments and results.
    pub(crate) fn running(&mut self, records: usize, bytes: usize) {
        let json = records * HOSTIO_BYTES + 2 * bytes;
        let counted = self.open.last_mut().map_or(0, |node| {
            let before = std::mem::replace(&mut node.counted, json);
            json.saturating_sub(before)
        });
        self.count(0, counted);
    }

    /// Notes what the program of the innermost frame did.
    pub(crate) fn ran(&mut self, outcome: &mut Outcome, args_len: usize, start_ink: u64) {
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
            node.program = Some(ProgramRun {
                hostios,
                args_len: u32::try_from(args_len).unwrap_or(u32::MAX),
                start_ink,
                end_ink: outcome.ink_left,
                status: u32::from(outcome.kind != OutcomeKind::Success),
            });
        }
    }

    /// The recording as stylusTracer gives it: the host functions of the outermost frame, with those
    /// of the frames below it inside.
    pub(crate) fn stylus_tracer(self) -> Value {
        self.root.map_or(Value::Null, |root| steps(root).into())
    }

    /// The recording as callTracer gives it; `gas` and `gas_used` are the transaction's.
    pub(crate) fn call_tracer(self, gas: u64, gas_used: u64) -> Value {
        let Some(mut root) = self.root else {
            return Value::Null;
        };
        (root.gas, root.gas_used) = (gas, gas_used);
        json_of(root)
    }
}

fn describe(end: InstructionResult, failure: Option<&str>) -> String {
    match SuccessOrHalt::<HaltReason>::from(end) {
        SuccessOrHalt::Halt(reason) => halt_text(&reason, failure.map(ToOwned::to_owned)),
        _ => "execution reverted".into(),
    }
}

fn json_of(node: Node) -> Value {
    let mut map = Map::new();
    map.insert("type".into(), node.kind.into());
    map.insert("from".into(), json!(node.from));
    if let Some(to) = node.to {
        map.insert("to".into(), json!(to));
    }
    if let Some(value) = node.value {
        map.insert("value".into(), json!(value));
    }
    map.insert("gas".into(), json!(U64::from(node.gas)));
    map.insert("gasUsed".into(), json!(U64::from(node.gas_used)));
    map.insert("input".into(), json!(node.input));
    if !node.output.is_empty() {
        map.insert("output".into(), json!(node.output));
        if node.error.is_some()
            && let Some(reason) = alloy_sol_types::decode_revert_reason(&node.output)
        {
            map.insert("revertReason".into(), reason.into());
        }
    }
    if let Some(error) = node.error {
        map.insert("error".into(), error.into());
    }
    if !node.calls.is_empty() {
        map.insert(
            "calls".into(),
            node.calls
                .into_iter()
                .filter(|call| !call.frameless)
                .map(json_of)
                .collect(),
        );
    }
    Value::Object(map)
}

/// Host functions that are shown with the steps of the frame they opened.
const NESTS: [&str; 3] = [
    "call_contract",
    "delegate_call_contract",
    "static_call_contract",
];
/// Host functions whose frame stands before them.
const CREATES: [&str; 2] = ["create1", "create2"];

fn steps(node: Node) -> Vec<Value> {
    let mut calls = node.calls.into_iter();
    let mut steps = Vec::new();
    if let Some(run) = node.program {
        let args = run.args_len.to_be_bytes();
        steps.push(step(
            "user_entrypoint",
            &args,
            &[],
            run.start_ink,
            run.start_ink,
        ));
        for hostio in run.hostios {
            if CREATES.contains(&hostio.name) {
                steps.extend(calls.next().map(frame_step));
            }
            let (args, outs) = (&hostio.args, &hostio.outs);
            let mut value = step(hostio.name, args, outs, hostio.ink_before, hostio.ink_after);
            if NESTS.contains(&hostio.name)
                && let Some(call) = calls.next()
            {
                nest(&mut value, call);
            }
            steps.push(value);
        }
        // Calls whose host function did not complete.
        steps.extend(calls.map(frame_step));
        let outs = run.status.to_be_bytes();
        steps.push(step("user_returned", &[], &outs, run.end_ink, run.end_ink));
        return steps;
    }
    steps.extend(calls.map(frame_step));
    steps
}

/// A frame that no host function of its caller is shown for.
fn frame_step(node: Node) -> Value {
    let name = match node.kind {
        "DELEGATECALL" => "evm_delegate_call_contract",
        "STATICCALL" => "evm_static_call_contract",
        "CREATE" => "evm_create1",
        "CREATE2" => "evm_create2",
        _ => "evm_call_contract",
    };
    let mut value = step(name, &[], &[], 0, 0);
    nest(&mut value, node);
    value
}

fn nest(value: &mut Value, node: Node) {
    if let Value::Object(map) = value {
        map.insert("address".into(), json!(node.to.unwrap_or_default()));
        map.insert("steps".into(), steps(node).into());
    }
}

fn step(name: &str, args: &[u8], outs: &[u8], start_ink: u64, end_ink: u64) -> Value {
    json!({
        "name": name,
        "args": alloy_primitives::hex::encode_prefixed(args),
        "outs": alloy_primitives::hex::encode_prefixed(outs),
        "startInk": start_ink,
        "endInk": end_ink,
    })
}
