//! The entries of one mapping as the items of a migration: the words of their keys, and the value if it is wanted.

use super::error::CensusError;
use super::path::Path;
use crate::layout::{KeyType, areas};
use alloy::primitives::hex;
use stylus_layout::{Item, Layout, Members, TypeItem};

/// Bytes of a word.
const WORD: usize = 32;
/// Types within types that are followed.
const DEEPEST: u8 = 16;

/// A mapping of a layout.
#[derive(Debug, Clone)]
pub(super) struct Mapping<'a> {
    area: &'a str,
    field: String,
    /// Whether its keys, and those of the mappings around it, are words.
    is_word: bool,
    with_values: bool,
}

impl<'a> Mapping<'a> {
    /// The one that is asked for: `FIELD` for the keys of its entries, `FIELD,value` for the value behind them too.
    pub(super) fn find(layout: &'a Layout, asked: &str) -> Result<Self, CensusError> {
        let field = asked.strip_suffix(",value");
        let mut all = Vec::new();
        for (area, items, _) in areas(layout) {
            for Item { label, type_id, .. } in items {
                let mapping = Self {
                    area,
                    field: label.clone(),
                    is_word: true,
                    with_values: field.is_some(),
                };
                mapping.add_below(layout, type_id, DEEPEST, &mut all);
            }
        }
        let is_it = |one: &&Self| one.field == field.unwrap_or(asked);
        let found: Vec<&Self> = all.iter().filter(is_it).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            found => {
                let known: Vec<String> = all.iter().map(|one| one.field.clone()).collect();
                Err(CensusError::no_mapping(asked, found.len(), &known))
            }
        }
    }

    /// Adds the mappings from a type down whose entries are words; those within arrays and lazy maps are left out.
    fn add_below(&self, layout: &'a Layout, type_id: &str, depth: u8, all: &mut Vec<Self>) {
        let Some(kind) = layout.types.get(type_id).filter(|_| depth > 0) else {
            return;
        };
        if let (true, Some(value)) = (kind.encoding == "mapping", &kind.value) {
            let mut below = self.clone();
            below.is_word &= !KeyType::of_mapping(layout, kind).is_text();
            below.add_below(layout, value, depth - 1, all);
            let is_word = |value: &TypeItem| {
                value.encoding == "inplace" && value.members.is_none() && value.base.is_none()
            };
            let value = layout.types.get(value);
            let is_innermost = value.is_none_or(|value| value.encoding != "mapping");
            if is_innermost && below.is_word && (!self.with_values || value.is_some_and(is_word)) {
                all.push(below);
            }
        }
        if let Some(Members::Struct(members)) = &kind.members {
            for Item { label, type_id, .. } in members {
                let mut below = self.clone();
                below.field = format!("{}.{label}", self.field);
                below.add_below(layout, type_id, depth - 1, all);
            }
        }
    }

    /// The keys of an entry, if it is one of its.
    pub(super) fn keys_in(&self, area: &str, path: &Path<'_>) -> Option<Vec<u8>> {
        let (field, keys) = path.field_and_keys();
        (self.area == area && self.field == field).then_some(keys)
    }

    /// An entry as an item.
    pub(super) fn line(&self, keys: &[u8], value: [u8; WORD]) -> String {
        let value = self.with_values.then_some(&value[..]);
        let words = keys.chunks(WORD).chain(value);
        let words: Vec<String> = words.map(hex::encode_prefixed).collect();
        words.join(",")
    }
}
