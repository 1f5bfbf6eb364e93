//! The sources and tools of an artifact: for people who approve it, and for those who
//! build it again.

use super::committed::Committed;
use super::metadata::metadata;
use super::procedure::{CARGO_STYLUS, Procedure};
use super::source::Source;
use super::toolchain::{TARGET, Toolchain};
use crate::ids::SourceHash;
use alloy::primitives::B256;
use serde::{Deserialize, Serialize};
use stylus_layout::BuildMetadata;

/// The encoder and its version, as in Cargo.lock.
pub(super) const ENCODER: &str = "wasm-encoder 0.263.0";
/// This program and its version.
const TOOL: &str = concat!("stylus-upgrades ", env!("CARGO_PKG_VERSION"));
/// The crate that most contracts are written with.
const SDK: &str = "stylus-sdk";
/// Digits of a commit for people.
const SHORT: usize = 12;

/// The sources and tools of an artifact. A `.wasm` file that somebody else built has
/// only the last two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildInfo {
    /// The commit of the sources, if they lie in a git repository.
    pub commit: Option<Commit>,
    /// The hash of the sources: of the files of the copy that it was built in, see
    /// `docs/internals/storage.md`. Zero on a public chain where they are those of no commit, see [`Artifact::for_public_chain`].
    ///
    /// [`Artifact::for_public_chain`]: super::Artifact::for_public_chain
    pub source_hash: Option<SourceHash>,
    /// The compiler.
    pub rustc: Option<String>,
    /// Version of stylus-sdk, if the contract uses it.
    pub stylus_sdk: Option<String>,
    /// The arguments of the compiler: target, settings of the profile, link arguments.
    pub flags: Vec<String>,
    /// The changes that the contract's author declares to be the business of its migration, by the names of
    /// `layout diff`: `migrates` in `[package.metadata.stylus-upgrades]`.
    #[serde(default)]
    pub migrates: Vec<String>,
    /// The program that encodes the module again for the chain.
    pub encoder: String,
    /// The program that did all this.
    pub tool: String,
    /// By what others make the same code; `None` where nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// The reason why nobody can, where it was built as cargo-stylus does.
    #[serde(skip)]
    pub unverifiable: Option<String>,
}

/// By what others make the same code again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The tool and its version.
    pub tool: String,
    /// The hash of the sources that it put into the module.
    pub project_hash: B256,
    /// The metadata by which others follow it, published with the layout.
    pub metadata: BuildMetadata,
}

/// A commit of git.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its hash, 40 or 64 hexadecimal digits.
    pub id: String,
    /// True if the sources differ from it.
    pub dirty: bool,
}

impl Default for BuildInfo {
    fn default() -> Self {
        Self {
            commit: None,
            source_hash: None,
            rustc: None,
            stylus_sdk: None,
            flags: Vec::new(),
            migrates: Vec::new(),
            encoder: ENCODER.into(),
            tool: TOOL.into(),
            recipe: None,
            unverifiable: None,
        }
    }
}

impl BuildInfo {
    /// Of a build of `source`.
    pub(super) fn of(source: &Source, toolchain: &Toolchain) -> Self {
        let is_lean = source.procedure == Procedure::Lean;
        let mut flags = if is_lean {
            Vec::new()
        } else {
            vec!["cargo build --lib --locked --release".into()]
        };
        flags.push(format!("target={TARGET}"));
        flags.extend(source.profile.iter().cloned());
        flags.extend(source.rustflags.iter().cloned());
        let stack_size = source.stack_size;
        flags.extend(stack_size.map(|size| format!("link-arg=-zstack-size={size}")));
        flags.extend(source.optimization.as_ref().map(ToString::to_string));
        let rustc = toolchain.version.lines().next().map(str::to_owned);
        let recipe = Recipe::of(source, rustc.as_deref());
        let encoder = if is_lean { ENCODER } else { CARGO_STYLUS };
        Self {
            commit: Commit::of(source),
            source_hash: Some(SourceHash(source.tree.hash())),
            rustc,
            stylus_sdk: source.lock.version_of(SDK),
            flags,
            migrates: source.package.declared("migrates"),
            encoder: encoder.into(),
            recipe,
            unverifiable: source.procedure.unverifiable(),
            ..Self::default()
        }
    }

    /// The same sources may lie in another commit now, or in none.
    pub(super) fn look_again(&mut self, source: &Source) {
        self.commit = Commit::of(source);
        self.recipe = Recipe::of(source, self.rustc.as_deref());
        self.unverifiable = source.procedure.unverifiable();
    }

    /// Returns true if it was built from the sources of a commit, which anybody can check out.
    pub fn is_of_commit(&self) -> bool {
        self.commit.as_ref().is_some_and(|commit| !commit.dirty)
    }

    /// Says why it is of no commit that anybody can check out.
    pub fn why_of_no_commit(&self) -> &str {
        match (&self.commit, &self.unverifiable) {
            (None, _) => "git knows no commit of its sources",
            (Some(_), Some(why)) if self.encoder == CARGO_STYLUS => why,
            (Some(_), _) => "its sources differ from the commit that is checked out",
        }
    }

    /// Lines for people.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![(
            "commit",
            self.commit
                .as_ref()
                .map_or("unknown".to_owned(), Commit::to_string),
        )];
        if let Some(rustc) = &self.rustc {
            let sdk = self.stylus_sdk.as_ref();
            let sdk = sdk.map_or(String::new(), |version| format!(", stylus-sdk {version}"));
            lines.push(("built with", format!("{rustc}{sdk}")));
        }
        if !self.flags.is_empty() {
            lines.push(("flags", self.flags.join(" ")));
        }
        lines.push(("encoded by", format!("{}, {}", self.encoder, self.tool)));
        if let Some(recipe) = &self.recipe {
            lines.push((
                "verifiable",
                format!("project_hash {}", recipe.project_hash),
            ));
        }
        lines
    }
}

impl Recipe {
    /// Returns the recipe by which others make the code of `source`, where they can.
    fn of(source: &Source, rustc: Option<&str>) -> Option<Self> {
        match &source.procedure {
            Procedure::CargoStylus(Ok(hash)) => Some(Self {
                tool: CARGO_STYLUS.into(),
                project_hash: *hash,
                metadata: metadata(source, rustc, CARGO_STYLUS),
            }),
            Procedure::CargoStylus(Err(_)) | Procedure::Lean => None,
        }
    }
}

impl Commit {
    /// The commit of `source`, if git knows one.
    pub(super) fn of(source: &Source) -> Option<Self> {
        let committed = Committed::of(source)?;
        Some(Self {
            dirty: committed.first_difference(source).is_some(),
            id: committed.id,
        })
    }
}

impl std::fmt::Display for Commit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = self.id.get(..SHORT).unwrap_or(&self.id);
        let note = if self.dirty {
            ", and the sources differ from it"
        } else {
            ""
        };
        write!(f, "{short}{note}")
    }
}

#[cfg(test)]
mod tests;
