//! Lines that never block and never panic: a thread of their own writes them, and they are dropped when the pipe is full. Log
//! lines go to stderr, what authors look for to stdout, or to stderr where stdout is another program's.

use std::fmt::Debug;
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::terminal;

/// Lines that may wait for a slow reader.
const BACKLOG: usize = 4096;
/// The time for which lines are gathered to be written at once: a wake-up of the thread costs more than a line.
const GATHER: Duration = Duration::from_millis(5);

/// The stream that gets the lines that authors look for.
#[derive(Clone, Copy)]
pub(super) enum LogStream {
    Stdout,
    Stderr,
}

/// `RUST_LOG` decides what is logged, by targets and levels; without it warnings are, and `-v` adds more. `quiet` leaves only
/// what `RUST_LOG` names.
pub(super) fn start(verbosity: u8, quiet: bool, authors: LogStream) {
    let default = match verbosity {
        _ if quiet => "off",
        // Requests that end early are the client's affair.
        0 => "warn,jsonrpsee-server=error,stylus_devnode::fork=info",
        1 => "info",
        _ => "debug",
    };
    let named = std::env::var("RUST_LOG").unwrap_or_default();
    let filter = match named.parse::<Targets>() {
        Ok(filter) if !named.is_empty() => filter,
        _ => default.parse().unwrap_or_default(),
    };
    let filter = filter
        // Its spans and errors, those of alloy_transport_http too, have the URL of an endpoint with its keys.
        .with_target("alloy_transport", LevelFilter::INFO)
        .with_target(terminal::TARGET, LevelFilter::OFF);
    let lines = match authors {
        LogStream::Stdout => written("stylus-lines", std::io::stdout),
        LogStream::Stderr => written("stylus-lines", std::io::stderr),
    };
    let (Some(log), Some(lines)) = (written("stylus-log", std::io::stderr), lines) else {
        return;
    };
    let log = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(log)
        .with_filter(filter);
    let authors = lines.with_filter(filter_fn(move |event| {
        !quiet && event.target() == terminal::TARGET
    }));
    // A subscriber that is set already (in tests) stays.
    let _ = tracing_subscriber::registry()
        .with(log)
        .with(authors)
        .try_init();
}

/// A thread that writes lines; nothing where there is none to be had.
fn written<W: Write>(name: &str, to: impl Fn() -> W + Send + 'static) -> Option<LogWriter> {
    let (lines, written) = sync_channel(BACKLOG);
    let write = move || write_all(&written, to);
    let thread = std::thread::Builder::new().name(name.into()).spawn(write);
    thread.ok().map(|_| LogWriter(lines))
}

fn write_all<W: Write>(lines: &Receiver<Vec<u8>>, to: impl Fn() -> W) {
    while let Ok(mut text) = lines.recv() {
        std::thread::sleep(GATHER);
        lines.try_iter().for_each(|line| text.extend(line));
        let mut to = to();
        let _ = to.write_all(&text).and_then(|()| to.flush());
    }
}

#[derive(Clone)]
struct LogWriter(SyncSender<Vec<u8>>);

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = LogLine<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        LogLine(&self.0)
    }
}

/// A text as it is, without time and level.
impl<S: Subscriber> Layer<S> for LogWriter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = MessageText(Vec::new());
        event.record(&mut text);
        let _ = self.0.try_send(text.0);
    }
}

struct MessageText(Vec<u8>);

impl Visit for MessageText {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

struct LogLine<'a>(&'a SyncSender<Vec<u8>>);

impl Write for LogLine<'_> {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.try_send(text.to_vec());
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
