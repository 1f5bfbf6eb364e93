//! The items that a handler supplies, in the order in which they are migrated: the lines of a list, or what was
//! gathered. They are read as they are needed, from a file without a name, so memory does not grow with their number.

use crate::address;
use crate::client::ChainError;
use crate::error::Refusal;
use alloy::primitives::{B256, Bytes, U256};
use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of a word, and of the number of a line.
const WORD: usize = 32;
const NUMBER: usize = 8;
/// Words of an item, at most.
const COLUMNS_MAX: usize = 8;
/// Bytes of a line, at most: [`COLUMNS_MAX`] words in decimal, and room around them.
const LINE_MAX: u64 = 1_024;
/// Items that are compared with each other at once: three megabytes.
const COMPARED: u64 = 1 << 15;
/// Items that are read at once where all of them are.
const CHUNK: u64 = 1 << 10;

/// The required form of a line.
const WORDS: &str = "words in hexadecimal or decimal, separated by commas";
/// The mark that some editors put in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// An item: one word per column.
pub type Item = Vec<B256>;

/// The items, in order.
pub struct Items {
    /// The file from which they come.
    path: PathBuf,
    /// Each item as its line and its words.
    records: BufWriter<File>,
    count: u64,
    columns: usize,
}

impl Items {
    /// None yet, with `columns` words each, from that file.
    ///
    /// # Errors
    /// `ItemsFile`.
    pub fn new(path: &Path, columns: usize) -> Result<Self, ChainError> {
        let file = tempfile::tempfile().map_err(|error| items_file(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            records: BufWriter::new(file),
            count: 0,
            columns,
        })
    }

    /// A list in a file: a line per item, its words in hexadecimal or decimal, separated by commas, or one hexadecimal
    /// number of 64 digits per word. Empty lines, lines that begin with `#`, and a heading are no items. Every item has
    /// as many words as the first; ids, the first of several words, strictly rise.
    ///
    /// # Errors
    /// `ItemsFile` and `ItemMalformed`.
    pub fn listed(path: &Path) -> Result<Self, ChainError> {
        let file = File::open(path).map_err(|error| items_file(path, &error))?;
        let mut reader = BufReader::new(file);
        let mut items = Self::new(path, 0)?;
        let mut previous: Option<B256> = None;
        for line in 1.. {
            let refuse =
                |reason, expected, found| Err(malformed(path, line, reason, expected, found));
            let mut bytes = Vec::new();
            let read = (&mut reader).take(LINE_MAX).read_until(b'\n', &mut bytes);
            let length = read.map_err(|error| items_file(path, &error))? as u64;
            if length == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&bytes);
            let marked = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| line == 1);
            let text = marked.unwrap_or(&text).trim();
            if length == LINE_MAX && bytes.last() != Some(&b'\n') {
                return refuse("longer than any item".into(), WORDS, shortened(text));
            }
            // The first line of a table names its columns.
            let is_heading =
                line == 1 && text.starts_with(|first: char| first.is_ascii_alphabetic());
            if text.is_empty() || text.starts_with('#') || is_heading {
                continue;
            }
            let item = match words(text) {
                Ok(item) => item,
                Err(reason) => return refuse(reason, WORDS, shortened(text)),
            };
            let columns = item.len();
            if items.count == 0 {
                items.columns = columns;
            } else if columns != items.columns {
                let reason = format!(
                    "{columns} words, where the first item has {}",
                    items.columns
                );
                return refuse(reason, WORDS, String::new());
            }
            let id = item.first().copied().unwrap_or_default();
            if let (true, Some(before)) = (columns > 1, previous)
                && id <= before
            {
                let [before, id] = [before, id].map(|id| U256::from_be_bytes(id.0));
                let reason = format!("the ids must strictly rise, and {before} is before it");
                return refuse(reason, "a list in the order of its ids", id.to_string());
            }
            previous = Some(id);
            items.add(&item, line)?;
        }
        items.refuse_duplicates()?;
        Ok(items)
    }

    /// Adds an item that stands in that line; 0 where it stands in none.
    ///
    /// # Errors
    /// `ItemsFile`.
    pub fn add(&mut self, item: &[B256], line: u64) -> Result<(), ChainError> {
        let words: Vec<u8> = item.iter().flat_map(|word| word.0).collect();
        let written = self.records.write_all(&line.to_be_bytes());
        let written = written.and_then(|()| self.records.write_all(&words));
        self.count += 1;
        written.map_err(|error| items_file(&self.path, &error))
    }

    /// Returns the number of items.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Words of an item.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The items from position `first` on, `count` of them or as many as there are.
    ///
    /// # Errors
    /// `ItemsFile`.
    pub fn read(&mut self, first: u64, count: u64) -> Result<Vec<Item>, ChainError> {
        let items = self.with_lines(first, count)?.into_iter();
        Ok(items.map(|(_, item)| item).collect())
    }

    /// Names the place of an item, for people.
    ///
    /// # Errors
    /// `ItemsFile`.
    pub fn place(&mut self, position: u64) -> Result<String, ChainError> {
        Ok(match self.with_lines(position, 1)?.first() {
            Some((line, _)) if *line > 0 => format!("{}, line {line}", self.path.display()),
            _ => format!("item {position}"),
        })
    }

    fn with_lines(&mut self, first: u64, count: u64) -> Result<Vec<(u64, Item)>, ChainError> {
        let size = NUMBER + WORD * self.columns;
        let count = count.min(self.count.saturating_sub(first));
        let mut bytes = vec![0; size * count as usize];
        let mut read = || -> io::Result<()> {
            self.records.seek(SeekFrom::Start(first * size as u64))?;
            self.records.get_ref().read_exact(&mut bytes)
        };
        read().map_err(|error| items_file(&self.path, &error))?;
        let records = bytes.chunks_exact(size).filter_map(|record| {
            let (line, words) = record.split_first_chunk()?;
            let words = words.chunks_exact(WORD).map(B256::from_slice);
            Some((u64::from_be_bytes(*line), words.collect()))
        });
        Ok(records.collect())
    }

    /// Refuses a list of single words that has one of them twice, in as many passes as it takes so that memory does not
    /// grow with the list. (Where items have several, the ids strictly rise.)
    fn refuse_duplicates(&mut self) -> Result<(), ChainError> {
        let state = RandomState::new();
        let passes = match self.columns {
            1 => self.count.div_ceil(COMPARED),
            _ => 0,
        };
        for pass in 0..passes {
            let mut seen = HashMap::new();
            for first in (0..self.count).step_by(CHUNK as usize) {
                for (line, item) in self.with_lines(first, CHUNK)? {
                    let word = item.first().copied().unwrap_or_default();
                    if state.hash_one(word) % passes != pass {
                        continue;
                    }
                    if let Some(earlier) = seen.insert(word, line) {
                        let reason = format!("the same item as line {earlier}");
                        let found = format!("{} twice", U256::from_be_bytes(word.0));
                        let path = self.path.as_path();
                        return Err(malformed(path, line, reason, "each item once", found));
                    }
                }
            }
        }
        Ok(())
    }
}

