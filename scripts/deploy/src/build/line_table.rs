//! A program as rustc writes it, with a line table in its custom sections. The table says which instruction comes from
//! which line.

use super::builder::{Builder, CrateFolder};
use super::code::Artifact;
use super::error::BuildError;
use super::examples::{self, EXAMPLE};
use super::package::Package;
use super::workplace::Workplace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the copy of the sources in every build.
const COPY: &str = "/source";

/// A module with its line table.
#[derive(Debug)]
pub struct WithLines {
    /// The module as rustc writes it.
    pub raw: Vec<u8>,
    /// The module as it goes on chain: encoded again, without custom sections. What the crate has wasm-opt do is left
    /// out, as no line table survives it.
    pub built: Artifact,
    /// The Rust files of the contract and of what it depends on by path, the framework's left out: where each lies on
    /// the disk, by its name in the line table.
    pub files: BTreeMap<PathBuf, PathBuf>,
}

impl Builder {
    /// The crate that `source` names (as [`Self::source`]) with its line table. Cargo compiles what it has not compiled.
    ///
    /// # Errors
    /// `NotAContract` for what is no crate with sources.
    pub fn with_lines(&self, source: &str) -> Result<WithLines, BuildError> {
        let folder = match source.strip_prefix(EXAMPLE) {
            Some(name) => self.example_folder(name)?,
            None => self.folder_of(source)?,
        };
        let folder = folder.ok_or_else(|| BuildError::not_a_contract(source.as_ref()))?;
        let package = Package::open(&folder.path)?;
        let workplace = match folder.checkout {
            Some(workplace) => workplace,
            None => Workplace::open(&self.tools, self.target(&package)?)?,
        };
        let mut sources = workplace.read(&package)?;
        let constants = self.constants(&sources)?;
        let constants = sources.add_constants(&constants);
        workplace.lock()?;
        let what = format!("building {} with its line table", package.name);
        self.tools.progress.begin(&what);
        let compiled = workplace.compile(&sources, &constants);
        self.tools.progress.end(&what);
        let raw = compiled?.raw;
        let files = sources.rust.iter().cloned();
        let files = files.map(|file| (Path::new(COPY).join(file.place), file.path));
        Ok(WithLines {
            built: Artifact::made_of(&package.name, &raw, &raw, sources.procedure.project_hash())?,
            raw,
            files: files.collect(),
        })
    }

    /// The crate of an example: this program carries its code, a clone of the project has its sources.
    ///
    /// # Errors
    /// `Missing` for other names, and outside of a clone.
    fn example_folder(&self, name: &str) -> Result<Option<CrateFolder<'_>>, BuildError> {
        examples::program(name)?;
        self.folder_of(name).map_err(|_| {
            BuildError::missing(
                format!("the sources of {name}"),
                format!("{EXAMPLE}{name} is code without sources"),
                "run it in a clone of this project, which has the crate, or name the crate's folder: --source DIR",
            )
        })
    }
}
