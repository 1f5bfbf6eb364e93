//! The entries of one mapping as the items of a migration: the words of their keys, and the value if it is wanted.

use super::error::CensusError;
use super::key::KeyType;
use super::path::Path;
use alloy::primitives::hex;
use std::fmt;
use stylus_layout::{Item, Layout, Members, TypeItem};

/// Bytes of a word.
const WORD: usize = 32;
/// Types within types that are followed.
const DEEPEST: u8 = 16;

/// Which entries are asked for: `FIELD` for their keys, `FIELD,value` for the value behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries {
    /// The mapping, from a field of the layout down: `erc721.owners`.
    pub field: String,
    /// Whether an item has the value behind its keys.
    pub with_values: bool,
}

impl Entries {
    /// As it is written.
    pub fn parse(text: &str) -> Self {
        let field = text.strip_suffix(",value");
        Self {
            field: field.unwrap_or(text).to_owned(),
            with_values: field.is_some(),
        }
    }
}

impl fmt::Display for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if self.with_values { ",value" } else { "" };
        write!(f, "{}{value}", self.field)
    }
}

/// A mapping of a layout.
#[derive(Debug, Clone)]
pub(super) struct Mapping<'a> {
    area: &'a str,
    field: String,
    /// What it and the mappings around it are keyed by.
    keys: Vec<KeyType>,
    value: Option<&'a TypeItem>,
    with_values: bool,
}

impl<'a> Mapping<'a> {
    /// The one that is asked for.
    pub(super) fn find(layout: &'a Layout, asked: &Entries) -> Result<Self, CensusError> {
        let mut all = Vec::new();
        let named = layout.namespaces.iter();
        let named = named.map(|(area, items)| (area.as_str(), items));
        for (area, items) in std::iter::once(("", &layout.storage)).chain(named) {
            for Item { label, type_id, .. } in items {
                let mapping = Self {
                    area,
                    field: label.clone(),
                    keys: Vec::new(),
                    value: None,
                    with_values: asked.with_values,
                };
                mapping.add_below(layout, type_id, DEEPEST, &mut all);
            }
        }
        let has_its_name = |one: &&Self| one.field == asked.field;
        let found: Vec<&Self> = all.iter().filter(has_its_name).collect();
        let [found] = found.as_slice() else {
            return Err(CensusError::NoMapping {
                asked: asked.field.clone(),
                found: found.len(),
                known: all.iter().map(|one| one.field.clone()).collect(),
            });
        };
        let is_text = |key: &KeyType| matches!(key, KeyType::Text { .. });
        let is_word = |value: &TypeItem| {
            value.encoding == "inplace" && value.members.is_none() && value.base.is_none()
        };
        let what = match found.keys.iter().any(is_text) {
            true => Some("a key of"),
            false if asked.with_values && !found.value.is_some_and(is_word) => Some("a value of"),
            false => None,
        };
        match what {
            Some(what) => Err(CensusError::NoWord {
                what,
                field: asked.field.clone(),
            }),
            None => Ok((*found).clone()),
        }
    }

    /// Adds the mappings from a type down; those within arrays and lazy maps are left out.
    fn add_below(&self, layout: &'a Layout, type_id: &str, depth: u8, all: &mut Vec<Self>) {
        let Some(kind) = layout.types.get(type_id).filter(|_| depth > 0) else {
            return;
        };
        if let (true, Some(value)) = (kind.encoding == "mapping", &kind.value) {
            let mut below = self.clone();
            below.keys.push(KeyType::of_mapping(layout, kind));
            below.value = layout.types.get(value);
            let is_innermost = below.value.is_none_or(|value| value.encoding != "mapping");
            below.add_below(layout, value, depth - 1, all);
            if is_innermost {
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

    /// Whether an entry is one of its.
    pub(super) fn is_of(&self, area: &str, path: &Path<'_>) -> bool {
        self.area == area && self.field == path.field()
    }

    /// An entry as an item.
    pub(super) fn line(&self, keys: &[u8], value: [u8; WORD]) -> String {
        let value = self.with_values.then_some(&value[..]);
        let words = keys.chunks(WORD).chain(value);
        let words: Vec<String> = words.map(hex::encode_prefixed).collect();
        words.join(",")
    }
}
