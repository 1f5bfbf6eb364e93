//! The file of measured vectors, schema 1.

use alloy_primitives::{Bytes, hex, keccak256};
use serde::Deserialize;
use serde_json::Value;

/// A whole file.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) schema: u64,
    pub(super) records: Vec<Record>,
}

/// One program and what was measured.
#[derive(Debug, Deserialize)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) wat: Option<String>,
    pub(super) wat_parts: Option<Vec<(String, u64)>>,
    pub(super) wasm: Option<String>,
    pub(super) wasm_keccak256: Option<String>,
    #[serde(default)]
    pub(super) params: Params,
    pub(super) activation: Option<Activation>,
    pub(super) activation_v1: Option<Activation>,
    pub(super) call_upfront_gas: Option<Row>,
    pub(super) run: Option<Call>,
    #[serde(default)]
    pub(super) sweep: Vec<Call>,
}

/// The circumstances of a record.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default)]
pub(super) struct Params {
    pub(super) stylus_version: u16,
    pub(super) arbos_version: u64,
    pub(super) ink_price: u32,
    pub(super) max_stack_words: u32,
    pub(super) page_limit: u16,
    pub(super) open_pages: u16,
    pub(super) ever_pages: u16,
    pub(super) read_only: bool,
    pub(super) reentrant: u32,
    pub(super) activation_gas_budget: u64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            stylus_version: 2,
            arbos_version: 51,
            ink_price: 10_000,
            max_stack_words: 22_000,
            page_limit: 128,
            open_pages: 0,
            ever_pages: 0,
            read_only: false,
            reentrant: 0,
            activation_gas_budget: 1_000_000_000,
        }
    }
}

/// What was measured, by its name.
pub(super) type Row = serde_json::Map<String, Value>;

/// An activation's result.
#[derive(Debug, Deserialize)]
pub(super) struct Activation {
    pub(super) ok: bool,
    pub(super) stylus_version: Option<u16>,
    pub(super) arbos_version: Option<u64>,
    #[serde(flatten)]
    pub(super) measured: Row,
}

/// One call's result.
#[derive(Debug, Deserialize)]
pub(super) struct Call {
    pub(super) calldata: Option<String>,
    pub(super) start_ink: u64,
    pub(super) min_stack_words: Option<u32>,
    #[serde(flatten)]
    pub(super) measured: Row,
}

impl Record {
    /// The binary: as given, else assembled from the text.
    pub(super) fn module(&self) -> Result<Vec<u8>, String> {
        if let Some(wasm) = &self.wasm {
            return hex::decode(wasm).map_err(|error| format!("wasm is not hex: {error}"));
        }
        let text = match (&self.wat, &self.wat_parts) {
            (Some(wat), _) => wat.clone(),
            (None, Some(parts)) => expand(parts),
            (None, None) => return Err("neither wasm, wat nor wat_parts".into()),
        };
        let wasm = wat::parse_str(text).map_err(|error| format!("wat: {error}"))?;
        let hash = hex::encode_prefixed(keccak256(&wasm));
        match &self.wasm_keccak256 {
            Some(expected) if *expected != hash => Err(format!(
                "the assembled wasm: expected hash {expected}, found {hash}"
            )),
            _ => Ok(wasm),
        }
    }
}

fn expand(parts: &[(String, u64)]) -> String {
    let mut text = String::new();
    for (part, repeat) in parts {
        for index in 0..*repeat {
            text.push_str(&part.replace("#I#", &index.to_string()));
        }
    }
    text
}

/// Bytes as the file writes them: hex up to `longest` bytes, else length and hash.
pub(super) fn bytes_value(bytes: &Bytes, longest: usize) -> Value {
    if bytes.len() <= longest {
        Value::String(hex::encode_prefixed(bytes))
    } else {
        serde_json::json!({
            "len": bytes.len(),
            "keccak256": hex::encode_prefixed(keccak256(bytes)),
        })
    }
}
