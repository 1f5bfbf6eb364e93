//! The book as HTML, by mdbook.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The version that the book is built with.
const MDBOOK: &str = "0.5.4";

/// Builds the book for the checkout in `root` and gives the folder with its pages. mdbook is
/// installed into `target/mdbook` first, unless it is there.
///
/// # Errors
///
/// mdbook cannot be installed, or it fails, or it warns.
pub fn build(root: &Path) -> io::Result<PathBuf> {
    let tools = root.join("target/mdbook");
    let program = tools.join("bin/mdbook");
    if !program.is_file() {
        let mut install = Command::new("cargo");
        install
            .args(["install", "mdbook", "--version", MDBOOK, "--locked"])
            .args(["--no-default-features", "--debug", "--root"])
            .arg(&tools);
        run(install, &[])?;
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
    run(build, &["WARN", "ERROR"])?;
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

/// Runs a command, which must print none of these words.
fn run(mut command: Command, wrong: &[&str]) -> io::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| io::Error::other(format!("{program} cannot be started: {error}")))?;
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    match output.status.success() && !wrong.iter().any(|word| printed.contains(word)) {
        true => Ok(()),
        false => Err(io::Error::other(format!(
            "{program} did not succeed without a warning:\n{printed}"
        ))),
    }
}

#[test]
fn links_out_of_the_book_are_words_in_html() {
    let page = "See [`a`](../a.rs) and [b](b.md), [c](../c.md#d).\n";
    assert_eq!(within(page), "See `a` and [b](b.md), c.\n");
}
