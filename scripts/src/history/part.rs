//! Some of a definition's versions and instances: of thousands, those that a page shows.

use super::replay::{Rebuilt, RebuiltInstance, RebuiltVersion};
use std::ops::Range;

/// Questions that are asked at once: an endpoint with limits says when it is too many.
pub(super) const AT_ONCE: usize = 16;

/// Positions, in the order of registration and of creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Of versions.
    pub versions: Range<usize>,
    /// Of instances.
    pub instances: Range<usize>,
}

impl Part {
    /// All of them.
    pub fn whole(rebuilt: &Rebuilt) -> Self {
        Self {
            versions: 0..rebuilt.versions.len(),
            instances: 0..rebuilt.instances.len(),
        }
    }

    /// None of them.
    pub fn nothing() -> Self {
        Self {
            versions: 0..0,
            instances: 0..0,
        }
    }

    /// The versions.
    pub fn versions_of<'a>(&self, rebuilt: &'a Rebuilt) -> &'a [RebuiltVersion] {
        within(&rebuilt.versions, &self.versions)
    }

    /// The instances.
    pub fn instances_of<'a>(&self, rebuilt: &'a Rebuilt) -> &'a [RebuiltInstance] {
        within(&rebuilt.instances, &self.instances)
    }
}

fn within<'a, T>(all: &'a [T], range: &Range<usize>) -> &'a [T] {
    let end = range.end.min(all.len());
    all.get(range.start.min(end)..end).unwrap_or_default()
}
