//! The modules of the library form no circle: what is lower knows nothing of what stands on it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The name behind each `crate::`, and those in the braces behind it.
fn names(line: &str) -> Vec<String> {
    let word = |text: &str| {
        let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
        text.trim().chars().take_while(is_part).collect::<String>()
    };
    let mut found = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => found.extend(
                list.split(['}', ';'])
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(word),
            ),
            None => found.push(word(rest)),
        }
    }
    found
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
fn what_stands_behind_a_test_is_code() {
    let text = "a\n#[cfg(test)]\nmod tests;\nb\nimpl C {\n    #[cfg(test)]\n    fn d(\n        e: F,\n    ) {\n        \
                g;\n    }\n    h\n}\n#[cfg(test)]\nmod more {\n    i;\n}\nj\n";
    assert_eq!(outside_of_tests(text), "a\nb\nimpl C {\n    h\n}\nj\n");
}

/// The folders of sources of the crates that make the command line, from the lowest to the highest.
fn roots() -> [PathBuf; 4] {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["common/src", "deploy/src", "lifecycle/src", "src"].map(|below| folder.join(below))
}

/// The sources of those crates: each with its path below its crate's folder.
fn all_sources() -> Vec<(PathBuf, PathBuf)> {
    let mut all = Vec::new();
    for root in roots() {
        let mut files = Vec::new();
        sources(&root, &mut files);
        for file in files {
            let place = file.strip_prefix(&root).expect("below it").to_owned();
            all.push((file, place));
        }
    }
    all
}

/// What each top-level module of the library uses, outside of its unit tests.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, place) in all_sources() {
        let first = place.components().next().expect("a name").as_os_str();
        let module = first.to_string_lossy().trim_end_matches(".rs").to_owned();
        let is_test = place.components().any(|part| {
            let part = part.as_os_str();
            part == "tests" || part == "tests.rs"
        });
        if is_test || module == "lib" || module == "main" {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source");
        let code = outside_of_tests(&text);
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let used = all.entry(module).or_default();
        used.extend(lines.flat_map(names));
    }
    let modules: BTreeSet<String> = all.keys().cloned().collect();
    for (module, used) in &mut all {
        used.retain(|name| modules.contains(name) && name != module);
    }
    all
}

#[test]
fn the_modules_of_the_library_form_no_circle() {
    let mut left = uses();
    assert!(left.len() > 20, "only {} modules were found", left.len());
    assert!(
        left["commands"].contains("governance"),
        "{:?}",
        left["commands"]
    );
    // What uses nothing that is left is taken away, until nothing is: a circle stays.
    while !left.is_empty() {
        let lowest: Vec<String> = left
            .iter()
            .filter(|(_, used)| used.iter().all(|name| !left.contains_key(name)))
            .map(|(module, _)| module.clone())
            .collect();
        assert!(!lowest.is_empty(), "these form a circle: {left:?}");
        for module in lowest {
            left.remove(&module);
        }
    }
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
    for (file, _) in all_sources()
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
