//! The only writer to stdout and stderr.
//!
//! stdout carries results: lines for people, or with `--json` exactly one document. stderr carries
//! everything else: progress (a spinner on a terminal, plain lines otherwise), notes, errors.
//!
//! Much of what is printed comes from files, endpoints and contracts. Whatever is handed over here
//! is printed on one line, without characters that drive a terminal ([`visible`]) and without
//! secrets ([`Output::hide`]). Colors and line breaks are added after that, by this module alone.

mod json;
mod links;
mod outcome;
mod progress;
mod secrets;
mod typed;
mod visible;

pub use outcome::Outcome;
pub use visible::{shortened, visible};

use crate::error::{Exit, Explain, Refusal, Report};
use indicatif::ProgressBar;
use links::Links;
use maud::html;
use secrets::Secrets;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::time::Instant;
use typed::Typed;
use visible::without_commands;

/// Characters of one part of an error for people, at most: a contract can revert with megabytes.
const LONGEST: usize = 4_000;

/// The beginnings of lines whose commands are this program's. A command anywhere else may be somebody's words.
const OWN: [&str; 4] = ["next ", "next:", "next,", "stylus-upgrades "];

/// Writes a text whose commands are typed as they stand.
type Written = dyn Fn(&str) -> String + Send + Sync;

/// The destination of everything that is said.
pub struct Output {
    json: bool,
    quiet: bool,
    /// True if commands and transactions are printed in full.
    print: bool,
    terminal: bool,
    color: bool,
    work: Mutex<Work>,
    secrets: Secrets,
    /// The long words that were typed.
    typed: Typed,
    links: Links,
    /// True if the result was printed, or the failure.
    is_ended: AtomicBool,
    /// The work that a signal would leave half done; empty for nothing.
    half_done: Mutex<&'static str>,
    /// Writes a text whose commands are typed as they stand.
    commands: OnceLock<Box<Written>>,
    /// The fields of every document.
    with_all: Mutex<Map<String, Value>>,
    /// True if something could not be written.
    failed: AtomicBool,
    /// The file to which what endpoints were asked and what they answered is written.
    record: Mutex<Option<File>>,
}

/// The piece of work that is under way.
struct Work {
    bar: Option<ProgressBar>,
    what: String,
    said: Instant,
}

/// The style of a word where colors are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A heading.
    Bold,
    /// Something that does not.
    Bad,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Bad => "31;1",
        }
    }
}

