//! The calls of a stranger, one after the other, each on a copy of its own.

use super::calls::{AddressField, BALANCE, Call, Entry, FALLBACK, Known};
use super::findings::Opened;
use super::power::{Given, Power};
use super::selectors::answered_selectors;
use super::takes::{Ledger, Moves, balance, ether, moved};
use crate::client::{ChainError, GasLimit};
use crate::plan::fresh_accounts::{OTHER, PROBE, STRANGER};
use crate::simulation::{AttemptedCall, Simulation};
use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol;
use alloy::sol_types::SolCall;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{BlockId, Overrides, SlotChange};
use stylus_upgrades_interface::slots;

sol! {
    /// OpenZeppelin's Pausable, as most contracts have it.
    interface IPausable {
        function paused() external view returns (bool);
        function unpause() external;
    }

    /// The function that code behind a UUPS proxy answers (ERC-1822).
    interface IUups {
        function proxiableUUID() external view returns (bytes32);
    }
}

/// Seconds of 30 days.
const MONTH: u64 = 2_592_000;
/// Units of gas that each call gets.
const GAS: u64 = 16_000_000;
/// Calls after each of which everything is called again, at most.
const STEPS_MAX: usize = 128;
/// The text about a function that was guarded.
const REFUSED_BEFORE: &str = "it changes storage, and refused such an account before";
/// Calls to one instance, and units of gas that they may use together.
const CALLS_OF_ONE: usize = 20_000;
const GAS_OF_ONE: u64 = 2_000_000_000;

/// A call that changes something.
pub(super) struct Step {
    pub(super) signature: String,
    call: Call,
}

/// The copy after some calls.
struct Stage {
    copy: Simulation,
    /// The calls in words.
    after: Option<String>,
    power: Power,
    ledger: Ledger,
    balance: Option<U256>,
}

/// The effects of one call.
struct Done {
    opened: Opened,
    /// The storage that it wrote.
    writes: Vec<SlotChange>,
}

/// A stranger, who calls an account.
pub(super) struct Trial {
    account: Address,
    start: Stage,
    entries: Vec<Entry>,
    pub(super) not_called: Vec<String>,
    /// The reported effects of calls. None is in another one of the same function.
    pub(super) found: Vec<Opened>,
    /// The functions of which a call went through.
    pub(super) through: BTreeSet<String>,
    /// The functions of which a call changed something, and after which others it did so first.
    pub(super) written: BTreeMap<String, Option<String>>,
    /// The variables that may hold an address.
    fields: Vec<AddressField>,
    /// The functions that answer an address and take nothing.
    getters: Vec<Function>,
    pub(super) is_paused: bool,
    pub(super) is_cut: bool,
    pub(super) calls: usize,
    gas: u64,
}

impl Trial {
    pub(super) fn begin(
        simulation: &Simulation,
        account: Address,
        known: &Known<'_>,
    ) -> Result<Self, ChainError> {
        let mut copy = simulation.branch();
        copy.gas = GasLimit::Exactly(GAS);
        let owned = ether(&copy, account)?;
        copy.chain.set_balance(account, owned.max(BALANCE));
        copy.chain.set_code(*PROBE, probe_code(*STRANGER));
        let latest = BlockId::latest();
        let runs = copy
            .chain
            .storage(account, slots::IMPLEMENTATION.into(), latest)?;
        let kept = known.kept(&copy, account)?;
        let is_paused = still_paused(&mut copy, account, &kept)?;
        let runs = Address::from_word(runs);
        let answered = if known.has_functions() {
            Vec::new()
        } else {
            answered_selectors(&copy, account, runs)?
        };
        let (entries, not_called) = known.entries(runs, &kept, &answered);
        let fields = known.address_fields();
        let getters = known.address_getters();
        let power = Power::over(&copy, account, &fields, &getters)?;
        Ok(Self {
            account,
            start: Stage {
                balance: balance(&copy, account),
                copy,
                after: None,
                power,
                ledger: Ledger::default(),
            },
            through: BTreeSet::new(),
            written: BTreeMap::new(),
            fields,
            getters,
            entries,
            not_called,
            found: Vec::new(),
            is_paused,
            is_cut: false,
            calls: 0,
            gas: 0,
        })
    }

    /// Calls everything once. The calls that changed something, each for another change.
    pub(super) fn first_round(&mut self) -> Result<Vec<Step>, ChainError> {
        let stage = self.start.branch();
        let (mut steps, mut seen): (Vec<Step>, BTreeSet<B256>) = (Vec::new(), BTreeSet::new());
        for entry in self.entries.clone() {
            let through = self.round(&stage, std::slice::from_ref(&entry))?;
            let mut written = through
                .into_iter()
                .filter(|(_, writes)| !writes.is_empty())
                .peekable();
            if let Some((call, _)) = written.peek()
                && call.value.is_zero()
                && !entry.is_view
                && self.is_closed_by(&entry, call)?
            {
                let takes_nothing = entry.signature.ends_with("()");
                self.note_of(entry.signature.clone(), None, Given::once(takes_nothing));
            }
            for (call, writes) in written {
                if seen.insert(fingerprint(&writes)) {
                    let signature = entry.signature.clone();
                    steps.push(Step { signature, call });
                }
            }
        }
        Ok(steps)
    }

