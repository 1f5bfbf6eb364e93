//! The variables of a layout with what their slots hold.

use crate::client::{ChainError, Client};
use crate::layout::{Held, WORD};
use alloy::primitives::{Address, B256, U256};
use futures::stream::{StreamExt, TryStreamExt, iter};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{Item, Layout, Members, TypeItem};
use stylus_upgrades_interface::slots;

/// Fields that are read, at most: of arrays and structs the rest is left out.
const FIELDS_MAX: usize = 256;
/// Reasons that are given for what is left out, at most.
const REASONS_MAX: usize = 16;
/// Structs within structs that are followed.
const DEEPEST: u8 = 8;
/// Slots that are asked for at once.
const AT_ONCE: usize = 8;

/// A variable, or a member of one, with what is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldValue {
    /// `erc7201:…`; empty for what is counted from slot 0; `framework` for what the proxy keeps.
    pub area: String,
    /// Its name, members behind a dot.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its slot.
    pub slot: B256,
    /// Where it begins in that, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes inline.
    pub size: u64,
    /// The slot's whole word.
    pub word: B256,
    /// What it holds, in the words of its type.
    pub value: String,
}

/// A field before its slot was read.
struct Wanted<'a> {
    area: &'a str,
    name: String,
    type_id: &'a str,
    held: Held<'a>,
}

/// What a layout says is read.
#[derive(Default)]
struct Found<'a> {
    wanted: Vec<Wanted<'a>>,
    /// Why this is not all of it.
    left_out: BTreeSet<String>,
}

/// Reads the variables of an instance, and says why they are not all of what it stores.
///
/// # Errors
/// What the chain says.
pub async fn fields(
    client: &Client,
    proxy: Address,
    layout: &Layout,
) -> Result<(Vec<FieldValue>, Option<String>), ChainError> {
    let Found { wanted, left_out } = Found::of(layout);
    let words = read(client, proxy, wanted.iter().map(|one| one.held.slot)).await?;
    let word_of = |held: &Held<'_>| words.get(&held.slot).copied().unwrap_or_default();
    let long = wanted.iter().map(|one| one.held);
    let long = long.flat_map(|held| held.elsewhere(word_of(&held)));
    let long: Vec<U256> = long.collect();
    let texts = read(client, proxy, long.into_iter()).await?;
    let all = wanted.into_iter().map(|one| {
        let (held, word) = (one.held, word_of(&one.held));
        FieldValue {
            area: one.area.into(),
            kind: held.kind.map_or(one.type_id, |kind| &kind.label).into(),
            slot: held.slot.into(),
            offset: held.offset,
            size: held.size,
            word,
            value: held.words(layout, word, &texts),
            name: one.name,
        }
    });
    let left_out: Vec<String> = left_out.into_iter().collect();
    let left_out = (!left_out.is_empty()).then(|| left_out.join("; "));
    Ok((all.collect(), left_out))
}

/// The variables of a layout that lie in one slot, with their names.
pub(crate) fn in_one_slot(layout: &Layout) -> impl Iterator<Item = (String, Held<'_>)> {
    let is_value = |one: &Wanted<'_>| {
        let kind = one.held.kind;
        one.held.size <= WORD && kind.is_some_and(|kind| kind.encoding != "mapping")
    };
    let wanted = Found::of(layout).wanted.into_iter().filter(is_value);
    wanted.map(|one| match one.area {
        "" => (one.name, one.held),
        area => (format!("{area} {}", one.name), one.held),
    })
}

/// What the proxy itself keeps, and the marks of these versions: name, slot, and whether it is an account.
pub(crate) fn framework_slots(versions: &[String]) -> Vec<(String, B256, bool)> {
    let mut all = vec![
        (
            "implementation (ERC-1967)".to_owned(),
            slots::IMPLEMENTATION,
            true,
        ),
        ("registry (ERC-1967 admin)".to_owned(), slots::ADMIN, true),
        ("initialized".to_owned(), slots::INITIALISED, false),
        ("complex migration".to_owned(), slots::COMPLEX, false),
    ];
    let marks = versions.iter().map(|label| {
        let name = format!("migrated[{label:?}]");
        (name, slots::migrated(label), false)
    });
    all.extend(marks);
    all
}

