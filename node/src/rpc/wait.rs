//! `eth_sendRawTransactionSync` (EIP-7966) and its like: the answer is the receipt.

use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy_rpc_types::TransactionRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

use super::answer::ok;
use super::args::RpcArgs;
use super::method::{RpcContext, RpcRequest, RpcResult};
use super::{json, send};
use crate::executor::CallerShare;
use crate::limits::RECEIPT_WAIT;
use crate::node::DevNode;
use crate::rpc_error::RpcError;
use crate::view::NodeView;

/// The time for which the receipt is waited for when the request names no time.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// The act that sends a transaction.
type SendWork = Box<dyn Fn(&mut DevNode) -> Result<B256, RpcError> + Send + Sync>;

/// The same with its sender, where the request names one.
type ParsedSend = Result<(Option<Address>, SendWork), RpcError>;

pub(super) fn register(module: &mut RpcModule<RpcContext>) -> Result<(), RegisterMethodError> {
    let signed = |args: &RpcArgs| {
        let signed = send::recovered(args)?;
        let from = Some(signed.signer());
        let send = Box::new(move |node: &mut DevNode| send::submit(node, signed.clone()));
        Ok((from, send as SendWork))
    };
    let unsigned = |args: &RpcArgs| {
        let request: TransactionRequest = args.get(0, "transaction")?;
        let from = request.from;
        let send = Box::new(move |node: &mut DevNode| send::send_request(node, request.clone()));
        Ok((from, send as SendWork))
    };
    register_one(module, "eth_sendRawTransactionSync", signed)?;
    register_one(module, "eth_sendTransactionSync", unsigned)
}

fn register_one(
    module: &mut RpcModule<RpcContext>,
    name: &'static str,
    parse: fn(&RpcArgs) -> ParsedSend,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, caller| async move {
        let args = RpcArgs::new(name, &params, context.admission)?;
        let wait = args
            .opt_u64(1, "timeout in milliseconds")?
            .map_or(DEFAULT_WAIT, Duration::from_millis);
        let request = RpcRequest {
            context: &context,
            share: &CallerShare::from_extensions(&caller),
        };
        let (from, send) = parse(&args)?;
        send_and_wait(request, from, send, wait.min(RECEIPT_WAIT)).await
    })?;
    Ok(())
}

async fn send_and_wait(
    request: RpcRequest<'_>,
    from: Option<Address>,
    send: SendWork,
    wait: Duration,
) -> RpcResult {
    let context = request.context;
    let hash = send::send_transaction(request, from, u64::MAX, send).await?;
    // Waiting starts before the first look, so that no block is missed in between.
    let mut inclusion = context.events.inclusion(hash);
    let receipt = async {
        loop {
            if let Some(receipt) = receipt(&context.worker.view().await?, hash) {
                return receipt;
            }
            inclusion.next().await;
        }
    };
    if let Ok(receipt) = tokio::time::timeout(wait, receipt).await {
        return receipt;
    }
    let seconds = wait.as_secs_f64();
    let next = match context.worker.view().await?.chain.pooled(hash) {
        Some(_) => "mine one, or ask for the receipt later",
        None => "it was dropped",
    };
    Err(RpcError::Refused(format!(
        "{hash} was accepted, but no block took it within {seconds} s: {next}"
    )))
}

fn receipt(view: &NodeView, hash: B256) -> Option<RpcResult> {
    view.chain
        .receipt(hash)
        .map(|receipt| ok(json::receipt(&receipt)))
}
