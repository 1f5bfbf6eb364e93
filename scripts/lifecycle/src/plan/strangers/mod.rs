//! What an account without any rights can do to an instance on a copy. It calls everything that can be called, then
//! everything again after each call that went through and changed something, then after all of those. What has power over
//! the instance, and what the account has of ether and tokens, are compared before and after each call.

mod calls;
mod findings;
mod power;
mod takes;

pub(super) use calls::{AddressField, Known, address_fields};
pub(super) use findings::{Opened, replaceable, to_code, to_instance};

use crate::client::{ChainError, GasLimit};
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol;
use alloy::sol_types::SolCall;
use calls::{BALANCE, Call, Entry, FALLBACK};
use power::{Given, Power};
use std::collections::BTreeSet;
use stylus_chain::{BlockId, Overrides, SlotChange};
use stylus_upgrades_interface::slots;
use takes::{Ledger, Moves, balance, ether, moved};

sol! {
    /// OpenZeppelin's Pausable, as most contracts have it.
    interface IPausable {
        function paused() external view returns (bool);
        function unpause() external;
    }
}

/// Who has no rights anywhere.
const STRANGER: Address = Address::repeat_byte(0x5e);
/// Code of his. Whoever runs it by delegatecall has him as its implementation.
const PROBE: Address = Address::repeat_byte(0x5f);
/// Somebody else without rights.
const OTHER: Address = Address::repeat_byte(0x5d);
/// Accounts that are kept and that call, at most.
const SENDERS_MAX: usize = 4;
/// Seconds of 30 days.
const MONTH: u64 = 2_592_000;
/// What is told of a function that could be called once.
const ONCE: &str = "one call goes through and then none, as of an initializer";
/// What is told of a function that was guarded.
const REFUSED_BEFORE: &str = "it changes storage, and refused such an account before";
/// Calls of one plan, about: where they are made, no more instances are tried.
pub(super) const CALLS_MAX: usize = 100_000;
/// Calls to one instance, and units of gas that they may use together.
const CALLS_OF_ONE: usize = 20_000;
const GAS_OF_ONE: u64 = 2_000_000_000;
/// Units of gas that each call gets.
const GAS: u64 = 16_000_000;
/// Calls after each of which everything is called again, at most.
const STEPS_MAX: usize = 128;

/// What was tried of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Tried {
    /// What is new, or was never compared: one for each function.
    pub(super) told: Vec<Opened>,
    /// What gives the same roles as before.
    pub(super) as_before: Vec<Opened>,
    /// How many calls were made.
    pub(super) calls: usize,
    /// Whether the account is paused by its own code, and nobody was found who can end that.
    pub(super) is_paused: bool,
    /// Whether more calls, or more gas, would have been needed.
    pub(super) is_cut: bool,
    /// Functions that were not called: that are too many, or whose arguments take too much.
    pub(super) not_called: Vec<String>,
}

/// What strangers could do before.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    /// What calls did that is told.
    pub(super) opened: Vec<Opened>,
    /// The functions of which a call went through.
    through: BTreeSet<String>,
}

impl Before {
    /// What they could take, and nothing of what they were given.
    pub(super) fn takes_alone(self) -> Self {
        let opened = self.opened.iter().map(Opened::takes_alone).collect();
        Self { opened, ..self }
    }
}

/// Tells what they could, if it is asked.
pub(super) type Earlier<'a> = &'a dyn Fn() -> Result<Before, ChainError>;

/// Everything that a stranger can do to an account on a copy.
pub(super) fn opened(
    simulation: &Simulation,
    account: Address,
    known: &Known<'_>,
) -> Result<Before, ChainError> {
    let mut trial = Trial::begin(simulation, account, known)?;
    let steps = trial.first_round()?;
    trial.next_rounds(&steps)?;
    Ok(Before {
        opened: trial.found,
        through: trial.through,
    })
}

/// What a stranger can do to an account on a copy that he could not do `earlier`, by the functions of its code; where those
/// are not known, by those that such code usually has.
pub(super) fn tried(
    simulation: &Simulation,
    account: Address,
    known: &Known<'_>,
    earlier: Earlier<'_>,
) -> Result<Tried, ChainError> {
    let mut trial = Trial::begin(simulation, account, known)?;
    let mut steps = trial.first_round()?;
    let mut before: Option<Before> = None;
    // Of a function that there was, and that changes something now, it is asked whether it refused a stranger before.
    let earlier_functions = known.earlier();
    let written: BTreeSet<String> = steps.iter().map(|step| step.signature.clone()).collect();
    let written: Vec<String> = written.intersection(&earlier_functions).cloned().collect();
    if !trial.found.is_empty() || !written.is_empty() {
        let before = before.insert(earlier()?);
        for signature in written {
            if !before.through.contains(&signature) {
                trial.note_of(signature, Given::meant(REFUSED_BEFORE));
            }
        }
        // What is told by itself opens the rest: that is not told again.
        let (told, _) = compared(trial.found.clone(), &before.opened);
        steps.retain(|step| told.iter().all(|one| one.signature != step.signature));
    }
    let first = trial.found.len();
    trial.next_rounds(&steps)?;
    if trial.found.len() > first && before.is_none() {
        before = Some(earlier()?);
    }
    let (told, as_before) = compared(trial.found, &before.unwrap_or_default().opened);
    Ok(Tried {
        told,
        as_before,
        calls: trial.calls,
        is_paused: trial.is_paused,
        is_cut: trial.is_cut,
        not_called: trial.not_called,
    })
}

