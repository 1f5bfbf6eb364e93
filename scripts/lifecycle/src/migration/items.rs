//! The items that a handler supplies, in the order in which they are migrated: one line each, or
//! what was gathered. They are read as they are needed, so memory does not grow with their
//! number.

mod duplicates;

use super::MigrationError;
use super::error::items_file;
use super::gather::Gathered;
use crate::address;
use crate::error::Refusal;
use alloy::primitives::{B256, Bytes, U256};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where every such item begins is remembered.
const INDEX_INTERVAL: u64 = 1_024;
/// Words of an item, at most.
const COLUMNS_MAX: usize = 8;
/// Bytes of a line, at most: [`COLUMNS_MAX`] words in decimal, and room around them.
const LINE_MAX: u64 = 1_024;

/// What a line must be.
const WORDS: &str = "words in hexadecimal or decimal, separated by commas";
/// What some editors put in front of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// An item: one word per column.
pub type Item = Vec<B256>;

/// The items, in order.
pub enum Items {
    /// The contract knows them.
    Known,
    /// A list.
    Listed(Listed),
    /// Gathered from the chain's events.
    Gathered(Gathered),
}

impl Items {
    /// How many there are; `None` if only the contract knows.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Known => None,
            Self::Listed(list) => Some(list.count),
            Self::Gathered(tokens) => Some(tokens.count()),
        }
    }

    /// Words of an item.
    pub fn columns(&self) -> usize {
        match self {
            Self::Known => 0,
            Self::Listed(list) => list.columns,
            Self::Gathered(_) => 2,
        }
    }

    /// The items from position `first` on, `count` of them or as many as there are.
    pub fn read(&mut self, first: u64, count: u64) -> Result<Vec<Item>, MigrationError> {
        match self {
            Self::Known => Ok(Vec::new()),
            Self::Listed(list) => list.read(first, count),
            Self::Gathered(tokens) => tokens.read(first, count),
        }
    }

    /// Where an item stands, for people.
    pub fn place(&mut self, position: u64) -> String {
        match self {
            Self::Listed(list) => match list.line_of(position) {
                Some(line) => format!("{}, line {line}", list.path.display()),
                None => format!("item {position}"),
            },
            _ => format!("item {position}"),
        }
    }
}

/// `abi.encode(T[], U[], …)`: an array per column.
pub fn encode(items: &[Item], columns: usize) -> Bytes {
    let words = columns * (2 + items.len());
    let mut out = Vec::with_capacity(words * 32);
    for column in 0..columns {
        let offset = 32 * (columns + column * (1 + items.len()));
        out.extend_from_slice(&U256::from(offset).to_be_bytes::<32>());
    }
    for column in 0..columns {
        out.extend_from_slice(&U256::from(items.len()).to_be_bytes::<32>());
        for item in items {
            out.extend_from_slice(item.get(column).unwrap_or(&B256::ZERO).as_slice());
        }
    }
    out.into()
}

/// A list in a file: a line per item, its words in hexadecimal or decimal, separated by commas,
/// or one hexadecimal number of 64 digits per word. Empty lines, lines that begin with `#`, and
/// a heading are no items.
pub struct Listed {
    path: PathBuf,
    reader: BufReader<File>,
    /// The position of the item that the reader is at, and the line.
    at: (u64, u64),
    /// Offset in bytes and line of every [`INDEX_INTERVAL`]th item.
    marks: Vec<(u64, u64)>,
    count: u64,
    columns: usize,
}

impl Listed {
    /// Reads the whole list once, and checks it.
    ///
    /// # Errors
    /// Where it cannot be read, or a line is no item.
    pub fn open(path: &Path) -> Result<Self, MigrationError> {
        // A pipe would be waited for, and could not be read twice.
        let found = std::fs::metadata(path).map_err(|error| items_file(path, &error))?;
        if !found.is_file() {
            return Err(items_file(path, "it is no regular file"));
        }
        let file = File::open(path).map_err(|error| items_file(path, &error))?;
        let mut list = Self {
            path: path.to_owned(),
            reader: BufReader::new(file),
            at: (0, 0),
            marks: Vec::new(),
            count: 0,
            columns: 0,
        };
        list.check()?;
        list.refuse_duplicates()?;
        list.seek(0)?;
        Ok(list)
    }

