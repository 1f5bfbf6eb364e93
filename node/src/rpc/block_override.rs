//! Overrides of a block as a client names them.

use alloy_rpc_types::BlockOverrides;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The overrides of a block as a client names them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BlockOverrideParameter {
    #[serde(flatten)]
    pub(super) overrides: BlockOverrides,
    #[serde(default)]
    pub(super) withdrawals: Option<IgnoredAny>,
}
