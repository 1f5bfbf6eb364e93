//! Changes of an account's storage, by variable: the value by the layout of the version before, and the value by that of the
//! new one. A variable that moved is compared with itself, not with what lay at its new place.
use super::change::{
    ABSENT, Change, DroppedField, FieldValues, StoragePosition, UndecodableValue, UnexplainedWrite,
};
use super::slots::SlotNames;
use crate::client::ChainError;
use alloy::primitives::{B256, U256};
use std::collections::BTreeSet;
use stylus_chain::SlotChange;
use stylus_layout::{DecodedValue, FieldPlace, ValuePlace, WORD_BYTES};

/// Variables that are read as something else and are looked at, at most.
const REREAD_MAX: usize = 256;
/// In place of a value: nobody knows where the version before kept it.
const NOT_KNOWN: &str = "(not known)";

/// The layouts before and after.
#[derive(Clone, Copy)]
pub struct Layouts<'a> {
    /// The names of the version before.
    pub before: &'a SlotNames,
    /// The names of the new version.
    pub after: &'a SlotNames,
}

/// Slots that the new version reads as something else.
pub(super) struct RereadSlots {
    pub slots: BTreeSet<U256>,
    /// True if a limit left some out.
    pub is_cut: bool,
}

impl<'a> Layouts<'a> {
    /// One that stays.
    pub const fn same(names: &'a SlotNames) -> Self {
        Self {
            before: names,
            after: names,
        }
    }

