//! Checks the words of identifiers. The test lists words that were replaced, each with what to
//! write instead, and finds them in the identifiers of every source, and in the names that the suites
//! of other clients give their checks. docs/glossary.md explains the words that are ours.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A word that identifiers do not use, and what to write.
const REPLACED: [(&str, &str); 56] = [
    ("ages", "a duration in seconds"),
    ("aside", "stderr, excluded"),
    ("asked", "request, query, prompted"),
    ("birth", "creation, initial step"),
    ("births", "creations"),
    ("blame", "cause"),
    ("born", "created"),
    ("cast", "the tool `cast` alone; else programs, targets"),
    ("clocks", "timelocks"),
    ("course", "path"),
    ("departure", "broadcast"),
    ("desk", "project"),
    ("dice", "rng"),
    ("fate", "outcome"),
    ("fault", "failure"),
    ("faults", "failures"),
    ("fleet", "instances"),
    ("flight", "pending transaction"),
    ("hop", "path step"),
    ("hops", "path"),
    ("judge", "check"),
    ("judged", "checked"),
    ("judges", "checks"),
    ("knob", "setting"),
    ("knobs", "settings"),
    ("landed", "included in a block"),
    ("leg", "complex step"),
    ("legs", "complex steps"),
    ("pace", "rate"),
    ("patience", "timeout"),
    ("peek", "read"),
    ("sail", "upgrade"),
    ("seats", "slots"),
    ("served", "answered, accepted"),
    ("soon", "a duration in seconds"),
    ("spare", "unreachable"),
    ("stage", "scenario"),
    ("stories", "simulations, runs"),
    ("story", "simulation, lifecycle"),
    ("stride", "interval"),
    ("strikes", "retries"),
    ("tell", "report, send"),
    ("tells", "reports"),
    ("told", "reported"),
    ("trial", "test run"),
    ("tricks", "attacks"),
    ("turn", "round, order"),
    ("turns", "rounds"),
    ("voyage", "upgrade"),
    ("ways", "incoming steps"),
    ("wealth", "initial balance"),
    ("wish", "request"),
    ("wishes", "requests"),
    ("workshop", "working copy"),
    ("world", "fixture"),
    ("worlds", "fixtures"),
];

/// Types that are not called so; as a verb and in `in_place` the word is that of the field.
const REPLACED_TYPES: [(&str, &str); 2] = [
    ("Place", "location, position, context"),
    ("Places", "locations, positions"),
];

/// Phrases within identifiers that use such a word in the field's own sense.
const EXCUSED: [(&str, &str); 8] = [
    ("turn_back", "DESIGN's ABI: `turnBack()`"),
    ("turns_back", "DESIGN's ABI: `turnBack()`"),
    ("turned_back", "DESIGN's ABI: `turnBack()`"),
    ("turns_a_collection_back", "DESIGN's ABI: `turnBack()`"),
    ("in_flight", "a transaction that is sent and not included"),
    ("too_soon", "Nitro's ABI: `ProgramKeepaliveTooSoon`"),
    ("cast_signed", "a method of Rust's integers"),
    ("cast_unsigned", "a method of Rust's integers"),
];

/// Identifiers that are the name of Foundry's tool.
const TOOLS: [&str; 2] = ["cast", "names_of_cast_and_cargo_stylus_are_understood"];

