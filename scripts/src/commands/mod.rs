//! The commands: each one reads its arguments, calls the library, and reports the result.

mod about;
mod adopt;
mod approve;
mod approver;
mod args;
mod call;
mod calldata;
mod census;
mod check;
mod check_options;
mod checked;
mod confirm;
mod console;
mod context;
mod coverage;
mod create_proxy;
mod define;
mod demo;
mod deploy;
mod doctor;
mod effects;
mod expectations;
mod export;
mod facts;
mod flags;
mod fuzz;
mod help;
mod history;
mod judge;
mod kept;
mod layout;
mod node;
mod path;
mod pause;
mod pending;
mod plan;
mod policy;
mod prelude;
mod project;
mod propose;
mod publish;
mod registry;
mod replay;
mod report;
#[cfg(feature = "kill-points")]
pub mod reports;
mod review;
mod revoke;
mod rollout;
mod run_migration;
mod shown;
mod sign;
mod status;
mod submit;
#[cfg(test)]
mod tests;
mod trace;
mod transfer;
mod uncompared;
mod unknown;
mod upgrade;
mod verifiable;
mod verify;
mod version;
mod work;

pub use args::{
    AdoptArgs, ApproveArgs, CallWord, CensusArgs, Cli, Command, CoverageArgs, CreateProxyArgs,
    FuzzArgs, Gather, Global, LayoutCommand, MigrationArgs, OfflineArgs, PlanArgs, PolicyCommand,
    RegisterArgs, RegistryCommand, ReviewArgs, RollbackArgs, StepArgs, StorageArgs, SubmitArgs,
    TraceArgs, TransitionArgs, UpgradeArgs, VerifyArgs, VersionArgs,
};

pub use call::CallArgs;
pub use check::{CheckArgs, Format};
pub use console::ConsoleArgs;
pub use doctor::DoctorArgs;
pub use export::ExportArgs;
pub use project::{FrameworkArgs, InitArgs, NewArgs};
pub use publish::PublishArgs;
pub use verifiable::VerifiableArgs;

use crate::app_error::Error;
use crate::children;
use crate::error::{Exit, Refusal, Report};
use crate::keys;
use crate::output::{Outcome, Output, visible};
use crate::secret::redacted;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use context::Context;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use stylus_devnode::NodeError;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Bytes of a thread's stack: as much as the main thread's.
const STACK: usize = 8 << 20;
/// How long a command that a signal ends may take to say so.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the command line of this process. Exit codes are those of [`Exit`].
pub fn main() -> ExitCode {
    // A core file would hold the key. Errors are ignored: some systems do not allow to change the limit.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    run(std::env::args_os().collect())
}

/// Runs a command line, its first word being the program's name.
pub fn run(words: Vec<OsString>) -> ExitCode {
    let (cli, typed) = match help::parse(&words) {
        Ok(parsed) => parsed,
        Err(error) => return misused(&words, &error),
    };
    let json =
        cli.global.json || matches!(&cli.command, Command::Node { flags } if has_json(flags));
    let output = Arc::new(Output::new(json, cli.global.quiet).printing(cli.global.print));
    (typed.iter()).for_each(|(kind, word)| output.typed(*kind, word));
    report_panics(&output);
    let mut runtime = Builder::new_multi_thread();
    let runtime = match runtime.enable_all().thread_stack_size(STACK).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = Error::from(NodeError::Threads(error));
            return code(output.failure(&error));
        }
    };
    if !matches!(cli.command, Command::Node { .. }) {
        // From here on no signal ends the process without a word.
        let _entered = runtime.enter();
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::quit(),
        ];
        runtime.spawn(end_on_signal(kinds.map(signal), output.clone()));
    }
    let exit = runtime.block_on(execute(output.clone(), cli));
    let exit = exit.unwrap_or_else(|error| output.failure(&error));
    // Requests that are still in flight are not waited for.
    runtime.shutdown_background();
    code(exit)
}

