//! From a layout to its typed storage.

use std::collections::BTreeMap;

use alloy_primitives::U256;

use super::area::area_root;
use super::compiler_id::{ArrayLength, IdParts, number_after};
use super::{
    LazyForm, LazyType, MappingType, Storage, StorageArea, StorageField, StorageType, TypeId,
    TypeKind,
};
use crate::error::LayoutError;
use crate::layout::{Item, Layout, Members, TypeItem};

/// The beginning of the name of a lazy type.
const LAZY: &str = "lazy ";
/// The separator of its forms, of which the newest comes first.
const OVER: &str = " over ";

/// Types within types that are read. What lies deeper is unknown.
const DEPTH_MAX: usize = 512;

impl Storage {
    /// Reads the storage of a layout that lies within storage.
    ///
    /// # Errors
    /// Those of [`Layout::require_in_storage`].
    pub(crate) fn from_checked_layout(layout: &Layout) -> Result<Self, LayoutError> {
        layout.require_in_storage()?;
        Ok(Self::from(layout))
    }
}

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
            areas.push(StorageArea {
                name: name.clone(),
                root: area_root(name),
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
            base: item.base.clone(),
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
        let item = self.layout.types.get(name);
        let id = TypeId(self.types.len());
        self.ids.insert(name, id);
        let bytes = item.and_then(|item| item.number_of_bytes.as_deref()?.parse().ok());
        self.types.push(StorageType {
            label: item.map_or(name, |item| &item.label).to_owned(),
            bytes,
            kind: TypeKind::Unknown,
        });
        let Some(item) = item.filter(|_| self.depth < DEPTH_MAX) else {
            return id;
        };
        self.depth += 1;
        let kind = self.kind(name, item);
        self.depth -= 1;
        if let Some(read) = self.types.get_mut(id.0) {
            read.kind = kind;
        }
        id
    }

    fn kind(&mut self, id: &'l str, item: &'l TypeItem) -> TypeKind {
        // Members determine the kind of a type, whatever its id is.
        let parts = IdParts::parse(id);
        match &item.members {
            // An empty list is one of either kind.
            Some(Members::Struct(members)) if members.is_empty() && parts.head == "t_enum" => {
                return TypeKind::Enum(None);
            }
            Some(Members::Struct(members)) => return TypeKind::Struct(Some(self.fields(members))),
            Some(Members::Enum(names)) => return TypeKind::Enum(Some(names.clone())),
            None => {}
        }
        if let Some(kind) = plain_kind_of(parts.head, "t_") {
            return kind;
        }
        match parts.head {
            "t_address_payable" | "t_contract" => TypeKind::Address,
            "t_bytes_storage" | "t_bytes_memory_ptr" | "t_bytes_memory" => TypeKind::Bytes,
            "t_string_storage" | "t_string_memory_ptr" | "t_string_memory" => TypeKind::String,
            "t_enum" => TypeKind::Enum(None),
            "t_struct" => TypeKind::Struct(None),
            "t_userDefinedValueType" => {
                TypeKind::ValueType(item.underlying.as_deref().map(|id| self.id(id)))
            }
            "t_mapping" => self.mapping(item, &parts.args),
            "t_array" => self.array(item, &parts),
            head if head.starts_with("t_function_external") => TypeKind::ExternalFunction,
            head if head.starts_with("t_function_internal") => TypeKind::InternalFunction,
            _ if item.label.starts_with(LAZY) => TypeKind::Lazy(self.lazy(&item.label)),
            head if head.starts_with("t_opaque_") => TypeKind::Opaque,
            _ => self.by_words(item),
        }
    }

    /// A mapping, by what its item says or else by the arguments of its id.
    fn mapping(&mut self, item: &'l TypeItem, args: &[&'l str]) -> TypeKind {
        let part = |given: &'l Option<String>, at: usize| {
            given.as_deref().or_else(|| args.get(at).copied())
        };
        match (part(&item.key, 0), part(&item.value, 1)) {
            (Some(key), Some(value)) => TypeKind::Mapping(MappingType {
                key: self.id(key),
                value: self.id(value),
                is_zero_extended: item.key_extension.as_deref() == Some("zero"),
            }),
            _ => TypeKind::Unknown,
        }
    }

    /// An array, by what its item says or else by its id.
    fn array(&mut self, item: &'l TypeItem, parts: &IdParts<'l>) -> TypeKind {
        let element = item.base.as_deref().or_else(|| parts.args.first().copied());
        match (element, parts.length()) {
            (Some(element), Some(ArrayLength::Dynamic)) => TypeKind::Vector(self.id(element)),
            (Some(element), Some(ArrayLength::Fixed(length))) => TypeKind::Array {
                element: self.id(element),
                length,
            },
            _ => TypeKind::Unknown,
        }
    }

    /// The kind of a type by its encoding and its label, for layouts of tools that use ids of their own.
    fn by_words(&mut self, item: &'l TypeItem) -> TypeKind {
        let element = item.base.as_deref();
        match item.encoding.as_str() {
            "mapping" => self.mapping(item, &[]),
            "dynamic_array" => element.map_or(TypeKind::Unknown, |element| {
                TypeKind::Vector(self.id(element))
            }),
            "bytes" if item.label == "string" => TypeKind::String,
            "bytes" => TypeKind::Bytes,
            _ => match (element, declared_length(&item.label)) {
                (Some(element), Some(length)) => TypeKind::Array {
                    element: self.id(element),
                    length,
                },
                (Some(_), None) => TypeKind::Unknown,
                (None, _) => plain_kind(&item.label),
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
fn declared_length(label: &str) -> Option<U256> {
    let (_, length) = label.strip_suffix(']')?.rsplit_once('[')?;
    length.parse().ok()
}

/// The kind of a plain type, by its label.
fn plain_kind(label: &str) -> TypeKind {
    let word = label.split(' ').next().unwrap_or_default();
    match word {
        "contract" => TypeKind::Address,
        "enum" => TypeKind::Enum(None),
        "struct" => TypeKind::Struct(None),
        _ => plain_kind_of(word, "").unwrap_or(TypeKind::Unknown),
    }
}

/// The kind of a type without parts, by its name after a prefix.
fn plain_kind_of(name: &str, prefix: &str) -> Option<TypeKind> {
    let name = name.strip_prefix(prefix)?;
    match name {
        "bool" => return Some(TypeKind::Bool),
        "address" => return Some(TypeKind::Address),
        _ => {}
    }
    let uint = number_after(name, "uint", 8).map(TypeKind::Uint);
    let int = || number_after(name, "int", 8).map(TypeKind::Int);
    let bytes = || number_after(name, "bytes", 1).map(TypeKind::FixedBytes);
    uint.or_else(int).or_else(bytes)
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
