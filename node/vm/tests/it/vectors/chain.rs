//! The mock chain that the vectors were measured against.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use serde_json::{Map, Value, json};

use super::schema::{Params, bytes_value};
use stylus_vm::pages::{PageCounters, PageParams};
use stylus_vm::{Answer, CallKind, Refusal, Reply, Request, Slot};

/// Longest value a request shows in full, in bytes.
const SHOWN: usize = 256;
const SLOAD_GAS: u64 = 2_100;
const SSTORE_GAS: u64 = 5_000;
const ACCOUNT_GAS: u64 = 2_600;
const CREATE_GAS: u64 = 32_000;
const VALUE_GAS: u64 = 9_000;

/// State of the mock chain during one call.
pub(super) struct MockChain {
    storage: BTreeMap<B256, B256>,
    transient: BTreeMap<B256, B256>,
    pages: PageCounters,
    read_only: bool,
    /// First ArbOS version with the new out-of-gas status is 50.
    arbos_version: u64,
    /// What was asked, with the answers, in the file's form.
    pub(super) requests: Vec<Value>,
}

impl MockChain {
    pub(super) fn new(params: &Params, footprint: u16) -> Self {
        let slots = (1..=8u8).map(|slot| (B256::with_last_byte(slot), B256::repeat_byte(slot)));
        let mut pages = PageCounters {
            open: params.open_pages,
            ever: params.ever_pages,
        };
        pages.open(footprint, &PageParams::default());
        Self {
            storage: slots.collect(),
            transient: BTreeMap::new(),
            pages,
            read_only: params.read_only,
            arbos_version: params.arbos_version,
            requests: Vec::new(),
        }
    }

    /// Answers a request and notes both.
    pub(super) fn answer(&mut self, request: Request) -> Answer {
        let (method, args) = describe(&request, &self.pages);
        let answer = self.decide(request);
        let mut row = Map::new();
        row.insert("method".into(), method.into());
        row.insert("args".into(), args);
        row.insert("gas".into(), answer.gas_cost.into());
        let (result, data) = self.raw(method, &answer.reply);
        if !result.is_empty() {
            row.insert("result".into(), hex::encode_prefixed(result).into());
        }
        if !data.is_empty() {
            row.insert("data".into(), bytes_value(&data, SHOWN));
        }
        self.requests.push(row.into());
        answer
    }

    fn decide(&mut self, request: Request) -> Answer {
        match request {
            Request::GetBytes32 { key } => word(SLOAD_GAS, self.storage.get(&key)),
            Request::SetTrieSlots { slots, gas_left } => self.write_slots(&slots, gas_left),
            Request::TransientLoad { key } => word(0, self.transient.get(&key)),
            Request::TransientStore { .. } | Request::EmitLog { .. } if self.read_only => {
                Answer::new(0, Reply::Refused(Refusal::WriteProtection))
            }
            Request::TransientStore { key, value } => {
                self.transient.insert(key, value);
                Answer::new(0, Reply::Done)
            }
            Request::EmitLog { .. } => Answer::new(0, Reply::Done),
            Request::Call(stylus_vm::CallRequest {
                to,
                data,
                value,
                gas_left,
                gas_requested,
                ..
            }) => call(to, data, value, gas_left, gas_requested),
            Request::Create {
                code,
                salt,
                gas_left,
                ..
            } => self.create(code, salt, gas_left),
            Request::AccountBalance { address } => {
                let ether = U256::from(10).pow(U256::from(18));
                let balance = if last_byte(address) == 0 {
                    U256::ZERO
                } else {
                    ether
                };
                Answer::new(ACCOUNT_GAS, Reply::Word(balance.into()))
            }
            Request::AccountCode { address, .. } => {
                Answer::new(ACCOUNT_GAS, Reply::Bytes(code_of(address)))
            }
            Request::AccountCodeHash { address } => {
                let code = code_of(address);
                let hash = if code.is_empty() {
                    B256::ZERO
                } else {
                    keccak256(code)
                };
                Answer::new(ACCOUNT_GAS, Reply::Word(hash))
            }
            Request::AddPages { pages } => {
                Answer::new(self.pages.open(pages, &PageParams::default()), Reply::Done)
            }
        }
    }

