//! `docs/SUMMARY.md`: which pages the book has, in which order.

/// The contents of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its pages, in order.
    pub entries: Vec<Entry>,
}

/// A page of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The part of the book that it stands in; empty before the first one.
    pub part: String,
    /// Its title in the contents.
    pub title: String,
    /// Its file in `docs/`.
    pub file: String,
}

impl Summary {
    /// Reads it: `# part` lines, and one `[title](file)` in a line.
    pub fn read(text: &str) -> Self {
        let mut entries = Vec::new();
        let mut part = String::new();
        for line in text.lines().skip(1) {
            if let Some(title) = line.strip_prefix("# ") {
                part = title.trim().to_owned();
                continue;
            }
            let link = line.trim_start().trim_start_matches("- ");
            let Some((title, rest)) = link
                .strip_prefix('[')
                .and_then(|rest| rest.split_once("]("))
            else {
                continue;
            };
            let file = rest.trim_end().trim_end_matches(')').to_owned();
            let (part, title) = (part.clone(), title.to_owned());
            entries.push(Entry { part, title, file });
        }
        Self { entries }
    }
}

#[test]
fn the_contents_are_read_part_by_part() {
    let read = Summary::read("# Summary\n\n[Begin](a.md)\n\n# Use\n\n- [Quickstart](b.md)\n");
    let rows: Vec<_> = read
        .entries
        .iter()
        .map(|entry| {
            (
                entry.part.as_str(),
                entry.title.as_str(),
                entry.file.as_str(),
            )
        })
        .collect();
    assert_eq!(rows, [("", "Begin", "a.md"), ("Use", "Quickstart", "b.md")]);
}
