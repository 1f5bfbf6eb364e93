//! geth's opcode logger. Frames in WASM show their host functions in the place of opcodes.

use super::{ProgramStart, Tracer};
use crate::halt::{opcode_name, opcode_text};
use crate::types::OpcodeOptions;
use alloy_primitives::{Address, B256, Bytes, U256, hex, map::HashMap};
use revm::{
    bytecode::opcode,
    context::result::ExecutionResult,
    interpreter::{
        InstructionResult, Interpreter,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps, ReturnData},
    },
};
use serde::Serialize;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use std::{borrow::Cow, collections::BTreeMap};
use stylus_vm::HostioRecord;

/// Bytes of an entry, besides its text.
const ENTRY: usize = 32;

/// One entry, in geth's order of fields. What is empty is left out, as there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    pc: usize,
    op: Cow<'static, str>,
    gas: u64,
    gas_cost: u64,
    depth: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a [U256]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_data: Option<&'a Bytes>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    memory: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    storage: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_zero")]
    refund: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostio: Option<Value>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Entry<'_> {
    /// An entry as text. It has no keys or values that JSON does not know.
    fn text(&self) -> Box<RawValue> {
        to_raw_value(self).unwrap_or_default()
    }
}

/// The entries so far, as text: they take no more memory than the answer.
pub(crate) struct OpcodeLog {
    options: OpcodeOptions,
    entries: Vec<Box<RawValue>>,
    /// Bytes of them.
    bytes: usize,
    /// Slots that each account has read or written so far.
    storage: HashMap<Address, BTreeMap<B256, B256>>,
    refunds: RefundCounter,
}

/// The refund so far, as go-ethereum counts it: of the whole transaction. revm counts it by frames.
#[derive(Default)]
struct RefundCounter {
    /// Gas for authorizations of accounts that existed (EIP-7702).
    authorized: i64,
    /// Gas of each open frame, the outermost first.
    frames: Vec<i64>,
}

impl RefundCounter {
    /// Gas of the frames below the innermost one, of which `depth` are open.
    fn below(&self, depth: usize) -> i64 {
        let outer = self.frames.iter().take(depth.saturating_sub(1));
        self.authorized + outer.sum::<i64>()
    }

    /// Sets the gas of the innermost frame.
    fn set(&mut self, depth: usize, refund: i64) {
        self.frames.resize(depth, 0);
        if let Some(innermost) = self.frames.last_mut() {
            *innermost = refund;
        }
    }
}

/// The answer of geth's opcode logger.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpcodeTrace {
    gas: u64,
    failed: bool,
    return_value: Bytes,
    struct_logs: Vec<Box<RawValue>>,
}

impl OpcodeLog {
    pub(super) fn new(options: OpcodeOptions) -> Self {
        Self {
            options,
            entries: Vec::new(),
            bytes: 0,
            storage: HashMap::default(),
            refunds: RefundCounter::default(),
        }
    }

    /// Counts the refund for authorizations.
    pub(crate) fn authorize(&mut self, refund: u64) {
        self.refunds.authorized = i64::try_from(refund).unwrap_or(i64::MAX);
    }

