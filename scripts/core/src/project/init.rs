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

use super::carried;
use super::error::refused;
use super::framework::Framework;
use crate::app_error::Error;
use crate::build::{Package, settle_lock};
use crate::file_names::MANIFEST;
use crate::interface::storage_structs;
use crate::manifest::Manifest;
use crate::own_file::{self, io};
use crate::project_file;
use similar::TextDiff;
use source::Source;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The manifest of a new project.
const NEW_MANIFEST: &str = include_str!("template/manifest.toml.txt");

/// The changes that would make a crate upgradeable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    folder: PathBuf,
    files: Vec<ChangedFile>,
    /// The parts that are left as they are, and why they may not stay so.
    skipped: Vec<String>,
    /// The framework's crates, where the project will keep them and does not yet.
    carried: Option<CarriedCrates>,
    /// The first content of a lock file where there is none.
    seed: Option<String>,
    /// The lock file as it was found.
    lock: LockFile,
}

/// The lock file of a workspace, which cargo writes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LockFile {
    path: PathBuf,
    /// Its text; none if there is no file.
    text: Option<String>,
}

/// The framework's crates as files of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CarriedCrates {
    /// The project.
    root: PathBuf,
    files: Vec<carried::File>,
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
    /// Finds the changes that would make the crate in `folder` upgradeable.
    ///
    /// # Errors
    /// `NotInitialized` with what has to be done by hand first.
    pub fn of(folder: &Path, framework: &Framework) -> Result<Self, Error> {
        let crates = crates::of_contract(folder)?;
        let root = crates.first().map_or(folder, |main| main.root.as_path());
        let mut init = Self {
            lock: LockFile::read(root.join("Cargo.lock"))?,
            folder: folder.to_owned(),
            files: Vec::new(),
            skipped: Vec::new(),
            carried: None,
            seed: framework.lock()?,
        };
        for (position, one) in crates.iter().enumerate() {
            let dependency = framework.dependency("migratable/upgradeable", &one.folder, &one.root);
            init.add_crate(one, position == 0, &dependency)?;
        }
        if let Some(main) = crates.first().filter(|_| *framework == Framework::Carried) {
            init.carry(&main.root, framework.files()?)?;
        }
        let toolchain = stylus_upgrades_framework::TOOLCHAIN_FILE;
        let path = folder.join(toolchain);
        if path.is_file() {
            let before = read(&path)?;
            let after = manifest::channel(&before)?;
            init.add(path, toolchain.into(), Some(before), after);
        }
        if Manifest::nearest(folder).is_none() {
            let path = folder.join(MANIFEST);
            init.add(path, MANIFEST.into(), None, NEW_MANIFEST.to_owned());
        }
        Ok(init)
    }

    /// Has the project keep the framework's crates, if a crate of it will take them from there. They are a workspace of
    /// their own.
    fn carry(&mut self, root: &Path, files: Vec<carried::File>) -> Result<(), Error> {
        let is_used = self
            .files
            .iter()
            .any(|file| file.after.contains(carried::FOLDER));
        if !is_used || root.join(carried::FOLDER).exists() {
            return Ok(());
        }
        let path = root.join("Cargo.toml");
        match self.files.iter_mut().find(|file| file.path == path) {
            Some(changed) => changed.after = manifest::excluding(&changed.after, carried::FOLDER)?,
            None => {
                let before = read(&path)?;
                let after = manifest::excluding(&before, carried::FOLDER)?;
                self.add(path, "Cargo.toml".into(), Some(before), after);
            }
        }
        self.carried = Some(CarriedCrates {
            root: root.to_owned(),
            files,
        });
        Ok(())
    }

    /// Adds the changes in a crate; `is_main` is the contract's own.
    fn add_crate(&mut self, one: &Package, is_main: bool, dependency: &str) -> Result<(), Error> {
        let mut files = Vec::new();
        for path in crates::sources(one)? {
            let text = read(&path)?;
            let name = crates::named(one, &path);
            let file = source::parsed(&name, &text)?;
            files.push((name, path, text, file));
        }
        let structs = files
            .iter()
            .flat_map(|(_, _, text, _)| storage_structs(text));
        let entrypoints = structs.filter(|one| is_main && one.has("entrypoint"));
        // Features may choose one of several.
        let contracts: Vec<String> = entrypoints.map(|entrypoint| entrypoint.name).collect();
        if is_main && contracts.is_empty() {
            let missing = "no source file has a storage struct with #[entrypoint]";
            return Err(refused(missing.into()));
        }
        let mut sources = Vec::new();
        for file in &files {
            let (name, _, text, items) = file;
            let source = Source::of(name, (text, items), &contracts)?;
            sources.push((file, source));
        }
        let has = |what: fn(&Source) -> bool| sources.iter().any(|(_, source)| what(source));
        if is_main && !has(|source| source.has_public) {
            let missing = "no source file has a #[public] impl of the contract";
            return Err(refused(missing.into()));
        }
        if !is_main && !has(|source| source.has_storage) {
            return Ok(());
        }
        let path = one.folder.join("Cargo.toml");
        let before = read(&path)?;
        let after = manifest::with_our_crate(&before, dependency)?;
        self.add(path, crates::named(one, "Cargo.toml"), Some(before), after);
        for ((name, path, before, _), source) in sources {
            let after = source.changed();
            self.skipped.extend(source.skipped);
            self.add(path.clone(), name.clone(), Some(before.clone()), after);
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, name: String, before: Option<String>, after: String) {
        if before.as_ref() != Some(&after) {
            self.files.push(ChangedFile {
                path,
                name,
                before,
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
        let carried = self.carried.iter().map(|carried| {
            format!(
                "new folder {}: {} files, the framework's crates\n",
                carried::FOLDER,
                carried.files.len()
            )
        });
        self.files.iter().map(one).chain(carried).collect()
    }

    /// The files that would change.
    pub fn files(&self) -> Vec<&str> {
        self.files.iter().map(|file| file.name.as_str()).collect()
    }

    /// The parts that are left as they are, each with the reason why it may not stay so.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Writes them, and has cargo write the lock file. Nothing is written where a file is not any more what it was.
    ///
    /// # Errors
    /// `NotInitialized` where it changed; as [`own_file::write`]; what cargo says.
    pub fn write(&self) -> Result<(), Error> {
        for one in &self.files {
            one.require_known()?;
        }
        for one in &self.files {
            one.put(Some(&one.after))?;
        }
        if let Some(carried) = &self.carried {
            carried::write(&carried.root, &carried.files)?;
        }
        Ok(settle_lock(&self.folder, self.seed.as_deref())?)
    }

    /// Puts the files back as they were before, the lock file too, but for those that somebody else changed meanwhile.
    ///
    /// # Errors
    /// The reason why the first of those that stay is not put back.
    pub fn undo(&self) -> Result<(), Error> {
        let put = self.files.iter().map(|file| file.put(file.before.as_ref()));
        let removed = self
            .carried
            .iter()
            .map(|carried| carried::remove(&carried.root));
        let all = put.chain(removed).chain([self.lock.restore()]);
        all.fold(Ok(()), Result::and)
    }
}

impl LockFile {
    fn read(path: PathBuf) -> Result<Self, Error> {
        let text = own_file::read(&path)?;
        Ok(Self { path, text })
    }

    /// Gives the file its text again.
    fn restore(&self) -> Result<(), Error> {
        match &self.text {
            Some(text) => Ok(own_file::write(&self.path, text.as_bytes())?),
            None => remove(&self.path),
        }
    }
}

impl ChangedFile {
    /// Refuses a file that holds neither what it held nor what is written.
    fn require_known(&self) -> Result<(), Error> {
        let there = own_file::read(&self.path)?;
        if there.is_none_or(|there| there == self.after || Some(there) == self.before) {
            Ok(())
        } else {
            Err(refused(format!("{} changed meanwhile", self.name)))
        }
    }

    /// Gives the file that text, or removes it where there is none.
    fn put(&self, text: Option<&String>) -> Result<(), Error> {
        self.require_known()?;
        if let Some(text) = text {
            return Ok(own_file::write(&self.path, text.as_bytes())?);
        }
        remove(&self.path)
    }
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io("removed", path)(error).into()),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<String, Error> {
    let text = project_file::read(path)?;
    Ok(text.ok_or_else(|| io("read", path)(ErrorKind::NotFound.into()))?)
}

#[cfg(test)]
mod tests;
