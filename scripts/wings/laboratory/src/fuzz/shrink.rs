//! The smallest sequence that shows a difference: first with fewer calls, then with simpler values.

use super::difference::{BehaviorDifference, DifferenceKind};
use super::executor::DifferentialExecutor;
use super::sequence::FuzzCall;
use super::values::simpler;
use crate::client::ChainError;
use alloy::primitives::U256;
use std::collections::BTreeSet;

/// Sequences that are tried, at most.
const TRIES: usize = 400;

/// A sequence that shows a difference, and the difference as it shows it.
pub(super) struct MinimalSequence {
    pub(super) calls: Vec<FuzzCall>,
    pub(super) difference: BehaviorDifference,
    /// Other variables that differ after it.
    pub(super) also: BTreeSet<String>,
    tries: usize,
}

impl MinimalSequence {
    /// Makes the sequence smaller as long as it shows the same. What it shows is known from then on, and so are the
    /// other variables that differ after it: they are no findings of their own.
    pub(super) fn shrink(
        executor: &mut DifferentialExecutor,
        calls: Vec<FuzzCall>,
        difference: BehaviorDifference,
    ) -> Result<Self, ChainError> {
        let mut smallest = Self {
            calls,
            difference,
            also: BTreeSet::new(),
            tries: 0,
        };
        smallest.cut();
        smallest.remove_calls(executor)?;
        smallest.simplify_values(executor)?;
        smallest.remove_calls(executor)?;
        let mut known = executor.known.clone();
        known.insert(smallest.difference.key());
        executor.known.insert(smallest.difference.key());
        while let Some(other) = executor.run(&smallest.calls)?.difference {
            executor.known.insert(other.key());
            if other.kind == DifferenceKind::Variable {
                known.insert(other.key());
                smallest.also.insert(other.subject);
            }
        }
        executor.known = known;
        Ok(smallest)
    }

    /// Leaves out the calls after the one that differs.
    fn cut(&mut self) {
        if let Some(at) = self.difference.at {
            self.calls.truncate(at + 1);
        }
    }

    fn remove_calls(&mut self, executor: &mut DifferentialExecutor) -> Result<(), ChainError> {
        let mut at = self.calls.len();
        while at > 0 {
            at -= 1;
            let mut fewer = self.calls.clone();
            fewer.remove(at);
            self.try_replace(executor, fewer)?;
            at = at.min(self.calls.len());
        }
        Ok(())
    }

    fn simplify_values(&mut self, executor: &mut DifferentialExecutor) -> Result<(), ChainError> {
        let mut at = 0;
        while let Some(call) = self.calls.get(at) {
            let mut is_simpler = false;
            for candidate in simpler_calls(call) {
                let mut calls = self.calls.clone();
                calls[at] = candidate;
                is_simpler = self.try_replace(executor, calls)?;
                if is_simpler {
                    break;
                }
            }
            at += usize::from(!is_simpler);
        }
        Ok(())
    }

    /// Replaces the sequence if another one shows the same. Returns true if it did.
    fn try_replace(
        &mut self,
        executor: &mut DifferentialExecutor,
        calls: Vec<FuzzCall>,
    ) -> Result<bool, ChainError> {
        self.tries += 1;
        if self.tries > TRIES {
            return Ok(false);
        }
        let shown = executor.run(&calls)?.difference;
        let same = shown.filter(|shown| shown.key() == self.difference.key());
        let is_replaced = same.is_some();
        if let Some(difference) = same {
            (self.calls, self.difference) = (calls, difference);
            self.cut();
        }
        Ok(is_replaced)
    }
}

/// The same call with less time before it, less ether, or one argument simpler.
fn simpler_calls(call: &FuzzCall) -> Vec<FuzzCall> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut FuzzCall)| {
        let mut changed = call.clone();
        change(&mut changed);
        all.extend((changed != *call).then_some(changed));
    };
    add(&|call| (call.seconds, call.blocks) = (0, 0));
    add(&|call| call.blocks = 0);
    add(&|call| (call.seconds, call.blocks) = (call.seconds / 2, call.blocks / 2));
    for value in [U256::ZERO, U256::ONE, call.value >> 1] {
        add(&|call| call.value = value.min(call.value));
    }
    for (at, argument) in call.arguments.iter().enumerate() {
        for value in simpler(argument) {
            add(&|call| call.arguments[at] = value.clone());
        }
    }
    all
}
