//! The parts of fields that lie in one slot.

use alloy::primitives::U256;
use stylus_layout::{FieldPlace, Storage, TypeId, TypeKind, ValuePlace, WORD_BYTES};

/// The number of slots of an array or a text that have names.
const ELEMENTS: u64 = 1 << 32;

/// Elements of one type that follow each other.
#[derive(Debug, Clone)]
pub(super) struct ElementList {
    /// The slot of the first one.
    pub(super) begin: U256,
    /// The array.
    pub(super) field: FieldPlace,
    /// The type of an element.
    pub(super) element: TypeId,
    /// The number of elements; none for an array that grows.
    pub(super) length: Option<U256>,
}

impl ElementList {
    /// The parts of its elements that lie in a slot.
    pub(super) fn parts_in_slot(&self, storage: &Storage, slot: U256) -> Vec<FieldPlace> {
        let Some(at) = offset_within(self.begin, slot) else {
            return Vec::new();
        };
        let bytes = storage.ty(self.element).size().unwrap_or(WORD_BYTES).max(1);
        let (words, each) = (bytes.div_ceil(WORD_BYTES), (WORD_BYTES / bytes).max(1));
        let begin = slot.wrapping_sub(U256::from(at % words));
        let first = at / words * each;
        let indices = (first..first + each)
            .filter(|index| self.length.is_none_or(|length| U256::from(*index) < length));
        let elements = indices.flat_map(|index| {
            let name = format!("{}[{index}]", self.field.name);
            let offset = (index - first) * bytes;
            storage.walk_value(self.element, begin, offset, name)
        });
        let parts = elements.flat_map(|element| {
            let element = FieldPlace {
                area: self.field.area.clone(),
                ..element
            };
            parts_in_slot(storage, &element, slot)
        });
        parts.collect()
    }
}

/// The parts of a field that lie in a slot: the elements of a fixed-length array, else one word.
pub(super) fn parts_in_slot(storage: &Storage, field: &FieldPlace, slot: U256) -> Vec<FieldPlace> {
    let begin = field.place.slot;
    let count = slot_count(field);
    let Some(at) = offset_within(begin, slot).filter(|at| *at < count) else {
        return Vec::new();
    };
    if let TypeKind::Array { element, length } = storage.kind(field.place.ty)
        && !field.is_gap
    {
        let elements = ElementList {
            begin,
            field: field.clone(),
            element: *element,
            length: Some(*length),
        };
        return elements.parts_in_slot(storage, slot);
    }
    if count == 1 {
        return vec![field.clone()];
    }
    vec![word_of(field, format!("{}+{at}", field.name), slot)]
}

/// The number of slots that a field takes; 1 if its type does not determine them.
pub(super) fn slot_count(field: &FieldPlace) -> u64 {
    field.place.size.map_or(1, |_| field.place.slots_taken())
}

/// An untyped word of a field.
pub(super) fn word_of(field: &FieldPlace, name: String, slot: U256) -> FieldPlace {
    FieldPlace {
        area: field.area.clone(),
        is_gap: field.is_gap,
        ..FieldPlace::word(name, slot)
    }
}

/// A word of the data of a text, if a slot is one.
pub(super) fn text_word(text: &FieldPlace, begin: U256, slot: U256) -> Option<FieldPlace> {
    let at = offset_within(begin, slot)?;
    Some(word_of(text, format!("{}+{}", text.name, at + 1), slot))
}

/// The untyped words of a value; a single word has the name of the value.
pub(super) fn words_from(value: &FieldPlace, count: u64) -> Vec<FieldPlace> {
    let words = (0..count).map(|word| {
        let name = match count {
            1 => value.name.clone(),
            _ => format!("{}+{word}", value.name),
        };
        let slot = value.place.slot.wrapping_add(U256::from(word));
        word_of(value, name, slot)
    });
    words.collect()
}

/// The same value at another slot, by another name.
pub(super) fn value_at(field: &FieldPlace, name: String, slot: U256) -> FieldPlace {
    FieldPlace {
        name,
        place: ValuePlace::word(slot),
        ..field.clone()
    }
}

/// The distance from the first slot of a value to another slot, if the value may reach it.
pub(super) fn offset_within(begin: U256, slot: U256) -> Option<u64> {
    let at = u64::try_from(slot.checked_sub(begin)?).ok()?;
    (at < ELEMENTS).then_some(at)
}
