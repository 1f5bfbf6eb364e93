//! A storage word before and after, by the variables in it.

use crate::text::word;
use alloy::primitives::B256;
use serde::Serialize;

/// A storage word that would change, or that would be read as something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The slot.
    pub slot: B256,
    /// Its variables, where they are known; before and after, where they are others.
    pub name: Option<String>,
    /// The present word.
    pub before: B256,
    /// The word after the change.
    pub after: B256,
    /// The variables of it that would change; none where their types are not known.
    pub fields: Vec<FieldValues>,
}

/// A variable before and after, in the words of its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldValues {
    /// Its name.
    pub name: String,
    /// The place in the version before, if that is elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<StoragePosition>,
    /// The present value, by the layout of the version before.
    pub before: String,
    /// The value after the change, by the layout of the new version.
    pub after: String,
}

/// A value that cannot be one of its type, as the new version declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndecodableValue {
    /// The namespace of the field; empty for one that is counted from slot 0.
    pub area: String,
    /// The field, with keys and members.
    pub field: String,
    /// Its slot.
    pub slot: B256,
    /// The word of that slot.
    pub word: B256,
    /// The value before the upgrade, or `(none)` for a new field; absent if the previous version could not decode it.
    pub before: Option<String>,
    /// The value after, and the type that it cannot be.
    pub after: String,
}

/// A written word that neither the new layout nor the framework explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnexplainedWrite {
    /// The slot.
    pub slot: B256,
    /// The word before the upgrade.
    pub before: B256,
    /// The word after it.
    pub after: B256,
    /// The field of the previous version there, if the new version does not declare it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DroppedField>,
}

/// A field of the previous version that the new one does not declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedField {
    /// Its namespace; empty for one that is counted from slot 0.
    pub area: String,
    /// Its name, with keys and members.
    pub name: String,
}

/// A place in storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoragePosition {
    /// The slot.
    pub slot: B256,
    /// Bytes from its low-order end.
    pub offset: u64,
}

/// In place of a value: the layout has no such variable.
pub(super) const ABSENT: &str = "(none)";

impl FieldValues {
    /// Returns true if it is read as something else. It is no loss that a new variable begins with nothing.
    fn is_lost(&self) -> bool {
        let is_nothing = ["0", "false"].contains(&self.after.as_str())
            || (self.after.strip_prefix("0x"))
                .is_some_and(|digits| digits.bytes().all(|digit| digit == b'0'));
        self.before != self.after && !(self.before == ABSENT && is_nothing)
    }

    /// The name, and from where it moved.
    pub fn title(&self) -> String {
        let Some(StoragePosition { slot, offset }) = &self.moved_from else {
            return self.name.clone();
        };
        let byte = match offset {
            0 => String::new(),
            offset => format!(", byte {offset}"),
        };
        format!("{} (moved from slot {}{byte})", self.name, word(slot))
    }

    /// Name and values: `cap: 0 → 777`.
    pub fn words(&self) -> String {
        format!("{}: {} → {}", self.title(), self.before, self.after)
    }
}

impl Change {
    /// Returns true if nothing wrote it, and the new version reads other values in it than the version before.
    pub fn is_misread(&self) -> bool {
        self.before == self.after && self.fields.iter().any(FieldValues::is_lost)
    }

    /// Returns true if nothing wrote it, and both versions read the same values in it at the same places.
    pub fn is_same(&self) -> bool {
        let is_same =
            |values: &FieldValues| values.before == values.after && values.moved_from.is_none();
        self.before == self.after && self.fields.iter().all(is_same)
    }

    /// Lists its changes by variable; the whole word where not all of it is known.
    pub fn values(&self) -> Vec<FieldValues> {
        if !self.fields.is_empty() {
            return self.fields.clone();
        }
        let name = self.name.clone();
        vec![FieldValues {
            name: name.unwrap_or_else(|| self.slot.to_string()),
            moved_from: None,
            before: word(&self.before),
            after: word(&self.after),
        }]
    }
}
