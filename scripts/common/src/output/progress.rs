//! Progress and notes on stderr: a spinner on a terminal, plain lines otherwise.

use super::Output;
use crate::ids::TxHash;
use crate::progress::Progress;
use crate::text::grouped;
use indicatif::{ProgressBar, ProgressStyle};
use std::io;
use std::time::{Duration, Instant};

/// How often plain lines tell that work goes on.
const PLAIN_PAUSE: Duration = Duration::from_secs(5);

/// What a note begins with that is printed also where no progress is wanted.
const WARNING: &str = "warning: ";

impl Progress for Output {
    fn begin(&self, what: &str) {
        let what = self.safe(what);
        let mut work = self.work();
        work.what = what.clone();
        work.now = Some(what.clone());
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
            self.write(io::stderr(), &format!("{what} …"));
        }
    }

    fn tick(&self, detail: &str) {
        let detail = self.safe(detail);
        let mut work = self.work();
        work.now = Some(format!("{} … {detail}", work.what));
        if let Some(bar) = &work.bar {
            bar.set_message(format!("{} … {detail}", work.what));
        } else if !self.quiet && work.said.elapsed() >= PLAIN_PAUSE {
            work.said = Instant::now();
            self.write(io::stderr(), &format!("{} … {detail}", work.what));
        }
    }

    fn advance(&self, done: u64, total: u64, unit: &str, detail: &str) {
        let (unit, detail) = (self.safe(unit), self.safe(detail));
        let mut work = self.work();
        let count = format!("{}/{} {unit}", grouped(done), grouped(total));
        work.now = Some(format!("{} … {count}, {detail}", work.what));
        if let Some(bar) = &work.bar {
            if bar.length() != Some(total) {
                bar.set_length(total);
                let style = ProgressStyle::with_template(
                    "{spinner} {msg}\n  {bar:30} {human_pos}/{human_len} {prefix}",
                );
                if let Ok(style) = style {
                    bar.set_style(style);
                }
            }
            bar.set_prefix(unit);
            bar.set_position(done);
            bar.set_message(format!("{} … {detail}", work.what));
        } else if !self.quiet && work.said.elapsed() >= PLAIN_PAUSE {
            work.said = Instant::now();
            if let Some(text) = &work.now {
                self.write(io::stderr(), text);
            }
        }
    }

    fn end(&self, what: &str) {
        let mut work = self.work();
        work.now = None;
        let is_new = work.what != self.safe(what);
        let had_bar = work.bar.take().map(|bar| bar.finish_and_clear()).is_some();
        drop(work);
        // A plain line said the same when the work began.
        if !what.is_empty() && (had_bar || is_new) {
            self.to_stderr(what);
        }
    }

    fn note(&self, text: &str) {
        match text.starts_with(WARNING) {
            true => self.warn(text),
            false => self.to_stderr(text),
        }
    }

    fn transaction(&self, tx: TxHash) {
        self.links.add(&tx.to_string());
    }

    fn command(&self, text: &str) {
        if self.print {
            let text = format!("$ {}", self.safe(text));
            self.suspend(|| self.write(io::stderr(), &text));
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(bar) = self.work().bar.take() {
            bar.finish_and_clear();
        }
    }
}
