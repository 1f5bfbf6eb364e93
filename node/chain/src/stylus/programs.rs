//! Modules and their compiled programs.

use crate::{
    CountedCode,
    arbos::Params,
    evm::{Ctx, load_account},
};
use alloy_primitives::{Address, B256, map::HashMap};
use std::collections::{BTreeMap, btree_map::Entry};
use stylus_vm::{BasicBlock, Program, Rules};

/// Size limit when a program is compiled again: its activation has checked it, bytes.
const RECOMPILE_LIMIT: usize = 16 << 20;
/// Bytes of instrumented modules whose compiled programs are kept; the programs themselves take
/// less than half a gigabyte then.
const CAPACITY: usize = 64 << 20;

/// Compiled programs by code hash and Stylus version. Not state: whether a program may run is
/// decided by its record alone.
#[derive(Default)]
pub(crate) struct ProgramCache {
    programs: HashMap<(B256, u16), Program>,
    bytes: usize,
    /// How often the blocks of each program ran, by code hash, while that is counted.
    runs: Option<BTreeMap<B256, Vec<BasicBlock>>>,
    /// How often the instructions of each EVM code ran, by code hash, while that is counted.
    codes: Option<BTreeMap<B256, CountedCode>>,
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

    /// Whether instructions of EVM code are counted.
    pub(crate) fn counts_instructions(&self) -> bool {
        self.codes.is_some()
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

/// The rules for an activation in this transaction.
pub(crate) fn rules(ctx: &Ctx<'_>, params: &Params, page_limit: u16) -> Rules {
    Rules {
        arbos_version: ctx.chain.arbos_version,
        stylus_version: params.version,
        debug: ctx.chain.debug,
        max_wasm_size: params.wasm_size_limit(),
        page_limit,
    }
}

/// The compiled program of activated code, compiled now if it is not at hand (after loading a
/// saved state).
pub(crate) fn load(
    ctx: &mut Ctx<'_>,
    code_hash: B256,
    code: &[u8],
    params: &Params,
) -> Result<Program, String> {
    if let Some(program) = ctx.chain.programs().get(code_hash, params.version) {
        return Ok(program);
    }
    let wasm = match Root::parse(code) {
        Some(root) => {
            let mut stream = Vec::new();
            for fragment in &root.fragments {
                let code = load_account(ctx, *fragment).code.unwrap_or_default();
                stream.extend_from_slice(code.original_byte_slice().get(3..).unwrap_or_default());
            }
            root.join(&stream)
        }
        None => stylus_vm::decompress(code, RECOMPILE_LIMIT).map_err(|error| error.to_string()),
    }?;
    let rules = rules(ctx, params, u16::MAX);
    let rules = Rules {
        max_wasm_size: RECOMPILE_LIMIT,
        ..rules
    };
    let activate = match ctx.chain.programs().runs {
        Some(_) => stylus_vm::activate_counting,
        None => stylus_vm::activate,
    };
    let activated = activate(&wasm, &rules, &mut { u64::MAX }).map_err(|e| e.to_string())?;
    ctx.chain
        .programs()
        .insert(code_hash, params.version, activated.program.clone());
    Ok(activated.program)
}

/// Code of a fragmented program (ArbOS 60): `EF F0 02 dd LLLLLLLL (addr20)*`.
pub(crate) struct Root {
    pub(crate) dictionary: u8,
    /// Decompressed length that is declared.
    pub(crate) len: usize,
    pub(crate) fragments: Vec<Address>,
}

impl Root {
    /// `None` for other code.
    pub(crate) fn parse(code: &[u8]) -> Option<Self> {
        let rest = code.strip_prefix(&[0xef, 0xf0, 0x02])?;
        let (dictionary, rest) = rest.split_first()?;
        let (len, list) = rest.split_first_chunk::<4>()?;
        if list.len() % 20 != 0 {
            return None;
        }
        Some(Self {
            dictionary: *dictionary,
            len: u32::from_be_bytes(*len) as usize,
            fragments: list.chunks_exact(20).map(Address::from_slice).collect(),
        })
    }

    /// Decompresses the joined payloads of the fragments.
    pub(crate) fn join(&self, stream: &[u8]) -> Result<Vec<u8>, String> {
        let code = [&[0xef, 0xf0, 0x00, self.dictionary], stream].concat();
        let wasm = stylus_vm::decompress(&code, self.len).map_err(|error| error.to_string())?;
        if wasm.len() != self.len {
            return Err(format!(
                "the fragments decompress to {} bytes, the root declares {}",
                wasm.len(),
                self.len
            ));
        }
        Ok(wasm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
