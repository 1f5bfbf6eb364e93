//! The values that something had, by the version that wrote them.

use imbl::Vector;

/// Values with the version that wrote them, oldest first. A copy shares all but the newest one, so that
/// a value that changed often costs a copy of the state no more than another one.
#[derive(Clone)]
pub(super) struct Versions<T> {
    newest: Option<(u64, T)>,
    older: Vector<(u64, T)>,
}

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self {
            newest: None,
            older: Vector::new(),
        }
    }
}

impl<T: Copy> Versions<T> {
    /// The newest value that is not younger than `at`.
    pub(super) fn at(&self, at: u64) -> Option<T> {
        match self.newest? {
            (version, value) if version <= at => Some(value),
            _ => {
                let order = |(version, _): &(u64, T)| version.cmp(&at);
                let last = match self.older.binary_search_by(order) {
                    Ok(found) => found,
                    Err(place) => place.checked_sub(1)?,
                };
                self.older.get(last).map(|(_, value)| *value)
            }
        }
    }

    /// Writes a value; true when the version is new here.
    pub(super) fn push(&mut self, version: u64, value: T) -> bool {
        let before = self.newest.replace((version, value));
        let new = before.is_none_or(|(newest, _)| newest != version);
        self.older.extend(before.filter(|_| new));
        new
    }

    /// Takes back what a version wrote, if it is the newest.
    pub(super) fn drop_newest(&mut self, version: u64) {
        if self.newest.is_some_and(|(newest, _)| newest == version) {
            self.newest = self.older.pop_back();
        }
    }
}