    /// Returns true if after that call of a function none of it goes through for anybody else, as of an initializer.
    fn is_closed_by(&mut self, entry: &Entry, call: &Call) -> Result<bool, ChainError> {
        let mut stage = self.start.branch();
        if self.sent(&mut stage, &entry.signature, call)?.is_none() {
            return Ok(false);
        }
        // What may be called again later, or once something came in, is none.
        for _ in 0..2 {
            for call in &entry.calls {
                self.calls += 1;
                let copy = &mut stage.copy;
                let input = call.input.clone();
                let mut request = copy.request(*OTHER, self.account, input, call.value)?;
                request.gas = Some(GAS);
                let outcome =
                    copy.chain
                        .call(request, BlockId::pending(), &Overrides::default())?;
                if outcome.success {
                    return Ok(false);
                }
            }
            stage.copy.wait(MONTH)?;
            let owned = ether(&stage.copy, self.account)?;
            let more = owned.saturating_add(U256::ONE);
            stage.copy.chain.set_balance(self.account, more);
        }
        Ok(true)
    }

    /// Returns true if something was found, or a function that was there before changes something.
    pub(super) fn is_to_be_compared(&self, earlier: &BTreeSet<String>) -> bool {
        let mut written = self.written.keys();
        !self.found.is_empty() || written.any(|signature| earlier.contains(signature))
    }

    /// Notes the functions that were there, refused a stranger, and change something now.
    pub(super) fn note_unguarded(
        &mut self,
        earlier: &BTreeSet<String>,
        through: &BTreeSet<String>,
    ) {
        for (signature, after) in self.written.clone() {
            let is_unguarded = earlier.contains(&signature) && !through.contains(&signature);
            let given = Given::meant(REFUSED_BEFORE);
            let is_noted =
                |opened: &Opened| opened.signature == signature && opened.gives.contains(&given);
            if is_unguarded && !self.found.iter().any(is_noted) {
                self.note_of(signature, after, given);
            }
        }
    }

    /// Notes of a function what no single call shows.
    fn note_of(&mut self, signature: String, after: Option<String>, given: Given) {
        self.found.push(Opened {
            signature,
            after,
            gives: vec![given],
            takes: Vec::new(),
        });
    }

    /// Calls everything that may change something after each step, then after all of them, now and a month later.
    pub(super) fn next_rounds(&mut self, steps: &[Step]) -> Result<(), ChainError> {
        self.is_cut |= steps.len() > STEPS_MAX;
        let changing = self.entries.iter().filter(|entry| !entry.is_view);
        let changing: Vec<Entry> = changing.cloned().collect();
        for step in steps.iter().take(STEPS_MAX) {
            let stage = self.after(std::slice::from_ref(step), step.signature.clone())?;
            self.round(&stage, &changing)?;
        }
        let mut stage = self.after(steps, "other calls of his".into())?;
        let later = if steps.is_empty() {
            "30 days"
        } else {
            self.round(&stage, &changing)?;
            "other calls of his and 30 days"
        };
        stage.copy.wait(MONTH)?;
        stage.after = Some(later.into());
        self.round(&stage, &changing)?;
        Ok(())
    }

    /// The copy once those calls were made. After others one may fail.
    fn after(&mut self, steps: &[Step], words: String) -> Result<Stage, ChainError> {
        let mut stage = self.start.branch();
        for step in steps {
            self.sent(&mut stage, &step.signature, &step.call)?;
        }
        stage.power = Power::over(&stage.copy, self.account, &self.fields, &self.getters)?;
        stage.balance = balance(&stage.copy, self.account);
        stage.after = Some(words);
        Ok(stage)
    }

    /// Makes these calls at that stage, each alone: notes the reported effects, and returns the writes of each call that
    /// went through. Effects that a call of no function has as well are not those of a function.
    fn round(
        &mut self,
        stage: &Stage,
        entries: &[Entry],
    ) -> Result<Vec<(Call, Vec<SlotChange>)>, ChainError> {
        let mut through = Vec::new();
        for entry in entries {
            for call in &entry.calls {
                let Some(Done { opened, writes }) = self.done(stage, entry, call)? else {
                    continue;
                };
                self.through.insert(entry.signature.clone());
                if !writes.is_empty() && !entry.is_view {
                    let after = || stage.after.clone();
                    self.written
                        .entry(entry.signature.clone())
                        .or_insert_with(after);
                }
                through.push((call.clone(), writes));
                let is_known = |known: &Opened| {
                    let is_of_any = known.signature == FALLBACK && known.after == opened.after;
                    (is_of_any || known.signature == opened.signature) && opened.is_in(known)
                };
                if !opened.is_harmless() && !self.found.iter().any(is_known) {
                    self.found.push(opened);
                }
            }
        }
        Ok(through)
    }

