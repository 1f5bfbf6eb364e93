//! One shell for the whole page, so that variables of one command are visible to the next.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use stylus_upgrades_harness::{command_line, home};

/// A line that no command of the page prints.
const END: &str = "-- end of output --";

/// Keeps the exit code of the page's command over our own commands.
const SAVE: &str = "saved=$status";
const RESTORE: &str = "(exit ${saved:-0})\n";

/// A running shell; ended when dropped.
pub(super) struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What the last command wrote to the error stream.
    errors: PathBuf,
}

impl Shell {
    /// A shell with the programs in `tools` before all others, and without what this machine's user has
    /// set for them.
    pub(super) fn command(tools: &Path) -> Command {
        let path = format!(
            "{}:{}",
            tools.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut command = command_line(Path::new("sh")).expect("the workspace");
        command
            .env_remove("STYLUS_UPGRADES_HOME")
            // What the contracts of the pages depend on is compiled there already.
            .env("CARGO_TARGET_DIR", home().join("target"))
            .env("PATH", path)
            .env("NO_COLOR", "1")
            .env_remove("RPC_URL");
        command
    }

    /// Starts one in `folder`, whose commands ask `chain` wherever the manifest says that a chain is.
    pub(super) fn start(folder: &Path, tools: &Path, chain: &str) -> Self {
        let mut command = Self::command(tools);
        command
            .env("ETH_RPC_URL", chain)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("a shell");
        let input = child.stdin.take().expect("its input");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self {
            child,
            input,
            output,
            errors: tools.join("errors"),
        }
    }

    /// Runs a command and returns what it printed: its result, and after it the error stream
    /// where it failed (where it did not, that stream only says how it continues). Its exit code
    /// is what `$?` is for the next one.
    pub(super) fn run(&mut self, command: &str) -> String {
        let errors = self.errors.display();
        let line = format!(
            "exec 2>'{errors}'\n{RESTORE}{command}\nstatus=$?\n\
             [ $status = 0 ] || cat '{errors}'; printf '\\n%s\\n' '{END}'; {SAVE}\n"
        );
        self.input
            .write_all(line.as_bytes())
            .expect("the shell listens");
        let mut printed = String::new();
        loop {
            let before = printed.len();
            let read = self
                .output
                .read_line(&mut printed)
                .expect("the shell prints text");
            assert!(read > 0, "the shell ended in: {command}\n{printed}");
            if printed[before..].trim_end() == END {
                printed.truncate(before);
                return printed.strip_suffix('\n').unwrap_or(&printed).to_owned();
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
