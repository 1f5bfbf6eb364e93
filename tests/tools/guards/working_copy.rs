//! The copy of the sources in which guards are disabled. One process at a time uses it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use stylus_upgrades_harness::HarnessError;

use super::table::Guard;

/// Folders that are no sources, wherever they stand.
const NO_SOURCES: [&str; 3] = ["target", "node_modules", ".git"];

/// Modules of contracts, in hexadecimal.
pub(super) type Codes = BTreeSet<String>;

/// What is read of a contract that was built.
#[derive(Deserialize)]
struct Built {
    wasm: String,
}

/// A copy of the working tree below `target/guards`, with build folders of its own.
#[derive(Debug)]
pub struct WorkingCopy {
    folder: PathBuf,
    /// Held as long as this lives.
    _lock: File,
}

impl WorkingCopy {
    /// Brings the copy of the checkout in `home` up to date, whatever an earlier run left in it.
    /// Waits while another process works there. What the checkout has built of contracts is taken
    /// along, so that only what differs is built.
    ///
    /// # Errors
    /// [`HarnessError::File`].
    pub fn open(home: &Path) -> Result<Self, HarnessError> {
        let folder = home.join("target/guards");
        fs::create_dir_all(folder.join("home"))
            .map_err(HarnessError::file("create", folder.join("home")))?;
        let folder = fs::canonicalize(&folder).map_err(HarnessError::file("find", &folder))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(HarnessError::file("create", &path))?;
        lock.lock().map_err(HarnessError::file("lock", &path))?;
        let working_copy = Self {
            folder,
            _lock: lock,
        };
        follow(home, &working_copy.home())?;
        working_copy.share_packages(home)?;
        let artifacts = home.join("target/contracts/artifacts");
        // What an earlier run built with a guard disabled is kept under the hash of those sources:
        // found again, it would look as if nothing had changed.
        empty(&working_copy.artifacts())?;
        if artifacts.is_dir() {
            copy_files(&artifacts, &working_copy.artifacts())?;
        }
        Ok(working_copy)
    }

    /// Lets the copy use the checkout's packages of npm: they are no part of any guard.
    fn share_packages(&self, home: &Path) -> Result<(), HarnessError> {
        let (shared, own) = (home.join("target/npm"), self.home().join("target/npm"));
        fs::create_dir_all(&shared).map_err(HarnessError::file("create", &shared))?;
        let shared = fs::canonicalize(&shared).map_err(HarnessError::file("find", &shared))?;
        let target = self.home().join("target");
        fs::create_dir_all(&target).map_err(HarnessError::file("create", &target))?;
        if fs::read_link(&own).is_ok_and(|link| link == shared) {
            return Ok(());
        }
        symlink(&shared, &own).map_err(HarnessError::file("link", own))
    }

    /// The root of the copy.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Where tests that need no chain are built.
    pub(super) fn host_target(&self) -> PathBuf {
        self.folder.join("host")
    }

    /// A file for what a program prints.
    pub(super) fn output(&self) -> PathBuf {
        self.folder.join("output.txt")
    }

    /// Where the copy's contracts are kept once they are built.
    fn artifacts(&self) -> PathBuf {
        self.home().join("target/contracts/artifacts")
    }

    /// Where they are kept as built with nothing disabled.
    fn intact(&self) -> PathBuf {
        self.folder.join("intact")
    }

    /// Remembers what was built with nothing disabled.
    pub(super) fn remember(&self) -> Result<Codes, HarnessError> {
        empty(&self.intact())?;
        copy_files(&self.artifacts(), &self.intact())?;
        self.codes()
    }

    /// The code of every contract as it was built last.
    pub(super) fn codes(&self) -> Result<Codes, HarnessError> {
        let mut codes = Codes::new();
        let folder = self.artifacts();
        if !folder.is_dir() {
            return Ok(codes);
        }
        for path in files_in(&folder)? {
            if path.extension().is_some_and(|ending| ending == "json") {
                let text = fs::read(&path).map_err(HarnessError::file("read", &path))?;
                let built = serde_json::from_slice::<Built>(&text).ok();
                codes.extend(built.map(|built| built.wasm));
            }
        }
        Ok(codes)
    }

    /// Disables a guard in the copy. [`WorkingCopy::restore`] undoes it.
    pub(super) fn disable(&self, guard: &Guard) -> Result<(), HarnessError> {
        let path = self.home().join(&guard.file);
        let source = fs::read_to_string(&path).map_err(HarnessError::file("read", &path))?;
        let without = guard.disabled_in(&source)?;
        fs::write(&path, without).map_err(HarnessError::file("write", &path))?;
        let backup = self.folder.join("aside");
        fs::write(&backup, source).map_err(HarnessError::file("write", &backup))
    }

    /// Puts the guard back, and what was built with it. The file gets a new time on purpose:
    /// cargo must not take what it built in between for up to date.
    pub(super) fn restore(&self, guard: &Guard) -> Result<(), HarnessError> {
        let (backup, path) = (self.folder.join("aside"), self.home().join(&guard.file));
        let source = fs::read(&backup).map_err(HarnessError::file("read", &backup))?;
        fs::write(&path, source).map_err(HarnessError::file("write", &path))?;
        empty(&self.artifacts())?;
        copy_files(&self.intact(), &self.artifacts())
    }
}

/// Makes `to` a copy of the sources in `from`. Files that are the same keep their times, so that
/// what was built of them stays valid.
fn follow(from: &Path, to: &Path) -> Result<(), HarnessError> {
    fs::create_dir_all(to).map_err(HarnessError::file("create", to))?;
    let mut here = BTreeSet::new();
    for path in entries(from)? {
        let name = name_of(&path);
        let copy = to.join(&name);
        if path.is_dir() {
            follow(&path, &copy)?;
        } else {
            let content = fs::read(&path).map_err(HarnessError::file("read", &path))?;
            if !fs::read(&copy).is_ok_and(|old| old == content) {
                fs::write(&copy, content).map_err(HarnessError::file("write", &copy))?;
            }
        }
        here.insert(name);
    }
    for path in entries(to)? {
        if !here.contains(&name_of(&path)) {
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.map_err(HarnessError::file("remove", path))?;
        }
    }
    Ok(())
}

/// The contents of a folder of sources: nothing built.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, HarnessError> {
    let all = all_in(folder)?.into_iter();
    let is_source = |path: &PathBuf| !NO_SOURCES.contains(&name_of(path).as_str());
    Ok(all.filter(is_source).collect())
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, HarnessError> {
    let all = all_in(folder)?.into_iter();
    Ok(all.filter(|path| path.is_file()).collect())
}

fn all_in(folder: &Path) -> Result<Vec<PathBuf>, HarnessError> {
    fs::read_dir(folder)
        .map_err(HarnessError::file("list", folder))?
        .map(|entry| Ok(entry.map_err(HarnessError::file("list", folder))?.path()))
        .collect()
}

/// Removes the files of a folder, but no locks; there may be no folder.
fn empty(folder: &Path) -> Result<(), HarnessError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in files_in(folder)? {
        if !name_of(&path).starts_with('.') {
            fs::remove_file(&path).map_err(HarnessError::file("remove", &path))?;
        }
    }
    Ok(())
}

/// Copies the files of a folder, but no locks.
fn copy_files(from: &Path, to: &Path) -> Result<(), HarnessError> {
    fs::create_dir_all(to).map_err(HarnessError::file("create", to))?;
    for path in files_in(from)? {
        let name = name_of(&path);
        if !name.starts_with('.') {
            fs::copy(&path, to.join(name)).map_err(HarnessError::file("copy", &path))?;
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
