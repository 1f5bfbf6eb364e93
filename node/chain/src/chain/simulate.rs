//! Calls and estimates: executions whose changes are dropped.

use super::{
    Chain,
    environment::{
        Asked, BlockFacts, arbos_version, call_env, call_price, fee_cap, gas_cap, reject,
    },
    mine::outcome,
    posting::{MessageFields, MessagePurpose},
    submit::check_tip,
};
use crate::{
    BlockId, BlockNumberOrTag, Budget, CallOutcome, CallRequest, ChainError, Overrides,
    RejectReason,
    evm::{Executed, execute},
    precompile_overrides::PrecompileOverrides,
    precompiles,
    session::Session,
    trace::Tracer,
    view::{Overlay, StateView},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::context::result::{ExecutionResult, HaltReason};
use std::cell::RefCell;

/// Gas of a plain transfer.
const TRANSFER: u64 = 21_000;
/// Gas that EVM calls with value pass on beyond their own.
const STIPEND: u64 = 2_300;

/// A call with everything it runs in.
pub(super) struct Simulation<'a> {
    pub(super) view: StateView<'a>,
    pub(super) facts: BlockFacts,
    /// Gas that one transaction may compute with: estimates are bound by it, calls are not.
    gas_cap: Option<u64>,
    /// The price that the call offers, wei per gas: see [`Session::message_price`].
    message_price: u128,
    /// Precompiles that are overridden; estimates look at none of them.
    precompile_overrides: PrecompileOverrides,
    /// The base fee without overrides, wei: it prices the bytes of a call that names no gas.
    header_base_fee: u64,
    purpose: MessagePurpose,
    request: &'a CallRequest,
}

impl Simulation<'_> {
    /// Lowers the price to the base fee: Nitro uses the message of an estimate again and changes it in the first trial.
    fn drop_tip(&mut self) {
        self.message_price = self.message_price.min(self.facts.base_fee.into());
    }

    /// The base fee that the EVM sees: a call without a price sees 0, even where the base fee is overridden.
    fn seen_base_fee(&self) -> u64 {
        if self.message_price == 0 {
            0
        } else {
            self.facts.base_fee
        }
    }

    /// The message as its bytes are paid for: a tip is dropped before that where the price is above the base fee.
    fn message(&self, gas: u64) -> MessageFields<'_> {
        let gas = match self.purpose {
            MessagePurpose::Call => gas,
            MessagePurpose::Estimate => 0,
        };
        let mut message = MessageFields::new(self.request, gas);
        if self.message_price > self.seen_base_fee().into() {
            message.tip = 0;
        }
        message
    }
}

impl Chain {
    /// Executes a call on the state after a block and drops the changes. Reverts and halts are
    /// outcomes, not errors.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`], or [`ChainError::Rejected`] when the sender cannot pay.
    pub fn call(
        &self,
        request: CallRequest,
        id: BlockId,
        overrides: &Overrides,
    ) -> Result<CallOutcome, ChainError> {
        if let Some(answered) = self.node_interface(&request, id)? {
            return Ok(answered.into());
        }
        let overlay = Overlay::new(overrides);
        let simulation = self.simulation(&request, id, overrides, overlay.as_ref())?;
        let executed = self.simulate(&simulation, self.gas_of(&simulation), None)?;
        Ok(outcome(executed))
    }

