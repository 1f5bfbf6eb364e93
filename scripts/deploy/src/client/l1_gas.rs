//! The part of a transaction's gas that pays for L1. On an Arbitrum chain it is counted in units of
//! gas, so that it changes with L1's price between the estimate and the block, and a copy of the
//! chain's state, on which calls are tried, does not know it.

use super::Client;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, address};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use std::sync::atomic::{AtomicBool, Ordering};

alloy::sol! {
    /// Nitro's NodeInterface, which exists in answers to eth_call alone.
    function gasEstimateL1Component(address to, bool contractCreation, bytes data)
        external view
        returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
}

/// Where it is.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

/// Whether the chain was seen not to have it.
#[derive(Debug, Default)]
pub(super) struct Absent(AtomicBool);

impl Client {
    /// Units of gas that a transaction pays for L1 at the present price; 0 on a chain that has no L1.
    pub(super) async fn l1_gas(&self, request: &TransactionRequest) -> u64 {
        if self.no_l1_gas.0.load(Ordering::Relaxed) {
            return 0;
        }
        let to = request.to.and_then(|to| to.to().copied());
        let question = gasEstimateL1ComponentCall {
            to: to.unwrap_or_default(),
            contractCreation: to.is_none(),
            data: request.input.input().cloned().unwrap_or_default(),
        };
        let question = TransactionRequest::default()
            .with_to(NODE_INTERFACE)
            .with_input(question.abi_encode());
        match self.provider.call(question).await {
            Ok(answer) => match gasEstimateL1ComponentCall::abi_decode_returns(&answer) {
                Ok(parts) => parts.gasEstimateForL1,
                Err(_) => self.is_without_l1_gas(),
            },
            Err(error) if error.is_error_resp() => self.is_without_l1_gas(),
            Err(_) => 0,
        }
    }

    fn is_without_l1_gas(&self) -> u64 {
        self.no_l1_gas.0.store(true, Ordering::Relaxed);
        0
    }
}
