//! The Cargo.toml files of the copy: those of the author, less what a build of the contract does
//! not read (tests' dependencies, members that it does not need), with every path leading to where
//! the package lies in the copy.

use super::error::BuildError;
use super::package::{Package, canonical, lookup, text};
use super::places::CopyPaths;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

/// What contracts are compiled with unless their workspace has a profile `contract`.
const PROFILE: &str = r#"[profile.contract]
inherits = "release"
opt-level = "z"
lto = true
codegen-units = 1
panic = "abort"
strip = true
"#;
/// The profile that contracts are compiled in.
pub(super) const CONTRACT: &str = "contract";
const DEPENDENCIES: [&str; 2] = ["dependencies", "build-dependencies"];
const DEV: [&str; 2] = ["dev-dependencies", "dev_dependencies"];

/// A workspace in the copy.
pub(super) struct Workspace<'a> {
    /// The folder of its Cargo.toml, canonical.
    pub(super) root: &'a Path,
    /// Where that lies in the copy.
    pub(super) place: &'a Path,
    /// Its packages that are copied.
    pub(super) members: Vec<&'a Package>,
    /// Whether the contract is one of them: its profiles and patches are those of the build.
    pub(super) is_main: bool,
    /// Folders below `place` that belong to other workspaces.
    pub(super) exclude: Vec<PathBuf>,
}

/// The manifest of a package that is no workspace's root.
pub(super) fn of_package(package: &Package, places: &CopyPaths) -> Result<DocumentMut, BuildError> {
    let mut manifest = DocumentMut::clone(&package.manifest);
    let place = places.package(&package.folder);
    strip_tests(manifest.as_table_mut());
    if let Some(targets) = manifest.get_mut("target").and_then(Item::as_table_like_mut) {
        for (_, target) in targets.iter_mut() {
            if let Some(target) = target.as_table_like_mut() {
                strip_tests(target);
                redirect_all(target, &DEPENDENCIES, &package.folder, &place, places)?;
            }
        }
    }
    if let Some(package) = manifest
        .get_mut("package")
        .and_then(Item::as_table_like_mut)
    {
        package.remove("workspace");
    }
    let table = manifest.as_table_mut();
    redirect_all(table, &DEPENDENCIES, &package.folder, &place, places)?;
    Ok(manifest)
}

/// The manifest of a workspace's root, which may be a package as well.
pub(super) fn of_workspace(
    workspace: &Workspace<'_>,
    places: &CopyPaths,
) -> Result<DocumentMut, BuildError> {
    let own = workspace
        .members
        .iter()
        .find(|package| package.folder == workspace.root);
    let mut manifest = match (own, workspace.members.first()) {
        (Some(own), _) => of_package(own, places)?,
        (None, Some(member)) => without_package(&member.root_manifest),
        (None, None) => DocumentMut::new(),
    };
    if workspace.is_main {
        keep_profiles(&mut manifest);
        redirect_patches(&mut manifest, workspace, places)?;
    } else {
        for ignored in ["profile", "patch", "replace"] {
            manifest.remove(ignored);
        }
    }
    let table = manifest
        .entry("workspace")
        .or_insert(Item::Table(Table::new()));
    if let Some(table) = table.as_table_like_mut() {
        for unread in ["members", "default-members", "exclude", "metadata"] {
            table.remove(unread);
        }
        let members = workspace
            .members
            .iter()
            .filter(|package| package.folder != workspace.root);
        let members = members.map(|package| places.package(&package.folder));
        table.insert(
            "members",
            list(members.map(|place| relative(workspace.place, &place))),
        );
        if !workspace.exclude.is_empty() {
            let exclude = workspace.exclude.iter();
            table.insert(
                "exclude",
                list(exclude.map(|place| relative(workspace.place, place))),
            );
        }
        keep_inherited(table, workspace, places)?;
    }
    Ok(manifest)
}

/// What the members inherit, and nothing else.
fn keep_inherited(
    table: &mut dyn TableLike,
    workspace: &Workspace<'_>,
    places: &CopyPaths,
) -> Result<(), BuildError> {
    let inherited: BTreeSet<String> = workspace
        .members
        .iter()
        .flat_map(|package| package.inherited())
        .collect();
    let Some(dependencies) = table
        .get_mut("dependencies")
        .and_then(Item::as_table_like_mut)
    else {
        return Ok(());
    };
    let names: Vec<String> = dependencies
        .iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in names.iter().filter(|name| !inherited.contains(*name)) {
        dependencies.remove(name);
    }
    redirect(dependencies, workspace.root, workspace.place, places)
}

