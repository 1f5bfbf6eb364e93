//! The smallest sequence that shows a difference: first with fewer calls, then with simpler values.

use super::FuzzError;
use super::bench::Bench;
use super::difference::{Difference, Key, Kind};
use super::sequence::Call;
use super::values::simpler;
use alloy::primitives::U256;
use std::collections::BTreeSet;

/// Sequences that are tried, at most.
const TRIES: usize = 400;

/// A sequence that shows a difference, and the difference as it shows it.
pub(super) struct Smallest {
    pub(super) calls: Vec<Call>,
    pub(super) difference: Difference,
    /// Other variables that differ behind it.
    pub(super) also: BTreeSet<String>,
    key: Key,
    tries: usize,
}

impl Smallest {
    /// Makes the sequence smaller as long as it shows the same.
    pub(super) fn of(
        bench: &mut Bench<'_>,
        calls: Vec<Call>,
        difference: Difference,
        known: &BTreeSet<Key>,
    ) -> Result<Self, FuzzError> {
        let mut one = Self {
            key: difference.key(),
            calls,
            difference,
            also: BTreeSet::new(),
            tries: 0,
        };
        if let Some(at) = one.difference.at {
            one.calls.truncate(at + 1);
        }
        one.with_fewer_calls(bench, known)?;
        one.with_simpler_values(bench, known)?;
        one.with_fewer_calls(bench, known)?;
        one.look_further(bench, known)?;
        Ok(one)
    }

    /// What it is known by, and the others that came with it.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let also = self.also.iter().cloned();
        let also = also.map(|name| (Kind::Variable, name));
        std::iter::once(self.key.clone()).chain(also)
    }

    /// Notes which other variables differ behind the same calls: they are no findings of their own.
    fn look_further(
        &mut self,
        bench: &mut Bench<'_>,
        known: &BTreeSet<Key>,
    ) -> Result<(), FuzzError> {
        let mut known = known.clone();
        known.insert(self.key.clone());
        while let Some(other) = bench.run(&self.calls, &known)?.difference {
            known.insert(other.key());
            if other.kind == Kind::Variable {
                self.also.insert(other.subject);
            }
        }
        Ok(())
    }

    fn with_fewer_calls(
        &mut self,
        bench: &mut Bench<'_>,
        known: &BTreeSet<Key>,
    ) -> Result<(), FuzzError> {
        let mut at = self.calls.len();
        while at > 0 {
            at -= 1;
            let mut fewer = self.calls.clone();
            fewer.remove(at);
            self.takes(bench, fewer, known)?;
            at = at.min(self.calls.len());
        }
        Ok(())
    }

    fn with_simpler_values(
        &mut self,
        bench: &mut Bench<'_>,
        known: &BTreeSet<Key>,
    ) -> Result<(), FuzzError> {
        for at in 0..self.calls.len() {
            while let Some(call) = self.calls.get(at).cloned() {
                let mut is_simpler = false;
                for candidate in simpler_calls(&call) {
                    let mut calls = self.calls.clone();
                    calls[at] = candidate;
                    if self.takes(bench, calls, known)? {
                        is_simpler = true;
                        break;
                    }
                }
                if !is_simpler {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Whether a sequence shows the same: then it is taken.
    fn takes(
        &mut self,
        bench: &mut Bench<'_>,
        calls: Vec<Call>,
        known: &BTreeSet<Key>,
    ) -> Result<bool, FuzzError> {
        self.tries += 1;
        if self.tries > TRIES {
            return Ok(false);
        }
        let shown = bench.run(&calls, known)?;
        let same = shown.difference.filter(|one| one.key() == self.key);
        let Some(difference) = same else {
            return Ok(false);
        };
        (self.calls, self.difference) = (calls, difference);
        if let Some(at) = self.difference.at {
            self.calls.truncate(at + 1);
        }
        Ok(true)
    }
}

/// The same call with less time before it, less ether, or one argument simpler.
fn simpler_calls(call: &Call) -> Vec<Call> {
    let mut all = Vec::new();
    if (call.seconds, call.blocks) != (0, 0) {
        for (seconds, blocks) in [
            (0, 0),
            (call.seconds, 0),
            (call.seconds / 2, call.blocks / 2),
        ] {
            let is_less = (seconds, blocks) != (call.seconds, call.blocks);
            all.extend(is_less.then(|| Call {
                seconds,
                blocks,
                ..call.clone()
            }));
        }
    }
    for value in [U256::ZERO, U256::ONE, call.value >> 1] {
        let is_less = value < call.value;
        all.extend(is_less.then(|| Call {
            value,
            ..call.clone()
        }));
    }
    for (at, argument) in call.arguments.iter().enumerate() {
        for value in simpler(argument) {
            let mut one = call.clone();
            one.arguments[at] = value;
            all.push(one);
        }
    }
    all
}
