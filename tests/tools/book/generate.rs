//! Generates every file that is made from other files.

use std::fs;
use std::io;
use std::path::Path;

use crate::tools::book::comparison::Comparison;
use crate::tools::book::summary::Summary;
use crate::tools::book::{DEMO, digest, terminal};

/// Chapters of the demo that the picture shows.
const SHOWN: [&str; 1] = ["The upgrade"];

/// The page that the demo runs, and where the book has it.
const DEMO_PAGE: &str = "scripts/core/src/demo/walkthrough.md";
const WALKTHROUGH: &str = "docs/walkthrough.md";

/// The page of the local chain's own folder, and where the book has it.
const NODE: &str = "node/README.md";
const LOCAL_CHAIN: &str = "docs/internals/local-chain.md";

/// A file and what it should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The file, from the root of the checkout.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// What is generated for the checkout in `root`.
///
/// # Errors
///
/// A source cannot be read.
pub fn generated(root: &Path) -> io::Result<Vec<Generated>> {
    let read = |file: &str| fs::read_to_string(root.join(file));
    let comparison = Comparison::read(root)?;
    let summary = Summary::read(&read("docs/SUMMARY.md")?);
    let picture = terminal::picture("cargo run -- demo", &read(DEMO)?, &SHOWN);
    let files = [
        ("docs/diagrams/demo.svg", picture),
        (WALKTHROUGH, read(DEMO_PAGE)?),
        (LOCAL_CHAIN, local_chain(&read(NODE)?)),
        ("docs/evidence/comparison.md", comparison.page()),
        ("llms.txt", digest::llms(root, &summary)?),
        ("skills/stylus-upgrades/SKILL.md", digest::skill(root)?),
    ];
    let files = files.map(|(file, text)| Generated {
        file: file.to_owned(),
        text,
    });
    Ok(files.into())
}

/// The page of the local chain, with its links from the folder of the book where it stands.
fn local_chain(page: &str) -> String {
    let from_root = page.replace("](../", "](../../");
    from_root.replace("](../../docs/", "](../")
}

/// Writes what is generated for the checkout in `root`. The files that were stale.
///
/// # Errors
///
/// As [`generated`]; a file cannot be written.
pub fn write(root: &Path) -> io::Result<Vec<String>> {
    let mut stale = Vec::new();
    for file in generated(root)? {
        let path = root.join(&file.file);
        if fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, file.text)?;
        stale.push(file.file);
    }
    Ok(stale)
}
