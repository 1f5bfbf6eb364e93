//! The entries of one mapping as the items of a migration: the words of their keys, and the value if it is wanted.
use super::path::SlotPath;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::layout::KeyType;
use alloy::primitives::{U256, hex};
use std::collections::VecDeque;
use stylus_layout::{Storage, TypeKind, WalkLimits};

/// Bytes of a word.
const WORD: usize = 32;
/// Mappings within mappings that are followed.
const DEEPEST: u8 = 8;

/// A mapping of a layout.
#[derive(Debug, Clone)]
pub(super) struct MappingField {
    area: String,
    field: String,
    with_values: bool,
}

impl MappingField {
    /// The one that is asked for: `FIELD` for the keys of its entries, `FIELD,value` for the value after them too.
    pub(super) fn find(storage: &Storage, asked: &str) -> Result<Self, ChainError> {
        let field = asked.strip_suffix(",value");
        let all = Self::list_words(storage, field.is_some());
        let has_name = |mapping: &&Self| mapping.field == field.unwrap_or(asked);
        let found: Vec<&Self> = all.iter().filter(has_name).collect();
        match found.as_slice() {
            [mapping] => Ok((*mapping).clone()),
            found => {
                let count = found.len();
                let message =
                    format!("the layout has {count} mappings of words named {asked:?}, not one");
                let known: Vec<&str> = all.iter().map(|mapping| mapping.field.as_str()).collect();
                let refusal = Refusal::new("MappingNotFound", message).with(
                    format!("one of: {}", known.join(", ")),
                    asked,
                    "name a mapping as it is named there, without `,value` if its values are no words, or give a \
                     list by --items; stylus-upgrades layout show shows the layout",
                );
                Err(refusal.usage().into())
            }
        }
    }

    /// Lists the mappings whose keys, and those of the mappings around them, are words; and their values, if they are
    /// wanted. Those within arrays and lazy maps are left out.
    fn list_words(storage: &Storage, with_values: bool) -> Vec<Self> {
        let fields = storage.walk(WalkLimits::default()).fields.into_iter();
        let mut left: VecDeque<_> = fields.map(|field| (field, DEEPEST)).collect();
        let mut all = Vec::new();
        while let Some((field, depth)) = left.pop_front() {
            let TypeKind::Mapping(mapping) = storage.kind(field.place.ty) else {
                continue;
            };
            if depth == 0 || KeyType::of_mapping(storage, mapping).is_text() {
                continue;
            }
            for mut below in storage.walk_value(mapping.value, U256::ZERO, 0, field.name.clone()) {
                below.area.clone_from(&field.area);
                left.push_back((below, depth - 1));
            }
            let value = storage.ty(mapping.value);
            let is_innermost = !matches!(value.kind, TypeKind::Mapping(_));
            if is_innermost && (value.is_word() || !with_values) {
                all.push(Self {
                    area: field.area,
                    field: field.name,
                    with_values,
                });
            }
        }
        all
    }

    /// The keys of an entry, if it is one of its.
    pub(super) fn keys_in(&self, area: &str, path: &SlotPath<'_>) -> Option<Vec<u8>> {
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