    fn write_slots(&mut self, slots: &[Slot], gas_left: u64) -> Answer {
        if self.read_only {
            return Answer::new(0, Reply::Refused(Refusal::WriteProtection));
        }
        let mut left = gas_left;
        for (key, value) in slots {
            match left.checked_sub(SSTORE_GAS) {
                Some(rest) => {
                    left = rest;
                    self.storage.insert(*key, *value);
                }
                None => return Answer::new(gas_left, Reply::Refused(Refusal::OutOfGas)),
            }
        }
        if left == 0 {
            return Answer::new(gas_left, Reply::Refused(Refusal::OutOfGas));
        }
        Answer::new(gas_left - left, Reply::Done)
    }

    fn create(&self, code: Bytes, salt: Option<B256>, gas_left: u64) -> Answer {
        if self.read_only {
            return Answer::new(0, Reply::Refused(Refusal::WriteProtection));
        }
        if gas_left < CREATE_GAS {
            return Answer::new(gas_left, Reply::Refused(Refusal::OutOfGas));
        }
        let reply = if code.first() == Some(&0xfe) {
            Reply::Created {
                address: Address::ZERO,
                data: code,
            }
        } else {
            let byte = if salt.is_some() { 0xc2 } else { 0xc1 };
            Reply::Created {
                address: Address::repeat_byte(byte),
                data: Bytes::new(),
            }
        };
        Answer::new(CREATE_GAS, reply)
    }

    /// The answer as raw result bytes and data. Texts of errors are not compared, so they are
    /// left out.
    fn raw(&self, method: &str, reply: &Reply) -> (Vec<u8>, Bytes) {
        match reply {
            Reply::Done if method == "set_trie_slots" || method == "set_transient_bytes32" => {
                (vec![0], Bytes::new())
            }
            Reply::Done => (Vec::new(), Bytes::new()),
            Reply::Word(word) => (word.to_vec(), Bytes::new()),
            Reply::Bytes(code) => (Vec::new(), code.clone()),
            Reply::Called { success, data } => (vec![if *success { 0 } else { 2 }], data.clone()),
            Reply::Created { address, data } => {
                let mut result = vec![1];
                result.extend_from_slice(address.as_slice());
                (result, data.clone())
            }
            Reply::Refused(_) if method.starts_with("create") => (vec![0], Bytes::new()),
            Reply::Refused(_) if method == "emit_log" => (Vec::new(), Bytes::new()),
            Reply::Refused(Refusal::WriteProtection) => (vec![3], Bytes::new()),
            Reply::Refused(Refusal::OutOfGas) if self.arbos_version < 50 => (vec![1], Bytes::new()),
            Reply::Refused(Refusal::OutOfGas) => (vec![2], Bytes::new()),
        }
    }
}

/// Removes what an answer's row may say in its own words: error texts, and the gas of a refused
/// creation, which nobody pays.
pub(super) fn normalised(mut row: Value) -> Value {
    let method = row
        .get("method")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let Some(fields) = row.as_object_mut() else {
        return row;
    };
    let result = fields
        .get("result")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if method == "emit_log" {
        fields.remove("result");
    }
    if method.starts_with("create") && result.starts_with("0x00") {
        fields.insert("result".into(), "0x00".into());
        fields.remove("gas");
    }
    row
}

fn word(gas: u64, word: Option<&B256>) -> Answer {
    Answer::new(gas, Reply::Word(word.copied().unwrap_or_default()))
}

fn last_byte(address: Address) -> u8 {
    address.last().copied().unwrap_or_default()
}

fn code_of(address: Address) -> Bytes {
    if last_byte(address) == 0xc0 {
        (0..100u8).collect()
    } else {
        Bytes::new()
    }
}

fn call(to: Address, data: Bytes, value: U256, available: u64, requested: u64) -> Answer {
    let (gas, success, data) = match last_byte(to) {
        0xa0 => (700, true, data),
        0xb0 => (1_234, false, Bytes::from_static(&[0xde, 0xad, 0xbe, 0xef])),
        0xc0 => (
            2_600,
            true,
            (0..1_000u32).map(|index| (index % 256) as u8).collect(),
        ),
        0xd0 => (
            requested.min(available - available / 64),
            false,
            Bytes::new(),
        ),
        _ => (100, true, Bytes::new()),
    };
    let gas = if value.is_zero() {
        gas
    } else {
        gas + VALUE_GAS
    };
    Answer::new(gas.min(available), Reply::Called { success, data })
}

