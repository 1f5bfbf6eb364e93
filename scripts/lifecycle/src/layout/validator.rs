//! The validator of OpenZeppelin Upgrades, which judges the sources of a contract. npm fetches one version of it, with
//! its dependencies, into a folder of its own. Before each run its files are compared with one hash. It runs in the
//! sandbox of builds, with an empty environment, on the output of a solc on this machine.

mod place;

use self::place::{is_lock, place_of};
use super::annotations::Sources;
use super::nodes::list;
use super::solc::user_program;
use crate::build::Sandbox;
use crate::children::Started;
use crate::progress::Progress;
use alloy::primitives::{B256, Keccak256, b256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The files in which npm finds the packages with their exact versions and hashes.
const PACKAGES: [(&str, &str); 2] = [
    ("package.json", include_str!("validator/package.json")),
    (
        "package-lock.json",
        include_str!("validator/package-lock.json"),
    ),
];
/// The hash of all files of these packages, see [`hash_files`].
const PACKAGES_HASH: B256 =
    b256!("a11e0ff47633c0eec3a85af16cb7d13f993565cc5254042051bc3218c61408c1");
/// The program that calls the validator.
const DRIVER: &str = include_str!("validator/validate.js");
/// The oldest major version of node that runs its packages.
const NODE_MIN: u32 = 20;
/// The longest time of a run. Large projects take seconds.
const LIMIT: Duration = Duration::from_secs(300);
/// The longest time in which npm fetches the packages.
const LIMIT_OF_NPM: Duration = Duration::from_secs(300);
/// Entries that npm adds to the packages.
const OF_NPM: [&str; 2] = [".bin", ".package-lock.json"];

/// The validator in a cache folder of the user.
#[derive(Debug, Clone)]
pub struct Validator {
    folder: PathBuf,
    node_min: u32,
}

/// A finding of the validator: an operation in the sources that is unsafe behind a proxy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ValidatorFinding {
    /// Its kind, under the validator's name: `delegatecall`.
    pub kind: String,
    /// The declaration that contains it, with the contract if that is a base: `Base.run(address)`.
    pub place: String,
    /// The source file.
    pub file: String,
    /// The validator's words.
    pub words: String,
    /// Set if a tag allows it that OpenZeppelin did not publish.
    pub is_allowed: bool,
}

/// An error of the validator, as its driver prints it.
#[derive(Deserialize)]
struct DriverError {
    kind: String,
    /// `start:length:file`, or a file.
    src: String,
    #[serde(default)]
    name: String,
    /// The parents whose initializers are not called.
    #[serde(default, rename = "parentContracts")]
    parents: Vec<String>,
    /// The initializer of a parent that is called twice.
    #[serde(default, rename = "parentInitializer")]
    initializer: String,
    words: String,
}

/// The output of the driver.
#[derive(Deserialize)]
struct DriverOutput {
    found: Vec<DriverError>,
    all: Vec<DriverError>,
}

impl ValidatorFinding {
    /// Its kind and place, by which versions are compared.
    pub fn name(&self) -> String {
        format!("{}:{}", self.kind, self.place)
    }

    /// Returns true if it is among the names of the findings of another version. A base may have been that version's own
    /// contract, unless another finding has the name of its member (`taken`).
    pub fn is_in(&self, before: &[String], taken: &BTreeSet<String>) -> bool {
        let own = self
            .place
            .split_once('(')
            .map_or(&*self.place, |(name, _)| name);
        let own = own.rfind('.').and_then(|dot| self.place.get(dot + 1..));
        let own = own.map(|member| format!("{}:{member}", self.kind));
        let own = own.filter(|own| !taken.contains(own));
        before.contains(&self.name()) || own.is_some_and(|own| before.contains(&own))
    }
}

impl Validator {
    /// The validator in `XDG_CACHE_HOME` or `~/.cache`; nothing if the user has no home.
    pub fn of_user() -> Option<Self> {
        let given = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let given = given.filter(|folder| folder.is_absolute());
        let cache = given.or_else(|| Some(std::env::home_dir()?.join(".cache")))?;
        Some(Self::in_cache(&cache))
    }

    /// The validator in a folder of caches.
    pub fn in_cache(cache: &Path) -> Self {
        let hash = PACKAGES_HASH.to_string();
        let name = format!("validator-{}", hash.get(2..18).unwrap_or_default());
        Self {
            folder: cache.join("stylus-upgrades").join(name),
            node_min: NODE_MIN,
        }
    }

