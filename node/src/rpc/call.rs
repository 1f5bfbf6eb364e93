//! `eth_call`, `eth_estimateGas`, `eth_createAccessList`: execution without a transaction.

use alloy::primitives::U64;
use stylus_chain::{BlockId, CallOutcome, CallRequest, Overrides, RejectReason};

use super::answer::ok;
use super::args::Args;
use super::call_parameter::CallParameter;
use super::method::Method::Read;
use super::method::{RpcResult, Table};
use super::request::{self, block_id, named_call};
use crate::rpc_error::RpcError;
use crate::terminal;
use crate::view::View;

pub(super) const METHODS: Table = &[
    ("eth_call", Read(call)),
    ("eth_estimateGas", Read(estimate_gas)),
    ("eth_createAccessList", Read(create_access_list)),
];

fn call(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let asked = Execution::new(args)?;
    let outcome = asked.check_delegations().and_then(|()| {
        let outcome = chain.call(asked.call.clone(), asked.block, &asked.overrides)?;
        terminal::console(&outcome.console);
        succeeded(outcome)
    });
    match outcome {
        Err(RpcError::Rejected(reason)) => {
            let gas = chain.gas_supplied(&asked.call, asked.block, false)?;
            let text = format!("err: {reason} (supplied gas {gas})");
            Err(RpcError::Refused(text))
        }
        outcome => ok(outcome?.output),
    }
}

fn estimate_gas(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let asked = Execution::new(args)?;
    let pays = asked.call.gas_price.or(asked.call.max_fee_per_gas);
    let value = asked.call.value;
    let estimated = asked.check_delegations().and_then(|()| {
        let estimated = chain.estimate_gas(asked.call.clone(), asked.block, &asked.overrides)?;
        Ok(U64::from(estimated))
    });
    match estimated {
        Err(RpcError::Rejected(RejectReason::Funds { have, .. }))
            if pays.is_some() && have <= value =>
        {
            Err(RpcError::Refused("insufficient funds for transfer".into()))
        }
        Err(RpcError::Rejected(reason)) => {
            let gas = chain.gas_supplied(&asked.call, asked.block, true)?;
            Err(RpcError::Refused(format!(
                "failed with {gas} gas: {reason}"
            )))
        }
        estimated => ok(estimated?),
    }
}

/// A call with the block and the overrides that it runs on.
struct Execution {
    call: CallRequest,
    block: BlockId,
    overrides: Overrides,
    /// Whether it has a list of authorizations without any.
    has_empty_delegations: bool,
}

impl Execution {
    fn new(args: &Args) -> Result<Self, RpcError> {
        let asked: CallParameter = args.get(0, "call")?;
        let delegations = asked.request.authorization_list.as_ref();
        let has_empty_delegations = delegations.is_some_and(Vec::is_empty);
        let (state, block) = (
            args.opt(2, "state overrides")?,
            args.opt(3, "block overrides")?,
        );
        let overrides = request::overrides(state, block)?;
        Ok(Self {
            call: named_call(asked)?,
            block: block_id(args, 1)?,
            overrides,
            has_empty_delegations,
        })
    }

    /// Refuses a call that delegates nothing (EIP-7702).
    fn check_delegations(&self) -> Result<(), RpcError> {
        if self.has_empty_delegations {
            let sender = self.call.from.unwrap_or_default();
            return Err(RejectReason::NoAuthorization(sender).into());
        }
        Ok(())
    }
}

fn create_access_list(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let overrides = request::overrides(args.opt(2, "state overrides")?, None)?;
    let asked: CallParameter = args.get(0, "call")?;
    ok(chain.create_access_list(named_call(asked)?, block_id(args, 1)?, &overrides)?)
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
