//! The compiler's JSON: solc's `storageLayout`, with the additions of `@openzeppelin/upgrades-core`
//! (namespaces, renamedFrom, retypedFrom, members of enums) and one of this framework (keyExtension).

mod bounds;
mod hash;
mod sources;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::error::LayoutError;

/// The place of every variable of a contract.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// The variables that are counted from slot 0, in declaration order.
    pub storage: Vec<Item>,
    /// Every type that a variable, member, key, value or element names, by its id.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub types: BTreeMap<String, TypeItem>,
    /// ERC-7201 namespaces by `erc7201:<id>`, and structs at the hash of a text by the name of its
    /// [`HashRoot`](crate::HashRoot); slots are counted from the root.
    #[serde(
        default,
        deserialize_with = "null_is_empty",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub namespaces: BTreeMap<String, Vec<Item>>,
    /// Storage of the contract that this does not list; `None` where its author did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<Vec<Unlisted>>,
}

/// Something of a contract's storage that its layout does not list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unlisted {
    /// ERC-7201 namespaces: no compiler's `storageLayout` lists one.
    Namespaces,
    /// The same of a compiler, by its version, that does not show them while a source has some.
    NamespacesOf(String),
    /// Storage beside a layout that is not proven, by the places in the sources that may forge it, and the files and
    /// packages that were not searched.
    SlotsByHand(Vec<String>),
    /// Whatever the file left out that the layout was taken from: no build compared it with the code.
    NotBuilt,
}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Namespaces => f.write_str("namespaces not listed"),
            Self::NamespacesOf(compiler) => write!(
                f,
                "namespaces not listed: solc {compiler} does not show the annotations of structs"
            ),
            Self::SlotsByHand(places) => {
                write!(f, "the layout is not proven ({})", places.join(", "))
            }
            Self::NotBuilt => f.write_str(
                "its layout is the word of a file, which no build compared with the code",
            ),
        }
    }
}

/// A variable, or a member of a struct.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// A number that identifies the declaration within its build.
    #[serde(default)]
    pub ast_id: u64,
    /// The contract or struct that declares it.
    #[serde(default)]
    pub contract: String,
    /// Its name.
    pub label: String,
    /// The contract that declares it, where another variable has the same name or may have it: private variables of a
    /// Solidity contract's parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its offset within the slot, in bytes from the low-order end.
    pub offset: u64,
    /// Its first slot, a decimal number; within a struct, from the struct's start.
    pub slot: String,
    /// The id of its type, a key of [`Layout::types`]. [`Storage`](crate::Storage) has its type.
    #[serde(rename = "type")]
    pub(crate) type_id: String,
    /// The file and line of its declaration (`src/lib.rs:12`), for messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src: Option<String>,
    /// The name it had in the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// The type (its label) it had in the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retyped_from: Option<String>,
}

/// A type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeItem {
    /// `inplace`, `mapping`, `dynamic_array` or `bytes`; empty where a tool left it out.
    #[serde(default)]
    pub(crate) encoding: String,
    /// The name of the type, as an author writes it.
    pub label: String,
    /// Its size in place, in bytes, as a decimal number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_bytes: Option<String>,
    /// The key's type id, of a mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `zero` where a mapping with signed keys fills them up with zeros (stylus-sdk) instead of
    /// the sign (Solidity): negative keys live in other slots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_extension: Option<String>,
    /// The value's type id, of a mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The element's type id, of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The members, of a struct or an enum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Members>,
    /// The id of the underlying type of a user-defined value type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underlying: Option<String>,
}

/// The members of a struct or an enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Members {
    /// Of a struct.
    Struct(Vec<Item>),
    /// Of an enum.
    Enum(Vec<String>),
}

impl Item {
    /// Creates a variable of a type, at a slot and an offset in bytes within it.
    pub fn new(
        label: impl Into<String>,
        type_id: impl Into<String>,
        slot: impl ToString,
        offset: u64,
    ) -> Self {
        Self {
            label: label.into(),
            type_id: type_id.into(),
            slot: slot.to_string(),
            offset,
            ..Self::default()
        }
    }
}

