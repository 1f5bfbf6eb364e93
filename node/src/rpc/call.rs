//! `eth_call`, `eth_estimateGas`, `eth_createAccessList`: execution without a transaction.

use alloy::primitives::U64;
use alloy_rpc_types::TransactionRequest;
use stylus_chain::{BlockId, CallOutcome, CallRequest, ChainReader, Overrides, RejectReason};

use super::answer::ok;
use super::args::Args;
use super::method::Method::Read;
use super::method::{RpcResult, Table};
use super::request::{self, block_id};
use crate::rpc_error::RpcError;
use crate::terminal;
use crate::view::View;

pub(super) const METHODS: Table = &[
    ("eth_call", Read(call)),
    ("eth_estimateGas", Read(estimate_gas)),
    ("eth_createAccessList", Read(create_access_list)),
];

fn call(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let asked: TransactionRequest = args.get(0, "call")?;
    let gas = supplied(chain, &asked);
    let outcome = execution(asked, args).and_then(|(call, block, overrides)| {
        let outcome = chain.call(call, block, &overrides)?;
        terminal::console(&outcome.console);
        succeeded(outcome)
    });
    ok(outcome
        .map_err(|error| match error {
            RpcError::Rejected(reason) => {
                RpcError::Refused(format!("err: {reason} (supplied gas {gas})"))
            }
            error => error,
        })?
        .output)
}

fn estimate_gas(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let asked: TransactionRequest = args.get(0, "call")?;
    let gas = supplied(chain, &asked);
    let pays = asked.gas_price.or(asked.max_fee_per_gas).is_some();
    let value = asked.value.unwrap_or_default();
    let estimated = execution(asked, args).and_then(|(call, block, overrides)| {
        let estimated = chain.estimate_gas(call, block, &overrides)?;
        Ok(U64::from(estimated))
    });
    ok(estimated.map_err(|error| match error {
        RpcError::Rejected(RejectReason::Funds { have, .. }) if pays && have <= value => {
            RpcError::Refused("insufficient funds for transfer".into())
        }
        RpcError::Rejected(reason) => RpcError::Refused(format!("failed with {gas} gas: {reason}")),
        error => error,
    })?)
}

/// The gas that a call has.
fn supplied(chain: &ChainReader, asked: &TransactionRequest) -> u64 {
    let gas = asked.gas.unwrap_or(u64::MAX);
    gas.min(chain.config().rpc_gas_cap)
}

/// `(call, block, state overrides, block overrides)`.
fn execution(
    asked: TransactionRequest,
    args: &Args,
) -> Result<(CallRequest, BlockId, Overrides), RpcError> {
    let (state, block) = (
        args.opt(2, "state overrides")?,
        args.opt(3, "block overrides")?,
    );
    let overrides = request::overrides(state, block)?;
    if asked.authorization_list.as_ref().is_some_and(Vec::is_empty) {
        let sender = asked.from.unwrap_or_default();
        return Err(RejectReason::NoAuthorization(sender).into());
    }
    Ok((request::call(asked)?, block_id(args, 1)?, overrides))
}

fn create_access_list(View { chain, .. }: &View, args: &Args) -> RpcResult {
    ok(chain.access_list(request::call(args.get(0, "call")?)?, block_id(args, 1)?)?)
}

/// The outcome, unless the call reverted or stopped.
pub(super) fn succeeded(outcome: CallOutcome) -> Result<CallOutcome, RpcError> {
    match (outcome.success, outcome.halt) {
        (true, halt) => Ok(CallOutcome { halt, ..outcome }),
        (false, None) => Err(RpcError::Reverted {
            data: outcome.output,
            refusal: outcome.refusal,
        }),
        (false, Some(halt)) => Err(RpcError::Halted(halt.to_string())),
    }
}
