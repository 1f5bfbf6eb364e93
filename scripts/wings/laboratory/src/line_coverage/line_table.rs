//! The lines that each instruction of a program comes from. The line table is that of the module as rustc writes it:
//! the same instructions in the same order, at other offsets, because rustc writes longer numbers.

use super::report::{self, FileLines, LineKey};
use crate::build::WithLines;
use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use stylus_vm::BasicBlock;
use wasmparser::{Operator, Parser, Payload, TypeRef};

type DwarfBytes<'a> = EndianSlice<'a, LittleEndian>;

/// The instructions of a program, in order, with their lines.
#[derive(Debug)]
pub struct LineTable {
    /// The files that lines are of, by their paths on the disk.
    files: Vec<PathBuf>,
    instructions: Vec<ProgramInstruction>,
}

#[derive(Debug)]
struct ProgramInstruction {
    place: ModulePosition,
    /// Its own line, and those that it was inlined into.
    lines: Vec<LineKey>,
    /// True if the first of them is its own: it is not where code of others was inlined.
    is_own: bool,
}

/// An instruction of a module.
#[derive(Debug, Clone, Copy)]
struct ModulePosition {
    /// Index of its function, imports counted first.
    function: u32,
    /// Its offset in the module.
    offset: u64,
    branches: Option<BranchKind>,
}

/// The two ways on from an instruction.
#[derive(Debug, Clone, Copy)]
enum BranchKind {
    /// `if`: into it first.
    If,
    /// `br_if`: the jump first.
    BrIf,
}

impl LineTable {
    /// Reads that of a program.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(program: &WithLines) -> Result<Self, String> {
        let deployed = WasmModule::read(&program.built.wasm).map_err(|error| error.to_string())?;
        let raw = WasmModule::read(&program.raw).map_err(|error| error.to_string())?;
        if deployed.functions() != raw.functions() {
            return Err("its functions have other lengths than those that are deployed".into());
        }
        let context = raw.context().map_err(|error| error.to_string())?;
        let files = program.files.keys().map(PathBuf::as_path);
        let numbers: BTreeMap<&Path, usize> = files.zip(0..).collect();
        let mut instructions = Vec::new();
        for (place, raw_place) in deployed.places.iter().copied().zip(&raw.places) {
            let address = raw_place.offset.saturating_sub(raw.code);
            let (lines, is_own) =
                find_lines(&context, address, &numbers).map_err(|error| error.to_string())?;
            instructions.push(ProgramInstruction {
                place,
                lines,
                is_own,
            });
        }
        Ok(Self {
            files: program.files.values().cloned().collect(),
            instructions,
        })
    }

    /// The lines that have instructions, by file, with how often each ran. Of the blocks that a line is part of, the
    /// one that ran most counts; a line that was compiled into several functions ran in each of them. With them go
    /// the branches of their own instructions.
    pub fn count(&self, blocks: &[BasicBlock]) -> Vec<FileLines> {
        let mut all: BTreeMap<LineKey, u64> = BTreeMap::new();
        let mut branches: BTreeMap<LineKey, Vec<[u64; 2]>> = BTreeMap::new();
        for function in self
            .instructions
            .chunk_by(|before, after| before.place.function == after.place.function)
        {
            let mut own: BTreeMap<LineKey, u64> = BTreeMap::new();
            for instruction in function {
                let place = instruction.place;
                let [runs, continues] = place.runs(blocks);
                let line = instruction.lines.first();
                let line = line.filter(|_| instruction.is_own);
                if let (Some(line), Some(kind)) = (line, place.branches) {
                    let taken = kind.taken(runs, continues);
                    branches.entry(*line).or_default().push(taken);
                }
                for line in &instruction.lines {
                    let most = own.entry(*line).or_default();
                    *most = runs.max(*most);
                }
            }
            for (line, runs) in own {
                let sum = all.entry(line).or_default();
                *sum = sum.saturating_add(runs);
            }
        }
        report::group_by_file(self.files.iter().enumerate(), &all, &branches)
    }
}

impl ModulePosition {
    /// Returns how often its block ran, and the next one.
    fn runs(&self, blocks: &[BasicBlock]) -> [u64; 2] {
        let place = (self.function, self.offset);
        let after = blocks.partition_point(|block| (block.function, block.offset) <= place);
        let runs = |at: usize| blocks.get(at).map_or(0, |block| block.runs);
        [after.checked_sub(1).map_or(0, runs), runs(after)]
    }
}

