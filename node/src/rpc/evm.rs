//! Mining, time and snapshots: `evm_*`, with the names of anvil, hardhat and ganache.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{B256, U64, U256};
use serde::{Serialize, Serializer};
use stylus_chain::{Block, BlockId, LAST_SECOND};

use super::answer::{LazyList, done, ok};
use super::args::RpcArgs;
use super::json as convert;
use super::method::RpcMethod::{Change, Lookup};
use super::method::{MethodTable, RpcResult};
use crate::config::MiningMode;
use crate::limits::{BLOCKS, SNAPSHOTS};
use crate::node::DevNode;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("evm_mine", Change(evm_mine)),
    ("evm_mine_detailed", Change(mine_detailed)),
    ("anvil_mine_detailed", Change(mine_detailed)),
    ("anvil_mine", Change(mine)),
    ("hardhat_mine", Change(mine)),
    ("eth_mining", Lookup(mining)),
    ("miner_start", Change(miner_start)),
    ("miner_stop", Change(miner_stop)),
    ("anvil_getAutomine", Lookup(automine)),
    ("hardhat_getAutomine", Lookup(automine)),
    ("evm_setAutomine", Change(set_automine)),
    ("anvil_setAutomine", Change(set_automine)),
    ("anvil_getIntervalMining", Lookup(interval_mining)),
    ("evm_setIntervalMining", Change(set_interval_mining)),
    ("anvil_setIntervalMining", Change(set_interval_mining)),
    ("evm_snapshot", Change(snapshot)),
    ("anvil_snapshot", Change(snapshot)),
    ("evm_revert", Change(revert)),
    ("anvil_revert", Change(revert)),
    ("evm_increaseTime", Change(increase_time)),
    ("anvil_increaseTime", Change(increase_time)),
    ("evm_setTime", Change(set_time)),
    ("anvil_setTime", Change(set_time)),
    ("evm_setNextBlockTimestamp", Change(set_next_timestamp)),
    ("anvil_setNextBlockTimestamp", Change(set_next_timestamp)),
    (
        "anvil_setBlockTimestampInterval",
        Change(set_timestamp_interval),
    ),
    (
        "hardhat_setBlockTimestampInterval",
        Change(set_timestamp_interval),
    ),
    (
        "evm_setBlockTimestampInterval",
        Change(set_timestamp_interval),
    ),
    (
        "anvil_removeBlockTimestampInterval",
        Change(remove_timestamp_interval),
    ),
    (
        "hardhat_removeBlockTimestampInterval",
        Change(remove_timestamp_interval),
    ),
    ("evm_setBlockGasLimit", Change(set_block_gas_limit)),
    ("anvil_setBlockGasLimit", Change(set_block_gas_limit)),
];

/// One block, or what `{timestamp, blocks}` or a bare timestamp asks for.
fn evm_mine(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    mine_as_requested(node, args)?;
    ok("0x0")
}

/// Like `evm_mine`, with the new blocks as the answer.
fn mine_detailed(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let before = node.chain.block_number();
    mine_as_requested(node, args)?;
    let blocks = (before + 1..=node.chain.block_number())
        .filter_map(|number| node.chain.block(BlockId::number(number)));
    ok(LazyList::new(blocks.map(DetailedBlock)))
}

/// A block with its transactions, made while it is written.
struct DetailedBlock(Arc<Block>);

impl Serialize for DetailedBlock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        convert::block(&self.0, true).serialize(serializer)
    }
}

fn mine_as_requested(node: &mut DevNode, args: &RpcArgs) -> Result<(), RpcError> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum MineOptions {
        Timestamp(U256),
        Options {
            timestamp: Option<U256>,
            blocks: Option<U256>,
        },
    }
    let (timestamp, blocks) = match args.opt(0, "options")? {
        None => (None, None),
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(MineOptions::Options { timestamp, blocks }) => (timestamp, blocks),
    };
    if let Some(timestamp) = timestamp {
        let seconds = in_time("timestamp", RpcError::narrow("timestamp", timestamp)?)?;
        node.chain.set_next_timestamp(seconds)?;
    }
    Ok(node.chain.mine(block_count(blocks)?, None)?)
}

