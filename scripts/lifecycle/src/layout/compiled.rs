//! What a compiler's output says of the code of a layout: its bytes on chain, and the sources that it was made of.

use crate::ids::SourceHash;
use alloy::primitives::keccak256;
use serde_json::{Map, Value};
use std::ops::Range;

/// The code of a contract, as solc wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The code on chain, with zeros where a constructor or a linker fills something in.
    code: Vec<u8>,
    /// Where that is.
    filled: Vec<Range<usize>>,
    /// keccak256 of the compiler's metadata, which names compiler, settings and the hash of each source. Zero where
    /// there is none, or a source is not there.
    pub source: SourceHash,
}

/// The instruction whose value a constructor fills in once code is compiled: PUSH32.
const IMMUTABLE: u8 = 0x7f;
/// The one whose value a linker fills in: PUSH20.
const LIBRARY: u8 = 0x73;

impl Compiled {
    /// Of a contract in solc's standard output, or in a build-info with that and its input; nothing where it has no
    /// code.
    ///
    /// # Errors
    /// What of it no compiler writes, in words.
    pub fn of(whole: &Value, contract: &Map<String, Value>) -> Result<Option<Self>, String> {
        let Some(code) = contract.get("evm").map(|evm| &evm["deployedBytecode"]) else {
            return Ok(None);
        };
        let Some(object) = code["object"].as_str().filter(|object| !object.is_empty()) else {
            return Ok(None);
        };
        let malformed = || "its deployedBytecode is none".to_owned();
        let (mut digits, mut filled) = (object.as_bytes().to_vec(), Vec::new());
        for (key, push, length) in [
            ("immutableReferences", IMMUTABLE, 32),
            ("linkReferences", LIBRARY, 20),
        ] {
            for place in places(&code[key]) {
                let place = range(place).filter(|place| place.len() == length);
                let place = place.ok_or_else(malformed)?;
                if push == LIBRARY {
                    let name = place.start.saturating_mul(2)..place.end.saturating_mul(2);
                    digits.get_mut(name).ok_or_else(malformed)?.fill(b'0');
                }
                filled.push((place, push));
            }
        }
        let code = hex::decode(digits).map_err(|_| malformed())?;
        // Whatever else were left out, any code would be this one.
        let is_filled = |(place, push): &(Range<usize>, u8)| {
            let before = place.start.checked_sub(1).and_then(|at| code.get(at));
            let bytes = code.get(place.clone());
            before == Some(push) && bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0))
        };
        if !filled.iter().all(is_filled) {
            return Err(malformed());
        }
        Ok(Some(Self {
            code,
            filled: filled.into_iter().map(|(place, _)| place).collect(),
            source: match contract.get("metadata").and_then(Value::as_str) {
                Some(metadata) => source(whole, metadata)?,
                None => SourceHash::ZERO,
            },
        }))
    }

    /// The code, with zeros where something is filled in.
    pub fn code(&self) -> &[u8] {
        &self.code
    }

    /// Whether that is the code.
    pub fn is(&self, code: &[u8]) -> bool {
        let mut code = code.to_vec();
        for place in &self.filled {
            if let Some(bytes) = code.get_mut(place.clone()) {
                bytes.fill(0);
            }
        }
        code == self.code
    }
}

/// The places that a compiler lists: by id, or by file and name.
fn places(references: &Value) -> impl Iterator<Item = &Value> {
    let all = references.as_object().into_iter().flatten();
    let nested = all.flat_map(|(_, one)| match one.as_object() {
        Some(file) => file.values().collect(),
        None => vec![one],
    });
    nested.flat_map(|places| places.as_array().into_iter().flatten())
}

/// `{"start": 1, "length": 32}`.
fn range(place: &Value) -> Option<Range<usize>> {
    let number = |name: &str| usize::try_from(place[name].as_u64()?).ok();
    let start = number("start")?;
    Some(start..start.checked_add(number("length")?)?)
}

/// The hash of the metadata, where each source that it names is there with its hash.
fn source(whole: &Value, metadata: &str) -> Result<SourceHash, String> {
    let named: Value = serde_json::from_str(metadata).map_err(|error| error.to_string())?;
    for (path, source) in named["sources"].as_object().into_iter().flatten() {
        let Some(content) = whole["input"]["sources"][path]["content"].as_str() else {
            return Ok(SourceHash::ZERO);
        };
        let hash = keccak256(content).to_string();
        if source["keccak256"] != hash {
            return Err(format!(
                "the source {path} in it is not the one that was compiled"
            ));
        }
    }
    Ok(SourceHash(keccak256(metadata)))
}
