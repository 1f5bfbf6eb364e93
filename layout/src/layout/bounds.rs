//! Whether a layout lies within storage: what somebody else wrote may say anything.

use alloy_primitives::U256;

use super::{Item, Layout, Members};
use crate::error::LayoutError;
use crate::fields::WORD;

impl Layout {
    /// Errors unless every variable and member lies within storage, and within one slot where it does
    /// not begin at the start of one.
    ///
    /// # Errors
    /// [`LayoutError::Number`], [`LayoutError::Offset`], [`LayoutError::Beyond`].
    pub fn require_in_storage(&self) -> Result<(), LayoutError> {
        let roots = self.storage.iter();
        let roots = roots.chain(self.namespaces.values().flatten());
        let members = self.types.values().filter_map(|kind| match &kind.members {
            Some(Members::Struct(members)) => Some(members),
            _ => None,
        });
        for item in roots.chain(members.flatten()) {
            self.require_item(item)?;
        }
        Ok(())
    }

    fn require_item(&self, item: &Item) -> Result<(), LayoutError> {
        let number = |what, field: &str, found: &str| {
            found.parse::<U256>().map_err(|_| LayoutError::Number {
                what,
                field: field.into(),
                found: found.into(),
            })
        };
        let slot = number("slot", &item.label, &item.slot)?;
        if item.offset >= WORD {
            return Err(LayoutError::Offset {
                field: item.label.clone(),
                found: item.offset,
            });
        }
        let kind = self.types.get(&item.type_id);
        let Some(bytes) = kind.and_then(|kind| Some((kind, kind.number_of_bytes.as_deref()?)))
        else {
            return Ok(());
        };
        let size = number("numberOfBytes", &bytes.0.label, bytes.1)?;
        let room = U256::from(WORD - item.offset);
        // The slots behind the first one.
        let more = size.saturating_sub(U256::ONE) / U256::from(WORD);
        let is_packed = item.offset > 0;
        if (is_packed && size > room) || slot.checked_add(more).is_none() {
            return Err(LayoutError::Beyond {
                field: item.label.clone(),
                slot: slot.to_string(),
                offset: item.offset,
                size: size.to_string(),
            });
        }
        Ok(())
    }
}
