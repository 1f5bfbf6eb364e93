//! Tokens and owners, with what is needed to go back: who owned a token before, and the last block of every page.
//!
//! They are in memory, and on disk as what made them: one line for each page and each step back, in the order in which
//! they came, written and synced before it counts. A line that a kill cut, and what stands behind a damaged one, is not
//! believed: the chain is read again from there on.

use super::super::MigrationError;
use super::super::items::Item;
use crate::own_file;
use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// A token that has moved.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Moved {
    pub(super) block: u64,
    pub(super) token: B256,
    /// Zero if it was burnt.
    pub(super) to: Address,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    /// The first block. It is the first line.
    Begin(u64),
    Page(Page),
    /// The last page is undone.
    Back,
}

/// What one page of blocks holds.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    /// Its last block, and that one's hash.
    end: (u64, B256),
    /// The newest block that stays, as it was then.
    last_final: u64,
    moves: Vec<Moved>,
}

/// Tokens and owners.
pub(super) struct Store {
    file: File,
    path: PathBuf,
    held: Held,
}

/// What the lines make together.
#[derive(Debug, Default)]
struct Held {
    begin: Option<u64>,
    tokens: BTreeMap<B256, Address>,
    /// Owners before, zero for none, of what moved behind the last final block, in order.
    before: Vec<Moved>,
    /// Last blocks of pages, with their hashes.
    pages: Vec<(u64, B256)>,
}

impl Store {
    /// Opens it, or makes an empty one where there is none, or where it begins at another block.
    pub(super) fn open(path: &Path, from: u64) -> Result<Self, MigrationError> {
        let failed = |reason: String| MigrationError::Store {
            path: path.to_owned(),
            reason,
        };
        if let Some(folder) = path.parent() {
            own_file::folder(folder).map_err(|error| failed(error.to_string()))?;
        }
        let file = own_file::open_or_create(path).map_err(|error| failed(error.to_string()))?;
        if file.try_lock().is_err() {
            return Err(failed("another run has it open".into()));
        }
        let mut store = Self {
            file,
            path: path.to_owned(),
            held: Held::default(),
        };
        store.prepare(from).map_err(|error| store.failed(&error))?;
        Ok(store)
    }

    /// Adds a page that ends with that block. What lies up to `last_final` need not be undone.
    pub(super) fn add(
        &mut self,
        moves: Vec<Moved>,
        end: (u64, B256),
        last_final: u64,
    ) -> Result<(), MigrationError> {
        self.note(Line::Page(Page {
            end,
            last_final,
            moves,
        }))
    }

    /// The last block of the last page, and its hash.
    pub(super) fn last_page(&self) -> Option<(u64, B256)> {
        self.held.pages.last().copied()
    }

    /// Undoes the last page; where what was before it is not known any more, everything.
    pub(super) fn go_back(&mut self) -> Result<(), MigrationError> {
        self.note(Line::Back)
    }

    /// How many tokens there are.
    pub(super) fn count(&self) -> u64 {
        self.held.tokens.len() as u64
    }

    /// Tokens with ids above `after`, without the first `skip` of them.
    pub(super) fn read(&self, after: Option<B256>, skip: u64, count: u64) -> Vec<Item> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.held.tokens.range((begin, Bound::Unbounded));
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let rows = range.skip(skip).take(count);
        rows.map(|(token, owner)| vec![*token, owner.into_word()])
            .collect()
    }

    /// Removes the file.
    pub(super) fn remove(self) {
        // One that stays is found to hold, or gone on from, by the next migration.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.path.parent().map(std::fs::remove_dir);
    }

    /// Takes what the file holds, up to the first line that cannot be read, and cuts off the rest.
    fn prepare(&mut self, from: u64) -> io::Result<()> {
        let mut reader = BufReader::new(&self.file);
        let (mut whole, mut text) = (0, Vec::new());
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text)?;
            let line = text.strip_suffix(b"\n").map(serde_json::from_slice::<Line>);
            match line {
                Some(Ok(line)) => self.held.apply(line),
                Some(Err(_)) | None => break,
            }
            whole += length as u64;
        }
        if self.held.begin != Some(from) {
            (self.held, whole) = (Held::default(), 0);
        }
        self.file.set_len(whole)?;
        self.file.seek(SeekFrom::End(0))?;
        match self.held.begin {
            Some(_) => Ok(()),
            None => self.append(Line::Begin(from)),
        }
    }

    fn note(&mut self, line: Line) -> Result<(), MigrationError> {
        let appended = self.append(line);
        appended.map_err(|error| self.failed(&error))
    }

    fn append(&mut self, line: Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.sync_data()?;
        self.held.apply(line);
        Ok(())
    }

    fn failed(&self, error: &io::Error) -> MigrationError {
        MigrationError::Store {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}

impl Held {
    fn apply(&mut self, line: Line) {
        match line {
            Line::Begin(block) => self.begin = Some(block),
            Line::Page(page) => self.add(page),
            Line::Back => self.undo(),
        }
    }

    fn set(&mut self, token: B256, owner: Address) -> Option<Address> {
        match owner.is_zero() {
            true => self.tokens.remove(&token),
            false => self.tokens.insert(token, owner),
        }
    }

    fn add(&mut self, page: Page) {
        let Page {
            end,
            last_final,
            moves,
        } = page;
        for Moved { block, token, to } in moves {
            let to = self.set(token, to).unwrap_or_default();
            if block > last_final {
                self.before.push(Moved { block, token, to });
            }
        }
        self.pages.push(end);
        self.before.retain(|one| one.block > last_final);
        // The newest page that is final stays: that is how far one can go back.
        let keep = self.pages.iter().rposition(|(end, _)| *end <= last_final);
        self.pages.drain(..keep.unwrap_or(0));
    }

    fn undo(&mut self) {
        self.pages.pop();
        let Some((last, _)) = self.pages.last().copied() else {
            (self.tokens, self.before) = (BTreeMap::new(), Vec::new());
            return;
        };
        while let Some(one) = self.before.pop_if(|one| one.block > last) {
            self.set(one.token, one.to);
        }
    }
}

#[cfg(test)]
mod tests;