impl BranchKind {
    /// Returns how often each was taken, of an instruction that ends a block: to the next one leads nothing else.
    fn taken(self, runs: u64, continues: u64) -> [u64; 2] {
        let goes_elsewhere = runs.saturating_sub(continues);
        match self {
            Self::If => [continues, goes_elsewhere],
            Self::BrIf => [goes_elsewhere, continues],
        }
    }
}

/// Finds the lines of the instruction at that address. The flag is true if the first of them is its own.
fn find_lines(
    context: &Context<DwarfBytes<'_>>,
    address: u64,
    numbers: &BTreeMap<&Path, usize>,
) -> Result<(Vec<LineKey>, bool), addr2line::gimli::Error> {
    let mut frames = context.find_frames(address).skip_all_loads()?;
    let (mut lines, mut is_own, mut is_first) = (Vec::new(), false, true);
    while let Some(frame) = frames.next()? {
        let location = frame.location.as_ref();
        let line = location.and_then(|location| {
            let number = numbers.get(Path::new(location.file?))?;
            Some((*number, location.line?))
        });
        is_own |= is_first && line.is_some();
        is_first = false;
        lines.extend(line);
    }
    Ok((lines, is_own))
}

/// The parts of a module that are read.
struct WasmModule<'a> {
    /// The offset where the contents of its code section begin: addresses of the line table count from there.
    code: u64,
    /// Its instructions.
    places: Vec<ModulePosition>,
    /// Its custom sections.
    custom: BTreeMap<&'a str, &'a [u8]>,
}

impl<'a> WasmModule<'a> {
    fn read(wasm: &'a [u8]) -> wasmparser::Result<Self> {
        let mut module = Self {
            code: 0,
            places: Vec::new(),
            custom: BTreeMap::new(),
        };
        let mut function = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        function += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart {
                    unchecked_range, ..
                } => module.code = unchecked_range.start,
                Payload::CodeSectionEntry(body) => {
                    let mut reader = body.get_operators_reader()?;
                    while !reader.eof() {
                        let (operator, offset) = reader.read_with_offset()?;
                        let branches = match operator {
                            Operator::If { .. } => Some(BranchKind::If),
                            Operator::BrIf { .. } => Some(BranchKind::BrIf),
                            _ => None,
                        };
                        module.places.push(ModulePosition {
                            function,
                            offset,
                            branches,
                        });
                    }
                    function += 1;
                }
                Payload::CustomSection(custom) => {
                    module.custom.insert(custom.name(), custom.data());
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// The function of each instruction.
    fn functions(&self) -> Vec<u32> {
        self.places.iter().map(|place| place.function).collect()
    }

    /// Its line table.
    fn context(&self) -> Result<Context<DwarfBytes<'a>>, addr2line::gimli::Error> {
        let section = |id: SectionId| -> Result<DwarfBytes<'a>, addr2line::gimli::Error> {
            let bytes = self.custom.get(id.name()).copied().unwrap_or_default();
            Ok(EndianSlice::new(bytes, LittleEndian))
        };
        Context::from_dwarf(Dwarf::load(section)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how often the branches of a function were taken whose basic blocks ran so often.
    fn taken(function: &str, runs: &[u64]) -> Vec<[u64; 2]> {
        use Operator::{BrIf, Else, End, If, Loop};
        let text = format!("(module (func (param i32) {function}))");
        let wasm = wat::parse_str(text).expect("a module");
        let (mut blocks, mut begins) = (Vec::new(), true);
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CodeSectionEntry(body) = payload.expect("readable") {
                let mut reader = body.get_operators_reader().expect("operators");
                while !reader.eof() {
                    let (operator, offset) = reader.read_with_offset().expect("an operator");
                    blocks.extend(begins.then(|| BasicBlock {
                        function: 0,
                        offset,
                        runs: runs[blocks.len()],
                    }));
                    begins = matches!(operator, BrIf { .. } | Else | End | If { .. } | Loop { .. });
                }
            }
        }
        assert_eq!(blocks.len(), runs.len());
        let module = WasmModule::read(&wasm).expect("readable");
        let taken = module.places.iter().filter_map(|place| {
            let [runs, continues] = place.runs(&blocks);
            Some(place.branches?.taken(runs, continues))
        });
        taken.collect()
    }

    #[test]
    fn branches_follow_from_blocks() {
        let either = "(if (local.get 0) (then nop) (else nop))";
        assert_eq!(taken(either, &[5, 2, 3, 5]), [[2, 3]]);
        let perhaps = "(if (local.get 0) (then nop))";
        assert_eq!(taken(perhaps, &[5, 2, 5]), [[2, 3]]);
        let again = "(loop $again (br_if $again (local.get 0)))";
        assert_eq!(taken(again, &[2, 7, 2, 2]), [[5, 2]]);
    }
}
