//! Blocks that are taken back or replaced: `anvil_rollback` and `anvil_reorg`.

use alloy::primitives::Bytes;
use alloy_rpc_types::TransactionRequest;
use serde::Deserialize;
use stylus_chain::BlockId;

use super::answer::done;
use super::args::RpcArgs;
use super::method::RpcMethod::Change;
use super::method::{MethodTable, RpcResult};
use super::send;
use crate::limits::REPLACED_BLOCKS;
use crate::node::DevNode;
use crate::rpc_error::RpcError;

pub(super) const METHODS: MethodTable = &[
    ("anvil_rollback", Change(rollback)),
    ("anvil_reorg", Change(reorg)),
];

/// A transaction of a new block.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReorgTransaction {
    Signed(Bytes),
    Request(Box<TransactionRequest>),
}

/// One block, or as many as are named.
fn rollback(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let depth = args.opt_u64(0, "depth")?.unwrap_or(1);
    take_back(node, depth)?;
    done()
}

/// `(depth, [[transaction, index of the new block], …])`: as many new blocks as are taken back, with
/// these transactions. When one of them is refused nothing has changed.
fn reorg(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let depth = args.u64(0, "depth")?;
    let sent: Vec<(ReorgTransaction, u64)> =
        args.opt(1, "transactions and blocks")?.unwrap_or_default();
    if let Some((_, block)) = sent.iter().find(|(_, block)| *block >= depth) {
        return Err(RpcError::Params(format!(
            "parameter 1 (transactions and blocks): expected an index below the depth {depth}, found {block}"
        )));
    }
    RpcError::at_most("parameter 0 (depth)", REPLACED_BLOCKS, depth)?;
    let mut copy = node.copy();
    replace_blocks(&mut copy, depth, sent)?;
    node.adopt(copy);
    done()
}

fn take_back(node: &mut DevNode, depth: u64) -> Result<(), RpcError> {
    let head = node.chain.block_number();
    if depth > head.saturating_sub(node.chain.config().number) {
        return Err(RpcError::Params(format!(
            "Rollback depth must not exceed current chain height: current height {head}, depth {depth}"
        )));
    }
    node.chain.rollback(depth)?;
    node.rewound();
    Ok(())
}

fn replace_blocks(
    node: &mut DevNode,
    depth: u64,
    sent: Vec<(ReorgTransaction, u64)>,
) -> Result<(), RpcError> {
    let first = node.chain.block_number().saturating_sub(depth) + 1;
    let replaced = node.chain.block(BlockId::number(first));
    take_back(node, depth)?;
    // With the time of the block that it replaces an empty block would be that block again.
    let time = node.chain.next_timestamp();
    if replaced.is_some_and(|block| block.header.timestamp == time) {
        node.chain.set_next_timestamp(time.saturating_add(1))?;
    }
    let automine = node.chain.automine();
    // What waits is not asked into the new blocks.
    let waiting = node.chain.set_aside();
    node.chain.set_automine(false);
    let mut sent: Vec<_> = sent.into_iter().map(Some).collect();
    for block in 0..depth {
        for entry in &mut sent {
            if let Some((transaction, _)) = entry.take_if(|(_, at)| *at == block) {
                match transaction {
                    ReorgTransaction::Signed(raw) => send::submit(node, send::decoded(&raw)?)?,
                    ReorgTransaction::Request(request) => send::send_request(node, *request)?,
                };
            }
        }
        node.chain.mine(1, None)?;
        // Of what the end of the node cuts off nothing is adopted.
        node.chain.check_time()?;
    }
    node.chain.set_automine(automine);
    node.chain.put_back(waiting);
    Ok(())
}