/// Who of those that an account keeps, such as its owner, can replace its code on a copy, and by which function.
pub(super) fn replaced_by(
    simulation: &Simulation,
    account: Address,
    known: &Known<'_>,
) -> Result<Option<(Address, String)>, ChainError> {
    Trial::begin(simulation, account, known)?.replaced_by()
}

/// What is told of what was found, one for each function, and what gives the same roles as before.
fn compared(found: Vec<Opened>, before: &[Opened]) -> (Vec<Opened>, Vec<Opened>) {
    let (mut told, mut as_before): (Vec<Opened>, Vec<Opened>) = (Vec::new(), Vec::new());
    for one in found {
        let Some(one) = one.without_purpose(before) else {
            continue;
        };
        let all = match one.was_open(before) {
            true => &mut as_before,
            false => &mut told,
        };
        // What a call does by itself stands before what it does after others.
        match all
            .iter_mut()
            .find(|known| known.signature == one.signature)
        {
            Some(known) if known.after == one.after => known.add(one),
            Some(_) => {}
            None => all.push(one),
        }
    }
    told.sort_by(|one, other| one.signature.cmp(&other.signature));
    as_before.retain(|one| told.iter().all(|other| other.signature != one.signature));
    (told, as_before)
}

/// A call that changes something.
struct Step {
    signature: String,
    call: Call,
}

/// The copy after some calls.
struct Stage {
    copy: Simulation,
    /// Those calls in words.
    after: Option<String>,
    power: Power,
    ledger: Ledger,
    balance: Option<U256>,
}

/// What one call did.
struct Done {
    opened: Opened,
    /// What it wrote.
    writes: Vec<SlotChange>,
}

/// A stranger, who calls an account.
struct Trial {
    account: Address,
    /// Who calls: a stranger, unless it says so.
    sender: Address,
    /// Addresses that the account keeps.
    kept: Vec<Address>,
    start: Stage,
    entries: Vec<Entry>,
    not_called: Vec<String>,
    /// What calls do that is told. None is in another one of the same function.
    found: Vec<Opened>,
    /// The functions of which a call went through.
    through: BTreeSet<String>,
    /// The variables that may hold an address.
    fields: Vec<AddressField>,
    is_paused: bool,
    is_cut: bool,
    calls: usize,
    gas: u64,
}