impl Output {
    /// Output in JSON or for people; `quiet` leaves out progress and notes, but no warnings.
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
            print: false,
            terminal: io::stderr().is_terminal(),
            color: !plain && io::stdout().is_terminal(),
            work: Mutex::new(work),
            secrets: Secrets::default(),
            typed: Typed::default(),
            links: Links::default(),
            is_ended: AtomicBool::new(false),
            half_done: Mutex::default(),
            commands: OnceLock::new(),
            with_all: Mutex::default(),
            failed: AtomicBool::new(false),
            record: Mutex::default(),
        }
    }

    /// Writes what endpoints are asked and what they answer to this file from now on, a line of JSON each, without
    /// secrets.
    pub fn record_in(&self, file: File) {
        *self.record_file() = Some(file);
    }

    fn record_file(&self) -> MutexGuard<'_, Option<File>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, exchange: &dyn Fn() -> Value) {
        let mut file = self.record_file();
        if let Some(file) = file.as_mut() {
            let mut exchange = exchange();
            self.hide_in(&mut exchange);
            self.write_exact(file, &exchange.to_string());
        }
    }

    /// The same, which prints commands and transactions in full where `print` is given.
    pub fn printing(mut self, print: bool) -> Self {
        self.print = print;
        self
    }

    /// Returns true if a person sits there who can type a password.
    pub fn has_terminal(&self) -> bool {
        self.terminal && io::stdin().is_terminal()
    }

    /// Hides this text from now on, wherever it turns up.
    pub fn hide(&self, secret: &str) {
        self.secrets.add(secret);
    }

    /// An argument that somebody typed. Errors never repeat a long word of it in full.
    pub fn typed(&self, argument: &str) {
        self.typed.add(argument);
    }

    /// Links transactions to that explorer from now on, wherever one is told of. It ends without a
    /// slash.
    pub fn link_to(&self, explorer: &str) {
        self.links.set_explorer(explorer);
    }

    /// Writes commands so from now on, in what comes next as it is printed for people.
    pub fn write_commands(&self, written: impl Fn(&str) -> String + Send + Sync + 'static) {
        let _ = self.commands.set(Box::new(written));
    }

    /// A line of the result for people; nothing with `--json`.
    pub fn line(&self, text: &str) {
        self.styled_line("", Style::Bold, "", text);
    }

    /// A line whose middle has a style.
    pub fn styled_line(&self, before: &str, style: Style, middle: &str, after: &str) {
        if self.json {
            return;
        }
        let middle = match middle {
            "" => String::new(),
            middle => self.paint(style, &self.safe(middle)),
        };
        let text = format!("{}{middle}{}", self.safe(before), self.safe(after));
        self.suspend(|| self.write(io::stdout(), &text));
    }

    /// A result: its lines, or its document.
    pub fn result(&self, outcome: &Outcome) -> Exit {
        let document = self.document_of(outcome);
        self.is_ended.store(true, Ordering::Relaxed);
        for command in outcome.commands.iter().filter(|_| !self.json) {
            let text = self.safe(command);
            self.suspend(|| self.write_exact(io::stdout(), &text));
        }
        for line in &outcome.lines {
            self.line(line);
        }
        if self.json && !document.is_empty() {
            self.write_document(&document);
        }
        outcome.exit
    }

    /// The document of a result, with links and without secrets.
    pub fn document_of(&self, outcome: &Outcome) -> Map<String, Value> {
        let mut document = outcome.document.clone();
        document.extend(self.with_all().clone());
        if let Some(error) = document.get_mut("error") {
            in_texts(error, &|text| self.typed.abbreviate_in_command(text));
        }
        self.links.in_document(&mut document);
        document.values_mut().for_each(|value| self.hide_in(value));
        document
    }

    /// The document of a failure, without secrets.
    pub fn failure_of(&self, error: &dyn Explain) -> Map<String, Value> {
        let report = serde_json::to_value(self.report_of(error));
        let mut document = Map::new();
        document.insert("error".into(), report.unwrap_or_default());
        document.extend(self.with_all().clone());
        document.values_mut().for_each(|value| self.hide_in(value));
        document
    }

    /// Returns what is said of a failure, without secrets.
    pub fn report_of(&self, error: &dyn Explain) -> Report {
        let shown = |text: String| self.typed.abbreviate(&self.secrets.hide(&text));
        let command = |text: String| self.typed.abbreviate_in_command(&self.secrets.hide(&text));
        let report = Report::of(error);
        Report {
            name: report.name,
            message: shown(report.message),
            details: report.details.into_iter().map(shown).collect(),
            expected: report.expected.map(shown),
            found: report.found.map(shown),
            next: report.next.into_iter().map(command).collect(),
        }
    }

    /// A page without secrets.
    pub fn hide_in_page(&self, page: &str) -> String {
        self.secrets
            .hide_as(page, |secret| html! { (secret) }.into_string())
    }

    /// A document as it is printed.
    pub fn document_text(document: &Map<String, Value>) -> String {
        json::line(document)
    }

    /// Returns true if everything so far reached its reader, or nobody wanted to read it any more.
    pub fn is_written(&self) -> bool {
        !self.failed.load(Ordering::Relaxed)
    }

    /// A failure, on stderr for people, as the document with `--json`.
    pub fn failure(&self, error: &dyn Explain) -> Exit {
        let report = Report::of(error);
        self.is_ended.store(true, Ordering::Relaxed);
        if self.json {
            let mut document = self.failure_of(error);
            self.links.in_document(&mut document);
            self.write_document(&document);
        }
        self.explain(&report);
        error.exit()
    }

    /// Says this in every document from now on, whatever comes of the command.
    /// Whether it was not said already.
    pub fn add_to_all(&self, name: &str, value: impl Into<Value>) -> bool {
        let value = value.into();
        let before = self.with_all().insert(name.into(), value.clone());
        before != Some(value)
    }

    fn with_all(&self) -> MutexGuard<'_, Map<String, Value>> {
        self.with_all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A failure that does not end the command, on stderr.
    pub fn explain(&self, report: &Report) {
        let said = |text: &str| {
            let text = self.typed.abbreviate(&self.secrets.hide(text));
            shortened(&self.shown(&text), LONGEST).into_owned()
        };
        // As rustc's: what `explain` takes.
        let error = format!("error[{}]:", said(&report.name));
        let error = self.paint(Style::Bad, &error);
        let mut text = format!("{error} {}", said(report.headline()));
        for detail in &report.details {
            let detail = self.typed.abbreviate(&self.secrets.hide(detail));
            let detail = self.safe(&detail);
            text.push_str(&format!("\n    {}", shortened(&detail, LONGEST)));
        }
        for (name, value) in report.named() {
            let is_said = name == "found" && report.message.ends_with(value.as_str());
            if !is_said && !report.is_detail(value) {
                let value = match name {
                    "next" => shortened(&self.advice(value), LONGEST).into_owned(),
                    _ => said(value),
                };
                text.push_str(&format!("\n  {name:<9} {value}"));
            }
        }
        self.suspend(|| self.write(io::stderr(), &text));
    }

    /// Writes what comes next, after a note: a line on stderr.
    pub fn advise(&self, next: &str) {
        let text = format!("  next      {}", self.advice(next));
        self.suspend(|| self.write(io::stderr(), &text));
    }

    /// A panic: a fault of this program, told as one.
    pub fn panicked(&self, message: &str, place: &str) {
        let message = shortened(&self.said(message), LONGEST).into_owned();
        let text = format!(
            "error: this program has a bug: {message}\n  found     a panic at {place}\n  \
             next      report it with the command; running the command again is safe: it does \
             nothing twice"
        );
        // Not through `suspend`: the panicking thread may hold its lock.
        self.write(io::stderr(), &text);
    }

    /// Sets what is said where a signal ends the command from now on.
    pub fn if_interrupted(&self, text: &'static str) {
        *self
            .half_done
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = text;
    }

    /// The command is ended by a signal, and `end_others` ends what it has started. Where it has not said what became of
    /// it, says whether it has sent or changed something. Nothing else is printed as long as the result is kept.
    #[must_use]
    pub fn interrupted(&self, end_others: impl FnOnce()) -> impl Sized {
        // Not waited for: another thread may be printing to a reader that does not read.
        let silence = match self.work.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let is_ended = self.is_ended.load(Ordering::Relaxed);
        end_others();
        if !is_ended {
            self.tell_interrupted();
        }
        silence
    }

    fn tell_interrupted(&self) {
        let half_done = self.half_done.lock();
        let half_done = *half_done.unwrap_or_else(PoisonError::into_inner);
        let (text, next) = if self.links.has_some() {
            (
                "a transaction may have been sent: the same command again continues from there",
                "run the same command again",
            )
        } else if half_done.is_empty() {
            ("nothing was sent", "run the same command again")
        } else {
            (
                half_done,
                "look at the changes, then run the same command again",
            )
        };
        // Not through `suspend`, which would wait for the lock.
        if self.json {
            let refusal = Refusal::new("Interrupted", text);
            let refusal = refusal.with("a command that runs to its end", "a signal", next);
            self.write_exact(
                io::stdout(),
                &Self::document_text(&self.failure_of(&refusal)),
            );
        }
        self.write(io::stderr(), text);
    }

    /// The text of a note or a transaction.
    fn said(&self, text: &str) -> String {
        self.shown(&self.secrets.hide(text))
    }

    /// The same of what comes next, with commands as they are typed here.
    fn advice(&self, text: &str) -> String {
        let text = self.typed.abbreviate_in_command(&self.secrets.hide(text));
        self.shown(&self.completed(text))
    }

    /// A line of a result, which may be a command or what comes next.
    fn safe(&self, text: &str) -> String {
        let text = self.secrets.hide(text);
        let begin = text.trim_start();
        if OWN.iter().any(|own| begin.starts_with(own)) {
            self.shown(&self.completed(text))
        } else {
            self.shown(&text)
        }
    }

    /// Text with commands as they are typed here.
    fn completed(&self, text: String) -> String {
        match self.commands.get() {
            Some(written) => written(&text),
            None => text,
        }
    }

    /// Text without secrets, as it may be printed, with links.
    fn shown(&self, text: &str) -> String {
        self.links.in_text(visible(text).into_owned())
    }

    /// Text in a style, where colors are wanted. The text is safe already.
    fn paint(&self, style: Style, text: &str) -> String {
        if self.color {
            format!("\u{1b}[{}m{text}\u{1b}[0m", style.code())
        } else {
            text.to_owned()
        }
    }

    fn write_document(&self, document: &Map<String, Value>) {
        let text = Self::document_text(document);
        self.suspend(|| self.write_exact(io::stdout(), &text));
    }

    /// Hides the secrets in the texts of a document.
    fn hide_in(&self, value: &mut Value) {
        in_texts(value, &|text| self.secrets.hide(text));
    }

    fn to_stderr(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A line on stderr that is printed also where no progress is wanted.
    fn warn(&self, text: &str) {
        let text = self.said(text);
        self.suspend(|| self.write(io::stderr(), &text));
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

    /// Writes a text whose lines are none of a runner's commands, whatever they begin with.
    fn write(&self, to: impl Write, text: &str) {
        let lines: Vec<_> = text.split('\n').map(without_commands).collect();
        self.write_exact(to, &lines.join("\n"));
    }

    /// Writes a line. A reader that has gone needs nothing more; any other trouble is remembered.
    fn write_exact(&self, mut to: impl Write, text: &str) {
        let written = writeln!(to, "{text}").and_then(|()| to.flush());
        if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
            self.failed.store(true, Ordering::Relaxed);
        }
    }
}

