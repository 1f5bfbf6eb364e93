//! Where the packages come from whose macros make the functions: they count where the registry has them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, TableLike};

/// The packages of the macros, and what those are read by.
const SDK: [&str; 3] = ["stylus-core", "stylus-proc", "stylus-sdk"];
/// The framework's package, which projects take by path or git.
const OURS: &str = "stylus-upgradeable";
/// What a dependency has that does not come from the registry.
const ELSEWHERE: [&str; 5] = ["base", "git", "path", "registry", "registry-index"];
/// Tables and keys of Cargo's configuration that put other packages in the place of the registry's.
const REPLACING: [&str; 4] = ["include", "patch", "paths", "source"];
/// The registry, as Cargo.lock names it.
const REGISTRY: [&str; 2] = [
    "registry+https://github.com/rust-lang/crates.io-index",
    "sparse+https://index.crates.io/",
];

/// Why a dependency is not the registry's package of the SDK, where it has the name of one.
pub(super) fn of_dependency(key: &str, item: &Item) -> Option<String> {
    let name = package(key, item);
    let is_other = is_sdk(&name) && ELSEWHERE.iter().any(|one| item.get(one).is_some());
    is_other.then(|| format!("its dependency {name} is not taken from the registry"))
}

/// What the Cargo.lock files say, each read once: a workspace has one for all its crates.
#[derive(Default)]
pub(super) struct Locks(BTreeMap<PathBuf, Parts>);

/// The names of the SDK's packages and of all that its macros are made of; nothing without a lock. Otherwise
/// which of them does not come from the registry.
type Parts = Result<BTreeSet<String>, String>;

impl Locks {
    fn of(&mut self, folder: &Path) -> &Parts {
        let path = folder.join("Cargo.lock");
        let read = |path: &PathBuf| lock(path);
        self.0.entry(path).or_insert_with_key(read)
    }
}

/// Why the packages of the SDK may be others: by a patch, by a lock, or by Cargo's configuration.
/// `roots` are the folders of the crate and of its workspace, with their Cargo.toml.
pub(super) fn of_folders(roots: &[(&Path, &DocumentMut)], locks: &mut Locks) -> Option<String> {
    let mut parts = BTreeSet::new();
    for (folder, _) in roots {
        match locks.of(folder) {
            Ok(found) => parts.extend(found.iter().cloned()),
            Err(why) => return Some(why.clone()),
        }
    }
    let mut patched = roots.iter().flat_map(|(_, manifest)| patched(manifest));
    let is_part = |name: &String| match parts.is_empty() {
        true => name != OURS,
        false => is_sdk(name) || parts.contains(name),
    };
    if let Some(name) = patched.find(is_part) {
        return Some(format!(
            "Cargo.toml puts another package in the place of {name}"
        ));
    }
    let (first, last) = (roots.first()?.0, roots.last()?.0);
    configured(first, last)
}

/// The names of packages that others are put in the place of.
fn patched(manifest: &DocumentMut) -> Vec<String> {
    let tables = |name: &str| manifest.get(name).and_then(Item::as_table_like);
    let mut names = Vec::new();
    for (_, registry) in tables("patch").into_iter().flat_map(TableLike::iter) {
        let all = registry.as_table_like().into_iter();
        names.extend(
            all.flat_map(TableLike::iter)
                .map(|(key, it)| package(key, it)),
        );
    }
    for (key, _) in tables("replace").into_iter().flat_map(TableLike::iter) {
        // `name:version`, perhaps behind the address of a registry and `#`.
        let key = key.rsplit('#').next().unwrap_or(key);
        names.push(key.split([':', '@']).next().unwrap_or(key).to_owned());
    }
    names
}

fn lock(path: &Path) -> Parts {
    let Ok(text) = std::fs::read_to_string(path) else {
        return match path.exists() {
            true => Err("Cargo.lock cannot be read".into()),
            false => Ok(BTreeSet::new()),
        };
    };
    let lock: DocumentMut = text
        .parse()
        .map_err(|_| "Cargo.lock cannot be read".to_owned())?;
    let packages = lock.get("package").and_then(Item::as_array_of_tables);
    let mut by_name: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for package in packages.into_iter().flatten() {
        let name = package.get("name").and_then(Item::as_str);
        by_name
            .entry(name.unwrap_or_default())
            .or_default()
            .push(package);
    }
    let mut left: Vec<String> = SDK.map(str::to_owned).to_vec();
    let mut seen = BTreeSet::new();
    while let Some(name) = left.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for one in by_name.get(name.as_str()).into_iter().flatten() {
            // A package that is replaced has the name of the other one.
            let source = one.get("source").and_then(Item::as_str);
            let source = source.unwrap_or_default();
            let is_registry = REGISTRY.contains(&source) && !one.contains_key("replace");
            if !is_registry {
                return Err(format!(
                    "by Cargo.lock the package {name} does not come from the registry"
                ));
            }
            // What it is made of beside the macros may come from elsewhere.
            if name == "stylus-sdk" {
                continue;
            }
            let needs = one.get("dependencies").and_then(Item::as_array);
            let needs = needs.into_iter().flatten().filter_map(|it| it.as_str());
            left.extend(
                needs
                    .filter_map(|it| it.split(' ').next())
                    .map(str::to_owned),
            );
        }
    }
    Ok(seen)
}

/// Why Cargo's configuration in these folders may lead to other packages: from the crate's folder to its
/// workspace's, and on to the root of the repository.
fn configured(folder: &Path, workspace: &Path) -> Option<String> {
    let is_root = |one: &&Path| one.join(".git").exists();
    let top = folder.ancestors().find(is_root);
    let top = top
        .filter(|top| workspace.starts_with(top))
        .unwrap_or(workspace);
    let between = folder.ancestors().take_while(|one| one.starts_with(top));
    for above in between.chain([workspace]) {
        for name in ["config", "config.toml"] {
            let path = above.join(".cargo").join(name);
            if !path.exists() {
                continue;
            }
            let text = std::fs::read_to_string(&path).ok();
            let parsed = text.and_then(|text| text.parse::<DocumentMut>().ok());
            let Some(parsed) = parsed else {
                return Some(format!(".cargo/{name} cannot be read"));
            };
            if let Some(key) = REPLACING.iter().find(|key| parsed.contains_key(key)) {
                let why = format!("by `{key}` of .cargo/{name} packages may be others");
                return Some(why);
            }
        }
    }
    None
}

/// The name of the package that a dependency or a patch takes.
fn package(key: &str, item: &Item) -> String {
    let named = item.get("package").and_then(Item::as_str);
    named.unwrap_or(key).replace('_', "-")
}

fn is_sdk(name: &str) -> bool {
    SDK.contains(&name)
}
