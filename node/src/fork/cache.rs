//! What was read of a block, in memory and, if a folder is given, in a file per chain and block: a
//! line for each account and slot, only ever appended to. Lines that are torn or not understood are
//! left out.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, Bytes, U256, hex};
use serde::{Deserialize, Serialize};
use stylus_chain::SourceAccount;

use super::Head;

/// The form of the lines, part of the folder's name.
const FORM: &str = "fork-1";

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
    /// What earlier forks of the same block have read.
    pub(super) fn open(folder: &Path, head: &Head) -> Self {
        let name = format!("{}-{}.jsonl", head.number, hex::encode(&head.hash[..8]));
        let chain = head.chain_id.to_string();
        let path = folder.join(FORM).join(chain).join(name);
        let mut cache = Self::default();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).split(b'\n') {
                let Ok(line) = line else { break };
                if let Ok(entry) = serde_json::from_slice(&line) {
                    cache.remember(entry);
                }
            }
        }
        cache.path = Some(path);
        cache
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
            let path = path.display();
            tracing::warn!(%error, %path, "the fork's cache cannot be written: going on without");
            self.path = None;
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

/// Writes a line at once, so that another process that writes to the same file tears none.
fn append(file: &mut Option<File>, path: &Path, entry: &Entry) -> std::io::Result<()> {
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, entry)?;
    line.push(b'\n');
    let file = match file {
        Some(file) => file,
        None => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let opened = OpenOptions::new().create(true).append(true).open(path)?;
            file.insert(opened)
        }
    };
    file.write_all(&line)
}
