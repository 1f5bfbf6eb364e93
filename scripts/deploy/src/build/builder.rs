//! The builder: which sources, which framework, and where outputs go.

use super::code::Artifact;
use super::constants::Constants;
use super::error::BuildError;
use super::examples::{self, EXAMPLE};
use super::foreign::Author;
use super::framework::Framework;
use super::package::{Package, Workspace};
use super::revision::{Checkout, Revision};
use super::source::Source;
use super::sources;
use super::tools::Tools;
use super::workplace::Workplace;
use crate::interface::{Callable, RustFile};
use crate::progress::Progress;
use crate::state_folder::state_folder;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Builds contracts. Cheap to make; several may work at once, in one process or many.
pub struct Builder {
    /// The workspace whose contracts are called by their names; that of the current folder if
    /// `None`.
    workspace: Option<PathBuf>,
    /// The sources of the framework; those of the pinned bytes if `None`.
    framework_home: Option<PathBuf>,
    /// True if a contract that is unchanged since its bytes were pinned is not built.
    may_be_pinned: bool,
    framework: OnceLock<Framework>,
    pub(super) tools: Tools,
}

/// The folder of a crate. Nobody else writes a checkout there as long as this value lasts.
pub struct CrateFolder<'b> {
    /// The folder.
    pub path: PathBuf,
    pub(super) checkout: Option<Workplace<'b>>,
}

