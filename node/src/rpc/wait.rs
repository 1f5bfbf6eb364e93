//! `eth_sendRawTransactionSync` (EIP-7966) and its like: the answer is the receipt.

use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy_rpc_types::TransactionRequest;
use jsonrpsee::RpcModule;
use jsonrpsee::core::RegisterMethodError;

use super::answer::ok;
use super::args::Args;
use super::method::{Context, RpcResult};
use super::{json, send};
use crate::executor::Share;
use crate::limits::RECEIPT_WAIT;
use crate::node::Node;
use crate::rpc_error::RpcError;
use crate::view::View;

/// The time for which the receipt is waited for when the request names no time.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// The act that sends a transaction.
type Send = Box<dyn Fn(&mut Node) -> Result<B256, RpcError> + std::marker::Send + Sync>;

/// The same with its sender, where the request names one.
type Parsed = Result<(Option<Address>, Send), RpcError>;

pub(super) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    let signed = |args: &Args| {
        let signed = send::recovered(args)?;
        let from = Some(signed.signer());
        let send = Box::new(move |node: &mut Node| send::submit(node, signed.clone()));
        Ok((from, send as Send))
    };
    let unsigned = |args: &Args| {
        let request: TransactionRequest = args.get(0, "transaction")?;
        let from = request.from;
        let send = Box::new(move |node: &mut Node| send::send_request(node, request.clone()));
        Ok((from, send as Send))
    };
    register_one(module, "eth_sendRawTransactionSync", signed)?;
    register_one(module, "eth_sendTransactionSync", unsigned)
}

fn register_one(
    module: &mut RpcModule<Context>,
    name: &'static str,
    parse: fn(&Args) -> Parsed,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(name, move |params, context, caller| async move {
        let args = Args::new(name, &params, context.admission)?;
        let wait = args
            .opt_u64(1, "timeout in milliseconds")?
            .map_or(DEFAULT_WAIT, Duration::from_millis);
        let asking = (&*context, &Share::of(&caller));
        send_and_wait(asking, parse(&args)?, wait.min(RECEIPT_WAIT)).await
    })?;
    Ok(())
}

async fn send_and_wait(
    (context, share): (&Context, &Share),
    (from, send): (Option<Address>, Send),
    wait: Duration,
) -> RpcResult {
    let hash = send::sent((context, share), (from, u64::MAX), send).await?;
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

fn receipt(view: &View, hash: B256) -> Option<RpcResult> {
    view.chain
        .receipt(hash)
        .map(|receipt| ok(json::receipt(&receipt)))
}
