//! State control: `anvil_*` and `hardhat_*`, with ganache's and tenderly's spellings.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use alloy::primitives::{Address, Bytes, U64, U128, U256, hex};
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use serde_json::json;
use stylus_chain::{BlockId, Chain, ChainConfig, ChainState};

use super::answer::{done, ok};
use super::args::{RpcArgs, values_in};
use super::evm::{block_count, snapshot_list};
use super::fork;
use super::method::RpcMethod::{Change, Lookup, Read};
use super::method::{MethodTable, RpcContext, RpcResult};
use super::web3::version_text;
use crate::config::AdmissionPolicy;
use crate::executor::CallerShare;
use crate::genesis::AnvilState;
use crate::limits::STATE_VALUES;
use crate::node::{DevNode, head};
use crate::rpc_error::RpcError;
use crate::state_file::{self, SavedState};
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("anvil_impersonateAccount", Change(impersonate)),
    ("hardhat_impersonateAccount", Change(impersonate)),
    ("anvil_stopImpersonatingAccount", Change(stop_impersonating)),
    (
        "hardhat_stopImpersonatingAccount",
        Change(stop_impersonating),
    ),
    ("anvil_autoImpersonateAccount", Change(auto_impersonate)),
    ("hardhat_autoImpersonateAccount", Change(auto_impersonate)),
    ("anvil_setBalance", Change(set_balance)),
    ("hardhat_setBalance", Change(set_balance)),
    ("tenderly_setBalance", Change(set_balance)),
    ("evm_setAccountBalance", Change(set_balance)),
    ("anvil_addBalance", Change(add_balance)),
    ("hardhat_addBalance", Change(add_balance)),
    ("tenderly_addBalance", Change(add_balance)),
    ("anvil_setNonce", Change(set_nonce)),
    ("hardhat_setNonce", Change(set_nonce)),
    ("evm_setAccountNonce", Change(set_nonce)),
    ("anvil_setCode", Change(set_code)),
    ("hardhat_setCode", Change(set_code)),
    ("evm_setAccountCode", Change(set_code)),
    ("anvil_setStorageAt", Change(set_storage_at)),
    ("hardhat_setStorageAt", Change(set_storage_at)),
    ("anvil_setCoinbase", Change(set_coinbase)),
    ("hardhat_setCoinbase", Change(set_coinbase)),
    ("anvil_setMinGasPrice", Change(set_min_gas_price)),
    ("hardhat_setMinGasPrice", Change(set_min_gas_price)),
    ("anvil_setNextBlockBaseFeePerGas", Change(set_next_base_fee)),
    (
        "hardhat_setNextBlockBaseFeePerGas",
        Change(set_next_base_fee),
    ),
    ("anvil_setChainId", Change(set_chain_id)),
    ("anvil_setPrevRandao", Change(set_prevrandao)),
    ("hardhat_setPrevRandao", Change(set_prevrandao)),
    ("anvil_setL1BlockNumber", Change(set_l1_block_number)),
    ("evm_setL1BlockNumber", Change(set_l1_block_number)),
    ("anvil_getGenesisTime", Lookup(genesis_time)),
    ("anvil_setLoggingEnabled", Lookup(accept)),
    ("hardhat_setLoggingEnabled", Lookup(accept)),
    ("anvil_enableTraces", Lookup(accept)),
    ("anvil_dumpState", Read(dump_state)),
    ("hardhat_dumpState", Read(dump_state)),
    ("anvil_metadata", Read(metadata)),
    ("hardhat_metadata", Read(metadata)),
    ("anvil_nodeInfo", Lookup(node_info)),
    ("eth_instanceId", Lookup(instance_id)),
];

/// One state is read or written at a time: as a document in memory it is several times as large.
static ONE_STATE: Mutex<()> = Mutex::new(());

fn impersonate(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.impersonate(args.get(0, "address")?);
    done()
}

fn stop_impersonating(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.stop_impersonating(args.get(0, "address")?);
    done()
}

fn auto_impersonate(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.set_auto_impersonate(args.get(0, "on")?);
    done()
}

fn set_balance(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain
        .set_balance(args.get(0, "address")?, args.get(1, "balance in wei")?);
    done()
}

fn add_balance(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let address: Address = args.get(0, "address")?;
    let more: U256 = args.get(1, "wei to add")?;
    let balance = node.chain.account(address, BlockId::latest())?.balance;
    node.chain
        .set_balance(address, balance.saturating_add(more));
    done()
}

fn set_nonce(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain
        .set_nonce(args.get(0, "address")?, args.u64(1, "nonce")?);
    done()
}

fn set_code(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain
        .set_code(args.get(0, "address")?, args.get(1, "code")?);
    done()
}

/// Slot and value may be padded words or bare quantities.
fn set_storage_at(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let value: U256 = args.get(2, "value")?;
    node.chain
        .set_storage_at(args.get(0, "address")?, args.get(1, "slot")?, value.into());
    ok(true)
}

fn set_coinbase(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.set_coinbase(args.get(0, "address")?);
    done()
}

fn set_min_gas_price(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain
        .set_min_gas_price(args.get::<U128>(0, "wei per gas")?.to());
    done()
}

