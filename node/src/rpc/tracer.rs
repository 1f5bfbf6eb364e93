//! The tracers that `debug_trace…` knows, by name and options.

use std::collections::BTreeMap;

use alloy::primitives::{B256, b256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stylus_chain::{
    ChainError, FlatOptions, OpcodeOptions, Overrides, PrestateOptions, Trace, TraceKind,
};

use super::go_duration::duration_fault;
use super::request;
use super::tracer_options::TracerOptions;
use crate::limits::TRACERS;
use crate::rpc_error::RpcError;

/// The names that are answered.
const KNOWN: &str = "callTracer, prestateTracer, flatCallTracer, 4byteTracer, noopTracer, \
                     muxTracer, stylusTracer, or none for opcodes";

/// One tracer, or several with an answer each.
pub(super) enum TracerSelection {
    One(TraceKind),
    Mux(Vec<(String, TraceKind)>),
}

/// The records of one tracer, or of several.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum TracerRecords {
    One(Trace),
    Mux(BTreeMap<String, Trace>),
}

impl TracerSelection {
    /// Records with each tracer: several execute several times, which gives the same each time.
    pub(super) fn run(
        &self,
        mut trace: impl FnMut(TraceKind) -> Result<Trace, ChainError>,
    ) -> Result<TracerRecords, RpcError> {
        match self {
            Self::One(kind) => Ok(TracerRecords::One(trace(*kind)?)),
            Self::Mux(kinds) => {
                let traces = kinds
                    .iter()
                    .map(|(name, kind)| Ok((name.clone(), trace(*kind)?)));
                Ok(TracerRecords::Mux(
                    traces.collect::<Result<_, ChainError>>()?,
                ))
            }
        }
    }
}

impl TracerOptions {
    /// The tracer that is named. The timeout is read and has no effect: a recording has bounds of its own.
    pub(super) fn tracer(&self) -> Result<TracerSelection, RpcError> {
        let tracer = self.named_tracer()?;
        if let Some(words) = self.timeout.as_deref().and_then(duration_fault) {
            return Err(RpcError::Refused(words));
        }
        Ok(tracer)
    }

    fn named_tracer(&self) -> Result<TracerSelection, RpcError> {
        let Some(name) = self.tracer.as_deref().filter(|name| !name.is_empty()) else {
            return Ok(TracerSelection::One(TraceKind::Opcodes(OpcodeOptions {
                memory: self.enable_memory || self.disable_memory == Some(false),
                no_stack: self.disable_stack,
                no_storage: self.disable_storage,
                return_data: self.enable_return_data,
                limit: self.limit.unwrap_or(0),
            })));
        };
        if name != "muxTracer" {
            return Ok(TracerSelection::One(kind(
                name,
                self.tracer_config.as_ref(),
            )?));
        }
        let inner: Map<String, Value> = config(self.tracer_config.as_ref())?;
        RpcError::at_most("tracers of muxTracer", TRACERS, inner.len())?;
        let kinds = inner.iter().map(|(name, config)| {
            let config = Some(config).filter(|config| !config.is_null());
            Ok((name.clone(), kind(name, config)?))
        });
        Ok(TracerSelection::Mux(
            kinds.collect::<Result<_, RpcError>>()?,
        ))
    }

    /// Returns the values that a traced call sees instead of the chain's state.
    pub(super) fn overrides(self) -> Result<Overrides, RpcError> {
        request::overrides(self.state_overrides, self.block_overrides)
    }
}

fn config<T: Default + for<'de> Deserialize<'de>>(config: Option<&Value>) -> Result<T, RpcError> {
    match config.filter(|config| !config.is_null()) {
        None => Ok(T::default()),
        Some(config) => T::deserialize(config)
            .map_err(|error| RpcError::Params(format!("tracerConfig: {error}"))),
    }
}

/// The flags of tracers.
const FLAGS: [(&str, &[&str]); 3] = [
    ("callTracer", &["onlyTopCall", "withLog"]),
    (
        "prestateTracer",
        &["diffMode", "disableCode", "disableStorage", "includeEmpty"],
    ),
    (
        "flatCallTracer",
        &["convertParityErrors", "includePrecompiles"],
    ),
];

/// Refuses a flag that is no bool, in Go's words.
fn check_flags(tracer: &str, options: Option<&Value>) -> Result<(), RpcError> {
    let flags = FLAGS.iter().find(|(name, _)| *name == tracer);
    for flag in flags.iter().flat_map(|(_, flags)| *flags) {
        let kind = match options.and_then(|options| options.get(flag)) {
            None | Some(Value::Null | Value::Bool(_)) => continue,
            Some(Value::String(_)) => "string",
            Some(Value::Number(_)) => "number",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
        };
        return Err(RpcError::Refused(format!(
            "json: cannot unmarshal {kind} into Go struct field {tracer}Config.{flag} of type bool"
        )));
    }
    Ok(())
}

/// cargo-stylus sends a script in JavaScript unless it is set to use the native tracer. That one
/// script is known, and gets what the native tracer answers; no other is run.
fn kind(name: &str, options: Option<&Value>) -> Result<TraceKind, RpcError> {
    check_flags(name, options)?;
    match name {
        "callTracer" => Ok(TraceKind::Call(config(options)?)),
        "prestateTracer" => {
            let given: PrestateOptions = config(options)?;
            if given.diff && given.include_empty {
                return Err(RpcError::Refused(
                    "cannot use diffMode with includeEmpty".into(),
                ));
            }
            Ok(TraceKind::Prestate(given))
        }
        "flatCallTracer" => {
            let given: FlatOptions = config(options)?;
            let message = true;
            Ok(TraceKind::Flat(FlatOptions { message, ..given }))
        }
        "4byteTracer" => Ok(TraceKind::FourByte),
        "noopTracer" => Ok(TraceKind::Noop),
        "stylusTracer" => Ok(TraceKind::Stylus),
        script if is_cargo_stylus(script) => Ok(TraceKind::Stylus),
        script if script.contains('{') => Err(RpcError::NotSupported(format!(
            "a tracer in JavaScript other than the one of cargo-stylus (use {KNOWN})"
        ))),
        other => Err(RpcError::NotSupported(format!(
            "the tracer `{other}` (use {KNOWN})"
        ))),
    }
}

/// keccak256 of the script, without white space, that cargo-stylus and stylus-tools have sent since
/// 0.5.0.
const CARGO_STYLUS: B256 =
    b256!("f8508724b38d6317ccf19127fd8e847c4c0dfc448d57c65cb20c9b6174c37c50");

/// Returns true if a tracer is that script.
fn is_cargo_stylus(script: &str) -> bool {
    let bare: String = script.split_whitespace().collect();
    keccak256(bare) == CARGO_STYLUS
}