impl Trial {
    fn begin(
        simulation: &Simulation,
        account: Address,
        known: &Known<'_>,
    ) -> Result<Self, ChainError> {
        let mut copy = simulation.branch();
        copy.gas = GasLimit::Exactly(GAS);
        let owned = ether(&copy, account)?;
        copy.chain.set_balance(account, owned.max(BALANCE));
        copy.chain.set_code(PROBE, probe());
        let latest = BlockId::latest();
        let runs = copy
            .chain
            .storage(account, slots::IMPLEMENTATION.into(), latest)?;
        let kept = known.kept(&copy, account)?;
        let is_paused = still_paused(&mut copy, account, &kept)?;
        let (entries, not_called) = known.entries(Address::from_word(runs), &kept);
        let fields = known.address_fields();
        let power = Power::over(&copy, account, &fields)?;
        Ok(Self {
            account,
            sender: STRANGER,
            kept,
            start: Stage {
                balance: balance(&copy, account),
                copy,
                after: None,
                power,
                ledger: Ledger::default(),
            },
            through: BTreeSet::new(),
            fields,
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
    fn first_round(&mut self) -> Result<Vec<Step>, ChainError> {
        let stage = self.start.branch();
        let (mut steps, mut seen): (Vec<Step>, BTreeSet<B256>) = (Vec::new(), BTreeSet::new());
        for entry in self.entries.clone() {
            let through = self.round(&stage, std::slice::from_ref(&entry))?;
            if !through.is_empty() {
                self.through.insert(entry.signature.clone());
            }
            let mut written = through
                .into_iter()
                .filter(|(_, writes)| !writes.is_empty())
                .peekable();
            if let Some((call, _)) = written.peek()
                && call.value.is_zero()
                && !entry.is_view
                && self.is_closed_by(&entry, call)?
            {
                self.note_of(entry.signature.clone(), Given::meant(ONCE));
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

    /// Whether after that call of a function none of it goes through for anybody else, as of an initializer.
    fn is_closed_by(&mut self, entry: &Entry, call: &Call) -> Result<bool, ChainError> {
        let mut stage = self.start.branch();
        if self.sent(&mut stage, &entry.signature, call)?.is_none() {
            return Ok(false);
        }
        for call in &entry.calls {
            self.calls += 1;
            let copy = &mut stage.copy;
            let input = call.input.clone();
            let mut request = copy.request(OTHER, self.account, input, call.value)?;
            request.gas = Some(GAS);
            let outcome = copy
                .chain
                .call(request, BlockId::pending(), &Overrides::default())?;
            if outcome.success {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Who of those that the account keeps can replace its code, or who decides that, and by which function.
    fn replaced_by(&mut self) -> Result<Option<(Address, String)>, ChainError> {
        let owner = self.start.power.owner();
        let others = self.kept.iter().copied().filter(|one| Some(*one) != owner);
        let senders: Vec<Address> = owner.into_iter().chain(others).take(SENDERS_MAX).collect();
        for sender in senders {
            self.sender = sender;
            for entry in self.entries.clone() {
                for call in entry.calls.iter().filter(|call| call.value.is_zero()) {
                    let done = self.done(&self.start.branch(), &entry, call)?;
                    if done.is_some_and(|done| done.opened.replaces_code()) {
                        return Ok(Some((sender, entry.signature)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Notes of a function what no single call shows.
    fn note_of(&mut self, signature: String, given: Given) {
        self.found.push(Opened {
            signature,
            after: None,
            gives: vec![given],
            takes: Vec::new(),
        });
    }

    /// Calls everything that may change something after each step, then after all of them, now and a month later.
    fn next_rounds(&mut self, steps: &[Step]) -> Result<(), ChainError> {
        self.is_cut |= steps.len() > STEPS_MAX;
        let changing = self.entries.iter().filter(|one| !one.is_view);
        let changing: Vec<Entry> = changing.cloned().collect();
        for step in steps.iter().take(STEPS_MAX) {
            let stage = self.after(std::slice::from_ref(step), step.signature.clone())?;
            self.round(&stage, &changing)?;
        }
        if !steps.is_empty() {
            let mut stage = self.after(steps, "other calls of his".into())?;
            self.round(&stage, &changing)?;
            stage.copy.wait(MONTH)?;
            stage.after = Some("other calls of his and 30 days".into());
            self.round(&stage, &changing)?;
        }
        Ok(())
    }

    /// The copy once those calls were made. After others one may fail.
    fn after(&mut self, steps: &[Step], words: String) -> Result<Stage, ChainError> {
        let mut stage = self.start.branch();
        for step in steps {
            self.sent(&mut stage, &step.signature, &step.call)?;
        }
        stage.power = Power::over(&stage.copy, self.account, &self.fields)?;
        stage.balance = balance(&stage.copy, self.account);
        stage.after = Some(words);
        Ok(stage)
    }

    /// What calls of these do at that stage, each alone: notes what is told, and returns what each has written that went
    /// through. What a call of no function does, no function does.
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
                through.push((call.clone(), writes));
                let is_known = |one: &Opened| {
                    let is_of_any = one.signature == FALLBACK && one.after == opened.after;
                    (is_of_any || one.signature == opened.signature) && opened.is_in(one)
                };
                if !opened.is_harmless() && !self.found.iter().any(is_known) {
                    self.found.push(opened);
                }
            }
        }
        Ok(through)
    }

    /// What a call does, and forgets it; nothing, if it is refused.
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
        let mut request = copy.request(self.sender, account, call.input.clone(), call.value)?;
        request.gas = Some(GAS);
        let outcome =
            copy.chain
                .call(request.clone(), BlockId::pending(), &Overrides::default())?;
        self.gas = self.gas.saturating_add(outcome.gas_used);
        if !outcome.success {
            return Ok(None);
        }
        copy.begin_here();
        let receipt = copy.mined(signature, self.sender, request)?;
        if !receipt.success {
            return Ok(None);
        }
        let after = Power::over(copy, account, &self.fields)?;
        let moves: Moves = moved(
            copy,
            &receipt,
            (account, stage.balance),
            (&stage.ledger, call.value),
        )?;
        let opened = Opened {
            signature: signature.into(),
            after: stage.after.clone(),
            gives: stage.power.given(&after, &receipt, (account, &moves)),
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
    let words = writes.iter().flat_map(|one| {
        let slot = B256::from(one.slot);
        [one.address.into_word(), slot, one.after]
    });
    let bytes: Vec<u8> = words.flat_map(|word| word.0).collect();
    keccak256(bytes)
}

/// EVM code that makes the stranger the implementation of whoever runs it as his own, and answers with 1:
/// `PUSH20 STRANGER PUSH32 IMPLEMENTATION SSTORE PUSH1 1 PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN`.
fn probe() -> Bytes {
    let returns = [0x60, 1, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3];
    let parts: [&[u8]; 6] = [
        &[0x73],
        STRANGER.as_slice(),
        &[0x7f],
        slots::IMPLEMENTATION.as_slice(),
        &[0x55],
        &returns,
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
    let owner = Power::over(copy, account, &[])?.owner();
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
