//! Code of a layout in a compiler's output: its bytes on chain, and the sources that it was made of.

use super::nodes::{is, list};
use crate::ids::SourceHash;
use alloy::primitives::{Address, B256, keccak256};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The code of a contract, as solc wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The code on chain, with zeros where a constructor or a linker fills something in.
    code: Vec<u8>,
    /// The places that are filled in later, and their contents.
    filled: Vec<Filled>,
    /// The libraries that it is linked to, by file and name; nothing of one that the output does not have.
    libraries: BTreeMap<String, Option<Self>>,
    /// keccak256 of the compiler's metadata, which names compiler, settings and the hash of each source. Zero where
    /// there is none, or a source is not there.
    pub source: SourceHash,
}

/// Bytes that a constructor or a linker fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filled {
    place: Range<usize>,
    /// The variable, or the library.
    name: String,
    is_library: bool,
}

/// The instruction whose value a constructor fills in once code is compiled: PUSH32.
const IMMUTABLE: u8 = 0x7f;
/// The one whose value a linker fills in: PUSH20.
const LIBRARY: u8 = 0x73;
/// The place at which a library keeps its own address, by which it refuses to be called otherwise than by delegatecall. It
/// is written when the library is created.
const OWN_ADDRESS: Range<usize> = 1..21;
/// Libraries that are linked to libraries, and so on, that are followed.
const LIBRARIES_DEEP: usize = 8;

impl Compiled {
    /// Of a contract in solc's standard output, or in a build-info with that and its input; nothing where it has no
    /// code.
    ///
    /// # Errors
    /// What of it no compiler writes, in words.
    pub fn of(whole: &Value, contract: &Map<String, Value>) -> Result<Option<Self>, String> {
        Self::with_libraries(whole, contract, LIBRARIES_DEEP)
    }

