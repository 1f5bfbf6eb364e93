//! A layout taken apart into values of at most a word, strings, maps and dynamic arrays.

use alloy_primitives::U256;

use super::Unsupported;
use crate::bytes::{Bytes, WORD_BYTES, byte_of};
use crate::error::LayoutError;
use crate::storage::{Field, Storage, TypeKind, TypeRef, fields};

/// Values that one migration may read and write; beyond that it would not fit into a call.
pub(super) const MAX: usize = 4096;
/// Structs and arrays within each other.
const DEPTH: usize = 64;

/// What kind of value it is.
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
    /// What the path consists of.
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

    /// Whether it is declared to have had the old one's type, and was not so before already.
    pub(super) fn is_declared_from(&self, old: &Leaf<'_>) -> bool {
        self.retyped_from.as_deref() == Some(&old.ty.bare_label())
            && self.retyped_from != old.retyped_from
    }

    /// Whether only its author knows where it keeps its data: a lazy map hashes its slot. What is smaller than
    /// a word is a value.
    pub(super) fn may_hash_its_slot(&self) -> bool {
        let is_authors = matches!(
            self.kind,
            Kind::Static(TypeKind::Opaque | TypeKind::Lazy(_))
        );
        is_authors && self.bytes >= WORD_BYTES
    }

    /// Whether it keeps entries on hashed slots that are not cleared with it, or may do so.
    pub(super) fn holds_entries(&self) -> bool {
        matches!(self.kind, Kind::Map | Kind::Vec) || self.may_hash_its_slot()
    }

    /// Whether they have a slot in common.
    pub(super) fn is_in_slots_of(&self, other: &Self) -> bool {
        let slots = |leaf: &Leaf<'_>| U256::from(leaf.bytes.div_ceil(WORD_BYTES).max(1));
        let is_before =
            |one: &Leaf<'_>, two: &Leaf<'_>| one.slot.saturating_add(slots(one)) <= two.slot;
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
    let mut walk = Walk::default();
    for area in storage.areas() {
        let root = area.root.ok_or_else(|| Unsupported::Unknown {
            field: area.name.clone(),
            kind: "a namespace that is no ERC-7201 namespace".into(),
        })?;
        walk.area = &area.name;
        walk.base = byte_of(root);
        walk.fields(&fields(storage, &area.fields), Bytes::ZERO, "", &[])?;
    }
    Ok(walk.found)
}

/// The leaves of one value, from slot 0 on.
pub(super) fn of_type(ty: TypeRef<'_>) -> Result<Vec<Leaf<'_>>, Unsupported> {
    let mut walk = Walk::default();
    walk.typed(ty, Bytes::ZERO, String::new(), Vec::new(), None)?;
    Ok(walk.found)
}

#[derive(Default)]
struct Walk<'l> {
    area: &'l str,
    /// The area's first byte.
    base: Bytes,
    /// Types looked at, which bounds the work where structs hold nothing.
    steps: usize,
    depth: usize,
    found: Vec<Leaf<'l>>,
}