/// The source that a name stands for.
enum Named<'s> {
    /// An example, by its name.
    Example(&'s str),
    /// A crate as it was.
    Revision(Revision),
    /// A file that somebody else built.
    File(&'s Path),
    /// A crate as it is.
    Package(Package),
}

impl Builder {
    /// A builder for the crates of authors. What it builds goes into `CARGO_TARGET_DIR`, or into the user's
    /// folder. The framework is the pinned one.
    pub fn new(progress: Arc<dyn Progress>) -> Self {
        Self {
            workspace: None,
            framework_home: None,
            may_be_pinned: false,
            framework: OnceLock::new(),
            tools: Tools::new(progress),
        }
    }

    /// A builder that knows the contracts of the workspace in `home` by their names, and puts
    /// whatever it builds into that workspace's target folder.
    ///
    /// # Errors
    /// `Missing` if there is none.
    pub fn at(home: &Path, progress: Arc<dyn Progress>) -> Result<Self, BuildError> {
        let folder = std::fs::canonicalize(home)
            .ok()
            .filter(|home| home.join("Cargo.toml").is_file())
            .ok_or_else(|| {
                BuildError::missing(
                    "the folder of a workspace",
                    format!("there is no Cargo.toml in {}", home.display()),
                    "set STYLUS_UPGRADES_HOME to the folder of a workspace, or unset it",
                )
            })?;
        Ok(Self {
            workspace: Some(folder),
            ..Self::new(progress)
        })
    }

    /// The framework is built from the sources in `home`.
    ///
    /// # Errors
    /// `Missing` if they are not there.
    pub fn framework_from(mut self, home: &Path) -> Result<Self, BuildError> {
        self.framework_home = Some(sources::folder(home)?);
        Ok(self)
    }

    /// The framework is that of the sources in `home`. A program is built only if they differ from
    /// those that its pinned bytes were built from.
    ///
    /// # Errors
    /// `Missing` if they are not there.
    pub fn framework_as_in(mut self, home: &Path) -> Result<Self, BuildError> {
        self.may_be_pinned = true;
        self.framework_from(home)
    }

    /// Builds everything from scratch: no artifact of an earlier build is taken, and whatever comes from
    /// the sources is compiled from them. Packages whose content is known stay compiled: those of registries, which
    /// the lock file names by their checksums, and the framework's.
    #[must_use]
    pub fn from_scratch(mut self) -> Self {
        self.tools.is_from_scratch = true;
        self
    }

    /// Marks the sources as those of others: what they run on this machine is said, and runs without the user's key.
    #[must_use]
    pub fn of_others(mut self) -> Self {
        self.tools.author = Author::Other;
        self
    }

    /// Builds a contract by its package's name.
    pub fn contract(&self, package: &str) -> Result<Artifact, BuildError> {
        Ok(self.build(&self.member(package)?)?.0)
    }

    fn member(&self, package: &str) -> Result<Package, BuildError> {
        let workspace = match &self.workspace {
            Some(workspace) => Some(Workspace::of(workspace)?),
            None => Workspace::around(Path::new("."))?,
        };
        match workspace {
            Some(workspace) => workspace.member(package),
            None => Err(BuildError::not_a_contract(package.as_ref())),
        }
    }

    /// Builds the crate in a folder, in whatever workspace, or takes a `.wasm` file as it is.
    pub fn path(&self, path: &Path) -> Result<Artifact, BuildError> {
        if path.is_file() && path.extension().is_some_and(|ending| ending == "wasm") {
            Self::from_file(path)
        } else {
            Ok(self.build(&Package::open(path)?)?.0)
        }
    }

    /// A `.wasm` file.
    fn from_file(path: &Path) -> Result<Artifact, BuildError> {
        let raw = std::fs::read(path).map_err(BuildError::file("read", path))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut artifact = Artifact::from_wasm(&name, &raw)?;
        artifact.info.unverifiable = Some("it is a file without sources".into());
        artifact.interface = artifact.interface.map(Callable::without_sources);
        Ok(artifact)
    }

    /// Resolves what `source` names: a crate's folder, a `.wasm` file, a contract of the workspace by name, a crate as
    /// it was at a revision of git (`git:REVISION`, `git:REVISION:PATH`), or an example that this program carries
    /// (`example:NAME`).
    fn named<'s>(&self, source: &'s str) -> Result<Named<'s>, BuildError> {
        let path = Path::new(source);
        Ok(if let Some(name) = source.strip_prefix(EXAMPLE) {
            Named::Example(name)
        } else if let Some(revision) = Revision::parse(source)? {
            Named::Revision(revision)
        } else if path.is_file() {
            Named::File(path)
        } else if path.join("Cargo.toml").is_file() {
            Named::Package(Package::open(path)?)
        } else {
            Named::Package(self.member(source)?)
        })
    }

    /// The folder of the crate that `source` names, as [`Self::source`] does; `None` for a file.
    pub fn folder_of(&self, source: &str) -> Result<Option<CrateFolder<'_>>, BuildError> {
        Ok(match self.named(source)? {
            Named::Example(_) | Named::File(_) => None,
            Named::Package(package) => Some(CrateFolder {
                path: package.folder,
                checkout: None,
            }),
            Named::Revision(revision) => {
                let (workplace, path) = self.checked_out(&revision)?;
                let checkout = Some(workplace);
                Some(CrateFolder { path, checkout })
            }
        })
    }

    /// A crate at a revision, in a folder that nobody else writes to as long as the workplace lasts.
    pub(super) fn checked_out(
        &self,
        revision: &Revision,
    ) -> Result<(Workplace<'_>, PathBuf), BuildError> {
        // It is built where this holds the lock.
        self.programs()?;
        let workplace = Workplace::open(&self.tools, self.target_of(&revision.top)?)?;
        workplace.lock()?;
        if !revision.is_checked_out() {
            workplace.author.set(Author::Other);
        }
        let (written, folder) = revision.check_out(&workplace.folder)?;
        let _ = workplace.checkout.set(Checkout {
            folder: written,
            repository: revision.top.clone(),
            id: revision.id.clone(),
        }); // nothing was checked out there before
        Ok((workplace, folder))
    }

    /// Builds what `source` names: a crate's folder, a `.wasm` file, a contract of the workspace by
    /// name, a crate as it was at a revision of git (`git:REVISION`, `git:REVISION:PATH`), or an example
    /// that this program carries (`example:NAME`). Beside it are the Rust files that it is built from.
    pub fn source(&self, source: &str) -> Result<(Artifact, Vec<RustFile>), BuildError> {
        match self.named(source)? {
            // Some of them hold addresses of the pinned framework.
            Named::Example(name) => {
                if self.programs()?.is_pinned() {
                    Ok((examples::program(name)?, Vec::new()))
                } else {
                    self.build(&self.member(name)?)
                }
            }
            Named::File(path) => Ok((self.path(path)?, Vec::new())),
            Named::Package(package) => self.build(&package),
            Named::Revision(revision) => {
                let (workplace, folder) = self.checked_out(&revision)?;
                self.build_in(&workplace, &Package::open(&folder)?)
            }
        }
    }

    /// Every program of the framework, with the addresses that follow from their bytes.
    pub fn framework(&self) -> Result<Framework, BuildError> {
        Ok(self.programs()?.clone())
    }

    fn programs(&self) -> Result<&Framework, BuildError> {
        let Some(home) = &self.framework_home else {
            return Framework::pinned();
        };
        if let Some(framework) = self.framework.get() {
            return Ok(framework);
        }
        let workspace = Workspace::of(home)?;
        let workplace = Workplace::open(&self.tools, self.target_of(&workspace.root)?)?;
        workplace.lock()?;
        // Somebody else may have built it while this waited.
        if let Some(framework) = self.framework.get() {
            return Ok(framework);
        }
        let known = Framework::pinned().ok().filter(|_| self.may_be_pinned);
        let built = sources::build(&workplace, &workspace, known)?;
        Ok(self.framework.get_or_init(|| built))
    }

    /// Builds a crate. Those of the framework's constants that it names are known to it.
    fn build(&self, package: &Package) -> Result<(Artifact, Vec<RustFile>), BuildError> {
        let workplace = Workplace::open(&self.tools, self.target(package)?)?;
        self.build_in(&workplace, package)
    }

    fn build_in(
        &self,
        workplace: &Workplace<'_>,
        package: &Package,
    ) -> Result<(Artifact, Vec<RustFile>), BuildError> {
        let source = workplace.read(package)?;
        let constants = self.constants(&source)?;
        workplace.build(source, &constants)
    }

    /// The framework's constants, if the sources name any.
    pub(super) fn constants(&self, source: &Source) -> Result<Constants, BuildError> {
        Ok(if source.constants.is_empty() {
            Constants::new()
        } else {
            self.programs()?.constants()
        })
    }

    /// Returns the folder for the outputs of a package.
    pub(super) fn target(&self, package: &Package) -> Result<PathBuf, BuildError> {
        self.target_of(self.workspace.as_ref().unwrap_or(&package.root))
    }

    /// Returns the folder for outputs, if `root` is the workspace.
    fn target_of(&self, root: &Path) -> Result<PathBuf, BuildError> {
        let named = std::env::var_os("CARGO_TARGET_DIR").filter(|named| !named.is_empty());
        let target = match (&self.workspace, named) {
            (Some(workspace), _) => workspace.join("target"),
            (None, Some(named)) => {
                std::path::absolute(&named).map_err(BuildError::file("find", named))?
            }
            // What contracts depend on is compiled once for all projects of a user.
            (None, None) => match state_folder() {
                Some(state) => state.join("build"),
                None => root.join("target"),
            },
        };
        Ok(target.join("contracts"))
    }
}
