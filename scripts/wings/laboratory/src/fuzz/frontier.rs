//! The newest call of each function that went where none did: what it compares byte by byte is found by changing its
//! arguments byte by byte.

use super::random::SplitMix64;
use super::sequence::FuzzCall;
use alloy::dyn_abi::DynSolValue;
use std::collections::BTreeMap;

/// Other values that a byte has.
const OTHERS: usize = u8::MAX as usize;
/// Changes of one call that are tried unless its function goes somewhere new, at most.
const TRIES: usize = 4_096;

/// A call, at the end of its sequence.
#[derive(Debug, Default)]
struct FrontierCall {
    calls: Vec<FuzzCall>,
    /// The change that is tried next: all of one byte, then those of the next one.
    next: usize,
    tried: usize,
}

/// The calls by function.
#[derive(Debug, Default)]
pub(super) struct CoverageFrontier(BTreeMap<usize, FrontierCall>);

impl CoverageFrontier {
    /// Records a sequence whose last call went where none did. It continues after the byte that was changed last.
    pub(super) fn record(&mut self, calls: &[FuzzCall]) {
        if let Some(last) = calls.last() {
            let known = self.0.entry(last.target).or_default();
            *known = FrontierCall {
                calls: calls.to_vec(),
                next: known.next.next_multiple_of(OTHERS),
                tried: 0,
            };
        }
    }

    /// Makes one of the sequences with another byte; nothing where all were tried, or have none.
    pub(super) fn next_sequence(&mut self, random: &mut SplitMix64) -> Option<Vec<FuzzCall>> {
        let open: Vec<usize> = self.0.keys().copied().collect();
        let target = *random.choose(&open)?;
        let known = self.0.get_mut(&target)?;
        let mut calls = known.calls.clone();
        let mut bytes: Vec<&mut u8> = calls
            .last_mut()?
            .arguments
            .iter_mut()
            .flat_map(bytes)
            .collect();
        let most = TRIES.min(OTHERS * bytes.len());
        if known.tried >= most {
            self.0.remove(&target);
            return None;
        }
        let at = known.next / OTHERS % bytes.len();
        *bytes[at] ^= (known.next % OTHERS) as u8 + 1;
        known.next += 1;
        known.tried += 1;
        Some(calls)
    }
}

/// The bytes of an argument. Numbers are compared as a whole: their edges are looked for otherwise.
fn bytes(value: &mut DynSolValue) -> &mut [u8] {
    match value {
        DynSolValue::FixedBytes(word, size) => &mut word[..*size],
        DynSolValue::Bytes(bytes) => bytes,
        _ => &mut [],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, B256, U256};

    #[test]
    fn what_is_compared_byte_by_byte_is_found_byte_by_byte() {
        let call = FuzzCall {
            from: Address::ZERO,
            target: 3,
            arguments: vec![
                DynSolValue::Bool(true),
                DynSolValue::FixedBytes(B256::ZERO, 4),
            ],
            value: U256::ZERO,
            seconds: 0,
            blocks: 0,
        };
        let (mut frontier, mut random) = (CoverageFrontier::default(), SplitMix64::new(1));
        frontier.record(&[call]);
        let wanted = [0x12, 0xff, 0x01, 0x34];
        let (mut equal, mut tried) = (0, 0);
        while let Some(mut calls) = frontier.next_sequence(&mut random) {
            tried += 1;
            let given = bytes(&mut calls[0].arguments[1]);
            let known = given
                .iter()
                .zip(wanted)
                .take_while(|(byte, wanted)| **byte == *wanted);
            let known = known.count();
            if known > equal {
                equal = known;
                frontier.record(&calls);
            }
        }
        assert_eq!(equal, wanted.len());
        // Four bytes are found, and all changes of the last call are in vain.
        assert!(tried <= 8 * OTHERS, "{tried}");
    }
}
