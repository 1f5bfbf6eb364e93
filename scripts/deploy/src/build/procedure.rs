//! How code is made of sources: as cargo-stylus makes it in its container, so that others make the same bytes, or as
//! small as it gets, which the framework's own programs are.

use alloy::primitives::B256;

/// The profile of cargo that cargo-stylus compiles in.
const RELEASE: &str = "release";
/// The profile that the framework's programs are compiled in.
pub(super) const CONTRACT: &str = "contract";
/// Whose bytes are made.
pub(super) const CARGO_STYLUS: &str = "cargo-stylus 0.10.10";

/// How code is made of sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Procedure {
    /// As small as it gets.
    Lean,
    /// As cargo-stylus makes it. With its hash of the sources, or why others could not make the same.
    CargoStylus(Result<B256, String>),
}

impl Procedure {
    /// That of cargo-stylus, before anybody asked whether others can make the same.
    pub(super) fn cargo_stylus() -> Self {
        Self::CargoStylus(Err("nobody asked".into()))
    }

    /// The profile of cargo.
    pub(super) fn profile(&self) -> &'static str {
        match self {
            Self::Lean => CONTRACT,
            Self::CargoStylus(_) => RELEASE,
        }
    }

    /// Why others could not make the same.
    pub(super) fn unverifiable(&self) -> Option<String> {
        match self {
            Self::CargoStylus(Err(reason)) => Some(reason.clone()),
            Self::CargoStylus(Ok(_)) | Self::Lean => None,
        }
    }

    /// What the code says of its sources; zero where others could not make the same. `None` where it says nothing.
    pub(super) fn project_hash(&self) -> Option<B256> {
        match self {
            Self::Lean => None,
            Self::CargoStylus(hash) => Some(*hash.as_ref().unwrap_or(&B256::ZERO)),
        }
    }
}
