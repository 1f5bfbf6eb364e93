//! `eth_simulateV1`: blocks of calls on top of the chain, dropped afterwards.

use alloy::primitives::{B64, B256, Bytes, Log, U64};
use alloy_rpc_types::simulate::{MAX_SIMULATE_BLOCKS, SimBlock, SimulateError, SimulatePayload};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use stylus_chain::{CallRequest, Overrides, Receipt, SimulatedBlock, SimulationRules};

use super::answer::list;
use super::args::Args;
use super::json as convert;
use super::method::Method::Read;
use super::method::{RpcResult, Table};
use super::request::{self, block_id};
use crate::limits::SIMULATED_CALLS;
use crate::rpc_error::{RpcError, revert_message};
use crate::view::View;

pub(super) const METHODS: Table = &[("eth_simulateV1", Read(simulate))];

fn simulate(View { chain, .. }: &View, args: &Args) -> RpcResult {
    let payload: SimulatePayload = args.get(0, "blocks to simulate")?;
    if payload.block_state_calls.is_empty() {
        return Err(RpcError::Params("empty input".into()));
    }
    let calls = payload.block_state_calls.iter();
    RpcError::at_most(
        "calls",
        SIMULATED_CALLS,
        calls.map(|block| block.calls.len()).sum(),
    )?;
    let rules = SimulationRules {
        validate: payload.validation,
        transfers: payload.trace_transfers,
    };
    let blocks: Vec<_> = payload
        .block_state_calls
        .into_iter()
        .map(block)
        .collect::<Result<_, _>>()?;
    let most = usize::try_from(MAX_SIMULATE_BLOCKS).unwrap_or(usize::MAX);
    let made = chain.simulate_blocks(block_id(args, 1)?, blocks, rules, most)?;
    let full = payload.return_full_transactions;
    list(made.iter().map(|made| answer(made, full)))
}

fn block(block: SimBlock) -> Result<(Overrides, Vec<CallRequest>), RpcError> {
    let overrides = request::overrides(block.state_overrides, block.block_overrides)?;
    let calls = block.calls.into_iter().map(request::call);
    Ok((overrides, calls.collect::<Result<_, _>>()?))
}

/// A simulated block as it is answered.
#[derive(Serialize)]
struct Simulated<'a> {
    #[serde(flatten)]
    block: Value,
    calls: Calls<'a>,
}

fn answer(made: &SimulatedBlock, full: bool) -> Result<Simulated<'_>, RpcError> {
    let mut block = convert::value(convert::block(&made.block, full))?;
    // Fields of Ethereum's headers that geth gives simulated blocks, and Arbitrum's have not.
    block["blobGasUsed"] = json!(U64::ZERO);
    block["excessBlobGas"] = json!(U64::ZERO);
    block["parentBeaconBlockRoot"] = json!(B256::ZERO);
    block["nonce"] = json!(B64::ZERO);
    let calls = Calls(made);
    Ok(Simulated { block, calls })
}

/// The calls of a block. Each becomes words when it is written: of an answer that is too long, no more than what was written.
struct Calls<'a>(&'a SimulatedBlock);

impl Serialize for Calls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(made) = self;
        let mut first = 0;
        let calls = made.block.receipts.iter().zip(&made.logs);
        serializer.collect_seq(calls.map(|(receipt, logs)| {
            let placed = Logs {
                receipt,
                logs,
                first,
            };
            first += logs.len() as u64;
            call(receipt, placed)
        }))
    }
}

/// What a call logged.
struct Logs<'a> {
    receipt: &'a Receipt,
    logs: &'a [Log],
    /// The place of the first one in the block.
    first: u64,
}

impl Serialize for Logs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let places = self.first..;
        let logs = self.logs.iter().zip(places);
        serializer.collect_seq(logs.map(|(log, place)| self.receipt.placed(log, place)))
    }
}

/// What became of a call.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    return_data: Bytes,
    logs: Logs<'a>,
    gas_used: U64,
    status: U64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SimulateError>,
}

/// The code of a call that reverted, here alone: elsewhere it is 3.
const REVERTED: i32 = -32000;

fn call<'a>(receipt: &Receipt, logs: Logs<'a>) -> Call<'a> {
    let output = receipt.output.clone();
    let (return_data, error) = match (&receipt.halt, receipt.success) {
        (_, true) => (output, None),
        (Some(halt), false) => {
            let error = SimulateError {
                code: SimulateError::VM_EXECUTION_ERROR_CODE,
                message: halt.to_string(),
                data: None,
            };
            (output, Some(error))
        }
        (None, false) => {
            let error = SimulateError {
                code: REVERTED,
                message: revert_message(&output, None),
                data: Some(output),
            };
            (Bytes::new(), Some(error))
        }
    };
    Call {
        return_data,
        logs,
        gas_used: U64::from(receipt.gas_used),
        status: U64::from(u64::from(receipt.success)),
        error,
    }
}
