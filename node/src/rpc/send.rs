//! `eth_sendRawTransaction`, `eth_sendTransaction` and their kin.

use std::sync::Arc;

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{SignableTransaction, TxEnvelope};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, B256, Bytes};
use alloy_rpc_types::TransactionRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use stylus_chain::{BlockId, BlockNumberOrTag, Overrides};

use super::args::Args;
use super::error::RpcError;
use super::{Context, RpcResult, Table, ok, request};
use crate::connections::Client;
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("eth_sendTransaction", send),
    ("eth_signTransaction", sign),
    ("eth_sendUnsignedTransaction", send_unsigned),
];

/// `eth_sendRawTransaction`. Senders are recovered before the chain's thread is asked, so that
/// several connections share the work.
pub(super) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    module.register_async_method(
        "eth_sendRawTransaction",
        |params, context, extensions| async move {
            let client = extensions.get::<Arc<Client>>().cloned();
            let args = Args::new(&params)?;
            let _guard = client.as_ref().map(Client::call);
            let signed = recovered(&args)?;
            let sent = context.worker.run(move |node| submit(node, signed)).await;
            ok(sent??)
        },
    )?;
    Ok(())
}

/// An encoded, signed transaction with its sender.
pub(super) fn recovered(args: &Args) -> Result<Recovered<TxEnvelope>, RpcError> {
    let raw: Bytes = args.get(0, "signed transaction")?;
    let mut rest = raw.as_ref();
    let envelope = TxEnvelope::decode_2718(&mut rest).map_err(|error| {
        RpcError::Params(format!(
            "parameter 0 (signed transaction): {error}; expected an EIP-2718 envelope"
        ))
    })?;
    if !rest.is_empty() {
        return Err(RpcError::Params(format!(
            "parameter 0 (signed transaction): {} bytes left over at the end",
            rest.len()
        )));
    }
    Ok(stylus_chain::recover(envelope)?)
}

/// Signs with a dev account's key, or sends as an impersonated account.
fn send(node: &mut Node, args: &Args) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(node, &request)?;
    if node.accounts.signer(from).is_some() {
        let envelope = fill_and_sign(node, from, request)?;
        ok(submit(node, Recovered::new_unchecked(envelope, from))?)
    } else {
        send_as(node, from, request)
    }
}

fn sign(node: &mut Node, args: &Args) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(node, &request)?;
    let envelope = fill_and_sign(node, from, request)?;
    ok(Bytes::from(envelope.encoded_2718()))
}

/// Sends as any account, whether impersonated or not.
fn send_unsigned(node: &mut Node, args: &Args) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(node, &request)?;
    if node.chain.is_impersonated(from) {
        return send_as(node, from, request);
    }
    node.chain.impersonate(from);
    let sent = send_as(node, from, request);
    node.chain.stop_impersonating(from);
    sent
}

fn send_as(node: &mut Node, from: Address, request: TransactionRequest) -> RpcResult {
    let hash = node.chain.submit_unsigned(from, request::call(request)?)?;
    node.accepted(hash);
    ok(hash)
}

/// Gives a transaction to the chain.
pub(super) fn submit(node: &mut Node, signed: Recovered<TxEnvelope>) -> Result<B256, RpcError> {
    let hash = node.chain.submit_recovered(signed)?;
    node.accepted(hash);
    Ok(hash)
}

fn sender(node: &Node, request: &TransactionRequest) -> Result<Address, RpcError> {
    let first = || node.accounts.all().next().map(|signer| signer.address());
    request
        .from
        .or_else(first)
        .ok_or_else(|| RpcError::Params("`from` is missing".into()))
}

fn fill_and_sign(
    node: &mut Node,
    from: Address,
    request: TransactionRequest,
) -> Result<TxEnvelope, RpcError> {
    let request = fill(node, from, request)?;
    let signer = node.accounts.signer(from).ok_or(RpcError::NoSigner(from))?;
    let mut unsigned = request.build_typed_tx().map_err(|request| {
        RpcError::Params(format!(
            "cannot build a transaction: missing {:?}",
            request.missing_keys()
        ))
    })?;
    let signature = signer
        .sign_transaction_sync(&mut unsigned)
        .map_err(|error| RpcError::Internal(error.to_string()))?;
    Ok(unsigned.into_signed(signature).into())
}

/// Adds nonce, fees, chain id and gas where the request leaves them open.
fn fill(
    node: &Node,
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
    request.chain_id.get_or_insert(node.chain.chain_id());
    request.nonce.get_or_insert(node.chain.pending_nonce(from));
    request.to.get_or_insert(alloy::primitives::TxKind::Create);
    if request.gas_price.is_none() {
        let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
        // Twice the present price, so that a rising base fee does not strand the transaction.
        request
            .max_fee_per_gas
            .get_or_insert(node.chain.gas_price().saturating_mul(2).saturating_add(tip));
    }
    if request.gas.is_none() {
        let pending = BlockId::Number(BlockNumberOrTag::Pending);
        request.gas = Some(
            node.chain
                .estimate_gas(call, pending, &Overrides::default())?,
        );
    }
    Ok(request)
}