    /// Finds the slots that the new version reads as something else, even if nothing writes them: of variables that
    /// changed place, size or type, and of new variables on used bytes.
    pub(super) fn find_reread_slots(&self) -> RereadSlots {
        let all = self.after.fixed().filter(|field| !field.is_gap);
        let reread = all.filter(|field| {
            let slot = field.place.slot;
            let (old, new) = (self.before.variables(slot), self.after.variables(slot));
            match self.was(slot, field, &old, &new) {
                Some(was) => {
                    !was.begins_at(field)
                        || was.place.bytes_taken() != field.place.bytes_taken()
                        || !self
                            .before
                            .decodes_alike(&was.place, self.after, &field.place)
                }
                None => old.iter().any(|was| !was.is_gap && was.overlaps(field)),
            }
        });
        let mut slots: BTreeSet<U256> = reread.map(|field| field.place.slot).collect();
        let is_cut = slots.len() > REREAD_MAX || self.before.is_cut() || self.after.is_cut();
        while slots.len() > REREAD_MAX {
            slots.pop_last();
        }
        RereadSlots { slots, is_cut }
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

    /// Finds the values of a word that are invalid for their types in the new version; `earlier` reads other words as
    /// they were before.
    ///
    /// # Errors
    /// The error of `earlier`.
    pub(super) fn find_undecodable(
        &self,
        word: &SlotChange,
        earlier: impl Fn(U256) -> Result<B256, ChainError>,
    ) -> Result<Vec<UndecodableValue>, ChainError> {
        let old = self.before.variables(word.slot);
        let new = self.after.variables(word.slot);
        let mut undecodable = Vec::new();
        for variable in new.iter().filter(|variable| !variable.is_gap) {
            let place = variable.in_one_word();
            let value = place.and_then(|place| self.after.decode(place, word.after));
            let Some(value) = value.filter(|value| !value.is_valid()) else {
                continue;
            };
            let was = self.was(word.slot, variable, &old, &new);
            let before = match was.as_ref().and_then(FieldPlace::in_one_word) {
                Some(place) if place.slot == word.slot => self.before.decode(place, word.before),
                Some(place) => self.before.decode(place, earlier(place.slot)?),
                // An absent variable, or one of several words, holds no invalid value: empty bytes count as valid.
                None => Some(DecodedValue::Bytes(Vec::new())),
            };
            let before = before.filter(DecodedValue::is_valid);
            undecodable.push(UndecodableValue {
                area: variable.area.clone(),
                field: variable.name.clone(),
                slot: word.slot.into(),
                word: word.after,
                before: before.map(|value| match was {
                    Some(_) => value.to_string(),
                    None => ABSENT.into(),
                }),
                after: value.to_string(),
            });
        }
        Ok(undecodable)
    }

    /// Finds bytes of a written word that belong neither to a field of the new version nor to a slot of the framework.
    /// Bytes of a dropped or moved field are explained if they are zero now.
    pub(super) fn find_unexplained(&self, word: &SlotChange) -> Option<UnexplainedWrite> {
        if !self.after.has_layout() {
            return None;
        }
        let mut rest = word.before ^ word.after;
        let new = self.after.variables(word.slot);
        for field in new.iter().filter(|field| !field.is_gap) {
            clear(&mut rest, &field.place);
        }
        let old = self.before.variables(word.slot);
        let old = old.iter().filter(|field| !field.is_gap);
        let (cleared, written): (Vec<_>, Vec<_>) = old.partition(|field| {
            let bytes = field.place.bytes_of(&word.after);
            bytes.iter().all(|byte| *byte == 0)
        });
        for field in cleared {
            clear(&mut rest, &field.place);
        }
        let is_written = |field: &&FieldPlace| {
            let bytes = field.place.bytes_of(&rest);
            bytes.iter().any(|byte| *byte != 0)
        };
        let is_dropped = |field: &&FieldPlace| !self.after.declares(field);
        let dropped = written.into_iter().filter(is_written).find(is_dropped);
        (!rest.is_zero()).then(|| UnexplainedWrite {
            slot: word.slot.into(),
            before: word.before,
            after: word.after,
            dropped: dropped.map(|field| DroppedField {
                area: field.area.clone(),
                name: field.name.clone(),
            }),
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

    /// Lists the changes of a word by variable. None where not all of what changes belongs to variables of a known type:
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
            let Some(place) = variable.in_one_word() else {
                return Ok(None);
            };
            clear(&mut rest, place);
            let Some(was) = self.was(word.slot, variable, &old, &new) else {
                fields.extend(self.begins(word, variable, &old));
                continue;
            };
            let Some(before) = was.in_one_word() else {
                return Ok(None);
            };
            let is_here = was.begins_at(variable);
            let is_same = before.bytes_of(&word.before) == place.bytes_of(&word.after)
                && self.before.decodes_alike(before, self.after, place);
            if is_here && is_same {
                continue;
            }
            let word_before = if before.slot == word.slot {
                word.before
            } else {
                earlier(before.slot)?
            };
            let moved_from = StoragePosition {
                slot: before.slot.into(),
                offset: before.offset,
            };
            fields.push(FieldValues {
                name: if was.name == variable.name {
                    was.name.clone()
                } else {
                    format!("{} (was {})", variable.name, was.name)
                },
                moved_from: (!is_here).then_some(moved_from),
                before: self.before.value(before, word_before),
                after: self.after.value(place, word.after),
            });
        }
        for variable in old.iter().filter(|field| !field.is_gap) {
            let is_told = |field: &FieldPlace| {
                let was = self.was(word.slot, field, &old, &new);
                was.is_some_and(|was| was.place.slot == word.slot && was.name == variable.name)
            };
            if new.iter().any(is_told) {
                continue;
            }
            let Some(place) = variable.in_one_word() else {
                return Ok(None);
            };
            clear(&mut rest, place);
            fields.extend(self.ends(word, variable, &new));
        }
        Ok(rest.is_zero().then_some(fields))
    }

    /// A variable that the layout before does not have.
    fn begins(
        &self,
        word: &SlotChange,
        variable: &FieldPlace,
        old: &[FieldPlace],
    ) -> Option<FieldValues> {
        let place = &variable.place;
        let mut old = old.iter().filter(|field| !field.is_gap);
        let is_on_others = old.any(|field| field.overlaps(variable));
        let is_changed = place.bytes_of(&word.before) != place.bytes_of(&word.after);
        (is_changed || is_on_others).then(|| FieldValues {
            name: variable.name.clone(),
            moved_from: None,
            before: if !self.before.has_layout() {
                NOT_KNOWN.into()
            } else if is_on_others {
                ABSENT.into()
            } else {
                self.after.value(place, word.before)
            },
            after: self.after.value(place, word.after),
        })
    }

    /// A variable that the new layout does not have there.
    fn ends(
        &self,
        word: &SlotChange,
        variable: &FieldPlace,
        new: &[FieldPlace],
    ) -> Option<FieldValues> {
        let (name, place) = (&variable.name, &variable.place);
        let moves = self.after.place(name, [word.slot; 2]).is_some();
        let is_covered = new.iter().any(|field| field.overlaps(variable));
        let is_changed = place.bytes_of(&word.before) != place.bytes_of(&word.after);
        let after = if is_covered {
            if moves {
                return None;
            }
            ABSENT.into()
        } else if !is_changed {
            return None;
        } else if self.after.has_layout() {
            self.before.value(place, word.after)
        } else {
            NOT_KNOWN.into()
        };
        Some(FieldValues {
            name: if moves {
                format!("{name} (old slot)")
            } else {
                name.clone()
            },
            moved_from: None,
            before: self.before.value(place, word.before),
            after,
        })
    }

    /// Returns true if the new layout has a variable of the same name at the same place. Private variables of two parents
    /// may share a name.
    fn is_kept(&self, variable: &FieldPlace) -> bool {
        let new = self.after.variables(variable.place.slot);
        let mut new = new.iter();
        new.any(|other| other.name == variable.name && other.begins_at(variable))
    }

    /// The variable in the layout before: by its name, or under another name that is gone at the very same place.
    fn was(
        &self,
        slot: U256,
        variable: &FieldPlace,
        old: &[FieldPlace],
        new: &[FieldPlace],
    ) -> Option<FieldPlace> {
        let counterpart = self.before.counterpart(self.after, slot);
        let near = [slot, counterpart.unwrap_or(slot)];
        if let Some(found) = self.before.place(&variable.name, near)
            && (found.begins_at(variable) || !self.is_kept(&found))
        {
            return Some(found);
        }
        let here = old.iter().filter(|field| !field.is_gap).find(|field| {
            field.begins_at(variable)
                && field.place.bytes_taken() == variable.place.bytes_taken()
                && !new.iter().any(|other| other.name == field.name)
                && self.after.place(&field.name, near).is_none()
        });
        here.cloned()
    }
}

fn clear(rest: &mut B256, place: &ValuePlace) {
    let end = WORD_BYTES.saturating_sub(place.offset);
    for place in end.saturating_sub(place.bytes_taken())..end {
        rest.0[place as usize] = 0;
    }
}

#[cfg(test)]
mod tests;
