//! `debug_traceTransaction` and `debug_traceCall`.

use alloy::primitives::{B256, b256, keccak256};
use alloy_rpc_types::BlockOverrides;
use alloy_rpc_types::state::StateOverride;
use serde::Deserialize;
use stylus_chain::{Chain, TraceKind};

use super::args::Args;
use super::error::RpcError;
use super::read::ReadTable;
use super::request::{self, block_id};
use super::{RpcResult, ok};

pub(super) const READS: ReadTable = &[
    ("debug_traceTransaction", trace_transaction),
    ("debug_traceCall", trace_call),
];

/// What to trace with, and what a traced call sees instead of the chain's state.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    tracer: Option<String>,
    state_overrides: Option<StateOverride>,
    block_overrides: Option<BlockOverrides>,
}

fn trace_transaction(chain: &Chain, args: &Args) -> RpcResult {
    let options: Options = args.opt(1, "options")?.unwrap_or_default();
    let kind = tracer(options.tracer.as_deref())?;
    ok(chain.trace(args.get(0, "hash")?, kind)?)
}

fn trace_call(chain: &Chain, args: &Args) -> RpcResult {
    let options: Options = args.opt(2, "options")?.unwrap_or_default();
    let kind = tracer(options.tracer.as_deref())?;
    let overrides = request::overrides(options.state_overrides, options.block_overrides)?;
    ok(chain.trace_call(
        request::call(args.get(0, "call")?)?,
        block_id(args, 1)?,
        &overrides,
        kind,
    )?)
}

/// keccak256 of the script, without white space, that cargo-stylus and stylus-tools have sent since
/// 0.5.0.
const CARGO_STYLUS: B256 =
    b256!("f8508724b38d6317ccf19127fd8e847c4c0dfc448d57c65cb20c9b6174c37c50");

/// Whether a tracer is that script.
fn is_cargo_stylus(script: &str) -> bool {
    let bare: String = script.split_whitespace().collect();
    keccak256(bare) == CARGO_STYLUS
}

/// cargo-stylus sends a script in JavaScript unless it is set to use the native tracer. That one
/// script is known, and gets what the native tracer answers; no other is run.
fn tracer(name: Option<&str>) -> Result<TraceKind, RpcError> {
    match name {
        Some("callTracer") => Ok(TraceKind::Call),
        Some("stylusTracer") => Ok(TraceKind::Stylus),
        Some(script) if is_cargo_stylus(script) => Ok(TraceKind::Stylus),
        Some(script) if script.contains('{') => Err(RpcError::NotSupported(
            "a tracer in JavaScript other than the one of cargo-stylus (use callTracer or stylusTracer)"
                .into(),
        )),
        Some(other) => Err(RpcError::NotSupported(format!(
            "the tracer `{other}` (use callTracer or stylusTracer)"
        ))),
        None => Err(RpcError::NotSupported(
            "the opcode tracer (use callTracer or stylusTracer)".into(),
        )),
    }
}
