//! `eth_fillTransaction`: what the node would add to a transaction before signing it.

use alloy::consensus::{SignableTransaction, TxEnvelope, TypedTransaction};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, Bytes, Signature, U256};
use alloy_rpc_types::TransactionRequest;
use serde_json::{Value, json};
use stylus_chain::{BlockId, Chain, Overrides};

use super::answer::ok;
use super::args::RpcArgs;
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use super::request;
use crate::accounts::DevAccounts;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[("eth_fillTransaction", Read(fill_transaction))];

/// The transaction with every field, and encoded with a signature of zeros.
fn fill_transaction(view: &NodeView, args: &RpcArgs) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(&view.accounts, &request)?;
    let filled = fill(&view.chain, from, request)?;
    let unsigned = built(filled)?.into_signed(Signature::new(U256::ZERO, U256::ZERO, false));
    let envelope: TxEnvelope = unsigned.into();
    let raw = Bytes::from(envelope.encoded_2718());
    let mut tx =
        serde_json::to_value(&envelope).map_err(|error| RpcError::Internal(error.to_string()))?;
    if let Value::Object(fields) = &mut tx {
        // geth names each fee, of whatever type the transaction is.
        for fee in ["gasPrice", "maxPriorityFeePerGas", "maxFeePerGas"] {
            fields.entry(fee).or_insert(Value::Null);
        }
    }
    ok(json!({ "raw": raw, "tx": tx }))
}

/// A filled request as a transaction.
pub(super) fn built(filled: TransactionRequest) -> Result<TypedTransaction, RpcError> {
    filled.build_typed_tx().map_err(|request| {
        let missing = request.missing_keys();
        RpcError::Params(format!("cannot build a transaction: missing {missing:?}"))
    })
}

/// Adds nonce, fees, chain id and gas where the request leaves them open.
pub(super) fn fill(
    chain: &Chain,
    from: Address,
    mut request: TransactionRequest,
) -> Result<TransactionRequest, RpcError> {
    // Also checks the request, before it becomes a transaction.
    let call = request::call(TransactionRequest {
        from: Some(from),
        ..request.clone()
    })?;
    request.input = call.input.clone().into();
    request.from = Some(from);
    request.chain_id.get_or_insert(chain.chain_id());
    request.nonce.get_or_insert(chain.pending_nonce(from));
    request.to.get_or_insert(alloy::primitives::TxKind::Create);
    if request.gas_price.is_none() {
        let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
        // Twice the present price, so that a rising base fee does not strand the transaction.
        request
            .max_fee_per_gas
            .get_or_insert(chain.gas_price().saturating_mul(2).saturating_add(tip));
    }
    if request.gas.is_none() {
        let pending = BlockId::pending();
        request.gas = Some(chain.estimate_gas(call, pending, &Overrides::default())?);
    }
    Ok(request)
}

/// Returns the sender: the first account where a request names none.
pub(super) fn sender(
    accounts: &DevAccounts,
    request: &TransactionRequest,
) -> Result<Address, RpcError> {
    let first = || accounts.all().next().map(|signer| signer.address());
    request
        .from
        .or_else(first)
        .ok_or_else(|| RpcError::Params("`from` is missing".into()))
}