    /// Makes a call, and forgets its changes; returns its effects, or nothing if it is refused.
    fn done(
        &mut self,
        stage: &Stage,
        entry: &Entry,
        call: &Call,
    ) -> Result<Option<Done>, ChainError> {
        self.sent(&mut stage.branch(), &entry.signature, call)
    }

    /// Makes a call at a stage: what it does, and what it has written. Nothing, if it is refused.
    fn sent(
        &mut self,
        stage: &mut Stage,
        signature: &str,
        call: &Call,
    ) -> Result<Option<Done>, ChainError> {
        self.is_cut |= self.calls >= CALLS_OF_ONE || self.gas >= GAS_OF_ONE;
        if self.is_cut {
            return Ok(None);
        }
        self.calls += 1;
        let account = self.account;
        let copy = &mut stage.copy;
        copy.begin_here();
        let attempted = AttemptedCall {
            from: *STRANGER,
            to: account,
            input: call.input.clone(),
            value: call.value,
            gas: GAS,
        };
        let attempt = copy.attempt(signature, attempted)?;
        self.gas = self.gas.saturating_add(attempt.gas_used);
        let Some(receipt) = attempt.receipt else {
            return Ok(None);
        };
        let after = Power::over(copy, account, &self.fields, &self.getters)?;
        let moves: Moves = moved(
            copy,
            &receipt,
            account,
            stage.balance,
            &stage.ledger,
            call.value,
        )?;
        let opened = Opened {
            signature: signature.into(),
            after: stage.after.clone(),
            gives: stage.power.given(&after, &receipt, account, &moves),
            takes: stage.ledger.gains(&moves),
        };
        stage.ledger.add(&moves);
        let writes = copy.changes()?;
        Ok(Some(Done { opened, writes }))
    }
}

impl Stage {
    fn branch(&self) -> Self {
        Self {
            copy: self.copy.branch(),
            after: self.after.clone(),
            power: self.power.clone(),
            ledger: self.ledger.clone(),
            balance: self.balance,
        }
    }
}

/// Two calls that write the same are one.
fn fingerprint(writes: &[SlotChange]) -> B256 {
    let words = writes.iter().flat_map(|change| {
        let slot = B256::from(change.slot);
        [change.address.into_word(), slot, change.after]
    });
    let bytes: Vec<u8> = words.flat_map(|word| word.0).collect();
    keccak256(bytes)
}

/// EVM code that answers `proxiableUUID()` as UUPS code does; any other call makes `marker` the implementation of
/// whoever runs it as its own: `PUSH1 0 CALLDATALOAD PUSH1 224 SHR PUSH4 SELECTOR EQ PUSH1 70 JUMPI PUSH20 MARKER PUSH32
/// IMPLEMENTATION SSTORE JUMPDEST PUSH32 IMPLEMENTATION PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN`.
pub(in crate::plan) fn probe_code(marker: Address) -> Bytes {
    let slot = slots::IMPLEMENTATION.as_slice();
    let parts: [&[u8]; 12] = [
        &[0x60, 0, 0x35, 0x60, 224, 0x1c, 0x63],
        &IUups::proxiableUUIDCall::SELECTOR,
        &[0x14, 0x60, 70, 0x57],
        &[0x73],
        marker.as_slice(),
        &[0x7f],
        slot,
        &[0x55, 0x5b],
        &[0x7f],
        slot,
        &[0x60, 0, 0x52],
        &[0x60, 32, 0x60, 0, 0xf3],
    ];
    parts.concat().into()
}

/// Ends the pause of an account's own code, and says whether it is paused nonetheless: its owner, or whoever else it
/// keeps, ends it.
fn still_paused(
    copy: &mut Simulation,
    account: Address,
    kept: &[Address],
) -> Result<bool, ChainError> {
    let is_paused = |copy: &Simulation| {
        copy.ask(account, &IPausable::pausedCall {})
            .unwrap_or_default()
    };
    let owner = Power::over(copy, account, &[], &[])?.owner();
    for sender in owner.iter().chain(kept) {
        if !is_paused(copy) {
            return Ok(false);
        }
        let input = IPausable::unpauseCall {}.abi_encode().into();
        match copy.send("unpause()", *sender, account, input, U256::ZERO) {
            Err(error) if error.revert().is_none() && !error.is_halted() => return Err(error),
            _ => {}
        }
    }
    Ok(is_paused(copy))
}