    /// The same validator, which requires that version of node or a later one.
    #[must_use]
    pub fn with_node(self, node_min: u32) -> Self {
        Self { node_min, ..self }
    }

    /// The folder of its packages.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Judges a contract of a build-info that was compiled on this machine. `path` is the `PATH` in which programs are
    /// found.
    ///
    /// # Errors
    /// The reason why nothing was judged, in words.
    pub fn judge(
        &self,
        info: &Value,
        file: &str,
        name: &str,
        path: Option<OsString>,
        progress: &dyn Progress,
    ) -> Result<Vec<ValidatorFinding>, String> {
        let program = |name: &str| {
            let found = user_program(name, path.clone());
            found.ok_or_else(|| {
                format!("{name} is not in PATH, and OpenZeppelin's validator needs it")
            })
        };
        let node = program("node")?;
        if !self.folder.is_dir() {
            self.install(&program("npm")?, progress).map_err(|why| {
                format!("OpenZeppelin's validator was not fetched from npm: {why}")
            })?;
        }
        self.require_hash(&self.folder)?;
        let sources = Sources::of(info);
        let published = published_with_imports(info, sources.published().collect());
        let input = json!({
            "input": info["input"],
            "output": info["output"],
            "version": info["solcVersion"].as_str().and_then(|version| version.split('+').next()),
            "file": file,
            "name": name,
            "published": published,
        });
        let output = self.run(&node, &input).map_err(|error| error.to_string())?;
        let why = String::from_utf8_lossy(&output.stderr);
        let why = why.lines().rfind(|line| !line.trim().is_empty());
        let failed = |why: &str| format!("OpenZeppelin's validator reports: {why}");
        if !output.status.success() {
            return Err(failed(why.unwrap_or("nothing")));
        }
        let output: DriverOutput =
            serde_json::from_slice(&output.stdout).map_err(|error| failed(&error.to_string()))?;
        Ok(findings(info, file, name, &output))
    }

    /// Runs the driver in a folder that holds nothing but itself and its input.
    fn run(&self, node: &Path, input: &Value) -> io::Result<Output> {
        let folder = tempfile::tempdir()?;
        let [driver, file] = ["validate.js", "input.json"].map(|name| folder.path().join(name));
        fs::write(&driver, DRIVER)?;
        fs::write(&file, input.to_string())?;
        let mut command = Command::new(node);
        command
            .args([&driver, &self.folder, &file])
            .arg(self.node_min.to_string())
            .current_dir(folder.path())
            .env_clear()
            .stdin(Stdio::null());
        let own = [self.folder.clone(), folder.path().to_owned()];
        let read = Sandbox::around(node).into_iter().chain(own);
        Sandbox::new(read, []).output_within(&mut command, LIMIT)
    }

    /// Fetches the packages with npm, which compares them with the hashes of the lock file and runs no script of
    /// theirs.
    fn install(&self, npm: &Path, progress: &dyn Progress) -> Result<(), String> {
        let words = |error: io::Error| error.to_string();
        let parent = self.folder.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(words)?;
        let folder = tempfile::tempdir_in(parent).map_err(words)?;
        for (name, text) in PACKAGES {
            fs::write(folder.path().join(name), text).map_err(words)?;
        }
        progress.begin("fetching OpenZeppelin's validator from npm");
        let mut command = Command::new(npm);
        let options = [
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--legacy-peer-deps",
        ];
        command
            .args(options)
            .current_dir(folder.path())
            .stdin(Stdio::null());
        let output = Started::output_within(&mut command, LIMIT_OF_NPM).map_err(words)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let errors = said
            .lines()
            .filter_map(|line| line.strip_prefix("npm error "));
        if !output.status.success() {
            return Err(errors.take(3).collect::<Vec<_>>().join("; "));
        }
        progress.end("OpenZeppelin's validator is installed");
        self.require_hash(folder.path())?;
        match fs::rename(folder.path(), &self.folder) {
            // Another command installed them first.
            Err(_) if self.folder.is_dir() => Ok(()),
            Err(error) => Err(words(error)),
            Ok(()) => {
                // It was moved: there is nothing to remove.
                let _ = folder.keep();
                Ok(())
            }
        }
    }

