//! Log lines on stderr that never block and never panic: a thread of their own writes them,
//! and lines are dropped when the pipe is full.

use std::io::Write;
use std::sync::mpsc::{SyncSender, sync_channel};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Lines that may wait for a slow reader.
const BACKLOG: usize = 4096;

/// `RUST_LOG` decides what is logged, by targets and levels; without it warnings are, and `-v` adds more.
pub(super) fn start(verbosity: u8) {
    let default = match verbosity {
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
    // Its spans and errors, those of alloy_transport_http too, have the URL of an endpoint with its keys.
    let filter = filter.with_target("alloy_transport", LevelFilter::INFO);
    let (lines, written) = sync_channel::<Vec<u8>>(BACKLOG);
    let writer = std::thread::Builder::new()
        .name("stylus-log".into())
        .spawn(move || {
            for line in written {
                let _ = std::io::stderr().write_all(&line);
            }
        });
    if writer.is_ok() {
        // A subscriber that is set already (in tests) stays.
        let _ = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(Lines(lines))
            .finish()
            .with(filter)
            .try_init();
    }
}

struct Lines(SyncSender<Vec<u8>>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(&self.0)
    }
}

struct Line<'a>(&'a SyncSender<Vec<u8>>);

impl Write for Line<'_> {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.try_send(text.to_vec());
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
