//! Cargo's configuration files (`.cargo/config.toml`), taken apart. Cargo itself reads none of them where contracts
//! are built, so wrappers, linkers and all else has no effect.
//!
//! Of the files between the contract's folder and its workspace's, flags, variables, profiles and registries belong
//! to the sources, and what an author would miss in the code is refused. Of the user's own, in CARGO_HOME, what says
//! where packages come from holds. Other files are not read.

use super::error::BuildError;
use super::toolchain::TARGET;
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
/// Tables that are part of the sources as they stand.
const CODE: [&str; 4] = ["env", "profile", "registries", "registry"];
/// What would change the code and cannot be part of the sources: no checksum of the lock file holds for packages that
/// come from elsewhere than it says.
const OUTSIDE: [&str; 5] = ["include", "patch", "paths", "source", "unstable"];
/// Tables beside [`SUPPLY`] that cargo may read wherever it runs.
const WITHOUT_EFFECT: [&str; 2] = ["alias", "term"];

/// Flags that take a value, in the word behind them too.
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
const PLAIN: [&str; 14] = [
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
    "-Ctarget-feature",
];

/// What the configuration files of the sources say.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Config {
    /// What is part of the sources, with the flags in force, as a file for the copy; `None` if there is nothing.
    pub(super) code: Option<String>,
    /// Flags for the compiler.
    pub(super) rustflags: Vec<String>,
    /// Flags and variables that can bring code which no search of the sources sees.
    pub(super) unsearched: Vec<String>,
}

/// Reads the files from `folder` up to `root`, its workspace.
///
/// # Errors
/// [`BuildError::SourceFile`] for what cannot be part of the sources.
pub(super) fn read(folder: &Path, root: &Path) -> Result<Config, BuildError> {
    let mut code = Table::new();
    let (mut of_target, mut of_build) = (Vec::new(), Vec::new());
    let top = match folder.starts_with(root) {
        true => root,
        false => folder,
    };
    for above in folder.ancestors().take_while(|one| one.starts_with(top)) {
        let Some(path) = file_in(&above.join(".cargo")) else {
            continue;
        };
        let config = parse(&path)?;
        require_harmless(&path, &config)?;
        for name in CODE {
            merge_named(&mut code, name, &config);
        }
        of_target.push(words(&path, &config, &["target", TARGET, "rustflags"])?);
        of_build.push(words(&path, &config, &["build", "rustflags"])?);
    }
    // Those of the target; where there are none, those of `[build]`. The nearest come last.
    let all = match of_target.iter().all(Vec::is_empty) {
        true => of_build,
        false => of_target,
    };
    let rustflags: Vec<String> = all.into_iter().rev().flatten().collect();
    // The linker and the compiler read variables, too.
    let variables = inner(&code, "env").map(|(name, _)| format!("env.{name}"));
    let unsearched = unsearched(&rustflags).into_iter().chain(variables);
    let unsearched = unsearched.map(|what| format!(".cargo/config.toml: {what}"));
    let unsearched = unsearched.collect();
    if !rustflags.is_empty() {
        let list = rustflags.iter().cloned().map(Value::String).collect();
        let of_target = Table::from_iter([("rustflags".to_owned(), Value::Array(list))]);
        let target = Table::from_iter([(TARGET.to_owned(), Value::Table(of_target))]);
        code.insert("target".into(), Value::Table(target));
    }
    Ok(Config {
        code: (!code.is_empty()).then(|| code.to_string()),
        rustflags,
        unsearched,
    })
}

