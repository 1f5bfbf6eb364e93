//! The Cargo.toml files of the copy, written of what cargo tells of the packages: a package's library,
//! its build script, features and dependencies, each path leading to where the package lies in the copy.
//! Tests, programs and comments are no part of them. Profiles and patches, of which cargo does not tell,
//! are those of the contract's workspace.

use super::error::BuildError;
use super::package::{ELSEWHERE, Package, canonical, is_library};
use super::procedure::CONTRACT;
use super::tree::{Tree, normal};
use alloy::primitives::{B256, hex};
use cargo_metadata::{Dependency, DependencyKind, Target, TargetKind};
use std::path::{Component, Path, PathBuf};
use toml::{Table, Value};

/// The profile that contracts are compiled with unless their workspace has a profile `contract`.
const PROFILE: &str = r#"
inherits = "release"
opt-level = "z"
lto = true
codegen-units = 1
panic = "abort"
strip = true
"#;
const OPT_LEVEL: &str = "opt-level";
/// The prefix of the feature that says what a package is compiled from.
const CONTENT: &str = "compiled-from-";
/// The fields of `[package]` that the code can read in variables, by cargo's names of them.
const FIELDS: [&str; 13] = [
    "name",
    "version",
    "edition",
    "authors",
    "description",
    "homepage",
    "repository",
    "license",
    "license_file",
    "readme",
    "rust_version",
    "links",
    "metadata",
];

/// The manifest of a package.
///
/// # Errors
/// `SourceFile` for what could not be written again.
pub(super) fn of_package(package: &Package, all: &[Package]) -> Result<Table, BuildError> {
    let path = package.folder.join("Cargo.toml");
    let refused = |reason: String| BuildError::in_file(&path, reason);
    let told = serde_json::to_value(&*package.told).map_err(|error| refused(error.to_string()))?;
    let toml = |value: &serde_json::Value| {
        Value::try_from(value).map_err(|error| refused(format!("{value}: {error}")))
    };
    let mut own = Table::new();
    for name in FIELDS {
        if let Some(value) = told.get(name).filter(|value| !value.is_null()) {
            own.insert(name.replace('_', "-"), toml(value)?);
        }
    }
    let source = |target: &Target| Value::from(way_to(package, target));
    let targets = &package.told.targets;
    let script = targets
        .iter()
        .find(|target| target.is_kind(TargetKind::CustomBuild));
    own.insert("build".into(), script.map_or(Value::Boolean(false), source));
    let mut manifest = Table::new();
    manifest.insert("package".into(), Value::Table(own));
    if let Some(library) = targets
        .iter()
        .find(|target| target.kind.iter().any(is_library))
    {
        let mut table = Table::new();
        table.insert("name".into(), Value::from(library.name.as_str()));
        table.insert("path".into(), source(library));
        if library.edition != package.told.edition {
            let edition = library.edition.as_str();
            table.insert("edition".into(), Value::from(edition));
        }
        if library.is_kind(TargetKind::ProcMacro) {
            table.insert("proc-macro".into(), Value::Boolean(true))
        } else {
            table.insert("crate-type".into(), texts(&library.crate_types))
        };
        manifest.insert("lib".into(), Value::Table(table));
    }
    let mut features = toml(&told["features"])?;
    let own: Vec<&Dependency> = package.dependencies().collect();
    for (_, turned_on) in features.as_table_mut().into_iter().flatten() {
        if let Value::Array(turned_on) = turned_on {
            turned_on.retain(|one| is_of_build(one.as_str().unwrap_or_default(), package, &own));
        }
    }
    manifest.insert("features".into(), features);
    for dependency in package.dependencies() {
        let kind = match dependency.kind {
            DependencyKind::Normal => "dependencies",
            DependencyKind::Build => "build-dependencies",
            kind => {
                return Err(refused(format!(
                    "{} is a dependency of kind {kind}",
                    dependency.name
                )));
            }
        };
        let mut table = &mut manifest;
        if let Some(target) = &dependency.target {
            table = inner(inner(table, "target"), &target.to_string());
        }
        let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
        let value = of_dependency(dependency, package, all)?;
        inner(table, kind).insert(key.clone(), Value::Table(value));
    }
    Ok(manifest)
}

