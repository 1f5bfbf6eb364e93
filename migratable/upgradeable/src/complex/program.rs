//! The calls of a complex migration, each from top to bottom.

use alloc::{string::String, vec::Vec};

use crate::migratable::{ComplexStart, MigratableError};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use stylus_upgrades_host::abi::Reader;
use stylus_upgrades_host::{call, context, storage};
use stylus_upgrades_interface::{
    build,
    complex::{IComplexMigration as Abi, IComplexStep},
    evm_proxy,
    proxy::IUpgradeabilityProxy::ImplementationNotRunnable,
    reasons::not_runnable,
    slots,
};

use crate::complex::{
    link::Program,
    migration::{Outcome, not_supported},
    state::{ITEMS_MAX, State},
};

/// Gas that `migrateNext` keeps back for noting its progress: a cold word that is set already,
/// the event, and what lies around them.
const CLOSING_GAS: u64 = 12_000;

/// Answers one call of the proxy, whatever its calldata and value.
pub fn run<M: Program>(migration: &mut M, calldata: &[u8]) -> Outcome<Vec<u8>> {
    let Some((selector, arguments)) = calldata.split_first_chunk() else {
        return Err(paused::<M>());
    };
    if context::msg_value() != [0; 32] {
        return Err(paused::<M>());
    }
    match *selector {
        Abi::progressCall::SELECTOR => return Ok(progress()),
        Abi::reversibleCall::SELECTOR => return Ok(M::REVERSIBLE.abi_encode()),
        _ if context::msg_reentrant() => return Err(paused::<M>()),
        Abi::startMigrationCall::SELECTOR => start(migration, arguments),
        Abi::migrateBatchCall::SELECTOR => batch(migration, arguments),
        Abi::migrateNextCall::SELECTOR => next(migration, arguments),
        Abi::endMigrationCall::SELECTOR => return end(migration),
        Abi::setHandlerCall::SELECTOR => set_handler(arguments),
        Abi::turnBackCall::SELECTOR => turn_back::<M>(),
        _ => Err(paused::<M>()),
    }
    .map(|()| Vec::new())
}

/// Between the two versions the contract does nothing else.
#[inline(never)]
fn paused<M: Program>() -> Vec<u8> {
    let (from, to) = (String::from(M::FROM), String::from(M::TO));
    Abi::ContractPaused { from, to }.abi_encode()
}

fn progress() -> Vec<u8> {
    let (done, total) = State::load().map_or((0, 0), |state| (state.done, state.total));
    [U256::from(done), U256::from(total)].abi_encode()
}

/// Under the token of the step, and so never twice and never by a stranger.
fn start<M: Program>(migration: &mut M, arguments: &[u8]) -> Outcome<()> {
    if const { build::is_placeholder(&M::UPGRADEABILITY_STORAGE) } {
        return Err(not_supported("code that was not built for a chain"));
    }
    let handler = Reader::new(arguments).exactly(32)?.address(0)?;
    const { ComplexStart::new(M::FROM, M::TO) }.consume()?;
    require_way_out::<M>()?;
    let total = migration.start()?;
    if total > ITEMS_MAX {
        return Err(not_supported("more than 2^40 - 1 items"));
    }
    let state = State {
        back: false,
        done: 0,
        total,
        handler,
    };
    state.save();
    Ok(())
}

/// Items that the handler supplies.
fn batch<M: Program>(migration: &mut M, arguments: &[u8]) -> Outcome<()> {
    let mut state = handled()?;
    let data = Reader::new(Reader::new(arguments).bytes(0)?);
    let (position, items) = (data.u64(0).ok(), data.bytes(1)?);
    if position != Some(state.done) {
        return Err(out_of_order(position, state.done));
    }
    if state.back {
        let moved = migration.back(state.done, items)?;
        let left = state.done.checked_sub(moved.items);
        state.done = left.ok_or_else(|| nothing_left(&state))?;
    } else {
        let moved = migration.batch(state.done, items)?;
        state.done = state.done.saturating_add(moved.items);
        state.total = state.total.saturating_add(moved.found).max(state.done);
        if state.total > ITEMS_MAX {
            return Err(not_supported("more than 2^40 - 1 items"));
        }
    }
    note(&state);
    Ok(())
}

