//! Cargo's configuration files (`.cargo/config.toml`). Cargo itself reads none of them where contracts are built, so
//! wrappers, linkers and every other setting have no effect.
//!
//! Of the files between the contract's folder and its workspace's, the flags for the compiler belong to the sources,
//! and what an author would miss in the code is refused. Of the user's own, in CARGO_HOME, what says where packages
//! come from holds. Other files are not read.

use super::cargo_stylus::HOST;
use super::error::BuildError;
use super::toolchain::TARGET;
use crate::own_file::require_no_link;
use crate::project_file;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Tables of the user's own configuration that say where packages come from and how to reach that.
const SUPPLY: [&str; 6] = [
    "source",
    "registries",
    "registry",
    "net",
    "http",
    "credential-alias",
];
/// Tables that would change the code and are no part of the sources, with the reason and what to do instead. The lock
/// file's checksums do not hold for packages that such a table takes from another place.
const OUTSIDE: [(&str, &str); 7] = [
    (
        "env",
        "the code would read what Cargo.toml does not say; write the value into the sources",
    ),
    ("include", ELSEWHERE),
    ("patch", ELSEWHERE),
    ("paths", ELSEWHERE),
    ("profile", "write it into the Cargo.toml of the workspace"),
    ("source", ELSEWHERE),
    ("unstable", ELSEWHERE),
];
/// Tables beside [`SUPPLY`] that cargo may read wherever it runs.
const WITHOUT_EFFECT: [&str; 2] = ["alias", "term"];

/// Tables whose flags for the compiler hold here, and what they are called there.
const HEEDED: [&str; 2] = ["build", "target"];
const FLAGS: &str = "rustflags";

/// The names of such a file in cargo, the first one before the other.
const NAMES: [&str; 2] = ["config", "config.toml"];

/// Flags that take a value, in the word after them too.
const WITH_VALUE: [&str; 7] = [
    "--cap-lints",
    "--cfg",
    "--check-cfg",
    "-A",
    "-C",
    "-D",
    "-W",
];
/// Beginnings of the flags that bring no code: lints, and how code is optimized.
const PLAIN: [&str; 16] = [
    "--cap-lints",
    "--check-cfg",
    "-A",
    "-D",
    "-W",
    "-Ccodegen-units",
    "-Cdebug",
    "-Cembed-bitcode",
    "-Clto",
    "-Copt-level",
    "-Coverflow-checks",
    "-Cpanic",
    "-Cstrip",
    "-Ctarget-cpu",
    "-Ctarget-feature",
    "-Zlocation-detail",
];

/// The flags for the compiler in the files from `folder` up to `root`, its workspace.
///
/// # Errors
/// `SourceFile` for what cannot be part of the sources.
pub(super) fn rustflags(folder: &Path, root: &Path) -> Result<Vec<String>, BuildError> {
    let (mut of_target, mut of_build) = (Vec::new(), Vec::new());
    for above in read_in(folder, root) {
        let folder = above.join(".cargo");
        require_no_link(&folder)?;
        for path in NAMES.map(|name| folder.join(name)) {
            require_no_link(&path)?;
        }
        let Some(path) = file_in(&folder) else {
            continue;
        };
        let config = parse(&path)?;
        require_harmless(&path, &config)?;
        of_target.push(words(&path, &config, &["target", TARGET, "rustflags"])?);
        of_build.push(words(&path, &config, &["build", "rustflags"])?);
    }
    // Those of the target; where there are none, those of `[build]`. The nearest come last.
    let all = if of_target.iter().all(Vec::is_empty) {
        of_build
    } else {
        of_target
    };
    Ok(all.into_iter().rev().flatten().collect())
}

/// The folders from `folder` up to `root` whose files are read, the nearest first.
fn read_in<'f>(folder: &'f Path, root: &'f Path) -> impl Iterator<Item = &'f Path> {
    let top = if folder.starts_with(root) {
        root
    } else {
        folder
    };
    let all = folder.ancestors();
    all.take_while(move |one| one.starts_with(top))
}

/// Returns the paths where such files may lie.
pub(super) fn places(folder: &Path, root: &Path) -> Vec<PathBuf> {
    let all = read_in(folder, root).map(|one| one.join(".cargo"));
    all.flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .collect()
}

/// The flags as a file for the copy; `None` where there are none.
pub(super) fn file_of(rustflags: &[String]) -> Option<String> {
    let list = rustflags.iter().cloned().map(Value::String).collect();
    let flags = Table::from_iter([("rustflags".to_owned(), Value::Array(list))]);
    let target = Table::from_iter([(TARGET.to_owned(), Value::Table(flags))]);
    let file = Table::from_iter([("target".to_owned(), Value::Table(target))]);
    (!rustflags.is_empty()).then(|| file.to_string())
}

/// The first setting in the file at `path` that cargo heeds where it runs in the folder of that file, and that has no
/// effect on a build here.
///
/// # Errors
/// Where it cannot be read.
pub(super) fn first_without_effect(path: &Path) -> Result<Option<String>, BuildError> {
    let config = parse(path)?;
    let inside = |name: &str| config.get(name).and_then(Value::as_table).cloned();
    let mut found = config.keys().filter(|name| {
        !HEEDED.contains(&name.as_str()) && !WITHOUT_EFFECT.contains(&name.as_str())
    });
    if let Some(name) = found.next() {
        return Ok(Some(name.clone()));
    }
    let build = inside("build").unwrap_or_default();
    let mut targets = inside("target").unwrap_or_default();
    let target = targets.get(TARGET).and_then(Value::as_table).cloned();
    // Nothing is compiled for other machines than that of the container, and nothing runs there.
    targets.retain(|name, _| name == HOST || name.starts_with("cfg("));
    let settings = [
        ("build", build),
        ("target", targets),
        (TARGET, target.unwrap_or_default()),
    ];
    let of = |(table, names): (&str, Table)| {
        let mut names = names.into_iter().map(|(name, _)| name);
        let name = names.find(|name| name != FLAGS)?;
        Some(format!("{table}.{name}"))
    };
    Ok(settings.into_iter().find_map(of))
}

