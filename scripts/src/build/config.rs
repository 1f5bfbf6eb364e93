//! Cargo's configuration files (`.cargo/config.toml`), taken apart: what changes the code belongs
//! to the sources, what only says where packages come from does not, and what would have the
//! build read or run something outside the sources is refused.
//!
//! The files between the contract's folder and its workspace's count in full. Those of the folders
//! above and of the user's home say where packages come from, and nothing else of them is read.

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
/// Tables that are part of the sources as they stand.
const CODE: [&str; 2] = ["env", "profile"];
/// Tables that change nothing about the code of a contract.
const WITHOUT_EFFECT: [&str; 8] = [
    "alias",
    "cache",
    "cargo-new",
    "doc",
    "future-incompat-report",
    "install",
    "resolver",
    "term",
];
/// Keys of `[build]`: flags, and what changes nothing about the code or is set by every build here.
const BUILD: [&str; 10] = [
    "artifact-dir",
    "build-dir",
    "dep-info-basedir",
    "incremental",
    "jobs",
    "rustdoc",
    "rustdocflags",
    "rustflags",
    "target",
    "target-dir",
];
/// Keys of the target of contracts: flags, and what no build of a contract reads.
const OF_TARGET: [&str; 3] = ["runner", "rustdocflags", "rustflags"];
/// Keys of `[target.'cfg(…)']`.
const OF_CFG: [&str; 2] = ["runner", "rustdocflags"];

/// What the configuration files say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Config {
    /// `[env]`, `[profile]` and the flags in force, as a file for the copy; `None` if there are none.
    pub(super) code: Option<String>,
    /// Flags for the compiler.
    pub(super) rustflags: Vec<String>,
    /// Where packages come from.
    pub(super) supply: Table,
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
            of_target.push(flags(&path, &config, &["target", TARGET, "rustflags"])?);
            of_build.push(flags(&path, &config, &["build", "rustflags"])?);
        }
        add_supply(&mut supply, &config, above);
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

/// Refuses what cannot be copied or told by a hash.
fn require_harmless(path: &Path, config: &Table) -> Result<(), BuildError> {
    for (name, value) in config {
        let tables = value.as_table().into_iter().flatten();
        match name.as_str() {
            "build" => require_known(path, name, value, &BUILD)?,
            "target" => {
                for (target, value) in tables {
                    let key = format!("{name}.{target}");
                    match target.as_str() {
                        TARGET => require_known(path, &key, value, &OF_TARGET)?,
                        // Whether it holds of a contract is not known.
                        cfg if cfg.starts_with("cfg(") => {
                            require_known(path, &key, value, &OF_CFG)?
                        }
                        _ => {}
                    }
                }
            }
            "env" => {
                for (variable, value) in tables {
                    if value.get("relative").and_then(Value::as_bool) == Some(true) {
                        let key = format!("{name}.{variable}.relative");
                        return Err(refused(path, &key, LOCATION));
                    }
                }
            }
            name if SUPPLY.contains(&name) || CODE.contains(&name) => {}
            name if WITHOUT_EFFECT.contains(&name) => {}
            name => return Err(refused(path, name, OUTSIDE)),
        }
    }
    Ok(())
}

/// Refuses every key of a table but those.
fn require_known(path: &Path, name: &str, value: &Value, known: &[&str]) -> Result<(), BuildError> {
    let mut keys = value.as_table().into_iter().flat_map(Table::keys);
    match keys.find(|key| !known.contains(&key.as_str())) {
        Some(key) if key == "rustflags" => Err(refused(path, &format!("{name}.{key}"), UNKNOWN)),
        Some(key) => Err(refused(path, &format!("{name}.{key}"), OUTSIDE)),
        None => Ok(()),
    }
}

const OUTSIDE: &str = "it would have the build read or run what is not part of the sources";
const UNKNOWN: &str = "whether that holds of a contract is not known; write the flags under [target.wasm32-unknown-unknown]";
const LOCATION: &str = "the code would depend on where the sources lie";

/// Flags as a list or as words; none of them may name a path or a program.
fn flags(path: &Path, config: &Table, keys: &[&str]) -> Result<Vec<String>, BuildError> {
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
        Some(word) => Err(refused(&format!("{word}: {OUTSIDE}"))),
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
