//! The environment of an execution: rules, block and transaction in revm's terms.

use super::Chain;
use crate::{
    BlockOverrides, CallRequest, ChainError, RejectReason, TraceLimit,
    arbos::{LAYOUT, STATE},
    bounds::COMPUTE_GAS_MAX,
    evm::ExecutionError,
    precompiles,
    session::{Posting, RecentPrograms, Session},
    view::StateView,
};
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, U256, map::HashMap};
use revm::{
    context::{
        BlockEnv, CfgEnv, TxEnv,
        result::{EVMError, InvalidTransaction},
    },
    context_interface::either::Either,
};
use std::cell::RefCell;

/// EIP-1559's number; all types up to it are executed as it, with a tip of zero.
const DYNAMIC_FEE: u8 = 2;
const SET_CODE: u8 = 4;
/// EIP-170's limit, bytes.
const CODE_SIZE: usize = 24_576;

/// The block that an execution sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockFacts {
    pub(super) l2_number: u64,
    pub(super) timestamp: u64,
    pub(super) base_fee: u64,
    pub(super) coinbase: Address,
    pub(super) gas_limit: u64,
    pub(super) prevrandao: B256,
}

impl BlockFacts {
    /// The block with what is overridden of it.
    pub(super) fn with(self, block: &BlockOverrides) -> Self {
        let number = |value: Option<U256>| value.map(|value| value.saturating_to());
        Self {
            l2_number: number(block.number).unwrap_or(self.l2_number),
            timestamp: block.time.unwrap_or(self.timestamp),
            base_fee: number(block.base_fee).unwrap_or(self.base_fee),
            coinbase: block.coinbase.unwrap_or(self.coinbase),
            gas_limit: block.gas_limit.unwrap_or(self.gas_limit),
            // On Arbitrum PREVRANDAO is the difficulty, and nothing reads a random number that is overridden.
            prevrandao: block.difficulty.map_or(self.prevrandao, B256::from),
        }
    }
}

impl Chain {
    /// Largest deployed code, bytes.
    pub(super) fn code_size_limit(&self) -> usize {
        self.config.code_size_limit.unwrap_or(CODE_SIZE)
    }

    /// Code size that reading foreign code is priced by. Without any limit it is the usual one.
    fn priced_code_size(&self) -> usize {
        Some(self.code_size_limit())
            .filter(|limit| *limit <= 1 << 30)
            .unwrap_or(CODE_SIZE)
    }

    pub(super) fn block_env(&self, view: &StateView<'_>, facts: &BlockFacts) -> BlockEnv {
        BlockEnv {
            number: view.slot(STATE, LAYOUT.l1_block_number),
            beneficiary: facts.coinbase,
            timestamp: U256::from(facts.timestamp),
            gas_limit: facts.gas_limit,
            basefee: facts.base_fee,
            difficulty: U256::from(1),
            prevrandao: Some(facts.prevrandao),
            ..BlockEnv::default()
        }
    }

    /// Arbitrum's rules in `view`.
    pub(super) fn cfg_env(&self, view: &StateView<'_>) -> CfgEnv {
        let version = arbos_version(view);
        let mut cfg = CfgEnv::new_with_spec(precompiles::spec(version));
        cfg.chain_id = self.config.chain_id;
        // Checked before: unprotected transactions are welcome.
        cfg.tx_chain_id_check = false;
        cfg.limit_contract_code_size = Some(self.code_size_limit());
        if let Some(limit) = self.config.memory_limit {
            cfg.memory_limit = limit;
        }
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        cfg.disable_eip3541 = true;
        let prices_calldata = !view.slot(STATE, LAYOUT.calldata_price_increase).is_zero();
        cfg.disable_eip7623 = !prices_calldata;
        cfg
    }

