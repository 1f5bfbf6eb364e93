//! The comparison with other tools: a page, from `docs/comparison.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

/// What other tools have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    #[serde(rename = "peer")]
    peers: Vec<Peer>,
    #[serde(rename = "row")]
    rows: Vec<Row>,
}

/// Another tool.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Peer {
    name: String,
    version: String,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    Read,
    Run,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    what: String,
    ours: String,
    #[serde(default)]
    cells: BTreeMap<String, Cell>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell {
    says: String,
    source: String,
    /// `YYYY-MM-DD`
    date: String,
}

impl Comparison {
    /// Reads `docs/comparison.toml` of the checkout in `root`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is no such document, or a cell names a tool that is not listed.
    pub fn read(root: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(root.join("docs/comparison.toml"))?;
        let read: Self = toml::from_str(&text).map_err(io::Error::other)?;
        let unknown = |name: &&String| read.peers.iter().all(|peer| peer.name != **name);
        match read
            .rows
            .iter()
            .flat_map(|row| row.cells.keys())
            .find(unknown)
        {
            Some(name) => Err(io::Error::other(format!(
                "docs/comparison.toml: a cell names `{name}`, which is no [[peer]]"
            ))),
            None => Ok(read),
        }
    }

    /// The page, with every tool and the source of every cell.
    pub(crate) fn page(&self) -> String {
        let mut page = String::from(
            "# Beside other tools\n\n\
             This page is written from [`docs/comparison.toml`](../comparison.toml). A dash says that the tool has \
             nothing of it in\nthe version that we read; it may not be what the tool is for. Below each cell stand \
             its source and the day.\n\n",
        );
        for how in [How::Run, How::Read] {
            let peers = self.peers.iter().filter(|peer| peer.how == how);
            let names: Vec<_> = peers
                .map(|peer| format!("{} ({})", peer.name, peer.version))
                .collect();
            let did = match how {
                How::Run => "We ran",
                How::Read => "We read, and did not run,",
            };
            let _ = writeln!(page, "{did} {}.\n", names.join(", "));
        }
        let all: Vec<&Peer> = self.peers.iter().collect();
        page + &self.table(&all, |cell| {
            format!("{}<br>*{}, {}*", cell.says, cell.source, cell.date)
        })
    }

    fn table(&self, peers: &[&Peer], cell: impl Fn(&Cell) -> String) -> String {
        let names: Vec<_> = peers
            .iter()
            .map(|peer| format!("{} {}", peer.name, peer.version))
            .collect();
        let mut table = format!("| | stylus-upgrades | {} |\n", names.join(" | "));
        let _ = writeln!(table, "|---|{}", "---|".repeat(peers.len() + 1));
        for row in &self.rows {
            let cells = peers.iter().map(|peer| {
                let found = row.cells.get(&peer.name);
                found.map_or_else(|| "–".to_owned(), &cell)
            });
            let cells: Vec<_> = cells.collect();
            let _ = writeln!(
                table,
                "| {} | {} | {} |",
                row.what,
                row.ours,
                cells.join(" | ")
            );
        }
        table
    }
}
