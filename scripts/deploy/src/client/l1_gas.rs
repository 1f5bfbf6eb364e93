//! The part of a transaction's gas that pays for L1. On an Arbitrum chain it is counted in units of
//! gas, so that it changes with L1's price between the estimate and the block, and a copy of the
//! chain's state, on which calls are tried, does not know it.

use super::Client;
use crate::cost::{Cost, Gas};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, address};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use std::sync::atomic::{AtomicBool, Ordering};

alloy::sol! {
    /// Nitro's NodeInterface, which exists in answers to eth_call alone.
    function gasEstimateL1Component(address to, bool contractCreation, bytes data)
        external view
        returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
}

/// Its address.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

/// A mark that the chain was seen not to have it.
#[derive(Debug, Default)]
pub(super) struct Absent(AtomicBool);

impl Absent {
    /// Returns the mark of a chain that does not have it.
    pub(super) fn known() -> Self {
        Self(AtomicBool::new(true))
    }
}

impl Client {
    /// Returns what a mined transaction cost. A copy charges nothing for L1.
    pub fn cost(&self, receipt: &TransactionReceipt) -> Cost {
        let gas = match self.original {
            None => Gas::with_l1(receipt.gas_used),
            Some(_) => Gas::without_l1(receipt.gas_used),
        };
        gas.at(receipt.effective_gas_price)
    }

    /// The same of a transaction of this client. On a copy, what the chain would charge for L1 is added.
    pub(super) async fn cost_with_l1(
        &self,
        request: &TransactionRequest,
        receipt: &TransactionReceipt,
    ) -> Cost {
        let cost = self.cost(receipt);
        match &self.original {
            None => cost,
            Some(original) => {
                let l1 = original.l1_gas_of(request).await;
                cost.gas.and_l1(l1).at(receipt.effective_gas_price)
            }
        }
    }

    pub(super) async fn l1_gas_of(&self, request: &TransactionRequest) -> Option<u64> {
        let to = request.to.and_then(|to| to.to().copied());
        let data = request.input.input().cloned();
        self.l1_gas(to, data.unwrap_or_default()).await
    }

    /// Units of gas that a transaction pays for L1 at the present price; 0 on a chain that has no L1, and none where
    /// the endpoint does not answer.
    pub async fn l1_gas(&self, to: Option<Address>, data: Bytes) -> Option<u64> {
        if self.no_l1_gas.0.load(Ordering::Relaxed) {
            return Some(0);
        }
        let question = gasEstimateL1ComponentCall {
            to: to.unwrap_or_default(),
            contractCreation: to.is_none(),
            data,
        };
        let question = TransactionRequest::default()
            .with_to(NODE_INTERFACE)
            .with_input(question.abi_encode());
        match self.provider.call(question).await {
            Ok(answer) => match gasEstimateL1ComponentCall::abi_decode_returns(&answer) {
                Ok(parts) => Some(parts.gasEstimateForL1),
                Err(_) => Some(self.is_without_l1_gas()),
            },
            Err(error) if error.is_error_resp() => Some(self.is_without_l1_gas()),
            Err(_) => None,
        }
    }

    fn is_without_l1_gas(&self) -> u64 {
        self.no_l1_gas.0.store(true, Ordering::Relaxed);
        0
    }
}
