//! The layout that a contract carries in its module: from the bytes that `kind/encode.rs`
//! describes to variables and types.

mod assemble;
mod paths;

use std::collections::BTreeSet;

use stylus_upgrades_interface::sections::{LAYOUT_FORMAT as FORMAT, tag};

use crate::error::LayoutError;
use crate::layout::Layout;
use assemble::Assembly;

/// Bytes of a section: a thousand times what a large contract takes.
const SECTION_MAX: usize = 4 << 20;
/// Types within types that are followed.
const DEEPEST: usize = 64;
/// Fields of a layout, all of them.
const FIELDS_MAX: usize = 100_000;

/// What a storage type or a key consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    Value {
        label: String,
        bytes: usize,
    },
    Text(String),
    TextKey(String),
    Map(Box<Tree>, bool, Box<Tree>),
    Vec(Box<Tree>),
    Array {
        base: Box<Tree>,
        length: usize,
        words: usize,
    },
    Opaque {
        name: String,
        bytes: usize,
    },
    Struct(Structure),
    /// A struct that this one is a part of.
    Back(String),
    Namespaced(String, Box<Tree>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Structure {
    name: String,
    /// No other struct has the same: its path, or what was written of one with parameters.
    key: Vec<u8>,
    is_generic: bool,
    src: String,
    words: usize,
    fields: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    label: String,
    bytes: usize,
    words: usize,
    renamed_from: Option<String>,
    retyped_from: Option<String>,
    tree: Tree,
}

impl Layout {
    /// Reads the custom section [`LAYOUT`](stylus_upgrades_interface::sections::LAYOUT) of a contract's module; `None` if it holds
    /// nothing.
    ///
    /// # Errors
    /// [`LayoutError::Section`] if the bytes are of another format, damaged, contradict
    /// stylus-sdk, or hold the layouts of several different contracts.
    pub fn from_section(bytes: &[u8]) -> Result<Option<Self>, LayoutError> {
        let found = read(bytes)?;
        if let Some(tree) = &found {
            paths::require_one_struct_each(tree)?;
        }
        found.as_ref().map(Assembly::layout).transpose()
    }

    /// The name of the struct that the section describes; `None` if it describes none. It has to be the
    /// entrypoint's, which the section cannot know: any struct may claim to be top-level storage.
    ///
    /// # Errors
    /// As [`Layout::from_section`].
    pub fn struct_of_section(bytes: &[u8]) -> Result<Option<String>, LayoutError> {
        Ok(match read(bytes)? {
            Some(Tree::Struct(structure)) => Some(structure.name),
            _ => None,
        })
    }

    /// The layout of a storage struct that is linked in.
    ///
    /// # Panics
    /// If the fields do not take the slots that the SDK gives the struct: then a field's
    /// `SLOT_BYTES` or `REQUIRED_SLOTS` is not what its `StorageType` uses. If two different
    /// structs claim a namespace.
    #[cfg(feature = "sdk")]
    pub fn of<T: stylus_upgradeable::layout::StorageLayout>() -> Self {
        match Self::from_section(&stylus_upgradeable::layout::kind::section::<T>()) {
            Ok(Some(layout)) => layout,
            Ok(None) => panic!("{} has no layout", core::any::type_name::<T>()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The one contract that a section describes, however often.
fn read(bytes: &[u8]) -> Result<Option<Tree>, LayoutError> {
    if bytes.len() > SECTION_MAX {
        return Err(refused(format!(
            "{} bytes; a layout has {SECTION_MAX} at most",
            bytes.len()
        )));
    }
    let mut input = Input {
        bytes,
        at: 0,
        fields: 0,
    };
    let mut found: Option<Tree> = None;
    while input.at < bytes.len() {
        let tree = input.entry()?;
        match &found {
            Some(other) if *other != tree => {
                return Err(refused("two storage structs that are both the entrypoint"));
            }
            _ => found = Some(tree),
        }
    }
    Ok(found)
}

fn refused(reason: impl Into<String>) -> LayoutError {
    LayoutError::Section {
        reason: reason.into(),
    }
}

/// The bytes that are read.
struct Input<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Fields read so far.
    fields: usize,
}

impl Input<'_> {
    fn entry(&mut self) -> Result<Tree, LayoutError> {
        let length = self.number()?;
        let end = self.at.checked_add(length);
        match self.byte()? {
            FORMAT => {}
            other => {
                return Err(refused(format!(
                    "format {other}; this program reads format {FORMAT}"
                )));
            }
        }
        let tree = self.tree(0)?;
        if end != Some(self.at) {
            return Err(refused("an entry is longer or shorter than it says"));
        }
        Ok(tree)
    }

    fn tree(&mut self, depth: usize) -> Result<Tree, LayoutError> {
        if depth > DEEPEST {
            return Err(refused(format!("types nested more than {DEEPEST} deep")));
        }
        let begin = self.at;
        Ok(match self.byte()? {
            tag::VALUE => {
                let (mut label, number) = (self.text()?, self.number()?);
                if number > 0 {
                    label.push_str(&number.to_string());
                }
                Tree::Value {
                    label,
                    bytes: self.number()?,
                }
            }
            tag::TEXT => Tree::Text(self.text()?),
            tag::TEXT_KEY => Tree::TextKey(self.text()?),
            tag::MAP => {
                let key = self.tree(depth + 1)?.into();
                let is_zero_extended = self.byte()? != 0;
                Tree::Map(key, is_zero_extended, self.tree(depth + 1)?.into())
            }
            tag::VEC => Tree::Vec(self.tree(depth + 1)?.into()),
            tag::ARRAY => Tree::Array {
                base: self.tree(depth + 1)?.into(),
                length: self.number()?,
                words: self.number()?,
            },
            tag::OPAQUE => Tree::Opaque {
                name: self.text()?,
                bytes: self.number()?,
            },
            tag::STRUCT => Tree::Struct(self.structure(begin, depth)?),
            tag::BACK => Tree::Back(self.text()?),
            tag::NAMESPACED => Tree::Namespaced(self.text()?, self.tree(depth + 1)?.into()),
            other => return Err(refused(format!("a kind of type with number {other}"))),
        })
    }

    fn structure(&mut self, begin: usize, depth: usize) -> Result<Structure, LayoutError> {
        let (name, path, src) = (self.text()?, self.text()?, self.text()?);
        let is_generic = self.byte()? != 0;
        let (words, count) = (self.number()?, self.number()?);
        let mut fields = Vec::new();
        for _ in 0..count {
            self.fields += 1;
            if self.fields > FIELDS_MAX {
                return Err(refused(format!("more than {FIELDS_MAX} fields")));
            }
            fields.push(Part {
                label: self.text()?,
                bytes: self.number()?,
                words: self.number()?,
                renamed_from: self.maybe()?,
                retyped_from: self.maybe()?,
                tree: self.tree(depth + 1)?,
            });
        }
        let labels: BTreeSet<&str> = fields.iter().map(|field| field.label.as_str()).collect();
        if labels.len() != fields.len() {
            return Err(refused(format!("two fields of {name} with one name")));
        }
        let key = match is_generic {
            true => self.bytes.get(begin..self.at).unwrap_or_default().to_vec(),
            false => path.into_bytes(),
        };
        Ok(Structure {
            name,
            key,
            is_generic,
            src,
            words,
            fields,
        })
    }

    fn byte(&mut self) -> Result<u8, LayoutError> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte.ok_or_else(|| refused("it ends in the middle"))
    }

    fn number(&mut self) -> Result<usize, LayoutError> {
        let mut number = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // no contract has more: its own addresses have 32 bits
                let number = u32::try_from(number).map_err(|_| refused("a number too large"))?;
                return usize::try_from(number).map_err(|_| refused("a number too large"));
            }
        }
        Err(refused("a number too large"))
    }

    fn text(&mut self) -> Result<String, LayoutError> {
        let length = self.number()?;
        self.letters(length)
    }

    fn maybe(&mut self) -> Result<Option<String>, LayoutError> {
        match self.number()?.checked_sub(1) {
            None => Ok(None),
            Some(length) => self.letters(length).map(Some),
        }
    }

    fn letters(&mut self, length: usize) -> Result<String, LayoutError> {
        let end = self.at.saturating_add(length);
        let bytes = self.bytes.get(self.at..end);
        let bytes = bytes.ok_or_else(|| refused("it ends in the middle"))?;
        let text = std::str::from_utf8(bytes).map_err(|error| refused(error.to_string()))?;
        self.at = end;
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests;
