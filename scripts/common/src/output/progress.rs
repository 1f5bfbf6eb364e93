//! Progress and notes on stderr: a spinner on a terminal, plain lines otherwise.

use super::{Output, Work};
use crate::ids::TxHash;
use crate::progress::Progress;
use crate::text::grouped;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::io;
use std::time::{Duration, Instant};

/// The time between two plain lines which tell that work continues.
const PLAIN_PAUSE: Duration = Duration::from_secs(5);

/// The beginning of a note that is printed also where no progress is wanted.
const WARNING: &str = "warning: ";

impl Output {
    /// A plain line from time to time, where there is no bar.
    fn plain(&self, work: &mut Work, text: &str) {
        if !self.quiet && work.said.elapsed() >= PLAIN_PAUSE {
            work.said = Instant::now();
            self.write(io::stderr(), text);
        }
    }
}

impl Progress for Output {
    fn begin(&self, what: &str) {
        let mut work = self.work();
        work.what = self.said(what);
        work.said = Instant::now();
        let text = format!("{} …", work.what);
        if self.quiet {
            return;
        }
        if self.terminal {
            let bar = ProgressBar::new_spinner().with_message(text);
            restyle(&bar, "{spinner} {msg} {elapsed}");
            bar.enable_steady_tick(Duration::from_millis(100));
            work.bar = Some(bar);
        } else {
            self.write(io::stderr(), &text);
        }
    }

    fn tick(&self, detail: &str) {
        let mut work = self.work();
        let text = format!("{} … {}", work.what, self.said(detail));
        match &work.bar {
            Some(bar) => bar.set_message(text),
            None => self.plain(&mut work, &text),
        }
    }

    fn advance(&self, done: u64, total: u64, unit: &str, detail: &str) {
        let (unit, detail) = (self.said(unit), self.said(detail));
        let mut work = self.work();
        let what = work.what.clone();
        let Some(bar) = &work.bar else {
            let count = format!("{}/{} {unit}", grouped(done), grouped(total));
            return self.plain(&mut work, &format!("{what} … {count}, {detail}"));
        };
        if bar.length() != Some(total) {
            bar.set_length(total);
            restyle(
                bar,
                "{spinner} {msg}\n  {bar:30} {human_pos}/{human_len} {prefix}",
            );
        }
        bar.set_prefix(unit);
        bar.set_position(done);
        bar.set_message(format!("{what} … {detail}"));
    }

    fn begin_on_terminal(&self, what: &str) {
        if self.terminal {
            self.begin(what);
        }
    }

    fn advance_on_terminal(&self, done: u64, total: u64, unit: &str, detail: &str) {
        let has_bar = self.work().bar.is_some();
        if has_bar {
            self.advance(done, total, unit, detail);
        }
    }

    fn end(&self, what: &str) {
        let mut work = self.work();
        let is_new = work.what != self.said(what);
        let had_bar = work.bar.take().map(|bar| bar.finish_and_clear()).is_some();
        drop(work);
        // A plain line said the same when the work began.
        if !what.is_empty() && (had_bar || is_new) {
            self.to_stderr(what);
        }
    }

    fn exchanged(&self, exchange: &dyn Fn() -> Value) {
        self.record(exchange);
    }

    fn note(&self, text: &str) {
        if text.starts_with(WARNING) {
            self.warn(text)
        } else {
            self.to_stderr(text)
        }
    }

    fn transaction(&self, tx: TxHash) {
        self.links.add(&tx.to_string());
    }

    fn not_sent(&self, tx: TxHash) {
        self.links.remove(&tx.to_string());
    }

    fn command(&self, text: &str) {
        if self.print {
            let text = format!("$ {}", self.said(text));
            self.suspend(|| self.write(io::stderr(), &text));
        }
    }
}

fn restyle(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(bar) = self.work().bar.take() {
            bar.finish_and_clear();
        }
    }
}
