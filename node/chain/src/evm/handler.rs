//! Transactions: revm's handler with Arbitrum's gas cap and fee receiver.

use super::{ArbEvm, instructions};
use crate::{
    TraceLimit,
    arbos::{L1_FUNDS, LAYOUT, Store, address_of, fine},
    precompiles::ArbPrecompiles,
    session::{Ctx, Session},
    trace::FeeTransfers,
    view::StateView,
};
use alloy_primitives::U256;
use revm::{
    Journal,
    context::{
        BlockEnv, CfgEnv, Context, ContextTr, Evm, FrameStack, JournalTr, LocalContext,
        result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction},
    },
    context_interface::{Block, Cfg, Transaction, journaled_state::account::JournaledAccountTr},
    handler::{EvmTr, FrameResult, Handler, post_execution, pre_execution, validation},
    interpreter::{GasTracker, InitialAndFloorGas},
    state::EvmState,
};
use std::convert::Infallible;

/// The outcome of an execution, and the changes that it would make.
pub(crate) struct Executed {
    pub(crate) result: ExecutionResult<HaltReason>,
    pub(crate) changes: EvmState,
    /// Message of a halt that the EVM has no name for.
    pub(crate) failure: Option<String>,
    /// The reason why a precompile reverted without data, if that was the last call.
    pub(crate) refusal: Option<String>,
    /// Gas that paid for the transaction's bytes on L1.
    pub(crate) for_l1: u64,
    /// Lines that were written to the console.
    pub(crate) console: Vec<String>,
    pub(crate) tracer: Option<Box<crate::trace::Tracer>>,
    pub(crate) accesses: Option<crate::accesses::Accesses>,
    /// Payments for its gas, and the accounts that received them.
    pub(crate) fees: FeeTransfers,
}

/// The reason why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecutionError {
    /// The transaction is not valid, or there is an error in the chain.
    #[error(transparent)]
    Evm(#[from] EVMError<Infallible>),
    /// It was recorded, and the recording reached a bound.
    #[error("{0}")]
    Trace(TraceLimit),
    /// It took more than its budget.
    #[error("it was stopped")]
    Stopped,
}

/// Executes one transaction on `view`, which stays as it is.
pub(crate) fn execute<'a>(
    view: StateView<'a>,
    session: Session<'a>,
    block: BlockEnv,
    cfg: CfgEnv,
    tx: revm::context::TxEnv,
) -> Result<Executed, ExecutionError> {
    let spec = cfg.spec;
    let precompiles = ArbPrecompiles::new(session.arbos_version, session.debug);
    let mut journaled_state = Journal::new(view);
    journaled_state.set_spec_id(spec);
    let ctx: Ctx<'a> = Context {
        block,
        tx,
        cfg,
        journaled_state,
        chain: session,
        local: LocalContext::default(),
        error: Ok(()),
    };
    let mut evm = ArbEvm(Evm {
        ctx,
        inspector: (),
        instruction: instructions::table(spec),
        precompiles,
        frame_stack: FrameStack::new(),
    });
    let result = ArbHandler(std::marker::PhantomData).run(&mut evm);
    let tracer = evm.0.ctx.chain.tracer.as_ref();
    if let Some(limit) = tracer.and_then(|tracer| tracer.limit()) {
        return Err(ExecutionError::Trace(limit));
    }
    if evm.0.ctx.chain.is_stopped {
        return Err(ExecutionError::Stopped);
    }
    let result = result?;
    let fees = fee_transfers(&mut evm.0.ctx, result.tx_gas_used());
    let changes = evm.0.ctx.journaled_state.finalize();
    let session = evm.0.ctx.chain;
    Ok(Executed {
        result,
        changes,
        for_l1: session.posting.gas,
        failure: session.failure,
        refusal: session.refusal,
        console: session.console.into_lines(),
        tracer: session.tracer,
        accesses: session.accesses,
        fees,
    })
}