/// Runs a command, reports the result and closes the journal.
async fn execute(output: Arc<Output>, cli: Cli) -> Result<Exit, Error> {
    flags::require_compatible(&cli.command, &cli.global)?;
    let context = Context::new(output.clone(), cli.global)?;
    let outcome = match perform(&context, cli.command).await {
        Ok(outcome) if context.global.dry_run => outcome.of_copy(),
        Ok(outcome) => outcome,
        Err(error) => return Err(unknown::with_names(&context, error).await),
    };
    #[cfg(feature = "kill-points")]
    reports::require_listed(&outcome);
    context.confirm_chain().await?;
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

async fn perform(context: &Context, command: Command) -> Result<Outcome, Error> {
    match command {
        Command::Node { flags } => node::run(context, &flags).await,
        Command::Demo { keep } => demo::run(context, keep).await,
        Command::Completions { shell } => Ok(context.outcome(&about::completions(shell))),
        Command::Man { folder } => Ok(context.outcome(&about::manual(&folder)?)),
        Command::Deploy {
            source,
            no_activate,
        } => deploy::run(context, &source, no_activate).await,
        Command::Call(args) => call::call(context, &args).await,
        Command::Send(args) => call::send(context, &args).await,
        Command::Registry { command } => registry::run(context, &command).await,
        Command::Define {
            name,
            migrate,
            policy,
            create,
        } => {
            let others = (policy.as_deref(), create.as_deref());
            define::run(context, name, &migrate, others).await
        }
        Command::Register(args) => version::register(context, &args).await,
        Command::CreateProxy(args) => create_proxy::run(context, &args).await,
        Command::Upgrade {
            subject,
            version,
            call,
            max,
            storage,
        } => match version {
            None => rollout::run(context, &subject, max, storage.layout.as_deref()).await,
            Some(version) => {
                let layout = storage.layout.as_deref();
                upgrade::run(context, &subject, &version, &call, layout).await
            }
        },
        Command::Migrate(args) => version::migrate(context, &args).await,
        Command::Adopt(args) if args.from.is_some() || args.withdraw => {
            adopt::accept(context, &args).await
        }
        Command::Adopt(args) => adopt::adopt(context, &args).await,
        Command::Transfer {
            proxy,
            to,
            definition,
            remove: _,
        } => {
            let to = to.as_deref();
            transfer::run(context, &proxy, to, definition.as_deref()).await
        }
        Command::Pause { name } => pause::pause(context, name).await,
        Command::Resume { name } => pause::resume(context, name).await,
        Command::Rollback(args) => version::rollback(context, &args).await,
        Command::Plan(args) => plan::run(context, &args).await,
        Command::Fuzz(args) => fuzz::run(context, &args).await,
        Command::Policy { command } => match command {
            PolicyCommand::Update { name, role, policy } => {
                policy::update(context, &name, &role, &policy).await
            }
            PolicyCommand::Explain { name, role } => {
                policy::explain_it(context, &name, role.as_deref()).await
            }
        },
        Command::Layout { command } => layout::run(context, &command).await,
        Command::Check(args) => check::run(context, &args).await,
        Command::New(args) => project::new(context, &args),
        Command::Init(args) => project::init(context, &args),
        Command::Pending { subject, against } => match subject.as_deref() {
            Some(action) if against.is_some() || pending::is_action(action) => {
                review::run(context, action, against).await
            }
            name => pending::run(context, name).await,
        },
        Command::Console(args) => console::run(context, &args).await,
        Command::Approve(args) if args.offline.offline => sign::run(context, &args).await,
        Command::Approve(args) => approve::approve(context, &args).await,
        Command::Submit(args) => submit::run(context, &args).await,
        Command::Revoke { action } => revoke::revoke(context, &action).await,
        Command::Cancel { action } => revoke::cancel(context, &action).await,
        Command::History { name } => history::run(context, &name).await,
        Command::Trace(args) => trace::run(context, &args).await,
        Command::Coverage(args) => coverage::run(context, &args).await,
        Command::Census(args) => census::run(context, &args).await,
        Command::Verify(args) => verify::run(context, &args).await,
        Command::RunMigration(args) if args.abort || args.handler.is_some() => {
            run_migration::govern(context, &args.proxy, args.handler.as_deref()).await
        }
        Command::RunMigration(args) => run_migration::run(context, &args).await,
        Command::Doctor(args) => doctor::run(context, &args).await,
        Command::Status { subject, report } => match report {
            Some(file) => report::run(context, &file, &subject.unwrap_or_default()).await,
            None => status::run(context, subject.as_deref()).await,
        },
    }
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

/// Help and version are not failures; everything else that clap reports is wrong usage. The words of
/// the command line are not parsed, so any of them may be a key or come from somewhere else.
fn misused(words: &[OsString], error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print(); // a reader that has gone needs nothing more
        return code(Exit::Done);
    }
    let json = has_json(words);
    if !json && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print(); // a reader that has gone needs nothing more
        return code(Exit::Usage);
    }
    let output = Output::new(json, false);
    let words: Vec<_> = words
        .iter()
        .skip(1)
        .map(|word| word.to_string_lossy())
        .collect();
    let mut text = error.render().to_string();
    for (index, word) in words.iter().enumerate() {
        if is_secret_flag(words.get(index.wrapping_sub(1)), word) {
            let (_, value) = word.split_once('=').unwrap_or(("", word.as_ref()));
            output.hide(value);
        }
        text = text.replace(word.as_ref(), &redacted(&visible(word)));
    }
    let text = redacted(&text);
    let help = format!("{} --help", command_of(&words));
    code(output.failure(&Error::Usage {
        message: said_by_clap(&text),
        expected: "a command line as --help describes it".into(),
        found: redacted(&visible(&refused_word(error))),
        next: advised(&text, &help),
    }))
}