impl TypeItem {
    /// Creates a type of an encoding (`inplace`, `mapping`, `dynamic_array` or `bytes`) and a size in bytes.
    pub fn new(
        encoding: impl Into<String>,
        label: impl Into<String>,
        number_of_bytes: impl ToString,
    ) -> Self {
        Self {
            encoding: encoding.into(),
            label: label.into(),
            number_of_bytes: Some(number_of_bytes.to_string()),
            ..Self::default()
        }
    }

    /// The bytes that it takes inline, where they are known.
    pub fn size(&self) -> Option<u64> {
        self.number_of_bytes.as_ref()?.parse().ok()
    }
}

impl Layout {
    /// Reads the compiler's JSON.
    ///
    /// # Errors
    /// [`LayoutError::Json`] if the text is no layout, and those of [`Self::require_in_storage`].
    pub fn from_json(text: &str) -> Result<Self, LayoutError> {
        let layout: Self = serde_json::from_str(text).map_err(|error| LayoutError::Json {
            reason: error.to_string(),
        })?;
        layout.require_in_storage()?;
        Ok(layout)
    }

    /// Returns true if both list the same, whatever is known of what they do not list. What compilers leave out, one of
    /// them may have: which parent declares a variable, what it was before, and what a value type is made of.
    pub fn lists_as(&self, other: &Self) -> bool {
        let listed = |layout: &Self| {
            let mut layout = layout.clone();
            layout.unlisted = None;
            for kind in layout.types.values_mut() {
                kind.underlying = None;
            }
            let members = layout
                .types
                .values_mut()
                .filter_map(|kind| match &mut kind.members {
                    Some(Members::Struct(members)) => Some(members),
                    _ => None,
                });
            let roots = layout.namespaces.values_mut().chain([&mut layout.storage]);
            for item in roots.chain(members).flatten() {
                (item.base, item.renamed_from, item.retyped_from) = (None, None, None);
            }
            layout.hash()
        };
        listed(self) == listed(other)
    }

    /// Returns true if both layouts say the same, including what they do not list. [`Unlisted::NotBuilt`] does not
    /// count, nor do slots that the code computes: no compiler lists those, and older programs recorded them for
    /// Solidity.
    pub fn says_as(&self, other: &Self) -> bool {
        let said = |layout: &Self| {
            let mut layout = layout.clone();
            if let Some(unlisted) = &mut layout.unlisted {
                unlisted.retain(|reason| {
                    !matches!(reason, Unlisted::NotBuilt | Unlisted::SlotsByHand(_))
                });
            }
            layout.hash()
        };
        said(self) == said(other)
    }

    /// The same by the word of a file.
    #[must_use]
    pub fn not_built(mut self, unlisted: Vec<Unlisted>) -> Self {
        let is_said = unlisted.contains(&Unlisted::NotBuilt);
        let said = (!is_said).then_some(Unlisted::NotBuilt);
        self.unlisted = Some(unlisted.into_iter().chain(said).collect());
        self
    }

    /// Fields of types that only their authors know (`#[layout(opaque = ...)]`): of those nothing but the
    /// type's name and size can be compared.
    pub fn opaque_fields(&self) -> Vec<String> {
        let is_opaque = |item: &&Item| item.type_id.starts_with("t_opaque_");
        let mut found = Vec::new();
        let own = self.storage.iter().filter(is_opaque);
        found.extend(own.map(|item| item.label.clone()));
        for (namespace, items) in &self.namespaces {
            let items = items.iter().filter(is_opaque);
            found.extend(items.map(|item| format!("{namespace}:{}", item.label)));
        }
        for kind in self.types.values() {
            if let Some(Members::Struct(members)) = &kind.members {
                let name = kind.label.trim_start_matches("struct ");
                let members = members.iter().filter(is_opaque);
                found.extend(members.map(|item| format!("{name}.{}", item.label)));
            }
        }
        found
    }

    /// The compiler's JSON, indented.
    pub fn to_json(&self) -> String {
        // Strings, numbers and maps with text keys: there is nothing that serde_json refuses.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// solc writes `null` for a contract without variables.
fn null_is_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    input: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}
