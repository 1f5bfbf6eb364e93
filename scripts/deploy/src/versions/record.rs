//! The registry's record of a version, as a file.

use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::model::RecordedCode;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// The registry's record of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The definition.
    pub name: String,
    /// The version's label.
    pub version: String,
    /// The chain.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The account that holds the code.
    pub implementation: Address,
    /// keccak256 of `code.bin`.
    pub codehash: CodeHash,
    /// keccak256 of each `fragment-N.bin`, from 1; none where the code is in one piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fragments: Vec<CodeHash>,
    /// keccak256 of `layout.json`; zero if the registry has none.
    pub layout_hash: LayoutHash,
    /// The hash of the sources; zero if the registry has none.
    pub source_hash: SourceHash,
    /// True if `layout.json` is there.
    pub has_layout: bool,
}

impl Record {
    /// Of a version in that registry, before anything is known of its files.
    pub fn new(
        (name, version): (&str, &str),
        (chain_id, registry): (u64, Address),
        code: &RecordedCode,
    ) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            chain_id,
            registry,
            implementation: code.implementation,
            codehash: code.codehash,
            fragments: Vec::new(),
            layout_hash: code.layout,
            source_hash: code.source,
            has_layout: false,
        }
    }
}
