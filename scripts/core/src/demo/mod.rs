//! The demo: the walkthrough of the book on a chain of its own. Every command is run by this very program, and what
//! it prints is compared with the page.

pub mod page;

use crate::app_error::Error;
use crate::manifest::{FILE, Manifest};
use crate::output::{Output, Style};
use crate::own_file::io;
use crate::text::words_of;
use alloy::primitives::Address;
use page::{Step, matches, steps};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use stylus_devnode::{NodeConfig, NodeHandle, spawn};

/// The page, as `docs/walkthrough.md` has it.
pub const WALKTHROUGH: &str = include_str!("walkthrough.md");
/// The address at which the chain listens, as the page says.
const ENDPOINT: &str = "http://127.0.0.1:8547";
/// The beginning of every command of the page.
const PROGRAM: &str = "stylus-upgrades ";
/// The command of the page that starts the chain. The demo has started it.
const NODE: &str = "stylus-upgrades node";
/// Beginnings of variables that would override the manifest of the page, or have its project treated as a pull
/// request's.
const ANSWERS: [&str; 5] = ["ETH_", "STYLUS_UPGRADES_", "PRIVATE_KEY", "CI", "GITHUB_"];
/// Digits of a number from which on it is shortened for people: addresses and hashes.
const LONG: usize = 40;

/// The record of a run of the demo.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    /// True if every command printed the text of the page.
    pub ok: bool,
    /// Every command, in the order of the page.
    pub commands: Vec<Done>,
    /// Seconds from start to end.
    pub seconds: f64,
}

/// A command of the page.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// Its line on the page, from 1.
    pub line: usize,
    /// The command.
    pub command: String,
    /// Its exit code; nothing where a signal ended it.
    pub exit: Option<i32>,
    /// True if it printed the text of the page.
    pub ok: bool,
}

/// The record of a run, and the chain that it leaves behind.
pub struct Played {
    /// The record of the run.
    pub document: Document,
    /// The chain, which ends with its handle.
    pub node: NodeHandle,
    /// The registry of the page; nothing where it was not deployed.
    pub registry: Option<Address>,
}

/// Starts a chain and runs the page on it. `framework_from` is the clone whose framework is meant, if it is not the
/// pinned one.
///
/// # Errors
/// A chain that does not start, and a folder that cannot be written.
pub fn run(output: &Arc<Output>, framework_from: Option<&Path>) -> Result<Played, Error> {
    let begun = Instant::now();
    let node = spawn(NodeConfig::default())?;
    let folder = tempfile::tempdir().map_err(io("written", &std::env::temp_dir()))?;
    let reader = Reader {
        folder: folder.path(),
        endpoint: node.endpoint(),
        framework_from: framework_from.map(canonical),
    };
    let mut commands = Vec::new();
    for step in steps(WALKTHROUGH) {
        match step {
            Step::Chapter(title) => {
                output.line("");
                output.styled_line("", Style::Bold, &title, "");
            }
            Step::File { path, text } => reader.write(&path, &text)?,
            Step::Command { text, .. } if text == NODE => {
                output.line(&format!("  $ {NODE}    (here: {})", reader.endpoint));
            }
            Step::Command {
                line,
                text,
                expected,
            } => {
                let (exit, printed) = reader.run(&text)?;
                let ok = matches(&expected, &printed);
                show(output, &text, &printed, (!ok).then_some(&expected));
                commands.push(Done {
                    line,
                    command: text,
                    exit,
                    ok,
                });
            }
        }
    }
    let registry = Manifest::read(&reader.folder.join(FILE))?.registry;
    let document = Document {
        ok: commands.iter().all(|done| done.ok),
        commands,
        seconds: (begun.elapsed().as_secs_f64() * 10.0).round() / 10.0,
    };
    Ok(Played {
        document,
        node,
        registry,
    })
}

/// A reader who types the page, in a folder of their own.
struct Reader<'a> {
    folder: &'a Path,
    endpoint: String,
    framework_from: Option<PathBuf>,
}

impl Reader<'_> {
    fn write(&self, path: &str, text: &str) -> Result<(), Error> {
        let text = text.replace(ENDPOINT, &self.endpoint);
        let path = self.folder.join(path);
        Ok(std::fs::write(&path, text).map_err(io("written", &path))?)
    }

    /// Runs a command; its exit code and what it printed: its result, then the error stream where it
    /// failed.
    fn run(&self, text: &str) -> Result<(Option<i32>, String), Error> {
        let program = std::env::current_exe().map_err(io("found", Path::new(PROGRAM)))?;
        let words = text.strip_prefix(PROGRAM).and_then(shlex::split);
        let mut command = Command::new(&program);
        command
            .args(words.unwrap_or_default())
            .current_dir(self.folder);
        for (name, _) in std::env::vars_os() {
            let is_answer = |prefix: &&str| name.to_string_lossy().starts_with(prefix);
            if ANSWERS.iter().any(is_answer) {
                command.env_remove(&name);
            }
        }
        for folder in ["XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env(folder, self.folder.join(folder));
        }
        if let Some(clone) = &self.framework_from {
            command.arg("--framework-from").arg(clone);
            command.env("STYLUS_UPGRADES_HOME", clone);
        }
        let done = command
            .env("NO_COLOR", "1")
            .output()
            .map_err(io("run", &program))?;
        let mut printed = String::from_utf8_lossy(&done.stdout).into_owned();
        if !done.status.success() {
            printed.push_str(&String::from_utf8_lossy(&done.stderr));
        }
        let folder = self.folder.display().to_string();
        Ok((done.status.code(), printed.replace(&folder, ".")))
    }
}

/// A command for people, with what it printed, and what the page says where that is something else.
fn show(output: &Output, command: &str, printed: &str, expected: Option<&String>) {
    output.styled_line("  $ ", Style::Bold, command, "");
    for line in printed.lines() {
        output.line(&format!("    {}", shortened(line)));
    }
    if let Some(expected) = expected {
        output.styled_line("  ", Style::Bad, "✗", " the page says:");
        for line in expected.lines() {
            output.line(&format!("    {line}"));
        }
    }
}

/// The line with its addresses and hashes shortened.
fn shortened(line: &str) -> String {
    let words = words_of(line, |letter| letter.is_ascii_alphanumeric());
    words
        .map(|(before, word)| match word.strip_prefix("0x") {
            Some(digits) if digits.len() >= LONG => {
                let (first, last) = (&digits[..4], &digits[digits.len() - 4..]);
                format!("{before}0x{first}…{last}")
            }
            _ => format!("{before}{word}"),
        })
        .collect()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_page_is_one_that_the_demo_can_run() {
        let commands = steps(WALKTHROUGH)
            .into_iter()
            .filter_map(|step| match step {
                Step::Command { text, .. } => Some(text),
                _ => None,
            });
        let commands: Vec<_> = commands.collect();
        assert!(commands.len() > 50, "{}", commands.len());
        for command in commands {
            let words = command.strip_prefix(PROGRAM).and_then(shlex::split);
            let words = words.unwrap_or_else(|| panic!("{command} is no command of this program"));
            let shell = |word: &String| word.starts_with(['>', '|', '$', '&', ';']);
            assert!(!words.iter().any(shell), "{command} needs a shell");
        }
    }

    #[test]
    fn long_numbers_are_shortened_for_people() {
        let address = "(0x6F083A9ef35f290b0Df20CAabb8A0fEb2bd5A067) 0x8e773fd3";
        assert_eq!(shortened(address), "(0x6F08…A067) 0x8e773fd3");
    }
}
