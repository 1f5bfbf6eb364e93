//! `arb_…`: what Nitro says of its own parts. This node has no parent chain, no publisher and no maintenance.

use serde_json::{Value, json};

use super::answer::{done, ok};
use super::args::RpcArgs;
use super::method::RpcMethod::Lookup;
use super::method::{MethodTable, RpcResult};
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("arb_checkPublisherHealth", Lookup(publisher_health)),
    ("arb_maintenanceStatus", Lookup(maintenance_status)),
    ("arb_findBatchContainingBlock", Lookup(batch_of_block)),
];

/// `null` where the sequencer's lock is not shared, or is at hand.
fn publisher_health(_: &NodeView, _: &RpcArgs) -> RpcResult {
    done()
}

fn maintenance_status(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(json!({ "isRunning": false }))
}

fn batch_of_block(_: &NodeView, args: &RpcArgs) -> RpcResult {
    let _: Value = args.get(0, "block number")?;
    Err(RpcError::Refused(
        "no parent chain data source available".into(),
    ))
}
