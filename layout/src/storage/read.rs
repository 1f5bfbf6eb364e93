//! From a layout to its typed storage.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use stylus_upgrades_interface::slots;

use super::{
    LazyForm, LazyType, MappingType, Storage, StorageArea, StorageField, StorageType, TypeId,
    TypeKind,
};
use crate::layout::{Item, Layout, Members, TypeItem};
use crate::shape::{Shape, Type};

/// The beginning of the name of a lazy type.
const LAZY: &str = "lazy ";
/// The separator of its forms, of which the newest comes first.
const OVER: &str = " over ";

/// Types within types that are read. What lies deeper is unknown.
const DEPTH_MAX: usize = 512;

impl From<&Layout> for Storage {
    fn from(layout: &Layout) -> Self {
        let mut reader = TypeReader {
            layout,
            ids: BTreeMap::new(),
            types: Vec::new(),
            depth: 0,
        };
        let mut areas = vec![StorageArea {
            name: String::new(),
            root: Some(U256::ZERO),
            fields: reader.fields(&layout.storage),
        }];
        for (name, items) in &layout.namespaces {
            let id = name.strip_prefix("erc7201:");
            areas.push(StorageArea {
                name: name.clone(),
                root: id.map(|id| slots::erc7201(id.as_bytes()).into()),
                fields: reader.fields(items),
            });
        }
        Self {
            areas: areas.into(),
            types: reader.types.into(),
        }
    }
}

/// The types of a layout, each read once.
struct TypeReader<'l> {
    layout: &'l Layout,
    ids: BTreeMap<&'l str, TypeId>,
    types: Vec<StorageType>,
    /// Types within types on the way to this one.
    depth: usize,
}

impl<'l> TypeReader<'l> {
    fn fields(&mut self, items: &'l [Item]) -> Vec<StorageField> {
        items.iter().map(|item| self.field(item)).collect()
    }

    fn field(&mut self, item: &'l Item) -> StorageField {
        StorageField {
            name: item.label.clone(),
            slot: item.slot.parse().ok(),
            offset: item.offset,
            ty: self.id(&item.type_id),
            declaration: item.ast_id,
            contract: item.contract.clone(),
            source: item.src.clone(),
            renamed_from: item.renamed_from.clone(),
            retyped_from: item.retyped_from.clone(),
        }
    }

    /// The id of a type. Its parts are read after it has an id, so that a type can contain itself.
    fn id(&mut self, name: &'l str) -> TypeId {
        if let Some(known) = self.ids.get(name) {
            return *known;
        }
        let ty = Type::new(self.layout, name);
        let id = TypeId(self.types.len());
        self.ids.insert(name, id);
        self.types.push(StorageType {
            label: ty.label().to_owned(),
            size: ty.size().map(|size| size.saturating_to()),
            kind: TypeKind::Unknown,
        });
        if self.depth >= DEPTH_MAX {
            return id;
        }
        self.depth += 1;
        let kind = self.kind(ty);
        self.depth -= 1;
        if let Some(read) = self.types.get_mut(id.0) {
            read.kind = kind;
        }
        id
    }

    fn kind(&mut self, ty: Type<'l>) -> TypeKind {
        // Members determine the kind of a type, whatever its id is.
        match ty.item().and_then(|item| item.members.as_ref()) {
            Some(Members::Struct(members)) => return TypeKind::Struct(Some(self.fields(members))),
            Some(Members::Enum(names)) => return TypeKind::Enum(Some(names.clone())),
            None => {}
        }
        let bits = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        match ty.shape() {
            Shape::Uint(number) => TypeKind::Uint(bits(number)),
            Shape::Int(number) => TypeKind::Int(bits(number)),
            Shape::Bool => TypeKind::Bool,
            Shape::Address => TypeKind::Address,
            Shape::FixedBytes(number) => TypeKind::FixedBytes(bits(number)),
            Shape::Enum { members } => TypeKind::Enum(members.map(<[String]>::to_vec)),
            Shape::Value(beneath) => TypeKind::ValueType(beneath.map(|ty| self.id(ty.id))),
            Shape::ExternalFunction => TypeKind::ExternalFunction,
            Shape::Bytes => TypeKind::Bytes,
            Shape::String => TypeKind::String,
            Shape::Array { base, length } => TypeKind::Array {
                element: self.id(base.id),
                length: U256::saturating_from(length),
            },
            Shape::Vec(element) => TypeKind::Vector(self.id(element.id)),
            Shape::Map(map) => TypeKind::Mapping(MappingType {
                key: self.id(map.key.id),
                value: self.id(map.value.id),
                is_zero_extended: map.zero_extended,
            }),
            Shape::Struct(_) => TypeKind::Struct(None),
            _ if ty.label().starts_with(LAZY) => TypeKind::Lazy(self.lazy(ty.label())),
            Shape::Opaque => TypeKind::Opaque,
            Shape::Unknown => ty
                .item()
                .map_or(TypeKind::Unknown, |item| self.by_words(item)),
        }
    }

