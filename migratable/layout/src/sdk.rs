//! Layouts of stylus-sdk storage: every type says what it is, structs collect their fields by
//! the sizes that the SDK itself uses.

mod keys;
mod types;

use std::collections::BTreeMap;

use stylus_sdk::storage::StorageType;

pub use keys::KeyLayout;

use crate::layout::{Item, Layout, Members, TypeItem};

/// Storage whose layout is known. Derived for structs.
pub trait StorageLayout: StorageType {
    /// Adds the type, and those it is made of, and returns its id.
    fn describe(types: &mut Types) -> String;

    /// Where a field of this type is found if not in its place: the namespace's id and the type
    /// there.
    fn namespace(_types: &mut Types) -> Option<(&'static str, String)> {
        None
    }

    /// The layout of a contract whose storage this is.
    fn layout() -> Layout
    where
        Self: Sized,
    {
        let mut types = Types::default();
        let id = Self::describe(&mut types);
        types.finish(&id)
    }
}

/// The types that a layout has collected so far.
#[derive(Debug, Default)]
pub struct Types {
    layout: Layout,
    /// Ids of structs by their Rust type.
    structs: BTreeMap<&'static str, String>,
}

impl Types {
    /// Adds a type of a known id.
    pub fn add(&mut self, id: impl Into<String>, item: TypeItem) -> String {
        let id = id.into();
        self.layout.types.insert(id.clone(), item);
        id
    }

    /// Adds a value type of so many bytes whose id is `t_` and its label.
    pub fn value(&mut self, label: &str, bytes: usize) -> String {
        let item = TypeItem {
            encoding: "inplace".into(),
            ..sized(label, bytes)
        };
        self.add(format!("t_{label}"), item)
    }

    /// A type's label, as an author would write it in Solidity.
    pub fn label(&self, id: &str) -> String {
        self.layout
            .types
            .get(id)
            .map_or_else(|| id.to_owned(), |item| item.label.clone())
    }

    /// Adds a struct with the fields that `fill` names.
    ///
    /// # Panics
    /// If the fields do not take the slots that the SDK gives the struct: then a field's
    /// `SLOT_BYTES` or `REQUIRED_SLOTS` is not what its `StorageType` uses.
    pub fn structure<T: StorageType>(
        &mut self,
        name: &'static str,
        src: &'static str,
        fill: impl FnOnce(&mut Fields<'_>),
    ) -> String {
        let rust = std::any::type_name::<T>();
        if let Some(id) = self.structs.get(rust) {
            return id.clone();
        }
        let number = self.structs.len() + 1;
        let id = format!("t_struct({name}){number}_storage");
        self.structs.insert(rust, id.clone());
        // A place holder first: a map within may lead back here.
        self.add(id.clone(), TypeItem::default());
        let mut fields = Fields {
            types: self,
            name,
            src,
            number: number as u64,
            items: vec![],
            slot: 0,
            space: 32,
        };
        fill(&mut fields);
        let (slots, items) = (fields.slots(), fields.items);
        assert_eq!(
            slots,
            T::REQUIRED_SLOTS,
            "slots of {rust} by its fields and by stylus-sdk"
        );
        let item = TypeItem {
            encoding: "inplace".into(),
            members: Some(Members::Struct(items)),
            ..sized(&format!("struct {name}"), slots * 32)
        };
        self.add(id, item)
    }

    fn finish(mut self, root: &str) -> Layout {
        let storage = match self
            .layout
            .types
            .get(root)
            .and_then(|item| item.members.clone())
        {
            Some(Members::Struct(items)) => items,
            _ => vec![],
        };
        // The contract itself is no type that a variable names, unless a map leads back to it.
        let named = self.layout.types.iter().any(|(id, item)| {
            let inner = [&item.key, &item.value, &item.base].into_iter().flatten().any(|inner| inner == root);
            let member = matches!(&item.members, Some(Members::Struct(members)) if members.iter().any(|m| m.type_id == root));
            id != root && (inner || member)
        });
        if !named {
            self.layout.types.remove(root);
        }
        Layout {
            storage,
            ..self.layout
        }
    }
}

/// The fields of a struct, packed as stylus-sdk packs them.
#[derive(Debug)]
pub struct Fields<'t> {
    types: &'t mut Types,
    name: &'static str,
    src: &'static str,
    number: u64,
    items: Vec<Item>,
    slot: usize,
    /// Free bytes of the slot, at its high-order end.
    space: usize,
}

