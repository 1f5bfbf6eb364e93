//! Reading a page: commands and what they print.

/// A command of the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its line on the page, from 1.
    pub(super) line: usize,
    pub(super) command: String,
    /// What it prints; `[..]` stands for anything.
    pub(super) expected: String,
}

/// Every command in the page's `console` blocks.
pub(super) fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if !inside {
        } else if let Some(command) = line.strip_prefix("$ ") {
            let step = Step {
                line: number + 1,
                command: command.to_owned(),
                expected: String::new(),
            };
            steps.push(step);
        } else if let Some(step) = steps.last_mut() {
            step.expected.push_str(line);
            step.expected.push('\n');
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
fn a_page_is_read_as_commands_with_their_output() {
    let page = "text\n```console\n$ one\nsays [..]\n$ two\n```\n```sh\n$ no\n```\n";
    let read = steps(page);
    assert_eq!(read.len(), 2);
    assert_eq!(
        (
            read[0].line,
            read[0].command.as_str(),
            read[0].expected.as_str()
        ),
        (3, "one", "says [..]\n")
    );
    assert_eq!(
        (read[1].command.as_str(), read[1].expected.as_str()),
        ("two", "")
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
