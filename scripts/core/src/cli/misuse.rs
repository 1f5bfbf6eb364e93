//! A command line that is not understood.

use super::{exit_code, help};
use crate::app_error::Error;
use crate::context::Program;
use crate::context::wings::Wings;
use crate::error::Exit;
use crate::output::{Output, visible};
use crate::secret::redacted;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::ffi::OsString;
use std::process::ExitCode;

/// Help and version are not failures; everything else that clap reports is wrong usage. What it refuses may be anything,
/// so it is repeated by its ends alone where it is long.
pub(super) fn misused(
    program: &'static Program,
    words: &[OsString],
    error: &clap::Error,
) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print(); // a reader that has gone needs nothing more
        return exit_code(Exit::Done);
    }
    let json = has_json(words);
    if !json && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print(); // a reader that has gone needs nothing more
        return exit_code(Exit::Usage);
    }
    let words: Vec<String> = (words.iter().skip(1))
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let output = Output::new(json, false);
    words.iter().for_each(|word| output.typed(word));
    exit_code(output.failure(&refusal(program, &words, error)))
}

/// Explains why clap refuses the line, and what to do next. A command of a wing that the program was built without is
/// refused with the feature that has it.
pub(super) fn refusal(program: &'static Program, words: &[String], error: &clap::Error) -> Error {
    let command = command_of(program, words);
    if let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && !command.contains(' ')
        && let Some(missing) = Wings::missing_command(name)
    {
        return missing.into();
    }
    let found = named(
        error,
        &[
            ContextKind::InvalidValue,
            ContextKind::InvalidSubcommand,
            ContextKind::InvalidArg,
        ],
    );
    let place = named(error, &[ContextKind::InvalidArg]);
    let beside = named(error, &[ContextKind::PriorArg]);
    let mut message = error.kind().to_string();
    for (before, word) in [(": ", &place), (", beside ", &beside)] {
        if let Some(word) = word {
            message.push_str(&format!("{before}{word}"));
        }
    }
    if let Some(reason) = error.source() {
        message.push_str(&format!(": {}", redacted(&visible(&reason.to_string()))));
    }
    let valid = named(
        error,
        &[ContextKind::ValidValue, ContextKind::ValidSubcommand],
    );
    Error::Usage {
        message,
        expected: valid.map_or_else(
            || "a command line as --help describes it".into(),
            |valid| format!("one of {valid}"),
        ),
        found: found.unwrap_or_else(|| "no command".into()),
        next: advice(error, &format!("{command} --help")),
    }
}

/// The first of these that clap names; several words are listed.
fn named(error: &clap::Error, kinds: &[ContextKind]) -> Option<String> {
    let mut found = kinds.iter().filter_map(|kind| error.get(*kind));
    let word = found.find_map(|one| match one {
        ContextValue::String(word) if !word.is_empty() => Some(word.clone()),
        ContextValue::Strings(words) if !words.is_empty() => Some(words.join(", ")),
        _ => None,
    })?;
    Some(redacted(&visible(&word)))
}

/// Suggests what may have been meant, the nearest first, and the help.
fn advice(error: &clap::Error, help: &str) -> String {
    let meant = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ];
    let meant = meant.into_iter().filter_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word.clone()),
        ContextValue::Strings(words) => {
            Some(words.iter().rev().cloned().collect::<Vec<_>>().join(", "))
        }
        _ => None,
    });
    let meant = meant.map(|meant| format!("did you mean {meant}? "));
    meant.chain([help.to_owned()]).collect()
}

/// The program with the commands that the line names.
fn command_of(program: &'static Program, words: &[String]) -> String {
    let program = help::command(program);
    let (mut at, mut text) = (&program, program.get_name().to_owned());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let flags = program.get_arguments().chain(at.get_arguments());
        if flags.into_iter().any(|flag| takes_next(flag, word)) {
            words.next();
        } else if let Some(below) = at.find_subcommand(word) {
            text = format!("{text} {word}");
            at = below;
        }
    }
    text
}

/// Returns true if a word is this flag, and the next one its value.
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

/// The flags after `node` are the node's, except this one.
pub(super) fn has_json(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--json")
}
