//! `eth_call`, `eth_estimateGas`, `eth_createAccessList`: execution without a transaction.

use alloy::primitives::U64;
use stylus_chain::{
    BlockId, CallOutcome, CallRequest, ChainError, ChainReader, Overrides, RejectReason,
};

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
    let (call, block, overrides) = execution(args)?;
    let gas = supplied(chain, &call);
    let outcome = chain
        .call(call, block, &overrides)
        .map_err(|error| match error {
            ChainError::Rejected(reason) => {
                RpcError::Refused(format!("err: {reason} (supplied gas {gas})"))
            }
            error => error.into(),
        })?;
    terminal::console(&outcome.console);
    ok(succeeded(outcome)?.output)
}

fn estimate_gas(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let (call, block, overrides) = execution(args)?;
    let gas = supplied(chain, &call);
    let value = call.value;
    let estimated = chain.estimate_gas(call, block, &overrides);
    ok(U64::from(estimated.map_err(|error| match error {
        ChainError::Rejected(RejectReason::Funds { have, .. }) if have < value => {
            RpcError::Refused("insufficient funds for transfer".into())
        }
        ChainError::Rejected(reason) => {
            RpcError::Refused(format!("failed with {gas} gas: {reason}"))
        }
        error => error.into(),
    })?))
}

/// The gas that a call has.
fn supplied(chain: &ChainReader, call: &CallRequest) -> u64 {
    call.gas.unwrap_or(u64::MAX).min(chain.config().rpc_gas_cap)
}

/// `(call, block, state overrides, block overrides)`.
fn execution(args: &Args) -> Result<(CallRequest, BlockId, Overrides), RpcError> {
    let (state, block) = (
        args.opt(2, "state overrides")?,
        args.opt(3, "block overrides")?,
    );
    let overrides = request::overrides(state, block)?;
    let call = request::call(args.get(0, "call")?)?;
    Ok((call, block_id(args, 1)?, overrides))
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
