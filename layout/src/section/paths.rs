//! One path, one struct. A struct is known by its path, which names its package and its version; where
//! two packages say the same of themselves, no layout can be built of both.

use std::collections::BTreeMap;

use super::{Part, Structure, Tree};
use crate::error::LayoutError;

/// Errors where a path stands for two different structs.
pub(super) fn require_one_struct_each(root: &Tree) -> Result<(), LayoutError> {
    Known::default().tree(root)
}

/// Structs without parameters, by their paths.
#[derive(Default)]
struct Known<'t>(BTreeMap<&'t [u8], &'t Structure>);

impl<'t> Known<'t> {
    fn tree(&mut self, tree: &'t Tree) -> Result<(), LayoutError> {
        match tree {
            Tree::Map(key, _, value) => {
                self.tree(key)?;
                self.tree(value)
            }
            Tree::Vec(base) | Tree::Array { base, .. } => self.tree(base),
            Tree::Namespaced(_, inside) => self.tree(inside),
            Tree::Struct(structure) => self.structure(structure),
            Tree::Value { .. }
            | Tree::Text(_)
            | Tree::TextKey(_)
            | Tree::Opaque { .. }
            | Tree::Back(_) => Ok(()),
        }
    }

    fn structure(&mut self, structure: &'t Structure) -> Result<(), LayoutError> {
        if !structure.is_generic {
            let known = *self.0.entry(&structure.key).or_insert(structure);
            if !is_alike(known, structure) {
                let path = String::from_utf8_lossy(&structure.key);
                return Err(LayoutError::Unlisted {
                    found: format!("two different structs that are both {path}"),
                    expected: "one struct of that package, version and line",
                    next: "give one of the packages another name or version",
                });
            }
        }
        structure
            .fields
            .iter()
            .try_for_each(|field| self.tree(&field.tree))
    }
}

/// Whether two structs have the same fields. Structs within count by their paths.
fn is_alike(one: &Structure, other: &Structure) -> bool {
    let head = |it: &Structure| (it.name.clone(), it.src.clone(), it.words, it.fields.len());
    let fields = one.fields.iter().zip(&other.fields);
    head(one) == head(other) && { fields }.all(|(a, b)| is_same_field(a, b))
}

fn is_same_field(one: &Part, other: &Part) -> bool {
    let head = |it: &Part| {
        let declared = (it.renamed_from.clone(), it.retyped_from.clone());
        (it.label.clone(), it.bytes, it.words, declared)
    };
    head(one) == head(other) && is_same(&one.tree, &other.tree)
}

fn is_same(one: &Tree, other: &Tree) -> bool {
    match (one, other) {
        (Tree::Map(k, x, v), Tree::Map(l, y, w)) => x == y && is_same(k, l) && is_same(v, w),
        (Tree::Vec(a), Tree::Vec(b)) => is_same(a, b),
        (
            Tree::Array {
                base: a,
                length: m,
                words: v,
            },
            Tree::Array {
                base: b,
                length: n,
                words: w,
            },
        ) => (m, v) == (n, w) && is_same(a, b),
        (Tree::Namespaced(i, a), Tree::Namespaced(j, b)) => i == j && is_same(a, b),
        (Tree::Struct(a), Tree::Struct(b)) if a.is_generic && b.is_generic => is_alike(a, b),
        (a, b) => match (path(a), path(b)) {
            (None, None) => a == b,
            (a, b) => a == b,
        },
    }
}

/// The path of a struct without parameters, whether it is written out or led back to.
fn path(tree: &Tree) -> Option<&[u8]> {
    match tree {
        Tree::Struct(structure) if !structure.is_generic => Some(&structure.key),
        Tree::Back(path) => Some(path.as_bytes()),
        _ => None,
    }
}
