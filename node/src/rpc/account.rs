//! `eth_getBalance` and its kin: one account at one block.

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{U64, U256};

use super::args::Args;
use super::error::RpcError;
use super::request::block_id;
use super::{RpcResult, Table, ok};
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("eth_getBalance", balance),
    ("eth_getCode", code),
    ("eth_getStorageAt", storage),
    ("eth_getTransactionCount", nonce),
    ("eth_getAccount", account),
];

fn balance(node: &mut Node, args: &Args) -> RpcResult {
    ok(node
        .chain
        .account(args.get(0, "address")?, block_id(args, 1)?)?
        .balance)
}

fn code(node: &mut Node, args: &Args) -> RpcResult {
    ok(node
        .chain
        .account(args.get(0, "address")?, block_id(args, 1)?)?
        .code)
}

/// The slot may be a padded word or a bare quantity.
fn storage(node: &mut Node, args: &Args) -> RpcResult {
    let slot: U256 = args.get(1, "slot")?;
    ok(node
        .chain
        .storage(args.get(0, "address")?, slot, block_id(args, 2)?)?)
}

fn nonce(node: &mut Node, args: &Args) -> RpcResult {
    let address = args.get(0, "address")?;
    match block_id(args, 1)? {
        BlockId::Number(BlockNumberOrTag::Pending) => {
            ok(U64::from(node.chain.pending_nonce(address)))
        }
        block => ok(U64::from(node.chain.account(address, block)?.nonce)),
    }
}

fn account(node: &mut Node, args: &Args) -> RpcResult {
    let block: BlockId = args
        .opt(1, "block")?
        .ok_or_else(|| RpcError::Params("parameter 1 (block) is missing".into()))?;
    let account = node.chain.account(args.get(0, "address")?, block)?;
    ok(serde_json::json!({
        "balance": account.balance,
        "nonce": U64::from(account.nonce),
        "codeHash": account.code_hash,
    }))
}
