//! A call as a client names it.

use alloy_rpc_types::TransactionRequest;
use serde::Deserialize;

/// Alloy's request, and the field that Nitro has beside.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallParameter {
    #[serde(flatten)]
    pub(super) request: TransactionRequest,
    #[serde(default)]
    pub(super) skip_l1_charging: Option<bool>,
}
