//! `eth_simulateV1`: blocks of calls on top of the chain, dropped afterwards.

use alloy::primitives::{B64, B256, Bytes, Log, U64};
use alloy_rpc_types::simulate::{MAX_SIMULATE_BLOCKS, SimBlock, SimulateError, SimulatePayload};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use stylus_chain::{CallRequest, Overrides, Receipt, SimulatedBlock, SimulationRules};

use super::answer::list;
use super::args::RpcArgs;
use super::block_override::BlockOverrideParameter;
use super::json as convert;
use super::method::RpcMethod::Read;
use super::method::{MethodTable, RpcResult};
use super::request::{self, block_id};
use crate::limits::SIMULATED_CALLS;
use crate::rpc_error::{RpcError, revert_message};
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[("eth_simulateV1", Read(simulate))];

fn simulate(NodeView { chain, .. }: &NodeView, args: &RpcArgs) -> RpcResult {
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
    let mut blocks = Vec::new();
    let mut named = Vec::new();
    for block in payload.block_state_calls {
        let (overrides, calls, beacon_root) = simulated_block(block)?;
        named.push(NamedBlock {
            number: overrides.block.number.map(|number| number.saturating_to()),
            beacon_root,
            overrides_base_fee: overrides.block.base_fee.is_some(),
        });
        blocks.push((overrides, calls));
    }
    let most = usize::try_from(MAX_SIMULATE_BLOCKS).unwrap_or(usize::MAX);
    let made = chain.simulate_blocks(block_id(args, 1)?, blocks, rules, most)?;
    let full = payload.return_full_transactions;
    let beacon_roots = shown_beacon_roots(&made, &named);
    let shown = made.iter().zip(beacon_roots);
    list(shown.map(|(made, beacon_root)| answer(made, full, beacon_root)))
}

/// Reads the overrides of a block, its calls, and the beacon root that it names.
fn simulated_block(
    block: SimBlock,
) -> Result<(Overrides, Vec<CallRequest>, Option<B256>), RpcError> {
    let mut of_block = block.block_overrides.unwrap_or_default();
    let beacon_root = of_block.beacon_root.take();
    // On Nitro it changes the version of ArbOS that such a block has.
    if of_block.difficulty.is_some() {
        let what = "the block override `difficulty` of a simulated block";
        return Err(RpcError::NotSupported(what.into()));
    }
    let of_block = BlockOverrideParameter {
        overrides: of_block,
        withdrawals: None,
    };
    let overrides = request::overrides(block.state_overrides, Some(of_block))?;
    let calls = block.calls.into_iter().map(request::call);
    Ok((overrides, calls.collect::<Result<_, _>>()?, beacon_root))
}

/// A block that a request names, as far as its header shows it.
struct NamedBlock {
    number: Option<u64>,
    beacon_root: Option<B256>,
    overrides_base_fee: bool,
}

/// The beacon root that each simulated block shows. Only the first block has the field, and one whose parent overrides its base
/// fee: go-ethereum asks the parent's header for the version of ArbOS, which a header without a base fee does not have.
fn shown_beacon_roots(made: &[SimulatedBlock], named: &[NamedBlock]) -> Vec<Option<B256>> {
    let mut named = named.iter().peekable();
    let mut is_shown = true;
    made.iter()
        .map(|block| {
            let number = block.block.header.number;
            let is_named = |next: &&NamedBlock| next.number.is_none_or(|at| at == number);
            let named = named.next_if(is_named);
            let root = named
                .and_then(|named| named.beacon_root)
                .unwrap_or_default();
            let shown = is_shown.then_some(root);
            is_shown = named.is_some_and(|named| named.overrides_base_fee);
            shown
        })
        .collect()
}

/// A simulated block as it is answered.
#[derive(Serialize)]
struct SimulatedAnswer<'a> {
    #[serde(flatten)]
    block: Value,
    calls: SimulatedCalls<'a>,
}

fn answer(
    made: &SimulatedBlock,
    full: bool,
    beacon_root: Option<B256>,
) -> Result<SimulatedAnswer<'_>, RpcError> {
    let mut block = convert::value(convert::block(&made.block, full))?;
    // Fields of Ethereum's headers that geth gives simulated blocks, and Arbitrum's have not.
    block["blobGasUsed"] = json!(U64::ZERO);
    block["excessBlobGas"] = json!(U64::ZERO);
    if let Some(root) = beacon_root {
        block["parentBeaconBlockRoot"] = json!(root);
    }
    block["nonce"] = json!(B64::ZERO);
    show_no_chain(&mut block["transactions"]);
    let calls = SimulatedCalls(made);
    Ok(SimulatedAnswer { block, calls })
}

/// The chain id that go-ethereum reads out of a V of 0.
const CHAIN_OF_ZERO: u64 = (0_u64.wrapping_sub(35)) / 2;

/// Shows legacy transactions as go-ethereum does whose V is 0.
fn show_no_chain(transactions: &mut Value) {
    let transactions = transactions.as_array_mut().into_iter().flatten();
    for transaction in transactions.filter(|transaction| transaction["type"] == "0x0") {
        transaction["chainId"] = json!(U64::from(CHAIN_OF_ZERO));
        transaction["v"] = json!(U64::ZERO);
    }
}

/// The calls of a block. Each becomes words when it is written: of an answer that is too long, no more than what was written.
struct SimulatedCalls<'a>(&'a SimulatedBlock);

impl Serialize for SimulatedCalls<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(made) = self;
        let mut first = 0;
        let calls = made.block.receipts.iter().zip(&made.logs);
        serializer.collect_seq(calls.map(|(receipt, logs)| {
            let placed = CallLogs {
                receipt,
                logs,
                first,
            };
            first += logs.len() as u64;
            call(receipt, placed)
        }))
    }
}

/// The logs of a call.
struct CallLogs<'a> {
    receipt: &'a Receipt,
    logs: &'a [Log],
    /// The place of the first one in the block.
    first: u64,
}

impl Serialize for CallLogs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let places = self.first..;
        let logs = self.logs.iter().zip(places);
        serializer.collect_seq(logs.map(|(log, place)| self.receipt.placed(log, place)))
    }
}

/// The result of a call.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallAnswer<'a> {
    return_data: Bytes,
    logs: CallLogs<'a>,
    gas_used: U64,
    status: U64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SimulateError>,
}

/// The code of a call that reverted, here alone: elsewhere it is 3.
const REVERTED: i32 = -32000;

fn call<'a>(receipt: &Receipt, logs: CallLogs<'a>) -> CallAnswer<'a> {
    let output = receipt.output.clone();
    let (return_data, error) = if receipt.success {
        (output, None)
    } else if let Some(halt) = &receipt.halt {
        let error = SimulateError {
            code: SimulateError::VM_EXECUTION_ERROR_CODE,
            message: halt.to_string(),
            data: None,
        };
        (output, Some(error))
    } else {
        let error = SimulateError {
            code: REVERTED,
            message: revert_message(&output, None),
            data: Some(output),
        };
        (Bytes::new(), Some(error))
    };
    CallAnswer {
        return_data,
        logs,
        gas_used: U64::from(receipt.gas_used),
        status: U64::from(u64::from(receipt.success)),
        error,
    }
}
