//! What allows a hazard: a tag in the sources, and whose word that is.

use super::HazardKind;
use crate::layout::annotations::{Sources, allowed};
use crate::layout::nodes::Declared;
use serde_json::Value;

/// Whose word allows a hazard, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AllowedBy {
    /// Nobody's.
    Nobody,
    /// That of who wrote the contract.
    Author,
    /// That of OpenZeppelin: tag and hazard, and all that is called in between, stand in files as they published them.
    Published,
}

/// The tags of a compiler's input.
pub(super) struct Tags<'v> {
    sources: Sources<'v>,
}

impl<'v> Tags<'v> {
    /// Those of a build-info.
    pub(super) fn of(info: &'v Value) -> Self {
        Self {
            sources: Sources::of(info),
        }
    }

    /// Whose word what stands in a file can be, at most.
    pub(super) fn writer(&self, file: &str) -> AllowedBy {
        if self.sources.is_published(file) {
            AllowedBy::Published
        } else {
            AllowedBy::Author
        }
    }

    /// Whose word allows a kind at a declaration, there or in what is called from it.
    pub(super) fn allow(&self, one: &Declared<'_>, kind: HazardKind) -> AllowedBy {
        let text = self.sources.documentation(one.node, one.file);
        let (here, below) = allowed(&text);
        let is_allowed = here.contains(&kind.name()) || below.contains(&kind.name());
        self.word(one, is_allowed)
    }

    /// Whose word allows a kind in what is called from a declaration.
    pub(super) fn allow_below(&self, one: &Declared<'_>, kind: HazardKind) -> AllowedBy {
        let text = self.sources.documentation(one.node, one.file);
        self.word(one, allowed(&text).1.contains(&kind.name()))
    }

    fn word(&self, one: &Declared<'_>, is_allowed: bool) -> AllowedBy {
        match is_allowed {
            true => self.writer(one.file),
            false => AllowedBy::Nobody,
        }
    }
}
