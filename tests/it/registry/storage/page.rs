//! `docs/evidence/registry-storage.md` shows the registry's records as the interface declares them.

use std::fmt::Write;

use stylus_upgrades_harness::home;
use stylus_upgrades_interface::registry_storage::{Entry, FieldInfo, Location, RECORDS, Record};
use stylus_upgrades_test_support::page::compare_part;

/// The heading of a table, and which records stand in it.
type Table = (&'static str, fn(&Record) -> bool);

/// Where the page's tables stand.
const TABLES: [Table; 2] = [
    ("registry storage", |record| !is_transient(record)),
    ("registry transient storage", is_transient),
];

fn is_transient(record: &Record) -> bool {
    matches!(record.location, Location::Transient(_))
}

/// A comment of the sources in one line.
fn prose(about: &[&str]) -> String {
    let lines: Vec<_> = about.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

/// Where a record lies and what finds it.
fn location(record: &Record) -> String {
    match record.location {
        Location::Root => "The first word is `root`.".to_owned(),
        Location::Transient(slot) => format!("Transient, at {slot}."),
        Location::Table(table) => {
            let mut keys: Vec<_> = record.keys.iter().map(|key| key.name).collect();
            keys.resize(2, "0");
            let mut location = format!("Table {table}: `keccak256(root ++ {table} ++ ");
            write!(location, "{})`", keys.join(" ++ ")).expect("a text takes everything");
            for (n, key) in record.keys.iter().enumerate() {
                let before = if n == 0 { ", where" } else { " and" };
                let about = prose(key.about);
                write!(location, "{before} `{}` is {about}", key.name)
                    .expect("a text takes everything");
            }
            location + "."
        }
    }
}

/// The words of an entry.
fn words(entry: &Entry) -> String {
    match entry.words {
        1 => entry.first.to_string(),
        words if words > u64::from(u16::MAX) => format!("{} …", entry.first),
        words => format!("{} – {}", entry.first, entry.first + words - 1),
    }
}

fn row(entry: &Entry, field: &FieldInfo) -> String {
    let (name, about) = if field.name.is_empty() {
        (entry.name.to_lowercase(), entry.about)
    } else {
        (field.name.to_owned(), field.about)
    };
    let bytes = format!("{} – {}", field.offset, field.offset + field.width - 1);
    let bytes = if field.width == 1 {
        field.offset.to_string()
    } else {
        bytes
    };
    let words = words(entry);
    format!(
        "| {words} | {bytes} | {name} | {} | {} |\n",
        field.of,
        prose(about)
    )
}

/// A record in the form of the page.
fn section(record: &Record) -> String {
    let mut section = format!("### {}\n\n", record.name.replace('_', " "));
    section += &format!("{} {}\n\n", prose(record.about), location(record));
    section += "| word | bytes | field | type | holds |\n|---|---|---|---|---|\n";
    for entry in record.entries {
        for field in entry.fields {
            section += &row(entry, field);
        }
    }
    section
}

#[test]
fn the_page_shows_the_registrys_storage_as_it_is_declared() {
    let path = home().join("docs/evidence/registry-storage.md");
    for (name, is_in) in TABLES {
        let records = RECORDS.iter().filter(|record| is_in(record));
        let sections: Vec<_> = records.map(section).collect();
        compare_part(&path, name, &format!("\n{}\n", sections.join("\n")));
    }
}
