//! geth's opcode logger. Frames in WASM show their host functions in the place of opcodes.

use super::{ProgramStart, Tracer};
use crate::types::OpcodeOptions;
use alloy_primitives::{Address, B256, hex, map::HashMap};
use revm::{
    bytecode::opcode::{self, OpCode},
    context::result::ExecutionResult,
    interpreter::{
        InstructionResult, Interpreter,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, Jumps, ReturnData},
    },
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use stylus_vm::HostioRecord;

/// Bytes of an entry as JSON, besides stack, memory and data.
const STEP_BYTES: usize = 128;
/// Bytes of a word as JSON.
const WORD_BYTES: usize = 69;
/// In memory an entry takes more than as JSON: its fields, and a multiple of the words.
const WEIGHT: usize = 4;
const ENTRY: usize = 1_536;

/// The entries so far.
pub(crate) struct OpcodeLog {
    options: OpcodeOptions,
    steps: Vec<Value>,
    /// Slots that each account has read or written so far.
    storage: HashMap<Address, BTreeMap<B256, B256>>,
}

impl OpcodeLog {
    pub(super) fn new(options: OpcodeOptions) -> Self {
        Self {
            options,
            steps: Vec::new(),
            storage: HashMap::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    fn is_full(&self) -> bool {
        self.options.limit > 0 && self.steps.len() >= self.options.limit
    }

    /// Puts a program's host functions between the entries of the frames that it called; `marks`
    /// say how many of both stood before each call.
    pub(super) fn insert_hostios(
        &mut self,
        hostios: &[HostioRecord],
        marks: &[(usize, usize)],
        start: &ProgramStart,
    ) {
        let mut until = hostios.len();
        let ends = marks.iter().rev().copied();
        let mut place = self.steps.len();
        for (before, records) in ends.chain([(0, 0)]) {
            let part = hostios.get(records..until).unwrap_or_default();
            let entries: Vec<_> = part.iter().map(|hostio| entry(hostio, start)).collect();
            let at = place.min(self.steps.len());
            self.steps.splice(at..at, entries);
            (until, place) = (records, before);
        }
        if self.options.limit > 0 {
            self.steps.truncate(self.options.limit);
        }
    }

    pub(super) fn finish(self, result: &ExecutionResult) -> Value {
        let output = result.output().cloned().unwrap_or_default();
        json!({
            "failed": !result.is_success(),
            "gas": result.tx_gas_used(),
            "returnValue": output,
            "structLogs": self.steps,
        })
    }
}

fn entry(hostio: &HostioRecord, start: &ProgramStart) -> Value {
    let price = u64::from(start.ink_price.max(1));
    let (before, after) = (hostio.ink_before, hostio.ink_after);
    json!({
        "pc": 0,
        "op": hostio.name,
        "gas": before / price,
        "gasCost": before.saturating_sub(after) / price,
        "depth": start.depth,
        "stack": [],
        "hostio": {
            "args": hex::encode_prefixed(&hostio.args),
            "outs": hex::encode_prefixed(&hostio.outs),
            "startInk": before,
            "endInk": after,
        },
    })
}

/// One opcode, before it ran.
pub(crate) struct Step {
    opcode: u8,
    gas: u64,
    fields: Map<String, Value>,
    /// Key, and value of a write.
    slot: Option<(B256, Option<B256>)>,
    bytes: usize,
}

impl Step {
    /// The next opcode, with `depth` open frames; `None` when as many entries are there as were
    /// requested.
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
        let gas = interpreter.gas.remaining();
        let stack = interpreter.stack.data();
        let mut fields = Map::new();
        let mut bytes = STEP_BYTES;
        fields.insert("pc".into(), interpreter.bytecode.pc().into());
        let name = OpCode::new(opcode).map_or_else(
            || format!("opcode {opcode:#x} not defined"),
            |code| code.as_str().to_owned(),
        );
        fields.insert("op".into(), name.into());
        fields.insert("gas".into(), gas.into());
        fields.insert("depth".into(), depth.into());
        fields.insert("refund".into(), interpreter.gas.refunded().into());
        if !log.options.no_stack {
            bytes += stack.len() * WORD_BYTES;
            fields.insert("stack".into(), json!(stack));
        }
        if log.options.memory {
            let memory = interpreter.memory.context_memory();
            bytes += memory.len().div_ceil(32) * WORD_BYTES;
            let words: Vec<_> = memory.chunks(32).map(hex::encode).collect();
            fields.insert("memory".into(), words.into());
        }
        if log.options.return_data {
            let data = interpreter.return_data.buffer();
            bytes += 2 * data.len();
            fields.insert("returnData".into(), json!(data));
        }
        let from_top = |at: usize| stack.iter().nth_back(at).map(|word| B256::from(*word));
        let slot = match opcode {
            opcode::SLOAD => from_top(0).map(|key| (key, None)),
            opcode::SSTORE => from_top(0).map(|key| (key, from_top(1))),
            _ => None,
        };
        Some(Self {
            opcode,
            gas,
            fields,
            slot: slot.filter(|_| !log.options.no_storage),
            bytes,
        })
    }

    /// Gas before it.
    pub(crate) fn gas(&self) -> u64 {
        self.gas
    }

    /// Completes the entry; `full_cost` is that of an opcode that ran out of gas, or passed some on. False when the recording has reached a bound.
    pub(crate) fn end(
        mut self,
        interpreter: &Interpreter<EthInterpreter>,
        tracer: &mut Tracer,
        failure: Option<InstructionResult>,
        full_cost: Option<u64>,
    ) -> bool {
        let spent = self.gas.saturating_sub(interpreter.gas.remaining());
        let cost = full_cost.unwrap_or(spent);
        self.fields.insert("gasCost".into(), cost.into());
        let failed = failure.filter(|end| end.is_halt());
        let Some(log) = &mut tracer.opcodes else {
            return true;
        };
        if let (Some((key, written)), None) = (self.slot, failed) {
            let read = || {
                interpreter
                    .stack
                    .data()
                    .last()
                    .map(|word| B256::from(*word))
            };
            let slots = log
                .storage
                .entry(interpreter.input.target_address())
                .or_default();
            if let Some(value) = written.or_else(read) {
                slots.insert(key, value);
            }
            self.bytes += slots.len() * 2 * WORD_BYTES;
            self.fields.insert("storage".into(), json!(slots));
        }
        if let Some(end) = failed {
            let text = match OpCode::new(self.opcode) {
                None => "invalid opcode".to_owned(),
                Some(_) => super::describe(end, None),
            };
            self.fields.insert("error".into(), text.into());
        }
        log.steps.push(Value::Object(self.fields));
        tracer.count(0, ENTRY + WEIGHT * self.bytes)
    }
}
