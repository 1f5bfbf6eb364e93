//! The book as HTML, by mdbook.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use thiserror::Error;

/// The version that the book is built with.
const MDBOOK: &str = "0.5.4";

/// Why the book was not built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A program could not be started.
    #[error("{program} cannot be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A page cannot be read or written.
    #[error("the pages cannot be copied: {0}")]
    Copy(#[from] io::Error),
    /// A program failed, or warned.
    #[error("{program} did not succeed without a warning:\n{printed}")]
    Failed {
        /// The program.
        program: String,
        /// What it printed.
        printed: String,
    },
}

/// Builds the book for the checkout in `root` and gives the folder with its pages. mdbook is
/// installed into `target/mdbook` first, unless it is there.
///
/// # Errors
///
/// mdbook cannot be installed, or it fails, or it warns.
pub fn build(root: &Path) -> Result<PathBuf, BuildError> {
    let tools = root.join("target/mdbook");
    let program = tools.join("bin/mdbook");
    if !program.is_file() {
        let mut install = Command::new("cargo");
        install
            .args(["install", "mdbook", "--version", MDBOOK, "--locked"])
            .args(["--no-default-features", "--debug", "--root"])
            .arg(&tools);
        run(install)?;
    }
    let source = root.join("target/book-source");
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    copy(&root.join("docs"), &source)?;
    let pages = root.join("target/book");
    let mut build = Command::new(program);
    build.arg("build").arg(&source);
    build.arg("--dest-dir").arg(&pages);
    let printed = run(build)?;
    if ["WARN", "ERROR"].iter().any(|word| printed.contains(word)) {
        let program = "mdbook".to_owned();
        return Err(BuildError::Failed { program, printed });
    }
    Ok(pages)
}

/// Copies the pages. What they link to outside of the book is not there in HTML, so only the words of
/// such links stay.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied)?;
        } else if path.extension().is_some_and(|end| end == "md") {
            fs::write(&copied, within(&fs::read_to_string(&path)?))?;
        } else {
            fs::copy(&path, &copied)?;
        }
    }
    Ok(())
}

/// A page whose links all lead to pages of the book.
fn within(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some(at) = rest.find("](../") {
        let (before, after) = rest.split_at(at);
        let (Some(open), Some(end)) = (before.rfind('['), after.find(')')) else {
            break;
        };
        text.push_str(&before[..open]);
        text.push_str(&before[open + 1..]);
        rest = &after[end + 1..];
    }
    text + rest
}

/// Runs a command and gives what it printed.
fn run(mut command: Command) -> Result<String, BuildError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output();
    let Output {
        status,
        stdout,
        stderr,
    } = output.map_err(|source| BuildError::Start {
        program: program.clone(),
        source,
    })?;
    let printed = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let printed = printed.concat();
    if !status.success() {
        return Err(BuildError::Failed { program, printed });
    }
    Ok(printed)
}

#[test]
fn links_out_of_the_book_are_words_in_html() {
    let page = "See [`a`](../a.rs) and [b](b.md), [c](../c.md#d).\n";
    assert_eq!(within(page), "See `a` and [b](b.md), c.\n");
}
