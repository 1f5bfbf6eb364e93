//! Lines with their counts by file, for people, programs and lcov.

use super::ExecutionCounts;
use crate::ids::{CodeHash, TxHash};
use crate::names::Names;
use crate::report::CommandReport;
use crate::text::{count, grouped};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// The mark of who writes it: what [`is_lcov`] looks for.
const TEST_NAME: &str = "TN:stylus_upgrades\n";

/// A line: the number of its file, and its own.
pub(super) type LineKey = (usize, u32);

/// A file with the lines of it that have instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileLines {
    /// Its path.
    pub file: PathBuf,
    /// Its lines, in order, with how often each ran.
    pub lines: Vec<(u32, u64)>,
    /// Instructions with two branches, by their lines, with how often each branch was taken.
    pub jumps: Vec<(u32, [u64; 2])>,
}

/// The lines that ran.
#[derive(Debug, Serialize)]
pub struct LineCoverage {
    /// The code of the program.
    pub codehash: CodeHash,
    /// The number of transactions that were counted.
    pub transactions: usize,
    /// The number of transactions that were not: ArbOS' own, and messages from L1.
    pub left_out: usize,
    /// The transactions that did something else on the copy than they really did.
    pub unfaithful: Vec<TxHash>,
    /// The number of other programs that ran.
    pub other_programs: usize,
    /// Lines that have instructions.
    pub lines: usize,
    /// Lines among them that ran.
    pub covered: usize,
    /// Branches.
    pub branches: usize,
    /// Branches among them that were taken.
    pub taken: usize,
    /// The files.
    pub files: Vec<FileLines>,
}

/// Groups lines and jumps by file; files without lines are left out.
pub(super) fn group_by_file<'p>(
    files: impl Iterator<Item = (usize, &'p PathBuf)>,
    lines: &BTreeMap<LineKey, u64>,
    jumps: &BTreeMap<LineKey, Vec<[u64; 2]>>,
) -> Vec<FileLines> {
    let files = files.map(|(number, file)| {
        let range = (number, 0)..=(number, u32::MAX);
        let lines = lines.range(range.clone());
        let jumps = jumps
            .range(range)
            .flat_map(|((_, line), all)| all.iter().map(|taken| (*line, *taken)));
        FileLines {
            file: file.clone(),
            lines: lines.map(|((_, line), runs)| (*line, *runs)).collect(),
            jumps: jumps.collect(),
        }
    });
    files.filter(|file| !file.lines.is_empty()).collect()
}

impl FileLines {
    fn covered(&self) -> usize {
        self.lines.iter().filter(|(_, runs)| *runs > 0).count()
    }

    fn branches(&self) -> impl Iterator<Item = u64> {
        self.jumps
            .iter()
            .flat_map(|(_, branches)| branches)
            .copied()
    }

    fn taken(&self) -> usize {
        self.branches().filter(|taken| *taken > 0).count()
    }

    /// The lines that did not run, as `3, 7-9`: lines between two of them have no instructions.
    fn missing(&self) -> String {
        let groups = self
            .lines
            .chunk_by(|(_, runs), (_, next_runs)| (*runs > 0) == (*next_runs > 0));
        let missing = groups.filter_map(|group| match group {
            [(first, 0), .., (last, _)] => Some(format!("{first}-{last}")),
            [(line, 0)] => Some(line.to_string()),
            _ => None,
        });
        missing.collect::<Vec<_>>().join(", ")
    }
}

impl LineCoverage {
    /// Of the program `codehash`, whose lines were counted.
    pub fn new(codehash: CodeHash, counts: ExecutionCounts, files: Vec<FileLines>) -> Self {
        let programs = counts.programs.len() + counts.codes.len();
        Self {
            codehash,
            transactions: counts.transactions,
            left_out: counts.left_out,
            unfaithful: counts.unfaithful,
            other_programs: programs.saturating_sub(1),
            lines: files.iter().map(|file| file.lines.len()).sum(),
            covered: files.iter().map(FileLines::covered).sum(),
            branches: files.iter().map(|file| file.branches().count()).sum(),
            taken: files.iter().map(FileLines::taken).sum(),
            files,
        }
    }