/// Returns the payments of a message that has run, where they are recorded.
fn fee_transfers(ctx: &mut Ctx<'_>, gas_used: u64) -> FeeTransfers {
    if ctx.chain.tracer.is_none() {
        return FeeTransfers::default();
    }
    let destroyed = ctx.journaled_state.state.iter();
    let destroyed = destroyed.filter(|(_, account)| account.is_selfdestructed());
    let mut destroyed: Vec<_> = destroyed
        .map(|(address, account)| (*address, account.info.balance))
        .collect();
    destroyed.sort();
    let is_free = ctx.cfg().is_fee_charge_disabled();
    FeeTransfers {
        sender: ctx.tx().caller(),
        paid_price: if is_free {
            0
        } else {
            ctx.tx()
                .effective_gas_price(u128::from(ctx.block().basefee()))
        },
        gas_limit: ctx.tx().gas_limit(),
        gas_used,
        gas_for_l1: ctx.chain.posting.gas,
        base_fee: ctx.chain.base_fee,
        infra_account: address_of(fine(ctx.read(LAYOUT.infra_fee_account))),
        lowest_base_fee: fine(ctx.read(LAYOUT.l2_min_base_fee)),
        network_account: address_of(fine(ctx.read(LAYOUT.network_fee_account))),
        refund: ctx.chain.paid_back,
        destroyed,
    }
}

/// The one ArbOS version that compares what a sender paid with the stored base fee although there
/// are no multi-gas constraints; 61 repaired it.
const REFUNDS_AT_STORED_FEE: u64 = 60;

/// Returns the amount that ArbOS 60 pays back: gas costs the stored base fee there, which differs from the block's
/// when it was lowered within the block.
fn stored_fee_refund(ctx: &mut Ctx<'_>, price: u128, result: &FrameResult) -> U256 {
    let stored = fine(ctx.read(LAYOUT.l2_base_fee));
    let paid = U256::from(price.saturating_mul(result.gas().used().into()));
    let cost = stored.saturating_mul(U256::from(result.gas().total_gas_spent()));
    paid.saturating_sub(cost)
}

struct ArbHandler<'a>(std::marker::PhantomData<&'a ()>);

impl<'a> Handler for ArbHandler<'a> {
    type Evm = ArbEvm<'a>;
    type Error = EVMError<Infallible>;
    type HaltReason = HaltReason;

    /// The bytes of a transaction on L1 are paid for before it begins.
    fn validate_initial_tx_gas(
        &self,
        evm: &mut ArbEvm<'a>,
    ) -> Result<InitialAndFloorGas, Self::Error> {
        let ctx = evm.ctx_ref();
        let (tx, cfg) = (ctx.tx(), ctx.cfg());
        let mut gas = validation::validate_initial_tx_gas_with_gas_params(
            tx,
            cfg.spec,
            cfg.gas_params(),
            cfg.is_eip7623_disabled(),
            cfg.is_amsterdam_eip8037_enabled(),
            cfg.tx_gas_limit_cap(),
            None,
        )?;
        let (intrinsic, gas_limit) = (gas.initial_total_gas(), tx.gas_limit());
        gas.initial_regular_gas = gas
            .initial_regular_gas
            .saturating_add(ctx.chain.posting.gas);
        if gas.initial_total_gas() > gas_limit {
            return Err(EVMError::Transaction(
                InvalidTransaction::CallGasCostMoreThanGasLimit {
                    initial_gas: intrinsic,
                    gas_limit,
                },
            ));
        }
        Ok(gas)
    }

    fn apply_eip7702_auth_list(
        &self,
        evm: &mut ArbEvm<'a>,
        gas: &mut GasTracker,
    ) -> Result<Option<u64>, Self::Error> {
        let ctx = evm.ctx_mut();
        let refund = pre_execution::apply_eip7702_auth_list::<_, Self::Error>(ctx, gas)?;
        if let (Some(refund), Some(log)) = (refund, ctx.chain.opcode_log()) {
            log.authorize(refund);
        }
        Ok(refund)
    }

    /// Raises no refund for gas that was paid for L1.
    fn refund(
        &self,
        evm: &mut ArbEvm<'a>,
        result: &mut FrameResult,
        authorized: i64,
    ) -> Result<(), Self::Error> {
        let ctx = evm.ctx_ref();
        let params = ctx.cfg().gas_params();
        let spent = result.gas().total_gas_spent();
        post_execution::refund(params, result.gas_mut(), authorized);
        let most = spent.saturating_sub(ctx.chain.posting.gas) / params.max_refund_quotient();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let refund = result.gas().refunded().min(most);
        result.gas_mut().set_refund(refund);
        Ok(())
    }

