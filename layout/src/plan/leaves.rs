//! A layout taken apart into values of at most a word, strings, maps and dynamic arrays.

use alloy_primitives::U256;

use super::Unsupported;
use crate::bytes::{Bytes, WORD_BYTES, byte_of, offset_of};
use crate::error::LayoutError;
use crate::storage::{
    ReachedValue, Storage, StorageDescent, StorageField, TypeKind, TypeRef, ValuePart,
    ValueVisitor, fields,
};

/// Values that one migration may read and write; beyond that it would not fit into a call.
pub(super) const MAX: usize = 4096;
/// Values that are looked at, which bounds the work where structs hold nothing.
const VALUES_MAX: usize = 16 * MAX;

/// The kind of a value.
#[derive(Clone)]
pub(crate) enum Kind<'l> {
    Static(&'l TypeKind),
    Bytes,
    String,
    Map,
    Vec,
}

/// A part of a path: a field, or the index of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    label: String,
    /// The name that is declared for the version before.
    before: Option<String>,
}

/// A value at a location of its own.
#[derive(Clone)]
pub(crate) struct Leaf<'l> {
    /// `config.limits[2]`.
    pub(crate) path: String,
    /// The parts of the path.
    names: Vec<Name>,
    /// The namespace, `erc7201:<id>`, or empty.
    pub(crate) area: &'l str,
    pub(crate) slot: U256,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) ty: TypeRef<'l>,
    pub(crate) kind: Kind<'l>,
    /// The label of the type that it is declared to have had.
    pub(crate) retyped_from: Option<String>,
}

impl Leaf<'_> {
    /// Field, old type and new type, for an error.
    pub(super) fn change(&self, old: &Leaf<'_>) -> (String, String, String) {
        let location = |leaf: &Leaf<'_>| format!("{} @ slot {}", leaf.ty.label(), leaf.slot);
        (self.path.clone(), location(old), location(self))
    }

    pub(super) fn narrower(&self, old: &Leaf<'_>) -> Unsupported {
        Unsupported::Narrower {
            field: self.path.clone(),
            from: old.ty.label().into(),
            to: self.ty.label().into(),
        }
    }

    pub(super) fn unknown(&self) -> Unsupported {
        Unsupported::Unknown {
            field: self.path.clone(),
            kind: self.ty.label().into(),
        }
    }

    /// Returns true if it is declared to have had the old one's type, and was not so before already.
    pub(super) fn is_declared_from(&self, old: &Leaf<'_>) -> bool {
        self.retyped_from.as_deref() == Some(&old.ty.bare_label())
            && self.retyped_from != old.retyped_from
    }

    /// Returns true if only its author knows where it keeps its data: a lazy map hashes its slot. What is smaller than
    /// a word is a value.
    pub(super) fn may_hash_its_slot(&self) -> bool {
        let is_authors = matches!(
            self.kind,
            Kind::Static(TypeKind::Opaque | TypeKind::Lazy(_))
        );
        is_authors && self.bytes >= WORD_BYTES
    }

    /// Returns true if it keeps entries on hashed slots that are not cleared with it, or may do so.
    pub(super) fn holds_entries(&self) -> bool {
        matches!(self.kind, Kind::Map | Kind::Vec) || self.may_hash_its_slot()
    }

    /// Returns true if they have a slot in common.
    pub(super) fn is_in_slots_of(&self, other: &Self) -> bool {
        let slots = |leaf: &Leaf<'_>| U256::from(leaf.bytes.div_ceil(WORD_BYTES).max(1));
        let is_before = |first: &Leaf<'_>, second: &Leaf<'_>| {
            first.slot.saturating_add(slots(first)) <= second.slot
        };
        self.slot == other.slot || !is_before(self, other) && !is_before(other, self)
    }

    /// Its path in the version before, under the names that are declared. Where that one carries the same
    /// annotation, the rename is older than both.
    pub(super) fn path_before(&self, old: &[Leaf<'_>]) -> String {
        if self.names.iter().all(|name| name.before.is_none()) {
            return self.path.clone();
        }
        let mut among: Vec<_> = old.iter().filter(|other| other.area == self.area).collect();
        if among.is_empty() {
            among = old.iter().collect();
        }
        let mut path = String::new();
        for (depth, name) in self.names.iter().enumerate() {
            let is_kept = among
                .iter()
                .any(|other| other.names.get(depth) == Some(name));
            let before = name.before.as_ref().filter(|_| !is_kept);
            let before = before.unwrap_or(&name.label);
            among.retain(|other| {
                let there = other.names.get(depth);
                there.is_some_and(|there| there.label == *before)
            });
            if !path.is_empty() && !before.starts_with('[') {
                path.push('.');
            }
            path.push_str(before);
        }
        path
    }
}

