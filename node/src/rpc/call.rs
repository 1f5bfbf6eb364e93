//! `eth_call`, `eth_estimateGas`, `eth_createAccessList`: execution without a transaction.

use alloy::primitives::U64;
use alloy_rpc_types::TransactionRequest;
use stylus_chain::{BlockId, CallOutcome, CallRequest, Overrides, RejectReason};

use super::answer::ok;
use super::args::RpcArgs;
use super::call_parameter::CallParameter;
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use super::request::{self, block_id, named_call};
use crate::rpc_error::RpcError;
use crate::terminal;
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("eth_call", Read(call)),
    ("eth_estimateGas", Read(estimate_gas)),
    ("eth_createAccessList", Read(create_access_list)),
];

fn call(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let asked = CallExecution::new(args)?;
    let outcome = asked.check().and_then(|()| {
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

fn estimate_gas(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let asked = CallExecution::new(args)?;
    let pays = asked.call.gas_price.or(asked.call.max_fee_per_gas);
    let value = asked.call.value;
    let estimated = asked.check().and_then(|()| {
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
struct CallExecution {
    call: CallRequest,
    block: BlockId,
    overrides: Overrides,
    /// The refusal of its blobs or authorizations.
    refusal: Option<RejectReason>,
}

impl CallExecution {
    fn new(args: &RpcArgs) -> Result<Self, RpcError> {
        let mut asked: CallParameter = args.get(0, "call")?;
        let refusal = refused_part(&asked.request);
        if refusal.is_some() {
            asked.request.blob_versioned_hashes = None;
            asked.request.max_fee_per_blob_gas = None;
        }
        let (state, block) = (
            args.opt(2, "state overrides")?,
            args.opt(3, "block overrides")?,
        );
        let overrides = request::overrides(state, block)?;
        Ok(Self {
            call: named_call(asked)?,
            block: block_id(args, 1)?,
            overrides,
            refusal,
        })
    }

    /// Refuses what is wrong with its blobs and authorizations.
    fn check(&self) -> Result<(), RpcError> {
        match &self.refusal {
            Some(reason) => Err(reason.clone().into()),
            None => Ok(()),
        }
    }
}

/// The refusal of a call's blobs, or of a list of authorizations (EIP-7702) without any (go-ethereum, `preCheck`).
fn refused_part(request: &TransactionRequest) -> Option<RejectReason> {
    /// The first byte of a hash of a blob.
    const BLOB: u8 = 1;
    let blobs = request.blob_versioned_hashes.iter().flatten();
    let wrong = blobs.zip(0..).find(|(hash, _)| hash[0] != BLOB);
    if let Some((_, at)) = wrong {
        let words = format!("blob {at} has invalid hash version");
        return Some(RejectReason::Other(words));
    }
    let delegations = request.authorization_list.as_ref();
    let sender = request.from.unwrap_or_default();
    delegations
        .is_some_and(Vec::is_empty)
        .then_some(RejectReason::NoAuthorization(sender))
}

fn create_access_list(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
    let overrides = request::overrides(args.opt(2, "state overrides")?, None)?;
    let asked: CallParameter = args.get(0, "call")?;
    ok(chain.create_access_list(named_call(asked)?, block_id(args, 1)?, &overrides)?)
}

/// The outcome, unless the call reverted or stopped.
pub(super) fn succeeded(outcome: CallOutcome) -> Result<CallOutcome, RpcError> {
    if outcome.success {
        return Ok(outcome);
    }
    Err(match outcome.halt {
        Some(halt) => RpcError::Halted(halt.to_string()),
        None => RpcError::Reverted {
            data: outcome.output,
            refusal: outcome.refusal,
        },
    })
}
