use super::{FOLDER, InFlight, Journal};
use crate::ids::TxHash;
use crate::progress::{Progress, Silent};
use alloy::primitives::{Address, B256};
use std::io::Write;
use std::sync::{Arc, Mutex};

fn journal(folder: &std::path::Path) -> Journal {
    Journal::new(
        &folder.join(FOLDER),
        (7, false),
        Address::ZERO,
        Arc::new(Silent),
    )
    .expect("a journal")
}

fn entry(number: u8) -> InFlight {
    InFlight {
        what: format!("step {number}"),
        tx: TxHash(B256::with_last_byte(number)),
        nonce: number.into(),
    }
}

/// Writes at the journal's end, as something else than the program may.
fn append(journal: &Journal, bytes: &[u8]) {
    let file = std::fs::OpenOptions::new()
        .append(true)
        .open(journal.path());
    file.expect("the journal")
        .write_all(bytes)
        .expect("written");
}

#[test]
fn what_is_not_settled_is_pending_in_its_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(folder.path());
    assert!(journal.in_flight().is_empty());
    for number in [1, 2, 3] {
        journal.sending([entry(number)]).expect("noted");
    }
    journal.settled(entry(2).tx);
    assert_eq!(journal.in_flight(), [entry(1), entry(3)]);
}

/// Keeps what is noted.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn note(&self, text: &str) {
        self.0.lock().expect("nobody panics").push(text.to_owned());
    }
}

#[test]
fn a_line_cut_in_the_middle_is_said_and_harms_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let notes = Arc::new(Notes::default());
    let file = folder.path().join(FOLDER);
    let journal = Journal::new(&file, (7, false), Address::ZERO, notes.clone());
    let journal = journal.expect("a journal");
    journal.sending([entry(1)]).expect("noted");
    assert_eq!(journal.in_flight(), [entry(1)]);
    assert_eq!(*notes.0.lock().expect("nobody panics"), [""; 0]);
    append(&journal, b"{\"sending\":{\"what\":\"cu");
    assert_eq!(journal.in_flight(), [entry(1)]);
    journal.sending([entry(2)]).expect("noted");
    assert_eq!(journal.in_flight(), [entry(1), entry(2)]);
    let notes = notes.0.lock().expect("nobody panics");
    let [note] = notes.as_slice() else {
        panic!("once: {notes:?}")
    };
    assert!(note.contains("cannot be read"), "{note}");
}

#[test]
fn what_one_command_notes_is_not_lost_while_another_one_settles_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (journal(folder.path()), journal(folder.path()));
    let rounds = 1..=60;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..400 {
                one.sending([entry(200)]).expect("noted");
                one.settled(entry(200).tx);
            }
        });
        for number in rounds.clone() {
            other.sending([entry(number)]).expect("noted");
        }
    });
    let mut left = other.in_flight();
    left.sort_by_key(|entry| entry.nonce);
    assert_eq!(left, rounds.map(entry).collect::<Vec<_>>());
}

#[test]
fn bytes_that_are_no_text_hide_no_other_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(folder.path());
    journal.sending([entry(1)]).expect("noted");
    append(&journal, b"\xff\xfe\0");
    journal.sending([entry(2)]).expect("noted");
    assert_eq!(journal.in_flight(), [entry(1), entry(2)]);
}

#[test]
fn a_journal_without_open_entries_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(folder.path());
    journal.sending([entry(1)]).expect("noted");
    journal.settled(entry(1).tx);
    assert_eq!(std::fs::read_dir(folder.path()).expect("it").count(), 0);
}

#[test]
fn what_cannot_be_noted_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(&folder.path().join("journals"));
    std::fs::write(folder.path().join("journals"), "no folder").expect("written");
    let error = journal.sending([entry(1)]).expect_err("no folder");
    assert!(error.to_string().contains("journals"), "{error}");
}

#[test]
fn a_journal_of_many_entries_stays_small() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(folder.path());
    journal.sending([entry(200)]).expect("noted");
    for _ in 0..400 {
        journal.sending([entry(1)]).expect("noted");
        journal.settled(entry(1).tx);
    }
    assert_eq!(journal.in_flight(), [entry(200)]);
    let length = std::fs::metadata(journal.path())
        .expect("the journal")
        .len();
    assert!(length < 2 * super::COMPACT_AT, "{length}");
}

#[test]
fn another_chain_or_sender_has_another_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |chain, sender| {
        let journal = Journal::new(&folder.path().join(FOLDER), chain, sender, Arc::new(Silent));
        journal.expect("a journal")
    };
    let one = at((7, false), Address::ZERO);
    let others = [
        at((8, false), Address::ZERO),
        at((7, true), Address::ZERO),
        at((7, false), Address::repeat_byte(1)),
    ];
    assert!(others.iter().all(|other| other.path() != one.path()));
    let [_, fork, _] = others;
    assert_ne!(fork.beside("scan"), one.beside("scan"));
}

#[test]
fn of_two_with_one_nonce_the_mined_one_ends_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(folder.path());
    let rival = InFlight {
        nonce: 1,
        ..entry(9)
    };
    for one in [entry(1), rival, entry(2)] {
        journal.sending([one]).expect("noted");
    }
    journal.sending([entry(1)]).expect("noted");
    assert_eq!(journal.in_flight().len(), 3, "sent again is still one");
    journal.included(entry(1).tx);
    assert_eq!(journal.in_flight(), [entry(2), entry(1)]);
    journal.close();
    assert_eq!(journal.in_flight(), [entry(2)]);
}

#[test]
fn an_entry_of_an_older_program_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = journal(folder.path());
    journal.sending([entry(1)]).expect("noted");
    let (tx, word) = (B256::with_last_byte(2), B256::ZERO);
    let older = format!(
        "{{\"sending\":{{\"what\":\"step 2\",\"tx\":\"{tx}\",\"nonce\":2,\"to\":null,\"call\":\"{word}\"}}}}\n"
    );
    append(&journal, older.as_bytes());
    assert_eq!(journal.in_flight(), [entry(1), entry(2)]);
}
