//! The only writer to stdout and stderr.
//!
//! stdout carries results: lines for people, or with `--json` exactly one document. stderr carries
//! everything else: progress (a spinner on a terminal, plain lines otherwise), notes, errors.

use crate::error::{Exit, Explain, Report};
use crate::progress::Progress;
use crate::text::grouped;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often plain lines tell that work goes on.
const PLAIN_PAUSE: Duration = Duration::from_secs(5);

/// What a command has to say.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For programs: the fields of the document.
    pub document: Map<String, Value>,
    /// For people: lines, in order.
    pub lines: Vec<String>,
    /// How it ended, if not well.
    pub exit: Option<Exit>,
}

impl Outcome {
    /// Adds a field to the document.
    pub fn field(&mut self, name: &str, value: impl Serialize) {
        self.document
            .insert(name.into(), serde_json::to_value(value).unwrap_or_default());
    }

    /// Adds a line for people.
    pub fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }
}

/// Where everything that is said goes.
pub struct Output {
    json: bool,
    quiet: bool,
    terminal: bool,
    colour: bool,
    work: Mutex<Work>,
}

/// The piece of work that is going on.
struct Work {
    bar: Option<ProgressBar>,
    what: String,
    said: Instant,
}

impl Output {
    /// Output in JSON or for people; `quiet` leaves out progress and notes.
    pub fn new(json: bool, quiet: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let work = Work {
            bar: None,
            what: String::new(),
            said: Instant::now(),
        };
        Self {
            json,
            quiet,
            terminal: std::io::stderr().is_terminal(),
            colour: !plain && std::io::stdout().is_terminal(),
            work: Mutex::new(work),
        }
    }

    /// Whether a document is asked for.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the result for people; nothing with `--json`.
    pub fn line(&self, text: &str) {
        if !self.json {
            self.suspend(|| write(std::io::stdout(), text));
        }
    }

    /// A result: its lines, or its document.
    pub fn result(&self, outcome: &Outcome) -> Exit {
        for line in &outcome.lines {
            self.line(&harmless(line));
        }
        if self.json && !outcome.document.is_empty() {
            self.document(&outcome.document);
        }
        outcome.exit.unwrap_or(Exit::Done)
    }

    /// A failure, on stderr for people, as the document with `--json`.
    pub fn failure(&self, error: &dyn Explain) -> Exit {
        let report = Report::of(error);
        if self.json {
            let mut document = Map::new();
            document.insert(
                "error".into(),
                serde_json::to_value(&report).unwrap_or_default(),
            );
            self.document(&document);
        }
        self.explain(&report);
        error.exit()
    }

    /// A failure that does not end the command, on stderr.
    pub fn explain(&self, report: &Report) {
        let error = self.paint("31;1", "error:");
        let mut text = format!("{error} {}", harmless(&report.message));
        for (name, value) in [
            ("expected", &report.expected),
            ("found", &report.found),
            ("next", &report.next),
        ] {
            if let Some(value) = value {
                text.push_str(&format!("\n  {name:<9} {}", harmless(value)));
            }
        }
        self.suspend(|| write(std::io::stderr(), &text));
    }

    /// Text in a colour, where colours are wanted.
    pub fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn document(&self, document: &Map<String, Value>) {
        let text = serde_json::to_string(document).unwrap_or_default();
        self.suspend(|| write(std::io::stdout(), &text));
    }

    fn aside(&self, text: &str) {
        if !self.quiet {
            self.suspend(|| write(std::io::stderr(), &harmless(text)));
        }
    }

    fn suspend(&self, print: impl FnOnce()) {
        match &self.work().bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Output {
    fn begin(&self, what: &str) {
        let mut work = self.work();
        work.what = what.to_owned();
        work.said = Instant::now();
        if self.quiet {
            return;
        }
        if self.terminal {
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            let bar = ProgressBar::new_spinner().with_message(format!("{what} …"));
            let bar = style
                .map(|style| bar.clone().with_style(style))
                .unwrap_or(bar);
            bar.enable_steady_tick(Duration::from_millis(100));
            work.bar = Some(bar);
        } else {
            write(std::io::stderr(), &format!("{what} …"));
        }
    }

    fn tick(&self, detail: &str) {
        let mut work = self.work();
        if let Some(bar) = &work.bar {
            bar.set_message(format!("{} … {detail}", work.what));
        } else if !self.quiet && work.said.elapsed() >= PLAIN_PAUSE {
            work.said = Instant::now();
            write(std::io::stderr(), &format!("{} … {detail}", work.what));
        }
    }

    fn advance(&self, done: u64, total: u64, detail: &str) {
        let mut work = self.work();
        if let Some(bar) = &work.bar {
            if bar.length() != Some(total) {
                bar.set_length(total);
                let style = ProgressStyle::with_template(
                    "{spinner} {msg}\n  {bar:30} {human_pos}/{human_len}",
                );
                if let Ok(style) = style {
                    bar.set_style(style);
                }
            }
            bar.set_position(done);
            bar.set_message(format!("{} … {detail}", work.what));
        } else if !self.quiet && work.said.elapsed() >= PLAIN_PAUSE {
            work.said = Instant::now();
            let (done, total) = (grouped(done), grouped(total));
            let text = format!("{} … {done}/{total} items, {detail}", work.what);
            write(std::io::stderr(), &text);
        }
    }

    fn end(&self, what: &str) {
        if let Some(bar) = self.work().bar.take() {
            bar.finish_and_clear();
        }
        self.aside(what);
    }

    fn note(&self, text: &str) {
        self.aside(text);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(bar) = self.work().bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// Text without what could drive a terminal: much of it comes from files, endpoints and contracts.
fn harmless(text: &str) -> String {
    let is_harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    text.chars()
        .map(|c| if is_harmful(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Writes a line; a reader that has gone is no error of ours.
fn write(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{text}");
    let _ = to.flush();
}
