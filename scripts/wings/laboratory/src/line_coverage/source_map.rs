//! The lines that each instruction of EVM code comes from, by the source map that solc writes, and how often each ran.

use super::error::not_run;
use super::report::{self, FileLines, LineKey};
use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::layout::{Compiled, file_of, with_output};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use stylus_chain::CountedCode;

const JUMPI: u8 = 0x57;
const JUMPDEST: u8 = 0x5b;
/// The words that begin the source of a definition. Jumps there are the compiler's own: which function is called, and
/// whether ether came with the call.
const DEFINITIONS: &str =
    "abstract constructor contract fallback function library modifier receive";

/// The instructions of a contract's code that come from a source, with their lines.
#[derive(Debug)]
pub struct SourceMap {
    compiled: Compiled,
    /// The sources, by the compiler's numbers.
    files: BTreeMap<usize, PathBuf>,
    instructions: Vec<SourceInstruction>,
}

#[derive(Debug)]
struct SourceInstruction {
    /// Its offset in the code.
    at: usize,
    line: LineKey,
    /// True if it jumps or continues by a condition of the source, and nothing else leads to where it continues.
    branches: bool,
}

impl SourceMap {
    /// Reads that of a contract: `FILE`, `FILE:NAME` or `FILE:SOURCE:NAME`, where the file is a compiler's JSON; of
    /// anything else there is none.
    ///
    /// # Errors
    /// `SourceMap`.
    pub fn find(source: &str) -> Result<Option<Self>, Refusal> {
        let (path, contract) = file_of(Path::new(source));
        if !path.is_file() || path.extension().is_none_or(|ending| ending != "json") {
            return Ok(None);
        }
        let refused = |reason: String| {
            let path = path.display();
            let message = format!("{path} does not say which lines code comes from: {reason}");
            Refusal::new("SourceMap", message).with(
                "a build-info of hardhat or foundry: solc's input with the contents of all sources, and its output",
                reason,
                "compile with outputSelection `evm.deployedBytecode` and `metadata`; FILE:NAME chooses one contract of \
                 several, FILE:SOURCE:NAME of those with one name",
            )
        };
        let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let whole = with_output(path, &bytes).map_err(|why| refused(why.to_string()))?;
        Self::read(&whole, contract).map(Some).map_err(refused)
    }

    fn read(whole: &Value, contract: Option<&str>) -> Result<Self, String> {
        let output = whole.get("output").unwrap_or(whole);
        let contract = find_contract(output, contract)?;
        let compiled = Compiled::of(whole, contract)?.ok_or("the contract has no code")?;
        let map = contract.get("evm").map(|evm| &evm["deployedBytecode"]);
        let map = map.and_then(|code| code["sourceMap"].as_str());
        let map = map.filter(|map| !map.is_empty());
        let places = decode(map.ok_or("the contract's deployedBytecode has no sourceMap")?)?;
        // With that, each source in it is the one that was compiled.
        if compiled.source.is_zero() {
            return Err("it lacks the contract's metadata, or the content of a source".into());
        }
        let sources = read_sources(whole, output)?;
        let (code, offsets) = (compiled.code(), instruction_offsets(compiled.code()));
        if places.len() > offsets.len() {
            return Err("its sourceMap has more instructions than its code".into());
        }
        let mut instructions = Vec::new();
        for (at, place) in offsets.into_iter().zip(places) {
            // Others are of no source, or of one that the compiler generated.
            let place =
                place.and_then(|(number, start)| Some((number, start, sources.get(&number)?)));
            let Some((number, start, source)) = place else {
                continue;
            };
            let past = || format!("its sourceMap points past the end of {}", source.path);
            let text = source.content.get(start..).ok_or_else(past)?;
            let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            let word = words.next();
            let is_own = DEFINITIONS.split(' ').any(|begin| word == Some(begin));
            let line = source.ends.partition_point(|end| *end < start) + 1;
            let continues_alone = code.get(at + 1) != Some(&JUMPDEST);
            instructions.push(SourceInstruction {
                at,
                line: (number, u32::try_from(line).unwrap_or(u32::MAX)),
                branches: code.get(at) == Some(&JUMPI) && continues_alone && !is_own,
            });
        }
        if instructions.is_empty() {
            return Err("its sourceMap names none of its sources".into());
        }
        let files = sources.iter();
        let files = files.map(|(number, source)| (*number, source.path.into()));
        Ok(Self {
            files: files.collect(),
            compiled,
            instructions,
        })
    }