/// The word that clap refuses. The others are not repeated: a secret may follow an unknown flag.
fn refused_word(error: &clap::Error) -> String {
    let refused = [
        ContextKind::InvalidValue,
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidArg,
    ];
    let mut refused = refused.into_iter().filter_map(|kind| error.get(kind));
    let word = refused.find_map(|one| match one {
        ContextValue::String(word) if !word.is_empty() => Some(word.clone()),
        ContextValue::Strings(missing) => Some(format!("no {}", missing.join(", "))),
        _ => None,
    });
    word.unwrap_or_else(|| "no command".into())
}

/// What to do next: the tips of clap, the nearest word first, and the help.
fn advised(text: &str, help: &str) -> String {
    let tips = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tip:"));
    let tips = tips.map(|tip| match tip.split_once(": '") {
        Some((_, words)) => {
            let words = words.rsplit(", ").map(|word| word.trim_matches('\''));
            format!("did you mean {}? ", words.collect::<Vec<_>>().join(", "))
        }
        None => format!("{}; ", tip.trim()),
    });
    tips.chain([help.to_owned()]).collect()
}

/// The error of clap, on one line, without its advice.
fn said_by_clap(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let is_advice = |line: &&str| line.starts_with("tip:") || line.starts_with("Usage:");
    let said = lines.take_while(|line| !is_advice(line));
    let said = said.filter(|line| !line.starts_with("For more information"));
    let words: Vec<&str> = said.flat_map(str::split_whitespace).collect();
    let said = words.join(" ");
    said.trim_start_matches("error:").trim().to_owned()
}

/// The program with the commands that the line names, as far as they are known.
fn command_of(words: &[std::borrow::Cow<'_, str>]) -> String {
    let program = help::command();
    let (mut at, mut text) = (&program, program.get_name().to_owned());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let flags = program.get_arguments().chain(at.get_arguments());
        if flags.into_iter().any(|flag| takes_next(flag, word)) {
            words.next();
        } else if let Some(below) = at.find_subcommand(word.as_ref()) {
            text = format!("{text} {word}");
            at = below;
        }
    }
    text
}

/// Whether a word is this flag, and the next one its value.
fn takes_next(flag: &clap::Arg, word: &str) -> bool {
    let is_it = match word.strip_prefix("--") {
        Some(long) => {
            let aliases = flag.get_all_aliases().unwrap_or_default();
            flag.get_long() == Some(long) || aliases.contains(&long)
        }
        None => {
            let short = flag.get_short().map(|short| format!("-{short}"));
            short.as_deref() == Some(word)
        }
    };
    is_it && flag.get_action().takes_values()
}

/// Whether a word is, or holds after `=`, a value that must not be printed.
fn is_secret_flag(before: Option<&std::borrow::Cow<'_, str>>, word: &str) -> bool {
    const SECRET: [&str; 5] = [
        "--private-key",
        "--rpc-url",
        "--confirm-url",
        "--endpoint",
        "-e",
    ];
    let named = word.split_once('=').map(|(flag, _)| flag);
    before.is_some_and(|before| SECRET.contains(&before.as_ref()))
        || named.is_some_and(|flag| SECRET.contains(&flag))
}

/// The flags after `node` are the node's, except this one.
fn has_json(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--json")
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit as u8)
}
