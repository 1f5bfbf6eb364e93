//! Compiled programs.

use crate::{CountedCode, HashPreimages};
use alloy_primitives::{B256, Bytes, map::HashMap};
use std::collections::{BTreeMap, btree_map::Entry};
use stylus_vm::{BasicBlock, Program};

/// Bytes of instrumented modules whose compiled programs are kept; the programs themselves take
/// less than half a gigabyte then.
const CAPACITY: usize = 64 << 20;

/// Compiled programs by code hash and Stylus version. Not state: whether a program may run is
/// decided by its record alone.
#[derive(Default)]
pub(crate) struct ProgramCache {
    programs: HashMap<(B256, u16), Program>,
    bytes: usize,
    /// The number of runs of each program's blocks, by code hash, while that is counted.
    runs: Option<BTreeMap<B256, Vec<BasicBlock>>>,
    /// The number of runs of each EVM code's instructions, by code hash, while that is counted.
    codes: Option<BTreeMap<B256, CountedCode>>,
    /// The inputs of hashes, while they are recorded.
    preimages: Option<HashPreimages>,
}

impl ProgramCache {
    /// From now on counts how often each block of a program runs; gives what was counted until now.
    pub(crate) fn count(&mut self) -> BTreeMap<B256, Vec<BasicBlock>> {
        if self.runs.is_none() {
            self.programs.clear(); // they are compiled without counters
            self.bytes = 0;
        }
        self.runs.replace(BTreeMap::new()).unwrap_or_default()
    }

    /// The same of the instructions of EVM code.
    pub(crate) fn count_instructions(&mut self) -> BTreeMap<B256, CountedCode> {
        self.codes.replace(BTreeMap::new()).unwrap_or_default()
    }

    /// Counts no longer, and gives what was counted until now.
    pub(crate) fn end_instruction_count(&mut self) -> BTreeMap<B256, CountedCode> {
        self.codes.take().unwrap_or_default()
    }

    /// Returns true if instructions of EVM code are counted.
    pub(crate) fn counts_instructions(&self) -> bool {
        self.codes.is_some()
    }

    /// Starts an empty record of hash inputs.
    pub(crate) fn start_preimage_record(&mut self) {
        self.preimages = Some(HashPreimages::default());
    }

    /// Stops the record and returns it; empty if none was started.
    pub(crate) fn end_preimage_record(&mut self) -> HashPreimages {
        self.preimages.take().unwrap_or_default()
    }

    /// Returns true if the inputs of hashes are recorded.
    pub(crate) fn is_recording_preimages(&self) -> bool {
        self.preimages.is_some()
    }

    /// Returns true while anything is counted or recorded.
    pub(crate) fn is_recording(&self) -> bool {
        self.runs.is_some() || self.codes.is_some() || self.preimages.is_some()
    }

    /// Records the input of a hash.
    pub(crate) fn add_preimage(&mut self, hash: B256, preimage: Bytes) {
        if let Some(preimages) = &mut self.preimages {
            preimages.add(hash, preimage);
        }
    }

    /// Adds what one run of EVM code counted, by offset.
    pub(crate) fn stepped(&mut self, code_hash: B256, code: &[u8], runs: Vec<u64>) {
        let Some(codes) = &mut self.codes else {
            return;
        };
        let counted = codes.entry(code_hash).or_insert_with(|| CountedCode {
            code: code.to_vec().into(),
            runs: Vec::new(),
        });
        counted.add(&runs);
    }

    /// Adds what one run counted.
    pub(crate) fn ran(&mut self, code_hash: B256, blocks: Vec<BasicBlock>) {
        match self.runs.as_mut().map(|runs| runs.entry(code_hash)) {
            Some(Entry::Occupied(mut sums)) => {
                for (sum, block) in sums.get_mut().iter_mut().zip(blocks) {
                    sum.runs = sum.runs.saturating_add(block.runs);
                }
            }
            Some(Entry::Vacant(first)) => drop(first.insert(blocks)),
            None => {}
        }
    }

    /// Returns true if blocks of programs are counted.
    pub(crate) fn counts_blocks(&self) -> bool {
        self.runs.is_some()
    }

    pub(crate) fn get(&self, code_hash: B256, version: u16) -> Option<Program> {
        self.programs.get(&(code_hash, version)).cloned()
    }

    /// Keeps a program; forgets all others when there is no room for it beside them. One without
    /// counters is not kept while blocks are counted: it is compiled again before it runs.
    pub(crate) fn insert(&mut self, code_hash: B256, version: u16, program: Program) {
        if self.runs.is_some() && !program.is_counting() {
            return;
        }
        let len = program.instrumented_len();
        if self.bytes.saturating_add(len) > CAPACITY {
            self.programs.clear();
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(len);
        if let Some(old) = self.programs.insert((code_hash, version), program) {
            self.bytes = self.bytes.saturating_sub(old.instrumented_len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stylus_vm::Rules;

    #[test]
    fn compiled_programs_are_bounded_by_their_size() {
        let body = "(drop (i32.const 1))".repeat(30_000);
        let text = format!(
            r#"(module (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param i32) (result i32) {body} (i32.const 0)))"#
        );
        let wasm = wat::parse_str(text).expect("the text assembles");
        let activated = stylus_vm::activate(&wasm, &Rules::for_arbos(60), &mut { u64::MAX });
        let program = activated.expect("it activates").program;
        let fitting = CAPACITY / program.instrumented_len();
        let mut cache = ProgramCache::default();
        for number in 0..2 * fitting as u64 {
            let code_hash = B256::from(alloy_primitives::U256::from(number));
            cache.insert(code_hash, 3, program.clone());
            // The same again takes no more room.
            cache.insert(code_hash, 3, program.clone());
            assert!(cache.get(code_hash, 3).is_some());
            assert!(cache.programs.len() <= fitting, "{number}");
        }
    }
}