impl Fields<'_> {
    /// The next field.
    pub fn field<T: StorageLayout>(
        &mut self,
        label: &str,
        renamed_from: Option<&str>,
        retyped_from: Option<&str>,
    ) {
        if let Some((namespace, id)) = T::namespace(self.types) {
            return self.namespaced(namespace, &id);
        }
        let type_id = T::describe(self.types);
        self.place::<T>(label, type_id, renamed_from, retyped_from);
    }

    /// The next field, of a type that only its author knows.
    pub fn opaque<T: StorageType>(
        &mut self,
        label: &str,
        name: &str,
        renamed_from: Option<&str>,
        retyped_from: Option<&str>,
    ) {
        let bytes = if T::REQUIRED_SLOTS > 0 {
            T::REQUIRED_SLOTS * 32
        } else {
            T::SLOT_BYTES
        };
        let item = TypeItem {
            encoding: "inplace".into(),
            ..sized(name, bytes)
        };
        let id = self.types.add(
            format!("t_opaque_{}", name.replace(['(', ')', ',', ' '], "_")),
            item,
        );
        self.place::<T>(label, id, renamed_from, retyped_from);
    }

    /// The next field, which takes no room and keeps a struct in a namespace.
    ///
    /// # Panics
    /// If the field takes room.
    pub fn erc7201<T: StorageType + std::ops::Deref<Target: StorageLayout>>(
        &mut self,
        namespace: &'static str,
    ) {
        assert_eq!(
            (T::SLOT_BYTES, T::REQUIRED_SLOTS),
            (0, 0),
            "room of the field for {namespace}"
        );
        let id = <T::Target as StorageLayout>::describe(self.types);
        self.namespaced(namespace, &id);
    }

    /// # Panics
    /// If two different structs claim the namespace: they would overwrite each other.
    fn namespaced(&mut self, namespace: &str, id: &str) {
        let members = self
            .types
            .layout
            .types
            .get(id)
            .and_then(|item| item.members.clone());
        let Some(Members::Struct(items)) = members else {
            return;
        };
        let name = format!("erc7201:{namespace}");
        let known = self.types.layout.namespaces.insert(name, items.clone());
        assert!(
            known.is_none_or(|known| known == items),
            "two structs in the namespace {namespace}"
        );
    }

    /// What `#[storage]` computes: a field that does not fit begins a new slot, a multi-slot one
    /// ends its last slot.
    fn place<T: StorageType>(
        &mut self,
        label: &str,
        type_id: String,
        renamed_from: Option<&str>,
        retyped_from: Option<&str>,
    ) {
        let (bytes, words) = (T::SLOT_BYTES, T::REQUIRED_SLOTS);
        if self.space < bytes {
            self.space = 32;
            self.slot += 1;
        }
        self.space -= bytes;
        let (slot, offset) = (self.slot, 32 - self.space - bytes);
        if words > 0 {
            self.slot += words;
            self.space = 32;
        }
        if bytes == 0 && words == 0 {
            return;
        }
        self.items.push(Item {
            ast_id: self.number * 1000 + self.items.len() as u64,
            contract: self.name.into(),
            label: label.into(),
            offset: offset as u64,
            slot: slot.to_string(),
            type_id,
            src: Some(self.src.into()),
            renamed_from: renamed_from.map(Into::into),
            retyped_from: retyped_from.map(Into::into),
        });
    }

    fn slots(&self) -> usize {
        let open = self.space != 32 || self.slot == 0;
        self.slot + usize::from(open)
    }
}

/// A type of a label and a size.
pub(crate) fn sized(label: &str, bytes: usize) -> TypeItem {
    TypeItem {
        label: label.into(),
        number_of_bytes: Some(bytes.to_string()),
        ..TypeItem::default()
    }
}