    /// With the libraries that it is linked to, so deep.
    fn with_libraries(
        whole: &Value,
        contract: &Map<String, Value>,
        deep: usize,
    ) -> Result<Option<Self>, String> {
        let Some(code) = contract.get("evm").map(|evm| &evm["deployedBytecode"]) else {
            return Ok(None);
        };
        let Some(object) = code["object"].as_str().filter(|object| !object.is_empty()) else {
            return Ok(None);
        };
        let malformed = || "its deployedBytecode is none".to_owned();
        let (mut digits, mut filled) = (object.as_bytes().to_vec(), Vec::new());
        let immutables = places(&code["immutableReferences"]).map(|(name, place)| {
            let place = range(place).filter(|place| place.len() == 32);
            place.map(|place| (place, IMMUTABLE, name))
        });
        let libraries = linked(contract).into_iter();
        let libraries = libraries.map(|(_, name, place)| Some((place?, LIBRARY, name)));
        for reference in immutables.chain(libraries) {
            let (place, push, name) = reference.ok_or_else(malformed)?;
            if push == LIBRARY {
                let name = place.start.saturating_mul(2)..place.end.saturating_mul(2);
                digits.get_mut(name).ok_or_else(malformed)?.fill(b'0');
            }
            filled.push((place, push, name));
        }
        let code = hex::decode(digits).map_err(|_| malformed())?;
        // Whatever else were left out, any code would be this one.
        let is_filled = |(place, push, _): &(Range<usize>, u8, String)| {
            let before = place.start.checked_sub(1).and_then(|at| code.get(at));
            let bytes = code.get(place.clone());
            before == Some(push) && bytes.is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0))
        };
        if !filled.iter().all(is_filled) {
            return Err(malformed());
        }
        let output = whole.get("output").unwrap_or(whole);
        let mut libraries = BTreeMap::new();
        for (file, name, _) in linked(contract) {
            let short = name
                .rsplit_once(':')
                .map_or(name.as_str(), |(_, short)| short);
            let library = output["contracts"][&file][short].as_object();
            let library = library.filter(|_| deep > 0);
            let library = library.map(|library| Self::with_libraries(whole, library, deep - 1));
            libraries.insert(name, library.transpose()?.flatten());
        }
        let names = variables(whole, &code_ids(&code_of(contract)["immutableReferences"]));
        let filled = filled.into_iter().map(|(place, push, name)| Filled {
            place,
            is_library: push == LIBRARY,
            name: match names.get(&name).filter(|_| push == IMMUTABLE) {
                Some(known) => known.clone(),
                None if push == IMMUTABLE => format!("immutable {name}"),
                None => name,
            },
        });
        Ok(Some(Self {
            code,
            filled: filled.collect(),
            libraries,
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

    /// The code of a library that it is linked to, by file and name.
    pub fn library(&self, name: &str) -> Option<&Self> {
        self.libraries.get(name)?.as_ref()
    }

    /// Returns true if it is a library's, which keeps its own address.
    fn has_own_address(&self) -> bool {
        let own = self.code.get(OWN_ADDRESS);
        self.code.first() == Some(&LIBRARY)
            && own.is_some_and(|own| own.iter().all(|byte| *byte == 0))
    }

    /// Returns true if that is the code.
    pub fn is(&self, code: &[u8]) -> bool {
        let mut plain = code.to_vec();
        for filled in &self.filled {
            if let Some(bytes) = plain.get_mut(filled.place.clone()) {
                bytes.fill(0);
            }
        }
        if self.has_own_address()
            && let Some(bytes) = plain.get_mut(OWN_ADDRESS)
        {
            bytes.fill(0);
        }
        // A value that stands in several places is one value.
        let mut values: BTreeMap<(&str, bool), &[u8]> = BTreeMap::new();
        let is_one = self.filled.iter().all(|filled| {
            let Some(bytes) = code.get(filled.place.clone()) else {
                return false;
            };
            let key = (filled.name.as_str(), filled.is_library);
            *values.entry(key).or_insert(bytes) == bytes
        });
        plain == self.code && is_one
    }

    /// Lists the values that are filled in in that code, each once: an immutable's name and value, a library's name and
    /// address. The address of the code itself says no more.
    pub fn filled_in(&self, code: &[u8], own: Address) -> Vec<(String, B256, bool)> {
        let values = self.filled.iter().filter_map(|filled| {
            let bytes = code.get(filled.place.clone())?;
            let value = B256::left_padding_from(bytes);
            Some((filled.name.clone(), value, filled.is_library))
        });
        let values: BTreeSet<_> = values
            .filter(|(_, value, _)| *value != own.into_word())
            .collect();
        values.into_iter().collect()
    }
}

fn code_of(contract: &Map<String, Value>) -> &Value {
    contract
        .get("evm")
        .map_or(&Value::Null, |evm| &evm["deployedBytecode"])
}

/// The libraries that the code calls: the file, file and name, and the place of the address. A compiler that is told the
/// address puts it there itself, and lists no place.
pub(super) fn linked(contract: &Map<String, Value>) -> Vec<(String, String, Option<Range<usize>>)> {
    let code = code_of(contract);
    let file = |name: &str| {
        name.rsplit_once(':')
            .map_or("", |(file, _)| file)
            .to_owned()
    };
    let open = places(&code["linkReferences"]);
    let open = open.map(|(name, place)| {
        let place = range(place).filter(|place| place.len() == Address::len_bytes());
        (file(&name), name, place)
    });
    let metadata = contract.get("metadata").and_then(Value::as_str);
    let metadata: Value = serde_json::from_str(metadata.unwrap_or_default()).unwrap_or_default();
    let given = metadata["settings"]["libraries"].as_object();
    let given = given.into_iter().flatten().filter_map(|(name, at)| {
        let at: Address = at.as_str()?.parse().ok()?;
        Some((
            name.clone(),
            hex::encode([&[LIBRARY][..], at.as_slice()].concat()),
        ))
    });
    let object = code["object"].as_str().unwrap_or_default();
    let given = given.flat_map(|(name, push)| {
        let found = object.match_indices(push.as_str());
        let found = found.filter(|(at, _)| at % 2 == 0);
        let found = found.map(|(at, push)| at / 2 + 1..(at + push.len()) / 2);
        let found = found.map(|place| (file(&name), name.clone(), Some(place)));
        found.collect::<Vec<_>>()
    });
    open.chain(given).collect()
}

/// The ids by which a compiler lists immutables.
fn code_ids(references: &Value) -> BTreeSet<u64> {
    let all = references.as_object().into_iter().flatten();
    all.filter_map(|(id, _)| id.parse().ok()).collect()
}

/// The names of these variables, by their ids in words, as the AST has them: with the contract where two have one name.
fn variables(whole: &Value, wanted: &BTreeSet<u64>) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    let output = whole.get("output").unwrap_or(whole);
    let units = output["sources"].as_object().into_iter().flatten();
    let contracts = units.flat_map(|(_, unit)| list(&unit["ast"]["nodes"]));
    for contract in contracts.filter(|_| !wanted.is_empty()) {
        for node in list(&contract["nodes"]) {
            let id = node["id"].as_u64().filter(|id| wanted.contains(id));
            let name = node["name"]
                .as_str()
                .filter(|_| is(node, "VariableDeclaration"));
            if let (Some(id), Some(name)) = (id, name) {
                let of = contract["name"].as_str().unwrap_or_default();
                found.insert(id.to_string(), (of.to_owned(), name.to_owned()));
            }
        }
    }
    let names: Vec<String> = found.values().map(|(_, name)| name.clone()).collect();
    let called =
        |(of, name): (String, String)| match names.iter().filter(|other| **other == name).count() {
            1 => name,
            _ => format!("{of}.{name}"),
        };
    found
        .into_iter()
        .map(|(id, library)| (id, called(library)))
        .collect()
}

/// The places that a compiler lists, each with what is there: by id, or by file and name.
fn places(references: &Value) -> impl Iterator<Item = (String, &Value)> {
    let all = references.as_object().into_iter().flatten();
    let nested = all.flat_map(|(key, value)| match value.as_object() {
        Some(file) => file
            .iter()
            .map(|(name, places)| (format!("{key}:{name}"), places))
            .collect(),
        None => vec![(key.clone(), value)],
    });
    nested.flat_map(|(name, places)| {
        let places = places.as_array().into_iter().flatten();
        places
            .map(move |place| (name.clone(), place))
            .collect::<Vec<_>>()
    })
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
