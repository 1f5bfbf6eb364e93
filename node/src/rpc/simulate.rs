//! `eth_simulateV1`: blocks of calls on top of the chain, dropped afterwards.

use alloy::primitives::{B64, B256, Bytes, U64};

use alloy_rpc_types::simulate::{MAX_SIMULATE_BLOCKS, SimBlock, SimulateError, SimulatePayload};
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

fn answer(made: &SimulatedBlock, full: bool) -> convert::Document {
    let mut block = convert::block(&made.block, full)?;
    let mut index = 0;
    let calls = made.block.receipts.iter().zip(&made.logs);
    let calls: Vec<Value> = calls
        .map(|(receipt, logs)| {
            let logs = logs.iter().map(|log| {
                index += 1;
                json!(receipt.placed(log, index - 1))
            });
            call(receipt, logs.collect())
        })
        .collect();
    block["calls"] = calls.into();
    // Fields of Ethereum's headers that geth gives simulated blocks, and Arbitrum's have not.
    block["blobGasUsed"] = json!(U64::ZERO);
    block["excessBlobGas"] = json!(U64::ZERO);
    block["parentBeaconBlockRoot"] = json!(B256::ZERO);
    block["nonce"] = json!(B64::ZERO);
    Ok(block)
}

/// The code of a call that reverted, here alone: elsewhere it is 3.
const REVERTED: i32 = -32000;

fn call(receipt: &Receipt, logs: Vec<Value>) -> Value {
    let reverted = !receipt.success && receipt.halt.is_none();
    let output = (!reverted).then(|| receipt.output.clone());
    let mut call = json!({
        "returnData": output.unwrap_or_default(),
        "logs": logs,
        "gasUsed": U64::from(receipt.gas_used),
        "status": U64::from(u64::from(receipt.success)),
    });
    let error = match (&receipt.halt, receipt.success) {
        (_, true) => return call,
        (Some(halt), false) => SimulateError {
            code: SimulateError::VM_EXECUTION_ERROR_CODE,
            message: halt.to_string(),
            data: None,
        },
        (None, false) => SimulateError {
            code: REVERTED,
            message: revert_message(&receipt.output, None),
            data: Some(Bytes::clone(&receipt.output)),
        },
    };
    call["error"] = json!(error);
    call
}