/// Reads what the proxy itself keeps, and the marks of these versions.
///
/// # Errors
/// What the chain says.
pub async fn framework(
    client: &Client,
    proxy: Address,
    versions: &[String],
) -> Result<Vec<FieldValue>, ChainError> {
    let versions = versions.get(..FIELDS_MAX).unwrap_or(versions);
    let all = framework_slots(versions);
    let wanted = all.iter().map(|(_, slot, _)| U256::from_be_bytes(slot.0));
    let words = read(client, proxy, wanted).await?;
    let all = all.into_iter().map(|(name, slot, is_account)| {
        let word = words.get(&slot.into()).copied().unwrap_or_default();
        let (kind, value) = match is_account {
            true => ("address", Address::from_word(word).to_string()),
            false => ("word", crate::text::word(&word)),
        };
        FieldValue {
            area: "framework".into(),
            name,
            kind: kind.into(),
            slot,
            offset: 0,
            size: WORD,
            word,
            value,
        }
    });
    Ok(all.collect())
}

impl<'a> Found<'a> {
    fn of(layout: &'a Layout) -> Self {
        let mut found = Self::default();
        let root = ("", U256::ZERO);
        found.add(layout, &layout.storage, root, "", DEEPEST);
        for (name, items) in &layout.namespaces {
            match name.strip_prefix("erc7201:") {
                Some(id) => {
                    let root = slots::erc7201(id.as_bytes()).into();
                    found.add(layout, items, (name, root), "", DEEPEST);
                }
                None => found.leave_out(format!(
                    "the namespace {name} is none of ERC-7201: where it begins is not known"
                )),
            }
        }
        found
    }

    fn leave_out(&mut self, why: String) {
        if self.left_out.len() < REASONS_MAX {
            self.left_out.insert(why);
        }
    }

    /// Adds fields, and in place of a struct its members.
    fn add(
        &mut self,
        layout: &'a Layout,
        items: &'a [Item],
        (area, root): (&'a str, U256),
        prefix: &str,
        depth: u8,
    ) {
        for item in items {
            let name = format!("{prefix}{}", item.label);
            let Ok(slot) = item.slot.parse::<U256>() else {
                self.leave_out(format!("the slot of {name} is no number"));
                continue;
            };
            if self.wanted.len() >= FIELDS_MAX {
                self.leave_out("there are more fields than are read".into());
                return;
            }
            let slot = root.wrapping_add(slot);
            let kind = layout.types.get(&item.type_id);
            let members = match kind.and_then(|kind| kind.members.as_ref()) {
                Some(Members::Struct(members)) => members.as_slice(),
                _ => &[],
            };
            if !members.is_empty() && depth > 0 {
                let prefix = format!("{name}.");
                self.add(layout, members, (area, slot), &prefix, depth - 1);
                continue;
            }
            if !members.is_empty() || is_struct(item, kind) {
                self.leave_out(format!("the members of {name} are not known"));
            } else if kind.is_none() {
                self.leave_out(format!("the type of {name} is not known"));
            }
            let size = kind.and_then(TypeItem::size);
            self.wanted.push(Wanted {
                area,
                name,
                type_id: &item.type_id,
                held: Held {
                    kind,
                    slot,
                    offset: item.offset,
                    size: size.unwrap_or(WORD),
                },
            });
        }
    }
}

fn is_struct(item: &Item, kind: Option<&TypeItem>) -> bool {
    item.type_id.starts_with("t_struct(")
        || kind.is_some_and(|kind| kind.label.starts_with("struct "))
}

/// The words of these slots, each asked for once.
async fn read(
    client: &Client,
    proxy: Address,
    wanted: impl Iterator<Item = U256>,
) -> Result<BTreeMap<U256, B256>, ChainError> {
    let wanted: BTreeSet<U256> = wanted.collect();
    iter(wanted)
        .map(async |slot| Ok((slot, client.storage(proxy, slot.into()).await?)))
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

#[cfg(test)]
mod tests;