    /// The lines that have instructions, by file, with how often each ran, and the hash of the code: of the
    /// instructions of a line, the one that ran most counts. Where several codes are the contract's, which differ in
    /// what a constructor filled in, each counts.
    ///
    /// # Errors
    /// `NotRun`.
    pub fn count(
        &self,
        codes: &BTreeMap<CodeHash, CountedCode>,
        source_name: &str,
    ) -> Result<(CodeHash, Vec<FileLines>), Refusal> {
        let (mut found, mut sum) = (None, CountedCode::default());
        let own = codes
            .iter()
            .filter(|(_, counted)| self.compiled.is(&counted.code));
        for (hash, code) in own {
            found.get_or_insert(*hash);
            sum.add(&code.runs);
        }
        let codehash = found.ok_or_else(|| not_run(source_name, codes.keys()))?;
        let ran = |at: usize| sum.runs.get(at).copied().unwrap_or(0);
        let mut lines: BTreeMap<LineKey, u64> = BTreeMap::new();
        let mut jumps: BTreeMap<LineKey, Vec<[u64; 2]>> = BTreeMap::new();
        for SourceInstruction { at, line, branches } in &self.instructions {
            let most = lines.entry(*line).or_default();
            *most = ran(*at).max(*most);
            if *branches {
                let continues = ran(at + 1);
                let taken = [ran(*at).saturating_sub(continues), continues];
                jumps.entry(*line).or_default().push(taken);
            }
        }
        let files = self.files.iter().map(|(number, path)| (*number, path));
        Ok((codehash, report::group_by_file(files, &lines, &jumps)))
    }
}

/// The contract with that name, or the only one with code.
fn find_contract<'v>(
    output: &'v Value,
    wanted: Option<&str>,
) -> Result<&'v Map<String, Value>, String> {
    let mut found = Vec::new();
    for (file, contracts) in output["contracts"].as_object().into_iter().flatten() {
        for (name, contract) in contracts.as_object().into_iter().flatten() {
            let full_name = format!("{file}:{name}");
            let is_wanted = wanted.is_none_or(|wanted| name == wanted || full_name == wanted);
            let code = contract["evm"]["deployedBytecode"]["object"].as_str();
            let has_code = code.is_some_and(|code| !code.is_empty());
            let contract = contract.as_object().filter(|_| is_wanted && has_code);
            found.extend(contract.map(|contract| (full_name, contract)));
        }
    }
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    match found.as_slice() {
        [(_, contract)] => Ok(contract),
        [] => Err("it knows no code of such a contract".into()),
        _ => Err(format!("it knows several contracts: {}", names.join(", "))),
    }
}

struct SourceText<'v> {
    path: &'v str,
    content: &'v str,
    /// The offsets where its lines end.
    ends: Vec<usize>,
}

/// Reads the sources, by the numbers that source maps have for them.
fn read_sources<'v>(
    whole: &'v Value,
    output: &'v Value,
) -> Result<BTreeMap<usize, SourceText<'v>>, String> {
    let all = output["sources"].as_object().into_iter().flatten();
    let read = all.map(|(path, source)| {
        let number = source["id"].as_u64();
        let number = number.and_then(|id| usize::try_from(id).ok());
        let content = whole["input"]["sources"][path]["content"].as_str();
        let (Some(number), Some(content)) = (number, content) else {
            return Err(format!("it lacks the number or the content of {path}"));
        };
        let ends = content.match_indices('\n').map(|(at, _)| at).collect();
        Ok((
            number,
            SourceText {
                path,
                content,
                ends,
            },
        ))
    });
    read.collect()
}

/// Decodes the number of its source and the offset there of each instruction: `start:length:source:jump:depth`, where
/// a field that is empty or absent is that of the instruction before.
fn decode(map: &str) -> Result<Vec<Option<(usize, usize)>>, String> {
    let mut numbers = [-1_i64; 3];
    let read = map.split(';').enumerate().map(|(at, entry)| {
        let wrong = || format!("instruction {at} of its sourceMap has an invalid field");
        for (number, field) in numbers.iter_mut().zip(entry.split(':')) {
            if !field.is_empty() {
                *number = field.parse().map_err(|_| wrong())?;
            }
        }
        // The others tell jumps between functions, and modifiers.
        let [start, _, source] = numbers.map(|number| usize::try_from(number).ok());
        Ok(source.zip(start))
    });
    read.collect()
}

