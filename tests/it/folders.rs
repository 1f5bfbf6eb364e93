//! The order of the top-level folders in docs/internals/design.md, compared with what the manifests and
//! the sources import.

use crate::prelude::*;
use alloy_primitives::map::HashMap;
use std::path::Component;

use stylus_upgrades_harness::home;

use crate::tools::cargo_packages;

/// What tests of every folder use: how long they run, and HTTP for servers that they script.
const SUPPORT: &str = "stylus-upgrades-test-support";
/// Folders whose packages are part of the framework: nothing in them depends on an example.
const EXAMPLES: &str = "contracts";
/// The prefix of every library's package name, and the one name without it.
const PREFIX: &str = "stylus-upgrades";
const AUTHORS: &str = "stylus-upgradeable";

#[test]
fn no_folder_imports_one_that_stands_above_it() {
    let order = order();
    let rank: HashMap<&str, usize> = order
        .iter()
        .enumerate()
        .map(|(rank, folder)| (folder.as_str(), rank))
        .collect();
    let mut imports = manifests();
    // The catalogue of errors is a page of the book, which has no sources.
    let sources = sources(&order).into_iter();
    imports.extend(sources.filter(|import| import.to != "docs"));
    assert!(
        imports.len() > 50,
        "only {} imports were found",
        imports.len()
    );
    let upwards: Vec<String> = imports
        .iter()
        .filter(|import| {
            let of = |folder: &String| {
                *rank.get(folder.as_str()).unwrap_or_else(|| {
                    panic!("{folder}/ is not in docs/internals/design.md's order")
                })
            };
            of(&import.from) < of(&import.to)
        })
        .map(|import| import.stated.clone())
        .collect();
    assert_eq!(upwards, Vec::<String>::new(), "imports that run upwards");
}

#[test]
fn nothing_but_tests_depends_on_an_example() {
    let imports = manifests();
    let found: Vec<&String> = imports
        .iter()
        .filter(|import| import.to == EXAMPLES && ![EXAMPLES, "tests"].contains(&&*import.from))
        .map(|import| &import.stated)
        .collect();
    assert_eq!(found, Vec::<&String>::new());
}

#[test]
fn every_folder_with_sources_is_in_the_order() {
    let order = order();
    let listed: BTreeSet<&str> = order.iter().map(String::as_str).collect();
    let with_sources: BTreeSet<String> = packages()
        .iter()
        .map(|package| top(&package.folder))
        .collect();
    let with_sources: BTreeSet<&str> = with_sources.iter().map(String::as_str).collect();
    assert_eq!(listed, with_sources);
}

#[test]
fn every_library_of_the_framework_has_the_prefix_in_its_name() {
    // A program's package is named as its artifact: `registry-factory` is what one deploys.
    let without: Vec<String> = packages()
        .into_iter()
        .filter(|package| !package.is_program && top(&package.folder) != EXAMPLES)
        .map(|package| package.name)
        .filter(|name| !name.starts_with(PREFIX) && !name.starts_with(AUTHORS))
        .collect();
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn every_tool_is_in_the_list_of_tools() {
    let tools = home().join("tests/tools");
    let list = std::fs::read_to_string(tools.join("README.md")).expect("the list");
    let mut links = BTreeSet::new();
    for (folder, place) in [(&tools, ""), (&tools.join("bin"), "bin/")] {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            let name = path.file_stem().expect("a name").to_string_lossy();
            let is_tool = name != "bin" && name != "mod" && name != "README";
            if is_tool {
                links.insert(format!("| [`{name}`]({place}{name}"));
            }
        }
    }
    assert!(links.len() >= 9, "{links:?}");
    let left: Vec<&String> = links.iter().filter(|one| !list.contains(*one)).collect();
    assert!(left.is_empty(), "tests/tools/README.md lacks {left:?}");
}

/// One import from a top-level folder to another one.
struct Import {
    from: String,
    to: String,
    stated: String,
}

/// A package of the workspace.
struct Package {
    name: String,
    /// Its folder, relative to the workspace.
    folder: PathBuf,
    /// The folders of what it depends on by path.
    dependencies: Vec<PathBuf>,
    is_program: bool,
}

/// The top-level folders from the ground to the roof, as docs/internals/design.md lists them.
fn order() -> Vec<String> {
    let page = std::fs::read_to_string(home().join("docs/internals/design.md"))
        .expect("docs/internals/design.md");
    let list = page
        .split_once("<!-- order of folders -->")
        .and_then(|(_, rest)| rest.split_once("<!-- end of the order of folders -->"))
        .expect("docs/internals/design.md marks the order of folders")
        .0;
    let rows = list.lines().filter_map(|line| line.strip_prefix("| `"));
    let folders = rows.filter_map(|row| row.split_once("/`"));
    folders.map(|(folder, _)| folder.to_owned()).collect()
}

/// The packages of the workspace, as cargo reads their manifests.
fn packages() -> Vec<Package> {
    let home = home();
    let relative = |path: &str| {
        let path = Path::new(path).strip_prefix(&home);
        path.expect("a path in the workspace").to_owned()
    };
    cargo_packages(&home)
        .iter()
        .map(|package| {
            let manifest = relative(text(package, "manifest_path"));
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let counted = dependencies.iter().filter(|one| {
                let name = one["name"].as_str().expect("a name");
                one["kind"] != "dev" || name != SUPPORT
            });
            let paths = counted.filter_map(|one| one["path"].as_str());
            let targets = package["targets"].as_array().expect("targets");
            Package {
                name: text(package, "name").to_owned(),
                folder: manifest.parent().expect("a folder").to_owned(),
                dependencies: paths.map(relative).collect(),
                is_program: targets.iter().any(|target| {
                    let kinds = target["crate_types"].as_array().expect("kinds");
                    kinds.iter().any(|kind| kind == "cdylib")
                }),
            }
        })
        .collect()
}

/// Dependencies between top-level folders, those of tests included.
fn manifests() -> Vec<Import> {
    let mut imports = Vec::new();
    for package in packages() {
        for dependency in &package.dependencies {
            imports.push(Import {
                from: top(&package.folder),
                to: top(dependency),
                stated: format!("{} depends on {}", package.name, dependency.display()),
            });
        }
    }
    imports
}

/// Files that a source takes from another place: `#[path]`, `include_str!`, `include_bytes!`.
fn sources(folders: &[String]) -> Vec<Import> {
    let home = home();
    let mut files = Vec::new();
    for folder in folders {
        collect(&home.join(folder), &mut files);
    }
    let mut imports = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a source");
        for opening in ["#[path = \"", "include_str!(\"", "include_bytes!(\""] {
            for named in source.split(opening).skip(1) {
                let named = named.split('"').next().expect("a path");
                let target = resolved(&file.parent().expect("a folder").join(named));
                let Ok(target) = target.strip_prefix(&home) else {
                    continue;
                };
                let from = file.strip_prefix(&home).expect("below the workspace");
                // A file beside the folders, such as Cargo.lock, belongs to none of them.
                if target.components().count() > 1 {
                    imports.push(Import {
                        from: top(from),
                        to: top(target),
                        stated: format!("{} takes {}", from.display(), target.display()),
                    });
                }
            }
        }
    }
    imports
}

/// The Rust sources below a folder, without what is built or installed.
pub(super) fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !["target", "node_modules"]
                .iter()
                .any(|name| path.ends_with(name))
            {
                collect(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A path without `..`.
fn resolved(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The top-level folder that a path begins with.
fn top(path: &Path) -> String {
    let first = path.components().next().expect("a path");
    first.as_os_str().to_string_lossy().into_owned()
}