/// A workspace's root without the package that it also is.
fn without_package(root: &DocumentMut) -> DocumentMut {
    let mut manifest = root.clone();
    let edition = text(root.as_item(), &["package", "edition"]);
    let resolver = match edition {
        Some("2021") => Some("2"),
        Some("2015" | "2018") | None => None,
        Some(_) => Some("3"),
    };
    let names: Vec<String> = manifest.iter().map(|(name, _)| name.to_owned()).collect();
    let read = ["cargo-features", "workspace", "profile", "patch", "replace"];
    for name in names.iter().filter(|name| !read.contains(&name.as_str())) {
        manifest.remove(name);
    }
    let table = manifest
        .get_mut("workspace")
        .and_then(Item::as_table_like_mut);
    if let (Some(table), Some(resolver)) = (table, resolver)
        && !table.contains_key("resolver")
    {
        table.insert("resolver", value(resolver));
    }
    manifest
}

/// The profile of contracts and those that it inherits from.
fn keep_profiles(manifest: &mut DocumentMut) {
    let default: DocumentMut = PROFILE.parse().unwrap_or_default();
    let profiles = manifest.entry("profile").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let Some(profiles) = profiles.as_table_like_mut() else {
        return;
    };
    if !profiles.contains_key(CONTRACT)
        && let Some(profile) = lookup(default.as_item(), &["profile", CONTRACT])
    {
        profiles.insert(CONTRACT, profile.clone());
    }
    let mut kept = vec![CONTRACT.to_owned()];
    while let Some(parent) = kept
        .last()
        .and_then(|name| profiles.get(name)?.get("inherits")?.as_str())
        .filter(|parent| !kept.iter().any(|name| name == parent))
    {
        kept.push(parent.to_owned());
    }
    let names: Vec<String> = profiles.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names.iter().filter(|name| !kept.contains(name)) {
        profiles.remove(name);
    }
}

/// The settings of the profile that a contract is compiled in, one by one.
pub(super) fn profile(root: &DocumentMut) -> Vec<String> {
    let mut root = root.clone();
    keep_profiles(&mut root);
    let profile = lookup(root.as_item(), &["profile", CONTRACT]);
    let settings = profile.and_then(Item::as_table_like).into_iter();
    settings
        .flat_map(TableLike::iter)
        .map(|(name, item)| format!("{name}={}", item.to_string().trim()))
        .collect()
}

fn redirect_patches(
    manifest: &mut DocumentMut,
    workspace: &Workspace<'_>,
    places: &CopyPaths,
) -> Result<(), BuildError> {
    let (root, place) = (workspace.root, workspace.place);
    if let Some(patch) = manifest.get_mut("patch").and_then(Item::as_table_like_mut) {
        for (_, source) in patch.iter_mut() {
            if let Some(source) = source.as_table_like_mut() {
                redirect(source, root, place, places)?;
            }
        }
    }
    match manifest
        .get_mut("replace")
        .and_then(Item::as_table_like_mut)
    {
        Some(replace) => redirect(replace, root, place, places),
        None => Ok(()),
    }
}

fn redirect_all(
    tables: &mut dyn TableLike,
    names: &[&str],
    folder: &Path,
    place: &Path,
    places: &CopyPaths,
) -> Result<(), BuildError> {
    for name in names {
        if let Some(table) = tables.get_mut(name).and_then(Item::as_table_like_mut) {
            redirect(table, folder, place, places)?;
        }
    }
    Ok(())
}

/// Leads every path in `dependencies`, which is relative to `folder`, to the place in the copy,
/// relative to `place`.
fn redirect(
    dependencies: &mut dyn TableLike,
    folder: &Path,
    place: &Path,
    places: &CopyPaths,
) -> Result<(), BuildError> {
    for (_, dependency) in dependencies.iter_mut() {
        let Some(dependency) = dependency.as_table_like_mut() else {
            continue;
        };
        let Some(path) = dependency.get("path").and_then(Item::as_str) else {
            continue;
        };
        let there = places.package(&canonical(&folder.join(path))?);
        let there = relative(place, &there);
        if path != there {
            dependency.insert("path", value(there));
        }
    }
    Ok(())
}

fn strip_tests(table: &mut dyn TableLike) {
    for name in DEV {
        table.remove(name);
    }
}

fn list(items: impl Iterator<Item = String>) -> Item {
    value(items.collect::<Array>())
}

/// The way from the folder `from` to `to`, both relative to the same folder.
fn relative(from: &Path, to: &Path) -> String {
    let names = |path: &Path| -> Vec<String> {
        let components = path
            .components()
            .filter(|component| *component != Component::CurDir);
        components
            .map(|c| c.as_os_str().to_string_lossy().into_owned())
            .collect()
    };
    let (from, to) = (names(from), names(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let way: Vec<String> = up.chain(to.into_iter().skip(common)).collect();
    match way.is_empty() {
        true => ".".into(),
        false => way.join("/"),
    }
}
