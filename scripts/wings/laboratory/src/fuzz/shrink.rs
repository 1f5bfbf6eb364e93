//! The smallest sequence that shows a difference: first with fewer calls, then with simpler values.

use super::bench::Bench;
use super::difference::{Difference, Kind};
use super::sequence::Call;
use super::values::simpler;
use crate::client::ChainError;
use alloy::primitives::U256;
use std::collections::BTreeSet;

/// Sequences that are tried, at most.
const TRIES: usize = 400;

/// A sequence that shows a difference, and the difference as it shows it.
pub(super) struct Smallest {
    pub(super) calls: Vec<Call>,
    pub(super) difference: Difference,
    /// Other variables that differ after it.
    pub(super) also: BTreeSet<String>,
    tries: usize,
}

impl Smallest {
    /// Makes the sequence smaller as long as it shows the same. What it shows is known from then on, and so are the
    /// other variables that differ after it: they are no findings of their own.
    pub(super) fn of(
        bench: &mut Bench,
        calls: Vec<Call>,
        difference: Difference,
    ) -> Result<Self, ChainError> {
        let mut one = Self {
            calls,
            difference,
            also: BTreeSet::new(),
            tries: 0,
        };
        one.cut();
        one.with_fewer_calls(bench)?;
        one.with_simpler_values(bench)?;
        one.with_fewer_calls(bench)?;
        let mut known = bench.known.clone();
        known.insert(one.difference.key());
        bench.known.insert(one.difference.key());
        while let Some(other) = bench.run(&one.calls)?.difference {
            bench.known.insert(other.key());
            if other.kind == Kind::Variable {
                known.insert(other.key());
                one.also.insert(other.subject);
            }
        }
        bench.known = known;
        Ok(one)
    }

    /// Leaves out the calls after the one that differs.
    fn cut(&mut self) {
        if let Some(at) = self.difference.at {
            self.calls.truncate(at + 1);
        }
    }

    fn with_fewer_calls(&mut self, bench: &mut Bench) -> Result<(), ChainError> {
        let mut at = self.calls.len();
        while at > 0 {
            at -= 1;
            let mut fewer = self.calls.clone();
            fewer.remove(at);
            self.takes(bench, fewer)?;
            at = at.min(self.calls.len());
        }
        Ok(())
    }

    fn with_simpler_values(&mut self, bench: &mut Bench) -> Result<(), ChainError> {
        let mut at = 0;
        while let Some(call) = self.calls.get(at) {
            let mut is_simpler = false;
            for candidate in simpler_calls(call) {
                let mut calls = self.calls.clone();
                calls[at] = candidate;
                is_simpler = self.takes(bench, calls)?;
                if is_simpler {
                    break;
                }
            }
            at += usize::from(!is_simpler);
        }
        Ok(())
    }

    /// Returns true if a sequence shows the same: then it is taken.
    fn takes(&mut self, bench: &mut Bench, calls: Vec<Call>) -> Result<bool, ChainError> {
        self.tries += 1;
        if self.tries > TRIES {
            return Ok(false);
        }
        let shown = bench.run(&calls)?.difference;
        let same = shown.filter(|one| one.key() == self.difference.key());
        let is_taken = same.is_some();
        if let Some(difference) = same {
            (self.calls, self.difference) = (calls, difference);
            self.cut();
        }
        Ok(is_taken)
    }
}

/// The same call with less time before it, less ether, or one argument simpler.
fn simpler_calls(call: &Call) -> Vec<Call> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Call)| {
        let mut one = call.clone();
        change(&mut one);
        all.extend((one != *call).then_some(one));
    };
    add(&|one| (one.seconds, one.blocks) = (0, 0));
    add(&|one| one.blocks = 0);
    add(&|one| (one.seconds, one.blocks) = (one.seconds / 2, one.blocks / 2));
    for value in [U256::ZERO, U256::ONE, call.value >> 1] {
        add(&|one| one.value = value.min(one.value));
    }
    for (at, argument) in call.arguments.iter().enumerate() {
        for value in simpler(argument) {
            add(&|one| one.arguments[at] = value.clone());
        }
    }
    all
}
