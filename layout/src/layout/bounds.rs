//! Whether a layout lies within storage: what somebody else wrote may say anything.

use super::{Layout, Members};
use crate::error::LayoutError;
use crate::fields::{Field, WORD};
use crate::shape::Bytes;

impl Layout {
    /// Errors unless every variable and member lies within storage, and within one slot where it does
    /// not begin at the start of one.
    ///
    /// # Errors
    /// [`LayoutError::Number`], [`LayoutError::Offset`], [`LayoutError::Beyond`].
    pub fn require_in_storage(&self) -> Result<(), LayoutError> {
        // 2^256 words.
        let all = Bytes::from(1) << 261;
        let roots = self.storage.iter();
        let roots = roots.chain(self.namespaces.values().flatten());
        let members = self.types.values().filter_map(|kind| match &kind.members {
            Some(Members::Struct(members)) => Some(members),
            _ => None,
        });
        for item in roots.chain(members.flatten()) {
            let field = Field::new(self, item)?;
            let size = field.ty.size().unwrap_or_default();
            let is_packed = item.offset > 0;
            if (is_packed && size > Bytes::from(WORD - item.offset)) || field.start + size > all {
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
}
