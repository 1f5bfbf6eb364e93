//! The only writer to stdout and stderr. A pipe that its reader closed is no error.

use std::io::Write;

/// Standard output, flushed after every line: wrappers read it through a pipe.
pub(super) struct LineOutput {
    quiet: bool,
}

impl LineOutput {
    pub(super) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Writes a line, unless quiet. A closed pipe is ignored.
    pub(super) fn line(&self, text: &str) {
        if !self.quiet {
            let mut stdout = std::io::stdout().lock();
            let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        }
    }
}

/// Says on stderr why the process ends.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "Error: {text}");
}
