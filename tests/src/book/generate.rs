//! Generates every file that is made from other files.

use std::fs;
use std::io;
use std::path::Path;

use crate::book::comparison::Comparison;
use crate::book::summary::Summary;
use crate::book::{DEMO, digest, terminal};

/// Chapters of the demo that the picture shows.
const SHOWN: [&str; 1] = ["The upgrade"];

/// The page that the demo runs, and where the book has it.
const DEMO_PAGE: &str = "scripts/src/demo/walkthrough.md";
const WALKTHROUGH: &str = "docs/walkthrough.md";

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
    let mut files = Vec::new();
    let recorded = fs::read_to_string(root.join(DEMO))?;
    files.push(Generated {
        file: "docs/diagrams/demo.svg".to_owned(),
        text: terminal::picture("cargo run -- demo", &recorded, &SHOWN),
    });
    files.push(Generated {
        file: WALKTHROUGH.to_owned(),
        text: fs::read_to_string(root.join(DEMO_PAGE))?,
    });
    let comparison = Comparison::read(root)?;
    let readme = fs::read_to_string(root.join("README.md"))?;
    files.push(Generated {
        file: "README.md".to_owned(),
        text: comparison.in_readme(&readme)?,
    });
    files.push(Generated {
        file: "docs/evidence/comparison.md".to_owned(),
        text: comparison.page(),
    });
    let summary = Summary::read(&fs::read_to_string(root.join("docs/SUMMARY.md"))?);
    files.push(Generated {
        file: "llms.txt".to_owned(),
        text: digest::llms(root, &summary)?,
    });
    files.push(Generated {
        file: "skills/stylus-upgrades/SKILL.md".to_owned(),
        text: digest::skill(root)?,
    });
    Ok(files)
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
