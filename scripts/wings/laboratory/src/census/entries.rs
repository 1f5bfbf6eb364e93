//! The entries of one mapping as the items of a migration: the words of their keys, and the value if it is wanted.
use super::path::Path;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::layout::{Field, Fields, KeyType};
use alloy::primitives::{U256, hex};
use std::collections::VecDeque;
use stylus_layout::Layout;

/// Bytes of a word.
const WORD: usize = 32;
/// Mappings within mappings that are followed.
const DEEPEST: u8 = 8;

/// A mapping of a layout.
#[derive(Debug, Clone)]
pub(super) struct Mapping<'a> {
    area: &'a str,
    field: String,
    with_values: bool,
}

impl<'a> Mapping<'a> {
    /// The one that is asked for: `FIELD` for the keys of its entries, `FIELD,value` for the value after them too.
    pub(super) fn find(layout: &'a Layout, asked: &str) -> Result<Self, ChainError> {
        let field = asked.strip_suffix(",value");
        let all = Self::of_words(layout, field.is_some());
        let is_it = |one: &&Self| one.field == field.unwrap_or(asked);
        let found: Vec<&Self> = all.iter().filter(is_it).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            found => {
                let count = found.len();
                let message =
                    format!("the layout has {count} mappings of words named {asked:?}, not one");
                let known: Vec<&str> = all.iter().map(|one| one.field.as_str()).collect();
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

    /// The mappings whose keys, and those of the mappings around them, are words; and their values, if they are
    /// wanted. Those within arrays and lazy maps are left out.
    fn of_words(layout: &'a Layout, with_values: bool) -> Vec<Self> {
        let fields = Fields::of(layout, usize::MAX).list.into_iter();
        let mut left: VecDeque<_> = fields.map(|one| (one, DEEPEST)).collect();
        let mut all = Vec::new();
        while let Some((
            Field {
                area, name, held, ..
            },
            depth,
        )) = left.pop_front()
        {
            let kind = held.kind.filter(|kind| kind.encoding == "mapping");
            let Some((kind, id)) = kind.and_then(|kind| Some((kind, kind.value.as_ref()?))) else {
                continue;
            };
            if depth == 0 || KeyType::of_mapping(layout, kind).is_text() {
                continue;
            }
            for below in Fields::at(layout, id, (U256::ZERO, 0), name.clone()) {
                left.push_back((Field { area, ..below }, depth - 1));
            }
            let value = layout.types.get(id);
            let is_innermost = value.is_none_or(|value| value.encoding != "mapping");
            let is_word = value.is_some_and(|value| {
                value.encoding == "inplace" && value.members.is_none() && value.base.is_none()
            });
            if is_innermost && (is_word || !with_values) {
                all.push(Self {
                    area,
                    field: name,
                    with_values,
                });
            }
        }
        all
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
