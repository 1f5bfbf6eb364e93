//! The layout document of a version: what an operator needs to decide on an upgrade, as it is published
//! on chain under its hash.
//!
//! It is canonical JSON: the keys of every object sorted, no spaces, and of the many ways to write
//! one layout (numbers of declarations, types that nothing leads to) always the same. So a document
//! is what its hash says in one reading only.
//!
//! | key | holds |
//! |---|---|
//! | `storage`, `types`, `namespaces` | the layout as compilers write it |
//! | `unlisted` | what the layout does not list, see [`Unlisted`] |
//! | `steps` | what the code declares: each initializer and migration with labels, signature, conditions |
//! | `migrates` | findings that the contract's author declares to be its migration's business |
//! | `build_info`, `link` | of code that others can build again: how, under the names of NEP-330 |
//! | `filled` | what a constructor and a linker wrote into the code: immutables, and libraries with the hash of their code |
//! | `unsafe_code` | for Solidity: the findings of OpenZeppelin's validator in the sources, as `kind:place` |
//! | `interface` | what callers can use: functions, events and errors, see [`PublicInterface`] |
//!
//! A document that says nothing but the layout is that layout's own text, in the form that
//! [`Layout::hash`] describes.
//!
//! JSON of more than [`DOCUMENT_MAX`] bytes is published compressed: a leading byte 1, and a brotli stream. The hash is of
//! what is published.

mod packed;

use alloy_primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use stylus_upgrades_interface::limits;

use crate::error::LayoutError;
use crate::interface::PublicInterface;
use crate::layout::{Layout, Unlisted};
use crate::steps::DeclaredStep;

/// Bytes of a document as it is published, at most.
pub const DOCUMENT_MAX: usize = limits::LAYOUT_MAX;
/// Bytes of a document's JSON, at most: of what a compressed one holds.
pub const UNPACKED_MAX: usize = 1 << 20;

/// The layout document of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The layout of its storage.
    pub layout: Layout,
    /// The steps that its code declares; `None` if they are unknown.
    pub steps: Option<Vec<DeclaredStep>>,
    /// Findings that its author declares to be its migration's business, by their names.
    pub migrates: Vec<String>,
    /// The metadata to build its code again; `None` if nobody gave it.
    pub build: Option<BuildMetadata>,
    /// The public interface of its code; `None` if nobody gave it.
    pub interface: Option<PublicInterface>,
    /// The parts of the code that a constructor or a linker filled in.
    pub filled: Vec<FilledIn>,
    /// Findings of OpenZeppelin's validator in the sources, as `kind:place`. The same finding in the next version is a
    /// note. Also empty if the validator did not run.
    pub unsafe_code: Vec<String>,
}

/// A value that stands in the code and in no source: an immutable, or the address of a library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilledIn {
    /// The variable, or the library.
    pub name: String,
    /// Its value; a library's address.
    pub value: B256,
    /// keccak256 of a library's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<B256>,
}

/// The build of the code, under the names of NEP-330, according to the account that registered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildMetadata {
    /// The address of the published sources, as `repository` in Cargo.toml has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The command and the environment of the build.
    #[serde(rename = "build_info")]
    pub info: BuildInfo,
}

/// `build_info` of NEP-330.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildInfo {
    /// The compiler, and the tool that called it.
    pub build_environment: String,
    /// The command, word by word.
    pub build_command: Vec<String>,
    /// The crate's folder in the sources; empty for their root.
    pub contract_path: String,
    /// The sources as a URI: `git+https://host/repository#commit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_code_snapshot: Option<String>,
}

impl BuildMetadata {
    /// Lines for people, by the names of the fields.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let BuildInfo {
            build_environment,
            build_command,
            contract_path,
            source_code_snapshot,
        } = &self.info;
        let mut lines = vec![
            ("build_environment", build_environment.clone()),
            ("build_command", build_command.join(" ")),
            ("contract_path", format!("{contract_path:?}")),
        ];
        let snapshot = source_code_snapshot.iter().cloned();
        lines.extend(snapshot.map(|uri| ("source_code_snapshot", uri)));
        lines.extend(self.link.iter().cloned().map(|link| ("link", link)));
        lines
    }
}

/// A document as JSON.
#[derive(Serialize, Deserialize)]
struct Json {
    #[serde(flatten)]
    layout: Layout,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<DeclaredStep>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    migrates: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    build_info: Option<BuildInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<PublicInterface>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filled: Vec<FilledIn>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unsafe_code: Vec<String>,
}

