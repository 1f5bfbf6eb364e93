//! The values that something had, by the version that wrote them.

use super::PersistentMap;
use rpds::VectorSync;
use std::hash::Hash;

/// Values with the version that wrote them, oldest first. A copy shares all but the newest one, so that
/// a value that changed often costs a copy of the state no more than another one.
#[derive(Clone)]
pub(super) struct Versions<T> {
    newest: Option<(u64, T)>,
    /// `None` while there was one value only, as for most keys.
    older: Option<VectorSync<(u64, T)>>,
}

/// Writes the value of a key; true when the version is new there.
pub(super) fn write<K: Clone + Eq + Hash, T: Copy>(
    all: &mut PersistentMap<K, Versions<T>>,
    key: K,
    version: u64,
    value: T,
) -> bool {
    if let Some(versions) = all.get_mut(&key) {
        return versions.push(version, value);
    }
    let first = Versions {
        newest: Some((version, value)),
        older: None,
    };
    all.insert_mut(key, first);
    true
}

impl<T: Copy> Versions<T> {
    /// The newest value that is not younger than `at`.
    pub(super) fn at(&self, at: u64) -> Option<T> {
        match self.newest? {
            (version, value) if version <= at => Some(value),
            _ => older_at(self.older.as_ref()?, at),
        }
    }

    fn push(&mut self, version: u64, value: T) -> bool {
        let before = self.newest.replace((version, value));
        let new = before.is_none_or(|(newest, _)| newest != version);
        if let Some(before) = before.filter(|_| new) {
            self.older.get_or_insert_default().push_back_mut(before);
        }
        new
    }

    /// Takes back what a version wrote, if it is the newest.
    pub(super) fn drop_newest(&mut self, version: u64) {
        if self.newest.is_some_and(|(newest, _)| newest == version) {
            let older = self.older.as_mut();
            self.newest = older.and_then(|older| {
                let newest = older.last().copied();
                older.drop_last_mut();
                newest
            });
        }
    }
}

/// The last value that is not younger than `at`, by binary search.
fn older_at<T: Copy>(older: &VectorSync<(u64, T)>, at: u64) -> Option<T> {
    let (mut known, mut end) = (None, older.len());
    let mut start = 0;
    while start < end {
        let middle = start.midpoint(end);
        match older.get(middle)? {
            (version, value) if *version <= at => (known, start) = (Some(*value), middle + 1),
            _ => end = middle,
        }
    }
    known
}
