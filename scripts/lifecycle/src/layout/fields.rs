//! From a layout to slots: its fields, each with the slot that it has; in place of a struct its members. The one
//! walk, for the status of an instance, for plans, for censuses and for fuzzing.

use super::held::{Held, WORD};
use alloy::primitives::U256;
use std::collections::BTreeSet;
use stylus_layout::{Item, Layout, Members, TypeItem, is_gap_name};
use stylus_upgrades_interface::slots;

/// Reasons that are given for what is left out, at most.
const REASONS_MAX: usize = 16;
/// Structs within structs that are followed.
const DEEPEST: u8 = 8;

/// A field, or a member of one.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// `erc7201:…`; empty for what is counted from slot 0.
    pub area: &'a str,
    /// Its name, members after a dot.
    pub name: String,
    /// What declares it; nothing of what a type alone says.
    pub item: Option<&'a Item>,
    /// The id of its type.
    pub type_id: &'a str,
    /// What its bytes hold.
    pub held: Held<'a>,
}

impl<'a> Field<'a> {
    /// A whole word of which no more is known.
    pub const fn word(name: String, slot: U256) -> Self {
        let held = Held {
            kind: None,
            slot,
            offset: 0,
            size: WORD,
        };
        Self {
            area: "",
            name,
            item: None,
            type_id: "",
            held,
        }
    }

    /// What it holds, where its type is known and fits a slot.
    pub fn known(&self) -> Option<&Held<'a>> {
        let size = self.held.kind.and_then(TypeItem::size)?;
        (size <= WORD).then_some(&self.held)
    }

    /// Whether it only reserves its bytes.
    pub fn is_gap(&self) -> bool {
        is_gap_name(&self.name)
    }

    /// Whether two of one slot share bytes.
    pub fn overlaps(&self, other: &Self) -> bool {
        let end = |one: &Self| one.held.offset.saturating_add(one.held.size);
        self.held.offset < end(other) && other.held.offset < end(self)
    }

    /// Whether they share bytes, of whichever slots.
    pub fn shares_bytes(&self, other: &Self) -> bool {
        let reaches = |one: &Self, other: &Self| {
            let slots = one.held.offset.saturating_add(one.held.size).div_ceil(WORD);
            other.held.slot.wrapping_sub(one.held.slot) < U256::from(slots)
        };
        match self.held.slot == other.held.slot {
            true => self.overlaps(other),
            false => reaches(self, other) || reaches(other, self),
        }
    }

    /// Whether they begin at the same byte.
    pub fn begins_at(&self, other: &Self) -> bool {
        (self.held.slot, self.held.offset) == (other.held.slot, other.held.offset)
    }
}

/// Fields of a layout.
#[derive(Debug)]
pub struct Fields<'a> {
    layout: &'a Layout,
    /// How many there are, at most.
    most: usize,
    /// The variables.
    pub list: Vec<Field<'a>>,
    /// Why these are not all.
    pub left_out: BTreeSet<String>,
}

/// What is counted from one slot: its name, its variables, and the slot where that is known.
pub fn areas(layout: &Layout) -> impl Iterator<Item = (&str, &[Item], Option<U256>)> {
    let named = layout.namespaces.iter().map(|(name, items)| {
        let id = name.strip_prefix("erc7201:");
        let root = id.map(|id| slots::erc7201(id.as_bytes()).into());
        (name.as_str(), items.as_slice(), root)
    });
    std::iter::once(("", layout.storage.as_slice(), Some(U256::ZERO))).chain(named)
}

impl<'a> Fields<'a> {
    fn none(layout: &'a Layout, most: usize) -> Self {
        Self {
            layout,
            most,
            list: Vec::new(),
            left_out: BTreeSet::new(),
        }
    }

    /// Those of a layout.
    pub fn of(layout: &'a Layout, most: usize) -> Self {
        let mut found = Self::none(layout, most);
        for (area, items, root) in areas(layout) {
            match root {
                Some(root) => found.add_all(items, (area, root), "", DEEPEST),
                None => found.leave_out(format!(
                    "the namespace {area} is no ERC-7201 namespace: where it begins is not known"
                )),
            }
        }
        found
    }

    /// What lies where a value of that type lies.
    pub fn at(
        layout: &'a Layout,
        type_id: &'a str,
        (slot, offset): (U256, u64),
        name: String,
    ) -> Vec<Field<'a>> {
        let mut found = Self::none(layout, usize::MAX);
        found.add((type_id, None), ("", slot, offset), name, DEEPEST);
        found.list
    }

    fn leave_out(&mut self, why: String) {
        if self.left_out.len() < REASONS_MAX {
            self.left_out.insert(why);
        }
    }

    fn add_all(
        &mut self,
        items: &'a [Item],
        (area, root): (&'a str, U256),
        prefix: &str,
        depth: u8,
    ) {
        for item in items {
            let name = format!("{prefix}{}", item.label);
            match item.slot.parse::<U256>() {
                Ok(slot) => {
                    let place = (area, root.wrapping_add(slot), item.offset);
                    self.add((&item.type_id, Some(item)), place, name, depth);
                }
                Err(_) => self.leave_out(format!("the slot of {name} is no number")),
            }
        }
    }

    fn add(
        &mut self,
        (type_id, item): (&'a str, Option<&'a Item>),
        (area, slot, offset): (&'a str, U256, u64),
        name: String,
        depth: u8,
    ) {
        if self.list.len() >= self.most {
            return self.leave_out("there are more fields than are read".into());
        }
        let kind = self.layout.types.get(type_id);
        let members = match kind.and_then(|kind| kind.members.as_ref()) {
            Some(Members::Struct(members)) => members.as_slice(),
            _ => &[],
        };
        if !members.is_empty() && depth > 0 {
            return self.add_all(members, (area, slot), &format!("{name}."), depth - 1);
        }
        let is_struct = type_id.starts_with("t_struct(")
            || kind.is_some_and(|kind| kind.label.starts_with("struct "));
        if !members.is_empty() || is_struct {
            self.leave_out(format!("the members of {name} are not known"));
        } else if kind.is_none() {
            self.leave_out(format!("the type of {name} is not known"));
        }
        self.list.push(Field {
            area,
            name,
            item,
            type_id,
            held: Held {
                kind,
                slot,
                offset,
                size: kind.and_then(TypeItem::size).unwrap_or(WORD),
            },
        });
    }
}

#[cfg(test)]
mod tests;
