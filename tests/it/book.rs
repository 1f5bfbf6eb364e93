//! The pages hold together: contents, links, code blocks, generated files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use stylus_upgrades_tests::tools::book::{
    Block, EXECUTED, Excerpt, Page, Summary, generated, root,
};

/// Pages of the book that are executed besides: `tests/it/walkthrough.rs` runs them all.
const SKILL: &str = "skills/stylus-upgrades/SKILL.md";

/// Texts outside the book that readers and tools look for.
const TOP: [&str; 5] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "tests/tools/README.md",
];

/// Commands that `.ci/run` and the demo runs, wherever a page shows them.
const RUN_ELSEWHERE: [&str; 2] = ["cargo run -- demo", "cargo test --workspace"];

fn read(file: &str) -> String {
    let path = root().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Files of the book, from the root of the checkout.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for folder in ["docs", "docs/internals", "docs/evidence"] {
        for entry in fs::read_dir(root().join(folder)).expect(folder) {
            let name = entry.expect("an entry").file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".md") && name != "SUMMARY.md" {
                pages.push(format!("{folder}/{name}"));
            }
        }
    }
    pages.sort();
    pages
}

fn all() -> Vec<String> {
    let top = TOP
        .into_iter()
        .chain(["docs/SUMMARY.md", SKILL, "llms.txt"]);
    pages().into_iter().chain(top.map(str::to_owned)).collect()
}