/// Returns true if what a feature turns on is of a build: a feature, or a dependency that the copy has. A feature that
/// names a dependency of tests (`name/feature`, `name?/feature`, `dep:name`) does for it what it does in tests.
fn is_of_build(turned_on: &str, package: &Package, own: &[&Dependency]) -> bool {
    let name = turned_on.split('/').next().unwrap_or_default();
    let name = name
        .strip_prefix("dep:")
        .unwrap_or(name)
        .trim_end_matches('?');
    let is_named = |one: &&Dependency| one.rename.as_ref().unwrap_or(&one.name) == name;
    let is_dependency = turned_on.contains('/') || turned_on.starts_with("dep:");
    let is_of_tests = package
        .told
        .dependencies
        .iter()
        .any(|dependency| is_named(&dependency));
    !is_dependency || own.iter().any(is_named) || !is_of_tests
}

/// The way from the folder of a package to the file that a target of it begins with.
fn way_to(package: &Package, target: &Target) -> String {
    let folder = package.told.manifest_path.parent();
    let folder = normal(folder.map_or(&package.folder, |folder| folder.as_std_path()));
    relative(&folder, &normal(target.src_path.as_std_path()))
}

/// Requires that library and build script of a package begin in files that are copied.
///
/// # Errors
/// `NotInSources` with the path of another one.
pub(super) fn require_targets(package: &Package, copied: &Tree) -> Result<(), BuildError> {
    let is_built = |target: &&Target| {
        target.kind.iter().any(is_library) || target.is_kind(TargetKind::CustomBuild)
    };
    // No folder has that name, so that a way that leaves the copy does not lead back into it.
    let copy = Path::new("\0");
    for target in package.told.targets.iter().filter(is_built) {
        let place = normal(&copy.join(&package.place).join(way_to(package, target)));
        let file = place.strip_prefix(copy).ok();
        if file.and_then(|file| copied.get(file)).is_none() {
            let path = normal(target.src_path.as_std_path());
            return Err(BuildError::not_in_sources(&package.name, &path));
        }
    }
    Ok(())
}

/// A manifest that declares one more feature, which nothing turns on. Its name contains `content`. Cargo compiles a
/// package again if the declared features changed.
///
/// # Errors
/// `SourceFile` for what is no manifest.
pub(super) fn with_content(
    path: &Path,
    manifest: &[u8],
    content: B256,
) -> Result<String, BuildError> {
    let text = String::from_utf8_lossy(manifest);
    let manifest = text.parse::<Table>();
    let mut manifest = manifest.map_err(|error| BuildError::not_toml(path, &text, &error))?;
    let feature = format!("{CONTENT}{}", hex::encode(content));
    inner(&mut manifest, "features").insert(feature, Value::Array(Vec::new()));
    Ok(manifest.to_string())
}

/// Returns what stands after a dependency's name.
fn of_dependency(
    dependency: &Dependency,
    package: &Package,
    all: &[Package],
) -> Result<Table, BuildError> {
    let mut table = Table::new();
    let mut set = |name: &str, value: Value| drop(table.insert(name.into(), value));
    let source = dependency
        .source
        .as_ref()
        .map(|source| source.repr.as_str());
    if let Some(path) = &dependency.path {
        let there = place_of(path.as_std_path(), all)?;
        let way = relative(&package.place, &there);
        set("path", Value::from(way));
    } else if let Some(git) = source.and_then(|source| source.strip_prefix("git+")) {
        let (url, reference) = git.split_once('?').unwrap_or((git, ""));
        set("git", Value::from(url));
        if let Some((kind, name)) = reference.split_once('=') {
            set(kind, Value::from(name));
        }
    } else if let Some(index) = &dependency.registry {
        set("registry-index", Value::from(index.as_str()));
    }
    set("version", Value::from(dependency.req.to_string()));
    if dependency.rename.is_some() {
        set("package", Value::from(dependency.name.as_str()));
    }
    set("optional", Value::Boolean(dependency.optional));
    set(
        "default-features",
        Value::Boolean(dependency.uses_default_features),
    );
    set("features", texts(&dependency.features));
    Ok(table)
}