impl Document {
    /// The document of a layout alone.
    pub fn of_layout(layout: Layout) -> Self {
        Self {
            layout,
            steps: None,
            migrates: Vec::new(),
            build: None,
            interface: None,
            filled: Vec::new(),
            unsafe_code: Vec::new(),
        }
    }

    /// Lists the storage of the contract that the layout does not list. Where nobody said: our own attributes list
    /// everything, and a compiler lists no namespaces.
    pub fn unlisted(&self) -> Vec<Unlisted> {
        match &self.layout.unlisted {
            Some(said) => said.clone(),
            None if self.steps.is_some() || !self.layout.namespaces.is_empty() => Vec::new(),
            None => vec![Unlisted::Namespaces],
        }
    }

    /// The same without the interface.
    #[must_use]
    pub fn without_interface(&self) -> Self {
        Self {
            interface: None,
            ..self.clone()
        }
    }

    /// The same document without the validator's findings.
    #[must_use]
    pub fn without_unsafe_code(&self) -> Self {
        Self {
            unsafe_code: Vec::new(),
            ..self.clone()
        }
    }

    /// The same, without the interface where it is too large to be published with it, or where it would be compressed
    /// because of the interface alone: without it, it has the bytes that it always had.
    #[must_use]
    pub fn fitting(self) -> Self {
        let is_plain = |document: &Self| document.to_json().len() <= DOCUMENT_MAX;
        if self.interface.is_none() || is_plain(&self) {
            return self;
        }
        let without = self.without_interface();
        if is_plain(&without) || !self.is_publishable() {
            without
        } else {
            self
        }
    }

    /// Returns true if a chain takes it.
    pub fn is_publishable(&self) -> bool {
        let json = self.to_json();
        json.len() <= UNPACKED_MAX && packed::pack(json).len() <= DOCUMENT_MAX
    }

    /// The bytes that are published: its JSON, compressed where that is longer than [`DOCUMENT_MAX`].
    pub fn encode(&self) -> Vec<u8> {
        packed::pack(self.to_json())
    }

    /// Its JSON. Without steps and interface it is that of [`Layout::hash`].
    pub fn to_json(&self) -> Vec<u8> {
        let is_bare = self.filled.is_empty() && self.unsafe_code.is_empty();
        if self.steps.is_none() && self.interface.is_none() && is_bare {
            return self.layout.canonical_json();
        }
        let (mut steps, mut migrates) = (self.steps.clone(), self.migrates.clone());
        let (mut filled, mut unsafe_code) = (self.filled.clone(), self.unsafe_code.clone());
        filled.sort();
        filled.dedup();
        unsafe_code.sort();
        unsafe_code.dedup();
        steps.iter_mut().for_each(|steps| steps.sort());
        migrates.sort();
        migrates.dedup();
        let json = Json {
            layout: self.layout.canonical(),
            steps,
            migrates,
            build_info: self.build.as_ref().map(|build| build.info.clone()),
            link: self.build.as_ref().and_then(|build| build.link.clone()),
            interface: self.interface.clone(),
            filled,
            unsafe_code,
        };
        // Strings, numbers, lists and maps with text keys: there is nothing that serde_json refuses.
        let mut value = serde_json::to_value(&json).unwrap_or_default();
        value.sort_all_objects();
        value.to_string().into_bytes()
    }

    /// Returns keccak256 of the published bytes, which the registry records.
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// Reads the bytes of a document, as they are published.
    ///
    /// # Errors
    /// [`LayoutError::Unpacked`] if they hold more than [`UNPACKED_MAX`] bytes. [`LayoutError::Document`] if they are too
    /// many, no layout, not in canonical form (then two programs might read two things in them), or say of a field that it
    /// lies beyond storage.
    pub fn decode(bytes: &[u8]) -> Result<Self, LayoutError> {
        if bytes.len() > DOCUMENT_MAX {
            return Err(refused(format!(
                "{} bytes; a document has {DOCUMENT_MAX} at most",
                bytes.len()
            )));
        }
        let json = packed::unpack(bytes)?;
        let text = std::str::from_utf8(&json).map_err(|error| refused(error.to_string()))?;
        let json: Json = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
        let document = Self {
            layout: json.layout,
            steps: json.steps,
            migrates: json.migrates,
            build: json.build_info.map(|info| BuildMetadata {
                link: json.link,
                info,
            }),
            interface: json.interface,
            filled: json.filled,
            unsafe_code: json.unsafe_code,
        };
        if document.encode() != bytes {
            return Err(refused("text that is not in canonical form"));
        }
        let placed = document.layout.require_in_storage();
        placed.map_err(|error| refused(error.to_string()))?;
        Ok(document)
    }
}

fn refused(reason: impl Into<String>) -> LayoutError {
    LayoutError::Document {
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
