//! Cargo's configuration files (`.cargo/config.toml`), taken apart: flags, variables and profiles belong
//! to the sources, what only says where packages come from does not. Cargo itself reads none of the files, so
//! wrappers, linkers and all else has no effect; what an author would miss in the code is refused.
//!
//! The files between the contract's folder and its workspace's count in full. Those of the folders
//! above and of the user's home say where packages come from, and nothing else of them is read.

mod flags;

use super::error::BuildError;
use super::toolchain::TARGET;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Tables that say where packages come from and how to reach that.
const SUPPLY: [&str; 6] = [
    "source",
    "registries",
    "registry",
    "net",
    "http",
    "credential-alias",
];
/// Those of them by which other packages can come from the registry than it has: whoever writes the lock file's
/// checksums writes these, too.
const UNPROVEN: [&str; 2] = ["source", "http"];
/// Tables that are part of the sources as they stand.
const CODE: [&str; 2] = ["env", "profile"];
/// What would change the code and cannot be part of the sources. All else has no effect: cargo never reads it in
/// the copy.
const OUTSIDE: [&str; 4] = ["include", "patch", "paths", "unstable"];
/// Tables beside [`SUPPLY`] that cargo may read wherever it runs.
const WITHOUT_EFFECT: [&str; 2] = ["alias", "term"];

/// What the configuration files say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Config {
    /// `[env]`, `[profile]` and the flags in force, as a file for the copy; `None` if there are none.
    pub(super) code: Option<String>,
    /// Flags for the compiler.
    pub(super) rustflags: Vec<String>,
    /// Where packages come from.
    pub(super) supply: Table,
    /// What can bring code that no search of the sources sees, and who writes the sources can write.
    pub(super) supplied: Vec<String>,
}

/// Reads every file that cargo would read in `folder`, whose workspace is in `root`, the user's
/// own in `cargo_home` included.
///
/// # Errors
/// [`BuildError::Config`] for what cannot be part of the sources.
pub(super) fn read(folder: &Path, root: &Path, cargo_home: &Path) -> Result<Config, BuildError> {
    let mut code = Table::new();
    let (mut of_target, mut of_build) = (Vec::new(), Vec::new());
    let mut supply = Table::new();
    let mut supplied = Vec::new();
    let top = match folder.starts_with(root) {
        true => root,
        false => folder,
    };
    for above in folder.ancestors() {
        let path = match file_in(&above.join(".cargo")) {
            Some(path) if !same(&path, cargo_home) => path,
            _ => continue,
        };
        let config = parse(&path)?;
        require_no_folder(&path, &config)?;
        if above.starts_with(top) {
            require_harmless(&path, &config)?;
            for name in CODE {
                merge_named(&mut code, name, &config);
            }
            of_target.push(words(&path, &config, &["target", TARGET, "rustflags"])?);
            of_build.push(words(&path, &config, &["build", "rustflags"])?);
        }
        add_supply(&mut supply, &config, above);
        for name in UNPROVEN {
            let entries = config
                .get(name)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            supplied.extend(entries.map(|(key, _)| format!(".cargo/config.toml: {name}.{key}")));
        }
    }
    if let Some(path) = file_in(cargo_home) {
        let above = cargo_home.parent().unwrap_or(cargo_home);
        add_supply(&mut supply, &parse(&path)?, above);
    }
    // Those of the target; where there are none, those of `[build]`. The nearest come last.
    let all = match of_target.iter().all(Vec::is_empty) {
        true => of_build,
        false => of_target,
    };
    let rustflags: Vec<String> = all.into_iter().rev().flatten().collect();
    let names = |name: &String| format!(".cargo/config.toml: {name}");
    supplied.extend(flags::unsearched(&rustflags).iter().map(names));
    // The linker and the compiler read variables, too.
    let variables = code
        .get("env")
        .and_then(Value::as_table)
        .into_iter()
        .flatten();
    supplied.extend(variables.map(|(name, _)| format!(".cargo/config.toml: env.{name}")));
    if !rustflags.is_empty() {
        let list = rustflags.iter().cloned().map(Value::String).collect();
        let of_target = Table::from_iter([("rustflags".to_owned(), Value::Array(list))]);
        let target = Table::from_iter([(TARGET.to_owned(), Value::Table(of_target))]);
        code.insert("target".into(), Value::Table(target));
    }
    Ok(Config {
        code: (!code.is_empty()).then(|| code.to_string()),
        rustflags,
        supply,
        supplied,
    })
}

/// Folders of packages, as `cargo vendor` writes them, among what is put in the place of registries.
pub(super) fn vendored(sources: &Table) -> impl Iterator<Item = &str> {
    let folders = sources
        .values()
        .filter_map(|source| source.get("directory"));
    folders.filter_map(Value::as_str)
}

/// Cargo believes a folder of packages: the checksum in the lock file is compared with one that lies beside
/// the package, and that whoever writes the folder can write too.
fn require_no_folder(path: &Path, config: &Table) -> Result<(), BuildError> {
    let sources = config.get("source").and_then(Value::as_table);
    match sources.and_then(|sources| vendored(sources).next()) {
        Some(folder) => Err(refused(
            path,
            "source.directory",
            &format!(
                "no checksum of the lock file holds for the packages in {folder}; take them from a registry, or \
                 name the folder in your own configuration, in CARGO_HOME"
            ),
        )),
        None => Ok(()),
    }
}

