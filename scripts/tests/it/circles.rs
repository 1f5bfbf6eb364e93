//! No circles between modules: in each folder of each crate of the command line and of the local chain, what a file or a
//! folder uses stands below it. Every path counts, in a `use` or not.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use stylus_upgrades_test_support::sources_below;

/// The name of a module, from the root of its crate.
type Module = Vec<String>;

/// In a folder, what each of its modules uses of the others.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The tokens outside of what only tests have.
fn product(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let is_of_tests = |group: &TokenTree| group.to_string().replace(' ', "") == "[cfg(test)]";
        match (&token, kept.last()) {
            (TokenTree::Group(_), Some(TokenTree::Punct(mark)))
                if mark.as_char() == '#' && is_of_tests(&token) =>
            {
                kept.pop();
                // The item ends with its body, or with a semicolon.
                tokens.find(|token| match token {
                    TokenTree::Group(body) => body.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(mark) => mark.as_char() == ';',
                    _ => false,
                });
            }
            _ => kept.push(token),
        }
    }
    kept
}

/// The paths that begin with `crate`, `self` or `super`, those in groups one by one.
fn paths(tokens: TokenStream, found: &mut Vec<Module>) {
    let tokens = product(tokens);
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if ["crate", "self", "super"].iter().any(|one| word == one) => {
                at = path(&tokens, at, &mut Vec::new(), found);
            }
            TokenTree::Group(group) => {
                paths(group.stream(), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads a path from `at` on, after what stands before it, and returns where it ends.
fn path(
    tokens: &[TokenTree],
    mut at: usize,
    before: &mut Module,
    found: &mut Vec<Module>,
) -> usize {
    let begun = before.len();
    let is_colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(one)) if one.as_char() == ':');
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) => before.push(word.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |one: &TokenTree| matches!(one, TokenTree::Punct(mark) if mark.as_char() == ',');
                for entry in inner.split(is_comma).filter(|entry| !entry.is_empty()) {
                    path(entry, 0, before, found);
                }
                before.truncate(begun);
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !(is_colon(at) && is_colon(at + 1)) {
            break;
        }
        at += 2;
    }
    found.push(before.clone());
    before.truncate(begun);
    at.max(1)
}

/// The module that a path leads to, from the root of the crate, as far as it is one.
fn target(of: &Module, path: &Module, all: &BTreeMap<Module, Vec<Module>>) -> Module {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let mut to: Module = match path.first().map(String::as_str) {
        Some("crate") => path[1..].to_vec(),
        Some("self") => [of, &path[1..]].concat(),
        _ => [&of[..of.len().saturating_sub(ups)], &path[ups..]].concat(),
    };
    while !to.is_empty() && !all.contains_key(&to) {
        to.pop();
    }
    to
}

/// The name of the module in a file below `src`.
fn module(place: &Path) -> Module {
    let parts = place.with_extension("");
    let parts = parts
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let mut parts: Module = parts.collect();
    if parts
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        parts.pop();
    }
    parts
}

fn is_test(place: &Path) -> bool {
    place.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs")
    })
}

/// In each folder of a crate, what its modules use of each other. What a module says to those below or above it is no
/// use of a neighbor.
fn uses(sources: &[(PathBuf, String)]) -> BTreeMap<Module, Uses> {
    let mut all: BTreeMap<Module, Vec<Module>> = BTreeMap::new();
    for (place, text) in sources.iter().filter(|(place, _)| !is_test(place)) {
        let tokens: TokenStream = text.parse().expect("Rust");
        paths(tokens, all.entry(module(place)).or_default());
    }
    let mut folders: BTreeMap<Module, Uses> = BTreeMap::new();
    for (of, paths) in &all {
        for path in paths {
            let to = target(of, path, &all);
            let common = of.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if let (Some(of), Some(other)) = (of.get(common), to.get(common)) {
                let folder = folders.entry(to[..common].to_vec()).or_default();
                folder.entry(of.clone()).or_default().insert(other.clone());
            }
        }
    }
    folders
}

/// The modules of a folder that are left when those that use none of the others are taken away, again and again:
/// circles, and what uses them.
fn circles(mut uses: Uses) -> Uses {
    loop {
        let before = uses.len();
        let left: BTreeSet<String> = uses.keys().cloned().collect();
        uses.retain(|_, used| used.iter().any(|one| left.contains(one)));
        if uses.len() == before {
            return uses;
        }
    }
}

/// The sources of a crate, each with its place below `src`.
fn sources(krate: &Path) -> Vec<(PathBuf, String)> {
    let root = krate.join("src");
    let all = sources_below(&root).into_iter().map(|file| {
        let text = std::fs::read_to_string(&file).expect("a source");
        (file.strip_prefix(&root).expect("below it").to_owned(), text)
    });
    all.collect()
}

/// The crates below a folder.
fn crates(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("Cargo.toml").is_file() {
        found.push(folder.to_owned());
    }
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir()
            && !["src", "tests", "target"]
                .iter()
                .any(|name| path.ends_with(name))
        {
            crates(&path, found);
        }
    }
}

#[test]
fn modules_form_no_circle() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for folder in ["scripts", "node"] {
        crates(&home.join(folder), &mut all);
    }
    assert!(all.len() >= 11, "{all:?}");
    let (mut found, mut arrows) = (Vec::new(), 0);
    for krate in all {
        for (folder, uses) in uses(&sources(&krate)) {
            arrows += uses.values().map(BTreeSet::len).sum::<usize>();
            let circles = circles(uses);
            if !circles.is_empty() {
                let place = krate.join("src").join(folder.join("/"));
                found.push(format!("{}: {circles:?}", place.display()));
            }
        }
    }
    assert!(arrows > 500, "only {arrows} arrows were seen");
    assert!(
        found.is_empty(),
        "these form circles, or use them: {found:#?}"
    );
}

#[test]
fn every_path_counts() {
    let file = |place: &str, text: &str| (PathBuf::from(place), text.to_owned());
    let crate_of = |upper: &str| {
        uses(&[
            file("lib.rs", "mod a; mod b;"),
            file("a/mod.rs", "mod inner;"),
            file("a/inner.rs", upper),
            file("b.rs", "use crate::a::{self, inner::{X, Y}};"),
        ])
    };
    let is_circle = |upper: &str| {
        let uses = crate_of(upper).remove(&Module::new()).expect("the root");
        !circles(uses).is_empty()
    };
    assert!(is_circle("use super::super::b::C;"));
    assert!(is_circle("use crate::{d, b::C};"));
    assert!(is_circle("fn f() { println!(\"{}\", crate::b::C) }"));
    assert!(is_circle(
        "#[cfg(test)] mod tests { use crate::d; }\nuse crate::b;"
    ));
    assert!(!is_circle(
        "#[cfg(test)]\nuse crate::b;\n// crate::b\nuse super::Z;"
    ));
    assert!(!is_circle("#[cfg(test)] mod tests { use crate::b; }"));
}
