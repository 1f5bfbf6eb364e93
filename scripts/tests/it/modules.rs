//! Every source file is a module: one that is not declared would not be compiled, and its tests would not run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use stylus_upgrades_test_support::sources_below;

/// The folders of sources of the crates that make the command line, from the lowest to the highest.
const LIBRARY: [&str; 8] = [
    "common/src",
    "deploy/src",
    "lifecycle/src",
    "core/src",
    "wings/console/src",
    "wings/laboratory/src",
    "wings/watch/src",
    "src",
];

/// The sources below those folders: each with its path below its own.
fn all_sources(roots: &[&str]) -> Vec<(PathBuf, PathBuf)> {
    let mut all = Vec::new();
    for root in roots {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
        for file in sources_below(&root) {
            let place = file.strip_prefix(&root).expect("below it").to_owned();
            all.push((file, place));
        }
    }
    all
}

/// The files in which the module of a source file can be declared.
fn parents(source: &Path) -> Vec<PathBuf> {
    let folder = match source.ends_with("mod.rs") {
        true => source.parent().and_then(Path::parent),
        false => source.parent(),
    };
    let folder = folder.expect("a source lies in a folder");
    let of_folder = ["mod.rs", "lib.rs", "main.rs"].map(|name| folder.join(name));
    let mut all = of_folder.to_vec();
    all.push(folder.with_extension("rs"));
    all
}

#[test]
fn every_source_file_is_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut undeclared = Vec::new();
    let folders = [
        "framework",
        "interface",
        "layout",
        "migratable",
        "node",
        "proxy",
        "registry",
        "scripts",
        "tests",
    ];
    let all = folders.map(|folder| sources_below(&root.join(folder)));
    let all = all.concat();
    let is_of_crate = |path: &&PathBuf| {
        let text = path.display().to_string();
        let is_root = ["lib.rs", "main.rs", "build.rs"]
            .iter()
            .any(|name| path.ends_with(name));
        let is_alone = text.contains("/generated/")
            || text.contains("/src/bin/")
            || text.contains("/examples/")
            || text.contains("/target/");
        (text.contains("/src/") || text.contains("/tests/it/")) && !is_root && !is_alone
    };
    let modules: Vec<_> = all.iter().filter(is_of_crate).collect();
    assert!(modules.len() > 1000, "only {} sources", modules.len());
    for source in modules {
        let name = match source.ends_with("mod.rs") {
            true => source.parent().and_then(Path::file_name),
            false => source.file_stem(),
        };
        let declared = format!("mod {};", name.unwrap_or_default().display());
        let is_declared = parents(source).iter().any(|parent| {
            std::fs::read_to_string(parent).is_ok_and(|text| text.contains(&declared))
        });
        if !is_declared {
            undeclared.push(source);
        }
    }
    assert!(
        undeclared.is_empty(),
        "no parent declares these modules: {undeclared:#?}"
    );
}

/// The registry's views, as its interface declares them.
fn views() -> BTreeSet<String> {
    let interface = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interface/src/registry.rs");
    let text = std::fs::read_to_string(interface).expect("the interface");
    let functions = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("function "));
    let views = functions.filter(|function| function.contains(" view "));
    let names = views.filter_map(|function| function.split('(').next());
    names.map(str::to_owned).collect()
}

#[test]
fn nothing_but_the_model_asks_a_view_of_the_registry() {
    let views = views();
    let some = ["definition", "getVersion", "instanceOf", "readiness"];
    assert!(some.iter().all(|view| views.contains(*view)), "{views:?}");
    let mut found = Vec::new();
    for (file, _) in all_sources(&LIBRARY)
        .into_iter()
        .filter(|(_, place)| !place.starts_with("model"))
    {
        let text = std::fs::read_to_string(&file).expect("a source");
        // a registry that unit tests stand in for answers views, and asks none
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = product
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
        let asked = words.filter(|word| {
            let call = word.strip_suffix("Call").or(word.strip_suffix("Return"));
            call.is_some_and(|view| views.contains(view))
        });
        found.extend(asked.map(|word| format!("{}: {word}", file.display())));
    }
    assert!(
        found.is_empty(),
        "ask by `client.registry(address)` (scripts/common/src/model): {found:#?}"
    );
}
