//! The binary `stylus-devnode`: anvil's process contract around a node.

mod banner;
mod config_out;
mod flags;
mod fork_flags;
mod logging;
mod output;
mod refuse;
mod settings;

use std::os::unix::process::parent_id;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{CommandFactory, FromArgMatches};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::NodeConfig;
use crate::error::NodeError;
use crate::handle::{NodeHandle, spawn};
use crate::server::raise_file_limit;
use flags::NodeFlags;
use logging::LogStream;
use output::LineOutput;

/// The interval at which `--until-parent-exits` looks.
const ORPHAN_CHECK: Duration = Duration::from_millis(200);

/// Parses the command line, serves until SIGTERM or SIGINT, saves the state.
///
/// Exit codes: 0 after a signal, 1 when the node could not start or save, 2 for a command line
/// that is not understood or asks for what this node does not do.
pub fn main() -> ExitCode {
    let flags = match parsed(std::env::args_os()) {
        Ok(Ok(flags)) => flags,
        Ok(Err(refusal)) => {
            output::complain(&refusal);
            return ExitCode::from(2);
        }
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(&flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.to_string());
            match error {
                NodeError::Usage(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// The binary itself. Everything that wrappers parse is printed before the ready line.
fn run(flags: &NodeFlags) -> Result<(), NodeError> {
    let output = LineOutput::new(flags.quiet);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ready = |config: &NodeConfig, node: &NodeHandle| {
        for line in start_up_lines(&flags.host, config, node)? {
            output.line(&line);
        }
        Ok(())
    };
    runtime.block_on(live(flags, LogStream::Stdout, ready))
}

/// Serves as a command line says until SIGTERM, SIGINT or, where that counts, the parent's end; for other
/// programs. `ready` is called once the node answers, with the start-up lines. What authors look for goes to stderr.
///
/// # Errors
/// [`NodeError::Usage`] for a command line that is not understood or refused, and the other variants when
/// the node cannot start or save.
pub async fn serve<S: Into<std::ffi::OsString> + Clone>(
    args: impl IntoIterator<Item = S>,
    ready: impl FnOnce(&NodeHandle, Vec<String>),
) -> Result<(), NodeError> {
    let flags = flags(args)?;
    let ready = |config: &NodeConfig, node: &NodeHandle| {
        if !flags.quiet {
            ready(node, start_up_lines(&flags.host, config, node)?);
        }
        Ok(())
    };
    live(&flags, LogStream::Stderr, ready).await
}

/// The flags, or why they are refused.
fn parsed<S: Into<std::ffi::OsString> + Clone>(
    args: impl IntoIterator<Item = S>,
) -> Result<Result<NodeFlags, String>, clap::Error> {
    let given = NodeFlags::command()
        .mut_args(|flag| match flag.get_help_heading() {
            Some("Accepted without effect" | "Refused") => flag.hide_short_help(true),
            _ => flag,
        })
        .try_get_matches_from(args)?;
    if let Err(refusal) = refuse::check(&given) {
        return Ok(Err(refusal));
    }
    NodeFlags::from_arg_matches(&given).map(Ok)
}

/// The life of the process. A signal before the node is there ends the process at once, as nothing is to be saved; from
/// then on it stops the node, and a second one lets that wait for nothing. `ready` is called once the node answers.
async fn live(
    flags: &NodeFlags,
    authors: LogStream,
    ready: impl FnOnce(&NodeConfig, &NodeHandle) -> Result<(), NodeError>,
) -> Result<(), NodeError> {
    logging::start(flags.verbosity, flags.quiet, authors);
    raise_file_limit();
    let mut config = flags.node_config()?;
    config.chain.timestamp.get_or_insert_with(now);
    let node = spawn(config.clone())?;
    let mut signals = StopSignals::install()?;
    if let Some(path) = &flags.config_out {
        config_out::write(path, &config, node.accounts())?;
    }
    ready(&config, &node)?;
    signals.wait(flags.until_parent_exits).await;
    let hurry = node.hurry();
    let mut stopping = tokio::task::spawn_blocking(move || node.stop());
    let stopped = tokio::select! {
        stopped = &mut stopping => stopped,
        () = signals.wait(false) => {
            if let Some(hurry) = hurry {
                hurry();
            }
            stopping.await
        }
    };
    stopped.map_err(|_| NodeError::Stopped)?
}

/// The lines that a node begins with. The last one is the ready line; the addresses after the first come before it.
fn start_up_lines(
    hosts: &[std::net::IpAddr],
    config: &NodeConfig,
    node: &NodeHandle,
) -> Result<Vec<String>, NodeError> {
    let mut lines = banner::lines(config, node)?;
    lines.extend(hosts.iter().skip(1).map(|host| {
        let address = std::net::SocketAddr::new(*host, node.port());
        format!("also listening on {address}")
    }));
    lines.push(format!("Listening on {}", node.address()));
    Ok(lines)
}

/// SIGTERM and SIGINT, and the parent at the beginning.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
    parent: u32,
}

impl StopSignals {
    fn install() -> Result<Self, NodeError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            parent: parent_id(),
        })
    }

    /// Waits for a signal, and for the parent's end if that counts.
    async fn wait(&mut self, parent_counts: bool) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = orphaned(self.parent), if parent_counts => {}
        }
    }
}

/// Returns when another process has become the parent of this one.
async fn orphaned(parent: u32) {
    let mut clock = tokio::time::interval(ORPHAN_CHECK);
    while parent_id() == parent {
        clock.tick().await;
    }
}

/// Unix seconds.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .unwrap_or_default()
}

/// The configuration that the flags describe; for tests and for other command lines.
///
/// # Errors
/// [`NodeError::Usage`] for a command line that is not understood or refused.
pub fn config_from_args<S: Into<std::ffi::OsString> + Clone>(
    args: impl IntoIterator<Item = S>,
) -> Result<NodeConfig, NodeError> {
    flags(args)?.node_config()
}

fn flags<S: Into<std::ffi::OsString> + Clone>(
    args: impl IntoIterator<Item = S>,
) -> Result<NodeFlags, NodeError> {
    let flags = parsed(args).map_err(|error| NodeError::Usage(error.to_string()))?;
    flags.map_err(NodeError::Usage)
}
