//! What changes in an account's storage, by variable: what it held by the layout of the version before, and what it
//! would hold by that of the new one. A variable that moved is compared with itself, not with what lay at its new
//! place.
use super::change::{ABSENT, Change, FieldValues, StoragePosition};
use super::slots::SlotNames;
use crate::client::ChainError;
use crate::layout::{Field, Held, WORD};
use alloy::primitives::{B256, U256};
use std::collections::BTreeSet;
use stylus_chain::SlotChange;

/// Variables that are read as something else and are looked at, at most.
const REREAD_MAX: usize = 256;
/// In place of a value: nobody knows where the version before kept it.
const NOT_KNOWN: &str = "(not known)";

/// The layouts before and after.
#[derive(Clone, Copy)]
pub struct Layouts<'a> {
    /// That of the version before.
    pub before: &'a SlotNames<'a>,
    /// That of the new one.
    pub after: &'a SlotNames<'a>,
}

impl<'a> Layouts<'a> {
    /// One that stays.
    pub const fn same(names: &'a SlotNames<'a>) -> Self {
        Self {
            before: names,
            after: names,
        }
    }

    /// Slots that the new version reads as something else: of variables that the version before kept elsewhere or in
    /// another size, and of new ones on bytes that held others. What they hold changes even if nobody writes them.
    pub(super) fn reread(&self) -> BTreeSet<U256> {
        let all = self.after.fixed().filter(|one| !one.is_gap());
        let reread = all.filter(|one| {
            let slot = one.held.slot;
            let (old, new) = (self.before.variables(slot), self.after.variables(slot));
            match self.was(slot, one, (&old, &new)) {
                Some(was) => !was.begins_at(one) || was.held.size != one.held.size,
                None => old.iter().any(|was| !was.is_gap() && was.overlaps(one)),
            }
        });
        reread.map(|one| one.held.slot).take(REREAD_MAX).collect()
    }

    /// A word by the names and values of what lies in it; `earlier` reads other words as they were before.
    ///
    /// # Errors
    /// What the chain says.
    pub fn change(
        &self,
        word: &SlotChange,
        earlier: impl Fn(U256) -> Result<B256, ChainError>,
    ) -> Result<Change, ChainError> {
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
        match [self.before, self.after].map(|all| all.get(slot.into())) {
            [Some(before), Some(after)] if before != after => Some(format!("{before} → {after}")),
            [None, Some(after)] if !self.before.has_layout() => {
                Some(format!("{after}, by the new layout"))
            }
            [before, after] => after.or(before),
        }
    }

    /// What of a word changes, by variable. None where not all of what changes belongs to variables of a known type:
    /// then the whole word is shown.
    fn fields(
        &self,
        word: &SlotChange,
        earlier: impl Fn(U256) -> Result<B256, ChainError>,
    ) -> Result<Option<Vec<FieldValues>>, ChainError> {
        let old = self.before.variables(word.slot);
        let new = self.after.variables(word.slot);
        let (mut fields, mut rest) = (Vec::new(), word.before ^ word.after);
        for variable in &new {
            let Some(held) = variable.known() else {
                return Ok(None);
            };
            clear(&mut rest, held);
            let Some(was) = self.was(word.slot, variable, (&old, &new)) else {
                fields.extend(self.begins(word, variable, &old));
                continue;
            };
            let Some(before) = was.known() else {
                return Ok(None);
            };
            let is_here = was.begins_at(variable);
            if is_here && before.bytes(&word.before) == held.bytes(&word.after) {
                continue;
            }
            let word_before = match before.slot == word.slot {
                true => word.before,
                false => earlier(before.slot)?,
            };
            let place = StoragePosition {
                slot: before.slot.into(),
                offset: before.offset,
            };
            fields.push(FieldValues {
                name: match was.name == variable.name {
                    true => was.name.clone(),
                    false => format!("{} (was {})", variable.name, was.name),
                },
                moved_from: (!is_here).then_some(place),
                before: self.before.value(before, word_before),
                after: self.after.value(held, word.after),
            });
        }
        for variable in old.iter().filter(|one| !one.is_gap()) {
            let is_told = |one: &Field<'_>| {
                let was = self.was(word.slot, one, (&old, &new));
                was.is_some_and(|was| was.held.slot == word.slot && was.name == variable.name)
            };
            if new.iter().any(is_told) {
                continue;
            }
            let Some(held) = variable.known() else {
                return Ok(None);
            };
            clear(&mut rest, held);
            fields.extend(self.ends(word, variable, &new));
        }
        Ok(rest.is_zero().then_some(fields))
    }

    /// A variable that the layout before does not have.
    fn begins(
        &self,
        word: &SlotChange,
        variable: &Field<'_>,
        old: &[Field<'_>],
    ) -> Option<FieldValues> {
        let held = &variable.held;
        let mut old = old.iter().filter(|one| !one.is_gap());
        let is_on_others = old.any(|one| one.overlaps(variable));
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
        word: &SlotChange,
        variable: &Field<'_>,
        new: &[Field<'_>],
    ) -> Option<FieldValues> {
        let (name, held) = (&variable.name, &variable.held);
        let moves = self.after.place(name, [word.slot; 2]).is_some();
        let is_covered = new.iter().any(|one| one.overlaps(variable));
        let is_changed = held.bytes(&word.before) != held.bytes(&word.after);
        let after = match (is_covered, moves) {
            (true, true) => return None,
            (true, false) => ABSENT.into(),
            (false, _) if !is_changed => return None,
            (false, _) if !self.after.has_layout() => NOT_KNOWN.into(),
            (false, _) => self.before.value(held, word.after),
        };
        Some(FieldValues {
            name: match moves {
                true => format!("{name} (old slot)"),
                false => name.clone(),
            },
            moved_from: None,
            before: self.before.value(held, word.before),
            after,
        })
    }

    /// The variable in the layout before: by its name, or under another name that is gone at the very same place.
    fn was(
        &self,
        slot: U256,
        variable: &Field<'_>,
        (old, new): (&[Field<'a>], &[Field<'a>]),
    ) -> Option<Field<'a>> {
        let counterpart = self.before.counterpart(self.after, slot);
        let near = [slot, counterpart.unwrap_or(slot)];
        if let Some(found) = self.before.place(&variable.name, near) {
            return Some(found);
        }
        let here = old.iter().filter(|one| !one.is_gap()).find(|one| {
            one.begins_at(variable)
                && one.held.size == variable.held.size
                && !new.iter().any(|other| other.name == one.name)
                && self.after.place(&one.name, near).is_none()
        });
        here.cloned()
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