fn set_next_base_fee(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.set_next_base_fee(args.u64(0, "wei per gas")?);
    done()
}

fn set_chain_id(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    node.chain.set_chain_id(args.u64(0, "chain id")?);
    done()
}

fn set_prevrandao(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let value: U256 = args.get(0, "word")?;
    node.chain.set_prevrandao(value.into());
    done()
}

/// A number, or `null` for the number of this chain's own block.
fn set_l1_block_number(node: &mut DevNode, args: &RpcArgs) -> RpcResult {
    let number = args.opt_u64(0, "L1 block number")?;
    node.chain.set_l1_block_number(number);
    done()
}

/// Nothing is printed per request, so there is nothing to switch off.
fn accept(_: &NodeView, _: &RpcArgs) -> RpcResult {
    done()
}

/// The whole state as bytes, for `loadState`.
fn dump_state(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let state = {
        let _one = ONE_STATE.lock().unwrap_or_else(PoisonError::into_inner);
        ok(view.chain.dump_state()?)?
    };
    ok(hex::encode_prefixed(state.get()))
}

/// States are read on the threads for reads: the chain's thread takes them as they are then.
pub(super) fn register(module: &mut RpcModule<RpcContext>) -> Result<(), RegisterMethodError> {
    for name in ["anvil_loadState", "hardhat_loadState"] {
        module.register_async_method(name, move |params, context, caller| async move {
            let args = RpcArgs::new(name, &params, AdmissionPolicy::Lenient)?;
            let share = CallerShare::from_extensions(&caller);
            let view = context.worker.view().await.map_err(RpcError::from)?;
            let read = move |_: &NodeView| read_state(&args);
            let state = context.executor.read(view, &share, read).await?;
            let load = move |node: &mut DevNode| load_state(node, &state);
            context.change(&share, load).await
        })?;
    }
    Ok(())
}

fn read_state(args: &RpcArgs) -> Result<SavedState, RpcError> {
    let refused = |reason| RpcError::Params(format!("parameter 0 (state): {reason}"));
    let bytes: Bytes = args.get(0, "state")?;
    let _one = ONE_STATE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = state_file::unpacked(&bytes).map_err(refused)?;
    let values = STATE_VALUES.check(values_in(&text));
    values.map_err(|error| refused(error.to_string()))?;
    state_file::parse(Cursor::new(text)).map_err(refused)
}

/// A state of this node replaces the chain. One of anvil puts its accounts into it, and empty blocks
/// up to the number that it had there.
fn load_state(node: &mut DevNode, saved: &SavedState) -> RpcResult {
    match saved {
        SavedState::Own(state) => {
            node.chain.load_state(ChainState::clone(state))?;
            node.rewound();
        }
        SavedState::Anvil(state) => {
            let before = node.chain.checkpoint();
            if let Err(error) = apply(node, state) {
                node.chain = before;
                return Err(error);
            }
        }
    }
    ok(true)
}

/// Adds the accounts of anvil's state, and mines the blocks that are missing up to its own.
///
/// # Errors
/// The state is there in part.
fn apply(node: &mut DevNode, state: &AnvilState) -> Result<(), RpcError> {
    let (number, timestamp) = state.block().unwrap_or_default();
    let missing = number.saturating_sub(node.chain.block_number());
    let blocks = block_count(Some(U256::from(missing)))?;
    let latest = node.chain.block(BlockId::latest());
    if blocks > 0 && latest.is_some_and(|block| block.header.timestamp < timestamp) {
        node.chain.set_next_timestamp(timestamp)?;
    }
    let first = Chain::new(ChainConfig::clone(&node.plain));
    state.apply(&mut node.chain, &first);
    Ok(node.chain.mine(blocks, None)?)
}

/// Plain JSON numbers, as OpenZeppelin's plug-in compares them.
fn metadata(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let (number, hash) = head(&view.chain);
    ok(json!({
        "clientVersion": version_text(view),
        "chainId": view.chain.chain_id(),
        "instanceId": view.instance_id,
        "latestBlockNumber": number,
        "latestBlockHash": hash,
        "forkedNetwork": fork::network(view),
        "snapshots": snapshot_list(view),
    }))
}

fn node_info(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let (number, hash) = head(&view.chain);
    let block = view.chain.block(BlockId::latest());
    ok(json!({
        "currentBlockNumber": U64::from(number),
        "currentBlockTimestamp": block.map(|block| block.header.timestamp).unwrap_or_default(),
        "currentBlockHash": hash,
        "hardFork": stylus_chain::hardfork(view.chain.arbos_version()),
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": U64::from(view.chain.base_fee()),
            "chainId": view.chain.chain_id(),
            "gasLimit": U64::from(view.chain.gas_limit()),
            "gasPrice": U128::from(view.chain.gas_price()),
        },
        "forkConfig": fork::config(view),
    }))
}

/// The time of the first block that is kept.
fn genesis_time(view: &NodeView, _: &RpcArgs) -> RpcResult {
    let first = view.chain.block(BlockId::earliest());
    ok(first.map(|block| block.header.timestamp))
}

fn instance_id(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(view.instance_id)
}
