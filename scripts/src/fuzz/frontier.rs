//! The newest call of each function that went where none did: what it compares byte by byte is found by changing its
//! arguments byte by byte.

use super::random::Random;
use super::sequence::Call;
use super::values::change_byte;
use std::collections::BTreeMap;

/// Changes of one call that are tried before its function goes on somewhere new.
const TRIES: u32 = 4_096;

/// Those calls by function, each at the end of its sequence, with the tries that are left.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    all: BTreeMap<usize, (Vec<Call>, u32)>,
    /// The function that went on last.
    newest: usize,
}

impl Frontier {
    /// Takes over a sequence whose last call went where none did.
    pub(super) fn reached(&mut self, calls: &[Call]) {
        if let Some(last) = calls.last() {
            self.newest = last.target;
            self.all.insert(last.target, (calls.to_vec(), TRIES));
        }
    }

    /// One of them with another byte, mostly of the function that went on last; nothing where all were tried, or have
    /// none.
    pub(super) fn next(&mut self, random: &mut Random) -> Option<Vec<Call>> {
        let open: Vec<usize> = self.all.keys().copied().collect();
        let any = *random.one_of(&open)?;
        let target = match self.all.contains_key(&self.newest) && !random.once_in(4) {
            true => self.newest,
            false => any,
        };
        let (known, tries) = self.all.get_mut(&target)?;
        let mut calls = known.clone();
        let arguments = &mut calls.last_mut()?.arguments;
        let first = random.below(arguments.len());
        let (before, behind) = arguments.split_at_mut(first);
        let mut each = behind.iter_mut().chain(before);
        let is_changed = each.any(|one| change_byte(one, random));
        *tries -= 1;
        if *tries == 0 || !is_changed {
            self.all.remove(&target);
        }
        is_changed.then_some(calls)
    }
}
