//! Variables and types from what a contract says of itself, packed as stylus-sdk packs them.

use std::collections::BTreeMap;

use alloy_primitives::B256;

use super::{Part, Structure, Tree, WORD_BYTES, refused, sized};
use crate::bytes::Bytes;
use crate::error::LayoutError;
use crate::layout::{Item, Layout, Members, TypeItem};

/// A layout in the making.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    layout: Layout,
    /// Ids of structs by what is written of them, and those around them that they may lead back to.
    structs: BTreeMap<(B256, Vec<String>), String>,
    /// Paths, where something may lead back, and ids of those that what is looked at is a part of.
    around: Vec<(Option<String>, String)>,
    /// Fields at the roots of namespaces.
    roots: Vec<Root>,
}

/// A field at the root of a namespace.
#[derive(Debug)]
struct Root {
    /// The text after `erc7201:`.
    namespace: String,
    /// The field, as the namespace's only variable; in place of a struct its members are listed.
    item: Item,
}

impl Assembly {
    /// The layout of a contract whose storage is this.
    pub(super) fn layout(root: &Tree) -> Result<Layout, LayoutError> {
        let mut assembly = Self::default();
        let id = assembly.describe(root)?;
        assembly.namespaces()?;
        Ok(assembly.finish(&id))
    }

    /// Adds a type, and those it is made of, and returns its id.
    fn describe(&mut self, tree: &Tree) -> Result<String, LayoutError> {
        Ok(match tree {
            Tree::Plain(id, item) => self.plain(id, item)?,
            Tree::Map(key, is_zero_extended, value) => {
                let (key, value) = (self.describe(key)?, self.describe(value)?);
                let label = format!("mapping({} => {})", self.label(&key), self.label(&value));
                let item = TypeItem {
                    key: Some(key.clone()),
                    key_extension: is_zero_extended.then(|| "zero".to_owned()),
                    value: Some(value.clone()),
                    ..sized("mapping", &label, WORD_BYTES)
                };
                self.add(format!("t_mapping({key},{value})"), item)
            }
            Tree::Vec(base) => {
                let base = self.describe(base)?;
                let label = format!("{}[]", self.label(&base));
                let item = TypeItem {
                    base: Some(base.clone()),
                    ..sized("dynamic_array", &label, WORD_BYTES)
                };
                self.add(format!("t_array({base})dyn_storage"), item)
            }
            Tree::Array {
                base,
                length,
                words,
            } => {
                let base = self.describe(base)?;
                let label = format!("{}[{length}]", self.label(&base));
                let bytes = Bytes::from(*words) * Bytes::from(32);
                let item = TypeItem {
                    number_of_bytes: Some(bytes.to_string()),
                    base: Some(base.clone()),
                    ..sized("inplace", &label, 0)
                };
                self.add(format!("t_array({base}){length}_storage"), item)
            }
            Tree::Struct(structure) => self.structure(structure)?,
            Tree::Back(path) => {
                let around = self
                    .around
                    .iter()
                    .filter(|(of, _)| of.as_ref() == Some(path));
                match around.collect::<Vec<_>>().as_slice() {
                    [(_, id)] => id.clone(),
                    _ => return Err(refused(format!("a part of {path} outside of it"))),
                }
            }
            // Every entry, and what holds it, would be one and the same.
            Tree::Namespaced(id, _) => {
                return Err(LayoutError::Unlisted {
                    found: format!(
                        "the namespace {id} as an entry, an element, or within another namespace"
                    ),
                    expected: "a namespace as a field of a struct",
                    next: "make it one",
                });
            }
        })
    }

    /// Adds a type without parts. Two types of one name and two sizes are told apart nowhere.
    fn plain(&mut self, id: &str, item: &TypeItem) -> Result<String, LayoutError> {
        let known = self.layout.types.get(id);
        let Some(known) = known.filter(|known| *known != item) else {
            return Ok(self.add(id.to_owned(), item.clone()));
        };
        let size = |item: &TypeItem| item.number_of_bytes.clone().unwrap_or_default();
        let (names, sizes) = ((&item.label, &known.label), (size(item), size(known)));
        Err(LayoutError::Unlisted {
            found: format!(
                "the names {:?} and {:?} for types of {} and {} bytes",
                names.0, names.1, sizes.0, sizes.1
            ),
            expected: "a name of its own for each type that only its author knows",
            next: "give one of them another name: opaque = \"...\"",
        })
    }

