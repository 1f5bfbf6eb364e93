//! Writes the book for readers that are programs. `llms.txt` lists its pages; `SKILL.md` holds the
//! parts that show how to do the main things.
//!
//! A page marks such a part with `<!-- skill -->` and `<!-- end of skill -->`.

use std::fs;
use std::io;
use std::path::Path;

use crate::tools::book::page::Page;
use crate::tools::book::summary::Summary;

const BEGIN: &str = "<!-- skill -->\n";
const END: &str = "<!-- end of skill -->\n";

/// What a skill begins with: when a program should read it.
const HEAD: &str = "\
---
name: stylus-upgrades
description: Make an Arbitrum Stylus contract in Rust upgradeable, test the upgrade, and upgrade a \
live instance with its data. Use when a task names Stylus together with upgrade, proxy, migration, \
initializer, storage layout or registry.
---

# Upgrade Arbitrum Stylus contracts

This file is made from the book in `docs/` by `cargo run -p stylus-upgrades-tests --bin book`. Do not edit it. A \
test executes its console blocks in order, in one shell that starts in an empty folder; a block after \
`file: PATH` is written to that file. `[..]` in output stands for anything.

Before the first command, install the program: `cargo install --locked --path scripts` in a clone of the repository. Exit \
codes of `stylus-upgrades`: 0 done, 1 refused or a check failed, 2 wrong use, 3 approvals or a delay missing, \
4 trouble with the chain, 5 partly done: repeat the command. `--json` prints one document on stdout.
";

/// `llms.txt`: every page with its address and its first sentence.
pub(crate) fn llms(root: &Path, summary: &Summary) -> io::Result<String> {
    let introduction = read(root, "docs/introduction.md")?;
    let mut text = format!("# stylus-upgrades\n\n> {}\n", introduction.lead);
    let mut part = "";
    for entry in &summary.entries {
        if entry.part != part {
            part = &entry.part;
            text.push_str(&format!("\n## {part}\n"));
        }
        if part.is_empty() {
            continue;
        }
        let page = read(root, &format!("docs/{}", entry.file))?;
        if !text.ends_with("\n\n") && text.ends_with(&format!("## {part}\n")) {
            text.push('\n');
        }
        text.push_str(&format!(
            "- [{}](docs/{}): {}\n",
            entry.title,
            entry.file,
            first_sentence(&page.lead)
        ));
    }
    text.push_str("\n## For agents\n\n- [Skill](skills/stylus-upgrades/SKILL.md): the main tasks, command by command\n");
    Ok(text)
}

/// `SKILL.md`: the marked parts of the pages, in the order of the book.
pub(crate) fn skill(root: &Path) -> io::Result<String> {
    let summary = Summary::read(&fs::read_to_string(root.join("docs/SUMMARY.md"))?);
    let mut text = HEAD.to_owned();
    for entry in &summary.entries {
        let page = fs::read_to_string(root.join("docs").join(&entry.file))?;
        for part in page.split(BEGIN).skip(1) {
            let (part, _) = part.split_once(END).ok_or_else(|| {
                io::Error::other(format!("docs/{}: a skill without its end", entry.file))
            })?;
            text.push('\n');
            text.push_str(&moved(part.trim()));
            text.push('\n');
        }
    }
    Ok(text)
}

/// What a page is about: more of it would make this file stale with every edit.
fn first_sentence(lead: &str) -> &str {
    lead.split_inclusive(". ").next().unwrap_or_default().trim()
}

fn read(root: &Path, file: &str) -> io::Result<Page> {
    fs::read_to_string(root.join(file)).map(|text| Page::read(&text))
}

/// The links of a page, as they lead from the skill's folder.
fn moved(part: &str) -> String {
    let mut pieces = part.split("](");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str("](");
        if !piece.starts_with("http") && !piece.starts_with('#') {
            text.push_str("../../docs/");
        }
        text.push_str(piece);
    }
    text
}
