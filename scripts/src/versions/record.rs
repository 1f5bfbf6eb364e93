//! What the registry recorded of a version, as a file.

use super::error::VersionsError;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use alloy::primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};
use std::path::Path;
use stylus_upgrades_interface::registry::{Code, Step};

/// What the registry recorded of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The definition.
    pub name: String,
    /// The version's label.
    pub version: String,
    /// Whether the registry has it.
    pub state: State,
    /// A block at which the proposal was on the chain: what the chain was before tells nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_by_block: Option<u64>,
    /// The chain.
    pub chain_id: u64,
    /// The registry.
    pub registry: Address,
    /// The account that holds the code.
    pub implementation: Address,
    /// keccak256 of `code.bin`.
    pub codehash: CodeHash,
    /// keccak256 of `layout.json`; zero if the registry has none.
    pub layout_hash: LayoutHash,
    /// The hash of the sources; zero if the registry has none.
    pub source_hash: SourceHash,
    /// The ways into it.
    pub steps: Vec<StepRecord>,
    /// Whether `layout.json` is there.
    pub has_layout: bool,
    /// keccak256 of `abi.json`, if that is there.
    pub abi_hash: Option<B256>,
    /// keccak256 of `notes.json`, if that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes_hash: Option<B256>,
}

/// Whether the registry has a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Approvals were missing.
    Proposed,
    /// It was proposed, and that ended without being executed: cancelled, expired, or a policy changed.
    Ended,
    /// The registry has it.
    Registered,
}

/// A way into a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepRecord {
    /// The version it leaves; empty for an initial step.
    pub from: String,
    /// One of [`step`](stylus_upgrades_interface::reasons::step).
    pub kind: u8,
    /// The script, or the program of a complex migration; else zero.
    pub script: Address,
    /// keccak256 of its code; else zero.
    pub script_codehash: CodeHash,
    /// The calldata.
    pub data: Bytes,
}

impl From<&Step> for StepRecord {
    fn from(step: &Step) -> Self {
        Self {
            from: step.from.clone(),
            kind: step.kind,
            script: step.script,
            script_codehash: step.scriptCodehash.into(),
            data: step.data.clone(),
        }
    }
}

impl From<&StepRecord> for Step {
    fn from(step: &StepRecord) -> Self {
        Self {
            from: step.from.clone(),
            kind: step.kind,
            script: step.script,
            scriptCodehash: step.script_codehash.into(),
            data: step.data.clone(),
        }
    }
}

impl Record {
    /// Of a version in that registry, before anything is known of its files.
    pub fn new(
        (name, version): (&str, &str),
        (chain_id, registry): (u64, Address),
        state: State,
        code: &Code,
        steps: &[Step],
    ) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            state,
            proposed_by_block: None,
            chain_id,
            registry,
            implementation: code.implementation,
            codehash: code.codehash.into(),
            layout_hash: code.layoutHash.into(),
            source_hash: code.sourceHash.into(),
            steps: steps.iter().map(StepRecord::from).collect(),
            has_layout: false,
            abi_hash: None,
            notes_hash: None,
        }
    }

    /// Whether both are of the same code in the same registry.
    pub fn is_same_code(&self, other: &Self) -> bool {
        let key = |one: &Self| (one.chain_id, one.registry, one.codehash, one.layout_hash);
        key(self) == key(other)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, VersionsError> {
        serde_json::from_str(text).map_err(|error| VersionsError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }
}
