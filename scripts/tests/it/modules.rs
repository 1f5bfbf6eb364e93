//! The modules of the library, and those of each crate of the local chain, form no circle: a module uses
//! only modules below it. Every source file is a module: one that is not declared would not be compiled, and its tests
//! would not run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use stylus_upgrades_test_support::sources_below;

/// The name after each `crate::`, and those in the braces after it.
fn names(code: &str) -> Vec<String> {
    let word = |text: &str| {
        let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
        text.trim().chars().take_while(is_part).collect::<String>()
    };
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.push(word(rest));
            continue;
        };
        let (mut depth, mut entry) = (0, String::new());
        for c in list.chars() {
            match c {
                '}' if depth == 0 => break,
                ',' if depth == 0 => found.push(word(&std::mem::take(&mut entry))),
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if c != ',' || depth > 0 {
                entry.push(c);
            }
        }
        found.push(word(&entry));
    }
    found
}

/// The module of each name that `lib.rs` takes to the root.
fn at_the_root(lib: &str) -> BTreeMap<String, String> {
    let uses = lib
        .split(';')
        .filter_map(|part| part.rsplit_once("pub use "));
    let parts = uses.filter_map(|(_, path)| path.split_once("::"));
    let names = parts.flat_map(|(module, rest)| {
        let words = rest.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.map(move |word| (word.to_owned(), module.to_owned()))
    });
    names.collect()
}

/// A source without what only tests have: as it is formatted, an item ends at its own depth.
fn outside_of_tests(text: &str) -> String {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let (mut kept, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        if line.trim_start() == "#[cfg(test)]" {
            let ends =
                |other: &&str| other.ends_with([';', '}', ',']) && depth(other) == depth(line);
            lines.find(ends);
        } else {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn the_source_after_a_test_is_code() {
    let text = "a\n#[cfg(test)]\nmod tests;\nb\nimpl C {\n    #[cfg(test)]\n    fn d(\n        e: F,\n    ) {\n        \
                g;\n    }\n    h\n}\n#[cfg(test)]\nmod more {\n    i;\n}\nj\n";
    assert_eq!(outside_of_tests(text), "a\nb\nimpl C {\n    h\n}\nj\n");
}

/// The folders of sources of the crates that make the command line, from the lowest to the highest.
const LIBRARY: [&str; 4] = ["common/src", "deploy/src", "lifecycle/src", "src"];

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

/// What each top-level module of these crates uses, outside of its unit tests.
fn uses(roots: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut root_names = BTreeMap::new();
    for (file, place) in all_sources(roots) {
        let first = place.components().next().expect("a name").as_os_str();
        let module = first.to_string_lossy().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&file).expect("a source");
        if module == "lib" {
            root_names.extend(at_the_root(&text));
        }
        let is_test = place.components().any(|part| {
            let part = part.as_os_str();
            part == "tests" || part == "tests.rs"
        });
        if is_test || ["lib", "main", "bin"].contains(&module.as_str()) {
            continue;
        }
        let code = outside_of_tests(&text);
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = lines.collect();
        all.entry(module)
            .or_default()
            .extend(names(&code.join(" ")));
    }
    let modules: BTreeSet<String> = all.keys().cloned().collect();
    for (module, used) in &mut all {
        let named = std::mem::take(used).into_iter();
        let named = named.map(|name| match modules.contains(&name) {
            true => name,
            false => root_names.get(&name).cloned().unwrap_or_default(),
        });
        *used = named
            .filter(|name| modules.contains(name) && name != module)
            .collect();
    }
    all
}

#[test]
fn modules_form_no_circle() {
    let node = ["../node/src"];
    let (chain, vm) = (["../node/chain/src"], ["../node/vm/src"]);
    for (roots, least, (upper, lower)) in [
        (&LIBRARY[..], 20, ("commands", "governance")),
        (&node[..], 15, ("server", "rpc")),
        (&chain[..], 15, ("evm", "session")),
        (&vm[..], 15, ("engine", "hooks")),
    ] {
        let mut left = uses(roots);
        assert!(left.len() > least, "only {} modules: {roots:?}", left.len());
        assert!(left[upper].contains(lower), "{:?}", left[upper]);
        // Each turn takes away the modules that use none of those left: a circle stays.
        while !left.is_empty() {
            let lowest: Vec<String> = left
                .iter()
                .filter(|(_, used)| used.iter().all(|name| !left.contains_key(name)))
                .map(|(module, _)| module.clone())
                .collect();
            assert!(
                !lowest.is_empty(),
                "{roots:?}: these form a circle: {left:?}"
            );
            for module in lowest {
                left.remove(&module);
            }
        }
    }
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
