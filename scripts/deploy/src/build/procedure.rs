//! The way in which code is made of sources. A workspace that cargo-stylus knows, by a `Stylus.toml` beside its
//! manifest, is built as cargo-stylus builds it in its container: on every chain and in every test the same bytes,
//! which others can make again. What it does not know, such as the framework's own programs, gets as small as it can.

use super::package::Package;
use alloy::primitives::B256;
use std::path::Path;

/// The profile of cargo that cargo-stylus compiles in.
const RELEASE: &str = "release";
/// The profile that the framework's programs are compiled in.
pub(super) const CONTRACT: &str = "contract";
/// By it cargo-stylus knows a workspace, and a contract in it.
pub(super) const STYLUS: &str = "Stylus.toml";
/// The program whose bytes are made.
pub(super) const CARGO_STYLUS: &str = "cargo-stylus 0.10.10";

/// A way to make code of sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Procedure {
    /// Code as small as it gets.
    Lean,
    /// Code as cargo-stylus makes it. With its hash of the sources, or why others could not make the same.
    CargoStylus(Result<B256, String>),
}

impl Procedure {
    /// Returns the procedure of the workspace in `root`, before anybody asked whether others can make the same.
    pub(super) fn of(root: &Path) -> Self {
        if root.join(STYLUS).is_file() {
            Self::CargoStylus(Err("nobody asked".into()))
        } else {
            Self::Lean
        }
    }

    /// The nearest folder to a package whose settings for cargo hold: cargo-stylus runs cargo in that of the workspace.
    pub(super) fn settings_from<'p>(&self, package: &'p Package) -> &'p Path {
        match self {
            Self::Lean => &package.folder,
            Self::CargoStylus(_) => &package.root,
        }
    }

    /// The profile of cargo.
    pub(super) fn profile(&self) -> &'static str {
        match self {
            Self::Lean => CONTRACT,
            Self::CargoStylus(_) => RELEASE,
        }
    }

    /// Says why others could not make the same.
    pub(super) fn unverifiable(&self) -> Option<String> {
        match self {
            Self::CargoStylus(Err(reason)) => Some(reason.clone()),
            Self::CargoStylus(Ok(_)) => None,
            Self::Lean => Some(format!(
                "{STYLUS} is not beside the manifest of its workspace"
            )),
        }
    }

    /// Returns what the code says of its sources; zero where others could not make the same. `None` where it says
    /// nothing.
    pub(super) fn project_hash(&self) -> Option<B256> {
        match self {
            Self::Lean => None,
            Self::CargoStylus(hash) => Some(*hash.as_ref().unwrap_or(&B256::ZERO)),
        }
    }
}