/// All leaves of a storage; gaps hold no data and are left out.
pub(crate) fn leaves(storage: &Storage) -> Result<Vec<Leaf<'_>>, Unsupported> {
    let mut descent = LeafLister::descent();
    for area in storage.areas() {
        let Some(root) = area.root else {
            descent.visitor.fail(Unsupported::Unknown {
                field: area.name.clone(),
                kind: "a namespace that is no ERC-7201 namespace".into(),
            });
            break;
        };
        descent.visitor.area = &area.name;
        let fields = fields(storage, &area.fields);
        descent.visit_fields(fields, byte_of(root), &LeafPath::default());
    }
    descent.visitor.finish()
}

/// The leaves of one value, from slot 0 on.
pub(super) fn of_type(ty: TypeRef<'_>) -> Result<Vec<Leaf<'_>>, Unsupported> {
    let mut descent = LeafLister::descent();
    descent.visit_root(ty, Bytes::ZERO, &LeafPath::default());
    descent.visitor.finish()
}

/// The path of a leaf, whole and in its parts.
#[derive(Default)]
struct LeafPath {
    path: String,
    names: Vec<Name>,
}

impl LeafPath {
    fn to(&self, part: ValuePart<'_>) -> Self {
        let mut names = self.names.clone();
        names.extend(match part {
            ValuePart::Root => None,
            part => Some(Name {
                label: part.name(""),
                before: part.declared().and_then(|field| field.renamed_from.clone()),
            }),
        });
        Self {
            path: part.name(&self.path),
            names,
        }
    }
}

/// The visitor that lists leaves.
#[derive(Default)]
struct LeafLister<'l> {
    area: &'l str,
    leaves: Vec<Leaf<'l>>,
    /// The first failure, which ends the list.
    failure: Option<Unsupported>,
}

impl<'l> LeafLister<'l> {
    fn descent() -> StorageDescent<Self> {
        StorageDescent::new(Self::default(), VALUES_MAX, MAX as u64)
    }

    fn fail(&mut self, failure: Unsupported) {
        self.failure.get_or_insert(failure);
    }

    fn finish(self) -> Result<Vec<Leaf<'l>>, Unsupported> {
        self.failure.map_or(Ok(self.leaves), Err)
    }

    fn leaf(&self, value: &ReachedValue<'l>, path: LeafPath) -> Result<Leaf<'l>, Unsupported> {
        let (LeafPath { path, names }, size) = (path, value.ty.inline_size());
        let unknown = |field: &str| Unsupported::Unknown {
            field: field.to_owned(),
            kind: value.ty.label().into(),
        };
        let kind = match value.ty.kind() {
            TypeKind::Struct(None) | TypeKind::Unknown | TypeKind::InternalFunction => {
                return Err(unknown(&path));
            }
            TypeKind::Bytes => Kind::Bytes,
            TypeKind::String => Kind::String,
            TypeKind::Mapping(_) => Kind::Map,
            TypeKind::Vector(_) => Kind::Vec,
            shape => Kind::Static(shape),
        };
        if self.leaves.len() >= MAX {
            return Err(too_large(path));
        }
        let number = |what| LayoutError::Number {
            what,
            field: path.clone(),
            found: size.to_string(),
        };
        let slot = value.start / Bytes::from(WORD_BYTES);
        let slot = U256::checked_from_limbs_slice(slot.as_limbs()).ok_or_else(|| number("slot"))?;
        let bytes: u64 = size.try_into().map_err(|_| number("numberOfBytes"))?;
        let offset = offset_of(value.start);
        let opaque = offset == 0
            && bytes <= MAX as u64 * WORD_BYTES
            && matches!(kind, Kind::Static(TypeKind::Opaque | TypeKind::Lazy(_)));
        if bytes > WORD_BYTES - offset && !opaque {
            return Err(unknown(&path));
        }
        let retyped_from = value
            .part
            .declared()
            .and_then(StorageField::bare_retyped_from);
        Ok(Leaf {
            path,
            names,
            area: self.area,
            slot,
            offset,
            bytes,
            ty: value.ty,
            kind,
            retyped_from,
        })
    }
}

impl<'l> ValueVisitor<'l> for LeafLister<'l> {
    type Context = LeafPath;

    fn visit(&mut self, value: &ReachedValue<'l>, above: &LeafPath) -> Option<LeafPath> {
        if self.failure.is_some() || value.is_gap() {
            return None;
        }
        let path = above.to(value.part);
        if let TypeKind::Struct(Some(_)) | TypeKind::Array { .. } = value.ty.kind() {
            return Some(path);
        }
        match self.leaf(value, path) {
            Ok(leaf) => self.leaves.push(leaf),
            Err(failure) => self.fail(failure),
        }
        None
    }

    fn leave_out(&mut self, value: &ReachedValue<'l>, above: &LeafPath) {
        self.fail(too_large(value.part.name(&above.path)));
    }
}

fn too_large(field: String) -> Unsupported {
    Unsupported::TooLarge { field, max: MAX }
}