    pub(super) fn session<'a>(
        &'a self,
        view: &StateView<'_>,
        recent: &'a RefCell<RecentPrograms>,
        facts: &BlockFacts,
    ) -> Session<'a> {
        Session {
            programs: &self.programs,
            recent,
            arbos_version: arbos_version(view),
            base_fee: facts.base_fee,
            l2_number: facts.l2_number,
            debug: self.config.debug_precompiles,
            max_code_size: self.priced_code_size(),
            paid_back: U256::ZERO,
            is_transaction: false,
            gas_cap: None,
            message_price: 0,
            posting: Posting::default(),
            held_gas: 0,
            pages: Default::default(),
            precompile_overrides: Default::default(),
            frames: Vec::new(),
            acting: HashMap::default(),
            failure: None,
            refusal: None,
            console: Default::default(),
            tracer: None,
            accesses: None,
            budget: None,
            is_stopped: false,
        }
    }
}

pub(super) fn arbos_version(view: &StateView<'_>) -> u64 {
    view.slot(STATE, LAYOUT.version).saturating_to()
}

/// Gas that one transaction may compute with: the limit of a block, and of a transaction from ArbOS 50 on.
pub(super) fn gas_cap(view: &StateView<'_>) -> u64 {
    match arbos_version(view) {
        ..50 => block_gas(view),
        50.. => owners_limit(view, LAYOUT.l2_tx_gas_limit),
    }
}

/// Gas that the transactions of a block compute with before it takes no further one.
pub(super) fn block_gas(view: &StateView<'_>) -> u64 {
    owners_limit(view, LAYOUT.l2_block_gas_limit)
}

/// A limit of gas, which an owner may raise without end. Time and memory have an end here, so it has one, too.
fn owners_limit(view: &StateView<'_>, limit: U256) -> u64 {
    match view.slot(STATE, limit).saturating_to() {
        0 => COMPUTE_GAS_MAX,
        limit => COMPUTE_GAS_MAX.min(limit),
    }
}

/// A transaction in revm's terms. Tips are dropped by making them zero.
pub(super) fn tx_env(envelope: &TxEnvelope, caller: Address, chain_id: u64) -> TxEnv {
    let authorizations = envelope.authorization_list().unwrap_or_default();
    TxEnv {
        caller,
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: Some(chain_id),
        access_list: envelope.access_list().cloned().unwrap_or_default(),
        ..authorized(authorizations)
    }
}

/// A call in revm's terms.
pub(super) fn call_env(request: &CallRequest, gas_limit: u64, nonce: u64, chain_id: u64) -> TxEnv {
    TxEnv {
        caller: request.from.unwrap_or_default(),
        gas_limit,
        gas_price: fee_cap(request).unwrap_or_default(),
        kind: request.to.into(),
        value: request.value,
        data: request.input.clone(),
        nonce,
        chain_id: Some(chain_id),
        access_list: request.access_list.clone().unwrap_or_default(),
        ..authorized(&request.authorization_list)
    }
}

