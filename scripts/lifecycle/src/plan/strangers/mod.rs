//! What an account without any rights can do to an instance on a copy. It calls everything that can be called, then
//! everything again after each call that went through and changed something, then after all of those. What has power over
//! the instance, and what the account has of ether and tokens, are compared before and after each call.

mod calls;
mod findings;
mod power;
mod takes;
mod trial;

pub(super) use calls::{AddressField, Known, address_fields};
pub(super) use findings::{Opened, replaceable, to_code, to_instance};

use crate::client::ChainError;
use crate::simulation::Simulation;
use alloy::primitives::Address;
use power::Given;
use std::collections::BTreeSet;
use trial::Trial;

/// Who has no rights anywhere.
const STRANGER: Address = Address::repeat_byte(0x5e);
/// Code of his. Whoever runs it by delegatecall has him as its implementation.
const PROBE: Address = Address::repeat_byte(0x5f);
/// What is told of a function that was guarded.
const REFUSED_BEFORE: &str = "it changes storage, and refused such an account before";
/// Calls of one plan, about: where they are made, no more instances are tried.
pub(super) const CALLS_MAX: usize = 100_000;

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