#[test]
fn every_page_is_in_the_contents_once() {
    let summary = Summary::read(&read("docs/SUMMARY.md"));
    let listed: Vec<String> = summary
        .entries
        .iter()
        .map(|entry| format!("docs/{}", entry.file))
        .collect();
    let unique: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(unique.len(), listed.len(), "a page is listed twice");
    assert_eq!(unique, pages().into_iter().collect());
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in all() {
        let folder = root().join(&file);
        let folder = folder.parent().expect("a folder").to_owned();
        for link in Page::read(&read(&file)).links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            if let Err(reason) = resolve(&root().join(&file), &folder, &link) {
                wrong.push(format!("{file}: {link}: {reason}"));
            }
        }
    }
    println!("{count} links");
    assert!(count > 100, "{count} links");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn resolve(page: &Path, folder: &Path, link: &str) -> Result<(), String> {
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match target {
        "" => page.to_owned(),
        target => folder.join(target),
    };
    if !target.exists() {
        return Err("no such file".to_owned());
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let is_page = target.extension().is_some_and(|end| end == "md");
    let text = fs::read_to_string(&target).map_err(|error| error.to_string())?;
    let known = Page::read(&text).anchors;
    if !is_page || !known.iter().any(|known| known == anchor) {
        return Err(format!("no such heading; there are {}", known.join(", ")));
    }
    Ok(())
}

/// A function of the flows is where the page says: in the link's file, under the last word of its text.
#[test]
fn every_function_that_the_flows_name_is_in_its_file() {
    let page = read("docs/internals/flows.md");
    let mut count = 0;
    for row in page.lines().filter_map(|line| line.strip_prefix("| [`")) {
        let (name, rest) = row.split_once("`](../../").expect("a link");
        let (file, _) = rest.split_once(')').expect("a file");
        let function = name.rsplit("::").next().unwrap_or(name);
        let declared = [format!("fn {function}("), format!("fn {function}<")];
        let source = read(file);
        let is_there = declared.iter().any(|start| source.contains(start));
        assert!(is_there, "{file} has no function {function}");
        count += 1;
    }
    assert!(count > 10, "{count} functions");
}

#[test]
fn every_table_has_a_header() {
    let mut wrong = Vec::new();
    for file in all() {
        let text = read(&file);
        let (mut is_code, mut before) = (false, "");
        for (n, (line, next)) in text.lines().zip(text.lines().skip(1)).enumerate() {
            is_code ^= line.starts_with("```");
            let is_first = line.starts_with('|') && !before.starts_with('|');
            if is_first && !is_code && !next.starts_with("|--") {
                wrong.push(format!("{file}:{}", n + 1));
            }
            before = line;
        }
    }
    assert!(wrong.is_empty(), "rows that are no table: {wrong:?}");
}

#[test]
fn every_code_block_is_executed_or_an_excerpt_of_what_is() {
    let mut wrong = Vec::new();
    for file in pages().iter().map(String::as_str).chain(TOP) {
        let page = Page::read(&read(file));
        let executed = EXECUTED.contains(&file);
        for block in &page.blocks {
            if let Err(reason) = proven(block, executed) {
                wrong.push(format!("{file}:{}: {reason}", block.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Scripts that `walkthrough::the_block_of_the_readme_ends_with_an_upgraded_contract` executes.
const EXECUTED_SCRIPTS: [&str; 2] = ["executed: README", "executed: installing"];

/// Whether something tests what the block says.
fn proven(block: &Block, executed: bool) -> Result<(), String> {
    let marker = block.marker.as_deref().unwrap_or_default();
    if let Some(source) = marker.strip_prefix("excerpt: ") {
        let text = fs::read_to_string(root().join(source));
        let text = text.map_err(|error| format!("{source}: {error}"))?;
        let found = Excerpt::read(&block.text).check(&text);
        return found.map_err(|error| format!("{source}: {error}"));
    }
    let run_elsewhere = |line: &str| {
        let command = line.strip_prefix("$ ");
        command.is_some_and(|command| RUN_ELSEWHERE.contains(&command))
    };
    match block.language.as_str() {
        // Pictures of words: nothing that a reader would type.
        "text" => Ok(()),
        "console" if executed => Ok(()),
        "console" if block.text.lines().all(run_elsewhere) => Ok(()),
        "console" => Err("the page is not executed".to_owned()),
        _ if executed && marker.starts_with("file: ") => Ok(()),
        "sh" if EXECUTED_SCRIPTS.contains(&marker) => Ok(()),
        language => Err(format!(
            "expected `<!-- excerpt: FILE -->` before this {language:?} block, or a `console` block"
        )),
    }
}

#[test]
fn what_is_generated_is_current() {
    let mut stale = Vec::new();
    for file in generated(&root()).expect("sources") {
        let found = fs::read_to_string(root().join(&file.file)).unwrap_or_default();
        if found != file.text {
            stale.push(file.file);
        }
    }
    assert!(
        stale.is_empty(),
        "stale: {}; run `cargo run -p stylus-upgrades-tests --bin book`",
        stale.join(", ")
    );
}

#[test]
fn the_readme_is_short_and_has_the_two_commands_that_build_and_prove_everything() {
    let readme = read("README.md");
    let words = readme.split_whitespace().count();
    assert!(words < 700, "{words} words");
    let blocks = Page::read(&readme).blocks;
    let commands = "$ cargo run -- demo\n$ cargo test --workspace\n";
    assert_eq!(blocks[0].text, commands, "it begins with a clone");
    // What needs a release stands where it says that there is none.
    assert!(!readme.contains("curl"));
    assert!(read("docs/installing.md").contains("No release is published yet"));
    let ci = read(".ci/run");
    assert!(ci.contains("cargo test --workspace"));
}

#[test]
fn both_licenses_are_there_in_full() {
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("license = \"MIT OR Apache-2.0\""));
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    assert!(read("LICENSE-APACHE").contains("END OF TERMS AND CONDITIONS"));
}

#[test]
fn the_gas_that_the_page_on_kinds_names_was_measured() {
    let (page, measured) = (read("docs/kinds.md"), read("tests/snapshots/gas.json"));
    for (proxy, over, cached, uncached) in [
        ("EVM proxy", "EVM code", "4,780", "4,780"),
        ("EVM proxy", "WASM of two pages", "4,780", "4,780"),
        ("OpenZeppelin ERC1967Proxy", "EVM code", "4,881", "4,881"),
        ("UpgradeabilityProxy", "EVM code", "5,178", "14,204"),
        (
            "UpgradeabilityProxy",
            "WASM of two pages",
            "6,178",
            "15,204",
        ),
    ] {
        for (how, figure) in [("cached", cached), ("uncached", uncached)] {
            let number = figure.replace(',', "");
            let entry = format!(
                "\"{proxy} over {over} adds to the echo of 32 bytes, {how}, gas\": {number},"
            );
            assert!(measured.contains(&entry), "not measured: {entry}");
            assert!(page.contains(figure), "{figure} is not on the page");
        }
    }
}
