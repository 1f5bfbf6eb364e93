//! The edges at which a number stops to be taken: between one that a call succeeds with and one that it fails with the
//! edge is looked for by halves. Off by one is seen nowhere else.

use super::random::SplitMix64;
use super::sequence::FuzzCall;
use alloy::dyn_abi::DynSolValue;
use alloy::primitives::{Address, U256};
use std::collections::BTreeMap;

/// Edges that are looked for, at most.
const MOST: usize = 512;

/// A numeric input of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NumericInput {
    Argument(usize),
    Ether,
    Seconds,
}

impl NumericInput {
    /// Lists those of a call, with their values.
    fn list(call: &FuzzCall) -> impl Iterator<Item = (Self, U256)> {
        let arguments = call.arguments.iter().enumerate();
        let arguments = arguments.filter_map(|(at, value)| match value {
            DynSolValue::Uint(number, _) => Some((Self::Argument(at), *number)),
            _ => None,
        });
        let others = [
            (Self::Ether, call.value),
            (Self::Seconds, U256::from(call.seconds)),
        ];
        arguments.chain(others)
    }

    fn set(self, call: &mut FuzzCall, value: U256) {
        match self {
            Self::Argument(at) => {
                if let Some(DynSolValue::Uint(number, _)) = call.arguments.get_mut(at) {
                    *number = value;
                }
            }
            Self::Ether => call.value = value,
            Self::Seconds => call.seconds = value.saturating_to(),
        }
    }
}

/// The knowledge about one number of one function, by caller.
#[derive(Debug)]
struct NumericEdge {
    /// The sequence whose last call succeeded.
    calls: Vec<FuzzCall>,
    succeeds: U256,
    fails: Option<U256>,
}

impl NumericEdge {
    /// Returns true if a number is closer to `other` than what is known.
    fn is_closer(&self, value: U256, other: U256) -> bool {
        let known = self.fails.map(|fails| fails.abs_diff(self.succeeds));
        known.is_none_or(|known| value.abs_diff(other) < known)
    }

    /// Halfway, while there is something between.
    fn halfway(&self) -> Option<U256> {
        let fails = self.fails?;
        let half = fails.abs_diff(self.succeeds) >> 1;
        let halfway = self.succeeds.min(fails).saturating_add(half);
        (!half.is_zero()).then_some(halfway)
    }
}

/// The edges that are looked for, by function, number and caller.
#[derive(Debug, Default)]
pub(super) struct EdgeSearch(BTreeMap<(usize, NumericInput, Address), NumericEdge>);

impl EdgeSearch {
    /// Records how each call of a sequence ended with the version before.
    pub(super) fn record(&mut self, calls: &[FuzzCall], succeeded: &[bool]) {
        for (at, (call, succeeded)) in calls.iter().zip(succeeded).enumerate() {
            for (number, value) in NumericInput::list(call) {
                let key = (call.target, number, call.from);
                let is_full = self.0.len() >= MOST;
                let until_call = || calls.iter().take(at + 1).cloned().collect();
                let Some(edge) = self.0.get_mut(&key) else {
                    if *succeeded && !is_full {
                        let edge = NumericEdge {
                            calls: until_call(),
                            succeeds: value,
                            fails: None,
                        };
                        self.0.insert(key, edge);
                    }
                    continue;
                };
                if *succeeded {
                    if edge.fails.is_some_and(|fails| edge.is_closer(value, fails)) {
                        edge.calls = until_call();
                        edge.succeeds = value;
                    }
                } else if edge.is_closer(value, edge.succeeds) {
                    // What failed may have failed for another reason: then halves lead nowhere, and end.
                    edge.fails = Some(value).filter(|value| *value != edge.succeeds);
                }
            }
        }
    }

    /// Makes a sequence that halves what is between, if something is.
    pub(super) fn next_sequence(&self, random: &mut SplitMix64) -> Option<Vec<FuzzCall>> {
        let open = self
            .0
            .iter()
            .filter_map(|(key, edge)| Some((key.1, edge, edge.halfway()?)));
        let open: Vec<_> = open.collect();
        let (number, edge, halfway) = random.choose(&open)?;
        let mut calls = edge.calls.clone();
        number.set(calls.last_mut()?, *halfway);
        Some(calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_between_what_succeeds_and_what_fails_is_found_by_halves() {
        let call = |number: u64| FuzzCall {
            from: Address::ZERO,
            target: 0,
            arguments: vec![DynSolValue::Uint(U256::from(number), 256)],
            value: U256::ZERO,
            seconds: 0,
            blocks: 0,
        };
        let (mut edges, mut random) = (EdgeSearch::default(), SplitMix64::new(1));
        edges.record(&[call(3), call(u64::MAX)], &[true, false]);
        let mut tried = Vec::new();
        while let Some(calls) = edges.next_sequence(&mut random) {
            let Some(DynSolValue::Uint(number, _)) = calls[0].arguments.first() else {
                panic!("{calls:?}");
            };
            tried.push(*number);
            edges.record(&calls, &[*number <= U256::from(1_000)]);
        }
        assert!(tried.contains(&U256::from(1_000)) && tried.contains(&U256::from(1_001)));
        assert!(tried.len() <= 64, "{}", tried.len());
    }
}
