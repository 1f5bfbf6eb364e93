//! Progress as plain lines on the error stream.

use std::io::Write;

use stylus_upgrades_common::progress::Progress;

/// Says what long work is doing, a line each. It writes to the stream itself: what goes through
/// `eprintln!` is held back by the test runner, and silence would look like a hang.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lines;

impl Progress for Lines {
    fn begin(&self, what: &str) {
        say(what);
    }

    fn end(&self, what: &str) {
        say(what);
    }

    fn note(&self, text: &str) {
        say(text);
    }
}

/// Nobody may be listening; that is no reason for a test to fail.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "    {text}");
}