    /// Sets the refund of the innermost of `depth` open frames, which is a program's.
    pub(crate) fn refund_program(&mut self, depth: usize, refund: i64) {
        self.refunds.set(depth, refund);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns true if the list is full: in geth, too, the entry that goes beyond the limit is the last one.
    fn is_full(&self) -> bool {
        self.options.limit > 0 && self.bytes > self.options.limit
    }

    /// Puts a program's host functions between the entries of the frames that it called; `marks`
    /// say how many of both stood before each call.
    pub(super) fn insert_hostios(
        &mut self,
        hostios: &[HostioRecord],
        marks: &[(usize, usize)],
        start: &ProgramStart,
    ) {
        if self.is_full() {
            return;
        }
        let mut until = hostios.len();
        let ends = marks.iter().rev().copied();
        let mut place = self.entries.len();
        for (before, records) in ends.chain([(0, 0)]) {
            let part = hostios.get(records..until).unwrap_or_default();
            let entries: Vec<_> = part.iter().map(|hostio| entry(hostio, start)).collect();
            self.bytes += entries.iter().map(|entry| entry.get().len()).sum::<usize>();
            let at = place.min(self.entries.len());
            self.entries.splice(at..at, entries);
            (until, place) = (records, before);
        }
    }

    pub(super) fn finish(self, result: &ExecutionResult) -> OpcodeTrace {
        OpcodeTrace {
            gas: result.tx_gas_used(),
            failed: !result.is_success(),
            return_value: result.output().cloned().unwrap_or_default(),
            struct_logs: self.entries,
        }
    }
}

fn entry(hostio: &HostioRecord, start: &ProgramStart) -> Box<RawValue> {
    let price = u64::from(start.ink_price.max(1));
    let (before, after) = (hostio.ink_before, hostio.ink_after);
    Entry {
        pc: 0,
        op: hostio.name.into(),
        gas: before / price,
        gas_cost: before.saturating_sub(after) / price,
        depth: start.depth,
        error: None,
        stack: Some(&[]),
        return_data: None,
        memory: Vec::new(),
        storage: BTreeMap::new(),
        refund: 0,
        hostio: Some(json!({
            "args": hex::encode_prefixed(&hostio.args),
            "outs": hex::encode_prefixed(&hostio.outs),
            "startInk": before,
            "endInk": after,
        })),
    }
    .text()
}

/// One opcode, before it ran.
pub(crate) struct Step {
    opcode: u8,
    pc: usize,
    gas: u64,
    depth: usize,
    refund: i64,
    stack: Option<Vec<U256>>,
    memory: Vec<String>,
    return_data: Option<Bytes>,
    /// Key, and value of a write.
    slot: Option<(B256, Option<B256>)>,
}

impl Step {
    /// The next opcode, with `depth` open frames; `None` when the entries have as many bytes as were requested.
    pub(crate) fn begin(
        interpreter: &Interpreter<EthInterpreter>,
        tracer: &Tracer,
        depth: usize,
    ) -> Option<Self> {
        let log = tracer.opcodes.as_ref()?;
        if log.is_full() {
            return None;
        }
        let opcode = interpreter.bytecode.opcode();
        let stack = interpreter.stack.data();
        let memory = if log.options.memory {
            let memory = interpreter.memory.context_memory();
            memory.chunks(32).map(hex::encode).collect()
        } else {
            Vec::new()
        };
        let returned = interpreter.return_data.buffer();
        let from_top = |at: usize| stack.iter().nth_back(at).map(|word| B256::from(*word));
        let slot = match opcode {
            opcode::SLOAD => from_top(0).map(|key| (key, None)),
            opcode::SSTORE => from_top(0).map(|key| (key, from_top(1))),
            _ => None,
        };
        Some(Self {
            opcode,
            pc: interpreter.bytecode.pc(),
            gas: interpreter.gas.remaining(),
            depth,
            refund: log.refunds.below(depth) + interpreter.gas.refunded(),
            stack: (!log.options.no_stack).then(|| stack.to_vec()),
            memory,
            return_data: (log.options.return_data && !returned.is_empty())
                .then(|| returned.clone()),
            slot: slot.filter(|_| !log.options.no_storage),
        })
    }

    /// Gas before it.
    pub(crate) fn gas(&self) -> u64 {
        self.gas
    }

    /// Completes the entry; `full_cost` is that of an opcode that ran out of gas, or passed some on. False when the recording has reached a bound.
    pub(crate) fn end(
        self,
        interpreter: &Interpreter<EthInterpreter>,
        tracer: &mut Tracer,
        failure: Option<InstructionResult>,
        full_cost: Option<u64>,
    ) -> bool {
        let spent = self.gas.saturating_sub(interpreter.gas.remaining());
        let failed = failure.filter(|end| end.is_halt());
        let Some(log) = &mut tracer.opcodes else {
            return true;
        };
        log.refunds.set(self.depth, interpreter.gas.refunded());
        let mut storage = BTreeMap::new();
        if let (Some((key, written)), None) = (self.slot, failed) {
            let read = || {
                let stack = interpreter.stack.data();
                stack.last().map(|word| B256::from(*word))
            };
            let account = interpreter.input.target_address();
            let slots = log.storage.entry(account).or_default();
            if let Some(value) = written.or_else(read) {
                slots.insert(key, value);
            }
            let bare = slots
                .iter()
                .map(|(key, value)| (hex::encode(key), hex::encode(value)));
            storage.extend(bare);
        }
        let text = Entry {
            pc: self.pc,
            op: opcode_name(self.opcode),
            gas: self.gas,
            gas_cost: full_cost.unwrap_or(spent),
            depth: self.depth,
            // geth says nothing of what fails only once it runs.
            error: failed
                .filter(|end| fails_before_it_runs(*end))
                .map(|end| super::describe(end, opcode_text(interpreter, end).as_deref())),
            stack: self.stack.as_deref(),
            return_data: self.return_data.as_ref(),
            memory: self.memory,
            storage,
            refund: self.refund,
            hostio: None,
        }
        .text();
        let bytes = text.get().len();
        log.bytes += bytes;
        log.entries.push(text);
        tracer.count(0, ENTRY + bytes)
    }
}

/// Returns true if an opcode cannot be paid, or lacks what it needs on the stack.
fn fails_before_it_runs(end: InstructionResult) -> bool {
    use InstructionResult as I;
    matches!(
        end,
        I::OutOfGas
            | I::MemoryOOG
            | I::MemoryLimitOOG
            | I::InvalidOperandOOG
            | I::ReentrancySentryOOG
            | I::StackUnderflow
            | I::StackOverflow
    )
}
