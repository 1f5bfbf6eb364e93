//! The part of a message's gas that pays for its bytes on L1.
//!
//! Sources: Nitro, `arbos/l1pricing/l1pricing.go` (`PosterDataCost`, `makeFakeTxForMessage`), `arbos/tx_processor.go`
//! (`GetPosterGas`, `GasChargingHook`) and `execution/nodeinterface/virtual_contracts.go` (`RPCPostingGasHook`). No rule
//! depends on the version of ArbOS.

use super::{Chain, environment::BlockFacts};
use crate::{
    CallRequest,
    arbos::{LAYOUT, SEQUENCER, STATE},
    session::Posting,
    view::StateView,
};
use alloy_consensus::TxEnvelope;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{TxKind, U256, keccak256};
use alloy_rlp::Encodable;

/// Units of a compressed byte.
const BYTE_UNITS: u64 = 16;
/// Additions to the units of a message that is no transaction yet: units, and hundredths of a percent.
const PADDING_UNITS: u64 = 256;
const PADDING_BIPS: u64 = 100;
/// The rise of the price on L1 that an estimate allows, in hundredths of a percent.
const PRICE_PADDING_BIPS: u64 = 1_000;
const ONE_IN_BIPS: u64 = 10_000;
/// V of a made-up transaction: three times the chain id of Arbitrum One, on every chain.
const MADE_UP_V: u64 = 126_483;
/// The type of a made-up transaction.
const DYNAMIC_FEE_TYPE: u8 = 2;

/// The reason why a message runs that no transaction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessagePurpose {
    /// A call: it pays the price as it is.
    Call,
    /// An estimate: the price on L1 may rise by a tenth, the base fee may fall by an eighth.
    Estimate,
}

/// Fields of a message; 0 stands for a value that its transaction is yet to give.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessageFields<'a> {
    pub(super) request: &'a CallRequest,
    pub(super) nonce: u64,
    /// Wei per gas at most.
    pub(super) cap: u128,
    /// Wei per gas above the base fee.
    pub(super) tip: u128,
    pub(super) gas: u64,
}

impl<'a> MessageFields<'a> {
    /// The fields of a request. Without a nonce of its own it has the nonce 0.
    pub(super) fn new(request: &'a CallRequest, gas: u64) -> Self {
        let price = request.gas_price;
        Self {
            request,
            nonce: request.nonce.unwrap_or_default(),
            cap: price.or(request.max_fee_per_gas).unwrap_or_default(),
            tip: price
                .or(request.max_priority_fee_per_gas)
                .unwrap_or_default(),
            gas,
        }
    }

    /// The bytes of a transaction as the message may become one, with numbers that compress as badly as real ones.
    fn made_up_transaction(&self) -> Vec<u8> {
        let hash = |name: &str| keccak256(name.as_bytes());
        let random = |name: &str, bytes: usize| U256::from_be_slice(&hash(name)[..bytes]);
        let or = |number: U256, random: U256| if number.is_zero() { random } else { number };
        let word = |name: &str| U256::from_be_bytes(hash(name).0);
        let to: TxKind = self.request.to.into();
        let access_list = self.request.access_list.clone().unwrap_or_default();
        let fields: [&dyn Encodable; 12] = [
            &0_u64,
            &or(U256::from(self.nonce), random("Nonce", 8)),
            &or(U256::from(self.tip), random("GasTipCap", 4)),
            &or(U256::from(self.cap), random("GasFeeCap", 4)),
            &or(U256::from(self.gas), random("Gas", 4)),
            &to,
            &self.request.value,
            &self.request.input,
            &access_list,
            &MADE_UP_V,
            &word("R"),
            &word("S"),
        ];
        let mut bytes = vec![DYNAMIC_FEE_TYPE];
        alloy_rlp::encode_list::<_, dyn Encodable>(&fields, &mut bytes);
        bytes
    }
}

impl Chain {
    /// Works out the price that a transaction pays for its bytes, in a block.
    pub(super) fn posting(
        &self,
        view: &StateView<'_>,
        transaction: &TxEnvelope,
        facts: &BlockFacts,
    ) -> Posting {
        let is_posted = facts.coinbase == SEQUENCER && facts.base_fee > 0;
        let Some(price) = self.l1_price(view).filter(|_| is_posted) else {
            return Posting::default();
        };
        let units = BYTE_UNITS * compressed_len(view, &transaction.encoded_2718());
        let cost = price.saturating_mul(U256::from(units));
        let gas = (cost / U256::from(facts.base_fee)).saturating_to();
        Posting { units, gas }
    }

    /// Works out the price that a message pays for its bytes that no transaction carries, at a base fee in wei. It is 0
    /// with a base fee of 0.
    pub(super) fn posting_of_message(
        &self,
        view: &StateView<'_>,
        message: &MessageFields<'_>,
        base_fee: U256,
        purpose: MessagePurpose,
    ) -> Posting {
        let Some(price) = self.l1_price(view).filter(|_| !base_fee.is_zero()) else {
            return Posting::default();
        };
        let units = padded_units(view, message);
        let cost = price.saturating_mul(U256::from(units));
        let (cost, fee) = match purpose {
            MessagePurpose::Call => (cost, base_fee),
            MessagePurpose::Estimate => {
                let least = view.slot(STATE, LAYOUT.l2_min_base_fee);
                let fee = base_fee.saturating_mul(U256::from(7)) / U256::from(8);
                (with_price_padding(cost), fee.max(least))
            }
        };
        let gas = cost.checked_div(fee).unwrap_or_default().saturating_to();
        Posting { units, gas }
    }

    /// The gas that `gasEstimateL1Component` of NodeInterface gives: a message of unknown gas, with the padding of an
    /// estimate at the base fee as it is.
    pub(super) fn posting_component(
        &self,
        view: &StateView<'_>,
        request: &CallRequest,
        base_fee: U256,
    ) -> u64 {
        let price = self.l1_price(view).unwrap_or_default();
        let units = padded_units(view, &MessageFields::new(request, 0));
        let cost = with_price_padding(price.saturating_mul(U256::from(units)));
        cost.checked_div(base_fee)
            .unwrap_or_default()
            .saturating_to()
    }

    /// Wei for a unit, unless it is 0. A fork charges nothing, whatever its chain charges.
    fn l1_price(&self, view: &StateView<'_>) -> Option<U256> {
        let price = view.slot(STATE, LAYOUT.l1_price_per_unit);
        Some(price).filter(|price| !price.is_zero() && !self.is_forked())
    }
}

/// Units of a message, padded for what its transaction may have more.
fn padded_units(view: &StateView<'_>, message: &MessageFields<'_>) -> u64 {
    let length = compressed_len(view, &message.made_up_transaction());
    (BYTE_UNITS * length + PADDING_UNITS) * (ONE_IN_BIPS + PADDING_BIPS) / ONE_IN_BIPS
}

fn with_price_padding(cost: U256) -> U256 {
    cost.saturating_mul(U256::from(ONE_IN_BIPS + PRICE_PADDING_BIPS)) / U256::from(ONE_IN_BIPS)
}

/// Bytes of a transaction once it is compressed at the level that the state has.
fn compressed_len(view: &StateView<'_>, encoded: &[u8]) -> u64 {
    /// The highest quality of brotli.
    const BEST: u64 = 11;
    let level = view.slot(STATE, LAYOUT.brotli_level).saturating_to::<u64>();
    let level = u8::try_from(level.min(BEST)).unwrap_or_default();
    // The encoder writes to memory, and does not fail; bytes that are not compressed are more.
    stylus_vm::compressed_len(encoded, level).unwrap_or(encoded.len() as u64)
}