/// `(blocks, interval)`; the interval is in seconds.
fn mine(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let blocks = block_count(args.opt(0, "blocks")?)?;
    let interval = args.opt_u64(1, "interval")?;
    let interval = interval.map(|seconds| in_time("interval", seconds));
    node.chain.mine(blocks, interval.transpose()?)?;
    done()
}

fn mining(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(true)
}

fn miner_start(node: &mut DevNode, _: &RpcArgs) -> RpcResult {
    node.set_mining(MiningMode::Auto)?;
    done()
}

fn miner_stop(node: &mut DevNode, _: &RpcArgs) -> RpcResult {
    node.set_mining(MiningMode::Manual)?;
    done()
}

fn automine(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(view.chain.automine())
}

fn set_automine(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let is_on: bool = args.get(0, "on")?;
    let mode = if is_on {
        MiningMode::Auto
    } else {
        let interval = node.view().mining_interval;
        interval.map_or(MiningMode::Manual, MiningMode::Interval)
    };
    node.set_mining(mode)?;
    done()
}

/// Seconds, or null without a clock.
fn interval_mining(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(view.mining_interval.map(|interval| interval.as_secs()))
}

/// Seconds; 0 stops the clock. Mining per transaction stops, too, as in anvil.
fn set_interval_mining(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    match args.u64(0, "seconds")? {
        0 => node.set_mining(MiningMode::Manual)?,
        seconds => node.set_mining(MiningMode::Interval(Duration::from_secs(seconds)))?,
    }
    done()
}

fn snapshot(node: &mut DevNode, _: &RpcArgs) -> RpcResult {
    SNAPSHOTS.check(node.chain.snapshots().len() + 1)?;
    ok(U64::from(node.chain.snapshot()))
}

/// False when the snapshot is unknown or used up; later ones are used up with it.
fn revert(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let id = args.opt_u64(0, "snapshot id")?;
    let Some(id) = id else {
        return ok(false);
    };
    let reverted = node.chain.revert(id);
    if reverted {
        node.rewound();
    }
    ok(reverted)
}

/// The answer is the total shift in seconds.
fn increase_time(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let seconds = in_time("seconds", args.u64(0, "seconds")?)?;
    ok(node.chain.increase_time(seconds))
}

fn set_time(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let seconds = seconds_of(args.u64(0, "timestamp")?);
    // Seconds from now on, as in anvil: none for a time that has passed.
    ok(node.chain.set_time(in_time("timestamp", seconds)?).max(0))
}

fn set_next_timestamp(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain
        .set_next_timestamp(in_time("timestamp", args.u64(0, "timestamp")?)?)?;
    done()
}

fn set_timestamp_interval(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let seconds = in_time("interval", args.u64(0, "seconds")?)?;
    node.chain.set_timestamp_interval(Some(seconds));
    done()
}

fn remove_timestamp_interval(node: &mut DevNode, _: &RpcArgs) -> RpcResult {
    node.chain.set_timestamp_interval(None);
    ok(true)
}

fn set_block_gas_limit(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.set_block_gas_limit(args.u64(0, "gas limit")?);
    ok(true)
}

/// JavaScript clocks give milliseconds; no block of this century has such a number of seconds.
fn seconds_of(timestamp: u64) -> u64 {
    const FIRST_MILLISECONDS: u64 = 100_000_000_000;
    if timestamp >= FIRST_MILLISECONDS {
        timestamp / 1000
    } else {
        timestamp
    }
}

pub(super) fn in_time(name: &str, seconds: u64) -> Result<u64, RpcError> {
    RpcError::at_most(&format!("{name} in seconds"), LAST_SECOND, seconds)
}

pub(super) fn block_count(blocks: Option<U256>) -> Result<u64, RpcError> {
    let blocks = RpcError::narrow("blocks", blocks.unwrap_or(U256::ONE))?;
    RpcError::at_most("blocks of one request", BLOCKS, blocks)
}

/// Number and hash, as `hardhat_metadata` lists snapshots.
pub(super) fn snapshot_list(view: &NodeView) -> BTreeMap<U256, (u64, B256)> {
    let snapshots = view.chain.snapshots();
    let listed = snapshots.map(|(id, head)| {
        let hash = view.chain.block_hash(head).unwrap_or_default();
        (U256::from(id), (head, hash))
    });
    listed.collect()
}
