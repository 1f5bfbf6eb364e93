//! The command line: what is typed becomes a command, which runs, and its result is reported.

mod flags;
mod help;
mod long_version;
mod misuse;
#[cfg(feature = "kill-points")]
pub mod reports;
#[cfg(test)]
mod tests;
mod tree;

use crate::app_error::Error;
use crate::children;
use crate::commands::node;
use crate::context::spec::Command;
use crate::context::wings::Wings;
use crate::context::{Context, Program};
use crate::error::{Exit, Refusal, Report};
use crate::keys;
use crate::output::Output;
use crate::own_file;
use crate::pipeline::unknown;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use stylus_devnode::NodeError;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tree::CommandLine;

/// Bytes of a thread's stack: as much as the main thread's.
const STACK: usize = 8 << 20;
/// The time limit for the last words of a command that a signal ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The program with these commands, a list of the core and one of each wing, and with these wings.
pub const fn program(
    commands: &'static [&'static [&'static dyn Command]],
    wings: Wings,
) -> Program {
    Program {
        commands,
        wings,
        command: help::command,
    }
}

/// Runs the command line of this process. Exit codes are those of [`Exit`].
pub fn main(program: &'static Program) -> ExitCode {
    // A core file would hold the key. Errors are ignored: some systems do not allow to change the limit.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    children::keep_memory_private();
    run(program, std::env::args_os().collect())
}

/// Runs a command line, its first word being the program's name.
pub fn run(program: &'static Program, words: Vec<OsString>) -> ExitCode {
    let line = match help::parse(program, &words) {
        Ok(parsed) => parsed,
        Err(error) => return misuse::misused(program, &words, &error),
    };
    let is_node = line.invocation.name() == node::SPEC.name;
    let json = line.global.json || is_node && misuse::has_json(&words);
    let output = Arc::new(Output::new(json, line.global.quiet).printing(line.global.print));
    let arguments = words.iter().skip(1);
    arguments.for_each(|argument| output.typed(&argument.to_string_lossy()));
    report_panics(&output);
    let mut runtime = Builder::new_multi_thread();
    let runtime = match runtime.enable_all().thread_stack_size(STACK).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = Error::from(NodeError::Threads(error));
            return exit_code(output.failure(&error));
        }
    };
    if !is_node {
        // From here on no signal ends the process without a word.
        let _entered = runtime.enter();
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::quit(),
        ];
        runtime.spawn(end_on_signal(kinds.map(signal), output.clone()));
    }
    let exit = runtime.block_on(execute(program, output.clone(), line));
    let exit = exit.unwrap_or_else(|error| output.failure(&error));
    // Requests that are still in flight are not waited for.
    runtime.shutdown_background();
    exit_code(exit)
}

/// Runs a command, reports the result and closes the journal.
async fn execute(
    program: &'static Program,
    output: Arc<Output>,
    line: CommandLine,
) -> Result<Exit, Error> {
    let CommandLine { global, invocation } = line;
    flags::require_compatible(program, &*invocation, &global)?;
    if let Some(file) = &global.record {
        output.record_in(own_file::create(file)?);
    }
    let context = Context::new(output.clone(), global, program)?;
    let outcome = match invocation.run(&context).await {
        Ok(outcome) if context.global.dry_run => outcome.of_copy(),
        Ok(outcome) => outcome,
        Err(error) => return Err(unknown::with_names(&context, error).await),
    };
    #[cfg(feature = "kill-points")]
    reports::require_listed(program, &outcome);
    context.confirm_chain().await?;
    context.warn_of_unfit();
    let exit = output.result(&outcome);
    if output.is_written() {
        context.close();
        return Ok(exit);
    }
    // Nothing was reported: the journal stays, so that the same command reports it again.
    let says = "the command is done, but its result could not be written";
    let error = Refusal::new("Unwritten", says).with(
        "a writable stdout",
        "a system error, such as a full disk or a closed file",
        "run the same command again: it sends nothing twice",
    );
    output.explain(&Report::of(&error));
    Ok(match exit {
        Exit::Done => Exit::Partial,
        exit => exit,
    })
}

/// Reports a panic as any other failure: on lines of its own, without secrets.
fn report_panics(output: &Arc<Output>) {
    let output = output.clone();
    std::panic::set_hook(Box::new(move |info| {
        let message = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(ToString::to_string);
        output.panicked(message, &place.unwrap_or_default());
    }));
}

/// On SIGINT, SIGTERM or SIGQUIT ends this process and the programs that it has started. (The node ends in its own way:
/// it has a state to save.)
async fn end_on_signal(signals: [io::Result<Signal>; 3], output: Arc<Output>) {
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut quit)] = signals else {
        return;
    };
    let number = tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
        _ = quit.recv() => SignalKind::quit(),
    };
    let (told, is_told) = mpsc::channel();
    let last_words = std::thread::Builder::new().spawn(move || {
        std::mem::forget(output.interrupted(|| {
            children::end_all();
            std::mem::forget(keys::end_prompt()); // nothing hides what is typed any more
        }));
        told.send(())
    });
    if last_words.is_ok() {
        // A reader that does not read cannot keep the process.
        let _ = is_told.recv_timeout(LAST_WORDS);
    }
    std::process::exit(128 + number.as_raw_value());
}

pub(crate) fn exit_code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}