/// Reads where packages come from by the user's own configuration.
///
/// # Errors
/// Where it cannot be read, and `SourceFile` if the configuration of the root folder, which cargo reads
/// wherever it runs, says more than that.
pub(super) fn supply(cargo_home: &Path) -> Result<Table, BuildError> {
    if let Some(path) = file_in(Path::new("/.cargo")) {
        let config = parse_own(&path)?;
        let harmless = |key: &str| SUPPLY.contains(&key) || WITHOUT_EFFECT.contains(&key);
        if let Some(key) = config.keys().find(|key| !harmless(key)) {
            let reason = "cargo reads it in every folder, so it would change every build";
            return Err(refused(&path, key, reason));
        }
    }
    let mut supply = match file_in(cargo_home) {
        Some(path) => parse_own(&path)?,
        None => Table::new(),
    };
    supply.retain(|name, _| SUPPLY.contains(&name));
    Ok(supply)
}

/// Refuses what would change the code and cannot be copied or told by a hash.
fn require_harmless(path: &Path, config: &Table) -> Result<(), BuildError> {
    if let Some((key, reason)) = OUTSIDE.iter().find(|(key, _)| config.contains_key(*key)) {
        return Err(refused(path, key, reason));
    }
    let targets = config.get("target").and_then(Value::as_table);
    let has_flags = |value: &Value| value.get("rustflags").is_some();
    let mut targets = targets.into_iter().flatten();
    match targets.find(|(name, value)| name.starts_with("cfg(") && has_flags(value)) {
        Some((name, _)) => {
            let reason = "whether it applies to a contract is not known; write the flags under \
                          [target.wasm32-unknown-unknown]";
            Err(refused(path, &format!("target.{name}.rustflags"), reason))
        }
        None => Ok(()),
    }
}

const ELSEWHERE: &str = "the build would read files that are not part of the sources; configure where packages come \
                         from in CARGO_HOME";

/// Flags as a list or as words. None may bring code that is not among the sources.
fn words(path: &Path, config: &Table, keys: &[&str]) -> Result<Vec<String>, BuildError> {
    let refused = |reason: &str| refused(path, &keys.join("."), reason);
    let whole = Value::Table(config.clone());
    let found = keys.iter().try_fold(&whole, |item, key| item.get(key));
    let words: Vec<String> = match found {
        None => Vec::new(),
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(words)) => {
            let words = words.iter().filter_map(Value::as_str);
            words.map(str::to_owned).collect()
        }
        Some(_) => return Err(refused("it is neither a list nor a string")),
    };
    // The compiler reads flags from a file that is named so; cargo hands flags on with such a character between them.
    let hides_flags = |word: &&String| word.starts_with('@') || word.contains(char::is_control);
    if let Some(word) = words.iter().find(hides_flags) {
        return Err(refused(&format!(
            "{word:?}: it stands for other flags; write those"
        )));
    }
    let mut left = words.iter();
    while let Some(word) = left.next() {
        let value = if WITH_VALUE.contains(&word.as_str()) {
            left.next().map_or("", String::as_str)
        } else {
            ""
        };
        if !is_plain(&format!("{word}{value}")) {
            let flag = format!("{word} {value}");
            let reason = "it may bring code or read files that are not part of the sources; flags that say how code is \
                          optimized, --cfg (not of `test`), lints and -zstack-size do not";
            return Err(refused(&format!("{}: {reason}", flag.trim_end())));
        }
    }
    Ok(words)
}

fn is_plain(flag: &str) -> bool {
    // What stands under `#[cfg(test)]` is not searched.
    if let Some(condition) = flag.strip_prefix("--cfg") {
        return !condition.contains("test");
    }
    if let Some(size) = flag.strip_prefix("-Clink-arg=-zstack-size=") {
        return size.bytes().all(|byte| byte.is_ascii_digit());
    }
    PLAIN.iter().any(|plain| flag.starts_with(plain))
}

/// The configuration file in a folder, as cargo looks for it.
fn file_in(folder: &Path) -> Option<PathBuf> {
    NAMES
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file())
}

/// A file of settings or a manifest, of a project.
pub(super) fn parse(path: &Path) -> Result<Table, BuildError> {
    let text = project_file::read(path)?;
    let text = text.ok_or_else(|| BuildError::file("read", path)(ErrorKind::NotFound.into()))?;
    table(path, &text)
}

/// A file of the user's own settings, which may be a link.
fn parse_own(path: &Path) -> Result<Table, BuildError> {
    let text = std::fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    table(path, &text)
}

fn table(path: &Path, text: &str) -> Result<Table, BuildError> {
    text.parse()
        .map_err(|error| BuildError::not_toml(path, text, &error))
}

fn refused(path: &Path, key: &str, reason: &str) -> BuildError {
    BuildError::in_file(path, format!("{key}: {reason}"))
}

#[cfg(test)]
mod tests;
