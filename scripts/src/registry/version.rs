//! A version to be added, as the governed calls take it, and the code of one that was.

use crate::ids::{CodeHash, LayoutHash, SourceHash};
use alloy::primitives::Address;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// The code of a version as the registry records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RecordedCode {
    /// The account that holds it.
    pub implementation: Address,
    /// keccak256 of it.
    pub codehash: CodeHash,
    /// Hash of its storage layout, or zero.
    pub layout: LayoutHash,
    /// Hash of its source, or zero.
    pub source: SourceHash,
}

impl From<&Code> for RecordedCode {
    fn from(code: &Code) -> Self {
        Self {
            implementation: code.implementation,
            codehash: code.codehash.into(),
            layout: code.layoutHash.into(),
            source: code.sourceHash.into(),
        }
    }
}

impl From<Code> for RecordedCode {
    fn from(code: Code) -> Self {
        Self::from(&code)
    }
}

impl From<RecordedCode> for Code {
    fn from(code: RecordedCode) -> Self {
        Self {
            implementation: code.implementation,
            codehash: code.codehash.into(),
            layoutHash: code.layout.into(),
            sourceHash: code.source.into(),
        }
    }
}

/// A version to be added.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The definition's name.
    pub name: String,
    /// The version's label.
    pub version: String,
    /// Its code.
    pub code: Code,
    /// The way into it.
    pub step: Step,
}

impl From<NewVersion> for abi::addVersionCall {
    fn from(new: NewVersion) -> Self {
        Self {
            name: new.name,
            version: new.version,
            code: new.code,
            step: new.step,
        }
    }
}

impl From<NewVersion> for abi::migrateCall {
    fn from(new: NewVersion) -> Self {
        Self {
            name: new.name,
            version: new.version,
            code: new.code,
            step: new.step,
        }
    }
}