/// Converts as many of the next items as the budget allows.
fn next<M: Program>(migration: &mut M, arguments: &[u8]) -> Outcome<()> {
    let before = context::gas_left();
    let mut state = handled()?;
    let budget = Reader::new(arguments).exactly(32)?.u64(0)?;
    if state.is_finished() {
        return Err(nothing_left(&state));
    }
    let needed = M::ITEM_GAS.saturating_add(CLOSING_GAS);
    let enough = budget.min(before);
    if before.saturating_sub(context::gas_left()) + needed > enough {
        return Err(Abi::BudgetTooSmall { needed, budget }.abi_encode());
    }
    loop {
        if state.back {
            let last = state.done.saturating_sub(1);
            migration.previous(last)?;
            state.done = last;
        } else {
            migration.next(state.done)?;
            state.done += 1;
        }
        storage::flush(false); // the chain charges stores here: without it nothing is used yet
        let used = before.saturating_sub(context::gas_left());
        if state.is_finished() || used.saturating_add(needed) > enough {
            break;
        }
    }
    note(&state);
    Ok(())
}

/// Leaves the step: UpgradeabilityStorage continues from here.
fn end<M: Program>(migration: &mut M) -> Outcome<Vec<u8>> {
    let state = handled()?;
    if !state.is_finished() {
        let (done, total) = (U256::from(state.done), U256::from(state.total));
        return Err(Abi::MigrationIncomplete { done, total }.abi_encode());
    }
    if state.back {
        migration.restored()?;
    } else {
        migration.end()?;
    }
    require_way_out::<M>()?;
    State::clear();
    let order = IComplexStep::finishStepCall { back: state.back }.abi_encode();
    let called = call::delegate_call(&M::UPGRADEABILITY_STORAGE, &order, u64::MAX);
    let mut data = alloc::vec![0; called.len];
    call::return_data(&mut data, 0);
    if called.ok { Ok(data) } else { Err(data) }
}

/// Refuses to continue where the code that ends the step is not on this chain: a call to an account
/// without code succeeds, and the contract would stay paused for good.
fn require_way_out<M: Program>() -> Outcome<()> {
    if context::code_size(&M::UPGRADEABILITY_STORAGE) == 0 {
        let (implementation, reason) = (M::UPGRADEABILITY_STORAGE.into(), not_runnable::NO_CODE);
        return Err(ImplementationNotRunnable {
            implementation,
            reason,
        }
        .abi_encode());
    }
    Ok(())
}

/// The registry replaces a handler whose key is lost.
fn set_handler(arguments: &[u8]) -> Outcome<()> {
    let mut state = governed()?;
    let handler = Reader::new(arguments).exactly(32)?.address(0)?;
    state.handler = handler;
    state.save();
    Ok(())
}

/// The registry aborts: items go back from here on.
fn turn_back<M: Program>() -> Outcome<()> {
    let mut state = governed()?;
    if !M::REVERSIBLE || state.back {
        return Err(Abi::NotReversible {}.abi_encode());
    }
    state.back = true;
    state.save();
    Ok(())
}

/// Notes how far it is, and says so.
fn note(state: &State) {
    state.save();
    let (done, total) = (U256::from(state.done), U256::from(state.total));
    let mut log = Vec::from(Abi::Batch::SIGNATURE_HASH.0);
    log.extend([done, total].abi_encode());
    call::emit_log(&log, 1);
}

/// The running migration, for its handler alone.
fn handled() -> Outcome<State> {
    let state = running()?;
    by(state.handler)?;
    Ok(state)
}

/// The running migration, for the registry alone; to an EVM proxy the orders contract passes its orders on.
fn governed() -> Outcome<State> {
    let state = running()?;
    if !is_orders(context::msg_sender()) {
        by(Address::from_word(storage::load(&slots::ADMIN.0).into()))?;
    }
    Ok(state)
}

/// Returns true if that account is the orders contract in the code of this account, an EVM proxy.
fn is_orders(caller: [u8; 20]) -> bool {
    let this = context::contract_address();
    let mut orders = [0; 20];
    context::code_size(&this) == evm_proxy::EVM.size
        && context::code(&this, evm_proxy::EVM.caller_at, &mut orders) == orders.len()
        && orders == caller
}

fn running() -> Outcome<State> {
    State::load().ok_or_else(|| MigratableError::NotInUpgrade.abi_encode())
}

fn by(handler: Address) -> Outcome<()> {
    let caller = Address::new(context::msg_sender());
    if caller == handler {
        Ok(())
    } else {
        Err(Abi::NotHandler { caller, handler }.abi_encode())
    }
}

fn out_of_order(position: Option<u64>, done: u64) -> Vec<u8> {
    Abi::BatchOutOfOrder {
        position: position.map_or(U256::MAX, U256::from),
        done: U256::from(done),
    }
    .abi_encode()
}

fn nothing_left(state: &State) -> Vec<u8> {
    Abi::NothingLeft {
        done: U256::from(state.done),
        total: U256::from(state.total),
    }
    .abi_encode()
}
