//! `debug_traceTransaction` and `debug_traceCall`.

use alloy_rpc_types::BlockOverrides;
use alloy_rpc_types::state::StateOverride;
use serde::Deserialize;
use stylus_chain::TraceKind;

use super::args::Args;
use super::error::RpcError;
use super::request::{self, block_id};
use super::{RpcResult, Table, ok};
use crate::node::Node;

pub(super) const METHODS: Table = &[
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

fn trace_transaction(node: &mut Node, args: &Args) -> RpcResult {
    let options: Options = args.opt(1, "options")?.unwrap_or_default();
    let kind = tracer(options.tracer.as_deref())?;
    ok(node.chain.trace(args.get(0, "hash")?, kind)?)
}

fn trace_call(node: &mut Node, args: &Args) -> RpcResult {
    let options: Options = args.opt(2, "options")?.unwrap_or_default();
    let kind = tracer(options.tracer.as_deref())?;
    let overrides = request::overrides(options.state_overrides, options.block_overrides)?;
    ok(node.chain.trace_call(
        request::call(args.get(0, "call")?)?,
        block_id(args, 1)?,
        &overrides,
        kind,
    )?)
}

/// cargo-stylus sends a script in JavaScript unless it is told to use the native tracer. The
/// script is recognised by its `hostio` callback, and gets what the native one would answer.
fn tracer(name: Option<&str>) -> Result<TraceKind, RpcError> {
    match name {
        Some("callTracer") => Ok(TraceKind::Call),
        Some("stylusTracer") => Ok(TraceKind::Stylus),
        Some(script) if script.contains('{') && script.contains("hostio") => Ok(TraceKind::Stylus),
        Some(script) if script.contains('{') => {
            Err(RpcError::NotSupported("a tracer in JavaScript".into()))
        }
        Some(other) => Err(RpcError::NotSupported(format!(
            "the tracer `{other}` (use callTracer or stylusTracer)"
        ))),
        None => Err(RpcError::NotSupported(
            "the opcode tracer (use callTracer or stylusTracer)".into(),
        )),
    }
}
