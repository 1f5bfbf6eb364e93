//! The chain as a whole: id, head, prices, accounts.

use alloy::primitives::{Address, U64, U128};
use alloy_rpc_types::{BlockNumberOrTag, FeeHistory};
use stylus_chain::{Block, BlockId};

use super::answer::ok;
use super::args::RpcArgs;
use super::method::RpcMethod::{Lookup, Read};
use super::method::{MethodTable, RpcResult};
use crate::limits::{FEE_HISTORY, PERCENTILES};
use crate::rpc_error::RpcError;
use crate::view::NodeView;
use serde_json::json;

pub(super) const METHODS: MethodTable = &[
    ("eth_chainId", Lookup(chain_id)),
    ("eth_blockNumber", Lookup(block_number)),
    ("eth_gasPrice", Lookup(gas_price)),
    ("eth_maxPriorityFeePerGas", Lookup(zero)),
    ("eth_blobBaseFee", Lookup(zero)),
    ("eth_feeHistory", Read(fee_history)),
    ("eth_config", Lookup(config)),
    ("eth_accounts", Lookup(accounts)),
    ("eth_requestAccounts", Lookup(accounts)),
    ("eth_coinbase", Lookup(coinbase)),
    ("eth_syncing", Lookup(not_syncing)),
    ("eth_hashrate", Lookup(zero)),
    ("eth_protocolVersion", Lookup(protocol_version)),
];

fn chain_id(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(U64::from(view.chain.chain_id()))
}

fn block_number(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(U64::from(view.chain.block_number()))
}

fn gas_price(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(U128::from(view.chain.newest_gas_price()))
}

/// Tips are dropped on Arbitrum, so none is suggested; there is no blob market.
fn zero(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(U64::ZERO)
}

/// Base fees of the last blocks and of the one after them. Rewards are 0: tips are dropped.
fn fee_history(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let count = args.u64(0, "block count")?.min(FEE_HISTORY);
    let newest = args.required(1, "newest block", BlockNumberOrTag::Latest)?;
    let percentiles: Vec<f64> = args.required(2, "reward percentiles", Vec::new())?;
    let what = "parameter 2 (reward percentiles)";
    RpcError::at_most(what, PERCENTILES, percentiles.len())?;
    let head = view.chain.block_number();
    let newest = match newest {
        BlockNumberOrTag::Pending => head,
        BlockNumberOrTag::Number(number) => number.min(head),
        other => view.chain.resolve(BlockId::Number(other))?,
    };
    let mut history = FeeHistory::default();
    let oldest = (newest + 1).saturating_sub(count);
    let before = oldest.checked_sub(1).map(BlockId::number);
    let before = before.and_then(|id| view.chain.block(id));
    let before = before.map_or(0, |block| block.header.timestamp);
    let mut load = GasLoad::new(view.chain.speed_limit(), before);
    for number in oldest..=newest {
        // Blocks before the first one (`--number`) do not exist.
        let Some(block) = view.chain.block(BlockId::number(number)) else {
            continue;
        };
        if history.gas_used_ratio.is_empty() {
            history.oldest_block = number;
        }
        let header = &block.header;
        let fee = header.base_fee_per_gas.unwrap_or_default();
        history.base_fee_per_gas.push(fee.into());
        history.gas_used_ratio.push(load.after(&block));
    }
    if count == 0 {
        return ok(json!({ "oldestBlock": U64::ZERO, "gasUsedRatio": null }));
    }
    let mined = || {
        let next = view.chain.block(BlockId::number(newest + 1))?;
        next.header.base_fee_per_gas
    };
    // Of the block after the newest one Nitro guesses that its base fee stays.
    let next = mined().map(u128::from);
    let next = next.or(history.base_fee_per_gas.last().copied());
    let next = next.unwrap_or_default();
    history.base_fee_per_gas.push(next);
    if !percentiles.is_empty() {
        let zeros = vec![0; percentiles.len()];
        history.reward = Some(vec![zeros; history.gas_used_ratio.len()]);
    }
    ok(history)
}

/// Nitro's values for the share of gas that a block has used: the gas of all blocks with its timestamp, beside twice
/// what the speed limit allows in the seconds since the timestamp before.
struct GasLoad {
    limit: u64,
    timestamp: u64,
    seconds: u64,
    gas: u64,
}

impl GasLoad {
    fn new(limit: u64, timestamp: u64) -> Self {
        let (seconds, gas) = (0, 0);
        Self {
            limit,
            timestamp,
            seconds,
            gas,
        }
    }

    /// The share after one more block, at most 1.
    fn after(&mut self, block: &Block) -> f64 {
        let timestamp = block.header.timestamp;
        if timestamp > self.timestamp {
            (self.seconds, self.gas) = (timestamp - self.timestamp, 0);
        }
        self.timestamp = timestamp;
        let receipts = block.receipts.iter();
        let gas = receipts.map(|receipt| receipt.gas_used.saturating_sub(receipt.gas_used_for_l1));
        self.gas += gas.sum::<u64>();
        if self.seconds == 0 {
            return 1.0;
        }
        let share = self.gas as f64 / self.limit as f64 / self.seconds as f64 / 2.0;
        share.min(1.0)
    }
}

/// EIP-7910: the rules that hold now. Nothing follows by date, and there are no blobs.
fn config(view: &NodeView, _: &RpcArgs) -> RpcResult {
    const HISTORY: &str = "0x0000f90827f1c53a10cb7a02335b175320002935";
    let contracts = match view.chain.arbos_version() {
        40.. => serde_json::json!({ "HISTORY_STORAGE_ADDRESS": HISTORY }),
        _ => serde_json::json!({}),
    };
    ok(serde_json::json!({
        "current": {
            "activationTime": 0,
            "blobSchedule": { "baseFeeUpdateFraction": 0, "max": 0, "target": 0 },
            "chainId": U64::from(view.chain.chain_id()),
            "forkId": "0x00000000",
            "precompiles": view.chain.ethereum_precompiles(),
            "systemContracts": contracts,
        },
        "next": null,
        "last": null,
    }))
}

fn accounts(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let own = view.accounts.all().map(|signer| signer.address());
    let mut accounts: Vec<Address> = own.collect();
    let impersonated = view.chain.impersonated();
    accounts.extend(
        impersonated
            .filter(|address| !accounts.contains(address))
            .collect::<Vec<_>>(),
    );
    ok(accounts)
}

fn coinbase(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(view.chain.coinbase())
}

fn not_syncing(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(false)
}

fn protocol_version(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok("0x41")
}
