//! The command line as a process: how it is started, and what a run of it came to.

use crate::prelude::*;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades_harness::command_line;
use stylus_upgrades_test_support::outer_variables;

/// The program under test.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cli"))
}

/// It with these words, in a folder, and without the keys and endpoints of who runs the tests.
pub(crate) fn command(folder: &Path, words: &(impl Words + ?Sized)) -> Command {
    let mut command = command_line(program()).expect("the workspace");
    for name in outer_variables() {
        command.env_remove(name);
    }
    command.args(words.list()).current_dir(folder);
    command
}

/// A file with a private key, which only its owner reads.
pub(crate) fn key_file(path: &Path, signer: &PrivateKeySigner) {
    std::fs::write(path, signer.to_bytes().to_string()).expect("a key file");
    let private = PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, private).expect("set");
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit: Option<i32>,
    /// What it was killed by.
    pub(crate) signal: Option<i32>,
    /// Its document.
    pub(crate) document: Value,
    /// What it printed for people, where no document was asked for.
    pub(crate) printed: String,
    pub(crate) stderr: String,
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let document = serde_json::from_slice(&output.stdout);
        let printed = match &document {
            Ok(_) => String::new(),
            Err(_) => String::from_utf8_lossy(&output.stdout).into_owned(),
        };
        Self {
            exit: output.status.code(),
            signal: output.status.signal(),
            document: document.unwrap_or_default(),
            printed,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Answer {
    /// Runs a command that ends with one document.
    #[track_caller]
    pub(crate) fn of(mut command: Command) -> Self {
        let answer = Self::from(command.output().expect("it starts"));
        assert!(!answer.document.is_null(), "one document: {answer:?}");
        answer
    }

    /// Asserts its exit code.
    #[track_caller]
    pub(crate) fn ends_with(&self, code: i32) -> &Self {
        let said = (&self.printed, &self.stderr);
        assert_eq!(self.exit, Some(code), "{:#}\n{said:?}", self.document);
        self
    }

    /// Asserts that it was refused under that name.
    #[track_caller]
    pub(crate) fn is_refused(&self, name: &str) -> &Self {
        let found = (self.exit, self.error("name"));
        assert_eq!(found, (Some(1), name), "{self:?}");
        self
    }

    /// The flags that allow what it was refused for.
    pub(crate) fn accepts(&self) -> String {
        let found = self.error("found").split(", ");
        let flags: Vec<String> = found.map(|id| format!("--accept {id}")).collect();
        flags.join(" ")
    }

    /// The sentences of its error, for a snapshot.
    pub(crate) fn refusal(&self) -> String {
        refusal(&self.document)
    }

    /// A member of its error.
    pub(crate) fn error(&self, member: &str) -> &str {
        self.document["error"][member].as_str().unwrap_or_default()
    }
}

/// Runs a command to its end without stopping this thread.
pub(crate) async fn finished(mut command: Command) -> Answer {
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    output.expect("no panic").expect("it starts").into()
}

/// Who runs commands that end with a document.
pub(crate) trait Runs {
    fn run(&self, words: &(impl Words + ?Sized)) -> Answer;

    /// Its document, where it has to succeed.
    #[track_caller]
    fn done(&self, words: &(impl Words + ?Sized)) -> Value {
        let answer = self.run(words);
        answer.ends_with(0);
        answer.document
    }
}

/// The words of another command in place of the first one.
pub(crate) fn instead(command: &str, words: &str) -> String {
    let (_, rest) = words.split_once(' ').expect("words after the command");
    format!("{command} {rest}")
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}