/// A transaction's type and list of authorizations, without a tip.
fn authorized(authorizations: &[SignedAuthorization]) -> TxEnv {
    TxEnv {
        tx_type: match authorizations {
            [] => DYNAMIC_FEE,
            _ => SET_CODE,
        },
        gas_priority_fee: Some(0),
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}

/// The price that a transaction offers, wei per gas: `gasPrice` of types 0 and 1, for the others the tip above the base
/// fee, up to the fee cap. Nitro, `TransactionToMessage`, at each version of ArbOS.
pub(super) fn transaction_price(envelope: &TxEnvelope, base_fee: u64) -> u128 {
    let tip = envelope.max_priority_fee_per_gas();
    message_price(envelope.max_fee_per_gas(), tip, base_fee)
}

/// The price that a call offers, wei per gas: 0 without any fee.
pub(super) fn call_price(request: &CallRequest, base_fee: u64) -> u128 {
    match (request.gas_price, request.max_fee_per_gas) {
        (Some(price), None) => price,
        (_, cap) => {
            let tip = request.max_priority_fee_per_gas.unwrap_or_default();
            message_price(cap.unwrap_or_default(), Some(tip), base_fee)
        }
    }
}

/// The lesser of the cap and of the base fee with the tip; without a tip the cap is the price.
fn message_price(cap: u128, tip: Option<u128>, base_fee: u64) -> u128 {
    let with_tip = tip.map(|tip| tip.saturating_add(base_fee.into()));
    with_tip.map_or(cap, |with_tip| with_tip.min(cap))
}

/// Returns the price that the sender would pay at most per gas, wei; `None` for a free call.
pub(super) fn fee_cap(request: &CallRequest) -> Option<u128> {
    request
        .max_fee_per_gas
        .or(request.gas_price)
        .filter(|price| *price > 0)
}

/// revm's reasons in the words that clients know.
pub(super) fn reject(
    error: ExecutionError,
    asked: &Asked,
    facts: &BlockFacts,
    limit: usize,
) -> ChainError {
    match error {
        ExecutionError::Evm(EVMError::Transaction(reason)) => {
            rejected(reason, asked, facts, limit).into()
        }
        ExecutionError::Trace(TraceLimit::Budget) => ChainError::Interrupted,
        ExecutionError::Trace(limit) => limit.into(),
        ExecutionError::Stopped => ChainError::Interrupted,
        ExecutionError::Evm(failure) => ChainError::Internal(failure.to_string()),
    }
}

/// The values of a transaction that a refusal names.
pub(super) struct Asked {
    sender: Address,
    /// Wei per gas at most.
    cap: u128,
    tip: u128,
    input: usize,
}

impl Asked {
    pub(super) fn of(tx: &TxEnv) -> Self {
        Self {
            sender: tx.caller,
            cap: tx.gas_price,
            tip: tx.gas_priority_fee.unwrap_or_default(),
            input: tx.data.len(),
        }
    }
}

/// Returns the reason why a transaction cannot be in a block.
pub(super) fn rejected(
    reason: InvalidTransaction,
    asked: &Asked,
    facts: &BlockFacts,
    limit: usize,
) -> RejectReason {
    use InvalidTransaction as I;
    let (sender, cap) = (asked.sender, asked.cap);
    match reason {
        I::GasPriceLessThanBasefee => RejectReason::FeeTooLow {
            address: sender,
            cap,
            base_fee: facts.base_fee,
        },
        I::PriorityFeeGreaterThanMaxFee => RejectReason::TipAboveFee {
            address: sender,
            tip: asked.tip,
            cap,
        },
        I::CallGasCostMoreThanGasLimit {
            initial_gas: want,
            gas_limit: have,
        }
        | I::GasFloorMoreThanGasLimit {
            gas_floor: want,
            gas_limit: have,
        } => {
            if have < want {
                RejectReason::IntrinsicGas { have, want }
            } else {
                // The handler's own check: only what the bytes cost on L1 is missing.
                RejectReason::PosterGas
            }
        }
        I::CallerGasLimitMoreThanBlock => RejectReason::BlockGasLimit {
            have: 0,
            limit: facts.gas_limit,
        },
        I::RejectCallerWithCode => RejectReason::SenderHasCode(sender),
        I::LackOfFundForMaxFee { fee, balance } => RejectReason::Funds {
            address: sender,
            have: *balance,
            want: *fee,
        },
        I::NonceTooLow { tx, state } => RejectReason::NonceTooLow {
            address: sender,
            expected: state,
            found: tx,
        },
        I::NonceTooHigh { tx, state } => RejectReason::NonceTooHigh {
            address: sender,
            expected: state,
            found: tx,
        },
        I::NonceOverflowInTransaction => RejectReason::NonceMax(sender),
        I::CreateInitCodeSizeLimit => RejectReason::InitCodeTooLarge {
            size: asked.input,
            limit: limit.saturating_mul(2),
        },
        other => RejectReason::Other(other.to_string()),
    }
}