    /// The kind of a type by its encoding and its label, for layouts of tools that use ids of their own.
    fn by_words(&mut self, item: &'l TypeItem) -> TypeKind {
        let inner = |reader: &mut Self, id: &'l Option<String>| Some(reader.id(id.as_deref()?));
        match item.encoding.as_str() {
            "mapping" => match (inner(self, &item.key), inner(self, &item.value)) {
                (Some(key), Some(value)) => TypeKind::Mapping(MappingType {
                    key,
                    value,
                    is_zero_extended: item.key_extension.as_deref() == Some("zero"),
                }),
                _ => TypeKind::Unknown,
            },
            "dynamic_array" => inner(self, &item.base).map_or(TypeKind::Unknown, TypeKind::Vector),
            "bytes" if item.label == "string" => TypeKind::String,
            "bytes" => TypeKind::Bytes,
            _ => match inner(self, &item.base) {
                Some(element) => declared_length(&item.label).map_or(TypeKind::Unknown, |length| {
                    TypeKind::Array {
                        element,
                        length: U256::from(length),
                    }
                }),
                None => plain_kind(&item.label),
            },
        }
    }

    /// A lazy type by its name: `lazy mapping(address => B) over lazy mapping(address => A)`.
    fn lazy(&self, label: &str) -> LazyType {
        let key = label.split_once("mapping(").and_then(|(_, rest)| {
            let (key, _) = rest.split_once("=>")?;
            Some(key.trim().to_owned())
        });
        let forms = label.split(OVER).map(|form| LazyForm {
            label: form.to_owned(),
            size: self.size_of(form),
        });
        let mut forms: Vec<LazyForm> = forms.collect();
        forms.reverse();
        LazyType { key, forms }
    }

    /// The size in bytes of a value of a form, by the label of its type.
    fn size_of(&self, form: &str) -> Option<u64> {
        let label = value_label(form)?;
        let known = self.layout.types.values().find(|item| item.label == label);
        known
            .and_then(|item| item.size())
            .or_else(|| plain_size(label))
    }
}

/// The label of the values of a type: for a mapping, of the value that it maps to; for a lazy type, without `lazy`.
pub(super) fn value_label(label: &str) -> Option<&str> {
    let label = label.strip_prefix(LAZY).unwrap_or(label);
    match label.split_once("=>") {
        Some((_, value)) => value.trim().strip_suffix(')'),
        None => Some(label),
    }
}

/// The length in the label of an array: 3 for `uint32[3]`.
fn declared_length(label: &str) -> Option<u64> {
    let (_, length) = label.strip_suffix(']')?.rsplit_once('[')?;
    length.parse().ok()
}

/// The kind of a plain type, by its label.
fn plain_kind(label: &str) -> TypeKind {
    let number = |prefix: &str, step: usize| {
        let number: usize = label.strip_prefix(prefix)?.parse().ok()?;
        (number > 0 && number <= 32 * step && number.is_multiple_of(step)).then_some(number)
    };
    match label.split(' ').next().unwrap_or_default() {
        "bool" => return TypeKind::Bool,
        "address" | "contract" => return TypeKind::Address,
        "enum" => return TypeKind::Enum(None),
        "struct" => return TypeKind::Struct(None),
        _ => {}
    }
    let uint = number("uint", 8).map(TypeKind::Uint);
    let int = || number("int", 8).map(TypeKind::Int);
    let bytes = || number("bytes", 1).map(TypeKind::FixedBytes);
    uint.or_else(int)
        .or_else(bytes)
        .unwrap_or(TypeKind::Unknown)
}

/// The size of a plain type in bytes, by its label.
pub(super) fn plain_size(label: &str) -> Option<u64> {
    let bytes = match plain_kind(label) {
        TypeKind::Bool | TypeKind::Enum(_) => 1,
        TypeKind::Address => 20,
        TypeKind::Uint(bits) | TypeKind::Int(bits) => bits / 8,
        TypeKind::FixedBytes(count) => count,
        _ => return None,
    };
    u64::try_from(bytes).ok()
}
