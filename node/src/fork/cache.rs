//! What was read of a block, in memory and, if a folder is given, in a file per endpoint, chain and
//! block: a line for each account and slot, only ever appended to. Lines that are torn or not
//! understood are left out; a file that somebody else may have written is refused.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, Bytes, U256, hex, keccak256};
use serde::{Deserialize, Serialize};
use stylus_chain::SourceAccount;

use super::head::Head;
use crate::own_file::{self, FileError};

/// The form of names and lines, part of the folder's name.
const FORM: &str = "fork-2";

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Entry {
    /// Address, balance, nonce, code.
    Account(Address, U256, u64, Bytes),
    /// Address, slot, value.
    Slot(Address, U256, U256),
}

impl Entry {
    pub(super) fn account(address: Address, account: &SourceAccount) -> Self {
        let code = account.code.clone();
        Self::Account(address, account.balance, account.nonce, code)
    }
}

#[derive(Default)]
pub(super) struct Cache {
    accounts: HashMap<Address, SourceAccount>,
    slots: HashMap<(Address, U256), U256>,
    path: Option<PathBuf>,
    file: Option<File>,
}

impl Cache {
    /// What earlier forks of the same block have read from the same URL. The name of the file has a
    /// hash of the URL, because providers put keys into it.
    ///
    /// # Errors
    /// [`FileError`] for what others own or may write. What cannot be read or written otherwise is
    /// done without.
    pub(super) fn open(folder: &Path, url: &str, head: &Head) -> Result<Self, FileError> {
        let found = own_folder(folder, head.chain_id).and_then(|folder| {
            let url = &keccak256(url.trim().trim_end_matches('/'))[..8];
            let (block, url) = (hex::encode(&head.hash[..8]), hex::encode(url));
            // What was not verified is not believed where it is to be.
            let verified = head.root().map_or("", |_| "-verified");
            let path = folder.join(format!("{}-{block}-{url}{verified}.jsonl", head.number));
            Ok((own_file::open(&path)?, path))
        });
        let mut cache = Self::default();
        match found {
            Ok((file, path)) => {
                if let Some(file) = file {
                    cache.read(file);
                }
                cache.path = Some(path);
            }
            Err(error) if error.is_io() => given_up(&error),
            Err(error) => return Err(error),
        }
        Ok(cache)
    }

    fn read(&mut self, file: File) {
        for line in BufReader::new(file).split(b'\n') {
            let Ok(line) = line else { break };
            if let Ok(entry) = serde_json::from_slice(&line) {
                self.remember(entry);
            }
        }
    }

    /// Keeps nothing of what is read from now on.
    pub(super) fn close(&mut self) {
        (self.path, self.file) = (None, None);
    }

    pub(super) fn account(&self, address: Address) -> Option<SourceAccount> {
        self.accounts.get(&address).cloned()
    }

    pub(super) fn slot(&self, address: Address, slot: U256) -> Option<U256> {
        self.slots.get(&(address, slot)).copied()
    }

    /// Remembers an entry and writes it to the file. A file that cannot be written is given up.
    pub(super) fn insert(&mut self, entry: Entry) {
        if let Some(path) = &self.path
            && let Err(error) = append(&mut self.file, path, &entry)
        {
            given_up(&error);
            self.close();
        }
        self.remember(entry);
    }

    fn remember(&mut self, entry: Entry) {
        match entry {
            Entry::Account(address, balance, nonce, code) => {
                let account = SourceAccount {
                    balance,
                    nonce,
                    code,
                };
                self.accounts.insert(address, account);
            }
            Entry::Slot(address, slot, value) => {
                self.slots.insert((address, slot), value);
            }
        }
    }
}

fn given_up(error: &FileError) {
    tracing::warn!(%error, "the fork's cache cannot be used: going on without");
}

/// The folder of a chain, made for this user alone if there is none.
fn own_folder(folder: &Path, chain_id: u64) -> Result<PathBuf, FileError> {
    let made = std::fs::create_dir_all(folder).and_then(|()| folder.canonicalize());
    let mut folder = made.map_err(|source| FileError::Io {
        action: "made",
        path: folder.to_owned(),
        source,
    })?;
    own_file::folder(&folder)?;
    for name in [FORM, &chain_id.to_string()] {
        folder.push(name);
        own_file::folder(&folder)?;
    }
    Ok(folder)
}

/// Writes a line at once, so that another process that writes to the same file tears none.
fn append(file: &mut Option<File>, path: &Path, entry: &Entry) -> Result<(), FileError> {
    let file = match file {
        Some(file) => file,
        None => file.insert(own_file::append(path)?),
    };
    let mut line = vec![b'\n'];
    let written = serde_json::to_writer(&mut line, entry).map_err(std::io::Error::from);
    line.push(b'\n');
    let written = written.and_then(|()| file.write_all(&line));
    written.map_err(|source| FileError::Io {
        action: "written",
        path: path.to_owned(),
        source,
    })
}