/// Returns the offset where each instruction of a code begins.
fn instruction_offsets(code: &[u8]) -> Vec<usize> {
    let (mut offsets, mut at) = (Vec::new(), 0);
    while let Some(opcode) = code.get(at) {
        offsets.push(at);
        at += match opcode {
            // PUSH1 to PUSH32, with what they push
            0x60..=0x7f => usize::from(opcode - 0x5e),
            _ => 1,
        };
    }
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::keccak256;
    use serde_json::json;

    #[test]
    fn an_empty_field_is_that_of_the_instruction_before() {
        let places = |map: &str| decode(map).expect("a map");
        let all = places("1:2:0:-;;:9;7;:::i;2:1:-1:-:3;:::o:0;::1");
        let one = Some((0, 1));
        let seven = Some((0, 7));
        assert_eq!(all, [one, one, one, seven, seven, None, None, Some((1, 2))]);
        assert_eq!(places(""), [None]);
        for wrong in ["x", "1:x", "1:2:0x1", "9999999999999999999"] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_an_instruction_pushes_is_no_instruction() {
        assert_eq!(
            instruction_offsets(&[0x60, 0x60, 0x5f, 0x61, 0, 0, 0x57]),
            [0, 2, 3, 6]
        );
        // The last one pushes more than there is.
        assert_eq!(instruction_offsets(&[0x00, 0x7f, 0x00]), [0, 1]);
        assert!(instruction_offsets(&[]).is_empty());
    }

    const CONTENT: &str = "contract A {\n if (x)\n  y();\n}\n";

    /// PUSH1 4, JUMPI, STOP, JUMPDEST.
    fn build_info() -> Value {
        let metadata = json!({"sources": {"A.sol": {"keccak256": keccak256(CONTENT)}}});
        json!({
            "input": {"sources": {"A.sol": {"content": CONTENT}}},
            "output": {
                "sources": {"A.sol": {"id": 3}},
                "contracts": {"A.sol": {"A": {
                    "metadata": metadata.to_string(),
                    "evm": {"deployedBytecode": {
                        "object": "600457005b",
                        "sourceMap": "0:30:3:-:0;14:2;23:3;1:1:9",
                    }},
                }}},
            },
        })
    }

    #[test]
    fn a_line_ran_as_often_as_its_instruction_that_ran_most() {
        let map = SourceMap::read(&build_info(), Some("A.sol:A")).expect("a map");
        let code = CountedCode {
            code: vec![0x60, 4, 0x57, 0, 0x5b].into(),
            runs: vec![5, 0, 5, 2, 3],
        };
        let hash = CodeHash::from(keccak256(&code.code));
        let codes = BTreeMap::from([(hash, code)]);
        let (codehash, files) = map.count(&codes, "A").expect("it ran");
        assert_eq!(codehash, hash);
        let expected = FileLines {
            file: "A.sol".into(),
            lines: vec![(1, 5), (2, 5), (3, 2)],
            jumps: vec![(2, [3, 2])],
        };
        assert_eq!(files, [expected]);
        assert!(map.count(&BTreeMap::new(), "A").is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let contract = "/output/contracts/A.sol/A";
        let refused = |pointer: &str, value: Value| {
            let mut info = build_info();
            let place = info.pointer_mut(pointer);
            *place.unwrap_or_else(|| panic!("{pointer}")) = value;
            SourceMap::read(&info, None).expect_err("it lacks something")
        };
        let of_code = format!("{contract}/evm/deployedBytecode");
        let (object, map) = (format!("{of_code}/object"), format!("{of_code}/sourceMap"));
        let metadata = format!("{contract}/metadata");
        let (id, none) = ("/output/sources/A.sol/id", "no code of such a contract");
        let lacks = "lacks the contract's metadata";
        for (pointer, value, reason) in [
            (
                "/input",
                Value::Null,
                "lacks the contract's metadata, or the content",
            ),
            (id, json!("x"), "the number or the content of A.sol"),
            ("/output/sources", Value::Null, "names none of its sources"),
            ("/output/contracts", json!([]), none),
            (&metadata, Value::Null, lacks),
            (&object, json!(""), none),
            (&object, json!("6"), "its deployedBytecode is none"),
            (&map, Value::Null, "has no sourceMap"),
            (&map, json!(""), "has no sourceMap"),
            (&map, json!(";x"), "instruction 1 of its sourceMap"),
            (&map, json!(";;;;"), "more instructions than its code"),
            (&map, json!("31:1:3"), "points past the end of A.sol"),
        ] {
            let found = refused(pointer, value);
            assert!(found.contains(reason), "{pointer}: {found}");
        }
        let error = SourceMap::read(&build_info(), Some("B")).expect_err("another name");
        assert_eq!(error, "it knows no code of such a contract");
        let mut two = build_info();
        let other = two["output"]["contracts"]["A.sol"].clone();
        two["output"]["contracts"]["B.sol"] = other;
        let error = SourceMap::read(&two, Some("A")).expect_err("two of them");
        assert_eq!(error, "it knows several contracts: A.sol:A, B.sol:A");
        assert!(SourceMap::read(&two, Some("B.sol:A")).is_ok());
    }
}
