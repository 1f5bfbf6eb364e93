//! Whether a layout lies within storage: what somebody else wrote may say anything.

use std::collections::BTreeSet;

use alloy_primitives::U256;

use super::{Item, Layout, Members};
use crate::bytes::{Bytes, WORD_BYTES, byte_of};
use crate::error::LayoutError;

impl Layout {
    /// Errors unless every variable and member lies within storage, and within one slot where it does
    /// not begin at the start of one.
    ///
    /// # Errors
    /// [`LayoutError::Number`], [`LayoutError::Offset`], [`LayoutError::Beyond`]; [`LayoutError::Json`] for an array that
    /// is its own element.
    pub fn require_in_storage(&self) -> Result<(), LayoutError> {
        self.require_finite_arrays()?;
        // 2^256 words.
        let all = Bytes::from(1) << 261;
        let roots = self.storage.iter();
        let roots = roots.chain(self.namespaces.values().flatten());
        let members = self.types.values().filter_map(|kind| match &kind.members {
            Some(Members::Struct(members)) => Some(members),
            _ => None,
        });
        for item in roots.chain(members.flatten()) {
            let (start, size) = self.place_of(item)?;
            let is_packed = item.offset > 0;
            let is_across = is_packed && size > Bytes::from(WORD_BYTES - item.offset);
            if is_across || start + size > all {
                return Err(LayoutError::Beyond {
                    field: item.label.clone(),
                    slot: item.slot.clone(),
                    offset: item.offset,
                    size: size.to_string(),
                });
            }
        }
        Ok(())
    }

    /// Errors if a fixed array is an element of itself, directly or through others.
    fn require_finite_arrays(&self) -> Result<(), LayoutError> {
        let mut finite: BTreeSet<&str> = BTreeSet::new();
        for id in self.types.keys() {
            let mut path: BTreeSet<&str> = BTreeSet::new();
            let mut next = Some(id.as_str());
            while let Some(id) = next.filter(|id| !finite.contains(id)) {
                if !path.insert(id) {
                    return Err(LayoutError::Json {
                        reason: format!("the array {id} is an element of itself"),
                    });
                }
                let ty = self.types.get(id).filter(|ty| ty.encoding == "inplace");
                next = ty.and_then(|ty| ty.base.as_deref());
            }
            finite.extend(path);
        }
        Ok(())
    }

    /// The first byte of a field from its area's or its struct's start, and its size; 0 if its type does not determine it.
    fn place_of(&self, item: &Item) -> Result<(Bytes, Bytes), LayoutError> {
        let number = |what, field: &str, text: &str| {
            text.parse::<U256>().map_err(|_| LayoutError::Number {
                what,
                field: field.into(),
                found: text.into(),
            })
        };
        let slot = number("slot", &item.label, &item.slot)?;
        if item.offset >= WORD_BYTES {
            return Err(LayoutError::Offset {
                field: item.label.clone(),
                found: item.offset,
            });
        }
        let ty = self.types.get(&item.type_id);
        let size = match ty.and_then(|ty| Some((&ty.label, ty.number_of_bytes.as_ref()?))) {
            Some((label, text)) => number("numberOfBytes", label, text)?,
            None => U256::ZERO,
        };
        let start = byte_of(slot) + Bytes::from(item.offset);
        Ok((start, Bytes::from(size)))
    }
}
