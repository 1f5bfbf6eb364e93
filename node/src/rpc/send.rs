//! `eth_sendRawTransaction`, `eth_sendTransaction` and similar methods.

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{SignableTransaction, Transaction, TxEnvelope};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, B256, Bytes};
use alloy_rpc_types::TransactionRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;
use stylus_chain::Chain;

use super::answer::ok;
use super::args::Args;
use super::fill::{built, fill, sender};
use super::method::Method::{Change, Read};
use super::method::{Context, RpcResult, Table};
use super::request;
use crate::accounts::DevAccounts;
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;

pub(super) const METHODS: Table = &[
    ("eth_sendTransaction", Change(send)),
    ("eth_signTransaction", Read(sign)),
    ("eth_sendUnsignedTransaction", Change(send_unsigned)),
];

/// Most gas of a transaction that is quick.
const QUICK_GAS: u64 = 100_000;

/// The method that takes signed transactions. Their senders are recovered before the chain's thread is asked, so
/// that several connections share the work.
pub(super) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    module.register_async_method("eth_sendRawTransaction", |params, context, _| async move {
        let signed = recovered(&Args::new(&params)?)?;
        let is_quick = quick(signed.gas_limit());
        let work = move |node: &mut Node| node.or_as_before(|node| submit(node, signed));
        ok(context.worker.run_unless_quick(is_quick, work).await???)
    })?;
    Ok(())
}

/// A transaction with its sender, or why it cannot be read.
pub(super) type Decoded = Result<Recovered<TxEnvelope>, RpcError>;

/// Whether a transaction with so much gas is quick.
pub(super) fn quick(gas: u64) -> impl FnOnce(&Node) -> bool + Send + 'static {
    move |node| gas <= QUICK_GAS && !node.chain.is_forked() && !node.chain.has_waiting()
}

/// The gas that a request to send a transaction names.
pub(super) fn named_gas(method: &str, args: &Args) -> Option<u64> {
    if method != "eth_sendTransaction" {
        return None;
    }
    let request: TransactionRequest = args.get(0, "transaction").ok()?;
    request.gas
}

/// The signed transaction of a request, with its sender.
pub(super) fn recovered(args: &Args) -> Decoded {
    decoded(&args.get(0, "signed transaction")?)
}

/// An encoded, signed transaction with its sender.
pub(super) fn decoded(raw: &Bytes) -> Decoded {
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

fn send(node: &mut Node, args: &Args) -> RpcResult {
    ok(send_request(node, args.get(0, "transaction")?)?)
}

/// Signs with a dev account's key, or sends as an impersonated account.
pub(super) fn send_request(node: &mut Node, request: TransactionRequest) -> Result<B256, RpcError> {
    let from = sender(&node.accounts, &request)?;
    if node.accounts.signer(from).is_some() {
        let envelope = fill_and_sign((&node.chain, &node.accounts), from, request)?;
        submit(node, Recovered::new_unchecked(envelope, from))
    } else {
        send_as(node, from, request)
    }
}

fn sign(view: &View, args: &Args) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(&view.accounts, &request)?;
    let envelope = fill_and_sign((&view.chain, &view.accounts), from, request)?;
    ok(Bytes::from(envelope.encoded_2718()))
}

/// Sends as any account, whether impersonated or not.
fn send_unsigned(node: &mut Node, args: &Args) -> RpcResult {
    let request: TransactionRequest = args.get(0, "transaction")?;
    let from = sender(&node.accounts, &request)?;
    if node.chain.is_impersonated(from) {
        return ok(send_as(node, from, request)?);
    }
    node.chain.impersonate(from);
    let sent = send_as(node, from, request);
    node.chain.stop_impersonating(from);
    ok(sent?)
}

fn send_as(node: &mut Node, from: Address, request: TransactionRequest) -> Result<B256, RpcError> {
    let hash = node.chain.submit_unsigned(from, request::call(request)?)?;
    node.accepted(hash);
    Ok(hash)
}

/// Gives a transaction to the chain.
pub(super) fn submit(node: &mut Node, signed: Recovered<TxEnvelope>) -> Result<B256, RpcError> {
    let hash = node.chain.submit_recovered(signed)?;
    node.accepted(hash);
    Ok(hash)
}

fn fill_and_sign(
    (chain, accounts): (&Chain, &DevAccounts),
    from: Address,
    request: TransactionRequest,
) -> Result<TxEnvelope, RpcError> {
    let request = fill(chain, from, request)?;
    let signer = accounts.signer(from).ok_or(RpcError::NoSigner(from))?;
    let mut unsigned = built(request)?;
    let signature = signer
        .sign_transaction_sync(&mut unsigned)
        .map_err(|error| RpcError::Internal(error.to_string()))?;
    Ok(unsigned.into_signed(signature).into())
}