/// `abi.encode(T[], U[], …)`: an array per column.
pub fn encode(items: &[Item], columns: usize) -> Bytes {
    let words = columns * (2 + items.len());
    let mut out = Vec::with_capacity(words * WORD);
    for column in 0..columns {
        let offset = WORD * (columns + column * (1 + items.len()));
        out.extend_from_slice(&U256::from(offset).to_be_bytes::<WORD>());
    }
    for column in 0..columns {
        out.extend_from_slice(&U256::from(items.len()).to_be_bytes::<WORD>());
        for item in items {
            out.extend_from_slice(item.get(column).unwrap_or(&B256::ZERO).as_slice());
        }
    }
    out.into()
}

/// The words of a line.
fn words(line: &str) -> Result<Item, String> {
    let mut item = Vec::new();
    for cell in line.split(',') {
        cell_words(cell.trim(), &mut item)?;
    }
    if item.len() > COLUMNS_MAX {
        return Err(format!("{} words, at most {COLUMNS_MAX}", item.len()));
    }
    Ok(item)
}

fn cell_words(cell: &str, item: &mut Item) -> Result<(), String> {
    let digits = cell.strip_prefix("0x").or_else(|| cell.strip_prefix("0X"));
    let plain = digits.is_none() && cell.len() >= 64 && cell.len().is_multiple_of(64);
    let Some(digits) = digits.or(plain.then_some(cell)) else {
        let number: U256 = cell
            .parse()
            .ok()
            .filter(|_| cell.bytes().all(|byte| byte.is_ascii_digit()) && !cell.is_empty())
            .ok_or("no number")?;
        item.push(number.into());
        return Ok(());
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("no hexadecimal number".into());
    }
    if address::is_address(cell) {
        address::parse(cell).map_err(|error| error.to_string())?;
    }
    if digits.len() <= 64 {
        let padded = format!("{digits:0>64}");
        item.push(padded.parse().map_err(|_| "no hexadecimal number")?);
        return Ok(());
    }
    if !digits.len().is_multiple_of(64) {
        return Err("not 64 digits for each word".into());
    }
    let bytes = hex::decode(digits).map_err(|_| "no hexadecimal number")?;
    item.extend(bytes.chunks_exact(32).map(B256::from_slice));
    Ok(())
}

fn shortened(line: &str) -> String {
    line.chars().take(80).collect()
}

/// A line is no item, or not one that may stand there.
fn malformed(path: &Path, line: u64, reason: String, expected: &str, found: String) -> ChainError {
    let message = format!("{}, line {line}: {reason}", path.display());
    let refusal = Refusal::new("ItemMalformed", message);
    let refusal = refusal.with(expected, found, "correct the line");
    refusal.usage().into()
}

/// The items cannot be read, or what was gathered cannot be kept.
pub(super) fn items_file(path: &Path, reason: impl ToString) -> ChainError {
    let reason = reason.to_string();
    let message = format!("{} cannot be read or kept: {reason}", path.display());
    let refusal = Refusal::new("ItemsFile", message).with(
        "a file with a line per item, or a store beside the manifest",
        reason,
        "check the path; a store that is removed is gathered again",
    );
    refusal.usage().into()
}

#[cfg(test)]
mod tests;