/// Where packages come from by the user's own configuration.
///
/// # Errors
/// Where it cannot be read, and [`BuildError::SourceFile`] if the configuration of the root folder, which cargo reads
/// wherever it runs, says more than that.
pub(super) fn supply(cargo_home: &Path) -> Result<Table, BuildError> {
    if let Some(path) = file_in(Path::new("/.cargo")) {
        let config = parse(&path)?;
        let harmless = |key: &str| SUPPLY.contains(&key) || WITHOUT_EFFECT.contains(&key);
        if let Some(key) = config.keys().find(|key| !harmless(key)) {
            let reason = "cargo reads it in every folder, so it would change every build";
            return Err(refused(&path, key, reason));
        }
    }
    let mut supply = match file_in(cargo_home) {
        Some(path) => parse(&path)?,
        None => Table::new(),
    };
    supply.retain(|name, _| SUPPLY.contains(&name));
    Ok(supply)
}

/// The entries of a table of that name.
fn inner<'t>(table: &'t Table, name: &str) -> impl Iterator<Item = (&'t String, &'t Value)> {
    let inner = table.get(name).and_then(Value::as_table);
    inner.into_iter().flatten()
}

/// Refuses what would change the code and cannot be copied or told by a hash.
fn require_harmless(path: &Path, config: &Table) -> Result<(), BuildError> {
    if let Some(key) = OUTSIDE.iter().find(|key| config.contains_key(**key)) {
        return Err(refused(path, key, ELSEWHERE));
    }
    let is_relative = |value: &Value| value.get("relative").and_then(Value::as_bool) == Some(true);
    if let Some((name, _)) = inner(config, "env").find(|(_, value)| is_relative(value)) {
        let reason = "the code would depend on where the sources lie";
        return Err(refused(path, &format!("env.{name}.relative"), reason));
    }
    let has_flags = |value: &Value| value.get("rustflags").is_some();
    let mut targets = inner(config, "target");
    match targets.find(|(name, value)| name.starts_with("cfg(") && has_flags(value)) {
        Some((name, _)) => {
            let reason = "whether that holds of a contract is not known; write the flags under \
                          [target.wasm32-unknown-unknown]";
            Err(refused(path, &format!("target.{name}.rustflags"), reason))
        }
        None => Ok(()),
    }
}

const ELSEWHERE: &str = "it would have the build read what is not part of the sources; what says where packages come \
                         from belongs into your own configuration, in CARGO_HOME";

/// Flags as a list or as words; none of them may name a path or a program.
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
        Some(_) => return Err(refused("it is neither a list nor words")),
    };
    let reads =
        |word: &&String| word.contains('/') || word.starts_with('@') || word.contains("linker=");
    match words.iter().find(reads) {
        Some(word) => Err(refused(&format!("{word}: {ELSEWHERE}"))),
        None => Ok(words),
    }
}

/// The flags that may bring code, each with its value.
fn unsearched(words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = words.iter();
    while let Some(word) = left.next() {
        let value = match WITH_VALUE.contains(&word.as_str()) {
            true => left.next().map_or("", String::as_str),
            false => "",
        };
        if !is_plain(&format!("{word}{value}")) {
            found.push(format!("{word} {value}").trim_end().to_owned());
        }
    }
    found
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

/// Takes over a table; what is there already is nearer and stays.
fn merge_named(into: &mut Table, name: &str, from: &Table) {
    let Some(value) = from.get(name) else {
        return;
    };
    match (into.get_mut(name), value) {
        (Some(Value::Table(into)), Value::Table(from)) => {
            from.keys().for_each(|name| merge_named(into, name, from));
        }
        (Some(_), _) => {}
        (None, value) => drop(into.insert(name.to_owned(), value.clone())),
    }
}

/// The configuration file in a folder, as cargo looks for it.
fn file_in(folder: &Path) -> Option<PathBuf> {
    let names = ["config", "config.toml"].into_iter();
    names
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}

/// A file of settings or a manifest.
pub(super) fn parse(path: &Path) -> Result<Table, BuildError> {
    let text = std::fs::read_to_string(path).map_err(BuildError::file("read", path))?;
    text.parse()
        .map_err(|error: toml::de::Error| BuildError::in_file(path, error))
}

fn refused(path: &Path, key: &str, reason: &str) -> BuildError {
    BuildError::in_file(path, format!("{key}: {reason}"))
}

#[cfg(test)]
mod tests;