    /// Refuses packages whose files do not have [`PACKAGES_HASH`].
    fn require_hash(&self, folder: &Path) -> Result<(), String> {
        let hash = hash_files(&folder.join("node_modules")).map_err(|error| error.to_string())?;
        if hash == PACKAGES_HASH {
            return Ok(());
        }
        Err(format!(
            "the files of OpenZeppelin's validator in {} are not those that it was published with (hash {hash}, not \
             {PACKAGES_HASH}): remove that folder",
            self.folder.display()
        ))
    }
}

/// The published files that import nothing but published files. A tag in one of them speaks of what it reaches, and
/// another author may have written that.
fn published_with_imports<'v>(info: &'v Value, files: BTreeSet<&'v str>) -> BTreeSet<&'v str> {
    let mut kept = files;
    loop {
        let imports = |file: &str| {
            let nodes = list(&info["output"]["sources"][file]["ast"]["nodes"]).iter();
            nodes.filter_map(|node| node["absolutePath"].as_str())
        };
        let is_whole = |file: &&str| {
            let is_import = |path: &&str| **path != **file;
            imports(file)
                .filter(is_import)
                .all(|path| kept.contains(path))
        };
        let next: BTreeSet<&str> = kept.iter().copied().filter(|file| is_whole(file)).collect();
        if next.len() == kept.len() {
            return kept;
        }
        kept = next;
    }
}

/// The keccak256 hash of all files below a folder: path, length and bytes of each, in the order of their paths, without
/// [`OF_NPM`].
///
/// # Errors
/// An error of a file that cannot be read, or of an entry that is neither a file nor a folder.
fn hash_files(folder: &Path) -> io::Result<B256> {
    let (mut files, mut ahead) = (BTreeSet::new(), vec![PathBuf::new()]);
    while let Some(inside) = ahead.pop() {
        for entry in fs::read_dir(folder.join(&inside))? {
            let entry = entry?;
            let path = inside.join(entry.file_name());
            let kind = entry.file_type()?;
            if OF_NPM.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if kind.is_dir() {
                ahead.push(path);
            } else if kind.is_file() {
                files.insert(path);
            } else {
                let why = format!("{} is no file", path.display());
                return Err(io::Error::other(why));
            }
        }
    }
    let mut hasher = Keccak256::new();
    for path in files {
        let bytes = fs::read(folder.join(&path))?;
        hasher.update(path.to_string_lossy().as_bytes());
        hasher.update([0]);
        hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(bytes);
    }
    Ok(hasher.finalize())
}

/// Converts the errors of a run to findings, each once. A constructor that only locks the code itself is left out.
fn findings(info: &Value, file: &str, name: &str, output: &DriverOutput) -> Vec<ValidatorFinding> {
    let sources = &info["output"]["sources"];
    let mut all = BTreeSet::new();
    for error in &output.all {
        let (place, source) = place_of(sources, file, name, &error.src);
        if is_lock(sources, &error.src) {
            continue;
        }
        let is_same = |found: &DriverError| {
            (&found.kind, &found.src, &found.name) == (&error.kind, &error.src, &error.name)
        };
        let add = |all: &mut BTreeSet<ValidatorFinding>, more: &str| {
            let parts = [place.as_str(), more];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            all.insert(ValidatorFinding {
                kind: error.kind.clone(),
                place: parts.join(":"),
                file: source.clone(),
                words: error.words.clone(),
                is_allowed: !output.found.iter().any(is_same),
            });
        };
        // An external library has no place in the sources of the contract: its name stands for it.
        let library = if place.is_empty() {
            error.name.as_str()
        } else {
            ""
        };
        match error.parents.as_slice() {
            [] if library.is_empty() => add(&mut all, &error.initializer),
            [] => add(&mut all, library),
            parents => parents.iter().for_each(|parent| add(&mut all, parent)),
        }
    }
    let mut all: Vec<ValidatorFinding> = all.into_iter().collect();
    // Of two uses in one declaration, one allowed and one not: the declaration is not allowed.
    all.dedup_by(|later, first| (later.name(), &later.file) == (first.name(), &first.file));
    let is_same = |a: &ValidatorFinding, b: &ValidatorFinding| a.name() == b.name();
    for same in all.chunk_by_mut(is_same).filter(|same| same.len() > 1) {
        // Declarations of several files have one name: the file distinguishes them.
        for finding in same {
            finding.place = format!("{}@{}", finding.place, finding.file);
        }
    }
    all
}
