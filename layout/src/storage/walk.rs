//! The list of the fields of a storage with their places, with the members of a struct instead of it.

use std::collections::BTreeSet;

use alloy_primitives::{B256, U256};

use super::descent::{DEPTH_MAX, ReachedValue, StorageDescent, ValuePart, ValueVisitor};
use super::field::{fields, is_gap_name};
use super::{Storage, StorageField, TypeId, TypeKind, TypeRef, WORD_BYTES};
use crate::bytes::{Bytes, byte_of, offset_of, slot_of};

/// The most reasons that are given for fields that are left out.
const REASONS_MAX: usize = 16;
/// The most fields that a walk lists by default.
const FIELDS_MAX: usize = 1 << 16;
/// The bytes of the names of all fields of a walk, at most.
const NAMES_BYTES_MAX: usize = 1 << 24;

/// Limits of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkLimits {
    /// The most fields that it lists.
    pub fields: usize,
}

impl Default for WalkLimits {
    fn default() -> Self {
        Self { fields: FIELDS_MAX }
    }
}

/// The place of a value: its bytes in storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValuePlace {
    /// Its type.
    pub ty: TypeId,
    /// Its first slot.
    pub slot: U256,
    /// Its offset in that slot, in bytes from the low-order end.
    pub offset: u64,
    /// The bytes that it takes; none if its type does not determine them.
    pub size: Option<u64>,
}

/// A field or a member of one, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPlace {
    /// `erc7201:…`; empty for what is counted from slot 0.
    pub area: String,
    /// Its name, members after a dot.
    pub name: String,
    /// The label of its type.
    pub label: String,
    /// Its place.
    pub place: ValuePlace,
    /// Its declaration; none for a value that is known by its type alone.
    pub declared: Option<StorageField>,
    /// True if the layout describes its type.
    pub is_known: bool,
    /// True if it only reserves its bytes.
    pub is_gap: bool,
}

/// The fields of a storage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldWalk {
    /// The fields, in the order of the areas and of their declaration.
    pub fields: Vec<FieldPlace>,
    /// The reasons why these are not all.
    pub left_out: BTreeSet<String>,
    name_bytes: usize,
}

impl ValuePlace {
    /// A whole word of which no more is known.
    pub const fn word(slot: U256) -> Self {
        Self {
            ty: TypeId(usize::MAX),
            slot,
            offset: 0,
            size: None,
        }
    }

    /// The bytes that it takes; a word if its type does not determine them.
    pub fn bytes_taken(&self) -> u64 {
        self.size.unwrap_or(WORD_BYTES)
    }

    /// The number of slots that it takes.
    pub fn slots_taken(&self) -> u64 {
        self.offset
            .saturating_add(self.bytes_taken())
            .div_ceil(WORD_BYTES)
    }

    /// Its bytes in the slot's word, the high-order one first; none if it takes more than a word.
    pub fn bytes_of<'w>(&self, word: &'w B256) -> &'w [u8] {
        let end = WORD_BYTES.saturating_sub(self.offset);
        let start = end.saturating_sub(self.bytes_taken());
        word.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl FieldPlace {
    /// A whole word of which no more is known.
    pub const fn word(name: String, slot: U256) -> Self {
        Self {
            area: String::new(),
            name,
            label: String::new(),
            place: ValuePlace::word(slot),
            declared: None,
            is_known: false,
            is_gap: false,
        }
    }

    /// Its place, if its type is known and fits a word.
    pub fn in_one_word(&self) -> Option<&ValuePlace> {
        let fits = self.place.size.is_some_and(|size| size <= WORD_BYTES);
        fits.then_some(&self.place)
    }

    /// Returns true if two fields of one slot share bytes.
    pub fn overlaps(&self, other: &Self) -> bool {
        let end = |field: &Self| field.place.offset.saturating_add(field.place.bytes_taken());
        self.place.offset < end(other) && other.place.offset < end(self)
    }

    /// Returns true if two fields share bytes, in any slots.
    pub fn shares_bytes(&self, other: &Self) -> bool {
        let reaches = |field: &Self, other: &Self| {
            let distance = other.place.slot.wrapping_sub(field.place.slot);
            distance < U256::from(field.place.slots_taken())
        };
        if self.place.slot == other.place.slot {
            return self.overlaps(other);
        }
        reaches(self, other) || reaches(other, self)
    }

    /// Returns true if two fields begin at the same byte.
    pub fn begins_at(&self, other: &Self) -> bool {
        (self.place.slot, self.place.offset) == (other.place.slot, other.place.offset)
    }
}

impl FieldWalk {
    fn leave_out(&mut self, why: String) {
        if self.left_out.len() < REASONS_MAX {
            self.left_out.insert(why);
        }
    }
}

