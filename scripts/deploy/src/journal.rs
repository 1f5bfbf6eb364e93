//! The transactions that were signed and sent, kept in the user's folder for state until the chain has answered: a
//! command that was killed learns from it what may still be on its way, in whatever folder it is typed again. What is
//! done on a local chain or a fork, which can restart, is kept beside the manifest.
//!
//! One line per event, each written and flushed before the next step: `sending` before a
//! transaction leaves, `settled` when its outcome is known. A line that a kill cut in the middle is
//! passed over, and said. What went through stays until the command has reported it, so that a run which is killed
//! before is reported by the next one. The journal is a convenience: without it nothing is blocked, and
//! what the chain says wins.

mod command;

use command::as_command;

use crate::build::is_tracked;
use crate::error::Refusal;
use crate::ids::TxHash;
use crate::kill_point::{self, Phase};
use crate::own_file::{self, FileError};
use crate::progress::Progress;
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::rpc::types::TransactionRequest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

/// The time for which another command is waited for that changes a journal: it takes moments.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
/// The number of times that its folder is made again, where others remove it.
const LOCK_TRIES: u32 = 100;
/// Bytes that a journal grows to before what is settled is left out of it.
const COMPACT_AT: u64 = 16_384;

/// The folder of journals, beside the manifest.
pub const FOLDER: &str = crate::file_names::JOURNALS;
/// The folder of journals in the user's folder for state.
pub const IN_STATE: &str = "journals";

/// The journal of one sender on one chain.
pub struct Journal {
    path: PathBuf,
    /// The transactions that went through and that the command has not yet reported.
    included: Mutex<Vec<TxHash>>,
    /// It is said once that a line cannot be read.
    damaged: Once,
    progress: Arc<dyn Progress>,
}

/// A transaction whose outcome was not known when the journal was last written. What it called is on the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Its effect, in a few words.
    pub what: String,
    /// Its hash.
    pub tx: TxHash,
    /// The sender's nonce that it uses up.
    pub nonce: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Sending(InFlight),
    Settled(TxHash),
}

impl Line {
    /// Numbers and texts: they can always be written.
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The error that what is where the journal should be is not believed.
const UNTRUSTED: &str = "JournalUntrusted";

impl Journal {
    /// The journal of `sender` on the chain with that id, or on a fork of it, in a folder of journals. Nothing else
    /// that an endpoint says makes its name, or two endpoints of one chain could lead to two journals.
    ///
    /// # Errors
    /// Where others own or may write what is there, or it is no file, or git tracks it. Whether a file can be made is seen
    /// when something is noted.
    pub fn new(
        folder: &Path,
        (chain_id, is_fork): (u64, bool),
        sender: Address,
        progress: Arc<dyn Progress>,
    ) -> Result<Self, Refusal> {
        let fork = if is_fork { "fork-of-" } else { "" };
        let path = folder.join(format!("{fork}{chain_id}-{sender:#x}.journal"));
        if folder.symlink_metadata().is_ok() {
            let checked = own_file::folder(folder).and_then(|()| own_file::open(&path));
            match checked {
                Err(error) if !own_file::is_io(&error) => {
                    return Err(error.renamed(UNTRUSTED, "the journal cannot be used"));
                }
                _ => {}
            }
            let shown = path.display().to_string();
            let (reason, next) = match is_tracked(&path) {
                Ok(false) => (None, String::new()),
                Ok(true) => (
                    Some(format!("git tracks {shown}")),
                    format!(
                        "look at who committed it; then: git rm --cached {}, and remove the file",
                        shell_word(&shown)
                    ),
                ),
                Err(why) => (
                    Some(format!("git cannot say whether it tracks {shown}: {why}")),
                    "let git answer in this folder: install it, or git config --global --add safe.directory with \
                     the repository's folder; the journal stays"
                        .to_owned(),
                ),
            };
            if let Some(reason) = reason {
                let message = format!("the journal cannot be used: {reason}");
                let expected = "a journal that only the commands of this machine have written";
                return Err(Refusal::new(UNTRUSTED, message)
                    .with(expected, reason, next)
                    .usage());
            }
        }
        Ok(Self {
            path,
            included: Mutex::default(),
            damaged: Once::new(),
            progress,
        })
    }

