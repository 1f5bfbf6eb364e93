//! An existing contract made upgradeable: what would change in which file, before anything is
//! written. Fields and their order stay as they are.
//!
//! | module | holds |
//! |---|---|
//! | [`crates`] | the crates that the contract is made of, and their source files |
//! | [`source`] | what changes in a source file |
//! | [`manifest`] | what changes in Cargo.toml and in the toolchain's file |

mod crates;
mod manifest;
mod source;

use super::error::{file, refused};
use super::framework::Framework;
use crate::app_error::Error;
use crate::build::settle_lock;
use crate::file_names::MANIFEST;
use crate::interface::storage_structs;
use crate::manifest::Manifest;
use crate::own_file;
use crates::{Contract, Local};
use similar::TextDiff;
use source::Source;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The manifest of a new project.
const NEW_MANIFEST: &str = include_str!("template/manifest.toml.txt");

/// What would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    folder: PathBuf,
    files: Vec<ChangedFile>,
    /// What is left as it is, and why it may not stay so.
    skipped: Vec<String>,
    /// What a lock file begins with where there is none.
    seed: Option<PathBuf>,
}

/// A file before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ChangedFile {
    path: PathBuf,
    /// The path in the difference.
    name: String,
    /// Nothing where the file is new.
    before: Option<String>,
    after: String,
}

impl Init {
    /// What would make the crate in `folder` upgradeable.
    ///
    /// # Errors
    /// `NotInitialized` with what has to be done by hand first.
    pub fn of(folder: &Path, framework: &Framework) -> Result<Self, Error> {
        let contract = Contract::of(folder)?;
        let mut init = Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            skipped: Vec::new(),
            seed: framework.lock_file(),
        };
        for (position, one) in contract.crates.iter().enumerate() {
            let dependency =
                framework.dependency("migratable/upgradeable", &one.folder, &contract.root);
            init.add_crate(one, position == 0, &dependency)?;
        }
        let toolchain = stylus_upgrades_framework::TOOLCHAIN_FILE;
        let path = folder.join(toolchain);
        if path.is_file() {
            let before = read(&path)?;
            let after = manifest::channel(&before)?;
            init.add(path, toolchain.into(), before, after);
        }
        if Manifest::nearest(folder).is_none() {
            init.files.push(ChangedFile {
                path: folder.join(MANIFEST),
                name: MANIFEST.into(),
                before: None,
                after: NEW_MANIFEST.to_owned(),
            });
        }
        Ok(init)
    }

    /// What would change in a crate; `is_main` is the contract's own.
    fn add_crate(&mut self, one: &Local, is_main: bool, dependency: &str) -> Result<(), Error> {
        let mut files = Vec::new();
        for (path, name) in one.sources()? {
            let text = read(&path)?;
            let file = source::parsed(&name, &text)?;
            files.push((path, name, text, file));
        }
        let structs = files
            .iter()
            .flat_map(|(_, _, text, _)| storage_structs(text));
        let contract = structs
            .filter(|one| one.has("entrypoint"))
            .map(|one| one.name);
        let contract = contract.take(usize::from(is_main)).next();
        if is_main && contract.is_none() {
            let missing = "no source file has a storage struct with #[entrypoint]";
            return Err(refused(missing.into()));
        }
        let mut sources = Vec::new();
        for (path, name, text, file) in files {
            let source = Source::of(&name, (&text, &file), contract.as_deref())?;
            sources.push((path, name, text, source));
        }
        let has = |what: fn(&Source) -> bool| sources.iter().any(|(.., source)| what(source));
        if is_main && !has(|source| source.has_public) {
            let missing = "no source file has a #[public] impl of the contract";
            return Err(refused(missing.into()));
        }
        if !is_main && !has(|source| source.has_storage) {
            return Ok(());
        }
        let before = read(&one.folder.join("Cargo.toml"))?;
        let after = manifest::with_our_crate(&before, dependency)?;
        let name = one.named("Cargo.toml");
        self.add(one.folder.join("Cargo.toml"), name, before, after);
        for (path, name, before, source) in sources {
            let after = source.changed(&before);
            self.skipped.extend(source.skipped);
            self.add(path, name, before, after);
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, name: String, before: String, after: String) {
        if before != after {
            self.files.push(ChangedFile {
                path,
                name,
                before: Some(before),
                after,
            });
        }
    }

    /// The difference, as `diff -u` and git show it.
    pub fn difference(&self) -> String {
        let one = |file: &ChangedFile| {
            let (old, new) = match &file.before {
                Some(_) => (format!("a/{}", file.name), format!("b/{}", file.name)),
                None => ("/dev/null".into(), format!("b/{}", file.name)),
            };
            let before = file.before.as_deref().unwrap_or_default();
            let diff = TextDiff::from_lines(before, &file.after);
            diff.unified_diff().header(&old, &new).to_string()
        };
        self.files.iter().map(one).collect()
    }

    /// The files that would change.
    pub fn files(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.name.as_str()).collect()
    }

    /// What is left as it is, each with the reason why it may not stay so.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Writes them, and has cargo write the lock file.
    ///
    /// # Errors
    /// `ProjectFile`; what cargo says.
    pub fn write(&self) -> Result<(), Error> {
        self.put(|file| Some(&file.after))?;
        Ok(settle_lock(&self.folder, self.seed.as_deref())?)
    }

    /// Puts the files back as they were before.
    ///
    /// # Errors
    /// `ProjectFile`.
    pub fn undo(&self) -> Result<(), Error> {
        self.put(|file| file.before.as_ref())
    }

    /// Gives every file that text, or removes it where there is none.
    fn put(&self, text: impl Fn(&ChangedFile) -> Option<&String>) -> Result<(), Error> {
        for one in &self.files {
            let put = match text(one) {
                Some(text) => {
                    own_file::write(&one.path, text.as_bytes()).map_err(std::io::Error::other)
                }
                // One that was never written keeps no other one from being put back.
                None => match std::fs::remove_file(&one.path) {
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                    removed => removed,
                },
            };
            put.map_err(file("write", &one.path))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(file("read", path))
}

#[cfg(test)]
mod tests;