    /// Every line is an item of as many words as the first; ids, the first of several words,
    /// strictly rise.
    fn check(&mut self) -> Result<(), MigrationError> {
        let mut offset = 0;
        let mut previous: Option<B256> = None;
        while let Some((item, length)) = self.advance()? {
            if self.count == 0 {
                self.columns = item.len();
            } else if item.len() != self.columns {
                let reason = format!(
                    "{} words, where the first item has {}",
                    item.len(),
                    self.columns
                );
                return Err(self.malformed(reason, WORDS, String::new()));
            }
            if self.count.is_multiple_of(INDEX_INTERVAL) {
                let blank = length.skipped;
                self.marks.push((offset + blank, self.at.1 - 1));
            }
            offset += length.skipped + length.item;
            let id = item.first().copied().unwrap_or_default();
            if let (true, Some(before)) = (self.columns > 1, previous)
                && id <= before
            {
                let [before, id] = [before, id].map(|id| U256::from_be_bytes(id.0));
                let reason = format!("the ids must strictly rise, and {before} is before it");
                return Err(self.malformed(
                    reason,
                    "a list in the order of its ids",
                    id.to_string(),
                ));
            }
            previous = Some(id);
            self.count += 1;
        }
        Ok(())
    }

    fn read(&mut self, first: u64, count: u64) -> Result<Vec<Item>, MigrationError> {
        if self.at.0 != first {
            self.seek(first)?;
        }
        let mut items = Vec::new();
        while (items.len() as u64) < count
            && let Some((item, _)) = self.advance()?
        {
            items.push(item);
        }
        Ok(items)
    }

    /// Puts the reader in front of an item.
    fn seek(&mut self, position: u64) -> Result<(), MigrationError> {
        let mark = usize::try_from(position / INDEX_INTERVAL).unwrap_or(usize::MAX);
        let Some((offset, line)) = self.marks.get(mark).copied() else {
            return Ok(());
        };
        self.reader
            .seek(SeekFrom::Start(offset))
            .map_err(|error| items_file(&self.path, &error))?;
        self.at = (position - position % INDEX_INTERVAL, line);
        while self.at.0 < position && self.advance()?.is_some() {}
        Ok(())
    }

    fn line_of(&mut self, position: u64) -> Option<u64> {
        self.seek(position).ok()?;
        self.advance().ok()??;
        Some(self.at.1)
    }

    /// The next item, and the bytes it took.
    fn advance(&mut self) -> Result<Option<(Item, Length)>, MigrationError> {
        let mut skipped = 0;
        loop {
            let mut text = Vec::new();
            let mut bounded = std::io::Read::take(&mut self.reader, LINE_MAX);
            let length = bounded
                .read_until(b'\n', &mut text)
                .map_err(|error| items_file(&self.path, &error))? as u64;
            if length == 0 {
                return Ok(None);
            }
            self.at.1 += 1;
            let line = String::from_utf8_lossy(&text);
            let marked = line.strip_prefix(BYTE_ORDER_MARK);
            let line = marked.filter(|_| self.at.1 == 1).unwrap_or(&line).trim();
            if length == LINE_MAX && text.last() != Some(&b'\n') {
                return Err(self.malformed("longer than any item".into(), WORDS, shortened(line)));
            }
            if line.is_empty() || line.starts_with('#') || self.is_heading(line) {
                skipped += length;
                continue;
            }
            let item =
                words(line).map_err(|reason| self.malformed(reason, WORDS, shortened(line)))?;
            self.at.0 += 1;
            return Ok(Some((
                item,
                Length {
                    skipped,
                    item: length,
                },
            )));
        }
    }

    /// The first line of a table names its columns.
    fn is_heading(&self, line: &str) -> bool {
        self.at.1 == 1 && line.starts_with(|first: char| first.is_ascii_alphabetic())
    }

    /// A line is no item, or not one that may stand there.
    fn malformed(&self, reason: String, expected: &str, found: String) -> MigrationError {
        let message = format!("{}, line {}: {reason}", self.path.display(), self.at.1);
        let refusal = Refusal::new("ItemMalformed", message);
        let refusal = refusal.with(expected, found, "correct the line");
        refusal.usage().into()
    }
}

/// Bytes of a file.
struct Length {
    /// Lines that are no items.
    skipped: u64,
    /// The item's line.
    item: u64,
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

#[cfg(test)]
mod tests;
