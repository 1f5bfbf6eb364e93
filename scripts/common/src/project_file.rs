//! Files of a project, which somebody else may have written. A link in the place of one leads to what the reader of
//! the project has elsewhere, such as a key: it is refused before it is read. Who owns the file decides nothing.

#[cfg(test)]
mod tests;

use crate::own_file::{FileError, open_unlinked, read_whole, require_no_link, unreadable};
use std::fs::OpenOptions;
use std::path::Path;
use toml::de::Error;

/// The whole of a file; `None` where there is none, or a folder.
///
/// # Errors
/// `Kind` for a link, a fifo or a device; `Io`.
pub fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    require_no_link(path)?;
    if !path.exists() || path.is_dir() {
        return Ok(None);
    }
    let file = open_unlinked(OpenOptions::new().read(true), path)?;
    read_whole(file, path).map(Some)
}

/// The whole of a text file; `None` where there is none, or a folder.
///
/// # Errors
/// As [`read_bytes`]; `Io` for what is not text.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    let Some(bytes) = read_bytes(path)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map(Some);
    text.map_err(|_| unreadable(path, "it is not text in UTF-8"))
}

/// The place of a mistake in a file of a project, in words. They quote nothing of the file: who reads it did not
/// write it, and it may hold what nobody should print.
pub fn place_of(text: &str, error: &Error) -> String {
    place_at(text, error.span().map_or(0, |span| span.start))
}

/// The line and the column of a byte, in words.
pub fn place_at(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default();
    format!("line {line}, column {}", column.chars().count() + 1)
}

/// The words of a program about files of a project, without the lines that it quotes of them.
pub fn without_quotes(said: &str) -> String {
    let is_quote = |line: &&str| {
        let rest = line
            .trim_start()
            .trim_start_matches(|c: char| c.is_ascii_digit());
        rest.trim_start().starts_with('|')
    };
    let lines: Vec<&str> = said.lines().filter(|line| !is_quote(line)).collect();
    lines.join("\n")
}