/// A request in the file's form.
fn describe(request: &Request, pages: &PageCounters) -> (&'static str, Value) {
    match request {
        Request::GetBytes32 { key } => ("get_bytes32", json!({ "key": key.to_string() })),
        Request::SetTrieSlots { slots, gas_left } => {
            let slots: Vec<_> = slots
                .iter()
                .map(|(key, value)| [key.to_string(), value.to_string()])
                .collect();
            (
                "set_trie_slots",
                json!({ "gas_left": gas_left, "slots": slots }),
            )
        }
        Request::TransientLoad { key } => {
            ("get_transient_bytes32", json!({ "key": key.to_string() }))
        }
        Request::TransientStore { key, value } => (
            "set_transient_bytes32",
            json!({ "key": key.to_string(), "value": value.to_string() }),
        ),
        Request::Call(stylus_vm::CallRequest {
            kind,
            to,
            data,
            value,
            gas_left,
            gas_requested,
        }) => {
            let method = match kind {
                CallKind::Call => "contract_call",
                CallKind::Delegate => "delegate_call",
                CallKind::Static => "static_call",
            };
            let args = json!({
                "contract": account(*to),
                "value": B256::from(*value).to_string(),
                "gas_left": gas_left,
                "gas_req": gas_requested,
                "calldata": bytes_value(data, SHOWN),
            });
            (method, args)
        }
        Request::Create {
            code,
            endowment,
            salt,
            gas_left,
        } => {
            let mut args = json!({
                "gas_left": gas_left,
                "endowment": B256::from(*endowment).to_string(),
                "code": bytes_value(code, SHOWN),
            });
            let Some(salt) = salt else {
                return ("create1", args);
            };
            if let Some(fields) = args.as_object_mut() {
                fields.insert("salt".into(), salt.to_string().into());
            }
            ("create2", args)
        }
        Request::EmitLog { topics, data } => {
            let mut bytes = topics.concat();
            bytes.extend_from_slice(data);
            let data = bytes_value(&bytes.into(), SHOWN);
            ("emit_log", json!({ "topics": topics.len(), "data": data }))
        }
        Request::AccountBalance { address } => {
            ("account_balance", json!({ "address": account(*address) }))
        }
        Request::AccountCode { address, gas_left } => (
            "account_code",
            json!({ "address": account(*address), "gas_left": gas_left }),
        ),
        Request::AccountCodeHash { address } => {
            ("account_codehash", json!({ "address": account(*address) }))
        }
        Request::AddPages { pages: count } => (
            "add_pages",
            json!({ "pages": count, "open_before": pages.open, "ever_before": pages.ever }),
        ),
    }
}

/// An address without checksum capitals.
fn account(address: Address) -> String {
    hex::encode_prefixed(address)
}

/// Block, message and transaction of the mock chain.
pub(super) fn context(params: &Params, calldata: Bytes, start_ink: u64) -> stylus_vm::CallContext {
    stylus_vm::CallContext {
        calldata,
        gas: start_ink
            .checked_div(u64::from(params.ink_price))
            .unwrap_or_default(),
        start_ink: Some(start_ink),
        ink_price: params.ink_price,
        max_depth_words: params.max_stack_words,
        arbos_version: params.arbos_version,
        read_only: params.read_only,
        reentrant: params.reentrant != 0,
        block_basefee: U256::from(100_000_000),
        chain_id: 412_346,
        block_coinbase: Address::repeat_byte(0xcb),
        block_gas_limit: 32_000_000,
        block_number: 123_456,
        block_timestamp: 1_700_000_000,
        contract_address: Address::repeat_byte(0x5c),
        msg_sender: Address::repeat_byte(0x5e),
        msg_value: U256::from(7),
        tx_gas_price: U256::from(100_000_001),
        tx_origin: Address::repeat_byte(0x0e),
        trace: true,
        records_preimages: false,
    }
}
