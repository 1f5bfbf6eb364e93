//! The one descent into values: it knows where the members of structs and the elements of fixed arrays lie.

use alloy_primitives::U256;

use super::{Field, MappingType, StorageField, TypeId, TypeKind, TypeRef};
use crate::bytes::{Bytes, WORD_BYTES};

/// Values within each other that are visited.
pub(crate) const DEPTH_MAX: usize = 64;

/// A value that a descent reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReachedValue<'s> {
    pub(crate) ty: TypeRef<'s>,
    /// Its first byte, counted as that of the value at which the descent began.
    pub(crate) start: Bytes,
    pub(crate) part: ValuePart<'s>,
}

/// The position of a value in the value above it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValuePart<'s> {
    /// The descent began at it, or a hashed slot has it.
    Root,
    /// A variable of an area, or a member of a struct.
    Member(&'s StorageField),
    /// An element of a fixed array.
    Element(u64),
}

/// A visitor of the values that a descent reaches.
pub(crate) trait ValueVisitor<'s> {
    /// The knowledge of a value that its parts need: its name, say.
    type Context;

    /// Visits a value. Returns the context of its parts if they are visited next: members, elements of a fixed array, or,
    /// counted from 0, the value of a mapping or the element of a vector.
    fn visit(&mut self, value: &ReachedValue<'s>, above: &Self::Context) -> Option<Self::Context>;

    /// Notes that a value is not visited, or not each element of an array: its type is within itself, or there are more
    /// values than the bounds allow.
    fn leave_out(&mut self, value: &ReachedValue<'s>, above: &Self::Context);
}

/// A descent with its bounds: a layout may claim any number of values.
pub(crate) struct StorageDescent<V> {
    pub(crate) visitor: V,
    values_left: usize,
    elements_max: u64,
    /// The types above the value.
    above: Vec<TypeId>,
}

impl<'s> ValuePart<'s> {
    /// Its name in a value of a name.
    pub(crate) fn name(&self, above: &str) -> String {
        match self {
            Self::Root => above.to_owned(),
            Self::Member(field) if above.is_empty() => field.name.clone(),
            Self::Member(field) => format!("{above}.{}", field.name),
            Self::Element(index) => format!("{above}[{index}]"),
        }
    }

    /// Its declaration.
    pub(crate) const fn declared(&self) -> Option<&'s StorageField> {
        match self {
            Self::Member(field) => Some(field),
            Self::Root | Self::Element(_) => None,
        }
    }
}

impl ReachedValue<'_> {
    /// Returns true if it only reserves its bytes.
    pub(crate) fn is_gap(&self) -> bool {
        let declared = self.part.declared();
        declared.is_some_and(|field| self.ty.is_gap(&field.name))
    }
}

impl<'s, V: ValueVisitor<'s>> StorageDescent<V> {
    /// Creates a descent to at most so many values, and of one array so many elements.
    pub(crate) const fn new(visitor: V, values_max: usize, elements_max: u64) -> Self {
        Self {
            visitor,
            values_left: values_max,
            elements_max,
            above: Vec::new(),
        }
    }

    /// Visits the value of a type that begins at a byte.
    pub(crate) fn visit_root(&mut self, ty: TypeRef<'s>, start: Bytes, above: &V::Context) {
        let part = ValuePart::Root;
        self.visit_value(ReachedValue { ty, start, part }, above);
    }

    /// Visits fields that are counted from a byte.
    pub(crate) fn visit_fields(
        &mut self,
        fields: Vec<Field<'s>>,
        start: Bytes,
        above: &V::Context,
    ) {
        for field in fields {
            let start = start.saturating_add(field.start);
            let (ty, part) = (field.ty, ValuePart::Member(field.declared));
            self.visit_value(ReachedValue { ty, start, part }, above);
        }
    }

    fn visit_value(&mut self, value: ReachedValue<'s>, above: &V::Context) {
        let ReachedValue { ty, start, .. } = value;
        let has_parts = matches!(ty.kind(), TypeKind::Struct(_) | TypeKind::Array { .. });
        let is_within_itself = has_parts && self.above.contains(&ty.id);
        if is_within_itself || self.above.len() >= DEPTH_MAX || self.values_left == 0 {
            return self.visitor.leave_out(&value, above);
        }
        self.values_left -= 1;
        let Some(context) = self.visitor.visit(&value, above) else {
            return;
        };
        self.above.push(ty.id);
        match ty.kind() {
            TypeKind::Struct(Some(members)) => {
                self.visit_fields(ty.fields(members), start, &context);
            }
            TypeKind::Array { element, length } => {
                let ty = ty.at(*element);
                let count = self.count_elements(ty, *length);
                if U256::from(count) < *length {
                    self.visitor.leave_out(&value, above);
                }
                for index in 0..count {
                    let start = start.saturating_add(element_start(ty.inline_size(), index));
                    let part = ValuePart::Element(index);
                    self.visit_value(ReachedValue { ty, start, part }, &context);
                }
            }
            TypeKind::Mapping(MappingType { value: id, .. }) | TypeKind::Vector(id) => {
                self.visit_root(ty.at(*id), Bytes::ZERO, &context);
            }
            _ => {}
        }
        self.above.pop();
    }

    /// The number of elements that are visited. The place of the first is known even if their size is not.
    fn count_elements(&self, element: TypeRef<'_>, length: U256) -> u64 {
        let is_sized = element.size().is_some_and(|size| !size.is_zero());
        let most = if is_sized { self.elements_max } else { 1 };
        length.saturating_to::<u64>().min(most)
    }
}

/// The first byte of an element of a fixed array, from the array's start. As many elements as fit share a word; larger
/// ones begin at a word each.
fn element_start(size: Bytes, index: u64) -> Bytes {
    let word = Bytes::from(WORD_BYTES);
    let per_word = word.checked_div(size).unwrap_or_default();
    let per_word = per_word.max(Bytes::from(1));
    let (group, position) = Bytes::from(index).div_rem(per_word);
    let group_bytes = size.div_ceil(word).saturating_mul(word);
    let first = group.saturating_mul(group_bytes);
    first.saturating_add(position.saturating_mul(size))
}

#[cfg(test)]
mod tests;
