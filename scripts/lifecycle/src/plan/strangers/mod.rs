//! Effects that an account without any rights can have on an instance on a copy. It calls everything that can be called,
//! then everything again after each call that went through and changed something, then after all of those. What has power
//! over the instance, and what the account has of ether and tokens, are compared before and after each call.

mod calls;
mod findings;
mod power;
mod selectors;
mod takes;
mod trial;

pub(super) use calls::{AddressField, Known, address_fields};
pub(super) use findings::{Opened, to_code, to_instance};
pub use selectors::usual_initializers;
pub(super) use trial::probe_code;

use crate::client::ChainError;
use crate::simulation::Simulation;
use alloy::primitives::Address;
use std::collections::BTreeSet;
use trial::Trial;

/// Calls of one plan, about: where they are made, no more instances are tried.
pub(super) const CALLS_MAX: usize = 100_000;

/// The trial of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Tried {
    /// The effects that are new, or were never compared: one entry for each function.
    pub(super) told: Vec<Opened>,
    /// The calls that give the same roles as before.
    pub(super) as_before: Vec<Opened>,
    /// The effects that need not be accepted.
    pub(super) alone: Vec<Opened>,
    /// The number of calls that were made.
    pub(super) calls: usize,
    /// True if the account is paused by its own code, and nobody was found who can end that.
    pub(super) is_paused: bool,
    /// True if more calls, or more gas, would have been needed.
    pub(super) is_cut: bool,
    /// Functions that were not called: that are too many, or whose arguments take too much.
    pub(super) not_called: Vec<String>,
}

/// The effects that strangers could have before.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    /// The reported effects of calls.
    pub(super) opened: Vec<Opened>,
    /// The functions of which a call went through.
    through: BTreeSet<String>,
}

impl Before {
    /// Returns the takings before, without the gifts.
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

/// Tries the effects that a stranger can have on an account on a copy and could not have `earlier`, by the functions of its
/// code; where those are not known, by those that such code usually has.
pub(super) fn tried(
    simulation: &Simulation,
    account: Address,
    known: &Known<'_>,
    earlier: Earlier<'_>,
) -> Result<Tried, ChainError> {
    let mut trial = Trial::begin(simulation, account, known)?;
    let mut steps = trial.first_round()?;
    let guarded = known.earlier();
    let mut before: Option<Before> = None;
    if trial.is_to_be_compared(&guarded) {
        let before = before.insert(earlier()?);
        trial.note_unguarded(&guarded, &before.through);
        // What is told by itself opens the rest: that is not told again.
        let told = compared(trial.found.clone(), &before.opened).told;
        steps.retain(|step| told.iter().all(|opened| opened.signature != step.signature));
    }
    trial.next_rounds(&steps)?;
    if before.is_none() && trial.is_to_be_compared(&guarded) {
        before = Some(earlier()?);
    }
    let before = before.unwrap_or_default();
    trial.note_unguarded(&guarded, &before.through);
    let Compared {
        told,
        as_before,
        alone,
    } = compared(trial.found, &before.opened);
    Ok(Tried {
        told,
        as_before,
        alone,
        calls: trial.calls,
        is_paused: trial.is_paused,
        is_cut: trial.is_cut,
        not_called: trial.not_called,
    })
}

/// The comparison of the effects, one entry for each function.
#[derive(Debug, Default)]
struct Compared {
    told: Vec<Opened>,
    as_before: Vec<Opened>,
    alone: Vec<Opened>,
}

/// Compares the effects: those to report, those that give the same roles as before, and those that need not be accepted.
fn compared(found: Vec<Opened>, before: &[Opened]) -> Compared {
    let mut all = Compared::default();
    for opened in found {
        let Some(opened) = opened.without_purpose(before) else {
            continue;
        };
        let list = if opened.was_open(before) {
            &mut all.as_before
        } else if opened.is_told_alone() {
            &mut all.alone
        } else {
            &mut all.told
        };
        // What a call does by itself stands before what it does after others.
        let mut known = list.iter_mut();
        match known.find(|known| known.signature == opened.signature) {
            Some(known) if known.after == opened.after => known.add(opened),
            Some(_) => {}
            None => list.push(opened),
        }
    }
    all.told
        .sort_by(|first, other| first.signature.cmp(&other.signature));
    let told = &all.told;
    let is_told = |opened: &Opened| told.iter().any(|other| other.signature == opened.signature);
    all.as_before.retain(|opened| !is_told(opened));
    all.alone.retain(|opened| !is_told(opened));
    all
}
