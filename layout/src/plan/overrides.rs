//! Custom mappings: what an author says about single fields.

use std::collections::{BTreeMap, BTreeSet};

use super::leaves::Leaf;
use super::{Origin, Unsupported};

/// The source of a new field, if it is not the field of its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A field of the old version, by its path.
    Field(String),
    /// Nothing: it starts empty, whatever the old version had under this name.
    Empty,
    /// A Rust expression of type `U256`, of which the field's bytes are the low-order ones. It may
    /// name any value of the old version: `old_` and its path with `_` for what is no letter.
    Code(String),
}

/// Exceptions from the default mapping. A path names a field and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    sources: BTreeMap<String, Source>,
    dropped: BTreeSet<String>,
    has_keys: bool,
}

impl Overrides {
    /// The default mapping.
    pub fn none() -> Self {
        Self::default()
    }

    /// The new field comes from there.
    pub fn with(mut self, field: &str, source: Source) -> Self {
        self.sources.insert(field.into(), source);
        self
    }

    /// The old field's data is given up: its bytes are cleared. Entries of a map or a dynamic
    /// array stay in storage, where nothing can reach them.
    pub fn drop(mut self, old_field: &str) -> Self {
        self.dropped.insert(old_field.into());
        self
    }

    /// The keys of maps are known, as a census finds them: entries of those that move are carried over by them.
    pub fn with_keys(mut self) -> Self {
        self.has_keys = true;
        self
    }

    /// Returns true if the keys of maps are known.
    pub(super) fn has_keys(&self) -> bool {
        self.has_keys
    }

    /// Every path must name something.
    pub(super) fn check(&self, old: &[Leaf<'_>], new: &[Leaf<'_>]) -> Result<(), Unsupported> {
        let is_in = |leaves: &[Leaf<'_>], path: &str| {
            leaves.iter().any(|leaf| below(path, &leaf.path).is_some())
        };
        for (field, source) in &self.sources {
            if !is_in(new, field) {
                return Err(Unsupported::NoSuchField {
                    field: field.clone(),
                    version: "new",
                });
            }
            if let Source::Field(from) = source
                && !is_in(old, from)
            {
                return Err(Unsupported::NoSuchField {
                    field: from.clone(),
                    version: "old",
                });
            }
        }
        match self.dropped.iter().find(|field| !is_in(old, field)) {
            Some(field) => Err(Unsupported::NoSuchField {
                field: field.clone(),
                version: "old",
            }),
            None => Ok(()),
        }
    }

    /// Finds the source of a new leaf, which had the path `before` in the old version. Nothing is taken by itself from
    /// a field of another area that `stays` there.
    pub(super) fn source(
        &self,
        leaf: &Leaf<'_>,
        before: &str,
        old: &[Leaf<'_>],
        stays: impl Fn(&Leaf<'_>) -> bool,
    ) -> Result<Origin<'_>, Unsupported> {
        let closest = self
            .sources
            .iter()
            .filter_map(|(field, source)| Some((field, source, below(field, &leaf.path)?)))
            .max_by_key(|(field, ..)| field.len());
        match closest {
            Some((_, Source::Code(code), _)) => Ok(Origin::Code(code)),
            Some((_, Source::Empty, _)) => Ok(Origin::Nothing),
            Some((_, Source::Field(from), rest)) => {
                find(&format!("{from}{rest}"), leaf, old, |_| false)
            }
            None => match find(before, leaf, old, &stays)? {
                Origin::Nothing => find(&leaf.path, leaf, old, stays),
                found => Ok(found),
            },
        }
    }

    /// Returns true if an old leaf may go unused.
    pub(super) fn gives_up(&self, path: &str) -> bool {
        let replaced = |source: &Source| !matches!(source, Source::Field(_));
        self.dropped
            .iter()
            .any(|field| below(field, path).is_some())
            || self
                .sources
                .iter()
                .any(|(field, source)| replaced(source) && below(field, path).is_some())
    }
}

/// The old leaf of a path: in the same namespace, or else anywhere if there is only one, of those that do not
/// stay there.
fn find<'s>(
    path: &str,
    leaf: &Leaf<'_>,
    old: &[Leaf<'_>],
    stays: impl Fn(&Leaf<'_>) -> bool,
) -> Result<Origin<'s>, Unsupported> {
    let named = || {
        old.iter()
            .enumerate()
            .filter(|(_, other)| other.path == path)
    };
    let near: Vec<usize> = named()
        .filter(|(_, other)| other.area == leaf.area)
        .map(|(at, _)| at)
        .collect();
    let all: Vec<usize> = if near.is_empty() {
        let gone = named().filter(|(_, other)| !stays(other));
        gone.map(|(at, _)| at).collect()
    } else {
        near
    };
    match all.as_slice() {
        [] => Ok(Origin::Nothing),
        [one] => Ok(Origin::Old(*one)),
        _ => Err(Unsupported::Ambiguous {
            field: path.to_owned(),
        }),
    }
}

/// Returns the rest of `path` if it lies at or below `field`.
fn below<'p>(field: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(field)
        .filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
