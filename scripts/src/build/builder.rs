//! The builder: which sources, which framework, and where outputs go.

use super::code::Artifact;
use super::error::BuildError;
use super::framework::Framework;
use super::revision::Revision;
use super::source::{self, Source};
use super::sources::{self, Sources};
use super::toolchain::{self, Toolchain};
use super::workplace::Workplace;
use super::{constants::Constants, package};
use crate::interface::{Callable, SourceFiles};
use crate::progress::Progress;
use alloy::primitives::{B256, keccak256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use stylus_layout::Unlisted;

/// Builds contracts. Cheap to make; several may work at once, in one process or many.
pub struct Builder {
    /// The workspace whose contracts are called by their names; that of the current folder if
    /// `None`.
    workspace: Option<PathBuf>,
    origin: Origin,
    framework: OnceLock<Framework>,
    toolchains: Mutex<BTreeMap<B256, Toolchain>>,
    pub(super) cargo_home: PathBuf,
    pub(super) is_anew: bool,
    pub(super) progress: Arc<dyn Progress>,
}

/// Where the framework comes from.
enum Origin {
    /// The bytes that are pinned.
    Pinned,
    /// The sources in a folder.
    Sources {
        home: PathBuf,
        /// What is unchanged since the bytes were pinned is not built.
        may_be_pinned: bool,
    },
}

impl Builder {
    /// A builder for the crates of authors. What it builds goes into the target folder of their
    /// workspace, or into `CARGO_TARGET_DIR`. The framework is the pinned one.
    pub fn new(progress: Arc<dyn Progress>) -> Self {
        Self {
            workspace: None,
            origin: Origin::Pinned,
            framework: OnceLock::new(),
            toolchains: Mutex::default(),
            cargo_home: toolchain::cargo_home(),
            is_anew: false,
            progress,
        }
    }

    /// A builder that knows the contracts of the workspace in `home` by their names, and puts
    /// whatever it builds into that workspace's target folder.
    ///
    /// # Errors
    /// [`BuildError::NoWorkspace`] if there is none.
    pub fn at(home: &Path, progress: Arc<dyn Progress>) -> Result<Self, BuildError> {
        let folder = std::fs::canonicalize(home)
            .ok()
            .filter(|home| home.join("Cargo.toml").is_file())
            .ok_or_else(|| BuildError::NoWorkspace {
                path: home.to_owned(),
            })?;
        Ok(Self {
            workspace: Some(folder),
            ..Self::new(progress)
        })
    }

    /// The framework is built from the sources in `home`.
    ///
    /// # Errors
    /// [`BuildError::SourcesMissing`] if they are not there.
    pub fn framework_from(self, home: &Path) -> Result<Self, BuildError> {
        self.with_sources(home, false)
    }

    /// The framework is that of the sources in `home`. A program is built only if they differ from
    /// those that its pinned bytes were built from.
    ///
    /// # Errors
    /// [`BuildError::SourcesMissing`] if they are not there.
    pub fn framework_as_in(self, home: &Path) -> Result<Self, BuildError> {
        self.with_sources(home, true)
    }

    fn with_sources(mut self, home: &Path, may_be_pinned: bool) -> Result<Self, BuildError> {
        self.origin = Origin::Sources {
            home: sources::folder(home)?,
            may_be_pinned,
        };
        Ok(self)
    }

    /// Builds everything anew: no artifact of an earlier build is taken, and whatever comes from
    /// the sources is compiled from them. Packages of registries, which the lock file names by their
    /// checksums, stay compiled.
    #[must_use]
    pub fn anew(mut self) -> Self {
        self.is_anew = true;
        self
    }

    /// Builds a contract by its package's name.
    pub fn contract(&self, package: &str) -> Result<Artifact, BuildError> {
        self.folder(&self.member(package)?)
    }

    fn member(&self, package: &str) -> Result<PathBuf, BuildError> {
        package::member(&self.home(package)?, package)
    }

    /// Builds the crate in a folder, in whatever workspace, or takes a `.wasm` file as it is.
    pub fn path(&self, path: &Path) -> Result<Artifact, BuildError> {
        if path.is_file() && path.extension().is_some_and(|ending| ending == "wasm") {
            let raw = std::fs::read(path).map_err(BuildError::file("read", path))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            return Artifact::from_wasm(&name, &raw);
        }
        if !path.join("Cargo.toml").is_file() {
            return Err(BuildError::NotAContract {
                path: path.to_owned(),
            });
        }
        self.folder(path)
    }

    /// The folder of the crate that `source` names: its path, or the name of a contract of the
    /// workspace; `None` for a file.
    pub fn folder_of(&self, source: &str) -> Result<Option<PathBuf>, BuildError> {
        let path = Path::new(source);
        if path.is_file() {
            return Ok(None);
        }
        if let Some(revision) = Revision::parse(source)? {
            let target = self.target_of_revision(&revision)?;
            let _workplace = Workplace::open(self, target.clone())?;
            return revision.check_out(&target).map(Some);
        }
        match path.join("Cargo.toml").is_file() {
            true => Ok(Some(path.to_owned())),
            false => self.member(source).map(Some),
        }
    }

    /// Builds what `source` names: a crate's folder, a `.wasm` file, a contract of the workspace by
    /// name, or a crate as it was at a revision of git (`git:REVISION`, `git:REVISION:PATH`).
    pub fn source(&self, source: &str) -> Result<Artifact, BuildError> {
        if let Some(revision) = Revision::parse(source)? {
            return self.revision(&revision);
        }
        let path = Path::new(source);
        match path.is_file() || path.join("Cargo.toml").is_file() {
            true => self.path(path),
            false => self.contract(source),
        }
    }

    /// The folder of the crate that `source` names, and those of the packages that it depends on by
    /// path, the framework's left out; `None` of a `.wasm` file. A revision is where its build has
    /// checked it out.
    pub fn crate_of(&self, source: &str) -> Result<Option<(PathBuf, Vec<PathBuf>)>, BuildError> {
        let path = Path::new(source);
        let folder = match Revision::parse(source)? {
            Some(revision) => revision.checked_out(&self.target_of_revision(&revision)?),
            None if path.is_file() => return Ok(None),
            None if path.join("Cargo.toml").is_file() => path.to_owned(),
            None => self.member(source)?,
        };
        let dependencies = source::path_dependencies(&folder)?;
        Ok(Some((package::canonical(&folder)?, dependencies)))
    }

    /// Where a revision is built.
    fn target_of_revision(&self, revision: &Revision) -> Result<PathBuf, BuildError> {
        let now = revision.crate_now();
        match now.join("Cargo.toml").is_file() {
            true => self.target(&now),
            false => self.target_of(&revision.top),
        }
    }

    /// The workspace whose contracts are called by their names.
    fn home(&self, name: &str) -> Result<PathBuf, BuildError> {
        match &self.workspace {
            Some(workspace) => Ok(workspace.clone()),
            None => package::enclosing()?.ok_or_else(|| BuildError::NotAContract {
                path: PathBuf::from(name),
            }),
        }
    }

    /// Builds a crate as it was at a revision, from a checkout in the folder of the outputs.
    fn revision(&self, revision: &Revision) -> Result<Artifact, BuildError> {
        let target = self.target_of_revision(revision)?;
        let workplace = Workplace::open(self, target.clone())?;
        let folder = revision.check_out(&target)?;
        let mut artifact = self.build_in(&workplace, &folder)?;
        artifact.info.commit = Some(revision.commit());
        Ok(artifact)
    }

    /// Every program of the framework, with the addresses that follow from their bytes.
    pub fn framework(&self) -> Result<Framework, BuildError> {
        Ok(self.framework_in(None)?.clone())
    }

    /// The same, built in `workplace` if that is where it is built.
    fn framework_in(&self, workplace: Option<&Workplace<'_>>) -> Result<&Framework, BuildError> {
        let Origin::Sources {
            home,
            may_be_pinned,
        } = &self.origin
        else {
            return Framework::pinned();
        };
        if let Some(framework) = self.framework.get() {
            return Ok(framework);
        }
        let known = match may_be_pinned {
            true => Framework::pinned().ok(),
            false => None,
        };
        let folder = self.target(home)?;
        let build = |workplace| {
            let sources = Sources {
                workplace,
                home,
                known,
            };
            sources.build()
        };
        let built = match workplace.filter(|workplace| workplace.is_in(&folder)) {
            Some(workplace) => build(workplace)?,
            None => {
                let workplace = Workplace::open(self, folder)?;
                // Somebody else may have built it while this waited.
                if let Some(framework) = self.framework.get() {
                    return Ok(framework);
                }
                build(&workplace)?
            }
        };
        Ok(self.framework.get_or_init(|| built))
    }

    /// Builds a crate. Those of the framework's constants that it names are known to it.
    fn folder(&self, folder: &Path) -> Result<Artifact, BuildError> {
        let workplace = Workplace::open(self, self.target(folder)?)?;
        self.build_in(&workplace, folder)
    }

    fn build_in(&self, workplace: &Workplace<'_>, folder: &Path) -> Result<Artifact, BuildError> {
        let source = workplace.read(folder)?;
        let constants = match source.constants.is_empty() {
            true => Constants::new(),
            false => self.framework_in(Some(workplace))?.constants(),
        };
        let mut artifact = workplace.build(source, &constants)?;
        let dependencies = source::path_dependencies(folder)?;
        let sources = SourceFiles::read(&package::canonical(folder)?, &dependencies);
        let by_hand = sources.slots_by_hand();
        if let Some(layout) = artifact.layout.as_mut().filter(|_| !by_hand.is_empty()) {
            layout.unlisted = Some(vec![Unlisted::SlotsByHand(by_hand)]);
        }
        let functions = artifact.interface.unwrap_or_else(Callable::unknown);
        artifact.interface = Some(functions.with_sources(&sources, &artifact.wasm));
        Ok(artifact)
    }

    /// Where the outputs of the crate in `folder` go.
    pub(super) fn target(&self, folder: &Path) -> Result<PathBuf, BuildError> {
        match &self.workspace {
            Some(workspace) => self.target_of(workspace),
            None => self.target_of(&package::root_of(folder)?),
        }
    }

    /// Where outputs go, if `root` is the workspace.
    fn target_of(&self, root: &Path) -> Result<PathBuf, BuildError> {
        let named = std::env::var_os("CARGO_TARGET_DIR").filter(|named| !named.is_empty());
        let target = match (&self.workspace, named) {
            (Some(workspace), _) => workspace.join("target"),
            (None, Some(named)) => {
                std::path::absolute(&named).map_err(BuildError::file("find", named))?
            }
            (None, None) => root.join("target"),
        };
        Ok(target.join("contracts"))
    }

    /// The toolchain that the sources name, asked once for each file that names one.
    pub(super) fn toolchain(
        &self,
        source: &Source,
        toolchains: &Path,
    ) -> Result<Toolchain, BuildError> {
        let (name, content) = source.toolchain();
        let hash = keccak256([name.as_bytes(), content].concat());
        let mut known = self
            .toolchains
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(toolchain) = known.get(&hash) {
            return Ok(toolchain.clone());
        }
        let folder = toolchains.join(hex::encode(hash));
        std::fs::create_dir_all(&folder).map_err(BuildError::file("create", &folder))?;
        let file = folder.join(name);
        std::fs::write(&file, content).map_err(BuildError::file("write", &file))?;
        let found = Toolchain::find(&folder)?;
        known.insert(hash, found.clone());
        Ok(found)
    }
}