    /// The gas that a call or an estimate has at most.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn gas_supplied(
        &self,
        request: &CallRequest,
        id: BlockId,
        is_estimate: bool,
    ) -> Result<u64, ChainError> {
        let free = CallRequest {
            gas_price: None,
            max_fee_per_gas: None,
            max_priority_fee_per_gas: None,
            ..request.clone()
        };
        let mut simulation = self.simulation(&free, id, &Overrides::default(), None)?;
        simulation.request = request;
        if is_estimate {
            simulation.purpose = MessagePurpose::Estimate;
        }
        Ok(self.gas_of(&simulation))
    }

    /// The gas that a call has: one that names none has the cap of the RPC, and on top what its bytes may cost on L1.
    pub(super) fn gas_of(&self, simulation: &Simulation<'_>) -> u64 {
        let Simulation {
            view,
            request,
            purpose,
            header_base_fee,
            ..
        } = simulation;
        let is_estimate = *purpose == MessagePurpose::Estimate;
        let cap = self.config.rpc_gas_cap;
        // An estimate takes no gas below a transfer's for a limit.
        let named = request.gas.filter(|gas| !is_estimate || *gas >= TRANSFER);
        if let Some(gas) = named {
            return gas.min(cap);
        }
        if request.skips_l1_charging && !is_estimate {
            return cap;
        }
        let message = MessageFields::new(request, if is_estimate { 0 } else { cap });
        let base_fee = U256::from(*header_base_fee);
        let posting = self.posting_of_message(view, &message, base_fee, MessagePurpose::Estimate);
        cap.saturating_add(posting.gas)
    }

    /// Gas limit with which a transaction would succeed, as geth searches it: at most 1.5 % above
    /// the least one.
    ///
    /// # Errors
    /// [`ChainError::Reverted`], [`ChainError::GasAllowance`] or [`ChainError::Halted`] when no limit
    /// suffices, else as [`Chain::call`].
    pub fn estimate_gas(
        &self,
        request: CallRequest,
        id: BlockId,
        overrides: &Overrides,
    ) -> Result<u64, ChainError> {
        if let Some(answered) = self.node_interface(&request, id)? {
            let answer = answered.map_err(|reason| ChainError::Reverted {
                output: Bytes::new(),
                refusal: Some(reason),
            })?;
            let used = answer.gas;
            let high = request.gas.unwrap_or(u64::MAX).min(self.config.rpc_gas_cap);
            return search(used, used, high, |gas| Ok(gas >= used));
        }
        let overlay = Overlay::new(overrides);
        let mut simulation = self.simulation(&request, id, overrides, overlay.as_ref())?;
        simulation.gas_cap = Some(gas_cap(&simulation.view));
        simulation.purpose = MessagePurpose::Estimate;
        self.estimate(&mut simulation, &request)
    }

    fn estimate(
        &self,
        simulation: &mut Simulation<'_>,
        request: &CallRequest,
    ) -> Result<u64, ChainError> {
        let mut high = self.gas_of(simulation);
        if let Some(price) = fee_cap(request) {
            let balance = simulation.view.info(request.from.unwrap_or_default());
            let balance = balance.map(|info| info.balance).unwrap_or_default();
            let free = balance.checked_sub(request.value);
            let Some(free) = free.filter(|free| !free.is_zero()) else {
                let address = request.from.unwrap_or_default();
                return Err(funds(address, balance, request.value));
            };
            let affordable = (free / U256::from(price)).saturating_to::<u64>();
            high = high.min(affordable);
        }
        let plain = request.input.is_empty()
            && request.authorization_list.is_empty()
            && request.access_list.is_none();
        if let (true, Some(to)) = (plain, request.to) {
            let code = simulation
                .view
                .info(to)
                .is_some_and(|info| !info.is_empty_code_hash());
            if !code && high >= TRANSFER {
                let executed = self.simulate(simulation, TRANSFER, None);
                simulation.drop_tip();
                match executed {
                    Ok(executed) if executed.result.is_success() => return Ok(TRANSFER),
                    Ok(_) | Err(ChainError::Rejected(RejectReason::PosterGas)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let executed = self.simulate(simulation, high, None);
        simulation.drop_tip();
        let executed = match executed {
            Err(ChainError::Rejected(
                RejectReason::IntrinsicGas { .. } | RejectReason::PosterGas,
            )) => {
                return Err(ChainError::GasAllowance(high));
            }
            executed => executed?,
        };
        if let ExecutionResult::Halt {
            reason: HaltReason::OutOfGas(_),
            ..
        } = &executed.result
        {
            return Err(ChainError::GasAllowance(high));
        }
        let spent = executed.result.gas().total_gas_spent();
        let used = executed.result.tx_gas_used();
        let first = outcome(executed);
        if !first.success {
            return Err(match first.halt {
                Some(halt) => ChainError::Halted(halt),
                None => ChainError::Reverted {
                    output: first.output,
                    refusal: first.refusal,
                },
            });
        }
        let enough = |gas: u64| -> Result<bool, ChainError> {
            match self.simulate(simulation, gas, None) {
                Ok(executed) => Ok(executed.result.is_success()),
                Err(ChainError::Rejected(
                    RejectReason::IntrinsicGas { .. } | RejectReason::PosterGas,
                )) => Ok(false),
                Err(error) => Err(error),
            }
        };
        search(used, spent, high, enough)
    }

    pub(super) fn simulation<'a>(
        &'a self,
        request: &'a CallRequest,
        id: BlockId,
        overrides: &Overrides,
        overlay: Option<&'a Overlay>,
    ) -> Result<Simulation<'a>, ChainError> {
        if let Some(found) = request.chain_id.filter(|id| *id != self.chain_id()) {
            return Err(RejectReason::ChainId {
                expected: self.chain_id(),
                found,
            }
            .into());
        }
        let mut view = self.view(id, overlay)?;
        let number = self.resolve(id)?;
        let block = self.ledger.block(number);
        let block = block.ok_or_else(|| ChainError::UnknownBlock(id.to_string()))?;
        let mut facts = facts_of(&block.header);
        facts.prevrandao = self.settings.prevrandao;
        if id == BlockId::Number(BlockNumberOrTag::Pending) {
            facts.l2_number += 1;
            facts.timestamp = self.next_timestamp();
            facts.base_fee = self.base_fee();
            facts.coinbase = self.settings.coinbase;
            facts.gas_limit = self.settings.gas_limit;
            view.parent = number;
        }
        let header_base_fee = facts.base_fee;
        let facts = facts.with(&overrides.block);
        let message_price = call_price(request, facts.base_fee);
        if let (Some(tip), None) = (request.max_priority_fee_per_gas, request.gas_price) {
            let cap = request.max_fee_per_gas.unwrap_or_default();
            let base_fee = if message_price == 0 {
                0
            } else {
                facts.base_fee
            };
            check_tip(tip, cap, base_fee, request.from.unwrap_or_default())?;
        }
        let precompile_overrides = self.precompile_overrides(arbos_version(&view), overrides)?;
        Ok(Simulation {
            view,
            facts,
            gas_cap: None,
            message_price,
            precompile_overrides,
            header_base_fee,
            purpose: MessagePurpose::Call,
            request,
        })
    }

    /// The overrides of the precompiles of an ArbOS version.
    ///
    /// # Errors
    /// [`ChainError::BadOverride`].
    pub(super) fn precompile_overrides(
        &self,
        arbos_version: u64,
        overrides: &Overrides,
    ) -> Result<PrecompileOverrides, ChainError> {
        let debug = self.config.debug_precompiles;
        let precompiles = precompiles::addresses(arbos_version, debug);
        PrecompileOverrides::new(overrides, precompiles)
    }

    pub(super) fn simulate(
        &self,
        simulation: &Simulation<'_>,
        gas: u64,
        tracer: Option<Tracer>,
    ) -> Result<Executed, ChainError> {
        if tracer.is_none() {
            return self.foresee(|| self.simulate_with(simulation, gas, |_| {}));
        }
        self.simulate_with(simulation, gas, |session| {
            session.tracer = tracer.map(Box::new);
        })
    }

    pub(super) fn simulate_with(
        &self,
        simulation: &Simulation<'_>,
        gas: u64,
        set: impl FnOnce(&mut Session<'_>),
    ) -> Result<Executed, ChainError> {
        self.check_time()?;
        let Simulation {
            view,
            facts,
            request,
            ..
        } = simulation;
        let from = request.from.unwrap_or_default();
        let info = view.info(from).unwrap_or_default();
        let cap = fee_cap(request);
        if cap.is_none() && info.balance < request.value {
            return Err(funds(from, info.balance, request.value));
        }
        let recent = RefCell::default();
        let mut session = self.session(view, &recent, facts);
        session.gas_cap = simulation.gas_cap;
        if simulation.purpose == MessagePurpose::Call {
            let overrides = &simulation.precompile_overrides;
            session.precompile_overrides.clone_from(overrides);
        }
        session.message_price = simulation.message_price;
        if !request.skips_l1_charging {
            let base_fee = U256::from(facts.base_fee);
            let message = simulation.message(gas);
            session.posting = self.posting_of_message(view, &message, base_fee, simulation.purpose);
        }
        session.budget = self.state_db.budget().map(Budget::of_call);
        set(&mut session);
        let mut cfg = self.cfg_env(view);
        cfg.disable_eip3607 = true;
        cfg.disable_nonce_check = true;
        cfg.disable_block_gas_limit = true;
        if cap.is_none() {
            cfg.disable_base_fee = true;
            cfg.disable_fee_charge = true;
        }
        let nonce = request.nonce.unwrap_or(info.nonce);
        let tx = call_env(request, gas, nonce, self.config.chain_id);
        let asked = Asked::of(&tx);
        let limit = self.code_size_limit();
        let mut block = self.block_env(view, facts);
        block.basefee = simulation.seen_base_fee();
        let executed = execute(*view, session, block, cfg, tx)
            .map_err(|error| reject(error, &asked, facts, limit));
        self.check_source()?;
        executed
    }
}

/// The search of geth for a gas limit: at most 1.5 % above the least one that is enough. `spent` is `used` before
/// refunds.
fn search(
    used: u64,
    spent: u64,
    mut high: u64,
    enough: impl Fn(u64) -> Result<bool, ChainError>,
) -> Result<u64, ChainError> {
    let mut low = used.saturating_sub(1);
    let guess = (spent + STIPEND) * 64 / 63;
    if guess < high {
        if enough(guess)? {
            high = guess
        } else {
            low = guess
        }
    }
    while low + 1 < high {
        if (high - low) * 1_000 < high * 15 {
            break;
        }
        let middle = (low + (high - low) / 2).min(low.saturating_mul(2));
        if enough(middle)? {
            high = middle
        } else {
            low = middle
        }
    }
    Ok(high)
}

fn funds(address: Address, have: U256, want: U256) -> ChainError {
    RejectReason::Funds {
        address,
        have,
        want,
    }
    .into()
}

pub(super) fn facts_of(header: &alloy_consensus::Header) -> BlockFacts {
    BlockFacts {
        l2_number: header.number,
        timestamp: header.timestamp,
        base_fee: header.base_fee_per_gas.unwrap_or_default(),
        coinbase: header.beneficiary,
        gas_limit: header.gas_limit,
        prevrandao: B256::with_last_byte(1),
    }
}
