//! The page of errors, compared with the names that the contracts and the program have.

use crate::prelude::*;
use std::collections::BTreeSet;
use stylus_upgrades::assess::FindingKind;
use stylus_upgrades::error_catalogue::{error_words, section, sections};
use stylus_upgrades_test_support::sources_below;

/// Folders of contracts, whose interfaces declare errors.
const CONTRACTS: [&str; 4] = ["interface", "proxy", "registry", "migratable"];
/// Sources whose texts are words of Rust, of Solidity's AST and of the chain.
const OTHER_WORDS: [&str; 9] = [
    "deploy/src/functions/framework.rs",
    "deploy/src/interface/syntax.rs",
    "lifecycle/src/layout/audit",
    "lifecycle/src/layout/compiled.rs",
    "lifecycle/src/layout/library_errors.rs",
    "lifecycle/src/layout/namespaces.rs",
    "lifecycle/src/layout/nodes.rs",
    "lifecycle/src/layout/roots.rs",
    "lifecycle/src/layout/validator",
];
/// Texts of the other sources that are no errors: events, contracts, traits, words of policies.
const NO_ERRORS: [&str; 8] = [
    "ContractDeployed",
    "FixedBytes",
    "InstanceAdopted",
    "OutOf",
    "ProxyCreated",
    "StorageLayout",
    "TopLevelStorage",
    "UpgradeabilityStorage",
];
/// What stands before a text that names an error, even if it is one word.
const NAMING: [&str; 4] = [
    "Refusal::new(",
    "Finding::problem(",
    "FindingId::error(",
    ": &str =",
];

/// The sources of the program, without its tests.
fn sources() -> Vec<String> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for file in sources_below(scripts) {
        let place = file.strip_prefix(scripts).expect("below it");
        let is_part = |name: &str| place.components().any(|one| one.as_os_str() == name);
        let shown = place.display().to_string();
        let is_tests = is_part("tests") || place.ends_with("tests.rs");
        let is_other = OTHER_WORDS.iter().any(|other| shown.starts_with(other));
        if is_part("src") && !is_tests && !is_other {
            let text = std::fs::read_to_string(&file).expect("a source");
            let product = text.split("#[cfg(test)]\nmod tests {").next();
            texts.push(product.unwrap_or_default().to_owned());
        }
    }
    texts
}

/// The texts of a source that are written as names of errors are, each with what stands before it.
fn names(source: &str) -> impl Iterator<Item = (&str, &str)> {
    source.match_indices('"').filter_map(|(at, quote)| {
        let (before, rest) = (source.get(..at)?, source.get(at + quote.len()..)?);
        let (name, _) = rest.split_once('"')?;
        is_name(name).then_some((before.trim_end(), name))
    })
}

/// Whether a word is written as the names of errors are.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.chars().any(|one| one.is_ascii_lowercase())
        && word.chars().all(|one| one.is_ascii_alphanumeric())
}

/// Whether a name has two words at least: one of one word is a word of the language too.
fn has_words(name: &str) -> bool {
    name.chars().skip(1).any(|one| one.is_ascii_uppercase())
}

/// The errors that the contracts declare.
fn of_contracts() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = CONTRACTS.map(|folder| sources_below(&root.join(folder)));
    let mut declared = BTreeSet::new();
    for file in files.into_iter().flatten() {
        let text = std::fs::read_to_string(&file).expect("a source");
        for line in text.lines() {
            let error = line.trim_start().strip_prefix("error ");
            let name = error.and_then(|error| error.split_once('('));
            declared.extend(name.map(|(name, _)| name.to_owned()));
        }
    }
    declared
}

#[test]
fn every_kind_of_finding_is_explained() {
    let kinds = FindingKind::ALL.into_iter().map(FindingKind::name);
    let unexplained: Vec<_> = kinds.filter(|kind| section(kind).is_none()).collect();
    assert!(unexplained.is_empty(), "errors.md lacks {unexplained:?}");
}

/// The sections that explain the kinds of findings.
fn of_ids() -> BTreeSet<String> {
    let kinds = FindingKind::ALL.into_iter();
    let sections = kinds.filter_map(|kind| section(kind.name()));
    sections.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_error_of_the_contracts_and_of_the_program_is_explained() {
    let contracts = of_contracts();
    assert!(contracts.len() >= 60, "{contracts:?}");
    let sources = sources();
    let found = sources.iter().flat_map(|source| names(source));
    let named = found.filter(|(before, name)| {
        has_words(name) || NAMING.iter().any(|naming| before.ends_with(naming))
    });
    let mut all: BTreeSet<&str> = named.map(|(_, name)| name).collect();
    assert!(all.len() >= 250, "{all:?}");
    all.extend(contracts.iter().map(String::as_str));
    all.retain(|name| !NO_ERRORS.contains(name));
    let explained: BTreeSet<&str> = sections().map(|(name, _)| name).collect();
    let left: Vec<&&str> = all.difference(&explained).collect();
    assert!(
        left.is_empty(),
        "errors.md lacks {left:?}; what is no error belongs to NO_ERRORS"
    );
}

#[test]
fn the_program_can_print_every_error_that_is_explained() {
    let (contracts, ids, sources) = (of_contracts(), of_ids(), sources());
    let all = sources.iter().flat_map(|source| names(source));
    let mut known: BTreeSet<&str> = all.map(|(_, name)| name).collect();
    known.extend(contracts.iter().chain(&ids).map(String::as_str));
    // Sections with words of a refusal: errors of endpoints, and Solidity's own `Panic`.
    known.extend(
        sections()
            .map(|(name, _)| name)
            .filter(|name| error_words(name).is_some()),
    );
    let names = sections().map(|(name, _)| name);
    let never: Vec<&str> = names.filter(|name| !known.contains(name)).collect();
    assert!(never.is_empty(), "nothing prints these: {never:?}");
}
