//! The options of `debug_trace…`, as callers give them.

use alloy_rpc_types::state::StateOverride;
use serde::Deserialize;
use serde_json::Value;

use super::block_override::BlockOverrideParameter;

/// The tracer, and the values that a traced call sees instead of the chain's state.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct TracerOptions {
    pub(super) tracer: Option<String>,
    pub(super) tracer_config: Option<Value>,
    pub(super) enable_memory: bool,
    pub(super) disable_memory: Option<bool>,
    pub(super) disable_stack: bool,
    pub(super) disable_storage: bool,
    pub(super) enable_return_data: bool,
    pub(super) limit: Option<usize>,
    pub(super) state_overrides: Option<StateOverride>,
    pub(super) block_overrides: Option<BlockOverrideParameter>,
    pub(super) timeout: Option<String>,
}
