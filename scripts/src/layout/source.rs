//! A layout from a file: a compiler's JSON, alone or within other output, or a `.wasm` file.

use super::error::LayoutError;
use crate::build::{BuildError, wasm};
use crate::error::Explain;
use serde_json::Value;
use std::path::Path;
use stylus_layout::{Document, Layout};

/// A layout document and whose it is.
#[derive(Debug, Clone)]
pub struct Named {
    /// The contract or file.
    pub name: String,
    /// Its layout, with what else is known of it.
    pub document: Document,
}

/// Reads a file: a `.wasm` file as the compiler wrote it, the JSON of a layout, of solc
/// (`storageLayout`, alone or in its standard output), of foundry, of
/// `@openzeppelin/upgrades-core`. `contract` chooses one of several.
///
/// # Errors
/// [`LayoutError::Unreadable`], [`LayoutError::Undeclared`].
pub fn read_file(path: &Path, contract: Option<&str>) -> Result<Named, LayoutError> {
    let unreadable = |reason: String| LayoutError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(path).map_err(|error| LayoutError::file("read", path, error))?;
    if path.extension().is_some_and(|ending| ending == "wasm") {
        let refused =
            |error: BuildError| unreadable(error.found().unwrap_or_else(|| error.to_string()));
        let layout = wasm::layout(&name, &bytes).map_err(refused)?;
        return Ok(Named {
            document: Document {
                layout: layout.ok_or_else(|| LayoutError::Undeclared {
                    source_name: path.display().to_string(),
                })?,
                steps: wasm::steps(&name, &bytes).map_err(refused)?,
                migrates: Vec::new(),
                build: None,
                interface: None,
            },
            name: name.into_owned(),
        });
    }
    if let Ok(document) = Document::decode(&bytes) {
        let name = name.into_owned();
        return Ok(Named { name, document });
    }
    let document: Value =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let mut found = Vec::new();
    find(&document, &name, &mut found);
    if let Some(contract) = contract {
        found.retain(|(name, _)| name == contract);
    }
    match found.as_slice() {
        [(name, value)] => {
            let layout = Layout::from_json(&value.to_string())
                .map_err(|error| unreadable(error.to_string()))?;
            Ok(Named {
                name: name.clone(),
                document: Document::of_layout(layout),
            })
        }
        [] => Err(unreadable(match contract {
            Some(contract) => format!("it knows no contract {contract} with a layout"),
            None => "nothing in it has `storage` and `types`".into(),
        })),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            Err(unreadable(format!(
                "it knows several contracts: {}",
                names.join(", ")
            )))
        }
    }
}

/// Every layout within a compiler's output, with the name of its contract.
fn find<'v>(value: &'v Value, name: &str, found: &mut Vec<(String, &'v Value)>) {
    let Some(object) = value.as_object() else {
        return;
    };
    if object.get("storage").is_some_and(Value::is_array) {
        found.push((name.to_owned(), value));
        return;
    }
    for key in ["storageLayout", "layout"] {
        if let Some(layout) = object.get(key).filter(|layout| layout.is_object()) {
            return find(layout, name, found);
        }
    }
    for (file, contracts) in object
        .get("contracts")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        // solc --combined-json has `file:Contract` here, standard output a level more
        let own = file.rsplit(':').next().unwrap_or(file);
        if contracts.get("storageLayout").is_some() || contracts.get("storage-layout").is_some() {
            find(
                contracts.get("storage-layout").unwrap_or(contracts),
                own,
                found,
            );
            continue;
        }
        for (name, contract) in contracts.as_object().into_iter().flatten() {
            find(contract, name, found);
        }
    }
}

#[cfg(test)]
mod tests;
