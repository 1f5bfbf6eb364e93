//! The part of a transaction's gas that pays for its bytes on L1.

use super::{Chain, environment::BlockFacts};
use crate::{
    CallRequest,
    arbos::{LAYOUT, STATE},
    session::Posting,
    view::StateView,
};
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Signature, U256, keccak256};

/// Units of a compressed byte.
const BYTE: u64 = 16;
/// What is added to the units of a call, whose transaction is not known yet: units, and hundredths of a percent.
const PADDING: u64 = 256;
const PADDING_BIPS: u64 = 100;
/// What an estimate allows the price on L1 to rise, in hundredths of a percent.
const PRICE_PADDING: u64 = 1_000;
const ONE: u64 = 10_000;

impl Chain {
    /// What a transaction pays for its bytes, in a block.
    pub(super) fn posting(
        &self,
        view: &StateView<'_>,
        transaction: &TxEnvelope,
        facts: &BlockFacts,
    ) -> Posting {
        if self.config.l1_price == 0 || facts.base_fee == 0 {
            return Posting::default();
        }
        let units = units(view, transaction);
        let gas = self.cost(units) / U256::from(facts.base_fee);
        let gas = gas.saturating_to();
        Posting { units, gas }
    }

    /// Gas that an estimate of a call has for L1, as Nitro pads it; the price of gas is `fee` wei.
    fn padded(&self, view: &StateView<'_>, request: &CallRequest, fee: U256) -> u64 {
        if self.config.l1_price == 0 {
            return 0;
        }
        let units = units(view, &like(request)) + PADDING;
        let cost = self.cost(units * (ONE + PADDING_BIPS) / ONE);
        let padded = cost * U256::from(ONE + PRICE_PADDING) / U256::from(ONE);
        padded.checked_div(fee).unwrap_or_default().saturating_to()
    }

    /// The part of an estimate that pays for L1: the price of gas may fall by an eighth.
    pub(super) fn posting_of_estimate(
        &self,
        view: &StateView<'_>,
        request: &CallRequest,
        facts: &BlockFacts,
    ) -> u64 {
        let least = view.slot(STATE, LAYOUT.l2_min_base_fee);
        let fee = U256::from(facts.base_fee) * U256::from(7) / U256::from(8);
        self.padded(view, request, fee.max(least))
    }

    /// What NodeInterface says of it, at the base fee as it is.
    pub(super) fn posting_component(
        &self,
        view: &StateView<'_>,
        request: &CallRequest,
        base_fee: U256,
    ) -> u64 {
        self.padded(view, request, base_fee)
    }

    /// Wei for units.
    fn cost(&self, units: u64) -> U256 {
        U256::from(self.config.l1_price) * U256::from(units)
    }
}

fn units(view: &StateView<'_>, transaction: &TxEnvelope) -> u64 {
    /// The highest quality of brotli.
    const BEST: u64 = 11;
    let level = view.slot(STATE, LAYOUT.brotli_level).saturating_to::<u64>();
    let level = u8::try_from(level.min(BEST)).unwrap_or_default();
    let encoded = transaction.encoded_2718();
    // The encoder writes to memory, and does not fail; bytes that are not compressed are more.
    let length = stylus_vm::compressed_len(&encoded, level);
    BYTE * length.unwrap_or(encoded.len() as u64)
}

/// A transaction as a call may become one, with numbers that compress as badly as real ones.
fn like(request: &CallRequest) -> TxEnvelope {
    let hash = |name: &str| keccak256(name.as_bytes());
    let small = |name: &str| U256::from_be_slice(&hash(name)[..4]).saturating_to::<u64>();
    let nonce = || U256::from_be_slice(&hash("Nonce")[..8]).saturating_to();
    let transaction = TxEip1559 {
        nonce: request.nonce.unwrap_or_else(nonce),
        gas_limit: request.gas.unwrap_or_else(|| small("Gas")),
        max_fee_per_gas: small("GasFeeCap").into(),
        max_priority_fee_per_gas: small("GasTipCap").into(),
        to: request.to.into(),
        value: request.value,
        input: request.input.clone(),
        access_list: request.access_list.clone().unwrap_or_default(),
        ..TxEip1559::default()
    };
    let word = |name: &str| U256::from_be_bytes(B256::from(hash(name)).0);
    let signature = Signature::new(word("R"), word("S"), true);
    transaction.into_signed(signature).into()
}
