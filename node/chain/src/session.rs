//! The state of one transaction outside of revm's journal.

use crate::{
    Budget,
    accesses::Accesses,
    arbos::{STATE, Store},
    console::Console,
    pages::Pages,
    precompile_overrides::PrecompileOverrides,
    program_cache::ProgramCache,
    trace::{Tracer, opcodes::OpcodeLog},
    view::StateView,
};
use alloy_primitives::{Address, B256, U256, map::HashMap};
use revm::{
    Journal,
    context::{BlockEnv, CfgEnv, Context, ContextTr, JournalTr, TxEnv},
    context_interface::journaled_state::account::JournaledAccountTr,
    state::AccountInfo,
};
use std::{
    cell::RefCell,
    collections::VecDeque,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Everything an execution sees.
pub(crate) type Ctx<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, StateView<'a>, Journal<StateView<'a>>, Session<'a>>;

/// Facts and counters of one transaction.
pub(crate) struct Session<'a> {
    pub(crate) programs: &'a Mutex<ProgramCache>,
    pub(crate) recent: &'a RefCell<RecentPrograms>,
    pub(crate) arbos_version: u64,
    /// The block's base fee in wei. A call without a price sees 0 instead, but not in ArbGasInfo.
    pub(crate) base_fee: u64,
    /// Number of the block on this chain, not what NUMBER gives.
    pub(crate) l2_number: u64,
    /// Debug chains allow ArbDebug and debug imports.
    pub(crate) debug: bool,
    /// Largest deployed code in bytes.
    pub(crate) max_code_size: usize,
    /// Wei that ArbOS 60 gave back to the sender.
    pub(crate) paid_back: U256,
    /// True if what it does is kept: not in calls and estimates.
    pub(crate) is_transaction: bool,
    /// Gas that a transaction may compute with; `None` in calls.
    pub(crate) gas_cap: Option<u64>,
    /// The price that the message offers, wei per gas: a program sees it as `tx_gas_price`. GASPRICE of the EVM and what
    /// is paid are the base fee.
    pub(crate) message_price: u128,
    /// The cost of the transaction's bytes on L1.
    pub(crate) posting: Posting,
    /// Gas above the cap, given back at the end.
    pub(crate) held_gas: u64,
    pub(crate) pages: Pages,
    /// Precompiles that a call overrides.
    pub(crate) precompile_overrides: PrecompileOverrides,
    /// Open frames, outermost first.
    pub(crate) frames: Vec<OpenFrame>,
    /// Per address, open frames that act as it and are no delegate calls.
    pub(crate) acting: HashMap<Address, u32>,
    /// Message of the newest error that has no EVM name.
    pub(crate) failure: Option<String>,
    /// The reason why a precompile reverted without data, until the next call.
    pub(crate) refusal: Option<String>,
    /// Lines that were written to the console.
    pub(crate) console: Console,
    pub(crate) tracer: Option<Box<Tracer>>,
    /// Accounts and slots that are touched, where that is asked.
    pub(crate) accesses: Option<Accesses>,
    /// The bound of the execution, if it has one.
    pub(crate) budget: Option<Budget>,
    /// True if it was stopped because it took more: then it has no result.
    pub(crate) is_stopped: bool,
}

/// The cost of a transaction's bytes on L1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Posting {
    /// 16 for each compressed byte.
    pub(crate) units: u64,
    /// The cost, in gas of this chain.
    pub(crate) gas: u64,
}

/// One frame on the stack.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OpenFrame {
    pub(crate) caller: Address,
    /// The address it acts as, if it counts for `msg_reentrant`.
    pub(crate) counted: Option<Address>,
}

impl Session<'_> {
    /// Returns true if the execution takes more than it may: then it is stopped.
    pub(crate) fn must_stop(&mut self) -> bool {
        self.is_stopped |= self.budget.as_ref().is_some_and(Budget::is_reached);
        self.is_stopped
    }

    /// The log of opcodes, where they are recorded.
    pub(crate) fn opcode_log(&mut self) -> Option<&mut OpcodeLog> {
        self.tracer.as_mut()?.opcodes.as_mut()
    }

    /// Compiled programs.
    pub(crate) fn programs(&self) -> MutexGuard<'_, ProgramCache> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a frame was pushed.
    pub(crate) fn enter(&mut self, frame: OpenFrame) {
        if let Some(acting) = frame.counted {
            *self.acting.entry(acting).or_default() += 1;
        }
        self.frames.push(frame);
    }

    /// Notes that the innermost frame ended.
    pub(crate) fn leave(&mut self) {
        let counted = self.frames.pop().and_then(|frame| frame.counted);
        if let Some(count) = counted.and_then(|acting| self.acting.get_mut(&acting)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Notes why a precompile reverts without data.
    pub(crate) fn refuse(&mut self, reason: String) {
        self.failure = Some(reason.clone());
        self.refusal = Some(reason);
    }

    /// Returns true if `acting` has more than one open frame of its own.
    pub(crate) fn reentrant(&self, acting: Address) -> bool {
        self.acting.get(&acting).is_some_and(|count| *count > 1)
    }
}

/// Programs that ran in this block, newest first (effective from ArbOS 60).
#[derive(Clone, Default)]
pub(crate) struct RecentPrograms {
    programs: VecDeque<B256>,
    /// Fixed by the first run of the block.
    capacity: Option<usize>,
}

impl RecentPrograms {
    /// Notes a run; true when the program was there already. The first run of a block decides the
    /// capacity, and a capacity of 0 counts as 1.
    pub(crate) fn insert(&mut self, code_hash: B256, capacity: u16) -> bool {
        let capacity = *self.capacity.get_or_insert(usize::from(capacity.max(1)));
        let known = self.programs.iter().position(|hash| *hash == code_hash);
        if let Some(at) = known {
            self.programs.remove(at);
        }
        self.programs.push_front(code_hash);
        self.programs.truncate(capacity);
        known.is_some()
    }
}

/// ArbOS' state inside a transaction: unmetered, journaled. No account becomes warm by it.
impl Store for Ctx<'_> {
    type Fail = Infallible;

    fn read(&mut self, slot: U256) -> Result<U256, Infallible> {
        load_account(self, STATE);
        Ok(self.journal_mut().sload(STATE, slot)?.data)
    }

    fn write(&mut self, slot: U256, value: U256) -> Result<(), Infallible> {
        load_account(self, STATE);
        self.journal_mut().touch_account(STATE);
        self.journal_mut().sstore(STATE, slot, value)?;
        Ok(())
    }
}

/// An account with its code. Looking does not warm it: ArbOS reads past the access list.
pub(crate) fn load_account(ctx: &mut Ctx<'_>, address: Address) -> AccountInfo {
    let Ok(mut account) = ctx.journal_mut().load_account_with_code_mut(address);
    let info = account.data.account().info.clone();
    if account.is_cold {
        account.data.unsafe_mark_cold();
    }
    info
}