    /// Takes over what another journal holds of the same sender on the same chain.
    pub fn take_over(&self, other: &Self) {
        let open = other.in_flight();
        if open.is_empty() {
            return;
        }
        if let Err(error) = self.sending(open.clone()) {
            self.warn(Err(error));
            return;
        }
        other.alone(|| {
            let mut left = other.in_flight();
            left.retain(|entry| !open.contains(entry));
            other.keep(left);
        });
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file of this chain beside the journal.
    pub fn beside(&self, name: &str) -> PathBuf {
        let mark = self.path.file_name().unwrap_or_default().to_string_lossy();
        let (mark, _) = mark.split_at(mark.find("-0x").map_or(0, |at| at + 1));
        self.path.with_file_name(format!("{mark}{name}"))
    }

    /// Returns what may still be on its way, in the order in which it was sent.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let bytes = own_file::read_bytes(&self.path).unwrap_or_else(|error| {
            self.print(&format!("warning: the journal is not read: {error}"));
            None
        });
        // What a damaged disk left of one line does not hide the others.
        let bytes = bytes.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let mut open = BTreeMap::new();
        // Every line begins with a line break.
        let lines = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty());
        for (position, line) in lines {
            match serde_json::from_str(line) {
                Ok(Line::Sending(entry)) => {
                    open.retain(|_, other: &mut InFlight| other.tx != entry.tx);
                    open.insert(position, entry);
                }
                Ok(Line::Settled(tx)) => open.retain(|_, entry| entry.tx != tx),
                Err(_) => self.damaged.call_once(|| self.print(&self.damage())),
            }
        }
        open.into_values().collect()
    }

    /// Says what it means that a line is no line of a journal.
    fn damage(&self) -> String {
        format!(
            "warning: a line of {} cannot be read: if it was cut while it was written, nothing was sent; if the file \
             was damaged, a transaction that it named may still be pending",
            self.path.display()
        )
    }

    /// Notes transactions that are about to be sent.
    ///
    /// # Errors
    /// Where they cannot be noted: after a kill nobody would look for them.
    pub fn sending(&self, entries: impl IntoIterator<Item = InFlight>) -> Result<(), FileError> {
        let _lock = self.lock();
        let lines: Vec<Line> = entries.into_iter().map(Line::Sending).collect();
        self.write(&lines)
    }

    /// A transaction went through. It stays in the journal until the command has reported what came of
    /// it ([`Self::close`]): a run that is killed before learns of it the next time.
    pub fn included(&self, tx: TxHash) {
        self.reported().push(tx);
        self.settle_rivals(tx);
    }

    /// A transaction was mined, so that no other one with its nonce ever will be.
    pub fn settle_rivals(&self, tx: TxHash) {
        let open = self.in_flight();
        let Some(nonce) = open.iter().find(|one| one.tx == tx).map(|one| one.nonce) else {
            return;
        };
        for other in open.iter().filter(|one| one.nonce == nonce && one.tx != tx) {
            self.append(Line::Settled(other.tx));
        }
    }

    /// Closes the journal, as what went through was reported: nobody needs to learn of it any more. All of it is left
    /// out at once, or none.
    pub fn close(&self) {
        let reported = std::mem::take(&mut *self.reported());
        if reported.is_empty() {
            return;
        }
        self.alone(|| {
            let mut open = self.in_flight();
            open.retain(|entry| !reported.contains(&entry.tx));
            self.keep(open);
        });
    }

    fn reported(&self) -> std::sync::MutexGuard<'_, Vec<TxHash>> {
        self.included.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the outcome of a transaction is known. A journal without open entries is removed,
    /// one that has grown long is rewritten with the open ones alone.
    pub fn settled(&self, tx: TxHash) {
        self.alone(|| {
            self.warn(self.write(&[Line::Settled(tx)]));
            let open = self.in_flight();
            let length = std::fs::metadata(&self.path).map_or(0, |file| file.len());
            if open.is_empty() || length > COMPACT_AT {
                self.keep(open);
            }
        });
    }

    /// Makes a change while no other command makes one: rewriting the file would lose it. Without locks in the system,
    /// or if another command holds the lock for too long, the change is made without a lock.
    fn alone(&self, change: impl FnOnce()) {
        let _lock = self.lock();
        change();
    }

    fn lock(&self) -> Option<File> {
        let folder = self.path.parent()?;
        // Who closes the last journal removes the folder.
        for _ in 0..LOCK_TRIES {
            own_file::folder(folder).ok()?;
            match own_file::lock_folder(folder, LOCK_TIMEOUT) {
                Ok(None) => {}
                locked => return locked.ok()?,
            }
        }
        None
    }

    /// Leaves these entries alone in the journal; without any it is removed.
    fn keep(&self, open: Vec<InFlight>) {
        if open.is_empty() {
            let _ = std::fs::remove_file(&self.path);
            let _ = self.path.parent().map(std::fs::remove_dir);
        } else {
            let lines = open.into_iter();
            let lines = lines.map(|entry| Line::Sending(entry).to_json() + "\n");
            let text: String = lines.collect();
            self.warn(own_file::write(&self.path, text.as_bytes()));
        }
    }

    fn append(&self, line: Line) {
        self.alone(|| self.warn(self.write(&[line])));
    }

    /// Shows a transaction that is signed now to who asks for everything.
    pub fn show_signing(&self, what: &str, request: &TransactionRequest) {
        self.progress.command(&as_command(what, request));
    }

    /// Tells all listeners.
    pub fn print(&self, text: &str) {
        self.progress.note(text);
    }

    fn warn(&self, written: Result<(), FileError>) {
        if let Err(error) = written {
            self.progress
                .note(&format!("warning: the journal is not kept: {error}"));
        }
    }

    fn write(&self, lines: &[Line]) -> Result<(), FileError> {
        if let Some(folder) = self.path.parent() {
            own_file::folder(folder)?;
        }
        let mut file = own_file::append(&self.path)?;
        // The newline comes first, too: a line cut by a kill must not swallow the next one.
        let lines = lines.iter().map(|line| format!("\n{}\n", line.to_json()));
        let text: String = lines.collect();
        let written = |result: io::Result<()>| result.map_err(own_file::io("written", &self.path));
        if kill_point::is_due(Phase::Journal) {
            let (half, _) = text.as_bytes().split_at(text.len() / 2);
            written(file.write_all(half))?;
            kill_point::kill();
        }
        written(
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_data()),
        )
    }
}

#[cfg(test)]
mod tests;
