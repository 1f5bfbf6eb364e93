//! Facts that were read of a block, in memory and, if a folder is given, in a file per endpoint, chain and
//! block: a line for each account and slot. Lines are only appended. The cache skips a line that is
//! incomplete or not understood, and the fork works without a file that cannot be read or written.

use std::collections::HashMap;
use std::fs::{DirBuilder, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, Bytes, U256, hex, keccak256};
use serde::{Deserialize, Serialize};
use stylus_chain::SourceAccount;

use super::head::ForkHead;

/// The form of names and lines, part of the folder's name.
const FORM: &str = "fork-2";

/// A line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum CacheEntry {
    /// Address, balance, nonce, code.
    Account(Address, U256, u64, Bytes),
    /// Address, slot, value.
    Slot(Address, U256, U256),
}

impl CacheEntry {
    pub(super) fn account(address: Address, account: &SourceAccount) -> Self {
        let code = account.code.clone();
        Self::Account(address, account.balance, account.nonce, code)
    }
}

#[derive(Default)]
pub(super) struct ForkCache {
    accounts: HashMap<Address, SourceAccount>,
    slots: HashMap<(Address, U256), U256>,
    path: Option<PathBuf>,
    file: Option<File>,
}

impl ForkCache {
    /// Opens the facts that earlier forks of the same block have read from the same URL. The name of the file has a
    /// hash of the URL, because providers put keys into it.
    pub(super) fn open(folder: &Path, url: &str, head: &ForkHead) -> Self {
        let mut cache = Self::default();
        let folder = folder.join(FORM).join(head.chain_id.to_string());
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        if let Err(error) = made {
            given_up(&error);
            return cache;
        }
        let url = &keccak256(url.trim().trim_end_matches('/'))[..8];
        let (block, url) = (hex::encode(&head.hash[..8]), hex::encode(url));
        // A fork that verifies does not read what another one kept unverified.
        let verified = head.root().map_or("", |_| "-verified");
        let path = folder.join(format!("{}-{block}-{url}{verified}.jsonl", head.number));
        if let Ok(file) = File::open(&path) {
            cache.read(file);
        }
        cache.path = Some(path);
        cache
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
    pub(super) fn insert(&mut self, entry: CacheEntry) {
        if let Some(path) = &self.path
            && let Err(error) = append(&mut self.file, path, &entry)
        {
            given_up(&error);
            self.close();
        }
        self.remember(entry);
    }

    fn remember(&mut self, entry: CacheEntry) {
        match entry {
            CacheEntry::Account(address, balance, nonce, code) => {
                let account = SourceAccount {
                    balance,
                    nonce,
                    code,
                };
                self.accounts.insert(address, account);
            }
            CacheEntry::Slot(address, slot, value) => {
                self.slots.insert((address, slot), value);
            }
        }
    }
}

fn given_up(error: &io::Error) {
    tracing::warn!(%error, "the fork works without its cache, which cannot be used");
}

/// Writes a line at once, so that another process that writes to the same file tears none.
fn append(file: &mut Option<File>, path: &Path, entry: &CacheEntry) -> io::Result<()> {
    let file = match file {
        Some(file) => file,
        None => file.insert(File::options().append(true).create(true).open(path)?),
    };
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, entry)?;
    line.push(b'\n');
    file.write_all(&line)
}
