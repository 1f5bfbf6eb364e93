//! A program built again from the same sources, with a line table in its custom sections. The table says which
//! instruction comes from which line.

use super::builder::Builder;
use super::error::BuildError;
use super::package::Package;
use super::wasm;
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
    pub wasm: Vec<u8>,
    /// The Rust files of the contract and of what it depends on by path, the framework's left out: where each lies on
    /// the disk, by its name in the line table.
    pub files: BTreeMap<PathBuf, PathBuf>,
}

impl Builder {
    /// Builds the crate that `source` names (as [`Self::source`]) with a line table.
    ///
    /// # Errors
    /// `NotAContract` for what is no crate with sources; `LineTableChanges` if the module
    /// is another than `wasm`, which is built without.
    pub fn with_lines(&self, source: &str, wasm: &[u8]) -> Result<WithLines, BuildError> {
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
        let built = wasm::reencode(&package.name, &raw)?;
        if built != wasm {
            let message = format!(
                "{} with a line table is another program than without",
                package.name
            );
            let refusal = Refusal::new("LineTableChanges", message).with(
                format!("the {} bytes of WASM that are built without", wasm.len()),
                format!("{} bytes that differ from them", built.len()),
                "leave debug, strip and split-debuginfo to the builder: take them out of RUSTFLAGS and of \
                 build.rustflags in the configuration of cargo",
            );
            return Err(refusal.into());
        }
        let files = sources.rust.into_iter();
        let files = files.map(|file| (Path::new(COPY).join(file.place), file.path));
        Ok(WithLines {
            raw,
            wasm: built,
            files: files.collect(),
        })
    }
}
