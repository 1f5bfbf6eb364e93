//! Parses a page: its commands and their expected output.

use stylus_upgrades_book::Page;

/// What a page has its reader do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Type a command.
    Command {
        /// Its line on the page, from 1.
        line: usize,
        text: String,
        /// What it prints; `[..]` stands for anything.
        expected: String,
    },
    /// Write a file.
    File { path: String, text: String },
}

/// Every command in the page's `console` blocks, and every block behind `<!-- file: PATH -->`.
pub(super) fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in Page::read(page).blocks {
        let marker = block.marker.as_deref().unwrap_or_default();
        if let Some(path) = marker.strip_prefix("file: ") {
            let (path, text) = (path.to_owned(), block.text);
            steps.push(Step::File { path, text });
        } else if block.language == "console" {
            steps.extend(commands(block.line, &block.text));
        }
    }
    steps
}

/// The commands of a block whose fence is at `fence`.
fn commands(fence: usize, block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, line) in block.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step::Command {
                line: fence + 1 + number,
                text: command.to_owned(),
                expected: String::new(),
            });
        } else if let Some(Step::Command { expected, .. }) = steps.last_mut() {
            expected.push_str(line);
            expected.push('\n');
        }
    }
    steps
}

/// Whether `output` is what `expected` says. `[..]` stands for anything within a line; a line
/// of nothing else stands for any lines, or none.
pub(super) fn matches(expected: &str, output: &str) -> bool {
    let expected: Vec<&str> = expected.lines().collect();
    let output: Vec<&str> = output.lines().collect();
    lines_match(&expected, &output)
}

fn lines_match(expected: &[&str], output: &[&str]) -> bool {
    match (expected.split_first(), output.split_first()) {
        (None, None) => true,
        (Some((&"[..]", rest)), _) => {
            (0..=output.len()).any(|skipped| lines_match(rest, &output[skipped..]))
        }
        (Some((line, rest)), Some((found, others))) => {
            line_matches(line, found) && lines_match(rest, others)
        }
        _ => false,
    }
}

fn line_matches(expected: &str, found: &str) -> bool {
    let Some((before, behind)) = expected.split_once("[..]") else {
        return expected == found.trim_end();
    };
    let Some(rest) = found.strip_prefix(before) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| line_matches(behind, &rest[at..]))
}

#[test]
fn a_page_is_read_as_commands_with_their_output_and_files() {
    let page = "text\n\n```console\n$ one\nsays [..]\n$ two\n```\n\n<!-- file: a/b.toml -->\n```toml\nc = 1\n```\n\n```sh\n$ no\n```\n";
    let command = |line, text: &str, expected: &str| Step::Command {
        line,
        text: text.to_owned(),
        expected: expected.to_owned(),
    };
    let file = Step::File {
        path: "a/b.toml".to_owned(),
        text: "c = 1\n".to_owned(),
    };
    assert_eq!(
        steps(page),
        [
            command(4, "one", "says [..]\n"),
            command(6, "two", ""),
            file
        ]
    );
}

#[test]
fn redactions_match_within_a_line_or_lines() {
    assert!(matches("a [..] c\n", "a b c\n"));
    assert!(matches("0x[..]\n", "0xabc\n"));
    assert!(!matches("a [..] c\n", "a b\nc\n"));
    assert!(matches("[..]\nlast\n", "one\ntwo\nlast\n"));
    assert!(matches("first\n[..]\n", "first\n"));
    assert!(!matches("first\n", "first\nsecond\n"));
    assert!(!matches("", "something\n"));
}
