//! The values that something had, by the version that wrote them.

use super::PersistentMap;
use std::{hash::Hash, sync::Arc};

/// Most older values that a write copies, where a copy of the state shares them.
const CHUNK: usize = 128;

/// Values with the version that wrote them. A copy shares all but the newest one, so that a value that
/// changed often costs a copy of the state no more than another one.
#[derive(Clone)]
pub(super) struct Versions<T> {
    newest: Option<(u64, T)>,
    /// `None` while there was one value only, as for most keys.
    older: Option<Arc<Older<T>>>,
}

/// Older values, oldest first, and those before them.
#[derive(Clone)]
struct Older<T> {
    values: Vec<(u64, T)>,
    before: Option<Arc<Self>>,
}

/// One after the other: each would end the one before it in its own end, so that many need more stack than a thread
/// has.
impl<T> Drop for Older<T> {
    fn drop(&mut self) {
        let mut before = self.before.take();
        while let Some(mut chunk) = before.and_then(Arc::into_inner) {
            before = chunk.before.take();
        }
    }
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
        let (version, newest) = self.newest?;
        if version <= at {
            return Some(newest);
        }
        let mut older = self.older.as_deref();
        while let Some(chunk) = older {
            let count = chunk.values.partition_point(|(version, _)| *version <= at);
            if let Some(last) = count.checked_sub(1) {
                return chunk.values.get(last).map(|(_, value)| *value);
            }
            older = chunk.before.as_deref();
        }
        None
    }

    fn push(&mut self, version: u64, value: T) -> bool {
        let before = self.newest.replace((version, value));
        let new = before.is_none_or(|(newest, _)| newest != version);
        match (before.filter(|_| new), &mut self.older) {
            (None, _) => {}
            (Some(before), Some(chunk)) if chunk.values.len() < CHUNK => {
                Arc::make_mut(chunk).values.push(before);
            }
            (Some(newest), older) => {
                let (values, before) = (vec![newest], older.take());
                *older = Some(Arc::new(Older { values, before }));
            }
        }
        new
    }

    /// Takes back what a version wrote, if it is the newest.
    pub(super) fn drop_newest(&mut self, version: u64) {
        if self.newest.is_none_or(|(newest, _)| newest != version) {
            return;
        }
        self.newest = None;
        if let Some(mut chunk) = self.older.take() {
            let last = Arc::make_mut(&mut chunk);
            self.newest = last.values.pop();
            self.older = if last.values.is_empty() {
                last.before.take()
            } else {
                Some(chunk)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Versions};
    use std::thread::Builder;

    /// Bytes of the stack of a thread that asks for no other.
    const STACK: usize = 2 << 20;

    #[test]
    fn a_key_that_five_million_blocks_wrote_needs_no_stack_of_its_own() {
        let last = 40_000 * CHUNK as u64;
        let test = move || {
            let mut versions = Versions {
                newest: None,
                older: None,
            };
            for version in 0..=last {
                assert!(versions.push(version, ()));
            }
            // One that is shared lasts.
            let copy = versions.clone();
            drop(versions);
            assert!(copy.at(0).is_some() && copy.at(last).is_some());
        };
        let thread = Builder::new().stack_size(STACK).spawn(test);
        thread.expect("a thread").join().expect("it ends");
    }
}