/// The visitor that lists fields.
struct FieldLister<'s> {
    storage: &'s Storage,
    area: &'s str,
    limits: WalkLimits,
    walk: FieldWalk,
}

impl<'s> FieldLister<'s> {
    fn descent(storage: &'s Storage, limits: WalkLimits) -> StorageDescent<Self> {
        let lister = Self {
            storage,
            area: "",
            limits,
            walk: FieldWalk::default(),
        };
        // Each field with the structs around it.
        StorageDescent::new(lister, limits.fields.saturating_mul(DEPTH_MAX), 0)
    }

    fn leave_out_unplaced(&mut self, fields: &'s [StorageField], above: &str) {
        for field in fields.iter().filter(|field| field.slot.is_none()) {
            let name = ValuePart::Member(field).name(above);
            self.walk
                .leave_out(format!("the slot of {name} is no number"));
        }
    }

    fn list(&mut self, value: &ReachedValue<'s>, name: String) {
        let walk = &mut self.walk;
        if walk.fields.len() >= self.limits.fields || walk.name_bytes >= NAMES_BYTES_MAX {
            return walk.leave_out("there are more fields than are read".into());
        }
        let ty = self.storage.ty(value.ty.id);
        match &ty.kind {
            TypeKind::Struct(_) => {
                walk.leave_out(format!("the members of {name} are not known"));
            }
            TypeKind::Unknown if ty.size().is_none() => {
                walk.leave_out(format!("the type of {name} is not known"));
            }
            _ => {}
        }
        walk.name_bytes += name.len();
        let (slot, offset) = (slot_of(value.start), offset_of(value.start));
        walk.fields.push(FieldPlace {
            area: self.area.to_owned(),
            label: ty.label.clone(),
            is_known: ty.size().is_some() || ty.kind != TypeKind::Unknown,
            is_gap: value.ty.is_gap(&name),
            declared: value.part.declared().cloned(),
            name,
            place: self.storage.place(value.ty.id, slot, offset),
        });
    }
}

impl<'s> ValueVisitor<'s> for FieldLister<'s> {
    /// The name.
    type Context = String;

    fn visit(&mut self, value: &ReachedValue<'s>, above: &String) -> Option<String> {
        let name = value.part.name(above);
        match value.ty.kind() {
            TypeKind::Struct(Some(members)) if !members.is_empty() => {
                self.leave_out_unplaced(members, &name);
                return Some(name);
            }
            _ => self.list(value, name),
        }
        None
    }

    fn leave_out(&mut self, value: &ReachedValue<'s>, above: &String) {
        self.list(value, value.part.name(above));
    }
}

impl Storage {
    /// Lists the fields with their places, members in place of structs.
    pub fn walk(&self, limits: WalkLimits) -> FieldWalk {
        let mut descent = FieldLister::descent(self, limits);
        for area in self.areas() {
            let Some(root) = area.root else {
                let name = &area.name;
                descent.visitor.walk.leave_out(format!(
                    "the namespace {name} is no ERC-7201 namespace: where it begins is not known"
                ));
                continue;
            };
            descent.visitor.area = &area.name;
            descent.visitor.leave_out_unplaced(&area.fields, "");
            let fields = fields(self, &area.fields);
            descent.visit_fields(fields, byte_of(root), &String::new());
        }
        descent.visitor.walk
    }

    /// Lists a value of a type by its name; for a struct, its members.
    pub fn walk_value(&self, ty: TypeId, slot: U256, offset: u64, name: String) -> Vec<FieldPlace> {
        let mut descent = FieldLister::descent(self, WalkLimits::default());
        let start = byte_of(slot) + Bytes::from(offset);
        descent.visit_root(TypeRef::new(self, ty), start, &name);
        descent.visitor.walk.fields
    }

    /// The place of a value of a type that begins there.
    pub fn place(&self, ty: TypeId, slot: U256, offset: u64) -> ValuePlace {
        ValuePlace {
            ty,
            slot,
            offset,
            size: self.ty(ty).size(),
        }
    }

    /// Returns true if a field only reserves its bytes: an array of values of at most one word, with the [name of a
    /// gap](is_gap_name). A field that keeps values elsewhere is no gap, as nobody sees whether it is used.
    pub fn is_gap(&self, name: &str, ty: TypeId) -> bool {
        let own = name.rsplit('.').next().unwrap_or(name);
        let TypeKind::Array { element, .. } = self.kind(ty) else {
            return false;
        };
        let element = self.ty(self.plain(*element));
        is_gap_name(own)
            && matches!(
                element.kind,
                TypeKind::Uint(_)
                    | TypeKind::Int(_)
                    | TypeKind::Bool
                    | TypeKind::Address
                    | TypeKind::FixedBytes(_)
            )
    }
}