/// Cargo reads the configuration of the root folder wherever it runs.
///
/// # Errors
/// [`BuildError::Config`] if it says more than where packages come from.
pub(super) fn require_harmless_root(cargo_home: &Path) -> Result<(), BuildError> {
    let Some(path) = file_in(Path::new("/.cargo")) else {
        return Ok(());
    };
    let config = parse(&path)?;
    let harmful = config
        .keys()
        .find(|key| !SUPPLY.contains(&key.as_str()) && !WITHOUT_EFFECT.contains(&key.as_str()));
    match harmful {
        Some(key) => Err(refused(
            &path,
            key,
            &format!(
                "cargo reads it in every folder, so it would change every build; set CARGO_HOME to a folder that is not {}",
                cargo_home.display()
            ),
        )),
        None => Ok(()),
    }
}

/// Refuses what would change the code and cannot be copied or told by a hash.
fn require_harmless(path: &Path, config: &Table) -> Result<(), BuildError> {
    let inner = |name: &str| {
        config
            .get(name)
            .and_then(Value::as_table)
            .into_iter()
            .flatten()
    };
    if let Some(key) = OUTSIDE.iter().find(|key| config.contains_key(**key)) {
        return Err(refused(path, key, ELSEWHERE));
    }
    let mut variables = inner("env");
    let is_relative = |value: &Value| value.get("relative").and_then(Value::as_bool) == Some(true);
    if let Some((variable, _)) = variables.find(|(_, value)| is_relative(value)) {
        let key = format!("env.{variable}.relative");
        return Err(refused(path, &key, LOCATION));
    }
    let mut targets = inner("target");
    let has_flags = |value: &Value| value.get("rustflags").is_some();
    match targets.find(|(name, value)| name.starts_with("cfg(") && has_flags(value)) {
        Some((target, _)) => {
            let key = format!("target.{target}.rustflags");
            Err(refused(path, &key, UNKNOWN))
        }
        None => Ok(()),
    }
}

const ELSEWHERE: &str = "it would have the build read what is not part of the sources";
const UNKNOWN: &str = "whether that holds of a contract is not known; write the flags under [target.wasm32-unknown-unknown]";
const LOCATION: &str = "the code would depend on where the sources lie";

/// Flags as a list or as words; none of them may name a path or a program.
fn words(path: &Path, config: &Table, keys: &[&str]) -> Result<Vec<String>, BuildError> {
    let refused = |reason: &str| refused(path, &keys.join("."), reason);
    let (first, rest) = keys.split_first().unwrap_or((&"", &[]));
    let found = config.get(*first);
    let found = rest.iter().fold(found, |item, key| item?.get(key));
    let words: Vec<String> = match found {
        None => Vec::new(),
        Some(Value::String(words)) => words.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(words)) => {
            let words = words.iter().filter_map(Value::as_str);
            words.map(str::to_owned).collect()
        }
        Some(_) => return Err(refused("it is neither a list nor words")),
    };
    let reads =
        |word: &&String| word.contains('/') || word.starts_with('@') || word.contains("linker=");
    match words.iter().find(reads) {
        Some(word) => Err(refused(&format!("{word}: {ELSEWHERE}"))),
        None => Ok(words),
    }
}

/// Takes over what says where packages come from; what is there already is nearer and stays.
/// Paths are relative to `above`, the folder that holds `.cargo`.
fn add_supply(supply: &mut Table, config: &Table, above: &Path) {
    for name in SUPPLY {
        let mut config = config.clone();
        if let Some(table) = config.get_mut(name).and_then(Value::as_table_mut) {
            make_absolute(table, above);
        }
        merge_named(supply, name, &config);
    }
}

fn make_absolute(table: &mut Table, above: &Path) {
    for (name, value) in table.iter_mut() {
        match value {
            Value::Table(inner) => make_absolute(inner, above),
            Value::String(path)
                if matches!(name.as_str(), "directory" | "local-registry" | "cainfo") =>
            {
                *path = above.join(&*path).to_string_lossy().into_owned();
            }
            _ => {}
        }
    }
}

fn merge_named(into: &mut Table, name: &str, from: &Table) {
    let Some(value) = from.get(name) else {
        return;
    };
    match (into.get_mut(name), value) {
        (Some(Value::Table(into)), Value::Table(from)) => merge(into, from),
        (Some(_), _) => {}
        (None, value) => drop(into.insert(name.to_owned(), value.clone())),
    }
}

/// What `into` has already stays.
fn merge(into: &mut Table, from: &Table) {
    for name in from.keys() {
        merge_named(into, name, from);
    }
}

/// The configuration file in a folder, as cargo looks for it.
fn file_in(folder: &Path) -> Option<PathBuf> {
    let names = ["config", "config.toml"].into_iter();
    names
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}

/// Whether the file lies in that folder, by whatever path.
fn same(path: &Path, folder: &Path) -> bool {
    let of = |path: &Path| std::fs::canonicalize(path).ok();
    path.parent().and_then(of) == of(folder)
}

/// A file of settings or a manifest.
pub(super) fn parse(path: &Path) -> Result<Table, BuildError> {
    let text = std::fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    text.parse()
        .map_err(|error: toml::de::Error| BuildError::Manifest {
            path: path.to_owned(),
            reason: error.to_string(),
        })
}

fn refused(path: &Path, key: &str, reason: &str) -> BuildError {
    BuildError::Config {
        path: path.to_owned(),
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
