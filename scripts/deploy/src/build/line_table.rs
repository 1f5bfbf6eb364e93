//! A program built again from the same sources, with a line table in its custom sections. The table says which
//! instruction comes from which line.

use super::builder::Builder;
use super::code::Artifact;
use super::error::BuildError;
use super::package::Package;
use super::workplace::Workplace;
use crate::error::Refusal;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of such builds in that of all builds.
const FOLDER: &str = "line-tables";
/// What the copy of the sources is called in every build.
const COPY: &str = "/source";

/// A module with its line table.
#[derive(Debug)]
pub struct WithLines {
    /// As rustc writes it.
    pub raw: Vec<u8>,
    /// As it goes on chain: encoded again, without custom sections.
    pub built: Artifact,
    /// The Rust files of the contract and of what it depends on by path, the framework's left out: where each lies on
    /// the disk, by its name in the line table.
    pub files: BTreeMap<PathBuf, PathBuf>,
}

impl Builder {
    /// Builds the crate that `source` names (as [`Self::source`]) with a line table.
    ///
    /// # Errors
    /// `NotAContract` for what is no crate with sources.
    pub fn with_lines(&self, source: &str) -> Result<WithLines, BuildError> {
        let folder = self.folder_of(source)?;
        let folder = folder.ok_or_else(|| BuildError::not_a_contract(source.as_ref()))?;
        let package = Package::open(&folder.path)?;
        let workplace = Workplace::open(self, self.target(&package)?.join(FOLDER))?;
        let mut sources = workplace.read(&package)?;
        let constants = self.constants(&sources)?;
        let constants = sources.add_constants(&constants);
        workplace.lock()?;
        let what = format!("building {} with its line table", package.name);
        self.progress.begin(&what);
        let compiled = workplace.compile(&sources, &constants, true);
        self.progress.end(&what);
        let raw = compiled?.raw;
        let files = sources.rust.into_iter();
        let files = files.map(|file| (Path::new(COPY).join(file.place), file.path));
        Ok(WithLines {
            built: Artifact::from_wasm(&package.name, &raw)?,
            raw,
            files: files.collect(),
        })
    }
}

impl WithLines {
    /// Continues if the module is the same as without the line table.
    ///
    /// # Errors
    /// `LineTableChanges`.
    pub fn require_same(&self, without: &Artifact) -> Result<(), BuildError> {
        if self.built.wasm == without.wasm {
            return Ok(());
        }
        let name = &without.name;
        let message = format!("{name} with a line table is another program than without");
        let refusal = Refusal::new("LineTableChanges", message).with(
            format!("the {} bytes of WASM that are built without", without.wasm.len()),
            format!("{} bytes that differ from them", self.built.wasm.len()),
            "leave debug, strip and split-debuginfo to the builder: take them out of RUSTFLAGS and of \
             build.rustflags in the configuration of cargo",
        );
        Err(refusal.into())
    }
}
