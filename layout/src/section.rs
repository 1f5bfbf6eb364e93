//! The layout that a contract carries in its module: from the bytes that `kind/encode.rs`
//! describes to variables and types.

mod assemble;

use std::collections::BTreeSet;

use alloy_primitives::{B256, keccak256};
use stylus_upgrades_interface::sections::{LAYOUT_FORMAT as FORMAT, tag};

use crate::error::LayoutError;
use crate::input::Input;
use crate::layout::{Layout, TypeItem};
use assemble::Assembly;

/// The section.
const SECTION: &str = "stylus-layout";
/// Bytes of a section: a thousand times what a large contract takes.
const SECTION_MAX: usize = 4 << 20;
/// Bytes of a word.
const WORD_BYTES: usize = 32;
/// Types within types that are followed.
const DEEPEST: usize = 64;
/// Fields of a layout, all of them.
const FIELDS_MAX: usize = 100_000;

/// The structure of a storage type or a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    /// A type without parts: its id, and its description.
    Plain(String, TypeItem),
    Map(Box<Tree>, bool, Box<Tree>),
    Vec(Box<Tree>),
    Array {
        base: Box<Tree>,
        length: usize,
        words: usize,
    },
    Struct(Structure),
    /// A struct that this one is a part of.
    Back(String),
    Namespaced(String, Box<Tree>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Structure {
    name: String,
    /// The path by which a part of it refers back to it.
    path: String,
    /// keccak256 of all that is written of it.
    written: B256,
    /// True if it has parameters: then nothing leads back to it.
    is_generic: bool,
    /// True if nothing in it leads back to what it is a part of.
    is_closed: bool,
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
        read(bytes)?.as_ref().map(Assembly::layout).transpose()
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
}

/// The one contract that a section describes, however often.
fn read(bytes: &[u8]) -> Result<Option<Tree>, LayoutError> {
    let mut input = Input::of(SECTION, bytes, SECTION_MAX)?;
    let (mut found, mut so_far) = (None::<Tree>, Read::default());
    while !input.is_at_end() {
        let tree = input.entry(FORMAT, |input| tree(input, 0, &mut so_far))?;
        match &found {
            Some(other) if *other != tree => {
                return Err(input.refused("two storage structs that are both the entrypoint"));
            }
            _ => found = Some(tree),
        }
    }
    Ok(found)
}

fn refused(reason: impl Into<String>) -> LayoutError {
    LayoutError::Section {
        section: SECTION,
        reason: reason.into(),
    }
}

/// The state of the reading so far.
#[derive(Default)]
struct Read {
    /// The number of fields.
    fields: usize,
    /// Paths of structs that were led back to and are not closed yet.
    back: BTreeSet<String>,
}

fn tree(input: &mut Input<'_>, depth: usize, read: &mut Read) -> Result<Tree, LayoutError> {
    if depth > DEEPEST {
        return Err(input.refused(format!("types nested more than {DEEPEST} deep")));
    }
    let begin = input.at;
    Ok(match input.byte()? {
        tag::VALUE => {
            let (mut label, number) = (input.text()?, input.number()?);
            if number > 0 {
                label.push_str(&number.to_string());
            }
            let item = sized("inplace", &label, input.number()?);
            Tree::Plain(format!("t_{label}"), item)
        }
        tag::TEXT => text(input, "storage")?,
        tag::TEXT_KEY => text(input, "memory_ptr")?,
        tag::MAP => {
            let key = tree(input, depth + 1, read)?.into();
            let is_zero_extended = input.byte()? != 0;
            Tree::Map(key, is_zero_extended, tree(input, depth + 1, read)?.into())
        }
        tag::VEC => Tree::Vec(tree(input, depth + 1, read)?.into()),
        tag::ARRAY => Tree::Array {
            base: tree(input, depth + 1, read)?.into(),
            length: input.number()?,
            words: input.number()?,
        },
        tag::OPAQUE => {
            let (name, bytes) = (input.text()?, input.number()?);
            let id = name.replace(['(', ')', ',', ' '], "_");
            Tree::Plain(format!("t_opaque_{id}"), sized("inplace", &name, bytes))
        }
        tag::STRUCT => Tree::Struct(structure(input, begin, depth, read)?),
        tag::BACK => {
            let path = input.text()?;
            read.back.insert(path.clone());
            Tree::Back(path)
        }
        tag::NAMESPACED => Tree::Namespaced(input.text()?, tree(input, depth + 1, read)?.into()),
        other => return Err(input.refused(format!("a kind of type with number {other}"))),
    })
}

/// `bytes` or `string`, which lies there.
fn text(input: &mut Input<'_>, place: &str) -> Result<Tree, LayoutError> {
    let label = input.text()?;
    let item = sized("bytes", &label, WORD_BYTES);
    Ok(Tree::Plain(format!("t_{label}_{place}"), item))
}

/// A type of a label and a size.
fn sized(encoding: &str, label: &str, bytes: usize) -> TypeItem {
    TypeItem {
        encoding: encoding.into(),
        label: label.into(),
        number_of_bytes: Some(bytes.to_string()),
        ..TypeItem::default()
    }
}

fn structure(
    input: &mut Input<'_>,
    begin: usize,
    depth: usize,
    read: &mut Read,
) -> Result<Structure, LayoutError> {
    let (name, path, src) = (input.text()?, input.text()?, input.text()?);
    let is_generic = input.byte()? != 0;
    let (words, count) = (input.number()?, input.number()?);
    let mut fields = Vec::new();
    let around = std::mem::take(&mut read.back);
    for _ in 0..count {
        read.fields += 1;
        if read.fields > FIELDS_MAX {
            return Err(input.refused(format!("more than {FIELDS_MAX} fields")));
        }
        fields.push(Part {
            label: input.text()?,
            bytes: input.number()?,
            words: input.number()?,
            renamed_from: input.maybe()?,
            retyped_from: input.maybe()?,
            tree: tree(input, depth + 1, read)?,
        });
    }
    let labels: BTreeSet<&str> = fields.iter().map(|field| field.label.as_str()).collect();
    if labels.len() != fields.len() {
        return Err(input.refused(format!("two fields of {name} with one name")));
    }
    if !is_generic {
        read.back.remove(&path);
    }
    let is_closed = read.back.is_empty();
    read.back.extend(around);
    Ok(Structure {
        name,
        path,
        written: keccak256(input.since(begin)),
        is_generic,
        is_closed,
        src,
        words,
        fields,
    })
}

#[cfg(test)]
mod tests;
