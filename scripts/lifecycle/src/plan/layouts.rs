//! What changes in an account's storage, by variable: what it held by the layout of the version before, and what it
//! would hold by that of the new one. A variable that moved is compared with itself, not with what lay at its new place.

use super::error::PlanError;
use super::instances::{Change, FieldValues, Place};
use super::slots::{SlotNames, Variable};
use crate::layout::{Held, WORD};
use alloy::primitives::{B256, U256};
use std::collections::BTreeSet;

/// Slots of moved variables that are looked at, at most.
const MOVED_MAX: usize = 256;
/// In place of a value: the layout has no such variable.
const ABSENT: &str = "(none)";
/// In place of a value: nobody knows where the version before kept it.
const NOT_KNOWN: &str = "(not known)";

/// The layouts before and after.
#[derive(Clone, Copy)]
pub(super) struct Layouts<'a> {
    pub(super) before: &'a SlotNames,
    pub(super) after: &'a SlotNames,
}

/// A word before and after.
#[derive(Clone, Copy)]
pub(super) struct WordChange {
    pub(super) slot: U256,
    pub(super) before: B256,
    pub(super) after: B256,
}

impl Layouts<'_> {
    /// Slots of variables that the version before kept elsewhere: what they hold changes even if nobody writes them.
    pub(super) fn moved(&self) -> BTreeSet<U256> {
        let mut slots = BTreeSet::new();
        for (name, slot, variable) in self.after.fixed() {
            let before = self.before.place(name, [slot; 2]);
            let is_here =
                |(at, one): &(U256, Variable)| (*at, one.offset) == (slot, variable.offset);
            if slots.len() < MOVED_MAX
                && !variable.is_gap()
                && !before.is_none_or(|one| is_here(&one))
            {
                slots.insert(slot);
            }
        }
        slots
    }

    /// A word by the names and values of what lies in it; `earlier` reads other words as they were before.
    pub(super) fn change(
        &self,
        word: WordChange,
        earlier: impl Fn(U256) -> Result<B256, PlanError>,
    ) -> Result<Change, PlanError> {
        Ok(Change {
            slot: word.slot.into(),
            name: self.name(word.slot),
            before: word.before,
            after: word.after,
            fields: self.fields(word, earlier)?.unwrap_or_default(),
        })
    }

    /// The variables of a slot, before and after where they are others.
    fn name(&self, slot: U256) -> Option<String> {
        let names = |all: &SlotNames| all.get(slot.into());
        match (names(self.before), names(self.after)) {
            (Some(before), Some(after)) if before != after => Some(format!("{before} → {after}")),
            (None, Some(after)) if !self.before.has_layout() => {
                Some(format!("{after}, by the new layout"))
            }
            (before, after) => after.or(before),
        }
    }

    /// What of a word changes, by variable. None where not all of what changes belongs to variables of a known type:
    /// then the whole word is shown.
    fn fields(
        &self,
        word: WordChange,
        earlier: impl Fn(U256) -> Result<B256, PlanError>,
    ) -> Result<Option<Vec<FieldValues>>, PlanError> {
        let old = self.before.variables(word.slot);
        let new = self.after.variables(word.slot);
        let (mut fields, mut rest) = (Vec::new(), word.before ^ word.after);
        for variable in &new {
            let Some(held) = self.after.held(word.slot, variable) else {
                return Ok(None);
            };
            clear(&mut rest, &held);
            let Some((at, was)) = self.was(word.slot, variable, (&old, &new)) else {
                fields.extend(self.begins(word, (variable, &held), &old));
                continue;
            };
            let Some(held_before) = self.before.held(at, &was) else {
                return Ok(None);
            };
            let is_here = (at, was.offset) == (word.slot, variable.offset);
            if is_here && held_before.bytes(&word.before) == held.bytes(&word.after) {
                continue;
            }
            let before = match at == word.slot {
                true => word.before,
                false => earlier(at)?,
            };
            let place = Place {
                slot: at.into(),
                offset: was.offset,
            };
            fields.push(FieldValues {
                name: match was.name == variable.name {
                    true => was.name,
                    false => format!("{} (was {})", variable.name, was.name),
                },
                moved_from: (!is_here).then_some(place),
                before: self.before.value(&held_before, before),
                after: self.after.value(&held, word.after),
            });
        }
        for variable in old.iter().filter(|one| !one.is_gap()) {
            let is_told = |one: &Variable| {
                let was = self.was(word.slot, one, (&old, &new));
                was.is_some_and(|(at, was)| at == word.slot && was.name == variable.name)
            };
            if new.iter().any(is_told) {
                continue;
            }
            let Some(held) = self.before.held(word.slot, variable) else {
                return Ok(None);
            };
            clear(&mut rest, &held);
            fields.extend(self.ends(word, (variable, &held), &new));
        }
        Ok(rest.is_zero().then_some(fields))
    }

    /// A variable that the layout before does not have.
    fn begins(
        &self,
        word: WordChange,
        (variable, held): (&Variable, &Held<'_>),
        old: &[Variable],
    ) -> Option<FieldValues> {
        let is_on_others = old
            .iter()
            .any(|one| !one.is_gap() && one.overlaps(variable));
        let is_changed = held.bytes(&word.before) != held.bytes(&word.after);
        (is_changed || is_on_others).then(|| FieldValues {
            name: variable.name.clone(),
            moved_from: None,
            before: match (self.before.has_layout(), is_on_others) {
                (false, _) => NOT_KNOWN.into(),
                (true, true) => ABSENT.into(),
                (true, false) => self.after.value(held, word.before),
            },
            after: self.after.value(held, word.after),
        })
    }

    /// A variable that the new layout does not have there.
    fn ends(
        &self,
        word: WordChange,
        (variable, held): (&Variable, &Held<'_>),
        new: &[Variable],
    ) -> Option<FieldValues> {
        let moves = self.after.place(&variable.name, [word.slot; 2]).is_some();
        let is_covered = new.iter().any(|one| one.overlaps(variable));
        let is_changed = held.bytes(&word.before) != held.bytes(&word.after);
        let name = match moves {
            true => format!("{}, at its old place", variable.name),
            false => variable.name.clone(),
        };
        let after = match (is_covered, moves) {
            (true, true) => return None,
            (true, false) => ABSENT.into(),
            (false, _) if !is_changed => return None,
            (false, _) if !self.after.has_layout() => NOT_KNOWN.into(),
            (false, _) => self.before.value(held, word.after),
        };
        Some(FieldValues {
            name,
            moved_from: None,
            before: self.before.value(held, word.before),
            after,
        })
    }

    /// The variable in the layout before: by its name, or under another name that is gone at the very same place.
    fn was(
        &self,
        slot: U256,
        variable: &Variable,
        (old, new): (&[Variable], &[Variable]),
    ) -> Option<(U256, Variable)> {
        let near = [Some(slot), self.before.counterpart(self.after, slot)];
        let near = near.map(|one| one.unwrap_or(slot));
        if let Some(found) = self.before.place(&variable.name, near) {
            return Some(found);
        }
        let here = old.iter().filter(|one| !one.is_gap()).find(|one| {
            (one.offset, one.size) == (variable.offset, variable.size)
                && !new.iter().any(|other| other.name == one.name)
                && self.after.place(&one.name, near).is_none()
        });
        here.map(|one| (slot, one.clone()))
    }
}

fn clear(rest: &mut B256, held: &Held<'_>) {
    let end = WORD.saturating_sub(held.offset);
    for place in end.saturating_sub(held.size)..end {
        rest.0[place as usize] = 0;
    }
}

#[cfg(test)]
mod tests;
