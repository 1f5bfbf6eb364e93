//! The events of one account on disk, with the block up to which they were read. Commands open the file for a moment
//! each, so that several may use it. What cannot be read or written is read from the chain again.

use crate::{own_database, state_folder};
use alloy::primitives::B256;
use alloy::rpc::types::Log;
use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;

/// Bytes of the file that are kept in memory.
const CACHE: usize = 4 << 20;
/// Block and place in it → the event, as JSON.
const LOGS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("logs");
/// The last block of which the events are there, and its hash.
const HEAD: TableDefinition<'_, (), (u64, [u8; 32])> = TableDefinition::new("head");

/// A block, by its number and its hash.
pub(super) type Block = (u64, B256);

/// The content of the file.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The block up to which the events were read; `None` where there are none.
    pub head: Option<Block>,
    /// The events, in order; `None` where they cannot be read.
    pub logs: Option<Vec<Log>>,
}

/// Reads what the file holds; nothing where it cannot be opened.
pub(super) fn load(path: &Path) -> Loaded {
    if !path.is_file() {
        return Loaded::default();
    }
    let Ok(database) = own_database::open(path, CACHE) else {
        return Loaded::default();
    };
    let Ok(read) = database.begin_read() else {
        return Loaded::default();
    };
    match head(&read) {
        None => Loaded::default(),
        head => Loaded {
            head,
            logs: events(&read),
        },
    }
}

fn head(read: &ReadTransaction) -> Option<Block> {
    let (number, hash) = read.open_table(HEAD).ok()?.get(()).ok()??.value();
    Some((number, hash.into()))
}

fn events(read: &ReadTransaction) -> Option<Vec<Log>> {
    let table = read.open_table(LOGS).ok()?;
    let mut logs = Vec::new();
    for entry in table.iter().ok()? {
        let (_, log) = entry.ok()?;
        logs.push(serde_json::from_slice(log.value()).ok()?);
    }
    Some(logs)
}

/// Replaces the events from block `from` on by `logs`, which were read up to `head`. Whether the file has them now: it
/// stays as it is where it is no longer at `before`, as another command has written.
pub(super) fn store(
    path: &Path,
    before: Option<Block>,
    from: u64,
    logs: &[Log],
    head: Block,
) -> bool {
    let made = path.parent().map(state_folder::make);
    if made.is_none_or(|made| made.is_err()) {
        return false;
    }
    // What is not written is read again by the next command.
    own_database::open(path, CACHE)
        .is_ok_and(|database| written(&database, before, from, logs, head).unwrap_or(false))
}

fn written(
    database: &Database,
    before: Option<Block>,
    from: u64,
    logs: &[Log],
    head: Block,
) -> Result<bool, redb::Error> {
    let write = database.begin_write()?;
    {
        let mut state = write.open_table(HEAD)?;
        let there = state.get(())?.map(|found| found.value());
        if there.map(|(number, hash)| (number, B256::from(hash))) != before {
            return Ok(false);
        }
        let mut table = write.open_table(LOGS)?;
        table.retain(|(block, _), _| block < from)?;
        for log in logs {
            let (Some(block), Some(place)) = (log.block_number, log.log_index) else {
                continue;
            };
            let text = serde_json::to_vec(log).unwrap_or_default();
            table.insert((block, place), text.as_slice())?;
        }
        state.insert((), (head.0, head.1.0))?;
    }
    write.commit()?;
    Ok(true)
}