#[test]
fn identifiers_use_the_words_of_the_field() {
    let sources = sources();
    assert!(sources.len() > 500, "only {} sources", sources.len());
    let mut known: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in sources {
        let source = std::fs::read_to_string(&path).expect("a source");
        let tokens: TokenStream = match source.parse() {
            Ok(tokens) => tokens,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        let mut identifiers = Vec::new();
        collect(tokens, &mut identifiers);
        let stem = path.file_stem().expect("a name").to_string_lossy();
        identifiers.push(stem.into_owned());
        known.extend(identifiers.into_iter().map(|name| (name, path.clone())));
    }
    for path in scripts() {
        let source = std::fs::read_to_string(&path).expect("a script");
        let identifiers = identifiers_of_script(&source).into_iter();
        known.extend(identifiers.map(|name| (name, path.clone())));
    }
    for (name, path) in checks_of_clients() {
        known.insert(name, path);
    }
    let replaced = known.iter().filter_map(|(identifier, path)| {
        let instead = replacement(identifier)?;
        Some((identifier, format!("{}: write {instead}", path.display())))
    });
    assert_eq!(replaced.collect::<BTreeMap<_, _>>(), BTreeMap::new());
}

#[test]
fn strings_and_comments_of_a_script_hold_no_identifiers() {
    let script = "const one = 'told \\'twice'; // told\n/* told */ two.three(`told ${told} 4`);";
    let found = identifiers_of_script(script);
    assert_eq!(found, ["const", "one", "two", "three"]);
}

#[test]
fn a_replaced_word_is_found_in_every_spelling() {
    for identifier in [
        "world",
        "World",
        "WORLD_MAX",
        "newWorld",
        "HTTPWorld",
        "a_world_of",
    ] {
        assert!(replacement(identifier).is_some(), "{identifier}");
    }
    for identifier in [
        "worldly",
        "in_place",
        "place",
        "turnBackCall",
        "cast",
        "return_leg2al",
    ] {
        assert_eq!(replacement(identifier), None, "{identifier}");
    }
    assert!(replacement("StoragePlace").is_some());
    assert!(replacement("turn_back_and_tell").is_some());
}

/// What to write in place of an identifier's word, if one of its words was replaced.
fn replacement(identifier: &str) -> Option<&'static str> {
    if TOOLS.contains(&identifier) {
        return None;
    }
    let words = words(identifier);
    let is_type = identifier.starts_with(|first: char| first.is_ascii_uppercase());
    let mut text = format!("_{}_", words.join("_").to_lowercase());
    for (phrase, _) in EXCUSED {
        text = text.replace(&format!("_{phrase}_"), "_");
    }
    let of_types = REPLACED_TYPES
        .iter()
        .find(|(word, _)| is_type && words.iter().any(|own| own == word));
    let any = REPLACED
        .iter()
        .find(|(word, _)| text.contains(&format!("_{word}_")));
    of_types.or(any).map(|(_, instead)| *instead)
}

/// The words of an identifier in snake case, camel case or capitals.
fn words(identifier: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let characters: Vec<char> = identifier.chars().collect();
    for (i, &character) in characters.iter().enumerate() {
        let next_is_lower = characters.get(i + 1).is_some_and(char::is_ascii_lowercase);
        let after_lower = i > 0 && !characters[i - 1].is_ascii_uppercase();
        if character == '_' {
            words.push(String::new());
            continue;
        }
        if character.is_ascii_uppercase() && (after_lower || next_is_lower) {
            words.push(String::new());
        }
        words.last_mut().expect("one").push(character);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Every identifier of a source. Comments are none; what documentation says is text.
fn collect(tokens: TokenStream, identifiers: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(identifier) => identifiers.push(identifier.to_string()),
            TokenTree::Group(group) => collect(group.stream(), identifiers),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// The identifiers of a script in JavaScript. Comments and strings are left out, and so are templates with
/// all that they hold.
fn identifiers_of_script(source: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            _ if rest.starts_with("//") => rest.find('\n'),
            _ if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
            '\'' | '"' | '`' => end_of_string(rest, first),
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                all.push(rest[..end.unwrap_or(rest.len())].to_owned());
                end
            }
            _ => Some(first.len_utf8()),
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    all
}

/// Behind the end of a string that begins with that sign.
fn end_of_string(text: &str, sign: char) -> Option<usize> {
    let mut escaped = false;
    let mut inner = text.char_indices().skip(1);
    let end = inner.find(|(_, c)| {
        let ends = *c == sign && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map(|(at, sign)| at + sign.len_utf8())
}

/// The names of the checks that the suites of other clients make, as identifiers.
fn checks_of_clients() -> Vec<(String, PathBuf)> {
    let path = home().join("tests/snapshots/clients.json");
    let text = std::fs::read_to_string(&path).expect("names by suite");
    let suites: BTreeMap<String, Vec<String>> =
        serde_json::from_str(&text).expect("names by suite");
    let names = suites.into_values().flatten();
    let names = names.map(|name| name.replace(|sign: char| !sign.is_ascii_alphanumeric(), "_"));
    names.map(|name| (name, path.clone())).collect()
}

/// The scripts of the console, those that test it in a browser, and those that drive clients' libraries.
fn scripts() -> Vec<PathBuf> {
    let folders = [
        "scripts/src/console/assets",
        "tests/browser",
        "tests/libraries",
    ];
    let folders = folders.map(|folder| std::fs::read_dir(home().join(folder)).expect("a folder"));
    let files = folders.into_iter().flatten();
    let files = files.map(|file| file.expect("a file").path());
    let scripts: Vec<PathBuf> = files
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end == "js" || end == "mjs")
        })
        .collect();
    assert!(scripts.len() > 3, "{scripts:?}");
    scripts
}

/// The Rust sources below the workspace.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    crate::folders::collect(&home(), &mut files);
    files
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
