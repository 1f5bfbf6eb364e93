//! The file and line of each declaration, from a build-info of Solidity's compiler.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::StorageField;

/// A line of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourcePlace {
    /// The path of the source, as the compiler knows it.
    pub file: String,
    /// The line; the first one is 1.
    pub line: usize,
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The places where the variables of a build-info are declared, by the compiler's numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourcePlaces {
    places: BTreeMap<u64, SourcePlace>,
}

impl SourcePlaces {
    /// Reads the AST and the sources of a build-info. Variables of sources that it lacks have no place.
    pub fn from_build_info(info: &Value) -> Self {
        let mut places = Self::default();
        let sources = info["output"]["sources"].as_object();
        for (file, source) in sources.into_iter().flatten() {
            if let Some(text) = info["input"]["sources"][file]["content"].as_str() {
                places.add(file, text, &source["ast"]);
            }
        }
        places
    }

    /// The place where a field is declared.
    pub fn place(&self, field: &StorageField) -> Option<&SourcePlace> {
        self.places.get(&field.declaration)
    }

    /// Adds the variables of a source: the nodes of an AST lie in lists and objects within each other.
    fn add(&mut self, file: &str, text: &str, ast: &Value) {
        let mut left = vec![ast];
        while let Some(node) = left.pop() {
            if node["nodeType"] == "VariableDeclaration"
                && let Some(id) = node["id"].as_u64()
                && let Some(line) = line_of(node, text)
            {
                let file = file.to_owned();
                self.places.insert(id, SourcePlace { file, line });
            }
            match node {
                Value::Array(nodes) => left.extend(nodes),
                Value::Object(parts) => left.extend(parts.values()),
                _ => {}
            }
        }
    }
}

/// The line on which a node begins: its `src` begins with the byte in the source.
fn line_of(node: &Value, text: &str) -> Option<usize> {
    let start: usize = node["src"].as_str()?.split(':').next()?.parse().ok()?;
    let before = text.as_bytes().get(..start)?;
    Some(before.iter().filter(|byte| **byte == b'\n').count() + 1)
}