/// The manifest of the copy's root: the workspace of the contract, with the package that lies there.
///
/// # Errors
/// As [`of_package`].
pub(super) fn of_root(packages: &[Package], profile: &str) -> Result<Table, BuildError> {
    let Some(contract) = packages.first() else {
        return Ok(Table::new());
    };
    let settings = contract.root_manifest()?;
    let is_root = |package: &&Package| package.place.as_os_str().is_empty();
    let mut manifest = match packages.iter().find(is_root) {
        Some(package) => of_package(package, packages)?,
        None => Table::new(),
    };
    manifest.insert("profile".into(), Value::Table(profiles(&settings, profile)));
    for name in ["patch", "replace"] {
        if let Some(value) = settings.get(name) {
            let mut value = value.clone();
            redirect(&mut value, &contract.root, packages)?;
            manifest.insert(name.into(), value);
        }
    }
    let workspace = inner(&mut manifest, "workspace");
    let resolver = |table: &str| settings.get(table)?.get("resolver");
    if let Some(resolver) = resolver("workspace").or_else(|| resolver("package")) {
        workspace.insert("resolver".into(), resolver.clone());
    }
    // The package in the root is a member by itself. Named as `.`, everything below it would be one.
    if !contract.place.as_os_str().is_empty() {
        let member = relative(Path::new(""), &contract.place);
        workspace.insert("members".into(), texts(&[member]));
    }
    let mut excluded = vec![ELSEWHERE.to_owned()];
    let others = packages.iter().map(|package| &package.root_place);
    let others =
        others.filter(|place| !place.as_os_str().is_empty() && !place.starts_with(ELSEWHERE));
    excluded.extend(others.map(|place| place.display().to_string()));
    excluded.dedup();
    workspace.insert("exclude".into(), texts(&excluded));
    Ok(manifest)
}

/// The profile of that name and those that it inherits from.
fn profiles(settings: &Table, profile: &str) -> Table {
    let workspace = settings.get("profile").and_then(Value::as_table);
    let mut kept = Table::new();
    let mut next = Some(profile.to_owned());
    while let Some(name) = next.take().filter(|name| !kept.contains_key(name)) {
        let default = || (name == CONTRACT).then(|| Value::Table(default_profile(workspace)));
        let profile = workspace.and_then(|all| all.get(&name)).cloned();
        if let Some(profile) = profile.or_else(default) {
            next = profile
                .get("inherits")
                .and_then(Value::as_str)
                .map(str::to_owned);
            kept.insert(name, profile);
        }
    }
    kept
}

/// The profile `contract` of a workspace that has none: of its profile `release`, its author's choice between size
/// and speed stays.
fn default_profile(workspace: Option<&Table>) -> Table {
    let mut profile: Table = PROFILE.parse().unwrap_or_default();
    let release = workspace.and_then(|all| all.get("release"));
    if let Some(chosen) = release.and_then(|release| release.get(OPT_LEVEL)) {
        profile.insert(OPT_LEVEL.into(), chosen.clone());
    }
    profile
}

/// The settings of the profile of that name, one by one.
pub(super) fn profile(settings: &Table, name: &str) -> Vec<String> {
    let profile = profiles(settings, name).remove(name);
    let settings = profile.iter().filter_map(Value::as_table).flatten();
    settings
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

/// Leads every path in the tables of `value`, which is relative to `folder`, to the place in the copy.
fn redirect(value: &mut Value, folder: &Path, all: &[Package]) -> Result<(), BuildError> {
    for (name, value) in value.as_table_mut().into_iter().flatten() {
        match value {
            Value::String(path) if name == "path" => {
                let there = place_of(&folder.join(&*path), all)?;
                *path = relative(Path::new(""), &there);
            }
            value => redirect(value, folder, all)?,
        }
    }
    Ok(())
}

/// Returns the place in the copy of the package of that folder.
fn place_of(folder: &Path, all: &[Package]) -> Result<PathBuf, BuildError> {
    let folder = canonical(folder)?;
    let package = all.iter().find(|package| package.folder == folder);
    Ok(package.map_or_else(PathBuf::new, |package| package.place.clone()))
}

/// The table of that name in `table`.
fn inner<'t>(table: &'t mut Table, name: &str) -> &'t mut Table {
    let entry = table
        .entry(name)
        .or_insert_with(|| Value::Table(Table::new()));
    entry.as_table_mut().expect("only tables are put here")
}

fn texts(items: &[impl ToString]) -> Value {
    let items = items.iter().map(|item| Value::String(item.to_string()));
    Value::Array(items.collect())
}

/// The way from the folder `from` to `to`, both relative to the same folder.
fn relative(from: &Path, to: &Path) -> String {
    let same = from.components().zip(to.components());
    let common = same.take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(common)).collect();
    if way.as_os_str().is_empty() {
        ".".into()
    } else {
        way.to_string_lossy().into_owned()
    }
}
