//! Transactions: revm's handler with Arbitrum's gas cap and fee receiver.

use super::{ArbEvm, instructions};
use crate::{
    TraceLimit,
    arbos::{LAYOUT, Store, fine},
    precompiles::ArbPrecompiles,
    session::{Ctx, Session},
    view::StateView,
};
use alloy_primitives::U256;
use revm::{
    Journal,
    context::{
        BlockEnv, CfgEnv, Context, ContextTr, Evm, FrameStack, JournalTr, LocalContext,
        result::{EVMError, ExecutionResult, HaltReason},
    },
    context_interface::{Block, Cfg, Transaction, journaled_state::account::JournaledAccountTr},
    handler::{EvmTr, FrameResult, Handler},
    interpreter::{GasTracker, InitialAndFloorGas},
    state::EvmState,
};
use std::convert::Infallible;

/// What an execution did and what it would change.
pub(crate) struct Executed {
    pub(crate) result: ExecutionResult<HaltReason>,
    pub(crate) changes: EvmState,
    /// Message of a halt that the EVM has no name for.
    pub(crate) failure: Option<String>,
    /// Why a precompile reverted without data, if that was the last call.
    pub(crate) refusal: Option<String>,
    /// What was written to the console.
    pub(crate) console: Vec<String>,
    pub(crate) tracer: Option<Box<crate::trace::Tracer>>,
    pub(crate) accesses: Option<crate::accesses::Accesses>,
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecutionError {
    /// The transaction is not valid, or there is an error in the chain.
    #[error(transparent)]
    Evm(#[from] EVMError<Infallible>),
    /// It was recorded, and the recording reached a bound.
    #[error("{0}")]
    Trace(TraceLimit),
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
    let result = result?;
    let changes = evm.0.ctx.journaled_state.finalize();
    let session = evm.0.ctx.chain;
    Ok(Executed {
        result,
        changes,
        failure: session.failure,
        refusal: session.refusal,
        console: session.console.into_lines(),
        tracer: session.tracer,
        accesses: session.accesses,
    })
}

/// The one ArbOS version that compares what a sender paid with the stored base fee although there
/// are no multi-gas constraints; 61 repaired it.
const REFUNDS_AT_STORED_FEE: u64 = 60;

/// What ArbOS 60 pays back: gas costs the stored base fee there, which differs from the block's
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

    /// From ArbOS 50 a transaction computes with at most 32 M gas; the rest of its limit is held
    /// back and returned.
    fn tx_gas(&self, evm: &mut ArbEvm<'a>, initial: &InitialAndFloorGas) -> GasTracker {
        let limit = evm.ctx_ref().tx().gas_limit();
        let offered = limit.saturating_sub(initial.initial_total_gas());
        let session = &mut evm.0.ctx.chain;
        let cap = session.gas_cap.unwrap_or(u64::MAX);
        let used = offered.min(cap.saturating_sub(initial.initial_total_gas()));
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

    /// Base fees go to the network fee account; tips do not exist.
    fn reward_beneficiary(
        &self,
        evm: &mut ArbEvm<'a>,
        result: &mut FrameResult,
    ) -> Result<(), Self::Error> {
        let ctx = &mut evm.0.ctx;
        if ctx.cfg().is_fee_charge_disabled() {
            return Ok(());
        }
        let price = ctx.tx().effective_gas_price(ctx.block().basefee().into());
        let fee = U256::from(price.saturating_mul(result.gas().used().into()));
        let receiver = ctx.chain.network_fee_account;
        ctx.journal_mut()
            .load_account_mut(receiver)?
            .incr_balance(fee);
        if ctx.chain.arbos_version == REFUNDS_AT_STORED_FEE {
            let refund = stored_fee_refund(ctx, price, result);
            let Ok(mut payer) = ctx.journal_mut().load_account_mut(receiver);
            // All or nothing, as every transfer of ArbOS.
            if payer.decr_balance(refund) {
                let sender = ctx.tx().caller();
                ctx.journal_mut()
                    .load_account_mut(sender)?
                    .incr_balance(refund);
            }
        }
        Ok(())
    }
}