    fn structure(&mut self, structure: &Structure) -> Result<String, LayoutError> {
        let around = self.around.iter().filter(|_| !structure.is_closed);
        let around = around.map(|(_, id)| id.clone()).collect();
        let key = (structure.written, around);
        if let Some(id) = self.structs.get(&key) {
            return Ok(id.clone());
        }
        let name = &structure.name;
        let number = self.structs.len() + 1;
        let id = format!("t_struct({name}){number}_storage");
        self.structs.insert(key, id.clone());
        let path = (!structure.is_generic).then(|| structure.path.clone());
        self.around.push((path, id.clone()));
        // A placeholder first: a map within may refer back to this type.
        let label = format!("struct {name}");
        let empty = sized("inplace", &label, structure.words * WORD_BYTES);
        self.add(id.clone(), empty.clone());
        let mut packing = Packing::new();
        let mut items = vec![];
        for field in &structure.fields {
            if let Tree::Namespaced(namespace, inside) = &field.tree {
                let type_id = self.namespaced(field, namespace, inside)?;
                let offset = inside.offset_at_root();
                self.roots.push(Root {
                    namespace: namespace.clone(),
                    item: item(structure, field, number, 0, offset, type_id),
                });
                continue;
            }
            let type_id = self.describe(&field.tree)?;
            match packing.location(field) {
                Some((slot, offset)) => {
                    let mut item = item(structure, field, number, slot, offset, type_id);
                    item.ast_id += items.len() as u64;
                    items.push(item);
                }
                None if field.tree.is_nothing() => {}
                None => {
                    return Err(LayoutError::Unlisted {
                        found: format!(
                            "{}.{}, which has no room of its own and does not say where it keeps \
                             its data",
                            name, field.label
                        ),
                        expected: "Erc7201, or the name of a namespace",
                        next: "write Erc7201 out, or add #[layout(erc7201 = \"id\")]",
                    });
                }
            }
        }
        self.around.pop();
        if packing.slots() != structure.words {
            return Err(refused(format!(
                "{name} with fields for {} slots, to which stylus-sdk gives {}",
                packing.slots(),
                structure.words
            )));
        }
        for field in &structure.fields {
            let (claimed, given) = (field.tree.own_bytes(), field.own_bytes());
            if let Some(claimed) = claimed.filter(|claimed| *claimed != given) {
                return Err(refused(format!(
                    "{name}.{} of {claimed} bytes, to which stylus-sdk gives {given}",
                    field.label
                )));
            }
        }
        let item = TypeItem {
            members: Some(Members::Struct(items)),
            ..empty
        };
        Ok(self.add(id, item))
    }

    /// The content at the root of a namespace: the id of its type.
    fn namespaced(&mut self, field: &Part, id: &str, inside: &Tree) -> Result<String, LayoutError> {
        if (field.bytes, field.words) != (0, 0) {
            return Err(refused(format!(
                "{} with room of its own, for the namespace {id}",
                field.label
            )));
        }
        self.describe(inside)
    }

    /// Lists what lies at the roots: all of it is known now, that of a struct which holds its own
    /// namespace as well. Two different things would overwrite each other.
    fn namespaces(&mut self) -> Result<(), LayoutError> {
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        for Root { namespace, item } in std::mem::take(&mut self.roots) {
            let label = format!("{}.{}", item.contract, item.label);
            let members = self.layout.types.get(&item.type_id);
            let items = match members.and_then(|item| item.members.clone()) {
                Some(Members::Struct(items)) => items,
                _ => vec![item],
            };
            let area = format!("erc7201:{namespace}");
            let known = self.layout.namespaces.get(&area);
            if known.is_some_and(|known| *known != items) {
                let owner = owners.get(&namespace).map_or("", String::as_str);
                return Err(LayoutError::Unlisted {
                    found: format!(
                        "{owner} and {label}, both at the root of the namespace {namespace}"
                    ),
                    expected: "one thing at each root",
                    next: "give one that has no data yet a namespace of its own; what is meant to \
                           be shared is one struct, of which it is a field",
                });
            }
            self.layout.namespaces.insert(area, items);
            owners.insert(namespace, label);
        }
        Ok(())
    }