/// Changes every text of a document.
fn in_texts(value: &mut Value, change: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| in_texts(value, change)),
        Value::Object(fields) => (fields.values_mut()).for_each(|value| in_texts(value, change)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::Output;
    use crate::error::{Explain, Refusal};

    #[test]
    fn what_is_written_into_a_command_drives_no_terminal() {
        let output = Output::new(true, true);
        output.write_commands(|text| text.replace("status", "--manifest '\u{1b}[2J' status"));
        let shown = output.safe("stylus-upgrades status");
        assert!(
            shown.contains("--manifest") && !shown.contains('\u{1b}'),
            "{shown}"
        );
    }

    #[test]
    fn no_command_in_the_words_of_others_is_completed() {
        let output = Output::new(true, true);
        output.write_commands(|text| text.replace("status", "--network a status"));
        let command = "next: stylus-upgrades status";
        let compiler = Refusal::new("Build", "it does not compile").detailed(command);
        let detail = compiler.report().details.concat();
        let endpoint = format!("limits requests ({command})");
        for shown in [
            output.safe(&detail),
            output.safe(&endpoint),
            output.said(command),
        ] {
            assert!(!shown.contains("--network"), "{shown}");
        }
        let own = "  stylus-upgrades status";
        for shown in [
            output.safe(command),
            output.safe(own),
            output.advice(&endpoint),
        ] {
            assert!(shown.contains("--network"), "{shown}");
        }
    }
}
