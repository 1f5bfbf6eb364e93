//! Requests of clients in the chain's terms.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use alloy::eips::BlockId;
use alloy::primitives::{Address, TxKind, address};
use alloy_rpc_types::TransactionRequest;
use alloy_rpc_types::state::{AccountOverride, StateOverride};
use stylus_chain::{CallRequest, Overrides};

use super::args::RpcArgs;
use super::block_override::BlockOverrideParameter;
use super::call_parameter::CallParameter;
use super::hexadecimal::quoted;
use crate::rpc_error::RpcError;
use crate::terminal;

/// The block that a request about state must name.
pub(super) fn named_block(args: &RpcArgs, index: usize) -> Result<BlockId, RpcError> {
    match args.block(index)? {
        Some(block) => Ok(block),
        None if args.is_null(index) => Ok(latest_for_null(args)),
        None => args.required(index, "block", BlockId::latest()),
    }
}

/// The block that `null` names: the latest one, as in anvil. Nitro refuses that form. The terminal says so once for each
/// method.
fn latest_for_null(args: &RpcArgs) -> BlockId {
    static NOTED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let method = args.method();
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    if noted.insert(method) {
        terminal::note(&format!(
            "{method} took `null` for the latest block; Nitro refuses it"
        ));
    }
    BlockId::latest()
}

/// The block that a request must name by its number or by a tag.
pub(super) fn numbered_block(args: &RpcArgs, index: usize) -> Result<BlockId, RpcError> {
    if !args.admission().is_lenient()
        && let Some(json) = args.json(index)
        && quoted(json).is_none()
        && !args.is_null(index)
    {
        return Err(RpcError::Params(format!(
            "invalid argument {index}: hex string without 0x prefix"
        )));
    }
    match named_block(args, index)? {
        BlockId::Hash(_) => Err(RpcError::Params(format!(
            "invalid argument {index}: hex number > 64 bits"
        ))),
        number => Ok(number),
    }
}

/// The block a request is about; the latest when it names none.
pub(super) fn block_id(args: &RpcArgs, index: usize) -> Result<BlockId, RpcError> {
    Ok(args.block(index)?.unwrap_or(BlockId::latest()))
}

/// The call that a parameter names.
///
/// # Errors
/// As [`call`].
pub(super) fn named_call(parameter: CallParameter) -> Result<CallRequest, RpcError> {
    Ok(CallRequest {
        skips_l1_charging: parameter.skip_l1_charging.unwrap_or_default(),
        ..call(parameter.request)?
    })
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
    if request.gas_price.is_some()
        && (request.max_fee_per_gas.is_some() || request.max_priority_fee_per_gas.is_some())
    {
        return Err(RpcError::Refused(
            "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified".into(),
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
        skips_l1_charging: false,
    })
}

/// The account that holds ArbOS' state.
const ARBOS_STATE: Address = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");

/// State and block overrides, as `eth_call` and `eth_estimateGas` take them.
pub(super) fn overrides(
    state: Option<StateOverride>,
    block: Option<BlockOverrideParameter>,
) -> Result<Overrides, RpcError> {
    let accounts = state.unwrap_or_default();
    let BlockOverrideParameter {
        overrides: block,
        withdrawals,
    } = block.unwrap_or_default();
    let has_withdrawals = withdrawals.is_some();
    if block.block_hash.is_some() {
        let what = "the block override `blockHash`";
        return Err(RpcError::NotSupported(what.into()));
    }
    let unused = [
        ("beaconRoot", block.beacon_root.is_some()),
        ("withdrawals", has_withdrawals),
    ];
    if let Some((name, _)) = unused.into_iter().find(|(_, is_given)| *is_given) {
        return Err(RpcError::Refused(format!(
            "block override \"{name}\" is not supported for this RPC method"
        )));
    }
    let both = |account: &AccountOverride| account.state.is_some() && account.state_diff.is_some();
    if let Some((address, _)) = accounts.iter().find(|(_, account)| both(account)) {
        return Err(RpcError::Refused(format!(
            "account {address} has both 'state' and 'stateDiff'"
        )));
    }
    if accounts.contains_key(&ARBOS_STATE) {
        return Err(RpcError::Refused(format!(
            "overriding address {ARBOS_STATE}  not allowed"
        )));
    }
    for (name, value) in [("number", block.number), ("baseFee", block.base_fee)] {
        RpcError::narrow(
            &format!("block override `{name}`"),
            value.unwrap_or_default(),
        )?;
    }
    Ok(Overrides { accounts, block })
}
