//! Requests of clients in the chain's terms.

use std::collections::BTreeMap;

use alloy::eips::BlockId;
use alloy::primitives::{B256, TxKind, U256};
use alloy_rpc_types::state::{AccountOverride as RpcAccountOverride, StateOverride};
use alloy_rpc_types::{BlockOverrides, TransactionRequest};
use stylus_chain::{AccountOverride, CallRequest, Overrides};

use super::args::Args;
use crate::rpc_error::RpcError;

/// The block a request is about; the latest when it names none.
pub(super) fn block_id(args: &Args, index: usize) -> Result<BlockId, RpcError> {
    Ok(args.opt(index, "block")?.unwrap_or(BlockId::latest()))
}

/// A call, or a transaction that is still to be signed.
pub(super) fn call(request: TransactionRequest) -> Result<CallRequest, RpcError> {
    let blobs = request.sidecar.is_some()
        || request.max_fee_per_blob_gas.is_some()
        || request
            .blob_versioned_hashes
            .as_ref()
            .is_some_and(|hashes| !hashes.is_empty());
    if blobs {
        return Err(RpcError::Params(
            "blob transactions: Arbitrum takes types 0, 1, 2 and 4".into(),
        ));
    }
    let input = request.input.try_into_unique_input().map_err(|_| {
        RpcError::Params("`input` and `data` differ: expected one of them, or both alike".into())
    })?;
    Ok(CallRequest {
        from: request.from,
        to: match request.to {
            Some(TxKind::Call(to)) => Some(to),
            Some(TxKind::Create) | None => None,
        },
        gas: request.gas,
        gas_price: request.gas_price,
        max_fee_per_gas: request.max_fee_per_gas,
        max_priority_fee_per_gas: request.max_priority_fee_per_gas,
        value: request.value.unwrap_or_default(),
        input: input.unwrap_or_default(),
        nonce: request.nonce,
        chain_id: request.chain_id,
        access_list: request.access_list,
        authorization_list: request.authorization_list.unwrap_or_default(),
    })
}

/// State and block overrides, as `eth_call` and `eth_estimateGas` take them.
pub(super) fn overrides(
    state: Option<StateOverride>,
    block: Option<BlockOverrides>,
) -> Result<Overrides, RpcError> {
    let mut overrides = Overrides::default();
    for (address, account) in state.into_iter().flatten() {
        overrides
            .accounts
            .insert(address, account_override(account)?);
    }
    if let Some(block) = block {
        let refused = [
            ("difficulty", block.difficulty.is_some()),
            ("blobBaseFee", block.blob_base_fee.is_some()),
            ("blockHash", block.block_hash.is_some()),
        ];
        if let Some((name, _)) = refused.into_iter().find(|(_, given)| *given) {
            return Err(RpcError::NotSupported(format!(
                "the block override `{name}`"
            )));
        }
        let narrow = |name: &str, value: Option<U256>| {
            let name = format!("block override `{name}`");
            value
                .map(|value| RpcError::narrow(&name, value))
                .transpose()
        };
        overrides.number = narrow("number", block.number)?;
        overrides.base_fee = narrow("baseFee", block.base_fee)?;
        overrides.timestamp = block.time;
        overrides.gas_limit = block.gas_limit;
        overrides.coinbase = block.coinbase;
        overrides.prevrandao = block.random;
    }
    Ok(overrides)
}

fn account_override(account: RpcAccountOverride) -> Result<AccountOverride, RpcError> {
    if account.move_precompile_to.is_some() {
        return Err(RpcError::NotSupported(
            "the override `movePrecompileToAddress`".into(),
        ));
    }
    if account.state.is_some() && account.state_diff.is_some() {
        return Err(RpcError::Params(
            "`state` and `stateDiff` of one account: expected at most one of them".into(),
        ));
    }
    let slots = |map: alloy::primitives::map::B256HashMap<B256>| {
        map.into_iter().collect::<BTreeMap<_, _>>()
    };
    Ok(AccountOverride {
        balance: account.balance,
        nonce: account.nonce,
        code: account.code,
        state: account.state.map(slots),
        state_diff: account.state_diff.map(slots),
    })
}
