//! Variables and members with their positions as numbers.

use alloy_primitives::{B256, U256};
use stylus_upgrades_interface::slots;

use crate::error::LayoutError;
use crate::layout::{Item, Layout};
use crate::report::Location;
use crate::shape::{Bytes, Shape, Type, bare};

/// Bytes of a storage word.
pub(crate) const WORD: u64 = 32;

/// A position counted in bytes from slot 0.
pub(crate) fn byte_of(slot: B256) -> Bytes {
    Bytes::from(U256::from_be_bytes(slot.0)) * Bytes::from(WORD)
}

/// The first byte of an area: of the one that is counted from slot 0, or of an ERC-7201 namespace. Nothing where
/// its root is found in another way.
pub(crate) fn start_of(area: &str) -> Option<Bytes> {
    if area.is_empty() {
        return Some(Bytes::ZERO);
    }
    let id = area.strip_prefix("erc7201:")?;
    Some(byte_of(slots::erc7201(id.as_bytes())))
}

/// A variable of an area, or a member of a struct.
#[derive(Debug, Clone)]
pub(crate) struct Field<'l> {
    pub(crate) item: &'l Item,
    pub(crate) ty: Type<'l>,
    /// Its first byte, counted from the area's or struct's start.
    pub(crate) start: Bytes,
    /// Its bytes inline; a word where the type does not say.
    pub(crate) size: Bytes,
}

impl<'l> Field<'l> {
    pub(crate) fn new(layout: &'l Layout, item: &'l Item) -> Result<Self, LayoutError> {
        let slot: U256 = item.slot.parse().map_err(|_| LayoutError::Number {
            what: "slot",
            field: item.label.clone(),
            found: item.slot.clone(),
        })?;
        if item.offset >= WORD {
            return Err(LayoutError::Offset {
                field: item.label.clone(),
                found: item.offset,
            });
        }
        let ty = Type::new(layout, &item.type_id);
        if let Some(found) = ty.item().and_then(|item| item.number_of_bytes.clone())
            && found.parse::<U256>().is_err()
        {
            return Err(LayoutError::Number {
                what: "numberOfBytes",
                field: ty.label().into(),
                found,
            });
        }
        Ok(Self {
            item,
            ty,
            start: Bytes::from(slot) * Bytes::from(WORD) + Bytes::from(item.offset),
            size: ty.size().unwrap_or(Bytes::from(WORD)),
        })
    }

    /// The byte after its last.
    pub(crate) fn end(&self) -> Bytes {
        self.start + self.size
    }

    pub(crate) fn label(&self) -> &'l str {
        &self.item.label
    }

    /// The type that it is declared to have had, as [`Type::bare_label`] has it.
    pub(crate) fn retyped_from(&self) -> Option<String> {
        self.item.retyped_from.as_deref().map(bare)
    }

    /// An array of words or parts of words with the [name of a gap](is_gap_name). What keeps its values elsewhere is none: there, nobody sees whether it is used.
    pub(crate) fn is_gap(&self) -> bool {
        is_gap_name(self.label())
            && match self.ty.shape() {
                Shape::Array { base, .. } => matches!(
                    base.plain().shape(),
                    Shape::Uint(_)
                        | Shape::Int(_)
                        | Shape::Bool
                        | Shape::Address
                        | Shape::FixedBytes(_)
                ),
                _ => false,
            }
    }

    pub(crate) fn overlaps(&self, other: &Field<'_>) -> bool {
        self.start < other.end() && other.start < self.end()
    }

    /// Position and type, for a report.
    pub(crate) fn location(&self) -> Location {
        let word = Bytes::from(WORD);
        Location {
            slot: (self.start / word).to_string(),
            offset: (self.start % word).saturating_to(),
            kind: self.ty.label().into(),
        }
    }
}

/// Whether a name says that a variable only keeps room for later: `__gap`, `__gap_…`, with two underscores or more.
pub fn is_gap_name(name: &str) -> bool {
    let bare = name.trim_start_matches('_');
    let rest = bare.strip_prefix("gap");
    let is_name = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    is_name && name.len() - bare.len() >= 2
}

/// All fields of a list, in its order.
pub(crate) fn fields<'l>(
    layout: &'l Layout,
    items: &'l [Item],
) -> Result<Vec<Field<'l>>, LayoutError> {
    items.iter().map(|item| Field::new(layout, item)).collect()
}
