//! Code blocks that are excerpts of a file.

/// An excerpt: lines of a file, in its order. A line of `…` stands for lines that are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// The runs of lines between what is left out.
    runs: Vec<Vec<&'a str>>,
}

/// An excerpt that is not in its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these lines do not follow each other in the file:\n{}", lines.join("\n"))]
pub struct Mismatch {
    /// The lines.
    pub lines: Vec<String>,
}

impl<'a> Excerpt<'a> {
    /// Reads a code block.
    pub fn read(block: &'a str) -> Self {
        let lines: Vec<&str> = block.lines().map(str::trim).collect();
        let runs = lines
            .split(|line| *line == "…")
            .map(|run| {
                let filled = |line: &&str| !line.is_empty();
                run.iter().copied().filter(filled).collect::<Vec<_>>()
            })
            .filter(|run| !run.is_empty())
            .collect();
        Self { runs }
    }

    /// Whether the file has every line, in this order, but for indentation and empty lines. What
    /// stands in a doc comment counts without the comment's slashes.
    pub fn check(&self, file: &str) -> Result<(), Mismatch> {
        self.check_lines(file, str::trim).or_else(|mismatch| {
            let checked = self.check_lines(file, |line| {
                let line = line.trim();
                let words = line.strip_prefix("//!").or(line.strip_prefix("///"));
                words.map_or("", str::trim)
            });
            checked.map_err(|_| mismatch)
        })
    }

    fn check_lines(&self, file: &str, read: impl Fn(&str) -> &str) -> Result<(), Mismatch> {
        let mut rest: Vec<&str> = file.lines().map(read).collect();
        rest.retain(|line| !line.is_empty());
        let mut rest = &rest[..];
        for run in &self.runs {
            let found = rest.windows(run.len()).position(|window| window == run);
            let Some(at) = found else {
                let lines = run.iter().map(|line| (*line).to_owned()).collect();
                return Err(Mismatch { lines });
            };
            rest = &rest[at + run.len()..];
        }
        Ok(())
    }
}

#[test]
fn an_excerpt_follows_its_file() {
    let file = "fn a() {\n    one();\n\n    two();\n    three();\n}\n";
    let check = |block: &str| Excerpt::read(block).check(file).is_ok();
    assert!(check("one();\ntwo();\n"));
    assert!(check("fn a() {\n  …\n  three();\n}\n"));
    assert!(!check("two();\none();\n"));
    assert!(!check("one();\nthree();\n"));
    assert!(!check("three();\n…\none();\n"));
    assert!(!check("three()\n"));
    let comment = Excerpt::read("a = 1\nb = 2\n");
    assert!(comment.check("//! a = 1\n//!\n//! b = 2\nuse x;\n").is_ok());
    assert!(comment.check("//! a = 1\nuse x;\n").is_err());
}