    /// A tracefile, as lcov and its kin read it.
    pub fn lcov(&self) -> String {
        let mut text = String::from(TEST_NAME);
        for file in &self.files {
            let _ = writeln!(text, "SF:{}", file.file.display());
            for (block, (line, branches)) in file.jumps.iter().enumerate() {
                let is_reached = branches.iter().any(|taken| *taken > 0);
                for (branch, taken) in branches.iter().enumerate() {
                    let taken = is_reached.then(|| taken.to_string());
                    let taken = taken.as_deref().unwrap_or("-");
                    let _ = writeln!(text, "BRDA:{line},{block},{branch},{taken}");
                }
            }
            let (branches, taken) = (file.branches().count(), file.taken());
            let _ = writeln!(text, "BRF:{branches}\nBRH:{taken}");
            for (line, runs) in &file.lines {
                let _ = writeln!(text, "DA:{line},{runs}");
            }
            let (lines, covered) = (file.lines.len(), file.covered());
            let _ = writeln!(text, "LF:{lines}\nLH:{covered}\nend_of_record");
        }
        text
    }
}

/// Returns true if a file is one that [`LineCoverage::lcov`] wrote.
pub fn is_lcov(text: &str) -> bool {
    text.starts_with(TEST_NAME)
}

fn percent(covered: usize, lines: usize) -> String {
    // Rounded down: 100 % is all of them.
    let tenths = (covered * 1_000).checked_div(lines).unwrap_or(1_000);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

impl CommandReport for LineCoverage {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = vec![format!(
            "{} of {} ran in {}: {}",
            self.covered,
            count(self.lines, "line"),
            count(self.transactions, "transaction"),
            percent(self.covered, self.lines)
        )];
        lines.push(format!(
            "{} of {} branches were taken: {}",
            self.taken,
            grouped(self.branches as u64),
            percent(self.taken, self.branches)
        ));
        for file in &self.files {
            let (covered, all) = (file.covered(), file.lines.len());
            let percent = percent(covered, all);
            lines.push(format!(
                "{percent:>7}  {covered} of {all}  {}",
                file.file.display()
            ));
            let missing = file.missing();
            if !missing.is_empty() {
                lines.push(format!("         did not run: {missing}"));
            }
        }
        if self.left_out > 0 {
            let left_out = count(self.left_out, "transaction");
            lines.push(format!(
                "! {left_out} of ArbOS or from L1 could not be carried out again"
            ));
        }
        let unfaithful = self.unfaithful.iter();
        lines.extend(unfaithful.map(|tx| {
            format!(
                "! {tx} did something else on the copy than it really did: its lines may be others"
            )
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(u32, u64)]) -> FileLines {
        FileLines {
            file: "src/lib.rs".into(),
            lines: lines.to_vec(),
            jumps: vec![(3, [2, 0]), (5, [0, 0])],
        }
    }

    #[test]
    fn lines_that_did_not_run_are_told_in_groups_that_no_line_that_ran_parts() {
        assert_eq!(
            of(&[(3, 1), (4, 0), (9, 0), (10, 2), (12, 0)]).missing(),
            "4-9, 12"
        );
        assert_eq!(of(&[(3, 1)]).missing(), "");
        assert_eq!(of(&[(3, 0), (4, 0)]).missing(), "3-4");
    }

    #[test]
    fn a_tracefile_has_each_line_once_and_the_sums() {
        let mut counts = ExecutionCounts {
            transactions: 2,
            ..ExecutionCounts::default()
        };
        counts.programs.insert(CodeHash::default(), Vec::new());
        let coverage = LineCoverage::new(CodeHash::default(), counts, vec![of(&[(3, 7), (5, 0)])]);
        let expected = "TN:stylus_upgrades\nSF:src/lib.rs\nBRDA:3,0,0,2\nBRDA:3,0,1,0\nBRDA:5,1,0,-\nBRDA:5,1,1,-\n\
             BRF:4\nBRH:1\nDA:3,7\nDA:5,0\nLF:2\nLH:1\nend_of_record\n";
        assert_eq!(coverage.lcov(), expected);
        assert!(is_lcov(expected) && !is_lcov("TN:\nSF:src/lib.rs\n"));
        let lines = coverage.lines(&Names::default());
        assert_eq!(lines[0], "1 of 2 lines ran in 2 transactions: 50.0 %");
        assert_eq!(lines[1], "1 of 4 branches were taken: 25.0 %");
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(percent(999, 1_000_000), "0.0 %");
        assert_eq!(percent(999_999, 1_000_000), "99.9 %");
    }
}
