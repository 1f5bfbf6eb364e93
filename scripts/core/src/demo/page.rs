//! A page of the book as what its reader does: commands with the output that they have, and files.

/// A step of the page for its reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Read a heading.
    Chapter(String),
    /// Type a command.
    Command {
        /// Its line on the page, from 1.
        line: usize,
        /// The command without its prompt.
        text: String,
        /// The output that it prints; `[..]` stands for anything.
        expected: String,
    },
    /// Write a file.
    File {
        /// Its path below the reader's folder.
        path: String,
        /// The text that it holds.
        text: String,
    },
}

/// Every heading of a chapter, every command in the page's `console` blocks, and every block after
/// `<!-- file: PATH -->`, in order.
pub fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file: Option<String> = None;
    let mut block: Option<&str> = None;
    for (number, line) in page.lines().enumerate() {
        match (block, line.strip_prefix("```")) {
            (None, Some(language)) => {
                block = Some(language);
                if let Some(path) = file.take() {
                    let text = String::new();
                    steps.push(Step::File { path, text });
                    block = Some("file");
                }
            }
            (Some(_), Some(_)) => block = None,
            (Some(language), None) => read(language, number + 1, line, &mut steps),
            (None, None) => {
                if let Some(title) = line.strip_prefix("## ") {
                    steps.push(Step::Chapter(title.to_owned()));
                }
                if !line.is_empty() {
                    let marker = line.strip_prefix("<!-- file: ");
                    file = marker
                        .and_then(|path| path.strip_suffix(" -->"))
                        .map(Into::into);
                }
            }
        }
    }
    steps
}

/// A line of a block.
fn read(language: &str, number: usize, line: &str, steps: &mut Vec<Step>) {
    if language == "console"
        && let Some(command) = line.strip_prefix("$ ")
    {
        let (text, expected) = (command.to_owned(), String::new());
        let line = number;
        return steps.push(Step::Command {
            line,
            text,
            expected,
        });
    }
    match (language, steps.last_mut()) {
        ("file", Some(Step::File { text, .. }))
        | ("console", Some(Step::Command { expected: text, .. })) => {
            text.push_str(line);
            text.push('\n');
        }
        _ => {}
    }
}

/// Returns true if `output` matches `expected`. `[..]` stands for anything within a line; a line of nothing else stands
/// for any lines, or none.
pub fn matches(expected: &str, output: &str) -> bool {
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
    let Some((before, after)) = expected.split_once("[..]") else {
        return expected == found.trim_end();
    };
    let Some(rest) = found.strip_prefix(before) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| line_matches(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_chapters_commands_with_their_output_and_files() {
        let page = "text\n\n## One\n```console\n$ one\nsays [..]\n$ two\n```\n\n<!-- file: a/b.toml -->\n```toml\nc = 1\n```\n\n```sh\n$ no\n```\n";
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
                Step::Chapter("One".to_owned()),
                command(5, "one", "says [..]\n"),
                command(7, "two", ""),
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
}