    fn add(&mut self, id: String, item: TypeItem) -> String {
        self.layout.types.insert(id.clone(), item);
        id
    }

    /// A type's label, as an author would write it in Solidity.
    fn label(&self, id: &str) -> String {
        let item = self.layout.types.get(id);
        item.map_or_else(|| id.to_owned(), |item| item.label.clone())
    }

    fn finish(mut self, root: &str) -> Layout {
        let types = &self.layout.types;
        let storage = match types.get(root).and_then(|item| item.members.clone()) {
            Some(Members::Struct(items)) => items,
            _ => vec![],
        };
        // The contract itself is no type that a variable names, unless a map leads back to it.
        let is_named = types.iter().any(|(id, item)| {
            let mut inner = [&item.key, &item.value, &item.base].into_iter().flatten();
            let is_member = matches!(&item.members, Some(Members::Struct(members))
                if members.iter().any(|member| member.type_id == root));
            id != root && (inner.any(|inner| inner == root) || is_member)
        });
        if !is_named {
            self.layout.types.remove(root);
        }
        Layout {
            storage,
            ..self.layout
        }
    }
}

impl Tree {
    /// Returns true if it keeps nothing (`PhantomData`).
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Plain(_, item) if item.label == "phantom" && item.size() == Some(0))
    }

    /// Bytes that it says it takes; `None` where what it is a part of says so.
    fn own_bytes(&self) -> Option<usize> {
        let of_words = |words: usize| words.max(1).saturating_mul(WORD_BYTES);
        match self {
            Self::Plain(_, item) => usize::try_from(item.size()?).ok(),
            Self::Map(..) | Self::Vec(_) => Some(WORD_BYTES),
            Self::Array { words, .. } => Some(of_words(*words)),
            Self::Struct(structure) => Some(of_words(structure.words)),
            Self::Back(_) | Self::Namespaced(..) => None,
        }
    }

    /// Returns its offset in the word at a root, in bytes from the low-order end. `Erc7201` has its value at the word's
    /// high-order end; only a struct packs its fields from the other one.
    fn offset_at_root(&self) -> u64 {
        let bytes = match self {
            Self::Plain(_, item) => item.size().unwrap_or_default(),
            _ => 0,
        };
        match bytes {
            0 => 0,
            bytes => 32_u64.saturating_sub(bytes),
        }
    }
}

impl Part {
    /// Bytes that stylus-sdk gives it.
    fn own_bytes(&self) -> usize {
        match self.words {
            0 => self.bytes,
            words => words.saturating_mul(WORD_BYTES),
        }
    }
}

/// A field of a struct as a variable.
fn item(
    structure: &Structure,
    field: &Part,
    number: usize,
    slot: usize,
    offset: u64,
    type_id: String,
) -> Item {
    Item {
        base: None,
        ast_id: number as u64 * 1000,
        contract: structure.name.clone(),
        label: field.label.clone(),
        offset,
        slot: slot.to_string(),
        type_id,
        src: Some(structure.src.clone()),
        renamed_from: field.renamed_from.clone(),
        retyped_from: field.retyped_from.clone(),
    }
}

/// The packing of `#[storage]`: a field that does not fit begins a new slot, a multi-slot one ends
/// its last slot.
struct Packing {
    slot: usize,
    /// Free bytes of the slot, at its high-order end.
    space: usize,
}

impl Packing {
    fn new() -> Self {
        Self { slot: 0, space: 32 }
    }

    /// Slot and offset of the next field; `None` if it takes no room.
    fn location(&mut self, field: &Part) -> Option<(usize, u64)> {
        let bytes = field.bytes.min(32);
        if self.space < bytes {
            self.space = 32;
            self.slot += 1;
        }
        self.space -= bytes;
        let (slot, offset) = (self.slot, 32 - self.space - bytes);
        if field.words > 0 {
            self.slot = self.slot.saturating_add(field.words);
            self.space = 32;
        }
        (bytes > 0 || field.words > 0).then_some((slot, offset as u64))
    }

    fn slots(&self) -> usize {
        let is_open = self.space != 32 || self.slot == 0;
        self.slot.saturating_add(usize::from(is_open))
    }
}