    /// A transaction computes with at most so much gas; the rest of its limit is held back and returned. What it pays
    /// before it begins is a part of that from ArbOS 50 on.
    fn tx_gas(&self, evm: &mut ArbEvm<'a>, initial: &InitialAndFloorGas) -> GasTracker {
        let limit = evm.ctx_ref().tx().gas_limit();
        let offered = limit.saturating_sub(initial.initial_total_gas());
        let session = &mut evm.0.ctx.chain;
        let cap = session.gas_cap.unwrap_or(u64::MAX);
        let intrinsic = match session.arbos_version {
            ..50 => 0,
            50.. => initial.initial_total_gas() - session.posting.gas,
        };
        let used = offered.min(cap.saturating_sub(intrinsic));
        session.held_gas = offered - used;
        GasTracker::new(limit, used, 0)
    }

    fn last_frame_result(
        &mut self,
        evm: &mut ArbEvm<'a>,
        result: &mut FrameResult,
        gas: &mut GasTracker,
    ) -> Result<(), Self::Error> {
        gas.spend_all();
        revm::handler::handle_reservoir_remaining_gas(
            result.instruction_result(),
            gas,
            result.gas_mut().tracker_mut(),
        );
        gas.erase_cost(evm.0.ctx.chain.held_gas);
        *result.gas_mut().tracker_mut() = *gas;
        Ok(())
    }

    /// The lowest base fee goes to the infrastructure's account, if there is one, the rest of the base fee to the network's;
    /// both are read after the message ran. Tips do not exist.
    fn reward_beneficiary(
        &self,
        evm: &mut ArbEvm<'a>,
        result: &mut FrameResult,
    ) -> Result<(), Self::Error> {
        let ctx = &mut evm.0.ctx;
        if ctx.cfg().is_fee_charge_disabled() {
            return Ok(());
        }
        let price = u128::from(ctx.block().basefee());
        let fee = U256::from(price.saturating_mul(result.gas().used().into()));
        let receiver = address_of(fine(ctx.read(LAYOUT.network_fee_account)));
        let infra_account = address_of(fine(ctx.read(LAYOUT.infra_fee_account)));
        let posting = ctx.chain.posting;
        let for_l1 = U256::from(price.saturating_mul(posting.gas.into())).min(fee);
        let mut for_network = fee - for_l1;
        if !infra_account.is_zero() {
            let lowest = fine(ctx.read(LAYOUT.l2_min_base_fee)).min(U256::from(price));
            let computed = result.gas().used().saturating_sub(posting.gas);
            let for_infra = lowest.saturating_mul(U256::from(computed)).min(for_network);
            for_network -= for_infra;
            ctx.journal_mut()
                .load_account_mut(infra_account)?
                .incr_balance(for_infra);
        }
        ctx.journal_mut()
            .load_account_mut(receiver)?
            .incr_balance(for_network);
        if posting.gas > 0 {
            ctx.journal_mut()
                .load_account_mut(L1_FUNDS)?
                .incr_balance(for_l1);
            let available = fine(ctx.read(LAYOUT.l1_fees_available));
            fine(ctx.write(LAYOUT.l1_fees_available, available.saturating_add(for_l1)));
        }
        if posting.units > 0 {
            let units = fine(ctx.read(LAYOUT.l1_units_since_update));
            let units = units.saturating_add(U256::from(posting.units));
            fine(ctx.write(LAYOUT.l1_units_since_update, units));
        }
        if ctx.chain.arbos_version == REFUNDS_AT_STORED_FEE {
            let refund = stored_fee_refund(ctx, price, result);
            let Ok(mut payer) = ctx.journal_mut().load_account_mut(receiver);
            // All or nothing, as every transfer of ArbOS.
            if payer.decr_balance(refund) {
                ctx.chain.paid_back = refund;
                let sender = ctx.tx().caller();
                ctx.journal_mut()
                    .load_account_mut(sender)?
                    .incr_balance(refund);
            }
        }
        Ok(())
    }
}
