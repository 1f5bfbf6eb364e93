//! A command line that is not understood.

use super::exit_code;
use super::help;
use crate::app_error::Error;
use crate::error::Exit;
use crate::options::{advised, said_by_clap};
use crate::output::{Output, visible};
use crate::secret::redacted;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use std::process::ExitCode;

/// Help and version are not failures; everything else that clap reports is wrong usage. The words of
/// the command line are not parsed, so any of them may be a key or come from somewhere else.
pub(super) fn misused(words: &[OsString], error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print(); // a reader that has gone needs nothing more
        return exit_code(Exit::Done);
    }
    let json = has_json(words);
    if !json && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print(); // a reader that has gone needs nothing more
        return exit_code(Exit::Usage);
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
    exit_code(output.failure(&Error::Usage {
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
pub(super) fn has_json(words: &[OsString]) -> bool {
    words.iter().any(|word| word == "--json")
}