impl<'l> Walk<'l> {
    fn fields(
        &mut self,
        all: &[Field<'l>],
        at: Bytes,
        path: &str,
        names: &[Name],
    ) -> Result<(), Unsupported> {
        for field in all.iter().filter(|field| !field.is_gap()) {
            let before = field.declared.renamed_from.clone();
            let path = format!("{path}{}", field.label());
            let names = with(names, field.label(), before);
            self.typed(
                field.ty,
                at + field.start,
                path,
                names,
                field.retyped_from(),
            )?;
        }
        Ok(())
    }

    /// A value of a type, which may hold others.
    fn typed(
        &mut self,
        ty: TypeRef<'l>,
        at: Bytes,
        path: String,
        names: Vec<Name>,
        retyped: Option<String>,
    ) -> Result<(), Unsupported> {
        self.steps += 1;
        self.depth += 1;
        if self.steps > 16 * MAX || self.depth > DEPTH {
            return Err(Unsupported::TooLarge {
                field: path,
                max: MAX,
            });
        }
        self.inner(ty, at, path, names, retyped)?;
        self.depth -= 1;
        Ok(())
    }

    fn inner(
        &mut self,
        ty: TypeRef<'l>,
        at: Bytes,
        path: String,
        names: Vec<Name>,
        retyped: Option<String>,
    ) -> Result<(), Unsupported> {
        let size = ty.size().unwrap_or(Bytes::from(WORD_BYTES));
        let kind = match ty.kind() {
            TypeKind::Struct(Some(members)) => {
                let members = ty.fields(members);
                return self.fields(&members, at, &format!("{path}."), &names);
            }
            TypeKind::Array { element, length } => {
                return self.elements(ty.at(*element), *length, at, &path, &names);
            }
            TypeKind::Struct(None) | TypeKind::Unknown | TypeKind::InternalFunction => {
                return Err(Unsupported::Unknown {
                    field: path,
                    kind: ty.label().into(),
                });
            }
            TypeKind::Bytes => Kind::Bytes,
            TypeKind::String => Kind::String,
            TypeKind::Mapping(_) => Kind::Map,
            TypeKind::Vector(_) => Kind::Vec,
            shape => Kind::Static(shape),
        };
        if self.found.len() >= MAX {
            return Err(Unsupported::TooLarge {
                field: path,
                max: MAX,
            });
        }
        let (slot, offset) = (self.base + at).div_rem(Bytes::from(WORD_BYTES));
        let number = |what| LayoutError::Number {
            what,
            field: path.clone(),
            found: size.to_string(),
        };
        let slot = U256::checked_from_limbs_slice(slot.as_limbs()).ok_or_else(|| number("slot"))?;
        let bytes: u64 = size.try_into().map_err(|_| number("numberOfBytes"))?;
        let offset: u64 = offset.to();
        let opaque = offset == 0
            && bytes <= MAX as u64 * WORD_BYTES
            && matches!(kind, Kind::Static(TypeKind::Opaque | TypeKind::Lazy(_)));
        if bytes > WORD_BYTES - offset && !opaque {
            return Err(Unsupported::Unknown {
                field: path,
                kind: ty.label().into(),
            });
        }
        self.found.push(Leaf {
            path,
            names,
            area: self.area,
            slot,
            offset,
            bytes,
            ty,
            kind,
            retyped_from: retyped,
        });
        Ok(())
    }

    fn elements(
        &mut self,
        element: TypeRef<'l>,
        length: U256,
        at: Bytes,
        path: &str,
        names: &[Name],
    ) -> Result<(), Unsupported> {
        let too_large = || Unsupported::TooLarge {
            field: path.to_owned(),
            max: MAX,
        };
        let length: usize = length
            .try_into()
            .ok()
            .filter(|length| *length <= MAX)
            .ok_or_else(too_large)?;
        let size: u64 = element
            .size()
            .and_then(|size| size.try_into().ok())
            .filter(|size| *size > 0)
            .ok_or_else(too_large)?;
        // As many to a word as fit; what is larger than half of one starts a new word each.
        let (step, per_word) = if size <= WORD_BYTES {
            (WORD_BYTES, WORD_BYTES / size)
        } else {
            (size.next_multiple_of(WORD_BYTES), 1)
        };
        for index in 0..length as u64 {
            let location = at
                + Bytes::from(index / per_word) * Bytes::from(step)
                + Bytes::from(index % per_word * size);
            self.typed(
                element,
                location,
                format!("{path}[{index}]"),
                with(names, &format!("[{index}]"), None),
                None,
            )?;
        }
        Ok(())
    }
}

/// The names with one more.
fn with(names: &[Name], label: &str, before: Option<String>) -> Vec<Name> {
    let mut names = names.to_vec();
    names.push(Name {
        label: label.to_owned(),
        before,
    });
    names
}
